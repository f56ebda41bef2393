/*
 * A plugin's device at run time: its operations on the bus, its samples as
 * readings. Only what passed the guard gets here.
 */
#ifndef PDEVICE_H
#define PDEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "gateway_device.h"
#include "msg.h"

struct dev;

struct page;

/* Loads the plugin and makes its state; d->refused says why not. page: shared
 * with core (wire/page.h), NULL: none. */
void pdevice_init(struct dev *d, struct page *page);
void pdevice_done(struct dev *d);

/* As device_next() and device_took(): a poll is the plugin's whole list, an
 * operation a step. */
bool pdevice_next(struct dev *d, int64_t now, struct request *out);
void pdevice_took(struct dev *d, enum bus_result result);
/* As device_kept() and device_keep(). */
bool pdevice_kept(struct dev *d, struct kept *out);
bool pdevice_keep(struct dev *d, const struct kept *k);

/* The list begins anew. */
void pdevice_restart(struct dev *d);

/* Whether it has anything to make safe. */
bool pdevice_has_safe(const struct dev *d);

uint32_t pdevice_pause_ms(const struct gw_op *op);

/* Whether the words of a read say that the point has this value; what else
 * they say become readings. */
bool pdevice_confirms(struct dev *d, const struct gw_op *op,
    const uint16_t *words, uint16_t point, double value);

/* What the words of a read say of the device's outputs, and readings as
 * before. */
enum pdevice_tells {
	TELLS_NOTHING,
	TELLS_SAFE,   /* all that they tell of are in their safe state */
	TELLS_UNSAFE, /* one is not, or nobody can say */
};

enum pdevice_tells pdevice_tells(
    struct dev *d, const struct gw_op *op, const uint16_t *words);

#endif
