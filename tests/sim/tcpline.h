/*
 * A TCP line: a server for each host and port that its devices are reached by,
 * and the masters connected to it. Speaks Modbus TCP, or serial frames over TCP
 * when the site says so.
 */
#ifndef TCPLINE_H
#define TCPLINE_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sim_line;

/* Listens where the site says; it must be this machine. 0, or -errno. */
int tcp_line_open(struct sim_line *l);
/* "tcp 127.0.0.1:1502", and how many more */
void tcp_line_describe(const struct sim_line *l, FILE *to);
void tcp_line_close(struct sim_line *l);
/* Refuses connections and resets those there are; and takes them again. */
void tcp_line_gone(struct sim_line *l);
int tcp_line_back(struct sim_line *l);
/* Resets the connections there are. */
void tcp_line_drop(struct sim_line *l);

/* How many there may be to wait for; and fills them in: how many. */
size_t tcp_line_fds_max(const struct sim_line *l);
size_t tcp_line_fds(const struct sim_line *l, struct pollfd *out);
void tcp_line_ready(struct sim_line *l, const struct pollfd *fd, int64_t now);
int64_t tcp_line_tick(struct sim_line *l, int64_t now);
void tcp_line_noise(
    struct sim_line *l, const uint8_t *bytes, size_t n, int64_t now);

#endif
