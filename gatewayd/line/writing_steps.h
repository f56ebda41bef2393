/*
 * The three ways to write: between the files of writing only. Each has its
 * next() and took() as writing.h has them, and is called in its turn alone.
 */
#ifndef WRITING_STEPS_H
#define WRITING_STEPS_H

#include "writing.h"

/* Why an exchange came to nothing, in plain words (WHY_MAX of room). */
void writing_explain(enum bus_result result, const struct answer *a, char *why);

/* ---- a plugin's list ---- */

bool writing_is_list(const struct writing *w);
int list_begin(struct writing *w, char *why);
bool list_next(struct writing *w, int64_t now, struct request *out);
bool list_writes(const struct writing *w);
enum writing_news list_took(
    struct writing *w, const struct answer *a, char *why);

/* ---- a latching output ---- */

bool writing_is_pulse(const struct writing *w);
int pulse_begin(struct writing *w, char *why);
bool pulse_next(struct writing *w, int64_t now, struct request *out);
enum writing_news pulse_took(struct writing *w, enum bus_result result,
    const struct answer *a, char *why);

#endif
