/*
 * One example of a plugin's vectors being played: the device that it is of,
 * what the plugin wants to do, and what that led to. Inside the test of plugins
 * only. Complaints say where in the file.
 */
#ifndef PLUGIN_PLAY_H
#define PLUGIN_PLAY_H

#include "guard.h"
#include "plugin_frames.h"
#include "plugin_vectors.h"

struct play {
	struct ctx x;
	const struct plugin *plugin;
	const struct gw_device_type *t;
	double settings[GUARD_KEYS];
	struct plugin_device *d;
	uint32_t cycle;
	int64_t now;
	const struct node *example;
	struct frames frames, writes;
	uint8_t unit;
	/* What the example's reads said last of each point. */
	struct decoded said[GUARD_POINTS];
	bool has[GUARD_POINTS];
	struct gw_op ops[GUARD_OPS];
	struct plugin_sample samples[GUARD_POINTS];
	struct vectors_tally *tally;
};

/* Around each call of the plugin: which it is, for the tally. */
struct calls *play_enter(struct play *p, enum call_kind kind);
void play_leave(struct play *p);

/* The index of a point, or -1. */
int play_point(const struct play *p, const char *name);

/* The example's `settings:` and the defaults, into p->settings. */
bool play_settings(struct play *p);

/* Where a key of the example stands, or the example. */
struct mark play_place(const struct play *p, const char *key);

/* The first n of p->ops: reads are answered by p->frames and decoded. writes:
 * how far p->writes have come; NULL: there are none in such a list. 0, or -1
 * with a complaint. */
int play_list(struct play *p, int n, size_t *writes);
/* Whether nothing of the example is left over. */
int play_all_used(struct play *p, size_t writes);
/* Whether what was said of the points is what the example says. */
int play_readings(struct play *p);

#endif
