/* A Unix socket on which a test says statements and asks questions. */
#ifndef CONTROL_H
#define CONTROL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

struct control;
struct farm;

enum { CONTROL_FDS_MAX = 1 + 8 };

/* 0 and *out, or -errno. Replaces a socket left behind under that path. */
int control_open(const char *path, struct control **out);
struct control *control_free(struct control *take);
size_t control_fds(const struct control *c, struct pollfd out[CONTROL_FDS_MAX]);
void control_ready(
    struct control *c, const struct pollfd *fd, struct farm *f, int64_t now);

#endif
