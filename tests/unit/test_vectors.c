/*
 * The tables of tests/vectors: frames from makers and from the field, through
 * the real profiles and the decoder. The CRC is worked out here, bit by bit,
 * on its own: many a manual prints a wrong one. Run from the top folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"
#include "tree.h"
#include "types.h"

enum { FIELDS = 6, FRAME = 260 };

static uint16_t
crc_of(const uint8_t *bytes, size_t n)
{
	unsigned crc = 0xFFFF;

	for (size_t i = 0; i < n * 8; i++) {
		unsigned bit = (crc ^ (unsigned)bytes[i / 8] >> i % 8) & 1;
		crc = crc >> 1 ^ (bit ? 0xA001 : 0);
	}
	return (uint16_t)crc;
}

static size_t
from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	char *end;

	for (; *text; text = end) {
		unsigned long byte = strtoul(text, &end, 16);
		if (end == text || byte > 255 || n == FRAME)
			fail_msg("no frame: %s", text);
		out[n++] = (uint8_t)byte;
	}
	return n;
}

/* The frame without its CRC, which must be right. */
static size_t
frame_of(const char *text, uint8_t *out)
{
	size_t n = from_hex(text, out);

	assert_true(n > 4);
	uint16_t crc = crc_of(out, n - 2);
	if (out[n - 2] != (crc & 0xFF) || out[n - 1] != crc >> 8)
		fail_msg("%s: its CRC is %02X %02X", text, crc & 0xFFu,
		    (unsigned)crc >> 8);
	return n - 2;
}

static char *
file_of(const char *path, size_t *len)
{
	char *bytes = malloc(YAML_MAX);
	FILE *f = fopen(path, "rb");

	if (!f)
		fail_msg("%s is not there; run from the top folder", path);
	assert_non_null(bytes);
	*len = fread(bytes, 1, YAML_MAX, f);
	assert_in_range(*len, 1, YAML_MAX - 1);
	(void)fclose(f);
	return bytes;
}

/* `profile` by name, or "-" and the point as a profile would have it. */
static const struct device_type *
type_of(struct ctx *x, const char *profile, const char *point)
{
	const struct device_type *t = NULL;
	char path[300], *bytes;
	size_t len;

	if (strcmp(profile, "-") != 0) {
		(void)snprintf(
		    path, sizeof(path), "config/profiles/%s.yaml", profile);
		bytes = file_of(path, &len);
	} else {
		len = strlen(point) + 100;
		bytes = malloc(len);
		assert_non_null(bytes);
		len = (size_t)snprintf(bytes, len,
		    "profile: \"-\"\nmaker: x\nmodel: x\nsource: x\n"
		    "points:\n  point: %s\n",
		    point);
	}
	struct node *root = yaml_read(x->mem, profile, bytes, len, x->c);
	if (root)
		t = profile_read(x, profile, root);
	free(bytes);
	if (!t || complaints_errors(x->c) > 0) {
		complaints_print(x->c, stderr);
		fail_msg("%s %s", profile, point);
	}
	return t;
}

static const struct point_type *
point_of(const struct device_type *t, const char *name)
{
	for (size_t i = 0; i < t->npoints; i++)
		if (t->npoints == 1 || strcmp(t->points[i].name, name) == 0)
			return &t->points[i];
	fail_msg("%s has no point %s", t->name, name);
	return NULL;
}

static void
check_value(const struct point_type *t, const uint8_t *ask, const uint8_t *got,
    const char *want)
{
	struct point p = {.type = t, .slope = 1};
	unsigned addr = (unsigned)ask[2] << 8 | ask[3];
	unsigned count = (unsigned)ask[4] << 8 | ask[5];
	struct decoded d;
	uint16_t words[125];
	char text[80];

	assert_int_equal(ask[0], got[0]);
	assert_int_equal(ask[1], t->table == TABLE_INPUT ? 4 : 3);
	assert_int_equal(ask[1], got[1]);
	assert_int_equal(got[2], 2 * count);
	assert_true(t->addr >= addr && t->addr + t->count <= addr + count);
	for (unsigned i = 0; i < count; i++)
		words[i] = (uint16_t)(got[3 + 2 * i] << 8 | got[4 + 2 * i]);
	decode_point(&p, words + (t->addr - addr), &d);
	value_format(&d.value, text, sizeof(text));
	if (d.quality == QUALITY_BAD)
		(void)snprintf(text, sizeof(text), "bad");
	if (strcmp(text, want) != 0)
		fail_msg("%s: %s, not %s", t->name, text, want);
}

static void
check_line(char *field[FIELDS])
{
	struct arena *mem = arena_new();
	struct complaints *c = complaints_new();
	struct ctx x = {mem, c};
	uint8_t ask[FRAME], got[FRAME];

	assert_int_equal(frame_of(field[0], ask), 6);
	size_t n = frame_of(field[1], got);
	assert_int_equal(n, 3 + got[2]);
	check_value(point_of(type_of(&x, field[2], field[3]), field[3]), ask,
	    got, field[4]);
	assert_true(strlen(field[5]) > 3); /* where it is known from */
	complaints_free(c);
	arena_free(mem);
}

static void
check_misprint(char *field[FIELDS])
{
	uint8_t frame[FRAME];
	size_t n = from_hex(field[0], frame);
	uint16_t crc = crc_of(frame, n);
	char text[8];

	(void)snprintf(
	    text, sizeof(text), "%02X %02X", crc & 0xFFu, (unsigned)crc >> 8);
	assert_string_equal(text, field[1]);
}

static void
each_line(const char *path, unsigned fields, unsigned least,
    void (*check)(char *field[FIELDS]))
{
	size_t len;
	char *bytes = file_of(path, &len), *line, *next = bytes;
	unsigned n = 0;

	bytes[len] = '\0';
	while ((line = strsep(&next, "\n")) != NULL) {
		char *field[FIELDS] = {NULL};
		unsigned i = 0;
		if (line[0] == '#' || line[0] == '\0')
			continue;
		while (i < FIELDS && (field[i] = strsep(&line, ";")) != NULL)
			i++;
		assert_int_equal(i, fields);
		check(field);
		n++;
	}
	assert_true(n >= least);
	free(bytes);
}

static void
test_manuals(void **state)
{
	(void)state;
	each_line("tests/vectors/manuals.csv", 6, 18, check_line);
}

static void
test_field(void **state)
{
	(void)state;
	each_line("tests/vectors/field.csv", 6, 24, check_line);
}

static void
test_misprints(void **state)
{
	(void)state;
	each_line("tests/vectors/misprints.csv", 4, 18, check_misprint);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_manuals),
	    cmocka_unit_test(test_field),
	    cmocka_unit_test(test_misprints),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
