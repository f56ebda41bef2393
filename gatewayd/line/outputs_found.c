/* What readings say of the outputs, whoever asked for them. */
#include <math.h>

#include "device.h"
#include "outputs.h"
#include "written.h"

/* An output that nothing shows but its confirm point has the readings of that
 * one, as on and off. A device that is lost has had bad ones for all of its
 * points. */
static void
follow(struct written *c, const struct reading *r)
{
	const struct point_type *t = written_type(c);
	bool own = !t->write_only && t->pulse_ms == 0;
	bool bad = r->quality == QUALITY_BAD;
	double is = value_number(&r->value);
	struct reading m = *r;

	if (own || (bad ? c->dev->health.state == DEVICE_LOST : isnan(is)))
		return;
	if (!bad)
		m.value = value_int(is != 0);
	/* Two readings of one point are never of the same moment. */
	if (m.boot_ms <= c->unsure)
		m.boot_ms = c->unsure + 1;
	device_reading(c->dev, c->point, m);
}

static void
judge(struct outputs *o, struct written *c, const struct reading *r)
{
	double is = value_number(&r->value);

	if (c->pending || isnan(is) || r->quality != QUALITY_GOOD)
		return;
	if ((is != 0) == (c->value != 0)) {
		c->astray = false;
		return;
	}
	if (!c->astray)
		written_say_astray(o, c, is != 0);
	c->astray = true;
	if (!c->on)
		written_doubt(c, r->boot_ms);
}

void
outputs_found(
    struct outputs *o, struct dev *d, size_t point, const struct reading *r)
{
	const struct point *shows = &d->conf->points[point];

	for (size_t i = 0; o != NULL && i < o->n; i++) {
		struct written *c = &o->c[i];

		if (c->dev != d || !c->output || written_shown_by(c) != shows)
			continue;
		if (c->point != point)
			follow(c, r);
		judge(o, c, r);
	}
}
