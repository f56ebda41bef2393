/*
 * Whether what comes from a serial port makes sense at all. Wrong baud, parity
 * or stop bits, and a second master on the line, look alike: bytes come, and
 * never an answer among them.
 */
#ifndef SENSE_H
#define SENSE_H

#include <stdbool.h>

#include "port.h"

struct sense {
	bool counted;              /* the driver counts framing errors */
	struct port_errors before; /* up to this exchange */
	bool good;                 /* an answer came since opening */
	unsigned nonsense;         /* exchanges in a row that gave only bytes */
};

void sense_open(struct sense *s, int fd);
void sense_begin(struct sense *s, int fd);

void sense_good(struct sense *s);

/* An exchange failed; bytes: some came, and no sound frame. What to say of it,
 * or NULL: nothing. */
const char *sense_failed(struct sense *s, int fd, bool bytes);

#endif
