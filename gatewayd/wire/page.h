/*
 * A page that core shares with a line's process, on a descriptor of its own:
 * which device's plugin is being called at this moment, so that core knows the
 * culprit when the process has died or hangs, and which plugins core has
 * disabled. A plain store is all that a call costs. Each field has one writer,
 * and core believes nothing of it without a check.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>
#include <stdint.h>

enum { PAGE_FD = 5 }; /* the line's; see chan.h for the others */

struct page {
	volatile uint32_t calling; /* index of the device, + 1; 0: none */
	uint32_t ndevices;
	uint8_t crashes[]; /* of the device's plugin, when it is disabled */
};

/* ---- core ---- */

/* With crashes[n], 0: not disabled. A descriptor, or -errno. */
int page_new(const uint8_t *crashes, size_t n);
/* Index of the device whose plugin is being called; -1: none. */
int64_t page_calling(int fd);

/* ---- the line ---- */

/* NULL: there is none, of this many devices. The descriptor is closed. */
struct page *page_map(int fd, size_t ndevices);
/* How often the device's plugin crashed until it was disabled; 0: it is not. */
unsigned page_disabled(const struct page *p, size_t device);

#endif
