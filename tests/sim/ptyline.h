/*
 * A serial line on a pseudo-terminal: characters take the time they take at
 * the line's speed, a frame ends with 3.5 characters of silence, and one
 * talks at a time.
 */
#ifndef PTYLINE_H
#define PTYLINE_H

#include <stddef.h>
#include <stdint.h>

struct sim_line;

/* Opens it under the path of the site when that lies in `dir`, else as
 * dir/NAME.tty. 0, or -errno. */
int pty_line_open(struct sim_line *l, const char *dir);
void pty_line_close(struct sim_line *l);
/* The adapter is pulled out, and comes back as another pty. */
void pty_line_gone(struct sim_line *l);
int pty_line_back(struct sim_line *l);

/* -1 while it is gone. */
int pty_line_fd(const struct sim_line *l);
const char *pty_line_path(const struct sim_line *l);
void pty_line_readable(struct sim_line *l, int64_t now);
/* Does what is due; returns when to be called again, or INT64_MAX. */
int64_t pty_line_tick(struct sim_line *l, int64_t now);
/* Bytes that nobody asked for. */
void pty_line_noise(
    struct sim_line *l, const uint8_t *bytes, size_t n, int64_t now);

#endif
