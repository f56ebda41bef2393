/* Look, write, confirm; a plugin's list op by op. */
#include "writing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "encode.h"
#include "op.h"
#include "pdevice.h"
#include "plan.h"
#include "plugin.h"

static struct request
reading_of(const struct writing *w)
{
	const struct point_type *t = w->point != NULL ? w->point->type : NULL;

	return (struct request){.unit = w->dev->conf->unit,
	    .function = plan_function(t != NULL ? t->table : w->setup->table),
	    .addr = t != NULL ? t->addr : w->setup->addr,
	    .count = t != NULL ? t->count : 1};
}

/* The request that sets the point; `now` is what its registers hold. */
static int
encode(struct writing *w, const uint16_t *now, char *why)
{
	int rc = encode_point(w->point, w->value,
	    encode_needs(w->point) ? now : NULL, &w->write, w->words, why,
	    WHY_MAX);

	w->write.unit = w->dev->conf->unit;
	return rc;
}

static int
begin_plugin(struct writing *w, char *why)
{
	w->nops = w->index == WRITING_SAFE
		      ? plugin_safe(w->dev->plugin, w->ops, WRITING_OPS)
		      : plugin_encode(w->dev->plugin, w->index, w->value,
			    w->ops, WRITING_OPS, why, WHY_MAX);
	if (w->nops < 0) {
		if (w->index == WRITING_SAFE)
			(void)snprintf(
			    why, WHY_MAX, "the plugin's safe() is wrong");
		return w->nops;
	}
	/* The guard saw to it that encode()'s list ends with the read that
	 * confirms the rest. */
	if (w->look && w->index != WRITING_SAFE) {
		w->phase = WRITING_LOOK;
		w->op = w->nops - 1;
	}
	return 0;
}

int
writing_begin(struct writing *w, struct dev *borrow, uint16_t point,
    double value, bool look, struct gw_op *ops, char *why)
{
	static const uint16_t zeros[WRITING_WORDS];

	*w = (struct writing){.dev = borrow,
	    .index = point,
	    .value = value,
	    .phase = WRITING_WRITE,
	    .look = look,
	    .ops = ops,
	    .same = true};
	if (borrow->plan == NULL) {
		if (borrow->plugin != NULL)
			return begin_plugin(w, why);
		(void)snprintf(why, WHY_MAX, "the plugin is not in use: %.200s",
		    borrow->refused);
		return -ENODEV;
	}
	w->point = &borrow->conf->points[point];
	if (w->point->type->count > WRITING_WORDS) {
		(void)snprintf(why, WHY_MAX, "longer values cannot be written");
		return -EINVAL;
	}
	if (!w->point->type->write_only && (look || encode_needs(w->point)))
		w->phase = WRITING_LOOK;
	/* After a look it is made anew from what is there. */
	return encode(w, zeros, why);
}

void
writing_begin_setup(
    struct writing *w, struct dev *borrow, const struct setup *s)
{
	*w = (struct writing){.dev = borrow,
	    .setup = s,
	    .phase = WRITING_LOOK,
	    .look = true,
	    .words = {s->value}};
	w->write = (struct request){.unit = borrow->conf->unit,
	    .function =
		s->table == TABLE_COIL ? FC_WRITE_COIL : FC_WRITE_HOLDING,
	    .addr = s->addr,
	    .count = 1};
}

/* ---- a plugin's list ---- */

static bool
is_list(const struct writing *w)
{
	return w->point == NULL && w->setup == NULL;
}

/* The op in hand; a write that makes the device safe is read back by us. */
static bool
next_op(struct writing *w, int64_t now, struct request *out)
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

/* What a read of the list says of what was written. */
static void
took_read(struct writing *w, const struct gw_op *op, const uint16_t *words)
{
	enum pdevice_tells tells;

	if (w->index != WRITING_SAFE) {
		w->same =
		    pdevice_confirms(w->dev, op, words, w->index, w->value);
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
looked_at_list(struct writing *w)
{
	if (w->same)
		return WRITING_CONFIRMED;
	w->phase = WRITING_WRITE;
	w->same = true;
	w->op = 0;
	return WRITING_GOES_ON;
}

static enum writing_news
took_op(struct writing *w, const struct answer *a, char *why)
{
	const struct gw_op *op = &w->ops[w->op];

	if (w->phase == WRITING_WRITE && w->index == WRITING_SAFE &&
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
		return looked_at_list(w);
	w->phase = WRITING_WRITE;
	if (++w->op < w->nops)
		return WRITING_GOES_ON;
	if (w->same && !w->unseen)
		return WRITING_CONFIRMED;
	(void)snprintf(why, WHY_MAX, "it reads back differently");
	return WRITING_DIFFERS;
}

/* ---- a profile's point, a set-up register ---- */

bool
writing_next(struct writing *w, int64_t now, struct request *out)
{
	if (is_list(w))
		return next_op(w, now, out);
	if (w->phase != WRITING_WRITE) {
		*out = reading_of(w);
		return true;
	}
	*out = w->write;
	out->words = w->words;
	return true;
}

static bool
as_written(const struct writing *w, const uint16_t *back)
{
	if (w->setup != NULL)
		return (w->setup->table == TABLE_COIL
			       ? w->setup->value != 0
			       : w->setup->value) == back[0];
	return encode_same(w->point, w->value, back);
}

static enum writing_news
looked(struct writing *w, const struct answer *a, char *why)
{
	if (w->look && as_written(w, a->words))
		return WRITING_CONFIRMED;
	w->phase = WRITING_WRITE;
	if (w->setup != NULL || encode(w, a->words, why) == 0)
		return WRITING_GOES_ON;
	return WRITING_FAILED;
}

static enum writing_news
took(struct writing *w, const struct answer *a, char *why)
{
	switch (w->phase) {
	case WRITING_LOOK:
		return looked(w, a, why);
	case WRITING_WRITE:
		w->phase = WRITING_CONFIRM;
		return w->point != NULL && w->point->type->write_only
			   ? WRITING_ACKNOWLEDGED
			   : WRITING_GOES_ON;
	case WRITING_CONFIRM:
	default:
		if (as_written(w, a->words))
			return WRITING_CONFIRMED;
		(void)snprintf(why, WHY_MAX, "it reads back differently");
		return WRITING_DIFFERS;
	}
}

static void
explain(enum bus_result result, const struct answer *a, char *why)
{
	switch (result) {
	case BUS_EXCEPTION:
		(void)snprintf(why, WHY_MAX,
		    "the device refused (exception %02X)", a->code);
		break;
	case BUS_NOISE:
		(void)snprintf(why, WHY_MAX, "%s",
		    a->hint[0] != '\0' ? a->hint
				       : "the answer cannot be trusted");
		break;
	case BUS_PORT:
		(void)snprintf(why, WHY_MAX, "the port is gone");
		break;
	case BUS_TIMEOUT:
	case BUS_PENDING:
	case BUS_OK:
	case BUS_RECALLED:
	case BUS_OPENED:
	default:
		(void)snprintf(why, WHY_MAX, "the device does not answer");
		break;
	}
}

enum writing_news
writing_took(struct writing *w, enum bus_result result, const struct answer *a,
    char *why)
{
	bool list = is_list(w);
	bool write =
	    w->phase == WRITING_WRITE && (!list || op_writes(&w->ops[w->op]));

	/* Refused is refused; of anything else it may have acted. */
	if (write && result != BUS_EXCEPTION)
		w->wrote = true;
	/* 05: accepted, still at it; the reading back tells. */
	if (result == BUS_EXCEPTION && write && a->code == EXC_ACKNOWLEDGE) {
		w->wrote = true;
		result = BUS_OK;
	}
	if (result == BUS_OK)
		return list ? took_op(w, a, why) : took(w, a, why);
	explain(result, a, why);
	return WRITING_FAILED;
}
