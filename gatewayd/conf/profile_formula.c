/*
 * The formulas of a profile, from text to steps in reverse Polish order. Every
 * step that is written leaves the stack as device/formula.h takes it for
 * granted: operands are there, it is never deeper than FORMULA_DEPTH, and one
 * number is left. The first mistake ends it, told with its column.
 *
 *	condition  = conjunction { "or" conjunction }
 *	conjunction = negation { "and" negation }
 *	negation   = "not" negation | comparison
 *	comparison = sum [ ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) sum ]
 *	sum        = product { ( "+" | "-" ) product }
 *	product    = signed { ( "*" | "/" ) signed }
 *	signed     = "-" signed | power
 *	power      = value [ "^" signed ]
 *	value      = number | point | function "(" condition { "," ... } ")"
 *	           | "(" condition ")"
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "formula_word.h"
#include "profile_point.h"

enum { NESTED = 40 };

struct parser {
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

__attribute__((format(printf, 3, 4))) static void
fail(struct parser *p, size_t at, const char *fmt, ...)
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

static void
next(struct parser *p)
{
	const char *advice;

	if (p->failed || p->w.kind == WORD_END)
		return;
	advice = formula_word(p->n->text, p->w.at + p->w.len, &p->w);
	if (advice)
		fail(p, p->w.at, "`%.*s` %s", (int)p->w.len,
		    p->n->text + p->w.at, advice);
}

/* Takes `takes` operands and leaves one. */
static void
put(struct parser *p, struct formula_step step, unsigned takes)
{
	if (p->failed)
		return;
	if (p->f.nsteps == FORMULA_STEPS) {
		fail(p, p->w.at,
		    "the formula has more than %d steps; make a point of a "
		    "piece of it, and use that",
		    FORMULA_STEPS);
		return;
	}
	p->depth = p->depth - takes + 1;
	if (p->depth > FORMULA_DEPTH) {
		fail(p, p->w.at,
		    "the formula keeps more than %d values at a time; make a "
		    "point of a piece of it, and use that",
		    FORMULA_DEPTH);
		return;
	}
	p->steps[p->f.nsteps++] = step;
}

static void
put_op(struct parser *p, enum formula_op op, unsigned takes)
{
	put(p, (struct formula_step){.op = op}, takes);
}

static bool
is_op(const struct parser *p, const char *text)
{
	return !p->failed && p->w.kind == WORD_SIGN &&
	       p->w.len == strlen(text) &&
	       memcmp(p->n->text + p->w.at, text, p->w.len) == 0;
}

static bool
is_name(const struct parser *p, const char *text)
{
	return !p->failed && p->w.kind == WORD_NAME &&
	       p->w.len == strlen(text) &&
	       memcmp(p->n->text + p->w.at, text, p->w.len) == 0;
}

static void condition(struct parser *p);

static bool
deeper(struct parser *p)
{
	if (++p->nested > NESTED)
		fail(p, p->w.at,
		    "the formula is nested too deep; make a point of "
		    "a piece of it, and use that");
	return !p->failed;
}

/* What stands between the brackets of a function, each a condition. */
static unsigned
arguments(struct parser *p, enum formula_op op, bool many)
{
	size_t open = p->w.at;
	unsigned n = 0;

	do {
		next(p);
		condition(p);
		n++;
		if (many && n > 1)
			put_op(p, op, 2);
	} while (is_op(p, ","));
	if (!is_op(p, ")"))
		fail(p, p->w.at,
		    "the bracket of column %u is not closed; write `)`",
		    node_mark(p->n, open).column);
	next(p);
	return n;
}

static void
call(struct parser *p, const char *name, size_t at)
{
	const struct formula_function *f = formula_function(name);
	const char *names[FORMULA_FUNCTIONS + 1], *guess;
	char list[200];
	unsigned n;

	if (!f) {
		formula_function_names(names);
		guess = nearest(name, names);
		fail(p, at, "`%s` is no function; %s%s%s", name,
		    guess ? "did you mean `" : "there are ",
		    guess ? guess : read_join(names, list, sizeof(list)),
		    guess ? "`?" : "");
		return;
	}
	n = arguments(p, f->op, f->many);
	if (f->many ? n < 2 : n != f->takes) {
		fail(p, at, "%s takes %s%u value%s; here %s %u", name,
		    f->many ? "at least " : "", f->takes,
		    f->takes == 1 ? "" : "s", n == 1 ? "is" : "are", n);
		return;
	}
	if (!f->many)
		put_op(p, f->op, f->takes);
}

/* The point, and that it is a number to count with. */
static void
point(struct parser *p, const char *name, size_t at)
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
		fail(p, at, "`%s` is in its own formula; name others", name);
	else if (t->text)
		fail(p, at, "`%s` is a text; a formula is of numbers", name);
	else if (t->write_only)
		fail(p, at, "`%s` is never read; a formula is of what is read",
		    name);
	if (p->failed)
		return;
	index = (uint16_t)(t - p->type->points);
	while (i < p->f.ninputs && p->f.inputs[i] != index)
		i++;
	if (i == FORMULA_INPUTS) {
		fail(p, at,
		    "the formula is of more than %d points; make a point of a "
		    "piece of it, and use that",
		    FORMULA_INPUTS);
		return;
	}
	if (i == p->f.ninputs)
		p->f.inputs[p->f.ninputs++] = index;
	put(p, (struct formula_step){.op = F_POINT, .point = index}, 0);
}

static void
name(struct parser *p)
{
	size_t at = p->w.at;
	char text[80];

	(void)snprintf(
	    text, sizeof(text), "%.*s", (int)p->w.len, p->n->text + at);
	if (strcmp(text, "and") == 0 || strcmp(text, "or") == 0) {
		fail(p, at, "`%s` stands where a value should", text);
		return;
	}
	next(p);
	if (is_op(p, "("))
		call(p, text, at);
	else if (formula_function(text) && !find_point_type(p->type, text))
		fail(p, at,
		    "`%s` is a function; write its values behind it "
		    "in brackets",
		    text);
	else
		point(p, text, at);
}

static void
value(struct parser *p)
{
	size_t open = p->w.at;

	if (p->failed)
		return;
	if (p->w.kind == WORD_NUMBER) {
		put(p,
		    (struct formula_step){
			.op = F_NUMBER, .number = p->w.number},
		    0);
		next(p);
	} else if (p->w.kind == WORD_NAME) {
		name(p);
	} else if (is_op(p, "(")) {
		next(p);
		condition(p);
		if (!is_op(p, ")"))
			fail(p, p->w.at,
			    "the bracket of column %u is not closed; write "
			    "`)`",
			    node_mark(p->n, open).column);
		next(p);
	} else if (p->w.kind == WORD_END) {
		fail(p, p->w.at,
		    "the formula ends where a value should stand; write a "
		    "number or a point");
	} else {
		fail(p, p->w.at,
		    "`%.*s` stands where a value should; write a number or a "
		    "point",
		    (int)p->w.len, p->n->text + p->w.at);
	}
}

static void
signed_value(struct parser *p)
{
	if (!deeper(p))
		return;
	if (is_op(p, "-")) {
		next(p);
		signed_value(p);
		put_op(p, F_NEGATE, 1);
	} else {
		value(p);
		if (is_op(p, "^")) {
			next(p);
			signed_value(p);
			put_op(p, F_POWER, 2);
		}
	}
	p->nested--;
}

static void
product(struct parser *p)
{
	signed_value(p);
	while (is_op(p, "*") || is_op(p, "/")) {
		enum formula_op op = is_op(p, "*") ? F_MULTIPLY : F_DIVIDE;
		next(p);
		signed_value(p);
		put_op(p, op, 2);
	}
}

static void
sum(struct parser *p)
{
	product(p);
	while (is_op(p, "+") || is_op(p, "-")) {
		enum formula_op op = is_op(p, "+") ? F_ADD : F_SUBTRACT;
		next(p);
		product(p);
		put_op(p, op, 2);
	}
}

static bool
comparison_op(const struct parser *p, enum formula_op *op)
{
	static const struct {
		const char *text;
		enum formula_op op;
	} list[] = {{"<", F_LESS}, {"<=", F_LESS_EQUAL}, {">", F_GREATER},
	    {">=", F_GREATER_EQUAL}, {"==", F_EQUAL}, {"!=", F_UNEQUAL}};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (is_op(p, list[i].text)) {
			*op = list[i].op;
			return true;
		}
	return false;
}

static void
comparison(struct parser *p)
{
	enum formula_op op = F_LESS, more;

	sum(p);
	if (!comparison_op(p, &op))
		return;
	next(p);
	sum(p);
	put_op(p, op, 2);
	if (comparison_op(p, &more))
		fail(p, p->w.at,
		    "two comparisons in a row; write a < b and b < c");
}

static void
negation(struct parser *p)
{
	if (!deeper(p))
		return;
	if (is_name(p, "not")) {
		next(p);
		negation(p);
		put_op(p, F_NOT, 1);
	} else {
		comparison(p);
	}
	p->nested--;
}

static void
conjunction(struct parser *p)
{
	negation(p);
	while (is_name(p, "and")) {
		next(p);
		negation(p);
		put_op(p, F_AND, 2);
	}
}

static void
condition(struct parser *p)
{
	conjunction(p);
	while (is_name(p, "or")) {
		next(p);
		conjunction(p);
		put_op(p, F_OR, 2);
	}
}

const struct formula *
formula_read(struct ctx *x, const struct node *n,
    const struct device_type *type, const struct point_type *self)
{
	struct parser *p = arena_alloc(x->mem, sizeof(*p));

	p->x = x;
	p->n = n;
	p->type = type;
	p->self = self;
	if (n->kind != NODE_SCALAR || !n->text[0]) {
		complain(x->c, n->at,
		    "a formula must be a text, such as whole + fraction");
		return NULL;
	}
	p->w.kind = WORD_SIGN; /* nothing yet, at the start */
	next(p);
	condition(p);
	if (is_op(p, ","))
		fail(p, p->w.at,
		    "`,` stands between the values of a function only; a "
		    "number has a dot: 0.5");
	else if (!p->failed && p->w.kind != WORD_END)
		fail(p, p->w.at,
		    "`%.*s` stands where the formula should go on with + - * / "
		    "^, a comparison, and, or",
		    (int)p->w.len, n->text + p->w.at);
	if (p->failed)
		return NULL;
	if (!p->f.ninputs) {
		fail(p, 0,
		    "the formula names no point, so that nothing ever "
		    "changes it");
		return NULL;
	}
	p->f.steps = p->steps;
	return &p->f;
}
