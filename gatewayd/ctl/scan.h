/*
 * A search for devices on a line, in parts: which units answer at which serial
 * settings (scan_find), what each may be (scan_look), what is said of it
 * (scan_say). Between the files of the command only. Nothing is ever written.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "identify.h"
#include "probing.h"
#include "scan_options.h"

struct library;

enum { NAMES_MAX = 12, SCAN_FOUND_MAX = 512 };

struct scan_setting { /* baud 0: not over a serial line */
	uint32_t baud;
	uint8_t parity, stop_bits;
};

struct scan_unit {
	struct scan_setting at;
	uint8_t unit;
	uint8_t universal; /* it answers to this unit, too; 0: not seen */
	uint8_t refusal;   /* exception code of its first answer; 0: a value */
	bool garbled;      /* its answers come spoilt, some or all */
	bool sound;        /* at least one came whole */
	uint32_t took_us;
	char configured[96]; /* "north/soil-a1": the gateway has it; else "" */

	/* What it may be, once it has been compared. */
	bool compared;
	struct verdict verdict;
	const struct device_type *type; /* the best; NULL: none fits */
	const struct device_type *alike[NAMES_MAX]; /* others as good */
	size_t nalike;
	char *values;       /* "moisture 65.8 %" a line; NULL: none */
	unsigned requests;  /* that it took */
	bool not_all_tried; /* of the profiles */
};

struct scan {
	struct scan_options options;
	struct probing *probing;
	struct library *library;
	const struct device_type **types; /* ntypes; variants, too */
	size_t ntypes;
	struct scan_unit *found; /* nfound, room for SCAN_FOUND_MAX */
	size_t nfound;
	unsigned noise;    /* answers of which nothing could be made */
	bool late[256];    /* units whose answers came too late */
	bool any_unit;     /* it answers whatever the unit: one, on TCP */
	bool several;      /* more than one answered a universal id */
	uint64_t requests; /* of the search */
	int64_t asked_us;  /* that they took */
	bool bar;          /* a person watches */
	char why[300];     /* why it ended too soon; "": it did not */
};

/* The settings to try, in order; at most `max`. */
size_t scan_settings(
    const struct scan *s, struct scan_setting *out, size_t max);
/* Which units answer at these settings: CTL_DONE or an exit code, with `why`.
 */
int scan_find(struct scan *s, const struct scan_setting *at);
/* Whoever makes the requests is gone, or -errno: the exit code, with `why`. */
int scan_ended(struct scan *s, int error);
/* What a unit may be. */
int scan_look(struct scan *s, struct scan_unit *u);

/* Types of all profiles; CTL_DONE or an exit code after saying why. */
int scan_types(struct scan *s);
/* Which units the running gateway has on the line. */
void scan_configured(struct scan *s);

void scan_yaml(const struct scan *s, FILE *to);
void scan_json(const struct scan *s, FILE *to);

/* A bar on stderr while a person waits; `done` of `all`. */
void scan_bar(const struct scan *s, const char *what, size_t done, size_t all);
void scan_bar_end(const struct scan *s);

/* "9600 8N1", "Modbus TCP". Returns out. */
const char *scan_setting_text(
    const struct scan_setting *at, char *out, size_t size);

#endif
