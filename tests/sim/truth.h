/* What the field really served, a JSON line a point a read: the truth that
 * stored readings are compared with. */
#ifndef TRUTH_H
#define TRUTH_H

struct sim_device;
struct sim_point;

void truth_write(const struct sim_device *d, const struct sim_point *p);

#endif
