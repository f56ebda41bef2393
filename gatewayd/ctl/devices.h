/*
 * The devices of a status answer as tables: what all have, and every count of
 * those in trouble. Counts are since the line's process began.
 */
#ifndef DEVICES_H
#define DEVICES_H

#include <stdio.h>

struct json_t;

/* One row a device, and below it the counts of those in trouble. */
void devices_print(const struct json_t *lines, FILE *to);
/* One row a device with every count. */
void devices_print_all(const struct json_t *lines, FILE *to);

#endif
