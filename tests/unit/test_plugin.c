/*
 * plugin.h and describe.h with real files: what is refused and in which words,
 * what a plugin's functions may return, and that its description comes through
 * conf/description.c as what it is. The files are those of this build.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "describe.h"
#include "guard.h"
#include "plugin.h"
#include "tree.h"
#include "types.h"

#define TOTAL "/plugins/tuf-2000m-total.so"

static char build[PATH_MAX], dir[64];

static const char *
path_of(const char *root, const char *rest)
{
	static char path[2][PATH_MAX + 300];
	static int turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s%s", root, rest);
	return path[turn];
}

/* `limit` bytes of it; -1: all. */
static const char *
copy_to(const char *from, const char *name, long limit, mode_t mode)
{
	const char *to = path_of(dir, name);
	FILE *in = fopen(from, "rb"), *out;
	int c;

	(void)unlink(to);
	out = fopen(to, "wb");
	assert_non_null(in);
	assert_non_null(out);
	while (limit-- != 0 && (c = fgetc(in)) != EOF)
		assert_int_not_equal(fputc(c, out), EOF);
	assert_int_equal(fclose(in), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(to, mode), 0);
	return to;
}

static void
load_said(const char *path, const char *words)
{
	char why[400] = "";
	struct plugin *p = plugin_load(path, why, sizeof(why));

	if (p || !strstr(why, words))
		fail_msg("%s: \"%s\" lacks \"%s\"", path, why, words);
}

static void
test_load(void **state)
{
	char why[400] = "", here[PATH_MAX];
	struct plugin *p;

	(void)state;
	p = plugin_load(path_of(build, TOTAL), why, sizeof(why));
	if (!p)
		fail_msg("%s", why);
	assert_string_equal(plugin_type(p)->name, "tuf-2000m-total");
	assert_null(plugin_free(p));
	/* A bare name is a file here, not something on the loader's path. */
	assert_non_null(getcwd(here, sizeof(here)));
	copy_to(path_of(build, TOTAL), TOTAL + 8, -1, 0644);
	assert_int_equal(chdir(dir), 0);
	p = plugin_load("tuf-2000m-total.so", why, sizeof(why));
	assert_int_equal(chdir(here), 0);
	if (!p)
		fail_msg("%s", why);
	plugin_free(p);
}

static void
test_refused_files(void **state)
{
	char good[PATH_MAX + 40];
	const long cut[] = {0, 1, 63, 64, 2000, 4096, 9000};

	(void)state;
	(void)snprintf(good, sizeof(good), "%s" TOTAL, build);
	load_said("/nowhere/x.so", "No such file");
	load_said(dir, "no whole shared object");
	load_said("/dev/null", "may be written by everybody");
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		load_said(copy_to(good, "/cut.so", cut[i], 0644),
		    "no whole shared object");
	load_said(copy_to("/proc/self/status", "/text.so", -1, 0644),
	    "no whole shared object");
	load_said(copy_to(good, TOTAL + 8, -1, 0646),
	    "may be written by everybody; chmod o-w it");
	const char *well = copy_to(good, TOTAL + 8, -1, 0644);
	assert_int_equal(chmod(dir, 0777), 0);
	load_said(well, "may be written by everybody; chmod o-w it");
	assert_int_equal(chmod(dir, 0755), 0);
	/* Only root may give a file to a group that it is not in. */
	if (geteuid() == 0) {
		assert_int_equal(chmod(well, 0664), 0);
		load_said(copy_to(good, "/other.so", -1, 0664), "calls itself");
		assert_int_equal(chown(well, (uid_t)-1, 4711), 0);
		load_said(well, "by its group 4711; chmod g-w it");
		assert_int_equal(chmod(well, 0644), 0);
		assert_int_equal(chown(dir, (uid_t)-1, 4711), 0);
		assert_int_equal(chmod(dir, 0775), 0);
		load_said(well, "by its group 4711; chmod g-w it");
		assert_int_equal(chmod(dir, 0755), 0);
	}
	load_said(copy_to(good, "/other.so", -1, 0644),
	    "it calls itself `tuf-2000m-total`, its file is other.so");
}

static void
test_refused_types(void **state)
{
	(void)state;
	load_said(path_of(build, "/tests/bad/nosymbol.so"),
	    "it exports no gw_device_type");
	load_said(path_of(build, "/tests/bad/wrongsize.so"), "says it has");
	load_said(path_of(build, "/tests/bad/wrongabi.so"),
	    "it is built for interface version 2.0, this gateway has 1.2");
}

/* ---- a device, from the description on ---- */

/* As a site without `settings:` gives them. */
static const double no_settings[8];

struct fixture {
	struct arena *mem;
	struct complaints *c;
	struct device device;
	struct plugin_device *d;
};

/* What describe() prints. */
static size_t
described(const char *path, char *out, size_t size)
{
	const char *file = path_of(dir, "/description");
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int keep = dup(STDOUT_FILENO), r;
	ssize_t n;

	assert_true(fd >= 0 && keep >= 0);
	(void)fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	r = describe(path);
	(void)fflush(stdout);
	assert_int_equal(dup2(keep, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(keep);
	n = pread(fd, out, size, 0);
	(void)close(fd);
	assert_int_equal(r, 0);
	assert_in_range(n, 1, size - 1);
	return (size_t)n;
}

static void
fixture_open(struct fixture *f, const char *rest, const char *name)
{
	const char *path = path_of(build, rest);
	char text[8192], why[400] = "";
	size_t n;

	f->mem = arena_new();
	f->c = complaints_new();
	struct ctx x = {f->mem, f->c};
	path = arena_strdup(f->mem, path);
	n = described(path, text, sizeof(text));
	struct node *root = yaml_read(
	    f->mem, "description", arena_strndup(f->mem, text, n), n, f->c);
	assert_non_null(root);
	f->device =
	    (struct device){.type = description_read(&x, name, path, root),
		.settings = no_settings};
	if (!f->device.type) {
		complaints_print(f->c, stderr);
		fail();
	}
	f->d = plugin_device_new(&f->device, why, sizeof(why));
	if (!f->d)
		fail_msg("%s", why);
}

static void
fixture_close(struct fixture *f)
{
	assert_null(plugin_device_free(f->d));
	complaints_free(f->c);
	arena_free(f->mem);
}

static void
test_description(void **state)
{
	struct fixture f;
	const struct device_type *t;

	(void)state;
	fixture_open(&f, TOTAL, "tuf-2000m-total");
	t = f.device.type;
	assert_true(t->plugin);
	assert_int_equal(t->npoints, 6);
	assert_string_equal(t->points[1].name, "total");
	assert_string_equal(t->points[1].unit, "m3");
	assert_int_equal(t->points[1].kind, KIND_COUNTER);
	assert_true(t->points[1].has_range && t->points[1].max == 1e13);
	assert_int_equal(t->points[3].kind, KIND_GAUGE);
	assert_true(t->points[5].text);
	assert_null(t->points[5].unit);
	assert_int_equal(t->nkeys, 2);
	assert_string_equal(t->keys[0].name, "unit");
	assert_int_equal(t->keys[0].type, KEY_CHOICE);
	assert_int_equal(t->keys[0].nchoices, 8);
	assert_string_equal(t->keys[0].choices[2], "L");
	assert_int_equal(t->keys[1].type, KEY_INT);
	assert_true(t->keys[1].min == -3 && t->keys[1].max == 4);
	fixture_close(&f);
}

/* The file was exchanged after the site was checked against it. */
static void
test_changed(void **state)
{
	struct fixture f;
	struct device_type type;
	struct point_type points[6];
	struct device device = {.type = &type, .settings = no_settings};
	char why[400] = "";

	(void)state;
	fixture_open(&f, TOTAL, "tuf-2000m-total");
	for (int i = 0; i < 6; i++) {
		type = *f.device.type;
		memcpy(points, type.points, sizeof(points));
		type.points = points;
		switch (i) {
		case 0:
			type.npoints = 4;
			break;
		case 1:
			type.nkeys = 1;
			break;
		case 2:
			points[0].name = "total";
			break;
		case 3:
			points[0].unit = "L";
			break;
		case 4:
			points[0].kind = KIND_STATE;
			break;
		default:
			points[0].max += 1;
			break;
		}
		assert_null(plugin_device_new(&device, why, sizeof(why)));
		assert_non_null(strstr(why, "changed since the site"));
	}
	fixture_close(&f);
}

/* ---- the exact total ---- */

enum { FLOW, TOTALS, REVERSE, NET, ERRORS, SERIAL };

static const struct {
	uint16_t unit, multiplier;
	uint16_t live[28];                        /* from register 0 */
	const char *total, *reverse, *net, *flow; /* NULL: bad */
} vectors[] = {
    /* Flow 77.5146, total 123456789 + 0.5, backwards 12 + 0.25, in m3. */
    {0, 3,
	{0x077A, 0x429B, [8] = 0xCD15, 0x075B, 0, 0x3F00, 12, 0, 0,
	    0x3E80, [24] = 0xCD09, 0x075B, 0, 0x3E80},
	"123456789.5", "12.25", "123456777.25", "77.51460266113281"},
    /* In litres: 1821 L are 1.821 m3, to the last digit. */
    {1, 3, {[8] = 1821}, "1.821", "0", "0", "0"},
    /* In units of 0.001, 0.01, 0.1, 10 ... 10000 m3. */
    {0, 0, {[8] = 1821}, "1.821", "0", "0", "0"},
    {0, 1, {[8] = 1821}, "18.21", "0", "0", "0"},
    {0, 2, {[8] = 1821}, "182.1", "0", "0", "0"},
    {0, 4, {[8] = 1821}, "18210", "0", "0", "0"},
    {0, 7, {[8] = 1821}, "18210000", "0", "0", "0"},
    /* 1000 US gallons, imperial gallons, cubic feet, US barrels. */
    {2, 3, {[8] = 1000}, "3.785411784", "0", "0", "0"},
    {3, 3, {[8] = 1000}, "4.54609", "0", "0", "0"},
    {4, 3, {[8] = 1}, "3785.411784", "0", "0", "0"},
    {5, 3, {[8] = 1000}, "28.316846592", "0", "0", "0"},
    {6, 3, {[8] = 1000}, "158.987294928", "0", "0", "0"},
    /* Water backwards: a total below zero, and a net below zero. */
    {0, 3, {[12] = 0xFFF6, 0xFFFF, [24] = 0xFFF6, 0xFFFF}, "0", "10", "-10",
	"0"},
    /* No such unit, no such multiplier, a fraction that is none. */
    {7, 3, {[8] = 5}, NULL, NULL, NULL, "0"},
    {8, 3, {[8] = 5}, NULL, NULL, NULL, "0"},
    {0, 8, {[8] = 5}, NULL, NULL, NULL, "0"},
    {0xFFFF, 0xFFFF, {[8] = 5}, NULL, NULL, NULL, "0"},
    {0, 3, {[8] = 5, [11] = 0x4000}, NULL, "0", "0", "0"},
    {0, 3, {[8] = 5, [11] = 0x7FC0}, NULL, "0", "0", "0"},
    {0, 3, {[1] = 0x7F80, [8] = 5}, "5", "0", "0", NULL},
};

static void
check_sample(size_t vector, const struct plugin_sample *s, uint32_t point,
    const char *want)
{
	char text[64];

	assert_int_equal(s->point, point);
	value_format(&s->d.value, text, sizeof(text));
	if ((s->d.quality == QUALITY_BAD) != (want == NULL) ||
	    strcmp(text, want ? want : "") != 0)
		fail_msg("vector %zu, point %u: \"%s\", not \"%s\"", vector,
		    point, text, want ? want : "(bad)");
}

static int
feed(struct fixture *f, uint32_t span, const uint16_t *words, int count,
    struct plugin_sample *out)
{
	char why[400] = "";

	return plugin_decode(
	    f->d, 0, span, words, count, out, 8, why, sizeof(why));
}

static void
test_total(void **state)
{
	struct plugin_sample out[8];
	struct fixture f;

	(void)state;
	fixture_open(&f, TOTAL, "tuf-2000m-total");
	/* Before unit and multiplier are known there is no total. */
	assert_int_equal(feed(&f, 1, vectors[0].live, 28, out), 4);
	check_sample(999, &out[1], TOTALS, NULL);
	check_sample(999, &out[0], FLOW, vectors[0].flow);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint16_t format[2] = {vectors[i].unit, vectors[i].multiplier};
		assert_int_equal(feed(&f, 0, format, 2, out), 0);
		assert_int_equal(feed(&f, 1, vectors[i].live, 28, out), 4);
		check_sample(i, &out[0], FLOW, vectors[i].flow);
		check_sample(i, &out[1], TOTALS, vectors[i].total);
		check_sample(i, &out[2], REVERSE, vectors[i].reverse);
		check_sample(i, &out[3], NET, vectors[i].net);
	}
	/* The unit of an earlier poll is not used again. */
	assert_int_equal(feed(&f, 1, vectors[0].live, 28, out), 4);
	check_sample(999, &out[1], TOTALS, NULL);
	fixture_close(&f);
}

/* `unit: L, multiplier: 1`: the meter is not asked. */
static void
test_total_fixed(void **state)
{
	static const double litres[2] = {2, 1};
	struct plugin_sample out[8];
	struct gw_op ops[8];
	struct fixture f;
	char why[400] = "";

	(void)state;
	fixture_open(&f, TOTAL, "tuf-2000m-total");
	plugin_device_free(f.d);
	f.device.settings = litres;
	f.d = plugin_device_new(&f.device, why, sizeof(why));
	assert_non_null(f.d);
	assert_int_equal(plugin_plan(f.d, 1, ops, 8, why, sizeof(why)), 2);
	assert_int_equal(ops[0].addr, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(feed(&f, 1, vectors[1].live, 28, out), 4);
		check_sample(999, &out[1], TOTALS, "18.21");
	}
	fixture_close(&f);
}

static void
test_serial(void **state)
{
	const uint16_t sound[2] = {0x2107, 0x0934}, no_bcd[2] = {0x21A7, 0};
	const uint16_t errors[1] = {0x8001};
	struct plugin_sample out[8];
	struct fixture f;

	(void)state;
	fixture_open(&f, TOTAL, "tuf-2000m-total");
	assert_int_equal(feed(&f, 3, sound, 2, out), 1);
	assert_int_equal(out[0].d.value.type, VALUE_TEXT);
	check_sample(999, &out[0], SERIAL, "21070934");
	assert_int_equal(feed(&f, 3, no_bcd, 2, out), 1);
	check_sample(999, &out[0], SERIAL, NULL);
	assert_int_equal(feed(&f, 2, errors, 1, out), 1);
	check_sample(999, &out[0], ERRORS, "32769");
	/* A span that it does not have, a span cut short. */
	assert_int_equal(feed(&f, 4, sound, 2, out), -EPROTO);
	assert_int_equal(feed(&f, 1, vectors[0].live, 27, out), -EPROTO);
	fixture_close(&f);
}

/* Unit and multiplier come before the totals, and the two parts of a total in
 * one read; nothing is ever written. */
static void
test_total_plan(void **state)
{
	static const uint16_t want[][2] = {
	    {1437, 2}, {0, 28}, {71, 1}, {1528, 2}};
	struct gw_op ops[8];
	struct fixture f;
	char why[400] = "";

	(void)state;
	fixture_open(&f, TOTAL, "tuf-2000m-total");
	assert_int_equal(plugin_plan(f.d, 1, ops, 8, why, sizeof(why)), 3);
	assert_int_equal(plugin_plan(f.d, 60, ops, 8, why, sizeof(why)), 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ops[i].op, GW_READ);
		assert_int_equal(ops[i].addr, want[i][0]);
		assert_int_equal(ops[i].count, want[i][1]);
	}
	assert_int_equal(plugin_span(f.d, NET), ops[1].span);
	assert_int_equal(plugin_span(f.d, SERIAL), ops[3].span);
	assert_int_equal(plugin_span(f.d, 6), UINT32_MAX);
	assert_int_equal(
	    plugin_plan(f.d, 0, ops, 1, why, sizeof(why)), -EPROTO);
	assert_int_equal(plugin_safe(f.d, ops, 8), 0);
	fixture_close(&f);
}

/* ---- what breaks the contract while it runs ---- */

static void
decode_said(const char *name, const char *words)
{
	const uint16_t input[2] = {123, 456};
	struct plugin_sample out[8];
	char rest[64], why[400] = "";
	struct fixture f;

	(void)snprintf(rest, sizeof(rest), "/tests/bad/%s.so", name);
	fixture_open(&f, rest, name);
	int r = plugin_decode(f.d, 0, 0, input, 2, out, 8, why, sizeof(why));
	if (r != -EPROTO || !strstr(why, words))
		fail_msg("%s: %d \"%s\" lacks \"%s\"", name, r, why, words);
	fixture_close(&f);
}

static void
test_breaches(void **state)
{
	struct gw_op ops[8];
	struct fixture f;
	char why[400] = "";

	(void)state;
	decode_said("overfill", "it says it filled 9 of 8");
	decode_said("nan", "is NaN, infinite");
	decode_said("badpoint", "is of point 2; there are 2");
	decode_said("badtext", "no text");
	decode_said("overstate", "it writes beyond its state");
	fixture_open(&f, "/tests/bad/badop.so", "badop");
	assert_int_equal(
	    plugin_plan(f.d, 0, ops, 8, why, sizeof(why)), -EPROTO);
	assert_non_null(strstr(why, "126 registers; 1 to 125"));
	fixture_close(&f);
}

/* ---- commands ---- */

static void
encode_said(
    struct fixture *f, uint32_t point, double value, int r, const char *words)
{
	struct gw_op ops[8];
	char why[400] = "";
	int got = plugin_encode(f->d, point, value, ops, 8, why, sizeof(why));

	if (got != r || !strstr(why, words) || !utf8_text(why))
		fail_msg("point %u, %g: %d, not %d; \"%s\" lacks \"%s\"", point,
		    value, got, r, why, words);
}

/* A plugin of version 1.0 whose list is right or wrong as the value says; it
 * traps when it is asked what nobody may ask. */
static void
test_encode(void **state)
{
	struct fixture f;
	char longest[160] = "the plugin refuses it: ";

	(void)state;
	fixture_open(&f, "/tests/bad/encoder.so", "encoder");
	encode_said(&f, 0, 0, 2, "");
	/* Refused: its reason, if that is text. */
	encode_said(
	    &f, 0, 1, -EINVAL, "the plugin refuses it: the valve is locked");
	encode_said(
	    &f, 0, 2, -EINVAL, "the plugin refuses it: no reason given");
	encode_said(
	    &f, 0, 3, -EINVAL, "the plugin refuses it: no reason given");
	memset(longest + strlen(longest), 'x', 123);
	encode_said(&f, 0, 4, -EINVAL, longest);
	/* Lists that break the contract. */
	encode_said(&f, 0, 5, -EPROTO,
	    "the plugin's list is wrong: it says it filled 9 of 8");
	encode_said(&f, 0, 6, -EPROTO, "it writes nothing");
	encode_said(&f, 0, 7, -EPROTO, "no read behind op 0 confirms");
	encode_said(&f, 0, 8, -EPROTO, "it writes nothing");
	encode_said(&f, 0, 9, -EPROTO, "124 registers; 1 to 123");
	/* Not of a plugin built before there were raw requests. */
	encode_said(&f, 0, 10, -EPROTO, "op 0 is of the unknown kind 5");
	fixture_close(&f);
}

static void
test_encode_never_asks(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "/tests/bad/encoder.so", "encoder");
	encode_said(&f, 0, (double)NAN, -EINVAL, "no number");
	encode_said(&f, 0, (double)INFINITY, -EINVAL, "no number");
	encode_said(&f, 0, (double)-INFINITY, -EINVAL, "no number");
	encode_said(&f, 1, 0, -EINVAL, "does not write it");
	encode_said(&f, 2, 0, -EINVAL, "does not write it");
	encode_said(&f, UINT32_MAX, 0, -EINVAL, "does not write it");
	fixture_close(&f);
	/* A plugin that writes nothing at all. */
	fixture_open(&f, TOTAL, "tuf-2000m-total");
	encode_said(&f, 0, 0, -EINVAL, "does not write it");
	fixture_close(&f);
}

/* One of version 1.1: raw requests, and a coil's value of its maker's own. */
static void
test_raw(void **state)
{
	struct gw_op ops[8];
	struct fixture f;
	char why[400] = "";

	(void)state;
	fixture_open(&f, "/tests/good/raw-relay.so", "raw-relay");
	assert_int_equal(plugin_plan(f.d, 0, ops, 8, why, sizeof(why)), 2);
	assert_int_equal(ops[0].op, GW_RAW_READ);
	assert_int_equal(plugin_encode(f.d, 1, 1, ops, 8, why, sizeof(why)), 2);
	assert_int_equal(ops[0].words[0], 50);
	assert_int_equal(plugin_encode(f.d, 2, 7, ops, 8, why, sizeof(why)), 2);
	assert_int_equal(ops[0].op, GW_RAW_WRITE);
	/* A gain that is no byte. */
	encode_said(&f, 2, 256, -EPROTO, "op 0 sends 256 as a byte");
	assert_int_equal(plugin_safe(f.d, ops, 8), 2);
	fixture_close(&f);
}

/* One of version 1.0, whose gw_device_type is shorter. */
static void
test_old(void **state)
{
	struct plugin_sample out[8];
	uint16_t word = 4711;
	struct fixture f;
	uint8_t kept[64];

	(void)state;
	fixture_open(&f, "/tests/good/old-meter.so", "old-meter");
	assert_int_equal(feed(&f, 0, &word, 1, out), 1);
	check_sample(0, &out[0], 0, "4711");
	assert_int_equal(plugin_kept(f.d, kept), 0);
	plugin_keep(f.d, kept, 0);
	fixture_close(&f);
}

/* ---- what outlives a restart, and time ---- */

static void
keeper_says(struct fixture *f, int64_t now, const char *count,
    const char *since, const char *boots)
{
	const char *want[] = {count, since, boots};
	struct plugin_sample out[8];
	const uint16_t one = 1;
	char why[400] = "";

	assert_int_equal(
	    plugin_decode(f->d, now, 0, &one, 1, out, 8, why, sizeof(why)), 3);
	for (uint32_t i = 0; i < 3; i++)
		check_sample(0, &out[i], i, want[i]);
}

static void
anew(struct fixture *f)
{
	char why[400] = "";

	plugin_device_free(f->d);
	f->d = plugin_device_new(&f->device, why, sizeof(why));
	assert_non_null(f->d);
}

static void
test_kept(void **state)
{
	uint8_t kept[64], other[64];
	struct fixture f;
	size_t n;

	(void)state;
	fixture_open(&f, "/tests/good/keeper.so", "keeper");
	keeper_says(&f, 5000, "1", "0", "0");
	keeper_says(&f, 5700, "2", "700", "0");
	n = plugin_kept(f.d, kept);
	assert_int_equal(n, 8 + 16);
	/* The process began anew: the count is there, the rest is not. */
	anew(&f);
	plugin_keep(f.d, kept, n);
	keeper_says(&f, 9000, "3", "0", "0");
	/* The machine did. */
	anew(&f);
	memcpy(other, kept, n);
	other[4] ^= 1;
	plugin_keep(f.d, other, n);
	keeper_says(&f, 10, "3", "0", "1");
	/* Of another version, length or plugin: not taken. */
	for (size_t i = 0; i < 4; i++) {
		anew(&f);
		memcpy(other, kept, n);
		other[i] ^= 1;
		plugin_keep(f.d, other, n);
		plugin_keep(f.d, kept, n - 1);
		plugin_keep(f.d, kept, 0);
		keeper_says(&f, 10, "1", "0", "0");
	}
	fixture_close(&f);
}

/* All minor versions pass the way a site's check takes. */
static void
test_minors(void **state)
{
	static const char *const want[][2] = {
	    {"/tests/good/old-meter.so", "abi: \"1.0\"\n"},
	    /* An output has a longest time, also where the plugin has none. */
	    {"/tests/good/raw-relay.so", "writable: true, max_on: 14400s}"},
	    {"/plugins/invt-gd.so", "writable: true, max_on: 43200s}"},
	    {"/tests/good/raw-relay.so", "abi: \"1.2\"\n"}};
	char text[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		size_t n = described(
		    path_of(build, want[i][0]), text, sizeof(text) - 1);
		text[n] = '\0';
		assert_non_null(strstr(text, want[i][1]));
	}
}

static int
setup(void **state)
{
	char exe[PATH_MAX] = "";

	(void)state;
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) <= 0)
		return -1;
	(void)snprintf(
	    build, sizeof(build), "%s", dirname(dirname(dirname(exe))));
	(void)snprintf(dir, sizeof(dir), "/tmp/test_plugin.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	return chmod(dir, 0755);
}

static int
teardown(void **state)
{
	static const char *const files[] = {
	    "/cut.so", "/text.so", "/other.so", TOTAL + 8, "/description"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(path_of(dir, files[i])); /* may not be there */
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_load),
	    cmocka_unit_test(test_refused_files),
	    cmocka_unit_test(test_refused_types),
	    cmocka_unit_test(test_description),
	    cmocka_unit_test(test_changed),
	    cmocka_unit_test(test_total),
	    cmocka_unit_test(test_total_fixed),
	    cmocka_unit_test(test_serial),
	    cmocka_unit_test(test_total_plan),
	    cmocka_unit_test(test_breaches),
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_encode_never_asks),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_old),
	    cmocka_unit_test(test_kept),
	    cmocka_unit_test(test_minors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("plugin", tests, setup, teardown);
}
