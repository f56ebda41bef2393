/* See formula_parse.h. What device/formula.h takes for granted is seen to here:
 * every step finds its operands, and none goes too deep. */
#include "formula_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NESTED = 40 };

void
formula_fail(struct formula_parser *p, size_t at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (p->failed)
		return; /* what follows the first is its consequence */
	p->failed = true;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	complain(p->x->c, node_mark(p->n, at), "%s", text);
}

void
formula_next(struct formula_parser *p)
{
	const char *advice;

	if (p->failed || p->w.kind == WORD_END)
		return;
	advice = formula_word(p->n->text, p->w.at + p->w.len, &p->w);
	if (advice)
		formula_fail(p, p->w.at, "`%.*s` %s", (int)p->w.len,
		    p->n->text + p->w.at, advice);
}

/* Takes `takes` operands and leaves one. */
void
formula_put(struct formula_parser *p, struct formula_step step, unsigned takes)
{
	if (p->failed)
		return;
	if (p->f.nsteps == FORMULA_STEPS) {
		formula_fail(p, p->w.at,
		    "the formula has more than %d steps; make a point of a "
		    "piece of it, and use that",
		    FORMULA_STEPS);
		return;
	}
	p->depth = p->depth - takes + 1;
	if (p->depth > FORMULA_DEPTH) {
		formula_fail(p, p->w.at,
		    "the formula keeps more than %d values at a time; make a "
		    "point of a piece of it, and use that",
		    FORMULA_DEPTH);
		return;
	}
	p->steps[p->f.nsteps++] = step;
}

void
formula_put_op(struct formula_parser *p, enum formula_op op, unsigned takes)
{
	formula_put(p, (struct formula_step){.op = op}, takes);
}

bool
formula_is_op(const struct formula_parser *p, const char *text)
{
	return !p->failed && p->w.kind == WORD_SIGN &&
	       p->w.len == strlen(text) &&
	       memcmp(p->n->text + p->w.at, text, p->w.len) == 0;
}

bool
formula_is_name(const struct formula_parser *p, const char *text)
{
	return !p->failed && p->w.kind == WORD_NAME &&
	       p->w.len == strlen(text) &&
	       memcmp(p->n->text + p->w.at, text, p->w.len) == 0;
}

bool
formula_deeper(struct formula_parser *p)
{
	if (++p->nested > NESTED)
		formula_fail(p, p->w.at,
		    "the formula is nested too deep; make a point of "
		    "a piece of it, and use that");
	return !p->failed;
}

/* The point, and that it is a number to count with. */
void
formula_point(struct formula_parser *p, const char *name, size_t at)
{
	struct mark mark = node_mark(p->n, at);
	const struct point_type *t = find_point_type(p->type, name);
	uint16_t index;
	size_t i = 0;

	if (!t) {
		p->failed = true;
		(void)read_point_of(p->x, p->type, mark, "the formula", name);
		return;
	}
	if (t == p->self)
		formula_fail(
		    p, at, "`%s` is in its own formula; name others", name);
	else if (t->text)
		formula_fail(
		    p, at, "`%s` is a text; a formula is of numbers", name);
	else if (t->write_only)
		formula_fail(p, at,
		    "`%s` is never read; a formula is of what is read", name);
	if (p->failed)
		return;
	index = (uint16_t)(t - p->type->points);
	while (i < p->f.ninputs && p->f.inputs[i] != index)
		i++;
	if (i == FORMULA_INPUTS) {
		formula_fail(p, at,
		    "the formula is of more than %d points; make a point of a "
		    "piece of it, and use that",
		    FORMULA_INPUTS);
		return;
	}
	if (i == p->f.ninputs)
		p->f.inputs[p->f.ninputs++] = index;
	formula_put(p, (struct formula_step){.op = F_POINT, .point = index}, 0);
}
