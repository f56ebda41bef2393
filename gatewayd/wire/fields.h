/* What several messages are made of. Inside wire/ only. */
#ifndef FIELDS_H
#define FIELDS_H

#include "buf.h"
#include "msg.h"

/* An enum below `n`, or the frame fails. */
unsigned get_enum(struct rbuf *r, unsigned n);
/* Always finite, or the frame fails. */
double get_real(struct rbuf *r);
void put_real(struct wbuf *w, double v);

void put_readings(struct wbuf *w, const struct msg_readings *m);
void get_readings(struct rbuf *r, struct msg_readings *m);

#endif
