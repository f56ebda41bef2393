/*
 * gatewayctl watch: points as they change, until it is interrupted. On a
 * terminal a table that is drawn over itself, otherwise a line a reading.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "mono.h"
#include "raw.h"
#include "reader.h"
#include "showing.h"
#include "target.h"
#include "watching.h"
#include "when.h"

const char watch_help[] =
    "points as they change, until Ctrl-C\n"
    "\n"
    "  gatewayctl watch                  every point of the running gateway\n"
    "  gatewayctl watch north station/meter-1 north/soil-a1/moisture\n"
    "      those of a line, of a device, one\n"
    "  gatewayctl watch --port /dev/ttyUSB0 --unit 5 --type NAME\n"
    "      a device itself, as `gatewayctl read` takes it: unless --baud and\n"
    "      --parity say otherwise, with the factory settings of its type\n"
    "\n"
    "  --every 1s    how often it looks (a device: how often it is read)\n"
    "  --times N     so often, and then an end\n"
    "  On a terminal a table; otherwise, and with --json, a line for each new\n"
    "  reading.";

enum { WHAT_MAX = 32, EVERY_MS = 1000, LEAST_MS = 100 };

struct watch {
	struct target target;
	const char *what[WHAT_MAX];
	size_t nwhat;
	int64_t every_ms;
	uint32_t times; /* 0: no end */
	bool json, terminal;

	struct probing *probing; /* of a device itself; else NULL */
	struct reader *reader;
	struct rows now, before;
	size_t drawn; /* lines on the terminal, to be drawn over */
};

/* ---- where rows come from ---- */

static bool
wanted(const struct watch *k, const char *point)
{
	for (size_t i = 0; i < k->nwhat; i++)
		if (watch_covers(k->what[i], point))
			return true;
	return k->nwhat == 0;
}

static void
take_point(struct watch *k, const struct json_t *p)
{
	struct row *r = rows_add(&k->now);

	if (r == NULL)
		return;
	(void)snprintf(
	    r->point, sizeof(r->point), "%s", jdoc_text(p, "point", "?"));
	(void)snprintf(
	    r->unit, sizeof(r->unit), "%s", jdoc_text(p, "unit", ""));
	r->value = jdoc_value(p, "value");
	short_value(&r->value, r->shown, sizeof(r->shown));
	(void)snprintf(
	    r->quality, sizeof(r->quality), "%s", jdoc_text(p, "quality", ""));
	(void)snprintf(
	    r->reason, sizeof(r->reason), "%s", jdoc_text(p, "reason", ""));
	if (strcmp(r->reason, "none") == 0)
		r->reason[0] = '\0';
	r->ts_ms = jdoc_int(p, "ts", 0);
	r->age_ms = jdoc_int(p, "age_ms", 0);
	if (!jdoc_has_number(p, "age_ms"))
		r->ts_ms = 0;
}

static int
from_gateway(struct watch *k)
{
	const struct json_t *points;
	struct jdoc *j;
	int r = ask_core("points", &j, NULL);

	if (r != CTL_DONE)
		return r;
	points = jdoc_get(jdoc_root(j), "points");
	for (size_t i = 0; i < jdoc_count(points); i++) {
		const struct json_t *p = jdoc_at(points, i);
		if (wanted(k, jdoc_text(p, "point", "")))
			take_point(k, p);
	}
	(void)jdoc_free(j);
	if (k->now.n > 0)
		return CTL_DONE;
	(void)fprintf(stderr,
	    "gatewayctl watch: there is no %s; `gatewayctl "
	    "points` lists what there is\n",
	    k->nwhat > 0 ? k->what[0] : "point");
	return CTL_REFUSED;
}

static int64_t
utc_ms(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_REALTIME, &t); /* it always exists */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
from_device(struct watch *k)
{
	const struct device *d = k->target.device;
	const struct read_point *points = reader_points(k->reader);
	char why[300];
	int r = reader_read(k->reader, k->probing, why, sizeof(why));
	int64_t now = utc_ms();

	if (r != CTL_DONE) {
		(void)fprintf(stderr, "gatewayctl watch: %s, %s: %s\n",
		    k->target.label, probing_where(k->probing), why);
		return r;
	}
	for (size_t i = 0; i < d->type->npoints; i++) {
		const struct point_type *p = &d->type->points[i];
		struct row *row;

		if (!points[i].known || (row = rows_add(&k->now)) == NULL)
			continue;
		(void)snprintf(row->point, sizeof(row->point), "%s", p->name);
		(void)snprintf(row->unit, sizeof(row->unit), "%s",
		    p->unit != NULL ? p->unit : "");
		row->value = points[i].d.value;
		show_value(p, &row->value, row->shown, sizeof(row->shown));
		(void)snprintf(row->quality, sizeof(row->quality), "%s",
		    quality_name(points[i].d.quality));
		(void)snprintf(row->reason, sizeof(row->reason), "%s",
		    reason_name(points[i].d.reason));
		row->ts_ms = now;
	}
	return CTL_DONE;
}

/* ---- drawing ---- */

static size_t
terminal_height(void)
{
	struct winsize w = {0};

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 3
		   ? w.ws_row - 1u
		   : 23;
}

static void
draw(struct watch *k)
{
	if (k->json) {
		rows_json(&k->now, stdout);
	} else if (!k->terminal) {
		rows_print(&k->now, stdout);
	} else {
		if (k->drawn > 0) /* up, and what was there away */
			(void)printf("\033[%zuA\033[J", k->drawn);
		k->drawn = rows_draw(&k->now, terminal_height(), true, stdout);
	}
	(void)fflush(stdout); /* main() asks ferror() */
}

static int
round_once(struct watch *k)
{
	struct rows old = k->before;
	int r;

	k->before = k->now;
	k->now = (struct rows){.row = old.row, .cap = old.cap};
	r = k->reader != NULL ? from_device(k) : from_gateway(k);
	if (r != CTL_DONE) {
		/* What was said of it stands where it is. */
		k->drawn = 0;
		return r;
	}
	rows_fresh(&k->now, &k->before);
	draw(k);
	return CTL_DONE;
}

static void
wait_until(int64_t when)
{
	int64_t left = when - mono_ms();
	struct timespec t = {left / 1000, (long)(left % 1000) * 1000000};

	if (left > 0)
		(void)nanosleep(&t, NULL); /* a signal ends the program */
}

/* Someone who has seen it work wants to see it return; a program wants to know
 * at once. */
static int
go_on(struct watch *k)
{
	int64_t next = mono_ms();
	int r = round_once(k);

	for (uint32_t n = 1; k->times == 0 || n < k->times; n++) {
		if (r != CTL_DONE && (n == 1 || !k->terminal))
			break;
		if (ferror(stdout))
			break;
		next += k->every_ms;
		if (next < mono_ms())
			next = mono_ms();
		wait_until(next);
		r = round_once(k);
	}
	return r;
}

/* ---- arguments ---- */

static int
take_word(struct watch *k, int argc, char **argv, int *i)
{
	const char *word = argv[*i];
	const char *arg = *i + 1 < argc ? argv[*i + 1] : "";

	if (strcmp(word, "--json") == 0) {
		k->json = true;
	} else if (strcmp(word, "--every") == 0) {
		if (!when_duration(arg, &k->every_ms) || k->every_ms < LEAST_MS)
			return ctl_usage("watch",
			    "--every takes a time such as 1s, at least 100ms, "
			    "not ",
			    arg);
		++*i;
	} else if (strcmp(word, "--times") == 0) {
		if (!raw_number(arg, UINT32_MAX, &k->times))
			return ctl_usage(
			    "watch", "--times takes a number, not ", arg);
		++*i;
	} else if (word[0] == '-' || k->nwhat == WHAT_MAX) {
		return ctl_usage("watch", "what is this: ", word);
	} else {
		k->what[k->nwhat++] = word;
	}
	return CTL_DONE;
}

static int
take_args(struct watch *k, int argc, char **argv)
{
	char why[300];
	int code = CTL_DONE;

	for (int i = 1; code == CTL_DONE && i < argc; i++) {
		int r =
		    target_option(&k->target, argc, argv, &i, why, sizeof(why));
		if (r < 0)
			return ctl_usage("watch", why, NULL);
		if (r == 0)
			code = take_word(k, argc, argv, &i);
	}
	return code;
}

/* `watch north --unit 5 --type T`, or a port or a host: a device itself. */
static int
open_device(struct watch *k)
{
	struct target *t = &k->target;
	int code;

	if (!target_said(t) && t->type == NULL && !t->unit_said)
		return CTL_DONE;
	if (k->nwhat > (target_said(t) ? 0 : 1))
		return ctl_usage("watch",
		    "a device itself is watched alone; leave out ",
		    k->what[k->nwhat - 1]);
	if (!target_said(t) && k->nwhat == 1)
		t->name = k->what[0];
	code = target_find(t, "watch", true);
	if (code == CTL_DONE)
		code = target_open(t, "watch", &k->probing);
	if (code != CTL_DONE)
		return code;
	k->reader =
	    reader_new(t->device, t->unit, *t->host != '\0' ? t->host : NULL);
	return k->reader != NULL ? CTL_DONE : CTL_REFUSED;
}

int
cmd_watch(int argc, char **argv)
{
	struct watch k = {
	    .every_ms = EVERY_MS, .terminal = isatty(STDOUT_FILENO) == 1};
	int code = take_args(&k, argc, argv);

	if (code == CTL_DONE)
		code = open_device(&k);
	if (code == CTL_DONE)
		code = go_on(&k);
	(void)reader_free(k.reader);
	if (k.probing != NULL)
		(void)probing_close(k.probing);
	target_close(&k.target);
	free(k.now.row);
	free(k.before.row);
	return code;
}
