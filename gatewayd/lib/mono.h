/*
 * Two clocks, never mixed. Deadlines, intervals and the time of a reading use
 * CLOCK_BOOTTIME: it counts on through suspend and no one can set it. The wall
 * clock may be wrong or jump; only the core asks it (core/clock).
 */
#ifndef MONO_H
#define MONO_H

#include <stdint.h>

/* Milliseconds, microseconds since this boot. */
int64_t mono_ms(void);
int64_t mono_us(void);

/* Milliseconds UTC since 1970, as the system believes them now. */
int64_t wall_ms(void);

/* Sleeps until mono_ms() reaches `until`, through signals. */
void mono_sleep_until(int64_t until);

#endif
