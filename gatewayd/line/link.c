/*
 * libmodbus, used so that it cannot hold us up: its byte timeout is 0, which
 * makes its response timeout a total one (measured with 3.1.6: a slave that
 * sends a byte every 300 ms otherwise keeps the caller 13.5 s). On TCP we send
 * the frame ourselves: modbus_send_raw_request() leaves the transaction id at
 * zero, and without it a late answer looks like the right one.
 */
#include "link.h"

#include <errno.h>
#include <modbus.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "port.h"

enum { CONNECT_MS = 3000 };

_Static_assert(MODBUS_MAX_ADU_LENGTH == FRAME_MAX, "libmodbus fills a frame");

struct link {
	modbus_t *ctx;
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

static void
explain_tcp(const struct line *l, int err, char *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	int rc = getaddrinfo(l->host, NULL, &hints, &list);

	/* libmodbus says "refused" for a name that nobody knows, too. */
	if (rc != 0)
		(void)snprintf(why, WHY_MAX,
		    "%.120s: the name cannot be resolved (%s); check host and "
		    "DNS",
		    l->host, gai_strerror(rc));
	else
		(void)snprintf(why, WHY_MAX,
		    "%.120s port %u: %s; check address, power and cable",
		    l->host, l->tcp_port,
		    err == EINPROGRESS ? "no answer to connecting"
				       : strerror(err));
	if (rc == 0)
		freeaddrinfo(list);
}

/* A connected context, or NULL with the reason. */
static modbus_t *
connect_tcp(const struct line *l, char *why)
{
	char service[8];
	modbus_t *ctx;

	(void)snprintf(service, sizeof(service), "%u", l->tcp_port);
	ctx = modbus_new_tcp_pi(l->host, service);
	if (ctx == NULL) {
		(void)snprintf(why, WHY_MAX, "%.120s: %s", l->host,
		    modbus_strerror(errno));
		return NULL;
	}
	/* 3.1.6 bounds the connecting by the response timeout. */
	if (modbus_set_response_timeout(ctx, CONNECT_MS / 1000, 0) == -1 ||
	    modbus_connect(ctx) == -1) {
		explain_tcp(l, errno, why);
		modbus_free(ctx);
		return NULL;
	}
	port_tune_tcp(modbus_get_socket(ctx));
	return ctx;
}

/* RTU frames over a connection: the socket of one, the framing of another. */
static modbus_t *
connect_rtu_over_tcp(const struct line *l, char *why)
{
	modbus_t *tcp = connect_tcp(l, why), *rtu;

	if (tcp == NULL)
		return NULL;
	rtu = context_rtu(l);
	if (rtu == NULL) {
		(void)snprintf(why, WHY_MAX, "%s", modbus_strerror(errno));
		modbus_close(tcp);
	} else {
		(void)modbus_set_socket(rtu, modbus_get_socket(tcp));
		(void)modbus_set_socket(tcp, -1);
	}
	modbus_free(tcp);
	return rtu;
}

static modbus_t *
connect_rtu(const struct line *l, char *why)
{
	modbus_t *ctx = context_rtu(l);
	struct stat st;
	int err;

	if (ctx == NULL) {
		port_explain(l->port, EINVAL, why, WHY_MAX);
		return NULL;
	}
	/* Anything but a terminal would only fail later, and oddly. */
	if (stat(l->port, &st) == 0 && !S_ISCHR(st.st_mode))
		err = ENOTTY;
	else if (modbus_connect(ctx) == -1)
		err = errno;
	else if ((err = -port_own(modbus_get_socket(ctx))) == 0)
		return ctx;
	else
		modbus_close(ctx);
	port_explain(l->port, err, why, WHY_MAX);
	modbus_free(ctx);
	errno = err;
	return NULL;
}

struct link *
link_open(const struct line *l, char *why, int *err)
{
	struct link *k = calloc(1, sizeof(*k));

	errno = 0;
	if (k == NULL)
		(void)snprintf(why, WHY_MAX, "out of memory");
	else if (l->transport == TRANSPORT_RTU)
		k->ctx = connect_rtu(l, why);
	else if (l->transport == TRANSPORT_TCP)
		k->ctx = connect_tcp(l, why);
	else
		k->ctx = connect_rtu_over_tcp(l, why);
	*err = errno > 0 && errno < MODBUS_ENOBASE ? errno : EIO;
	if (k == NULL || k->ctx == NULL) {
		free(k);
		return NULL;
	}
	/* Cannot fail: the values are in range. */
	(void)modbus_set_byte_timeout(k->ctx, 0, 0);
	(void)modbus_set_error_recovery(k->ctx, MODBUS_ERROR_RECOVERY_NONE);
	return k;
}

struct link *
link_close(struct link *take)
{
	if (take != NULL) {
		port_disown(link_fd(take));
		modbus_close(take->ctx);
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
link_send(struct link *k, const struct request *q)
{
	uint8_t frame[FRAME_MAX];
	size_t n = request_frame(q, frame);

	if (q->tcp)
		return send(link_fd(k), frame, n,
			   MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n
			   ? 0
			   : -EIO;
	/* Lets libmodbus tell foreign units; reply_check() judges, too. */
	(void)modbus_set_slave(k->ctx, q->unit);
	/* It adds the checksum itself. */
	return modbus_send_raw_request(k->ctx, frame, (int)n - 2) == -1 ? -EIO
									: 0;
}

int
link_receive(struct link *k, uint8_t *frame, int64_t within_us)
{
	int n;

	if (within_us < 1000)
		within_us = 1000;
	(void)modbus_set_response_timeout(k->ctx,
	    (uint32_t)(within_us / 1000000), (uint32_t)(within_us % 1000000));
	n = modbus_receive_confirmation(k->ctx, frame);
	if (n >= 0)
		return n;
	if (errno == ETIMEDOUT)
		return -ETIMEDOUT;
	return errno >= MODBUS_ENOBASE ? -EBADMSG : -EIO;
}
