/*
 * The site: what the installer wrote, checked, in the units the program uses.
 * Everything lives in one arena and is read-only once built. All programs
 * build it from the same bytes (conf/snapshot.h) with this same code, so the
 * indexes that messages carry mean the same to each:
 *   line index    position in site.lines (order of the file)
 *   device index  position in line.devices
 *   series index  device.series + position in device.points, counted over the
 *                 whole site: what struct reading carries
 */
#ifndef SITE_H
#define SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device_type.h"

enum transport { TRANSPORT_RTU, TRANSPORT_TCP, TRANSPORT_RTU_OVER_TCP };
enum parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD };
enum clock_trust { CLOCK_SYNCHRONISED, CLOCK_SYSTEM };
enum uplink_format { FORMAT_JSON, FORMAT_SPARKPLUG_B, FORMAT_COMPACT };
enum command_rule { COMMANDS_REFUSE, COMMANDS_ACCEPT, COMMANDS_SIGNED };

struct point {
	const struct point_type *type;
	uint32_t every_ms;  /* how often it is read */
	double deadband;    /* 0: every reading is kept */
	double slope, off;  /* calibrate: value * slope + off; 1, 0: none */
	struct curve curve; /* calibrate: polynomial, table; before them */
};

struct device {
	const char *name, *path; /* "soil-a1", "north/soil-a1" */
	const struct device_type *type;
	uint8_t unit; /* TCP: 0 to 255, RTU: 1 to 247 */
	uint32_t every_ms, timeout_ms;
	uint32_t series;        /* of points[0] */
	struct point *points;   /* type->npoints of them, same order */
	const double *settings; /* plugin: type->nkeys of them, same order */
	/* A connection of its own; NULL: the line's. */
	const char *host; /* tcp, rtu_over_tcp: name or address, no brackets */
	uint16_t tcp_port;
	const char *registration; /* the text its DTU says when it dials in */
};

struct line {
	const char *name;
	enum transport transport;
	const char *port; /* rtu: path of the serial device */
	uint32_t baud;
	enum parity parity;
	uint8_t stop_bits;
	bool echo;           /* the adapter hears its own requests */
	bool rs485;          /* the kernel is to switch the direction */
	const char *host;    /* tcp: name or address, no brackets; may be NULL
				when every device has its own */
	const char *listen;  /* rtu_over_tcp: address that DTUs dial into */
	uint16_t tcp_port;   /* 502; of host, or of listen */
	uint32_t timeout_ms; /* answer's first to last byte, wire time extra */
	struct device *devices;
	size_t ndevices;
};

struct broker {
	const char *host;
	uint16_t port; /* 1883, 8883 */
	bool tls;
};

struct uplink {
	const char *name, *topic; /* "county", "kulun/v1" */
	struct broker *brokers;   /* tried in turn; at least one */
	size_t nbrokers;
	enum uplink_format format;
	const char *username, *password_file, *ca_file; /* NULL: none */
	const char *cert_file, *key_file;
	uint32_t keepalive_s; /* 60 */
	enum command_rule commands;
};

struct site {
	const char *file;                 /* as given: for messages */
	const char *id, *name, *timezone; /* name: id when absent */
	enum clock_trust clock_trust;
	uint32_t clock_hold_ms;
	bool has_location;
	double latitude, longitude, elevation_m;
	const char *store_path;
	uint32_t commit_ms;
	uint64_t keep_ms, max_size;
	const struct uplink *uplinks;
	size_t nuplinks;
	const struct line *lines;
	size_t nlines;
	uint32_t nseries;
};

/* The point of a series index; *line and *device may be NULL. NULL when the
 * index is out of range. */
const struct point *site_point(const struct site *s, uint32_t series,
    const struct line **line, const struct device **device);

/* Whether two devices of a line are reached by the same port or connection. */
bool site_same_way(
    const struct line *l, const struct device *a, const struct device *b);

#endif
