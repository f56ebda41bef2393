/* Does a statement. */
#ifndef ACT_H
#define ACT_H

#include <stdbool.h>
#include <stdint.h>

#include "script.h"

struct farm;
struct statement;

/* "ok" or the answer to a question; false: what could not be done. */
bool act(struct farm *f, const struct statement *s, int64_t now,
    char answer[SCRIPT_ANSWER_MAX]);

#endif
