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

void put_kept(struct wbuf *w, const struct msg_kept *m);
void get_kept(struct rbuf *r, struct msg_kept *m);
void put_probe(struct wbuf *w, const struct msg_probe *m);
void get_probe(struct rbuf *r, struct msg_probe *m);
void put_probed(struct wbuf *w, const struct msg_probed *m);
void get_probed(struct rbuf *r, struct msg_probed *m);

#endif
