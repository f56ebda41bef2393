/* A listening socket on this machine, and on no other. */
#ifndef TCPLISTEN_H
#define TCPLISTEN_H

#include <stdint.h>

/* The descriptor; -EADDRNOTAVAIL when the host is not loopback, or another
 * -errno. `waiting`: connections that may stand in line. */
int tcp_listen(const char *host, uint16_t port, int waiting);

#endif
