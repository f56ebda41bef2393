/* What a device must not forget over a restart. */
#include "device.h"

bool
device_kept(struct dev *d, size_t point, struct kept *out)
{
	struct kept k = {.series = d->conf->series + (uint32_t)point};

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

	return d->derive != NULL && point < d->conf->type->npoints &&
	       derive_keep(d->derive, (uint16_t)point, k->bytes, k->n);
}
