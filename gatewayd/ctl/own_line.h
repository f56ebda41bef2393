/*
 * A gatewayd-line of our own, for a port that the running gateway does not
 * have: the same program that polls, with a site of one line and nothing on it.
 * It ends when we do.
 */
#ifndef OWN_LINE_H
#define OWN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct own_line {
	pid_t pid; /* 0: none runs */
	int fd;    /* the channel */
	int said;  /* what it says on stderr, in memory */
};

struct own_line_to {
	const char *port; /* NULL: host */
	const char *host; /* no brackets */
	uint16_t tcp_port;
	uint32_t baud;
	uint8_t parity, stop_bits;
	bool rtu_over_tcp, echo, rs485;
};

/* The name of its only line. */
extern const char own_line_name[];

/* Starts it and hears its hello: 0, or -1 with the reason. */
int own_line_start(
    struct own_line *o, const struct own_line_to *to, char *why, size_t size);
/* Tells it to end, and sees to it. */
void own_line_end(struct own_line *o);

#endif
