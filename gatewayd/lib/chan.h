/*
 * A channel between two of our programs: one end of a SOCK_SEQPACKET pair, so
 * a frame arrives whole or not at all and a peer's death reads as end of file.
 * Never blocks.
 */
#ifndef CHAN_H
#define CHAN_H

#include <stddef.h>
#include <sys/types.h>

/* The child's end, by descriptor number (exec), and its configuration. */
enum { CHAN_FD = 3, SNAPSHOT_FD = 4 };

/* Two ends, close-on-exec, non-blocking, with `sndbuf` bytes of buffer each
 * way (0: the system's). 0 or -errno. */
int chan_pair(int fd[2], int sndbuf);

/* 0; -EAGAIN: full, try later; other -errno: the peer is gone (-EPIPE,
 * -ECONNRESET) or the frame too large (-EMSGSIZE). */
int chan_send(int fd, const void *frame, size_t len);

/* Bytes of one frame; 0: the peer is gone; -EAGAIN: nothing there;
 * -EMSGSIZE: larger than `cap`, dropped whole. */
ssize_t chan_recv(int fd, void *frame, size_t cap);

#endif
