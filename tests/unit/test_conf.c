/*
 * The site files of tests/config: NN-name.yaml with NN-name.err, all its
 * complaints, or NN-name.ok, its warnings and the site that was built. Each is
 * also sealed, read back and parsed again, which must change nothing.
 * With CONF_UPDATE set the expected files are written: read them.
 */
#include <dirent.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "site.h"
#include "snapshot.h"

#define DIR_NAME "tests/config/"
#define ZONES    "/usr/share/zoneinfo/Asia"
enum { CASES_MAX = 200 };

static const char *const ours[] = {DIR_NAME "profiles", DIR_NAME "wrong"};

static void
dump_uplink(FILE *f, const struct uplink *u)
{
	static const char *const format[] = {"json", "sparkplug_b", "compact"};
	static const char *const rule[] = {"refuse", "accept", "signed"};

	fprintf(f, "uplink %s: topic %s, %s, keepalive %u s, commands %s\n",
	    u->name, u->topic, format[u->format], u->keepalive_s,
	    rule[u->commands]);
	for (size_t i = 0; i < u->nbrokers; i++)
		fprintf(f, "  broker %s port %u%s\n", u->brokers[i].host,
		    u->brokers[i].port, u->brokers[i].tls ? " tls" : "");
	fprintf(f, "  user %s, password in %s, ca %s, cert %s, key %s\n",
	    u->username ? u->username : "-",
	    u->password_file ? u->password_file : "-",
	    u->ca_file ? u->ca_file : "-", u->cert_file ? u->cert_file : "-",
	    u->key_file ? u->key_file : "-");
}

/* What only some types have. */
static void
dump_writing(FILE *f, const struct point_type *t)
{
	if (t->write_only)
		fprintf(f, ", write only");
	if (t->function)
		fprintf(f, ", function %u", t->function);
	if (t->has_words)
		fprintf(f, ", on 0x%04X off 0x%04X", t->on_word, t->off_word);
}

static void
dump_curve(FILE *f, const struct curve *c)
{
	static const char *const kind[] = {"", "polynomial", "table"};

	if (c->kind == CURVE_NONE)
		return;
	fprintf(f, ", %s", kind[c->kind]);
	for (size_t i = 0; i < c->n; i++)
		fprintf(f, " %g", c->numbers[i]);
}

static void
dump_setup(FILE *f, const struct device_type *t)
{
	for (size_t i = 0; i < t->nsetup; i++)
		fprintf(f, "    setup %s %u = %u\n",
		    t->setup[i].table == TABLE_COIL ? "coil" : "holding",
		    t->setup[i].addr, t->setup[i].value);
}

static void
dump_device(FILE *f, const struct device *d)
{
	fprintf(f,
	    "  device %s (%s): type %s, unit %u, every %u ms, "
	    "timeout %u ms, series %u\n",
	    d->name, d->path, d->type->name, d->unit, d->every_ms,
	    d->timeout_ms, d->series);
	if (d->host)
		fprintf(f, "    at %s port %u\n", d->host, d->tcp_port);
	if (d->registration)
		fprintf(f, "    dials in as `%s`\n", d->registration);
	if (d->type->variant)
		fprintf(f, "    variant %s\n", d->type->variant);
	dump_setup(f, d->type);
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct point *p = &d->points[i];
		assert_ptr_equal(p->type, &d->type->points[i]);
		fprintf(f, "    %s: every %u ms", p->type->name, p->every_ms);
		if (p->deadband > 0)
			fprintf(f, ", deadband %g", p->deadband);
		if (fabs(p->slope - 1) > 0 || fabs(p->off) > 0)
			fprintf(f, ", * %g + %g", p->slope, p->off);
		dump_curve(f, &p->curve);
		dump_writing(f, p->type);
		fprintf(f, "\n");
	}
}

static void
dump_line(FILE *f, const struct line *l)
{
	static const char *const transport[] = {"rtu", "tcp", "rtu_over_tcp"};

	fprintf(f, "line %s: %s", l->name, transport[l->transport]);
	if (l->port)
		fprintf(f, " %s", l->port);
	if (l->listen)
		fprintf(f, " listening at %s port %u", l->listen, l->tcp_port);
	if (l->host)
		fprintf(f, " %s port %u", l->host, l->tcp_port);
	if (l->transport != TRANSPORT_TCP)
		fprintf(f, " %u 8%c%u%s%s", l->baud, "NEO"[l->parity],
		    l -> stop_bits, l -> echo ? " echo" : "",
		    l->rs485 ? " rs485" : "");
	fprintf(f, ", timeout %u ms\n", l->timeout_ms);
	for (size_t i = 0; i < l->ndevices; i++)
		dump_device(f, &l->devices[i]);
}

static void
dump(FILE *f, const struct site *s)
{
	fprintf(f, "gateway %s (%s), zone %s, clock %s, hold %u ms\n", s->id,
	    s->name, s->timezone,
	    s->clock_trust == CLOCK_SYSTEM ? "system" : "synchronised",
	    s->clock_hold_ms);
	if (s->has_location)
		fprintf(f, "at %g, %g, %g m\n", s->latitude, s->longitude,
		    s->elevation_m);
	fprintf(f, "store %s: commit %u ms, keep %llu ms, max %llu\n",
	    s->store_path, s->commit_ms, (unsigned long long)s->keep_ms,
	    (unsigned long long)s->max_size);
	for (size_t i = 0; i < s->nuplinks; i++)
		dump_uplink(f, &s->uplinks[i]);
	for (size_t i = 0; i < s->nlines; i++)
		dump_line(f, &s->lines[i]);
	fprintf(f, "%u series\n", s->nseries);
}

/* Every series index leads to its point, and those beyond to none. */
static void
check_series(const struct site *s)
{
	uint32_t next = 0;

	for (size_t i = 0; i < s->nlines; i++)
		for (size_t j = 0; j < s->lines[i].ndevices; j++) {
			const struct device *d = &s->lines[i].devices[j];
			for (size_t k = 0; k < d->type->npoints; k++) {
				const struct line *l = NULL;
				const struct device *o = NULL;
				assert_ptr_equal(site_point(s, next++, &l, &o),
				    &d->points[k]);
				assert_ptr_equal(l, &s->lines[i]);
				assert_ptr_equal(o, d);
			}
		}
	assert_int_equal(next, s->nseries);
	assert_null(site_point(s, next, NULL, NULL));
}

/* What is said of a snapshot, and the site it makes, if any. */
static char *
parsed(const struct snapshot *s, struct complaints *c, bool *good)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	struct site *site = site_parse(s, c);

	assert_non_null(f);
	assert_int_equal(site == NULL, complaints_errors(c) > 0);
	complaints_print(c, f);
	if (site) {
		check_series(site);
		dump(f, site);
	}
	*good = site != NULL;
	site_free(site);
	assert_int_equal(fclose(f), 0);
	return text;
}

static char *
result(const char *file, const char *const *dirs, size_t n, bool *good)
{
	struct snapshot_paths paths = {
	    .site = file, .profile_dirs = dirs, .nprofile_dirs = n};
	struct complaints *c = complaints_new(), *again = complaints_new();
	struct snapshot *s = snapshot_collect(&paths, c), *copy;
	char *text, *twice;
	int fd;

	assert_non_null(s);
	assert_int_equal(complaints_errors(c) + complaints_warnings(c), 0);
	text = parsed(s, c, good);
	fd = snapshot_seal(s);
	assert_true(fd >= 0);
	copy = snapshot_read(fd, again);
	assert_non_null(copy);
	(void)close(fd); /* a memfd: nothing to lose */
	twice = parsed(copy, again, good);
	assert_string_equal(text, twice);
	free(twice);
	snapshot_free(copy);
	snapshot_free(s);
	complaints_free(c);
	complaints_free(again);
	return text;
}

static char *
slurp(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "r"), *to = open_memstream(&text, &size);
	int ch;

	assert_non_null(to);
	while (f && (ch = fgetc(f)) != EOF)
		(void)fputc(ch, to); /* memory */
	assert_int_equal(fclose(to), 0);
	if (f)
		(void)fclose(f); /* was only read */
	return text;
}

static void
golden(void **state)
{
	const char *name = *state;
	char file[300], other[300], want[300];
	bool good = false;
	char *got, *expected;
	FILE *f;

	if (strstr(name, "timezone") && access(ZONES, F_OK) != 0)
		skip(); /* then any name is taken */
	(void)snprintf(file, sizeof(file), DIR_NAME "%s.yaml", name);
	got = result(file, ours, 2, &good);
	(void)snprintf(
	    want, sizeof(want), DIR_NAME "%s.%s", name, good ? "ok" : "err");
	(void)snprintf(
	    other, sizeof(other), DIR_NAME "%s.%s", name, good ? "err" : "ok");
	if (getenv("CONF_UPDATE")) {
		f = fopen(want, "w");
		assert_non_null(f);
		fputs(got, f);
		assert_int_equal(fclose(f), 0);
	}
	if (access(other, F_OK) == 0)
		fail_msg(
		    "%s is %s:\n%s", file, good ? "taken" : "refused", got);
	expected = slurp(want);
	if (strcmp(got, expected) != 0)
		fail_msg("%s says otherwise:\n%s", want, got);
	free(expected);
	free(got);
}

static int
is_case(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && strcmp(dot, ".yaml") == 0;
}

/* Numbers have a dot whatever the user's language. */
static void
german(void **state)
{
	char dir[] = "/tmp/test_conf.XXXXXX", command[200];
	bool good = false;
	char *plain, *here;

	(void)state;
	plain = result(DIR_NAME "01-example.yaml", ours, 2, &good);
	assert_true(good);
	if (!setlocale(LC_ALL, "de_DE.UTF-8")) {
		assert_non_null(mkdtemp(dir));
		assert_int_equal(setenv("LOCPATH", dir, 1), 0);
		(void)snprintf(command, sizeof(command),
		    "localedef -c -i de_DE -f UTF-8 %s/de_DE.UTF-8 "
		    ">%s/log 2>&1",
		    dir, dir);
		int made = system(command);
		bool set = setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
		(void)snprintf(command, sizeof(command), "rm -r %s", dir);
		assert_int_equal(system(command), 0);
		if (!set) {
			free(plain);
			print_message("# no German here (%d)\n", made);
			skip();
		}
	}
	assert_string_equal(localeconv()->decimal_point, ",");
	here = result(DIR_NAME "01-example.yaml", ours, 2, &good);
	assert_true(good);
	assert_non_null(strstr(plain, "* 1.02 + -0.4"));
	assert_non_null(strstr(here, "* 1,02 + -0,4")); /* by printf, as is */
	assert_non_null(setlocale(LC_ALL, "C"));
	free(here);
	free(plain);
}

static void
same_ways(void **state)
{
	struct line l = {
	    .transport = TRANSPORT_TCP, .host = "h", .tcp_port = 502};
	struct device plain = {.unit = 1}, twin = {.unit = 2};
	struct device alike = {.host = "h", .tcp_port = 502};
	struct device other = {.host = "h", .tcp_port = 503};
	struct device one = {.registration = "REG:1"};
	struct device two = {.registration = "REG:2"};
	struct device again = {.registration = "REG:1"};

	(void)state;
	assert_true(site_same_way(&l, &plain, &twin));
	assert_true(site_same_way(&l, &plain, &alike));
	assert_false(site_same_way(&l, &other, &plain));
	l.host = NULL;
	assert_false(site_same_way(&l, &other, &alike));
	assert_true(site_same_way(&l, &other, &other));
	l = (struct line){.transport = TRANSPORT_RTU_OVER_TCP,
	    .listen = "::",
	    .tcp_port = 9000};
	assert_true(site_same_way(&l, &plain, &twin));
	assert_true(site_same_way(&l, &one, &again));
	assert_false(site_same_way(&l, &one, &two));
	assert_false(site_same_way(&l, &one, &plain));
	l = (struct line){.transport = TRANSPORT_RTU, .port = "/dev/x"};
	assert_true(site_same_way(&l, &plain, &twin));
}

static const char *const shipped[] = {"config/profiles"};

/* What comes with gatewayd is right as it stands, but for what is told of
 * sections that nothing acts on yet. */
static void
examples(void **state)
{
	struct dirent **entry = NULL;
	int n = scandir("config", &entry, is_case, alphasort);
	bool good = false;
	char file[300];

	(void)state;
	assert_true(n >= 3);
	for (int i = 0; i < n; i++) {
		(void)snprintf(
		    file, sizeof(file), "config/%s", entry[i]->d_name);
		char *text = result(file, shipped, 1, &good);
		if (!good || (strstr(text, "warning: ") &&
				 !strstr(text, "not acted on yet")))
			fail_msg("%s", text);
		free(text);
		free(entry[i]);
	}
	free(entry);
}

int
main(void)
{
	static struct CMUnitTest test[CASES_MAX + 3];
	struct dirent **entry = NULL;
	int n = scandir(DIR_NAME, &entry, is_case, alphasort), failed;
	size_t tests = 0;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (n < 1 || n > CASES_MAX) {
		printf("not ok 1 - %d cases in " DIR_NAME "\n", n);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		*strrchr(entry[i]->d_name, '.') = '\0';
		test[tests++] = (struct CMUnitTest){.name = entry[i]->d_name,
		    .test_func = golden,
		    .initial_state = entry[i]->d_name};
	}
	test[tests++] =
	    (struct CMUnitTest){.name = "german", .test_func = german};
	test[tests++] =
	    (struct CMUnitTest){.name = "same_ways", .test_func = same_ways};
	test[tests++] =
	    (struct CMUnitTest){.name = "examples", .test_func = examples};
	failed = _cmocka_run_group_tests("conf", test, tests, NULL, NULL);
	for (int i = 0; i < n; i++)
		free(entry[i]);
	free(entry);
	return failed;
}
