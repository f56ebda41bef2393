/*
 * What it costs to be told by a profile what registers mean, instead of by C
 * that was written for them: a million points of a probe, a weather station, a
 * meter and a relay board, decoded both ways in turn, and compared. And how
 * long the whole library of profiles takes to load. One JSON object:
 *
 *   profile_ns, by_hand_ns  of a point; the best of the rounds
 *   ratio                   of the two
 *   library_ms              every profile loaded once; the best of the rounds
 *   first_ms                the first of those rounds
 *   profiles                that there are
 *
 * Usage: decode_speed FOLDER; in the top folder it is config/profiles.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decoder.h"
#include "library.h"

enum {
	REGS = 32,
	COILS = 8,
	POINTS = 22,
	IMAGES = 1000000 / POINTS,
	ROUNDS = 9,  /* of the library */
	RACES = 101, /* best of so many: a machine does other things */
};

static const char text[] =
    "profile: mixed\n"
    "maker: bench\n"
    "model: some of each\n"
    "source: this benchmark\n"
    "points:\n"
    "  moisture: {holding: 0, type: uint16, scale: 0.1, range: [0, 100]}\n"
    "  temperature: {holding: 1, type: int16, scale: 0.1, range: [-40, 80]}\n"
    "  conductivity: {holding: 2, type: uint16, no_data: [0xFFFF]}\n"
    "  salinity: {holding: 3, type: uint16}\n"
    "  ph: {holding: 4, type: uint16, scale: 0.01, range: [3, 9]}\n"
    "  pressure: {holding: 5, type: int32, order: ABCD, scale: 0.001}\n"
    "  light: {holding: 7, type: int32, order: ABCD, scale: 0.001}\n"
    "  wind: {holding: 9, type: int32, order: ABCD, scale: 0.001, range: [0, "
    "75]}\n"
    "  flow: {holding: 11, type: float32, order: CDAB}\n"
    "  velocity: {holding: 13, type: float32, order: CDAB, range: [-32, 32]}\n"
    "  total: {holding: 15, type: uint32, order: CDAB, kind: counter}\n"
    "  errors: {holding: 17, type: bits}\n"
    "  quality: {holding: 18, type: uint16, mask: 0x00FF, range: [0, 99]}\n"
    "  serial: {holding: 19, type: bcd32, order: ABCD}\n"
    "  relay_1: {coil: 0, type: bool}\n"
    "  relay_2: {coil: 1, type: bool}\n"
    "  relay_3: {coil: 2, type: bool}\n"
    "  relay_4: {coil: 3, type: bool}\n"
    "  relay_5: {coil: 4, type: bool}\n"
    "  relay_6: {coil: 5, type: bool}\n"
    "  relay_7: {coil: 6, type: bool}\n"
    "  relay_8: {coil: 7, type: bool}\n";

struct image { /* what a device answered */
	uint16_t regs[REGS], coils[COILS];
};

static struct image images[IMAGES];

static double
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint16_t
below(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (uint16_t)((*seed >> 16) % n);
}

/* Plausible values; now and then one that is out of range, or none. */
static void
fill(void)
{
	uint32_t seed = 1;

	for (int i = 0; i < IMAGES; i++) {
		uint16_t *r = images[i].regs;

		for (int k = 0; k < REGS; k++)
			r[k] = below(&seed, 1000);
		r[1] = (uint16_t)(r[1] - 200);
		r[4] = (uint16_t)(300 + r[4] % 600);
		r[5] = r[7] = r[9] = 0;
		r[12] = r[14] = 0x4148; /* about 12.5 */
		r[18] = (uint16_t)(r[18] % 100 | r[18] << 8);
		r[19] = r[20] = 0;
		for (int k = 0; k < 16; k += 4) {
			r[19] |= (uint16_t)(below(&seed, 10) << k);
			r[20] |= (uint16_t)(below(&seed, 10) << k);
		}
		if (below(&seed, 16) == 0)
			r[0] = 1001;
		if (below(&seed, 16) == 0)
			r[2] = 0xFFFF;
		for (int k = 0; k < COILS; k++)
			images[i].coils[k] = below(&seed, 2);
	}
}

/* As in the line each reading is handed on before the next is made: the
 * compiler is not to put several together, nor to see that nobody looks. */
static inline void
hand_on(const struct decoded *d)
{
	__asm__ volatile("" : : "r"(d) : "memory");
}

/* ---- by hand ---- */

static void
put(struct decoded *d, int64_t value)
{
	d->value.type = VALUE_INT;
	d->value.i = value;
	d->quality = QUALITY_GOOD;
	d->reason = REASON_NONE;
	hand_on(d);
}

static void
put_real(struct decoded *d, double value)
{
	d->value.type = VALUE_REAL;
	d->value.r = value;
	d->quality = QUALITY_GOOD;
	d->reason = REASON_NONE;
	hand_on(d);
}

static void
put_bad(struct decoded *d, enum reason reason)
{
	d->value.type = VALUE_NONE;
	d->quality = QUALITY_BAD;
	d->reason = reason;
	hand_on(d);
}

static void
put_between(struct decoded *d, double value, double least, double most)
{
	if (value < least || value > most)
		put_bad(d, REASON_RANGE);
	else
		put_real(d, value);
}

static void
put_float(struct decoded *d, float value)
{
	if (isfinite(value))
		put_real(d, (double)value);
	else
		put_bad(d, REASON_NO_DATA);
}

static uint32_t
two(const uint16_t *high, const uint16_t *low)
{
	return (uint32_t)*high << 16 | *low;
}

static float
real(const uint16_t *r)
{
	uint32_t bits = two(r + 1, r);
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static void
put_bcd(struct decoded *d, uint32_t raw)
{
	uint32_t v = 0;

	for (int i = 28; i >= 0; i -= 4) {
		uint32_t digit = raw >> i & 0xF;

		if (digit > 9) {
			put_bad(d, REASON_NO_DATA);
			return;
		}
		v = v * 10 + digit;
	}
	put(d, v);
}

/* Two functions for two reads, called as the decoder is: a program has many
 * kinds of devices. */
__attribute__((noinline)) static void
registers_by_hand(const uint16_t *r, struct decoded *d)
{
	put_between(&d[0], r[0] / 10.0, 0, 100);
	put_between(&d[1], (int16_t)r[1] / 10.0, -40, 80);
	if (r[2] == 0xFFFF)
		put_bad(&d[2], REASON_NO_DATA);
	else
		put(&d[2], r[2]);
	put(&d[3], r[3]);
	put_between(&d[4], r[4] / 100.0, 3, 9);
	put_real(&d[5], (int32_t)two(&r[5], &r[6]) / 1000.0);
	put_real(&d[6], (int32_t)two(&r[7], &r[8]) / 1000.0);
	put_between(&d[7], (int32_t)two(&r[9], &r[10]) / 1000.0, 0, 75);
	put_float(&d[8], real(&r[11]));
	float velocity = real(&r[13]);
	if (velocity < -32 || velocity > 32)
		put_bad(&d[9], REASON_RANGE);
	else
		put_float(&d[9], velocity);
	put(&d[10], two(&r[16], &r[15]));
	put(&d[11], r[17]);
	if ((r[18] & 0xFF) > 99)
		put_bad(&d[12], REASON_RANGE);
	else
		put(&d[12], r[18] & 0xFF);
	put_bcd(&d[13], two(&r[19], &r[20]));
}

__attribute__((noinline)) static void
coils_by_hand(const uint16_t *coils, struct decoded *d)
{
	for (int i = 0; i < COILS; i++)
		put(&d[i], coils[i] != 0);
}

static void
by_hand(const struct image *m, struct decoded *d)
{
	registers_by_hand(m->regs, d);
	coils_by_hand(m->coils, d + POINTS - COILS);
}

/* ---- by profile ---- */

/* As the line does it, in two reads: registers and coils. */
static void
by_profile(const struct decoder *all, const struct image *m, struct decoded *d)
{
	static const uint16_t points[POINTS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
	const size_t nregs = POINTS - COILS;

	decoder_read(all, points, nregs, m->regs, 0, d);
	decoder_read(all, points + nregs, COILS, m->coils, 0, d + nregs);
	hand_on(d);
}

/* ---- both ---- */

static bool
agree(const struct decoder *points)
{
	struct decoded d[POINTS];
	struct decoded s[POINTS];

	for (int i = 0; i < IMAGES; i++) {
		by_profile(points, &images[i], d);
		by_hand(&images[i], s);
		for (int p = 0; p < POINTS; p++)
			if (d[p].quality != s[p].quality ||
			    d[p].reason != s[p].reason ||
			    !value_equal(&d[p].value, &s[p].value)) {
				(void)fprintf(stderr, "%s differs\n",
				    points[p].point->type->name);
				return false;
			}
	}
	return true;
}

static double
time_profile(const struct decoder *points)
{
	static struct decoded d[POINTS];
	double then = now_ns();

	for (int i = 0; i < IMAGES; i++) {
		by_profile(points, &images[i], d);
	}
	return (now_ns() - then) / (IMAGES * POINTS);
}

static double
time_by_hand(void)
{
	static struct decoded s[POINTS];
	double then = now_ns();

	for (int i = 0; i < IMAGES; i++) {
		by_hand(&images[i], s);
	}
	return (now_ns() - then) / (IMAGES * POINTS);
}

static void
least(double *best, double is)
{
	if (*best == 0 || is < *best)
		*best = is;
}

static int
compare_ways(struct library *l)
{
	struct complaints *c = complaints_new();
	const struct device_type *t = library_parse(l, "mixed", NULL, text, c);
	struct point points[POINTS];
	struct decoder decoders[POINTS];
	double profile = 0, hand = 0;

	complaints_print(c, stderr);
	c = complaints_free(c);
	if (t == NULL || t->npoints != POINTS)
		return 1;
	for (size_t i = 0; i < POINTS; i++) {
		points[i] = (struct point){.type = &t->points[i], .slope = 1};
		decoder_init(&decoders[i], &points[i]);
	}
	fill();
	if (!agree(decoders))
		return 1;
	for (int i = 0; i < RACES; i++) {
		least(&profile, time_profile(decoders));
		least(&hand, time_by_hand());
	}
	printf(
	    "{\"profile_ns\": %.2f, \"by_hand_ns\": %.2f, \"ratio\": %.2f,\n",
	    profile, hand, profile / hand);
	return 0;
}

static int
load_library(const char *folder, size_t *n)
{
	struct complaints *c = complaints_new();
	struct library *l = library_open(&folder, 1);
	int failed = 0;

	*n = l != NULL ? l->n : 0;
	for (size_t i = 0; i < *n; i++)
		failed |= library_load(l, l->entries[i].name, NULL, c) == NULL;
	complaints_print(c, stderr);
	l = library_close(l);
	c = complaints_free(c);
	return *n == 0 || failed;
}

int
main(int argc, char **argv)
{
	double first = 0, best = 0;
	size_t n = 0;

	if (argc != 2)
		return 2;
	for (int i = 0; i < ROUNDS; i++) {
		double then = now_ns();

		if (load_library(argv[1], &n) != 0)
			return 1;
		least(&best, (now_ns() - then) / 1e6);
		if (i == 0)
			first = best;
	}
	const char *folder = argv[1];
	struct library *l = library_open(&folder, 1);
	if (l == NULL || compare_ways(l) != 0)
		return 1;
	l = library_close(l);
	printf("\"library_ms\": %.2f, \"first_ms\": %.2f, \"profiles\": %zu}\n",
	    best, first, n);
	return 0;
}
