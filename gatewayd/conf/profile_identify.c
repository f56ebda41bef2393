/* identify: what tells a device from others that answer to the same requests.
 */
#include "profile_part.h"

enum { IDENTITIES = 16 };

static bool
read_is(struct ctx *x, const struct node *n, struct identity *id)
{
	int64_t least = 0, most = 0;

	if (n->kind != NODE_LIST) {
		if (!read_whole(x, n, "is", 0, UINT16_MAX, &least))
			return false;
		most = least;
	} else if (n->n != 2) {
		complain(x->c, n->at,
		    "`is` has %zu numbers; write one value, or [least, most]",
		    n->n);
		return false;
	} else if (!read_whole(x, n->first, "is", 0, UINT16_MAX, &least) ||
		   !read_whole(x, n->first->next, "is", 0, UINT16_MAX, &most)) {
		return false;
	}
	if (least > most) {
		complain(x->c, n->at,
		    "`is` runs from %s down to %s; write the lower one first",
		    n->first->text, n->first->next->text);
		return false;
	}
	id->least = (uint16_t)least;
	id->most = (uint16_t)most;
	return true;
}

static void
read_mask(struct ctx *x, const struct node *n, struct identity *id)
{
	int64_t v = 0xFFFF;

	if (!read_whole(x, n, "mask", 1, UINT16_MAX, &v))
		return;
	id->mask = (uint16_t)v;
	if (!id->lacks && (id->least & ~id->mask || id->most & ~id->mask))
		complain(x->c, n->at,
		    "`is` has bits that the mask %s takes away, so that it "
		    "never holds; correct one of them",
		    n->text);
}

static bool
read_identity(struct ctx *x, const struct node *n, struct identity *id)
{
	static const char *const keys[] = {
	    "holding", "input", "is", "mask", "lacks", NULL};
	const struct node *holding, *input, *is, *lacks, *mask;

	id->mask = UINT16_MAX;
	if (!read_map(x, n, "identify", keys))
		return false;
	holding = node_get(n, "holding");
	input = node_get(n, "input");
	is = node_get(n, "is");
	lacks = node_get(n, "lacks");
	mask = node_get(n, "mask");
	if (!holding == !input || !is == !lacks) {
		complain(x->c, n->at,
		    "what tells a device is one holding or input register, and "
		    "what it `is` or that it `lacks` it; write {holding: 0, "
		    "is: [1, 247]} or {holding: 9, lacks: yes}");
		return false;
	}
	id->table = input ? TABLE_INPUT : TABLE_HOLDING;
	if (!read_address(x, input ? input : holding, id->table, &id->addr))
		return false;
	if (lacks && read_bool(x, lacks, "lacks", &id->lacks) && !id->lacks)
		complain(x->c, lacks->at,
		    "write `lacks: yes`, or what the register `is`");
	if (lacks && mask)
		complain(x->c, mask->key_at,
		    "`mask` means nothing for a register that the device "
		    "lacks; leave it out");
	if (is && !read_is(x, is, id))
		return false;
	if (mask)
		read_mask(x, mask, id);
	return true;
}

void
profile_identify_read(
    struct ctx *x, const struct node *root, struct device_type *t)
{
	const struct node *n = node_get(root, "identify");
	struct identity *list;

	if (!n || !read_list(x, n, "identify"))
		return;
	if (n->n > IDENTITIES) {
		complain(x->c, n->at,
		    "identify has %zu registers; write at most %d", n->n,
		    IDENTITIES);
		return;
	}
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		if (read_identity(x, k, &list[t->nidentity]))
			t->nidentity++;
	t->identity = list;
}
