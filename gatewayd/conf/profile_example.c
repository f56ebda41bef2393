/*
 * examples: a manual's frames and what they mean, which is the profile's own
 * test. That the frames are frames is seen here; whether they mean what they
 * are said to is for device/example.h.
 */
#include <string.h>

#include "crc.h"
#include "profile_part.h"

enum { EXAMPLES = 32, FRAMES = 32, BYTES = 256, HEAD = 8 };

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of two digits each up to `stop` or the end. How many; 0 and told. */
static size_t
read_bytes(struct ctx *x, const struct node *n, size_t *at, char stop,
    uint8_t out[BYTES])
{
	const char *s = n->text;
	size_t count = 0;

	for (;; *at += 2) {
		while (s[*at] == ' ')
			++*at;
		if (!s[*at] || s[*at] == stop)
			break;
		int high = hex_digit(s[*at]);
		int low = high < 0 ? -1 : hex_digit(s[*at + 1]);
		if (low < 0) {
			complain(x->c, node_mark(n, *at),
			    "a frame is bytes of two hexadecimal digits: 01 03 "
			    "00 00 00 03 05 CB > 01 03 06 ...");
			return 0;
		}
		if (count == BYTES) {
			complain(x->c, node_mark(n, *at),
			    "a frame has at most %d bytes", BYTES);
			return 0;
		}
		out[count++] = (uint8_t)(high << 4 | low);
	}
	return count;
}

/* The checksum of a frame whose last byte ends before `end`. */
static bool
check_crc(struct ctx *x, const struct node *n, size_t end, const char *what,
    const uint8_t *bytes, size_t count)
{
	uint16_t right = count > 2 ? crc16(bytes, count - 2) : 0;

	if (count < 4) {
		complain(x->c, n->at,
		    "the %s has %zu bytes; a frame has a unit, a function and "
		    "at the end two bytes of CRC",
		    what, count);
		return false;
	}
	if (bytes[count - 2] == (right & 0xFF) &&
	    bytes[count - 1] == right >> 8)
		return true;
	while (end && n->text[end - 1] == ' ')
		end--;
	complain(x->c, node_mark(n, end < 5 ? 0 : end - 5),
	    "the CRC of the %s is %02X %02X, but these bytes have %02X %02X; "
	    "when the rest is as printed, write that and say so in `from`",
	    what, bytes[count - 2], bytes[count - 1], right & 0xFF, right >> 8);
	return false;
}

/* Whether the answer is one to the request: a read of registers or bits. */
static bool
check_pair(struct ctx *x, const struct node *n, const uint8_t *ask, size_t nask,
    const uint8_t *got, size_t ngot)
{
	unsigned count = nask == HEAD ? (unsigned)ask[4] << 8 | ask[5] : 0;
	size_t want = ask[1] <= 2 ? (count + 7) / 8 : (size_t)count * 2;

	if (nask != HEAD || ask[1] < 1 || ask[1] > 4 || !count ||
	    want + 5 > BYTES)
		complain(x->c, n->at,
		    "the request is no read: a unit, a function 1 to 4, an "
		    "address, a count and the CRC are 8 bytes");
	else if (got[0] != ask[0] || got[1] != ask[1])
		complain(x->c, n->at,
		    "unit %u and function %u are asked, unit %u and function "
		    "%u answer",
		    ask[0], ask[1], got[0], got[1]);
	else if (ngot != want + 5 || got[2] != want)
		complain(x->c, n->at,
		    "%u %s are asked, so that the answer has %zu bytes of "
		    "data; this says %u and has %zu",
		    count, ask[1] <= 2 ? "bits" : "registers", want, got[2],
		    ngot - 5 < ngot ? ngot - 5 : 0);
	else
		return true;
	return false;
}

static bool
read_frames(struct ctx *x, const struct node *n, struct example_frames *out)
{
	uint8_t ask[BYTES] = {0}, got[BYTES] = {0}, *kept;
	size_t at = 0, middle, nask, ngot;
	const char *text = NULL;

	if (!read_text(x, n, "a frame", &text))
		return false;
	if (!(nask = read_bytes(x, n, &at, '>', ask)) && n->text[at] != '>')
		return false;
	middle = at;
	if (n->text[at] != '>' || !nask) {
		complain(x->c, n->at,
		    "a request and its answer stand on either side of `>`: 01 "
		    "03 00 00 00 03 05 CB > 01 03 06 ...");
		return false;
	}
	at++;
	if (!(ngot = read_bytes(x, n, &at, '\0', got)) && n->text[at])
		return false;
	if (!check_crc(x, n, middle, "request", ask, nask) ||
	    !check_crc(x, n, at, "answer", got, ngot) ||
	    !check_pair(x, n, ask, nask, got, ngot))
		return false;
	kept = arena_array(x->mem, nask + ngot, 1);
	memcpy(kept, ask, nask);
	memcpy(kept + nask, got, ngot);
	*out = (struct example_frames){kept, kept + nask, nask, ngot};
	return true;
}

static void
read_readings(struct ctx *x, const struct node *n, const struct device_type *t,
    struct example *e)
{
	struct example_reading *list;

	if (!read_map(x, n, "readings", NULL))
		return;
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next) {
		struct example_reading *r = &list[e->nreadings];
		const struct point_type *p =
		    read_point_of(x, t, k->key_at, "the example", k->key);
		if (!p || !read_text(x, k, "a reading", &r->text))
			continue;
		r->point = (uint16_t)(p - t->points);
		e->nreadings++;
		if (p->kind == KIND_PART)
			complain(x->c, k->key_at,
			    "`%s` is a part and has no readings; name the "
			    "point with the formula",
			    k->key);
	}
	e->readings = list;
}

static void
read_example(struct ctx *x, const struct node *n, const struct device_type *t,
    struct example *e)
{
	static const char *const keys[] = {"from", "frames", "readings", NULL};
	const struct node *from, *frames, *readings;
	struct example_frames *list;

	e->line = n->at.line;
	if (!read_map(x, n, "an example", keys))
		return;
	if ((from = node_get(n, "from")))
		(void)read_prose(x, from, "from", &e->from);
	frames = read_need(x, n, "the example", "frames");
	readings = read_need(x, n, "the example", "readings");
	if (readings)
		read_readings(x, readings, t, e);
	if (!frames || !read_list(x, frames, "frames"))
		return;
	if (frames->n < 1 || frames->n > FRAMES) {
		complain(x->c, frames->at, "frames has %zu; write 1 to %d",
		    frames->n, FRAMES);
		return;
	}
	list = arena_array(x->mem, frames->n, sizeof(*list));
	for (const struct node *k = frames->first; k; k = k->next)
		if (read_frames(x, k, &list[e->nframes]))
			e->nframes++;
	e->frames = list;
}

void
profile_examples_read(
    struct ctx *x, const struct node *root, struct device_type *t)
{
	const struct node *n = node_get(root, "examples");
	struct example *list;

	if (!n || !read_list(x, n, "examples"))
		return;
	if (n->n > EXAMPLES) {
		complain(x->c, n->at, "%zu examples; write at most %d", n->n,
		    EXAMPLES);
		return;
	}
	list = arena_array(x->mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		read_example(x, k, t, &list[t->nexamples++]);
	t->examples = list;
}
