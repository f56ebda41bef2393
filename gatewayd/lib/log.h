/*
 * Log lines to stderr: `<n>` priority in front when a journal reads them
 * (stderr is no terminal), the program's name when a person does. Subject
 * first, then the fact, then what happens next; edges, not repetitions; never
 * a secret. Libraries (lib, wire, conf, store, plugins) do not log: they
 * return, and the caller that decides says it once.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/* `name` is borrowed for the life of the process. */
void log_init(const char *name, bool debug);

void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
