/* Who is at the other end of a Unix socket. */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>

/* "root (uid 0)", or "uid 1000" for one whom /etc/passwd does not know, as the
 * kernel saw it when the socket was connected. Returns out. */
const char *peer_name(int fd, char *out, size_t size);

#endif
