/* Frames written as hex. */
#include "plugin_frames.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAUSE_LONGEST_MS = 1000, SHORTEST = 4 };

const char *
frame_text(const uint8_t *bytes, size_t n, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && at + 4 < size; i++)
		at += (size_t)snprintf(
		    out + at, size - at, "%s%02X", i ? " " : "", bytes[i]);
	return out;
}

/* Pairs of hex digits up to `end`: how many bytes, or -1. */
static int
hex(const char *s, const char *end, uint8_t *out)
{
	int n = 0;

	while (s < end) {
		char pair[3] = {s[0], s + 1 < end ? s[1] : '\0', '\0'};

		if (isspace((unsigned char)*s)) {
			s++;
			continue;
		}
		if (!isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]) || n == FRAME_MAX)
			return -1;
		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
		s += 2;
	}
	return n;
}

static uint16_t
checksum(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xFFFF;

	while (n-- > 0) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc =
			    (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
	}
	return crc;
}

/* One side of the arrow. */
static bool
read_bytes(struct ctx *x, const struct node *n, const char *what,
    const char *from, const char *to, uint8_t *bytes, size_t *len)
{
	int got = hex(from, to, bytes);
	uint16_t right;

	if (got < SHORTEST) {
		complain(x->c, n->at,
		    "the %s is no frame; write its bytes as two hex digits "
		    "each, from the unit to the checksum",
		    what);
		return false;
	}
	*len = (size_t)got;
	if (frame_sound(bytes, *len))
		return true;
	right = checksum(bytes, *len - 2);
	complain(x->c, n->at,
	    "the checksum of the %s is %02X %02X, its bytes make %02X %02X",
	    what, bytes[got - 2], bytes[got - 1], right & 0xFFu, right >> 8);
	return false;
}

/* "pause 500ms" */
static bool
read_pause(const char *text, uint32_t *ms)
{
	static const char word[] = "pause ";
	unsigned long n;
	char *end;

	if (strncmp(text, word, sizeof(word) - 1) != 0)
		return false;
	n = strtoul(text + sizeof(word) - 1, &end, 10);
	if (n > PAUSE_LONGEST_MS || strcmp(end, "ms") != 0)
		return false;
	*ms = (uint32_t)n;
	return true;
}

static bool
read_frame(struct ctx *x, const struct node *n, struct frame *f)
{
	const char *text = n->kind == NODE_SCALAR ? n->text : "";
	const char *end = text + strlen(text), *arrow = strchr(text, '>');

	*f = (struct frame){.node = n};
	if (read_pause(text, &f->pause_ms))
		return true;
	if (!read_bytes(x, n, "request", text, arrow ? arrow : end, f->request,
		&f->nrequest))
		return false;
	if (arrow == NULL || arrow[1 + strspn(arrow + 1, " ")] == '\0')
		return true;
	return read_bytes(
	    x, n, "answer", arrow + 1, end, f->answer, &f->nanswer);
}

bool
frames_read(struct ctx *x, const struct node *list, struct frames *out)
{
	bool sound = true;

	out->n = 0;
	if (list == NULL)
		return true;
	if (!read_list(x, list, "frames"))
		return false;
	for (const struct node *n = list->first; n; n = n->next) {
		if (out->n == FRAMES_MAX) {
			complain(x->c, n->at,
			    "an example has at most %d frames; make two of it",
			    FRAMES_MAX);
			return false;
		}
		if (read_frame(x, n, &out->f[out->n]))
			out->n++;
		else
			sound = false;
	}
	return sound;
}

struct frame *
frames_find(struct frames *f, const uint8_t *request, size_t n)
{
	for (size_t i = 0; i < f->n; i++) {
		struct frame *one = &f->f[i];

		if (!one->used && one->nrequest == n &&
		    memcmp(one->request, request, n) == 0) {
			one->used = true;
			return one;
		}
	}
	return NULL;
}
