/*
 * A plugin's device at run time: its operations on the bus, its samples as
 * readings. Only what passed the guard gets here.
 */
#ifndef PDEVICE_H
#define PDEVICE_H

#include <stdbool.h>

#include "bus.h"

struct dev;
struct run;

/* Loads the plugin and makes its state; d->refused says why not. */
void pdevice_init(struct dev *d);
void pdevice_done(struct dev *d);

/* Runs its poll and reschedules the task. */
void pdevice_poll(struct run *r, struct dev *d, int task);

/* Whether it has anything to make safe; doing so, each write read back. */
bool pdevice_has_safe(const struct dev *d);
enum bus_result pdevice_make_safe(
    struct run *r, struct dev *d, bool urgent, bool *confirmed);

#endif
