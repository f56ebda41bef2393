/*
 * A formula while it is read: the word that is looked at, the steps so far, and
 * how deep they make the stack. Inside conf/ only. After the first mistake
 * nothing is done any more, so that only that one is told.
 */
#ifndef FORMULA_PARSE_H
#define FORMULA_PARSE_H

#include "formula_word.h"
#include "profile_point.h"

struct formula_parser {
	struct ctx *x;
	const struct node *n;
	const struct device_type *type;
	const struct point_type *self;
	struct formula_word w; /* the one that is looked at */
	struct formula_step steps[FORMULA_STEPS];
	struct formula f;
	unsigned depth, nested;
	bool failed;
};

/* `at`: a byte of the text. */
void formula_fail(struct formula_parser *p, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void formula_next(struct formula_parser *p);
bool formula_is_op(const struct formula_parser *p, const char *text);
bool formula_is_name(const struct formula_parser *p, const char *text);
/* One step more, which takes so many values and leaves one. */
void formula_put(
    struct formula_parser *p, struct formula_step step, unsigned takes);
void formula_put_op(
    struct formula_parser *p, enum formula_op op, unsigned takes);
/* The value of a point, which must be one to count with. */
void formula_point(struct formula_parser *p, const char *name, size_t at);
/* One level more of brackets and signs; false: too many. */
bool formula_deeper(struct formula_parser *p);

#endif
