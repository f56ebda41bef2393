/*
 * What a profile says of the device as a whole: who made it, how sure the map
 * is, how it is wired, its serial settings and what it takes.
 */
#include <stddef.h>
#include <string.h>

#include "profile_part.h"

enum { CHECKS = 16, VARIANTS = 31 };

static void
read_serial(struct ctx *x, const struct node *n, struct device_type *t)
{
	static const char *const keys[] = {
	    "baud", "parity", "stop_bits", "unit", NULL};
	const struct node *k;
	unsigned word = 0;
	int64_t v;

	if (!read_map(x, n, "serial", keys))
		return;
	if ((k = node_get(n, "baud")) &&
	    read_whole(x, k, "baud", 300, 1000000, &v))
		t->baud = (uint32_t)v;
	if ((k = node_get(n, "parity")) &&
	    read_word(x, k, "parity", parity_words, &word))
		t->parity = (uint8_t)word;
	if ((k = node_get(n, "stop_bits")) &&
	    read_whole(x, k, "stop_bits", 1, 2, &v))
		t->stop_bits = (uint8_t)v;
	if ((k = node_get(n, "unit")) && read_whole(x, k, "unit", 0, 255, &v))
		t->unit = (uint8_t)v;
}

static void
read_limits(struct ctx *x, const struct node *n, struct device_type *t)
{
	static const char *const keys[] = {"registers_per_read",
	    "coils_per_read", "bridge_gaps", "quiet", "warm_up", NULL};
	const struct node *k;
	uint64_t ms;
	int64_t v;

	if (!read_map(x, n, "limits", keys))
		return;
	if ((k = node_get(n, "registers_per_read")) &&
	    read_whole(x, k, "registers_per_read", 1, 125, &v))
		t->registers_per_read = (uint16_t)v;
	if ((k = node_get(n, "coils_per_read")) &&
	    read_whole(x, k, "coils_per_read", 1, 2000, &v))
		t->coils_per_read = (uint16_t)v;
	if ((k = node_get(n, "bridge_gaps")) &&
	    read_whole(x, k, "bridge_gaps", 0, 124, &v))
		t->bridge_gaps = (uint16_t)v;
	if ((k = node_get(n, "quiet")) &&
	    read_duration(x, k, "quiet", 0, 5000, &ms))
		t->quiet_ms = (uint32_t)ms;
	if ((k = node_get(n, "warm_up")) &&
	    read_duration(x, k, "warm_up", 0, 300000, &ms))
		t->warm_up_ms = (uint32_t)ms;
}

static void
read_texts(struct ctx *x, const struct node *root, struct device_type *t)
{
	static const struct {
		const char *key;
		size_t at;
		bool needed;
	} text[] = {
	    {"maker", offsetof(struct device_type, maker), true},
	    {"model", offsetof(struct device_type, model), true},
	    {"source", offsetof(struct device_type, source), true},
	    {"notes", offsetof(struct device_type, notes), false},
	    {"wiring", offsetof(struct device_type, wiring), false},
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		const char **out =
		    (const char **)(void *)((char *)t + text[i].at);
		const struct node *n = node_get(root, text[i].key);
		if (text[i].needed)
			n = read_need(x, root, "the profile", text[i].key);
		if (n)
			(void)read_prose(x, n, text[i].key, out);
	}
}

/* A map that nobody vouches for says what to look at in the field. */
static void
read_status(struct ctx *x, const struct node *root, struct device_type *t)
{
	static const char *const words[] = {
	    "documented", "transcribed", "reported", "unverified", NULL};
	const struct node *status = node_get(root, "status");
	const struct node *n = node_get(root, "checks");
	const char **list;
	unsigned word = STATUS_DOCUMENTED;

	if (status && read_word(x, status, "status", words, &word))
		t->status = (enum type_status)word;
	if (status && t->status == STATUS_UNVERIFIED && !n)
		complain(x->c, status->at,
		    "the profile is unverified and lacks `checks`; add what to "
		    "look at when it is first used");
	if (!n || !read_list(x, n, "checks"))
		return;
	if (n->n < 1 || n->n > CHECKS) {
		complain(
		    x->c, n->at, "checks has %zu; write 1 to %d", n->n, CHECKS);
		return;
	}
	list = arena_array(x->mem, n->n, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		if (read_prose(x, k, "a check", &list[t->nchecks]))
			t->nchecks++;
	t->checks = list;
}

/* Their names, and that each is a map of what a profile may say; the rest is
 * read when one is chosen. */
static void
read_variants(struct ctx *x, const struct node *n, struct device_type *t)
{
	static const char *const keys[] = {"maker", "model", "wiring", "notes",
	    "serial", "limits", "setup", "watchdog", "commission", "never",
	    "identify", "examples", "points", "status", "checks", "source",
	    NULL};
	const char **list;

	if (!read_map(x, n, "variants", NULL))
		return;
	if (n->n > VARIANTS) {
		complain(x->c, n->at, "%zu variants; write at most %d", n->n,
		    VARIANTS);
		return;
	}
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next) {
		if (!type_name_ok(k->key))
			complain(x->c, k->key_at,
			    "the variant's name `%s` must be a-z 0-9 - _ .",
			    k->key);
		if (read_map(x, k, "a variant", keys))
			list[t->nvariants++] = arena_strdup(x->mem, k->key);
	}
	t->variants = list;
}

void
profile_about_read(
    struct ctx *x, const struct node *root, struct device_type *t)
{
	const struct node *n;

	t->registers_per_read = 125;
	t->coils_per_read = 2000;
	read_texts(x, root, t);
	read_status(x, root, t);
	if ((n = node_get(root, "serial")))
		read_serial(x, n, t);
	if ((n = node_get(root, "limits")))
		read_limits(x, n, t);
	if ((n = node_get(root, "variants")))
		read_variants(x, n, t);
}
