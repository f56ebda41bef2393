/* A formula's text: refused, or steps that the line may run as they are. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profile_point.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What each step takes off the stack. */
static unsigned
takes(enum formula_op op)
{
	switch (op) {
	case F_NUMBER:
	case F_POINT:
		return 0;
	case F_NEGATE:
	case F_NOT:
	case F_ABS:
	case F_SQRT:
	case F_EXP:
	case F_LN:
	case F_LOG10:
	case F_FLOOR:
		return 1;
	case F_IF:
		return 3;
	case F_ADD:
	case F_SUBTRACT:
	case F_MULTIPLY:
	case F_DIVIDE:
	case F_POWER:
	case F_LESS:
	case F_LESS_EQUAL:
	case F_GREATER:
	case F_GREATER_EQUAL:
	case F_EQUAL:
	case F_UNEQUAL:
	case F_AND:
	case F_OR:
	case F_MIN:
	case F_MAX:
	case F_DEW_POINT:
		return 2;
	case FORMULA_OPS:
	default:
		abort();
	}
}

static bool
has_input(const struct formula *f, uint16_t point)
{
	for (size_t i = 0; i < f->ninputs; i++)
		if (f->inputs[i] == point)
			return true;
	return false;
}

static void
check(const struct formula *f)
{
	unsigned depth = 0;

	if (!f->ninputs || f->ninputs > FORMULA_INPUTS ||
	    f->nsteps > FORMULA_STEPS)
		abort();
	for (size_t i = 0; i < f->nsteps; i++) {
		const struct formula_step *s = &f->steps[i];
		if (takes(s->op) > depth)
			abort();
		depth = depth - takes(s->op) + 1;
		if (depth > FORMULA_DEPTH ||
		    (s->op == F_POINT && !has_input(f, s->point)))
			abort();
	}
	if (depth != 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct point_type points[] = {{.name = "a"}, {.name = "b"},
	    {.name = "t", .text = true}, {.name = "w", .write_only = true},
	    {.name = "c"}, {.name = "d"}, {.name = "e"}, {.name = "f"},
	    {.name = "g"}, {.name = "h"}, {.name = "i"}, {.name = "self"}};
	static const struct device_type type = {
	    .points = points, .npoints = sizeof(points) / sizeof(points[0])};
	struct ctx x = {arena_new(), complaints_new()};
	struct node n = {.at = {"fuzz", 1, 1}};
	const struct formula *f;

	n.text = arena_strndup(x.mem, (const char *)data, size);
	f = formula_read(&x, &n, &type, &points[11]);
	if (f)
		check(f);
	else if (!complaints_errors(x.c))
		abort();
	arena_free(x.mem);
	complaints_free(x.c);
	return 0;
}
