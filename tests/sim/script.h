/*
 * The script language: one statement a line, a fault or a value each, now or
 * at a time (README.md lists them all). The same statements come in over the
 * control socket.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct farm;
struct script;

enum { SCRIPT_ERROR_MAX = 256, SCRIPT_ANSWER_MAX = 65536 };

/* Reads all of a script before anything of it happens. NULL with
 * `FILE:line:column: what; remedy` of every wrong line on stderr. */
struct script *script_load(struct farm *f, const char *file);
struct script *script_free(struct script *take);
/* Does what is due; returns when the next is, or INT64_MAX. */
int64_t script_tick(struct script *s, struct farm *f, int64_t now);

/* One statement, now. False with "column: what; remedy" in `answer`; else
 * "ok", or what a question (GET, STATS, COILS) asked for. */
bool script_do(struct farm *f, const char *line, int64_t now,
    char answer[SCRIPT_ANSWER_MAX]);

#endif
