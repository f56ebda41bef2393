/*
 * A lane's port: opened, found to work, lost, opened again with growing gaps,
 * and what its devices' points are meanwhile.
 */
#ifndef LANE_PORT_H
#define LANE_PORT_H

#include <stdint.h>

struct lane;

void lane_port_open(struct lane *l, int64_t now);
void lane_port_opened(struct lane *l);
void lane_port_failed(struct lane *l, int64_t now);

/* An exchange took place, whatever came of it: only that proves a port which
 * failed to be back. */
void lane_port_works(struct lane *l);

/* Lost in use: at once again if it worked, so that a server which closes idle
 * connections costs nothing; else with growing gaps. */
void lane_port_lost(struct lane *l);

/* What falls due while the port is closed is bad. When the next does. */
int64_t lane_without_port(struct lane *l, int64_t now);

#endif
