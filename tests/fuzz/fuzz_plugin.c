/*
 * A plugin that returns any bytes at all: whatever guard lets through keeps the
 * promises that the rest of the line builds on.
 *
 * Input: a byte that says what (operations and what for, samples, tables), one
 * the count, then the memory of what the plugin "returned".
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 8 };

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
must_be_said(int r, const char *why, size_t size)
{
	must(memchr(why, '\0', size) != NULL);
	must(r == 0 || why[0] != '\0');
}

/* It becomes a frame that keeps the limits, and is one of what the op says. */
static void
must_be_sent(const struct gw_op *op)
{
	static const uint8_t written[] = {5, 6, 15, 16, 22};
	uint8_t bytes[GW_WORDS_MAX], frame[FRAME_MAX];
	struct request q;

	must(op_request(op, 1, bytes, &q) == (op->op != GW_PAUSE));
	if (op->op == GW_PAUSE)
		return;
	size_t n = request_frame(&q, frame);
	must(n >= 4 && request_answer_len(&q) <= FRAME_MAX);
	bool writes = memchr(written, frame[1], sizeof(written)) != NULL;
	bool reads = frame[1] >= 1 && frame[1] <= 4;
	must(writes == (op->op == GW_WRITE));
	must(reads == (op->op == GW_READ));
	if (op->op == GW_READ || op->op == GW_WRITE)
		return;
	must(frame[1] == op->table && n == 4 + (size_t)op->addr);
	must(op->op == GW_RAW_WRITE || op->count > 0);
	must(request_answer_len(&q) == 4 + (size_t)op->count);
}

static void
feed_ops(const uint8_t *data, size_t size, int n, unsigned how)
{
	enum guard_list list = (enum guard_list)(how % 3);
	struct gw_op ops[CAP] = {0};
	char why[160] = "";

	memcpy(ops, data, size < sizeof(ops) ? size : sizeof(ops));
	unsigned minor = how / 3 % 3;
	int r = guard_ops(ops, n, CAP, list, minor, why, sizeof(why));
	must_be_said(r, why, sizeof(why));
	for (int i = 0; r == 0 && i < n; i++) {
		must(n <= CAP);
		must(list != GUARD_PLAN || !op_writes(&ops[i]));
		must(minor > 0 || ops[i].op <= GW_PAUSE);
		must(ops[i].flags == 0 || (minor > 1 && op_writes(&ops[i])));
		must(ops[i].op != GW_PAUSE || ops[i].count <= 1000);
		must_be_sent(&ops[i]);
	}
	if (r == 0 && n > 0 && list == GUARD_ENCODE)
		must(op_reads(&ops[n - 1]));
}

static void
feed_samples(
    const struct gw_device_type *t, const uint8_t *data, size_t size, int n)
{
	struct gw_sample in[CAP] = {0};
	struct plugin_sample out[CAP];
	char why[160] = "";

	memcpy(in, data, size < sizeof(in) ? size : sizeof(in));
	int r = guard_samples(t, in, n, CAP, out, why, sizeof(why));
	must_be_said(r, why, sizeof(why));
	for (int i = 0; r == 0 && i < n; i++) {
		const struct decoded *d = &out[i].d;
		must(n <= CAP && out[i].point < t->npoints);
		must((d->value.type == VALUE_NONE) ==
		     (d->quality == QUALITY_BAD));
		must((d->reason != REASON_NONE) == (d->quality == QUALITY_BAD));
		must(d->value.type != VALUE_REAL || isfinite(d->value.r));
		if (d->value.type == VALUE_TEXT) {
			must(memchr(d->value.text, '\0', VALUE_TEXT_MAX) !=
			     NULL);
			must(utf8_text(d->value.text));
		}
	}
}

/* The strings of a table are the input's bytes, each with its end. */
static void
feed_type(const uint8_t *data, size_t size)
{
	struct gw_device_type t = {.abi = GW_ABI, .size = sizeof(t)};
	struct gw_point point = {0};
	struct gw_key key = {0};
	char text[5][40] = {{0}}, why[400] = "";

	for (size_t i = 0; i < size && i < sizeof(text); i++)
		text[i / 40][i % 40] = i % 40 < 39 ? (char)data[i] : '\0';
	size_t used = size < sizeof(text) ? size : sizeof(text);
	data += used;
	size -= used;
	memcpy(&point.min, data, size < 28 ? size : 28);
	if (size > 28)
		memcpy(&key.min, data + 28, size - 28 < 32 ? size - 28 : 32);
	t.name = text[0];
	t.summary = text[1];
	point.name = text[2];
	point.unit = text[3];
	key.name = text[2];
	key.choices = text[4];
	t.points = &point;
	t.keys = &key;
	t.npoints = t.nkeys = 1;
	must_be_said(
	    guard_type(&t, "probe", why, sizeof(why)), why, sizeof(why));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gw_point points[] = {
	    {.name = "a", .max = 100, .flags = GW_RANGE},
	    {.name = "b"},
	    {.name = "c", .flags = GW_IS_TEXT},
	};
	static const struct gw_device_type type = {
	    .name = "probe", .points = points, .npoints = 3};

	if (size < 2)
		return 0;
	int n = (int8_t)data[1];
	switch (data[0] % 4) {
	case 0:
	case 1:
		feed_ops(
		    data + 2, size - 2, n, data[0] / 4u * 2 + data[0] % 4u);
		break;
	case 2:
		feed_samples(&type, data + 2, size - 2, n);
		break;
	default:
		feed_type(data + 2, size - 2);
		break;
	}
	return 0;
}
