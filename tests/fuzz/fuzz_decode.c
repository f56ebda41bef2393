/*
 * Any registers under any point that conf/ lets through: a bad reading has no
 * value, a good one is finite, in range and clean text; and the quick decoder
 * agrees.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "any_point.h"
#include "decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct point_type *t, const struct decoded *d)
{
	double v = value_number(&d->value);

	if ((d->quality == QUALITY_BAD) != (d->value.type == VALUE_NONE) ||
	    (d->quality == QUALITY_BAD) != (d->reason != REASON_NONE))
		abort();
	if (d->value.type == VALUE_REAL && !isfinite(v))
		abort();
	if (d->value.type == VALUE_TEXT && !utf8_text(d->value.text))
		abort();
	if (d->value.type != VALUE_NONE && d->value.type != VALUE_TEXT &&
	    t->has_range &&
	    (v < t->min - 1e-4 || v > t->max + 1e2)) /* a float's last digit */
		abort();
}

/* The quick way says the same. */
static void
compare(const struct point *p, const uint16_t *words, const struct decoded *d)
{
	const uint16_t first = 0;
	struct decoder quick;
	struct decoded is;

	decoder_init(&quick, p);
	decoder_read(&quick, &first, 1, words, p->type->addr, &is);
	if (is.quality != d->quality || is.reason != d->reason ||
	    !value_equal(&is.value, &d->value))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct point_type t = {.name = "p", .kind = KIND_GAUGE};
	struct point p = {.type = &t};
	struct decoded d;

	if (size < HEAD)
		return 0;
	make_point(data, &p, &t);
	data += HEAD;
	size -= HEAD;
	/* Exactly as many words as the point has, so that one too far is seen.
	 */
	uint16_t *words = calloc(t.count, sizeof(*words));
	if (words == NULL)
		return 0;
	for (size_t i = 0; i + 1 < size && i / 2 < t.count; i += 2)
		words[i / 2] = (uint16_t)(data[i] << 8 | data[i + 1]);
	decode_point(&p, words, &d);
	check(&t, &d);
	compare(&p, words, &d);
	free(words);
	return 0;
}
