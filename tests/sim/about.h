/*
 * What a profile says a device is, besides its points: the registers by which
 * it is recognised and set up, the unit that a whole family answers to, a speed
 * of its own.
 */
#ifndef ABOUT_H
#define ABOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "device_type.h"

struct sim_device;
struct sim_line;

/* Its registers; those of points stay as they are. */
void about_build(struct sim_device *d);

/* A master wrote registers: perhaps another unit. */
void about_wrote(struct sim_device *d, unsigned addr, unsigned count);

/* It takes what comes for that unit. */
bool about_listens(const struct sim_device *d, unsigned unit);

/* Whether it, or any of the line, understands a master set up like this. */
bool about_hears(const struct sim_device *d, const struct termios *t);
bool about_heard(const struct sim_line *l, const struct termios *t);
/* Some have a speed of their own. */
bool about_mixed(const struct sim_line *l);

/* How long a character takes of a port set up like this. */
int64_t about_char_ns(const struct termios *t);
speed_t about_speed(uint32_t baud); /* B0: none */
uint32_t about_baud(speed_t speed); /* 0: none */

#endif
