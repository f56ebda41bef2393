/*
 * A process of its own for a plugin that is being tested: it may crash, loop,
 * or print without end. What it prints goes nowhere, so that the verdict of the
 * test stands alone.
 */
#ifndef APART_H
#define APART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* In the child 0, with *to for the verdict: what stdout was. hush_errors: its
 * stderr goes nowhere too. Otherwise the child's id, or -errno. */
pid_t apart_begin(bool hush_errors, FILE **to);
/* The child's end. */
_Noreturn void apart_end(FILE *take, int status);

/* Its end as waitpid() gives it; or -1: *made stood still for stuck_ms, and it
 * was killed. */
int apart_watch(pid_t pid, const volatile uint64_t *made, int64_t stuck_ms);

#endif
