/*
 * gatewayctl's socket, RUN_DIR/control.sock: one MSG_ASK, the answer in
 * MSG_TEXT pieces, the end; or MSG_PROBEs, several at a time, each answered by
 * a MSG_PROBED, for as long as the client likes. Never waits for a client;
 * whoever is malformed, slow or one too many is let go.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdint.h>

struct control;
struct core;

/* 0 or -errno. */
int control_open(struct core *core);
struct control *control_close(struct control *take);
/* Lets go of those whose time is over. */
void control_step(struct control *c, int64_t now);

#endif
