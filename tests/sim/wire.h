/* A line of either sort: a pty or a TCP server. */
#ifndef WIRE_H
#define WIRE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sim_line;

/* 0, or -errno. */
int wire_open(struct sim_line *l, const char *dir);
void wire_close(struct sim_line *l);
/* Unplugged until `back_at` (ns; 0: until wire_back). */
void wire_gone(struct sim_line *l, int64_t back_at);
int wire_back(struct sim_line *l);
void wire_noise(
    struct sim_line *l, const uint8_t *bytes, size_t n, int64_t now);
/* "rtu /run/farm/north.tty 9600 8N1" */
void wire_describe(const struct sim_line *l, FILE *to);

/* How many there may be to wait for; and fills them in: how many. */
size_t wire_fds_max(const struct sim_line *l);
size_t wire_fds(const struct sim_line *l, struct pollfd *out);
void wire_ready(struct sim_line *l, const struct pollfd *fd, int64_t now);
int64_t wire_tick(struct sim_line *l, int64_t now);

#endif
