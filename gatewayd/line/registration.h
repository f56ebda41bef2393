/*
 * Which converter is it that dialled in? What it has said so far against the
 * registration texts of the site. Pure: hall.c accepts, waits and closes.
 */
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include <stddef.h>
#include <stdint.h>

struct guest {
	const char *registration; /* borrowed; NULL: whoever dials in */
	size_t who;               /* the caller's number for it */
};

enum registration {
	REGISTRATION_OPEN,    /* may become a text: wait for more */
	REGISTRATION_FITS,    /* is one, and may become a longer one */
	REGISTRATION_KNOWN,   /* is one, whatever follows */
	REGISTRATION_STRANGE, /* no text begins like this */
};

/* *index: the guest whose text it is, with FITS and KNOWN the longest; else as
 * it was. Guests without a text are passed over. Further bytes never change
 * KNOWN and STRANGE. */
enum registration registration_match(const struct guest *guests, size_t n,
    const uint8_t *bytes, size_t len, size_t *index);

enum { SHOWN_MAX = 20, SHOWN_SIZE = SHOWN_MAX * 4 + 6 };

/* The first bytes of a stranger, in quotes, such that a log stays a log:
 * "REG:7\x0d\x0a"..., each byte that is no plain sign by its number. */
void registration_show(const uint8_t *bytes, size_t len, char out[SHOWN_SIZE]);

#endif
