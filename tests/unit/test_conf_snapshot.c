/*
 * Collecting and sharing a configuration: what is looked for where, plugins
 * that misbehave when asked what they are, sealing, and bytes that are none.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "describe_plugin.h"
#include "mono.h"
#include "parts.h"
#include "site.h"
#include "snapshot.h"

#define PLUGIN_SITE                                                            \
	"gateway: {id: gw}\nlines: {l: {transport: tcp, host: h, devices: "    \
	"{d: {type: meter, settings: {reads: 3}}}}}\n"
#define DESCRIPTION                                                            \
	"plugin: meter\nabi: \"1.0\"\nkeys:\n  reads: {type: int, min: 1, "    \
	"max: 5, default: 2}\npoints:\n  total: {kind: counter}\n"

struct box { /* a folder of its own */
	char dir[40], site[80], program[80];
};

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
put_in(const struct box *b, const char *name, const char *text)
{
	char path[120];

	(void)snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	put(path, text, 0644);
}

static void
open_box(struct box *b)
{
	(void)strcpy(b->dir, "/tmp/test_conf.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	(void)snprintf(b->site, sizeof(b->site), "%s/site.yaml", b->dir);
	(void)snprintf(b->program, sizeof(b->program), "%s/line", b->dir);
	put(b->site, PLUGIN_SITE, 0644);
	put_in(b, "meter.so", "");
}

static void
close_box(const struct box *b)
{
	char command[80];

	(void)snprintf(command, sizeof(command), "rm -r %s", b->dir);
	assert_int_equal(system(command), 0);
}

/* What is said of the box's site, by the file's name in it; "" when it is
 * right. The caller frees. */
static char *
said(const struct box *b)
{
	const char *dirs[] = {b->dir};
	struct snapshot_paths paths = {.site = b->site,
	    .profile_dirs = dirs,
	    .nprofile_dirs = 1,
	    .plugin_dirs = dirs,
	    .nplugin_dirs = 1,
	    .line_program = b->program[0] ? b->program : NULL};
	struct complaints *c = complaints_new();
	struct snapshot *s = snapshot_collect(&paths, c);
	struct site *site = s ? site_parse(s, c) : NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	complaints_print(c, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(site == NULL, complaints_errors(c) > 0);
	site_free(site);
	snapshot_free(s);
	complaints_free(c);
	return text;
}

static void
assert_says(const struct box *b, const char *part)
{
	char *text = said(b);

	if (!strstr(text, part))
		fail_msg("`%s` is not in: %s", part, text);
	free(text);
}

/* The program that plays gatewayd-line. */
static void
played_by(const struct box *b, const char *script)
{
	char text[600];

	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	put(b->program, text, 0755);
}

static void
a_good_plugin(void **state)
{
	struct complaints *c = complaints_new();
	struct snapshot_paths paths = {.nprofile_dirs = 0};
	const char *dirs[1];
	struct snapshot *s;
	struct site *site;
	struct box b;

	(void)state;
	open_box(&b);
	put_in(&b, "text", DESCRIPTION);
	played_by(&b, "[ \"$1\" = --describe ] && [ \"${2##*/}\" = meter.so ] "
		      "&& cat \"${0%/*}/text\"");
	dirs[0] = b.dir;
	paths.site = b.site;
	paths.plugin_dirs = dirs;
	paths.nplugin_dirs = 1;
	paths.line_program = b.program;
	s = snapshot_collect(&paths, c);
	assert_non_null(s);
	site = site_parse(s, c);
	complaints_print(c, stdout);
	assert_non_null(site);
	snapshot_free(s);
	assert_true(site->lines[0].devices[0].type->plugin);
	assert_int_equal(site->lines[0].devices[0].settings[0], 3);
	site_free(site);
	complaints_free(c);
	put(b.site,
	    "gateway: {id: gw}\nlines: {l: {transport: tcp, host: h, "
	    "devices: {d: {type: meter, settings: {reads: 6, rads: "
	    "1}}}}}\n",
	    0644);
	assert_says(&b, "reads is 6; it must be 1 to 5");
	assert_says(&b, "did you mean `reads`?");
	put(b.site,
	    "gateway: {id: gw}\nlines: {l: {transport: tcp, host: h, "
	    "devices: {d: {type: meter, variant: x}, e: {type: heir}}}}\n",
	    0644);
	put_in(&b, "heir.yaml",
	    "profile: heir\nextends: meter\nsource: s\npoints: {}\n");
	assert_says(&b, "only a profile has variants, and meter is a plugin");
	assert_says(
	    &b, "heir.yaml:2:10: `meter` is a plugin; only a profile can be");
	close_box(&b);
}

/* Each is refused at the `type:` that names it, and soon. */
static void
bad_plugins(void **state)
{
	static const struct {
		const char *script, *part;
	} bad[] = {
	    {"kill -SEGV $$", "meter.so: it crashed when loaded (Segm"},
	    {"kill -BUS $$", "it crashed when loaded (Bus error)"},
	    {"echo first >&2; echo 'it is older than 1.0' >&2; exit 1",
		"meter.so: it is older than 1.0"},
	    {"exit 3", "it could not be described"},
	    {"yes x | head -c 70000", "longer than 65536 bytes"},
	    {"yes", "longer than 65536 bytes"},
	    {"yes '#' | head -c 3000 >&2; echo the end >&2; exit 1",
		"meter.so: the end"},
	    {"echo 'plugin: other'", "the plugin calls itself `other`"},
	    {"echo '{'", "meter.so:"},
	    {"printf '\\033[31m' >&2; exit 1", "meter.so: ?[31m"},
	    {"", "the file is empty"},
	};
	struct box b;

	(void)state;
	open_box(&b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t start = mono_ms();
		played_by(&b, bad[i].script);
		assert_says(&b, bad[i].part);
		assert_true(mono_ms() - start < DESCRIBE_MS);
	}
	(void)unlink(b.program); /* gone as it can be */
	assert_says(&b, "could not be described");
	b.program[0] = '\0';
	assert_says(&b, "the program gatewayd-line is missing");
	close_box(&b);
}

static void
loops(const char *script)
{
	int64_t start = mono_ms(), took;
	struct box b;

	open_box(&b);
	played_by(&b, script);
	assert_says(&b, "it did not describe itself within 5 s; it may loop");
	took = mono_ms() - start;
	assert_true(took >= DESCRIBE_MS - 100 && took < 3 * DESCRIBE_MS);
	close_box(&b);
}

static void
a_plugin_that_loops(void **state)
{
	(void)state;
	loops("exec sleep 60");
}

static void
a_plugin_that_loops_in_silence(void **state)
{
	(void)state;
	loops("exec sleep 60 >&- 2>&-");
}

static void
where_types_are_found(void **state)
{
	struct box b;

	(void)state;
	open_box(&b);
	put_in(&b, "meter.yaml", "");
	assert_says(&b, "/meter.so have this name; rename one");
	put_in(&b, "meter.so", "");
	put(b.site,
	    "gateway: {id: gw}\nlines: {l: {transport: tcp, host: h, "
	    "devices: {d: {type: metre}}}}\n",
	    0644);
	assert_says(&b, ":2:58: the type `metre` is unknown; did you mean "
			"`meter`?");
	close_box(&b);
}

static void
files(void **state)
{
	char *big = malloc(YAML_MAX + 2), *text;
	struct box b;

	(void)state;
	assert_non_null(big);
	open_box(&b);
	put_in(&b, "text", DESCRIPTION);
	played_by(&b, "cat \"${0%/*}/text\"");
	assert_int_equal(chmod(b.site, 0646), 0);
	assert_says(&b, "warning: everybody may write this file; chmod o-w");
	assert_int_equal(chmod(b.site, 0644), 0);
	text = said(&b);
	assert_string_equal(text, "");
	free(text);
	memset(big, '#', YAML_MAX + 1);
	big[YAML_MAX + 1] = '\0';
	put(b.site, big, 0644);
	assert_says(&b, "larger than 1 MiB");
	big[YAML_MAX] = '\0';
	put(b.site, big, 0644);
	assert_says(&b, "the file is empty");
	for (size_t i = 0; i + 4 <= YAML_MAX; i += 4)
		memcpy(big + i, i ? "[],\n" : "a: [", 4);
	put(b.site, big, 0644);
	assert_says(&b, "more than 200000 entries");
	(void)unlink(b.site); /* seen below */
	assert_says(&b, "site.yaml: the site file cannot be read: No such");
	free(big);
	close_box(&b);
}

static struct snapshot *
collected(const char *site)
{
	static const char *const dirs[] = {"tests/config/profiles"};
	struct snapshot_paths paths = {
	    .site = site, .profile_dirs = dirs, .nprofile_dirs = 1};
	struct complaints *c = complaints_new();
	struct snapshot *s = snapshot_collect(&paths, c);

	complaints_free(c);
	assert_non_null(s);
	return s;
}

/* Nobody who got it can change it. */
static void
sealed(void **state)
{
	struct snapshot *s = collected("tests/config/01-example.yaml");
	struct complaints *c = complaints_new();
	int fd = snapshot_seal(s);
	char byte = 0;

	(void)state;
	assert_true(fd > 2);
	assert_int_equal(pwrite(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	assert_ptr_equal(
	    mmap(NULL, 1, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(close(fd), 0);
	snapshot_free(s);
	assert_null(snapshot_read(fd, c));
	assert_int_equal(complaints_errors(c), 1);
	complaints_free(c);
}

static void
damaged(void **state)
{
	struct snapshot *s = collected("tests/config/01-example.yaml"), *d;
	int fd = snapshot_seal(s);
	struct stat info;
	uint8_t *bytes;

	(void)state;
	assert_int_equal(fstat(fd, &info), 0);
	bytes = malloc((size_t)info.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(
	    pread(fd, bytes, (size_t)info.st_size, 0), info.st_size);
	(void)close(fd); /* a memfd */
	d = snapshot_decode(bytes, (size_t)info.st_size);
	assert_non_null(d);
	snapshot_free(d);
	for (size_t n = 0; n < (size_t)info.st_size; n++)
		assert_null(snapshot_decode(bytes, n)); /* cut off */
	bytes[info.st_size] = 0;
	assert_null(snapshot_decode(bytes, (size_t)info.st_size + 1));
	for (size_t i = 0; i < 64; i++) { /* the head, and a name's length */
		bytes[i] ^= 0xff;
		snapshot_free(snapshot_decode(bytes, (size_t)info.st_size));
		bytes[i] ^= 0xff;
	}
	free(bytes);
	snapshot_free(s);
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
	    cmocka_unit_test(a_good_plugin),
	    cmocka_unit_test(bad_plugins),
	    cmocka_unit_test(a_plugin_that_loops),
	    cmocka_unit_test(a_plugin_that_loops_in_silence),
	    cmocka_unit_test(where_types_are_found),
	    cmocka_unit_test(files),
	    cmocka_unit_test(sealed),
	    cmocka_unit_test(damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(test, NULL, NULL);
}
