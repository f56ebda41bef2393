/* The library as a table: what each device is, and what it measures. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "explain.h"
#include "jwrite.h"
#include "nearest.h"
#include "profiles.h"
#include "say.h"
#include "table.h"
#include "words.h"

enum { MODEL_CELLS = 30, MEASURES_CELLS = 48, NAMES_MAX = 12 };

struct listing {
	struct library *l;
	const char *word;    /* NULL: all */
	struct table *table; /* NULL: JSON */
	struct jwrite out;
	size_t shown, wrong;
	struct nearest near;
};

/* ---- which ---- */

static bool
has(const char *text, const char *word)
{
	return text != NULL && strcasestr(text, word) != NULL;
}

static bool
wanted(const struct device_type *t, const char *word)
{
	if (word == NULL || has(t->name, word) || has(t->maker, word) ||
	    has(t->model, word) || has(t->notes, word))
		return true;
	for (size_t i = 0; i < t->npoints; i++)
		if (has(t->points[i].name, word) ||
		    has(t->points[i].help, word))
			return true;
	return false;
}

/* ---- in a few words ---- */

/* A point's name without its number: relay_1 and relay_2 are relays. */
static size_t
stem(const char *name)
{
	size_t n = strlen(name);
	size_t digits = n;

	while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
		digits--;
	return digits < n && digits > 1 && name[digits - 1] == '_' ? digits - 1
								   : n;
}

struct names {
	const char *name[NAMES_MAX];
	size_t len[NAMES_MAX], times[NAMES_MAX], n, left_out;
};

static void
add_name(struct names *x, const char *name)
{
	size_t len = stem(name);

	for (size_t i = 0; i < x->n; i++)
		if (x->len[i] == len && strncmp(x->name[i], name, len) == 0) {
			x->times[i]++;
			return;
		}
	if (x->n == NAMES_MAX) {
		x->left_out++;
		return;
	}
	x->name[x->n] = name;
	x->len[x->n] = len;
	x->times[x->n++] = 1;
}

/* "moisture, temperature, 8 x relay": what it is for, settings and parts
 * aside. */
static void
measures(const struct device_type *t, struct sentence *s)
{
	struct names x = {.n = 0};

	for (size_t i = 0; i < t->npoints; i++)
		if (t->points[i].kind != KIND_SETTING &&
		    t->points[i].kind != KIND_PART)
			add_name(&x, t->points[i].name);
	for (size_t i = 0; i < x.n; i++) {
		size_t before = s->n;

		more(s, "%s", s->n > 0 ? ", " : "");
		if (x.times[i] > 1)
			more(s, "%zu x ", x.times[i]);
		more(s, "%.*s", (int)x.len[i], x.name[i]);
		if (s->n > MEASURES_CELLS - 4) {
			s->n = before;
			more(s, ", ...");
			return;
		}
	}
	if (x.left_out > 0)
		more(s, ", ...");
}

/* A model's name without what is said about it behind the comma. */
static int
model_length(const char *model)
{
	char cut[128];
	size_t n = strcspn(model, ",;(");

	n = n < sizeof(cut) ? n : sizeof(cut) - 1;
	for (;;) {
		while (n > 0 && ((unsigned char)model[n] & 0xC0) == 0x80)
			n--; /* not within a character */
		(void)snprintf(cut, sizeof(cut), "%.*s", (int)n, model);
		if (n == 0 || table_width(cut) <= MODEL_CELLS)
			break;
		n--;
	}
	if (model[n] != '\0' && strchr(" ,;(", model[n]) == NULL) {
		size_t word = n; /* cut off within a word: without it */
		while (word > 0 && model[word - 1] != ' ')
			word--;
		n = word > n / 2 ? word : n;
	}
	while (n > 0 && model[n - 1] == ' ')
		n--;
	return (int)n;
}

/* ---- rows ---- */

static void
row(struct listing *x, const struct device_type *t)
{
	struct sentence s = {.n = 0};
	const char *maker = t->maker != NULL ? t->maker : "";
	const char *model = t->model != NULL ? t->model : "";
	char serial[40];

	measures(t, &s);
	table_cell(x->table, "%s", t->name);
	table_cell(x->table, "%s", maker);
	table_cell(x->table, "%.*s", model_length(model), model);
	table_cell(x->table, "%s", s.text);
	table_cell(x->table, "%s", explain_serial(t, serial, sizeof(serial)));
	if (t->unit != 0)
		table_cell(x->table, "%u", t->unit);
	else
		table_cell(x->table, "%s", "");
	table_cell(x->table, "%s", word_status(t->status));
}

static void
object(struct listing *x, const struct device_type *t, const char *path)
{
	struct jwrite *w = &x->out;

	jw_object(w, NULL);
	jw_text(w, "profile", t->name);
	jw_text(w, "maker", t->maker);
	jw_text(w, "model", t->model);
	jw_array(w, "measures");
	for (size_t i = 0; i < t->npoints; i++)
		if (t->points[i].kind != KIND_PART)
			jw_text(w, NULL, t->points[i].name);
	jw_array_end(w);
	if (t->baud != 0) {
		jw_uint(w, "baud", t->baud);
		jw_text(w, "parity", word_parity(t->parity));
		if (t->stop_bits != 0)
			jw_uint(w, "stop_bits", t->stop_bits);
	}
	if (t->unit != 0)
		jw_uint(w, "unit", t->unit);
	jw_text(w, "status", word_status(t->status));
	jw_text(w, "source", t->source);
	jw_text(w, "file", path);
	jw_object_end(w);
}

static void
wrong(struct listing *x, const struct library_entry *e)
{
	x->wrong++;
	if (x->word != NULL && !has(e->name, x->word))
		return;
	x->shown++;
	if (x->table == NULL) {
		jw_object(&x->out, NULL);
		jw_text(&x->out, "profile", e->name);
		jw_text(&x->out, "status", "wrong");
		jw_text(&x->out, "file", e->path);
		jw_object_end(&x->out);
		return;
	}
	table_cell(x->table, "%s", e->name);
	for (unsigned i = 0; i < 5; i++)
		table_cell(x->table, "%s", "");
	table_cell(x->table, "%s", "wrong");
}

static void
one(struct listing *x, const struct library_entry *e)
{
	struct complaints *c = complaints_new();
	const struct device_type *t = library_load(x->l, e->name, NULL, c);

	(void)complaints_free(c); /* --check tells them */
	if (x->word != NULL)
		nearest_offer(&x->near, e->name);
	if (t == NULL) {
		wrong(x, e);
		return;
	}
	if (!wanted(t, x->word))
		return;
	x->shown++;
	if (x->table != NULL)
		row(x, t);
	else
		object(x, t, e->path);
}

static int
nothing(const struct listing *x)
{
	if (x->word == NULL) {
		(void)fputs("gatewayctl profiles: there are none; name their "
			    "folder with --profiles\n",
		    stderr);
		return CTL_REFUSED;
	}
	(void)fprintf(stderr,
	    "gatewayctl profiles: no profile of %zu is called %s or has the "
	    "word in it",
	    x->l->n, x->word);
	for (size_t i = 0; i < x->near.n; i++)
		(void)fprintf(stderr, "%s%s", i == 0 ? "; nearest: " : ", ",
		    x->near.name[i]);
	(void)fputs(x->near.n > 0 ? "\n"
				  : "; try a maker, or what it measures: "
				    "soil, rain, flow\n",
	    stderr);
	return CTL_REFUSED;
}

static void
heading(struct table *t)
{
	static const char *const head[] = {"PROFILE", "MAKER", "MODEL",
	    "MEASURES, SWITCHES", "FACTORY", "UNIT", "STATUS"};

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_cell(t, "%s", head[i]);
	table_gives_way(t, "-1ab324");
}

int
profiles_list(struct library *l, const char *word, bool json)
{
	struct listing x = {.l = l, .word = word, .out = {.to = stdout}};

	if (word != NULL)
		nearest_init(&x.near, word);
	if (!json && (x.table = table_new("lllllrl")) == NULL)
		return CTL_REFUSED;
	if (json) {
		jw_object(&x.out, NULL);
		jw_array(&x.out, "profiles");
	} else {
		heading(x.table);
	}
	for (size_t i = 0; i < l->n; i++)
		one(&x, &l->entries[i]);
	if (json) {
		jw_array_end(&x.out);
		jw_object_end(&x.out);
		(void)fputc('\n', stdout); /* main() asks ferror() */
	} else if (x.shown > 0) {
		table_print(x.table, 0, stdout);
	}
	x.table = table_free(x.table);
	if (x.wrong > 0)
		(void)fprintf(stderr,
		    "%zu wrong; `gatewayctl profiles "
		    "--check` says where\n",
		    x.wrong);
	return x.shown > 0 ? CTL_DONE : nothing(&x);
}
