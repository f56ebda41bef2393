/* Sockets on this machine, and on no other. */
#ifndef TCPSOCKET_H
#define TCPSOCKET_H

#include <stdint.h>

/* The descriptor; -EADDRNOTAVAIL when the host is not loopback, or another
 * -errno. `waiting`: connections that may stand in line. */
int tcp_listen(const char *host, uint16_t port, int waiting);

/* A connection to whoever listens there, or on all addresses when the host is
 * 0.0.0.0 or [::]. The descriptor, or -errno. */
int tcp_dial(const char *host, uint16_t port);

#endif
