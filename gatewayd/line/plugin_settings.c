/* The `settings:` of an example, as the plugin's keys want them. */
#include <string.h>

#include "plugin_play.h"

static int
find_key(const struct gw_device_type *t, const char *name)
{
	for (uint32_t i = 0; i < t->nkeys; i++)
		if (strcmp(t->keys[i].name, name) == 0)
			return (int)i;
	return -1;
}

int
play_point(const struct play *p, const char *name)
{
	const struct gw_device_type *t = p->t;

	for (uint32_t i = 0; i < t->npoints; i++)
		if (strcmp(t->points[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool
read_choice(
    struct ctx *x, const struct node *n, const struct gw_key *k, double *out)
{
	size_t len = strlen(n->text);
	const char *s = k->choices;

	for (int i = 0;; i++) {
		size_t word = strcspn(s, "|");

		if (word == len && strncmp(s, n->text, len) == 0) {
			*out = i;
			return true;
		}
		if (s[word] == '\0')
			break;
		s += word + 1;
	}
	complain(x->c, n->at, "%s is one of %s, not `%s`", k->name, k->choices,
	    node_shown(n));
	return false;
}

static bool
read_setting(
    struct ctx *x, const struct node *n, const struct gw_key *k, double *out)
{
	bool on;

	if (k->type == GW_KEY_CHOICE)
		return read_choice(x, n, k, out);
	if (k->type != GW_KEY_BOOL)
		return read_real(x, n, k->name, k->min, k->max, out);
	if (!read_bool(x, n, k->name, &on))
		return false;
	*out = on;
	return true;
}

bool
play_settings(struct play *p)
{
	const struct node *map = node_get(p->example, "settings");

	for (uint32_t i = 0; i < p->t->nkeys; i++)
		p->settings[i] = p->t->keys[i].fallback;
	for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
		int k = n->key ? find_key(p->t, n->key) : -1;

		if (k < 0) {
			complain(p->x.c, n->key ? n->key_at : n->at,
			    "%s has no setting `%s`", p->t->name,
			    n->key ? n->key : node_shown(n));
			return false;
		}
		if (!read_setting(&p->x, n, &p->t->keys[k], &p->settings[k]))
			return false;
	}
	for (uint32_t i = 0; i < p->t->nkeys; i++)
		if (p->t->keys[i].flags & GW_REQUIRED &&
		    (!map || !node_get(map, p->t->keys[i].name))) {
			complain(p->x.c, p->example->at,
			    "the setting %s is required", p->t->keys[i].name);
			return false;
		}
	return true;
}
