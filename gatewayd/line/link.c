/*
 * libmodbus opens and sets up serial ports and sends on them; around a socket
 * that was connected elsewhere it keeps a context as well.
 *
 * It does not receive. It waits inside select() for each part of a frame, takes
 * its length from bytes that may be noise, and eats good bytes behind a stray
 * one without a way to get them back. So bytes are taken as they come, and
 * stream.c finds the frames. On TCP it does not send either: its raw requests
 * all have transaction 0, and without one a late answer looks like the right
 * one.
 */
#include "link.h"

#include <errno.h>
#include <modbus.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port.h"

enum { CRC = 2 };

_Static_assert(MODBUS_MAX_ADU_LENGTH == FRAME_MAX, "libmodbus fills a frame");

struct link {
	modbus_t *ctx;
	bool serial;
};

static modbus_t *
context_rtu(const struct line *l)
{
	static const char parity[] = {
	    [PARITY_NONE] = 'N', [PARITY_EVEN] = 'E', [PARITY_ODD] = 'O'};

	return modbus_new_rtu(l->port != NULL ? l->port : "/dev/null",
	    l->baud != 0 ? (int)l->baud : 9600, parity[l->parity], 8,
	    l->stop_bits == 2 ? 2 : 1);
}

/* Anything but a terminal would only fail later, and oddly. */
static int
connect_rtu(modbus_t *ctx, const char *path)
{
	struct stat st;
	int err;

	if (stat(path, &st) == 0 && !S_ISCHR(st.st_mode))
		return ENOTTY;
	if (modbus_connect(ctx) == -1)
		return errno > 0 && errno < MODBUS_ENOBASE ? errno : EIO;
	err = -port_own(modbus_get_socket(ctx));
	if (err != 0)
		modbus_close(ctx);
	return err;
}

/* The kernel drives the direction of the transceiver, where its driver can. */
static int
direct_rs485(struct link *k, const struct line *l, char *why)
{
	if (modbus_rtu_set_serial_mode(k->ctx, MODBUS_RTU_RS485) == 0)
		return 0;
	int err = errno > 0 && errno < MODBUS_ENOBASE ? errno : ENOTSUP;
	(void)snprintf(why, WHY_MAX,
	    "%.120s: its driver cannot switch the direction (%s); remove "
	    "`rs485: true`, most adapters do it by themselves",
	    l->port, strerror(err));
	return err;
}

struct link *
link_open(const struct line *l, char *why, int *err)
{
	struct link *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->ctx = context_rtu(l)) == NULL) {
		*err = k == NULL ? ENOMEM : EINVAL;
		port_explain(l->port, *err, why, WHY_MAX);
		free(k);
		return NULL;
	}
	k->serial = true;
	*err = connect_rtu(k->ctx, l->port);
	if (*err != 0) {
		port_explain(l->port, *err, why, WHY_MAX);
		modbus_free(k->ctx);
		free(k);
		return NULL;
	}
	if (l->rs485 && (*err = direct_rs485(k, l, why)) != 0)
		return link_close(k);
	port_low_latency(link_fd(k));
	return k;
}

struct link *
link_adopt(const struct line *l, int take_fd, char *why)
{
	struct link *k = calloc(1, sizeof(*k));

	if (k != NULL)
		k->ctx = l->transport == TRANSPORT_TCP
			     ? modbus_new_tcp_pi("::", "502")
			     : context_rtu(l);
	if (k == NULL || k->ctx == NULL) {
		(void)snprintf(why, WHY_MAX, "%s",
		    k == NULL ? "out of memory" : modbus_strerror(errno));
		(void)close(take_fd);
		free(k);
		return NULL;
	}
	(void)modbus_set_socket(k->ctx, take_fd); /* only fails without ctx */
	return k;
}

struct link *
link_close(struct link *take)
{
	if (take != NULL) {
		if (take->serial) {
			port_disown(link_fd(take));
			modbus_close(take->ctx);
		} else {
			/* It would restore settings that a socket lacks. */
			(void)close(link_fd(take));
		}
		modbus_free(take->ctx);
		free(take);
	}
	return NULL;
}

int
link_fd(const struct link *k)
{
	return modbus_get_socket(k->ctx);
}

int
link_send(struct link *k, const uint8_t *frame, size_t n)
{
	if (k->serial) /* it adds the checksum itself */
		return modbus_send_raw_request(k->ctx, frame, (int)n - CRC) ==
			       -1
			   ? -EIO
			   : 0;
	return send(link_fd(k), frame, n, MSG_NOSIGNAL | MSG_DONTWAIT) ==
		       (ssize_t)n
		   ? 0
		   : -EIO;
}

int
link_take(struct link *k, uint8_t *out, size_t cap)
{
	ssize_t n;

	if (k->serial)
		return port_take(link_fd(k), out, cap);
	n = recv(link_fd(k), out, cap, MSG_DONTWAIT);
	if (n > 0)
		return (int)n;
	if (n == 0)
		return -ECONNRESET;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}
