/* What systemd is told. Does nothing where nobody listens. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1" ... */
void notify(const char *what);
void notify_status(const char *text);
/* With the time, as Type=notify-reload wants it. */
void notify_reloading(void);
/* Milliseconds between two signs of life; 0: none are wanted. */
int64_t notify_watchdog_ms(void);

#endif
