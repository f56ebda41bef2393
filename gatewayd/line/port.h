/*
 * A serial port's or a socket's descriptor: waiting on it, emptying it, having
 * it for ourselves. Knows nothing of Modbus.
 */
#ifndef PORT_H
#define PORT_H

#include <stddef.h>
#include <stdint.h>

enum port_wait { WAIT_TIMEOUT, WAIT_READY, WAIT_GONE, WAIT_WOKEN };

/* Microseconds since this boot. */
int64_t port_now_us(void);
void port_sleep_until_us(int64_t until);

/* Waits for bytes on fd, or until `wake` (-1: none) is readable. */
enum port_wait port_wait(int fd, int wake, int64_t until_us);

/* Takes what is there without waiting: bytes (0: nothing), or -errno when the
 * port is gone. */
int port_take(int fd, uint8_t *out, size_t cap);

/* Keeps other programs off a serial port; a pseudo terminal only by flock, as
 * the kernel would not forget more when we die. 0 or -errno (-EBUSY). */
int port_own(int fd);
void port_disown(int fd);

/* Makes a peer that vanished without a word show as an error in 10 s. */
void port_tune_tcp(int fd);

/* Received bytes are to be told of at once, where the driver can. */
void port_low_latency(int fd);

/* What the UART has counted since the port exists, however often it was opened;
 * wraps around. */
struct port_errors {
	uint32_t framing, parity, overrun, brk;
};

/* 0, or -errno where the driver counts nothing. */
int port_line_errors(int fd, struct port_errors *out);

/* These are in port_why.c. Who has `path` open: "minicom (pid 812)", or
 * "another program" when we may not know. */
void port_who(const char *path, char *out, size_t size);

/* Why opening `path` failed (a positive errno), and what to do. */
void port_explain(const char *path, int err, char *out, size_t size);

#endif
