/* One statement of the script language, understood but not yet done. */
#ifndef STATEMENT_H
#define STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device_type.h"
#include "encode.h"
#include "fault.h"

struct farm;
struct lex;
struct sim_device;
struct sim_line;
struct sim_point;

enum verb {
	DO_NOTHING,
	DO_FAULT, /* device, or all of line */
	DO_NORMAL,
	DO_TURNAROUND, /* device, ns */
	DO_UNIT,       /* device, number */
	DO_SPEED,      /* device, number, addr: parity */
	DO_GONE,       /* line, ns: for how long; 0: until BACK */
	DO_BACK,
	DO_RESET,    /* line */
	DO_ECHO,     /* line, on */
	DO_STRICT,   /* line or NULL: all; on */
	DO_NOISE,    /* line, words as bytes */
	DO_GREET,    /* line, value */
	DO_VALUE,    /* point, value, ns: for how long */
	DO_RAMP,     /* point, from, to, ns */
	DO_STEP,     /* point, by, ns; 0: each read */
	DO_RELEASE,  /* point or device */
	DO_REGISTER, /* device, table, addr, words */
	DO_HOLE,     /* device, table (any: all), addr */
	DO_WET,      /* point or device, valve */
	DO_RAIN,     /* to: mm/h; ns */
	ASK_GET,     /* point, or device, table, addr, number */
	ASK_STATS,
	ASK_COILS /* device */
};

enum { STATEMENT_WORDS = 125 };

struct statement {
	int64_t at; /* ns since the start */
	enum verb verb;
	struct sim_line *line;
	struct sim_device *device;
	struct sim_point *point;
	struct sim_device *valve_device; /* DO_WET; NULL: nothing */
	struct sim_point *valve;
	struct fault fault; /* until: how long, ns */
	struct num value;
	double from, to, by;
	bool has_from, on, any_table;
	int64_t ns;
	enum reg_table table;
	uint32_t addr, number;
	uint16_t words[STATEMENT_WORDS];
	size_t nwords;
};

/* False: the lexer has what is wrong. An empty line is DO_NOTHING. `last`:
 * the time of the statement before, for AFTER. */
bool statement_parse(
    struct lex *l, struct farm *f, int64_t last, struct statement *out);

/* From the fault's word on; out->line is known, and maybe out->device. */
bool statement_parse_fault(struct lex *l, struct statement *out);

#endif
