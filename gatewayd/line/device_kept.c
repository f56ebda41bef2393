/* What a device must not forget over a restart. */
#include "device.h"
#include "pdevice.h"

bool
device_kept(struct dev *d, size_t point, struct kept *out)
{
	struct kept k = {.series = d->conf->series + (uint32_t)point};

	if (d->conf->type->plugin)
		return point == 0 && pdevice_kept(d, out);
	if (d->derive == NULL ||
	    !derive_kept(d->derive, (uint16_t)point, k.bytes, &k.n))
		return false;
	*out = k;
	return true;
}

bool
device_keep(struct dev *d, const struct kept *k)
{
	uint32_t point = k->series - d->conf->series;

	if (d->conf->type->plugin)
		return point == 0 && pdevice_keep(d, k);
	return d->derive != NULL && point < d->conf->type->npoints &&
	       derive_keep(d->derive, (uint16_t)point, k->bytes, k->n);
}
