/* Fractions of 64 bits; where they overflow, long double has to do. */
#include "exact.h"

#include <math.h>

struct ratio {
	int64_t n, d; /* d above 0 */
};

static const int64_t DOUBLE_EXACT = INT64_C(1) << 53;

static int64_t
gcd(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t r = a % b;
		a = b;
		b = r;
	}
	return a < 0 ? -a : a;
}

static void
reduce(struct ratio *a)
{
	int64_t g = gcd(a->n, a->d);

	a->n /= g;
	a->d /= g;
}

/* The decimal of at most 15 digits that was written for x. */
static bool
ratio_of(double x, struct ratio *out)
{
	for (int64_t d = 1; d <= INT64_C(1000000000000); d *= 10) {
		double n = nearbyint(x * (double)d);
		if (fabs(n) > 1e15)
			return false;
		if (n / (double)d == x) {
			*out = (struct ratio){(int64_t)n, d};
			reduce(out);
			return true;
		}
	}
	return false;
}

static bool
times(struct ratio *a, double x)
{
	struct ratio b;

	if (!ratio_of(x, &b) || __builtin_mul_overflow(a->n, b.n, &a->n) ||
	    __builtin_mul_overflow(a->d, b.d, &a->d))
		return false;
	reduce(a);
	return true;
}

static bool
plus(struct ratio *a, double x)
{
	struct ratio b;
	int64_t left, right;

	if (!ratio_of(x, &b) || __builtin_mul_overflow(a->n, b.d, &left) ||
	    __builtin_mul_overflow(b.n, a->d, &right) ||
	    __builtin_add_overflow(left, right, &a->n) ||
	    __builtin_mul_overflow(a->d, b.d, &a->d))
		return false;
	reduce(a);
	return true;
}

static bool
over(struct ratio *a, double x)
{
	struct ratio b;

	if (!ratio_of(x, &b) || b.n <= 0 ||
	    __builtin_mul_overflow(a->n, b.d, &a->n) ||
	    __builtin_mul_overflow(a->d, b.n, &a->d))
		return false;
	reduce(a);
	return true;
}

bool
scale_is_one(const struct point *p)
{
	const struct point_type *t = p->type;

	return t->mul == 1 && t->div == 1 && t->offset == 0 && p->slope == 1 &&
	       p->off == 0;
}

double
scale_real(const struct point *p, long double raw)
{
	const struct point_type *t = p->type;
	long double v = raw * (long double)t->mul / (long double)t->div +
			(long double)t->offset;

	return (double)(v * (long double)p->slope + (long double)p->off);
}

double
scale_whole(const struct point *p, int64_t raw)
{
	const struct point_type *t = p->type;
	struct ratio a = {raw, 1};

	if (raw == INT64_MIN || !times(&a, t->mul) || !over(&a, t->div) ||
	    !plus(&a, t->offset) || !times(&a, p->slope) || !plus(&a, p->off) ||
	    a.n > DOUBLE_EXACT || a.n < -DOUBLE_EXACT || a.d > DOUBLE_EXACT)
		return scale_real(p, (long double)raw);
	return (double)a.n / (double)a.d;
}

double
exact_decimal(double v)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
	    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
	    1e20, 1e21, 1e22}; /* all exact */
	const int most = (int)(sizeof(tens) / sizeof(tens[0])) - 1;

	if (!isfinite(v) || v == nearbyint(v))
		return v;
	int digits = 14 - (int)floor(log10(fabs(v)));
	if (digits < 0 || digits > most)
		return v;
	return nearbyint(v * tens[digits]) / tens[digits];
}
