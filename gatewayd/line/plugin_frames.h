/*
 * The frames of a plugin's examples: whole RTU frames as a manual prints them,
 * "REQUEST > ANSWER", each found by its request once.
 */
#ifndef PLUGIN_FRAMES_H
#define PLUGIN_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "read.h"
#include "reply.h"

enum { FRAMES_MAX = 64 };

struct frame {
	const struct node *node; /* where it stands */
	uint8_t request[FRAME_MAX], answer[FRAME_MAX];
	size_t nrequest, nanswer; /* no answer: the device was silent */
	uint32_t pause_ms;        /* "pause 500ms": instead of a frame */
	bool used;
};

struct frames {
	struct frame f[FRAMES_MAX];
	size_t n;
};

/* A list of frames with right checksums; false with complaints, which say the
 * right ones. */
bool frames_read(struct ctx *x, const struct node *list, struct frames *out);

/* The first not yet used of this request, now used; or NULL. */
struct frame *frames_find(struct frames *f, const uint8_t *request, size_t n);

/* "01 03 00 00": hex, cut when there is no room. */
const char *frame_text(const uint8_t *bytes, size_t n, char *out, size_t size);

#endif
