/* Lines and their devices as JSON: for gatewayctl, and for the uplinks. */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <stddef.h>
#include <stdint.h>

struct core;
struct json_t;

/* Of line i, with every device and the process behind it. */
struct json_t *report_line(const struct core *core, size_t i, int64_t now);

/* The lines' health, {"ts", "gateway", "lines"}; when that is more than `max`
 * bytes, of the devices only those in trouble; when it still is, none of them.
 * The caller frees it; NULL: no memory. */
char *report_health(const struct core *core, int64_t now, size_t max);

/* "host:502"; an IPv6 address stands in brackets. */
struct json_t *report_address(const char *host, unsigned port);
/* Milliseconds since `then`, or null for never. */
struct json_t *report_age(int64_t then, int64_t now);

#endif
