/* A serial port that is open, set to another speed, parity and stop bits. */
#ifndef TUNE_H
#define TUNE_H

#include <stdint.h>

struct line;

/* As the line says: 0; -EINVAL: there is no such speed; other -errno: the port
 * would not have it. Bytes that came at the old speed are thrown away. */
int tune(int fd, const struct line *l);

#endif
