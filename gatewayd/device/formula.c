/*
 * A formula worked out on a stack. What has no value is NaN on the way, so that
 * a division by zero spoils only what makes use of it: in if(b > 0, a / b, 0)
 * nobody does while b is 0.
 */
#include "formula.h"

#include <math.h>

/* No infinity either, or 1 / (1 / 0) would be 0. */
static double
or_none(double v)
{
	return isfinite(v) ? v : NAN;
}

static double
truth(bool v)
{
	return v ? 1 : 0;
}

/* Magnus' formula over water; the constants of WMO-No. 8, Guide to Instruments
 * and Methods of Observation, annex 4.B: 17.62 and 243.12 Cel, for -45 to 60
 * Cel. */
static double
dew_point(double celsius, double humidity)
{
	const double b = 17.62, c = 243.12;

	if (humidity <= 0 || celsius <= -c)
		return NAN;
	double g = log(humidity / 100) + b * celsius / (c + celsius);
	return c * g / (b - g);
}

/* What decides alone does not need the other. */
static double
both(double a, double b)
{
	if (a == 0 || b == 0)
		return 0;
	return isnan(a) || isnan(b) ? NAN : 1;
}

static double
either(double a, double b)
{
	if ((a != 0 && !isnan(a)) || (b != 0 && !isnan(b)))
		return 1;
	return isnan(a) || isnan(b) ? NAN : 0;
}

static double
compare(enum formula_op op, double a, double b)
{
	if (isnan(a) || isnan(b))
		return NAN;
	switch (op) {
	case F_LESS:
		return truth(a < b);
	case F_LESS_EQUAL:
		return truth(a <= b);
	case F_GREATER:
		return truth(a > b);
	case F_GREATER_EQUAL:
		return truth(a >= b);
	case F_EQUAL:
		return truth(a == b);
	case F_MIN:
		return a < b ? a : b;
	case F_MAX:
		return a > b ? a : b;
	case F_UNEQUAL:
	default:
		return truth(a != b);
	}
}

static double
of_two(enum formula_op op, double a, double b)
{
	switch (op) {
	case F_ADD:
		return a + b;
	case F_SUBTRACT:
		return a - b;
	case F_MULTIPLY:
		return a * b;
	case F_DIVIDE:
		return b == 0 ? NAN : a / b;
	case F_POWER: /* pow(NAN, 0) would be 1 */
		return isnan(a) || isnan(b) ? NAN : pow(a, b);
	case F_AND:
		return both(a, b);
	case F_OR:
		return either(a, b);
	case F_DEW_POINT:
		return dew_point(a, b);
	default:
		return compare(op, a, b);
	}
}

static double
of_one(enum formula_op op, double a)
{
	switch (op) {
	case F_NEGATE:
		return -a;
	case F_NOT:
		return isnan(a) ? NAN : truth(a == 0);
	case F_ABS:
		return fabs(a);
	case F_SQRT:
		return sqrt(a);
	case F_EXP:
		return exp(a);
	case F_LN:
		return log(a);
	case F_LOG10:
		return log10(a);
	case F_FLOOR:
	default:
		return floor(a);
	}
}

static unsigned
operands(enum formula_op op)
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
	default:
		return 2;
	}
}

static double
input(const struct formula *f, const double *values, uint16_t point)
{
	for (uint16_t i = 0; i < f->ninputs; i++)
		if (f->inputs[i] == point)
			return values[i];
	return NAN;
}

/* One step on its operands, which begin at s. */
static double
work(const struct formula *f, const struct formula_step *step,
    const double *values, const double *s)
{
	switch (operands(step->op)) {
	case 0:
		return step->op == F_NUMBER ? step->number
					    : input(f, values, step->point);
	case 1:
		return of_one(step->op, s[0]);
	case 2:
		return of_two(step->op, s[0], s[1]);
	default:
		return isnan(s[0]) ? NAN : s[0] != 0 ? s[1] : s[2];
	}
}

bool
formula_value(const struct formula *f, const double *values, double *out)
{
	double stack[FORMULA_DEPTH] = {0};
	unsigned n = 0;

	for (uint16_t i = 0; i < f->nsteps; i++) {
		const struct formula_step *step = &f->steps[i];
		unsigned takes = operands(step->op);

		/* conf checked both; a wrong answer would be worse than none.
		 */
		if (takes > n || n - takes >= FORMULA_DEPTH)
			return false;
		n -= takes;
		stack[n] = or_none(work(f, step, values, &stack[n]));
		n++;
	}
	if (n != 1 || isnan(stack[0]))
		return false;
	*out = stack[0];
	return true;
}
