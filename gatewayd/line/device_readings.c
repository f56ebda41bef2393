/* What was read of a device, or why it could not be, as readings. */
#include "device.h"
#include "lane.h"
#include "run.h"

void
device_reading(struct dev *d, size_t point, struct reading reading)
{
	reading.series = d->conf->series + (uint32_t)point;
	sink_reading(d->lane->run->sink, &reading);
	outputs_found(d->lane->outputs, d, point, &reading);
}

static void
bad_reading(struct dev *d, size_t point, enum reason reason, uint8_t detail,
    int64_t now)
{
	device_reading(d, point,
	    (struct reading){.boot_ms = now,
		.quality = QUALITY_BAD,
		.reason = reason,
		.detail = detail});
}

void
device_bad(struct dev *d, size_t first, size_t n, enum reason reason,
    uint8_t detail, int64_t now)
{
	struct decoded v;

	decoded_bad(&v, reason);
	for (size_t i = first; i < first + n; i++)
		if (d->derive != NULL)
			device_read(d, (uint16_t)i, &v, detail, now);
		else
			bad_reading(d, i, reason, detail, now);
}

void
device_all_lost(struct dev *d, enum reason reason, uint8_t detail, int64_t now)
{
	if (d->derive != NULL)
		derive_lost(d->derive);
	for (size_t i = 0; i < d->conf->type->npoints; i++)
		if (d->conf->type->points[i].kind != KIND_PART)
			bad_reading(d, i, reason, detail, now);
}

void
device_read(struct dev *d, uint16_t point, const struct decoded *v,
    uint8_t detail, int64_t now)
{
	size_t n = derive_took(d->derive, point, v, detail, now, d->derived);

	for (size_t i = 0; i < n; i++) {
		const struct derived *r = &d->derived[i];

		device_reading(d, r->point,
		    (struct reading){.boot_ms = now,
			.value = r->d.value,
			.quality = r->d.quality,
			.reason = r->d.reason,
			.detail = r->detail});
	}
}

void
device_blame(const struct dev *d, enum bus_result result, enum reason *reason,
    uint8_t *detail)
{
	*detail = 0;
	if (result == BUS_EXCEPTION) {
		*reason = REASON_EXCEPTION;
		*detail = d->lane->answer.code;
	} else if (result == BUS_NOISE) {
		*reason = REASON_NOISE;
	} else if (result == BUS_PORT) {
		*reason = REASON_PORT;
	} else {
		*reason = REASON_TIMEOUT;
	}
}
