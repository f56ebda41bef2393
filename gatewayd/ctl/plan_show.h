/* What `gatewayctl plan` prints without --json. */
#ifndef PLAN_SHOW_H
#define PLAN_SHOW_H

struct json_t;

/* To stdout, of the document that gatewayd-line made. */
void plan_show(const struct json_t *root);

#endif
