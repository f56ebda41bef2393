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
#include <stdio.h>
#include <string.h>

#include "formula_parse.h"

static void condition(struct formula_parser *p);

/* What stands between the brackets of a function, each a condition. */
static unsigned
arguments(struct formula_parser *p, enum formula_op op, bool many)
{
	size_t open = p->w.at;
	unsigned n = 0;

	do {
		formula_next(p);
		condition(p);
		n++;
		if (many && n > 1)
			formula_put_op(p, op, 2);
	} while (formula_is_op(p, ","));
	if (!formula_is_op(p, ")"))
		formula_fail(p, p->w.at,
		    "the bracket of column %u is not closed; write `)`, and "
		    "quotes round a formula that has a comma",
		    node_mark(p->n, open).column);
	formula_next(p);
	return n;
}

static void
call(struct formula_parser *p, const char *name, size_t at)
{
	const struct formula_function *f = formula_function(name);
	const char *names[FORMULA_FUNCTIONS + 1], *guess;
	char list[200];
	unsigned n;

	if (!f) {
		formula_function_names(names);
		guess = nearest(name, names);
		formula_fail(p, at, "`%s` is no function; %s%s%s", name,
		    guess ? "did you mean `" : "there are ",
		    guess ? guess : read_join(names, list, sizeof(list)),
		    guess ? "`?" : "");
		return;
	}
	n = arguments(p, f->op, f->many);
	if (f->many ? n < 2 : n != f->takes) {
		formula_fail(p, at, "%s takes %s%u value%s; here %s %u", name,
		    f->many ? "at least " : "", f->takes,
		    f->takes == 1 ? "" : "s", n == 1 ? "is" : "are", n);
		return;
	}
	if (!f->many)
		formula_put_op(p, f->op, f->takes);
}

static void
name(struct formula_parser *p)
{
	size_t at = p->w.at;
	char text[80];

	(void)snprintf(
	    text, sizeof(text), "%.*s", (int)p->w.len, p->n->text + at);
	if (strcmp(text, "and") == 0 || strcmp(text, "or") == 0) {
		formula_fail(p, at, "`%s` stands where a value should", text);
		return;
	}
	formula_next(p);
	if (formula_is_op(p, "("))
		call(p, text, at);
	else if (formula_function(text) && !find_point_type(p->type, text))
		formula_fail(p, at,
		    "`%s` is a function; write its values behind it "
		    "in brackets",
		    text);
	else
		formula_point(p, text, at);
}

static void
value(struct formula_parser *p)
{
	size_t open = p->w.at;

	if (p->failed)
		return;
	if (p->w.kind == WORD_NUMBER) {
		formula_put(p,
		    (struct formula_step){
			.op = F_NUMBER, .number = p->w.number},
		    0);
		formula_next(p);
	} else if (p->w.kind == WORD_NAME) {
		name(p);
	} else if (formula_is_op(p, "(")) {
		formula_next(p);
		condition(p);
		if (!formula_is_op(p, ")"))
			formula_fail(p, p->w.at,
			    "the bracket of column %u is not closed; write "
			    "`)`",
			    node_mark(p->n, open).column);
		formula_next(p);
	} else if (p->w.kind == WORD_END) {
		formula_fail(p, p->w.at,
		    "the formula ends where a value should stand; write a "
		    "number or a point");
	} else {
		formula_fail(p, p->w.at,
		    "`%.*s` stands where a value should; write a number or a "
		    "point",
		    (int)p->w.len, p->n->text + p->w.at);
	}
}

static void
signed_value(struct formula_parser *p)
{
	if (!formula_deeper(p))
		return;
	if (formula_is_op(p, "-")) {
		formula_next(p);
		signed_value(p);
		formula_put_op(p, F_NEGATE, 1);
	} else {
		value(p);
		if (formula_is_op(p, "^")) {
			formula_next(p);
			signed_value(p);
			formula_put_op(p, F_POWER, 2);
		}
	}
	p->nested--;
}

static void
product(struct formula_parser *p)
{
	signed_value(p);
	while (formula_is_op(p, "*") || formula_is_op(p, "/")) {
		enum formula_op op =
		    formula_is_op(p, "*") ? F_MULTIPLY : F_DIVIDE;
		formula_next(p);
		signed_value(p);
		formula_put_op(p, op, 2);
	}
}

static void
sum(struct formula_parser *p)
{
	product(p);
	while (formula_is_op(p, "+") || formula_is_op(p, "-")) {
		enum formula_op op = formula_is_op(p, "+") ? F_ADD : F_SUBTRACT;
		formula_next(p);
		product(p);
		formula_put_op(p, op, 2);
	}
}

static bool
comparison_op(const struct formula_parser *p, enum formula_op *op)
{
	static const struct {
		const char *text;
		enum formula_op op;
	} list[] = {{"<", F_LESS}, {"<=", F_LESS_EQUAL}, {">", F_GREATER},
	    {">=", F_GREATER_EQUAL}, {"==", F_EQUAL}, {"!=", F_UNEQUAL}};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (formula_is_op(p, list[i].text)) {
			*op = list[i].op;
			return true;
		}
	return false;
}

static void
comparison(struct formula_parser *p)
{
	enum formula_op op = F_LESS, more;

	sum(p);
	if (!comparison_op(p, &op))
		return;
	formula_next(p);
	sum(p);
	formula_put_op(p, op, 2);
	if (comparison_op(p, &more))
		formula_fail(p, p->w.at,
		    "two comparisons in a row; write a < b and b < c");
}

static void
negation(struct formula_parser *p)
{
	if (!formula_deeper(p))
		return;
	if (formula_is_name(p, "not")) {
		formula_next(p);
		negation(p);
		formula_put_op(p, F_NOT, 1);
	} else {
		comparison(p);
	}
	p->nested--;
}

static void
conjunction(struct formula_parser *p)
{
	negation(p);
	while (formula_is_name(p, "and")) {
		formula_next(p);
		negation(p);
		formula_put_op(p, F_AND, 2);
	}
}

static void
condition(struct formula_parser *p)
{
	conjunction(p);
	while (formula_is_name(p, "or")) {
		formula_next(p);
		conjunction(p);
		formula_put_op(p, F_OR, 2);
	}
}

const struct formula *
formula_read(struct ctx *x, const struct node *n,
    const struct device_type *type, const struct point_type *self)
{
	struct formula_parser *p = arena_alloc(x->mem, sizeof(*p));

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
	formula_next(p);
	condition(p);
	if (formula_is_op(p, ","))
		formula_fail(p, p->w.at,
		    "`,` stands between the values of a function only; a "
		    "number has a dot: 0.5");
	else if (!p->failed && p->w.kind != WORD_END)
		formula_fail(p, p->w.at,
		    "`%.*s` stands where the formula should go on with + - * / "
		    "^, a comparison, and, or",
		    (int)p->w.len, n->text + p->w.at);
	if (p->failed)
		return NULL;
	if (!p->f.ninputs) {
		formula_fail(p, 0,
		    "the formula names no point, so that nothing ever "
		    "changes it");
		return NULL;
	}
	p->f.steps = p->steps;
	return &p->f;
}
