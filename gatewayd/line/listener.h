/* A socket that others dial. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdint.h>

/* Listens at an address of this box (no brackets; "::" is all networks, those
 * of IPv4 too): a descriptor, non-blocking and close-on-exec; or -errno with
 * the reason and the remedy in `why` (WHY_MAX of link.h). */
int listener_open(const char *address, uint16_t port, char *why);

#endif
