/*
 * One connection to a broker, over libmosquitto and inside the caller's loop:
 * the caller watches mqtt_fd() and calls mqtt_io() and, each second,
 * mqtt_misc(). A connection is made anew each time, so that renewed
 * certificates and passwords are picked up and nothing of an old session
 * lingers.
 */
#ifndef MQTT_H
#define MQTT_H

#include <stdbool.h>
#include <stddef.h>

#include "site.h"

struct mqtt;

struct mqtt_hooks { /* called from mqtt_io() and mqtt_misc() only */
	void (*online)(void *arg);
	void (*acked)(void *arg, int mid);
	void *arg;
};

struct mqtt_will { /* borrowed for the call */
	const char *topic, *payload;
	size_t len;
};

/* Which of a name's addresses. libmosquitto takes the first that does not fail
 * at once, so one that answers "refused" would hide the others. */
enum mqtt_via { MQTT_FIRST, MQTT_IPV4, MQTT_IPV6, MQTT_VIAS };

/* Begins to connect; NULL with the reason (a name that does not resolve, a
 * file that cannot be read). May take as long as the resolver does. */
struct mqtt *mqtt_open(const struct uplink *u, const struct broker *b,
    enum mqtt_via via, const char *client_id, const struct mqtt_will *will,
    const struct mqtt_hooks *hooks, char *why, size_t size);
/* Drops the connection at once: the broker then publishes the will. */
struct mqtt *mqtt_free(struct mqtt *take);
/* Says goodbye: no will. */
void mqtt_goodbye(struct mqtt *m);

int mqtt_fd(const struct mqtt *m); /* -1: gone */
bool mqtt_wants_write(const struct mqtt *m);
/* 0, or -1 with the reason: the connection is gone. */
int mqtt_io(
    struct mqtt *m, bool readable, bool writable, char *why, size_t size);
int mqtt_misc(struct mqtt *m, char *why, size_t size);
/* QoS 1; the message's number in *mid. 0 or -1 with the reason. */
int mqtt_publish(struct mqtt *m, const char *topic, const char *payload,
    size_t len, bool retain, int *mid, char *why, size_t size);

/* libmosquitto's own start and end, once a process. */
int mqtt_library_init(void);
void mqtt_library_done(void);

#endif
