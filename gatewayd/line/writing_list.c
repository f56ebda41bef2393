/* A plugin's list, op by op. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "op.h"
#include "pdevice.h"
#include "plugin.h"
#include "writing_steps.h"

bool
writing_is_list(const struct writing *w)
{
	return w->point == NULL && w->setup == NULL;
}

int
list_begin(struct writing *w, char *why)
{
	bool safe = w->want.point == WRITING_SAFE;

	if (w->dev->plugin == NULL) {
		(void)snprintf(why, WHY_MAX, "the plugin is not in use: %.200s",
		    w->dev->refused);
		return -ENODEV;
	}
	w->nops = safe ? plugin_safe(w->dev->plugin, w->ops, WRITING_OPS)
		       : plugin_encode(w->dev->plugin, w->want.point,
			     w->want.value, w->ops, WRITING_OPS, why, WHY_MAX);
	if (w->nops < 0) {
		if (safe)
			(void)snprintf(
			    why, WHY_MAX, "the plugin's safe() is wrong");
		return w->nops;
	}
	/* The guard saw to it that encode()'s list ends with the read that
	 * confirms the rest. */
	if (w->want.how == WRITING_LOOKING && !safe) {
		w->phase = WRITING_LOOK;
		w->op = w->nops - 1;
	}
	return 0;
}

/* The op in hand; a write that makes the device safe is read back by us. */
bool
list_next(struct writing *w, int64_t now, struct request *out)
{
	while (now >= w->pause_until && w->op < w->nops &&
	       w->ops[w->op].op == GW_PAUSE)
		w->pause_until = now + pdevice_pause_ms(&w->ops[w->op++]);
	if (now < w->pause_until || w->op == w->nops)
		return false;
	const struct gw_op *op = &w->ops[w->op];
	if (w->phase != WRITING_CONFIRM)
		/* The guard lets nothing else through. */
		return op_request(op, w->dev->conf->unit, w->bytes, out);
	*out = op_read_back(op, w->dev->conf->unit);
	return true;
}

bool
list_writes(const struct writing *w)
{
	return w->phase == WRITING_WRITE && op_writes(&w->ops[w->op]);
}

/* What a read of the list says of what was written. */
static void
took_read(struct writing *w, const struct gw_op *op, const uint16_t *words)
{
	enum pdevice_tells tells;

	if (w->want.point != WRITING_SAFE) {
		w->same = pdevice_confirms(
		    w->dev, op, words, w->want.point, w->want.value);
		w->unseen = false;
		return;
	}
	tells = pdevice_tells(w->dev, op, words);
	if (tells == TELLS_UNSAFE)
		w->same = false;
	else if (tells == TELLS_SAFE)
		w->unseen = false;
}

static enum writing_news
looked_at(struct writing *w)
{
	if (w->same)
		return WRITING_CONFIRMED;
	w->phase = WRITING_WRITE;
	w->same = true;
	w->op = 0;
	return WRITING_GOES_ON;
}

enum writing_news
list_took(struct writing *w, const struct answer *a, char *why)
{
	const struct gw_op *op = &w->ops[w->op];

	if (w->phase == WRITING_WRITE && w->want.point == WRITING_SAFE &&
	    op_plain(op)) {
		w->phase = WRITING_CONFIRM;
		return WRITING_GOES_ON;
	}
	if (w->phase == WRITING_CONFIRM)
		w->same = w->same && memcmp(a->words, op->words,
					 op->count * sizeof(op->words[0])) == 0;
	else if (op_reads(op))
		took_read(w, op, a->words);
	else
		w->unseen = true;
	if (w->phase == WRITING_LOOK)
		return looked_at(w);
	w->phase = WRITING_WRITE;
	if (++w->op < w->nops)
		return WRITING_GOES_ON;
	if (w->same && !w->unseen)
		return WRITING_CONFIRMED;
	(void)snprintf(why, WHY_MAX, "it reads back differently");
	return WRITING_DIFFERS;
}
