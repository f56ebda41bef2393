/*
 * Requests to any unit of a line, for a person at work: through the running
 * gateway, whose line makes them between its polls, or, when none runs or it
 * has no such line, through a gatewayd-line of our own, started for this and
 * ended with it. The same messages either way.
 */
#ifndef PROBING_H
#define PROBING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct probing;

/* Where to ask: a line by name, a serial port, or a host. Texts are borrowed;
 * zeroed: nothing said. */
struct probing_to {
	const char *line; /* of the running gateway, else of the site file */
	const char *site; /* NULL: the running gateway's, else the usual one */
	const char *port; /* "/dev/ttyUSB0" */
	const char *host; /* "192.0.2.9:502", "[2001:db8::9]:502" */
	bool rtu_over_tcp, echo, rs485;
	/* Serial: 0 the line's own, without a line those below. */
	uint32_t baud;
	uint8_t parity, stop_bits; /* enum parity */
	bool parity_said;
	/* As the device's type leaves the factory; 0: 9600, none, 1. */
	uint32_t factory_baud;
	uint8_t factory_parity, factory_stop_bits;
	uint32_t timeout_ms; /* 0: 1000 */
};

/* Takes one option that says where, at argv[*i], and its value behind it:
 *   --port DEV  --host H:P  --rtu-over-tcp  --echo  --rs485
 *   --baud N  --parity none|even|odd  --stop-bits 1|2  --timeout 100ms
 *   --site FILE
 * 1: taken, *i stands on its last word; 0: it is none of these; -EINVAL: it is
 * one, and wrong; `why` says how. */
int probing_option(struct probing_to *to, int argc, char **argv, int *i,
    char *why, size_t size);

/* Whether a line can have that speed. */
bool probing_speed(unsigned long baud);

/* CTL_DONE with *out; or the exit code, after saying on stderr why not (a port
 * that another program holds, no such line). `cmd` is who asks. */
int probing_open(
    struct probing **out, const char *cmd, const struct probing_to *to);
struct probing *probing_close(struct probing *take);

/* "north, through the gateway", "/dev/ttyUSB0, directly". */
const char *probing_where(const struct probing *p);
/* Through the running gateway, which goes on polling. */
bool probing_shared(const struct probing *p);
/* The line's name, as the gateway knows it; "line" when it has none. */
const char *probing_line(const struct probing *p);
/* "/dev/ttyUSB0", "192.0.2.9:502", as a site file has it. Returns out. */
const char *probing_address(const struct probing *p, char *out, size_t size);
/* What it is asked with when a request says nothing: baud is 0 over TCP. */
void probing_serial(const struct probing *p, uint32_t *baud, uint8_t *parity,
    uint8_t *stop_bits);

/* One request and its answer. id and line are filled in here; a timeout_ms of
 * 0 and, where they differ from the line's own, the serial settings are those
 * of `to`. 0 with *out, or -errno: whoever makes them is gone. */
int probing_ask(
    struct probing *p, const struct msg_probe *request, struct msg_probed *out);

/* The same with several under way, so that the line never waits for us. They
 * are made in the order they were sent in, and so are the answers. */
enum { PROBING_AHEAD = 4 };
/* 0 with *id; -EAGAIN: so many are under way, take an answer first; -errno. */
int probing_send(
    struct probing *p, const struct msg_probe *request, uint64_t *id);
/* Waits for the next answer: 0, -ENOENT none is under way, or -errno. */
int probing_take(struct probing *p, struct msg_probed *out);

/* A read of registers or coils. */
struct msg_probe probing_read(
    uint8_t unit, uint8_t function, uint16_t addr, uint16_t count);

/* What an answer says, for people: "no answer within 1000 ms", "refused:
 * exception 2, illegal data address". Returns out. */
const char *probing_says(const struct msg_probed *a, char *out, size_t size);

/* The exit code for an answer: whoever does not answer, or whose host is not
 * there, is no device; a port that is not there is ours. */
int probing_code(const struct probing *p, const struct msg_probed *a);

#endif
