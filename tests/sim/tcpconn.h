/* One master's connection: its requests taken apart, its answers sent. */
#ifndef TCPCONN_H
#define TCPCONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sending;
struct sim_line;

enum { CONN_IN_MAX = 1024 };

struct conn {
	int fd;       /* -1: free */
	size_t way;   /* it reaches the devices of the line that have this */
	size_t *open; /* how many are, of its server's */
	uint8_t in[CONN_IN_MAX];
	size_t nin;
	struct sending *out;
};

void conn_open(struct conn *c, int take_fd);
/* reset: the master gets RST instead of a last word. */
void conn_close(struct conn *c, bool reset);
/* Sends a text that nobody asked for; NULL: none. */
void conn_say(struct conn *c, const char *text, int64_t now);
void conn_read(struct sim_line *l, struct conn *c, int64_t now);
/* Sends what is due; returns when to be called again, or INT64_MAX. */
int64_t conn_push(struct sim_line *l, struct conn *c, int64_t now);

#endif
