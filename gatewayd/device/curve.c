/* Polynomials and tables. */
#include "curve.h"

#include <math.h>

#include "exact.h"

static long double
polynomial(const struct curve *c, double x)
{
	long double y = 0;

	for (size_t i = c->n; i-- > 0;)
		y = y * (long double)x + (long double)c->numbers[i];
	return y;
}

/* The pair at or before x, by halving: a table may be long. */
static size_t
pair_before(const struct curve *c, double x)
{
	size_t low = 0, high = c->n / 2;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (c->numbers[2 * mid] <= x)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static long double
table(const struct curve *c, double x)
{
	size_t last = c->n / 2 - 1, i;

	if (c->n < 2 || x < c->numbers[0] || x > c->numbers[2 * last])
		return (long double)NAN;
	i = pair_before(c, x);
	const double *p = &c->numbers[2 * i];
	if (x == p[0] || i == last)
		return (long double)p[1];
	return (long double)p[1] + ((long double)x - (long double)p[0]) *
				       ((long double)p[3] - (long double)p[1]) /
				       ((long double)p[2] - (long double)p[0]);
}

bool
curve_value(const struct curve *c, double x, double *out)
{
	double y = x;

	if (c->kind == CURVE_POLYNOMIAL)
		y = exact_decimal((double)polynomial(c, x));
	else if (c->kind == CURVE_TABLE)
		y = exact_decimal((double)table(c, x));
	if (!isfinite(y))
		return false;
	*out = y;
	return true;
}
