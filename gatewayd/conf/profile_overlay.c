/*
 * What a profile extends, and the variant that is wanted of it, laid over each
 * other on the syntax tree: maps are merged key by key, anything else replaces,
 * `none` takes away. Each node keeps its own place, so that a complaint names
 * the file in which the mistake stands.
 */
#include <string.h>

#include "profile_overlay.h"
#include "types.h"

enum { DEEP = 4 };

/* Of one document and one device, so that no other has them from it. */
static const char *const own_keys[] = {"profile", "extends", "source", "status",
    "checks", "examples", "variants", NULL};

struct chain {
	const struct part *parts[DEEP + 2];
	size_t n;
};

static struct node *
copy(struct arena *mem, const struct node *n)
{
	struct node *c = arena_alloc(mem, sizeof(*c));

	*c = *n;
	c->next = NULL;
	return c;
}

static struct node *
laid_over(struct arena *mem, const struct node *base, const struct node *over)
{
	struct node *both = copy(mem, over), **tail = &both->first;

	both->first = NULL;
	both->n = 0;
	for (const struct node *b = base->first; b; b = b->next) {
		const struct node *o = node_get(over, b->key);
		if (o && o->kind == NODE_SCALAR && strcmp(o->text, "none") == 0)
			continue;
		if (!o)
			*tail = copy(mem, b);
		else if (o->kind == NODE_MAP && b->kind == NODE_MAP)
			*tail = laid_over(mem, b, o);
		else
			*tail = copy(mem, o);
		tail = &(*tail)->next;
		both->n++;
	}
	for (const struct node *o = over->first; o; o = o->next) {
		if (node_get(base, o->key))
			continue;
		*tail = copy(mem, o);
		tail = &(*tail)->next;
		both->n++;
	}
	return both;
}

/* The map without some of its keys. */
static struct node *
without(struct arena *mem, const struct node *map, const char *const *keys)
{
	struct node *left = copy(mem, map), **tail = &left->first;

	left->first = NULL;
	left->n = 0;
	for (const struct node *n = map->first; n; n = n->next) {
		size_t i = 0;
		while (keys[i] && strcmp(keys[i], n->key) != 0)
			i++;
		if (keys[i])
			continue;
		*tail = copy(mem, n);
		tail = &(*tail)->next;
		left->n++;
	}
	return left;
}

/* The part that `extends` names, or NULL and told. */
static const struct part *
find_base(struct ctx *x, const struct snapshot *s, const struct chain *above,
    const struct node *n)
{
	const struct part *p = NULL;

	if (n->kind != NODE_SCALAR || !type_name_ok(n->text)) {
		complain(x->c, n->at,
		    "extends must name another profile, not `%s`",
		    node_shown(n));
		return NULL;
	}
	p = snapshot_part(s, n->text);
	for (size_t i = 0; p && i < above->n; i++)
		if (above->parts[i] == p) {
			complain(x->c, n->at,
			    "`%s` extends itself by way of this; end the "
			    "circle",
			    p->name);
			return NULL;
		}
	if (p && p->kind == PART_PROFILE && above->n > DEEP)
		complain(x->c, n->at,
		    "profiles extend each other more than %d deep here; extend "
		    "one that is nearer to the first",
		    DEEP);
	else if (p && p->kind == PART_PROFILE)
		return p;
	else if (p && p->kind == PART_PLUGIN)
		complain(x->c, n->at,
		    "`%s` is a plugin; only a profile can be extended",
		    n->text);
	else
		complain(x->c, n->at, "extends names `%s`, %s; %.*s", n->text,
		    p && p->path[0] ? "which cannot be used"
				    : "which is unknown",
		    p ? (int)p->len : 0, p ? p->bytes : "");
	return NULL;
}

/* The profile with all that it extends. */
static const struct node *
with_bases(
    struct ctx *x, struct arena *mem, const struct snapshot *s, struct chain *c)
{
	const struct part *p = c->parts[c->n - 1];
	const struct node *root =
	    yaml_read(mem, p->path, p->bytes, p->len, x->c);
	const struct node *n, *base;

	if (!root || root->kind != NODE_MAP)
		return root;
	if ((n = node_get(root, "profile")))
		profile_name_check(x, p->name, n);
	if (!(n = node_get(root, "extends")))
		return root;
	if (!(c->parts[c->n] = find_base(x, s, c, n)))
		return NULL;
	c->n++;
	base = with_bases(x, mem, s, c);
	if (!base || base->kind != NODE_MAP)
		return base;
	return laid_over(mem, without(mem, base, own_keys), root);
}

/* The variant's map, or NULL and told. */
static const struct node *
find_variant(struct ctx *x, const struct node *root, const char *type,
    const struct node *at)
{
	const struct node *all = node_get(root, "variants");
	const char *name = at->text;
	const struct node *n = node_get(all, name);
	const char *names[32] = {NULL}, *guess;
	char list[256];
	size_t i = 0;

	if (n)
		return read_map(x, n, "a variant", NULL) ? n : NULL;
	if (!all || !all->first) {
		complain(x->c, at->at,
		    "there is no variant `%s`: %s has none; leave it out", name,
		    type);
		return NULL;
	}
	for (n = all->first; n && i < 31; n = n->next)
		names[i++] = n->key;
	guess = nearest(name, names);
	read_join(names, list, sizeof(list));
	if (guess)
		complain(x->c, at->at,
		    "there is no variant `%s`; did you mean `%s`? (%s)", name,
		    guess, list);
	else
		complain(x->c, at->at, "there is no variant `%s`; write %s",
		    name, list);
	return NULL;
}

const struct node *
profile_whole(struct ctx *x, struct arena *mem, const struct snapshot *s,
    const struct part *p, const struct node *variant)
{
	/* What a manual's frames mean is for the device as it stands. */
	static const char *const not_kept[] = {"examples", NULL};
	struct chain c = {.parts = {p}, .n = 1};
	const struct node *root = with_bases(x, mem, s, &c), *over;

	if (!root || root->kind != NODE_MAP || !variant)
		return root;
	over = find_variant(x, root, p->name, variant);
	if (!over)
		return NULL;
	return laid_over(mem, without(mem, root, not_kept), over);
}

struct device_type *
profile_load(struct ctx *x, const struct snapshot *s, const struct part *p,
    const struct node *variant)
{
	struct arena *mem = arena_new();
	const struct node *root = profile_whole(x, mem, s, p, variant);
	struct device_type *t = root ? profile_read(x, p->name, root) : NULL;

	if (t && variant)
		t->variant = arena_strdup(x->mem, variant->text);
	arena_free(mem);
	return t;
}
