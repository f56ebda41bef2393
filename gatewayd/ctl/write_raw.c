/*
 * The arguments of a write by hand: a register and what it is to hold, or a
 * point of the site while no gateway runs.
 */
#include "write_raw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "hand.h"
#include "interpret.h"
#include "raw.h"
#include "words.h"
#include "writable.h"

enum { WORDS_MAX = 4 };

struct job {
	struct hand hand;
	const char *word[WORDS_MAX];
	size_t nwords;
	const char *as, *order;
	struct raw_point raw;
};

/* ---- registers by hand ---- */

/* "on", "off", 12.5, 0x10. */
static bool
parse_value(const char *s, double *out)
{
	char *end;

	if (strcmp(s, "on") == 0 || strcmp(s, "off") == 0) {
		*out = strcmp(s, "on") == 0;
		return true;
	}
	*out = strtod(s, &end);
	return end != s && *end == '\0' && isfinite(*out);
}

static int
make_point(struct job *j, const char *const *words)
{
	enum reg_type type = REG_UINT16;
	struct raw_place place;
	char why[400];

	if (!raw_place(&place, words, 2, why, sizeof(why)))
		return ctl_usage("write", why, NULL);
	j->hand.text = words[2];
	if (!parse_value(j->hand.text, &j->hand.value))
		return ctl_usage("write", "what value is this: ", j->hand.text);
	if (place.table == TABLE_COIL)
		type = REG_BOOL;
	else if (j->as == NULL && j->hand.value < 0)
		type = REG_INT16;
	else if (j->as != NULL &&
		 (!type_of(j->as, &type) || type == REG_STRING))
		return ctl_usage("write",
		    "--as takes uint16, int16, uint32, float32 ..., not ",
		    j->as);
	if (!raw_point(&j->raw, place.table, place.addr, type, 0, j->order))
		return ctl_usage(
		    "write", "there is no such order of that type: ", j->order);
	j->hand.point = &j->raw.point;
	j->hand.raw = true;
	if (!writable(target_neighbour(&j->hand.target), place.table,
		place.addr, j->raw.type.count, j->hand.value != 0, why,
		sizeof(why)))
		return hand_wrong(why, NULL);
	return CTL_DONE;
}

static int
take_word(struct job *j, int argc, char **argv, int *i)
{
	const char *word = argv[*i];
	const char *arg = *i + 1 < argc ? argv[*i + 1] : "";

	if (strcmp(word, "--json") == 0) {
		j->hand.json = true;
	} else if (strcmp(word, "--yes") == 0) {
		j->hand.yes = true;
	} else if (strcmp(word, "--dry-run") == 0) {
		j->hand.dry_run = true;
	} else if (strcmp(word, "--as") == 0) {
		j->as = argv[++*i];
	} else if (strcmp(word, "--order") == 0) {
		j->order = argv[++*i];
	} else if (strcmp(word, "--function") == 0) {
		if (!raw_number(arg, 16, &j->hand.function) ||
		    (j->hand.function != 6 && j->hand.function != 16))
			return ctl_usage(
			    "write", "--function takes 6 or 16, not ", arg);
		++*i;
	} else if ((word[0] == '-' && (word[1] < '0' || word[1] > '9')) ||
		   j->nwords == WORDS_MAX) {
		return ctl_usage("write", "what is this: ", word);
	} else {
		j->word[j->nwords++] = word;
	}
	return *i < argc ? CTL_DONE : ctl_usage("write", "what behind ", word);
}

static int
raw_args(struct job *j, int argc, char **argv)
{
	char why[300];
	int code = CTL_DONE;

	for (int i = 1; code == CTL_DONE && i < argc; i++) {
		int r = target_option(
		    &j->hand.target, argc, argv, &i, why, sizeof(why));
		if (r < 0)
			return ctl_usage("write", why, NULL);
		if (r == 0)
			code = take_word(j, argc, argv, &i);
	}
	return code;
}

bool
write_is_raw(int argc, char **argv)
{
	enum reg_table table; /* behind it stand an address and a value */

	for (int i = 1; i < argc; i++)
		if ((table_of(argv[i], &table) && i + 2 < argc) ||
		    strcmp(argv[i], "--unit") == 0 ||
		    strcmp(argv[i], "--port") == 0 ||
		    strcmp(argv[i], "--host") == 0)
			return true;
	return false;
}

int
write_raw(int argc, char **argv)
{
	struct job j = {.nwords = 0};
	const char *const *words = j.word;
	int code = raw_args(&j, argc, argv);
	size_t n = j.nwords;

	if (code == CTL_DONE && !target_said(&j.hand.target) && n > 0) {
		j.hand.target.name = *words++;
		n--;
	}
	if (code == CTL_DONE && n != 3)
		code = ctl_usage("write",
		    "a register, and what to write: holding 16 5", NULL);
	if (code == CTL_DONE)
		code = target_find(&j.hand.target, "write", false);
	if (code == CTL_DONE)
		code = make_point(&j, words);
	if (code == CTL_DONE)
		code = hand_write(&j.hand);
	target_close(&j.hand.target);
	return code;
}

/* ---- a point of the site ---- */

static bool
by_name(const struct point_type *t, const char *text, double *out)
{
	for (size_t i = 0; i < t->nchoices; i++)
		if (strcmp(t->choices[i].name, text) == 0) {
			*out = (double)t->choices[i].value;
			return true;
		}
	return parse_value(text, out);
}

static const struct point *
point_of(const struct device *d, const char *name)
{
	for (size_t i = 0; i < d->type->npoints; i++)
		if (strcmp(d->type->points[i].name, name) == 0)
			return &d->points[i];
	return NULL;
}

static int
find_point(struct hand *h, const struct write_point *w, const char *name)
{
	const struct point_type *t;

	h->point = point_of(h->target.device, name);
	if (h->point == NULL)
		return hand_wrong("there is no point ", w->subject);
	t = h->point->type;
	if (!by_name(t, w->value, &h->value))
		return hand_wrong(
		    "it takes a number or one of its words, not ", w->value);
	if (t->kind == KIND_OUTPUT &&
	    ((h->value != 0) != t->safe || t->pulse_ms > 0)) {
		(void)hand_wrong(
		    "no gateway runs, and an output is opened only by "
		    "one, because it closes it again: start it "
		    "(systemctl start gatewayd)",
		    NULL);
		return CTL_NO_GATEWAY;
	}
	if (!t->writable)
		return hand_wrong("it is only read: ", w->subject);
	return CTL_DONE;
}

int
write_directly(const struct write_point *w)
{
	struct hand h = {.text = w->value, .json = w->json, .yes = true};
	char device[MSG_SUBJECT_MAX];
	char *slash;
	int code;

	(void)snprintf(device, sizeof(device), "%s", w->subject);
	slash = strrchr(device, '/');
	if (slash == NULL || slash == strchr(device, '/'))
		return ctl_usage(
		    "write", "a point is LINE/DEVICE/POINT, not ", w->subject);
	*slash = '\0';
	h.target.name = device;
	h.target.to.site = w->site;
	if (w->profiles != NULL)
		(void)paths_add_profiles(/* then the type is unknown */
		    &h.target.site.dirs, w->profiles);
	code = target_find(&h.target, "write", true);
	if (code == CTL_DONE)
		code = find_point(&h, w, slash + 1);
	if (code == CTL_DONE)
		code = hand_write(&h);
	target_close(&h.target);
	return code;
}
