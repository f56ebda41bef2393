/*
 * gatewayctl read: one look at a device, by its type or register by register,
 * through the running gateway or without one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "jwrite.h"
#include "raw.h"
#include "reader.h"
#include "reply.h"
#include "showing.h"
#include "target.h"

const char read_help[] =
    "what a device says now, point by point or register by register\n"
    "\n"
    "  gatewayctl read north/soil-a1\n"
    "      a device of the site: every point, now\n"
    "  gatewayctl read north --unit 5 --type cwt-soil-thc-s\n"
    "      what is not in the site yet, on a line that is\n"
    "  gatewayctl read --port /dev/ttyUSB0 --unit 1 --type NAME\n"
    "  gatewayctl read --host 192.0.2.50:502 --unit 1 holding 0 4\n"
    "      raw registers and everything that they may mean; tables are "
    "holding,\n"
    "      input, coil and discrete, addresses those on the wire, from zero\n"
    "\n"
    "  The gateway, when it runs, asks between its polls; otherwise the port "
    "is\n"
    "  opened for the moment. Reading changes nothing.\n"
    "\n"
    "  --variant V          of the type\n"
    "  --baud N             of a port; unless said, the factory settings of "
    "the\n"
    "  --parity --stop-bits type, without a type 9600, none, 1\n"
    "  --timeout --echo --rs485 --rtu-over-tcp\n"
    "  --site FILE          another than the running gateway's\n"
    "  --all                also meanings that are not likely, as lines to "
    "paste";

enum { WORDS_MAX = 4 };

struct look {
	struct target target;
	const char *word[WORDS_MAX];
	size_t nwords;
	bool json, all;
};

/* Silence has the same few causes nearly always: they are named. */
static void
not_read(const struct target *t, const struct probing *p, const char *why)
{
	uint32_t baud;
	uint8_t parity, stop_bits;

	(void)fprintf(stderr, "gatewayctl read: %s, %s: %s\n", t->label,
	    probing_where(p), why);
	if (strcmp(why, "no answer") != 0)
		return;
	probing_serial(p, &baud, &parity, &stop_bits);
	if (baud > 0)
		(void)fprintf(stderr, "asked at %" PRIu32 " baud; ", baud);
	(void)fputs("check its power, A and B, its unit and its speed; "
		    "`gatewayctl scan` looks for it\n",
	    stderr);
}

/* ---- by type ---- */

static void
typed_json(const struct look *k, const struct probing *p,
    const struct read_point *points)
{
	struct jwrite w = {.to = stdout};
	const struct device *d = k->target.device;

	jw_object(&w, NULL);
	jw_text(&w, "device", k->target.label);
	jw_text(&w, "where", probing_where(p));
	jw_uint(&w, "unit", k->target.unit);
	jw_text(&w, "type", d->type->name);
	show_points_json(d, points, &w);
	jw_object_end(&w);
	(void)fputc('\n', stdout); /* main() asks ferror() */
}

static int
read_typed(const struct look *k, struct probing *p)
{
	const struct target *t = &k->target;
	struct reader *r =
	    reader_new(t->device, t->unit, *t->host != '\0' ? t->host : NULL);
	char why[300] = "no memory";
	int code = CTL_REFUSED;

	if (r != NULL)
		code = reader_read(r, p, why, sizeof(why));
	if (code != CTL_DONE) {
		not_read(t, p, why);
	} else if (k->json) {
		typed_json(k, p, reader_points(r));
	} else {
		(void)printf("%s, %s, %s\n", t->label, t->device->type->name,
		    probing_where(p));
		show_points(t->device, reader_points(r), stdout);
	}
	(void)reader_free(r);
	return code;
}

/* ---- raw ---- */

static int
failed(const struct target *t, const struct probing *p,
    const struct raw_place *place, const struct msg_probed *a)
{
	char why[300];

	not_read(t, p, probing_says(a, why, sizeof(why)));
	if (a->result == PROBE_EXCEPTION && place->count > 1)
		(void)fprintf(stderr,
		    "perhaps it lacks one of these %u, or "
		    "gives fewer at once: ask for fewer\n",
		    place->count);
	return a->result == PROBE_OK ? CTL_NO_DEVICE : probing_code(p, a);
}

static bool
show_raw(const struct look *k, const struct probing *p,
    const struct raw_place *place, const struct msg_probed *a)
{
	struct jwrite w = {.to = stdout};
	bool ok;

	if (!k->json) {
		(void)printf("%s, %s: answered in %" PRIu32 " ms\n",
		    k->target.label, probing_where(p),
		    (a->took_us + 500) / 1000);
		return raw_print(place, a->words, k->all, stdout);
	}
	jw_object(&w, NULL);
	jw_text(&w, "device", k->target.label);
	jw_text(&w, "where", probing_where(p));
	jw_uint(&w, "unit", k->target.unit);
	jw_real(&w, "took_ms", a->took_us / 1000.0);
	ok = raw_json(place, a->words, &w);
	jw_object_end(&w);
	(void)fputc('\n', stdout); /* main() asks ferror() */
	return ok;
}

static int
read_raw(const struct look *k, struct probing *p, const struct raw_place *place)
{
	static const uint8_t function[] = {[TABLE_HOLDING] = FC_READ_HOLDING,
	    [TABLE_INPUT] = FC_READ_INPUT,
	    [TABLE_COIL] = FC_READ_COILS,
	    [TABLE_DISCRETE] = FC_READ_DISCRETE};
	const struct target *t = &k->target;
	struct msg_probe m = probing_read(
	    t->unit, function[place->table], place->addr, place->count);
	struct msg_probed a;
	int e;

	(void)snprintf(m.host, sizeof(m.host), "%.253s", t->host);
	e = probing_ask(p, &m, &a);
	if (e != 0) {
		(void)fprintf(stderr, "gatewayctl read: %s: %s\n",
		    probing_where(p), strerror(-e));
		return CTL_REFUSED;
	}
	if (a.result != PROBE_OK || a.nwords < place->count)
		return failed(t, p, place, &a);
	return show_raw(k, p, place, &a) ? CTL_DONE : CTL_REFUSED;
}

/* ---- arguments ---- */

static int
take_args(struct look *k, int argc, char **argv)
{
	char why[300];

	for (int i = 1; i < argc; i++) {
		int r =
		    target_option(&k->target, argc, argv, &i, why, sizeof(why));
		if (r < 0)
			return ctl_usage("read", why, NULL);
		if (r > 0)
			continue;
		if (strcmp(argv[i], "--json") == 0)
			k->json = true;
		else if (strcmp(argv[i], "--all") == 0)
			k->all = true;
		else if (argv[i][0] == '-' || k->nwords == WORDS_MAX)
			return ctl_usage("read", "what is this: ", argv[i]);
		else
			k->word[k->nwords++] = argv[i];
	}
	return CTL_DONE;
}

static int
look(struct look *k)
{
	const char *const *words = k->word;
	struct raw_place place;
	struct probing *p;
	size_t n = k->nwords;
	char why[300];
	int code;

	if (!target_said(&k->target) && n > 0) {
		k->target.name = *words++;
		n--;
	}
	if (n > 0 && !raw_place(&place, words, n, why, sizeof(why)))
		return ctl_usage("read", why, NULL);
	code = target_find(&k->target, "read", n == 0);
	if (code == CTL_DONE)
		code = target_open(&k->target, "read", &p);
	if (code != CTL_DONE)
		return code;
	code = n > 0 ? read_raw(k, p, &place) : read_typed(k, p);
	(void)probing_close(p);
	return code;
}

int
cmd_read(int argc, char **argv)
{
	struct look k = {.nwords = 0};
	int code = take_args(&k, argc, argv);

	if (code == CTL_DONE)
		code = look(&k);
	target_close(&k.target);
	return code;
}
