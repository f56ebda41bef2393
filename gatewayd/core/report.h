/* What gatewayctl is told: one JSON document a question. */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct core;

/* "status" or "points"; {"error": ...} for anything else. The caller frees it;
 * NULL: no memory. */
char *report(struct core *core, const char *question, int64_t now);
/* What became of a command: {"result": "done", "text": ...}; likewise. */
char *report_result(enum command_result r, const char *text);

#endif
