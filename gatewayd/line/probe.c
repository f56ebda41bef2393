/* A short queue: those that wait, the one under way, answers to be told. */
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "probe_check.h"
#include "run.h"
#include "sink.h"

enum stage { WAITS, UNDER_WAY, ANSWERED };

struct probe {
	enum stage stage;
	struct lane *lane; /* NULL: none leads there */
	struct msg_probe q;
	struct msg_probed a;
};

struct probes {
	struct run *run;
	size_t n;
	struct probe list[PROBES_MAX]; /* the oldest first */
	/* The unit that each lane was asked last, while the queue lasts. */
	const struct lane *last_lane;
	uint8_t last_unit;
	struct msg out;
};

struct probes *
probes_new(struct run *borrow)
{
	struct probes *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->run = borrow;
	return p;
}

struct probes *
probes_free(struct probes *take)
{
	free(take);
	return NULL;
}

static void
answer(struct probe *x, enum probe_result result, const char *text)
{
	x->stage = ANSWERED;
	x->a.id = x->q.id;
	x->a.result = result;
	(void)snprintf(x->a.text, sizeof(x->a.text), "%s", text);
}

bool
probes_add(struct probes *p, const struct msg_probe *m)
{
	char why[MSG_LINE_TEXT_MAX] = "";
	struct probe *x = &p->list[p->n];

	if (p->n == PROBES_MAX)
		return false;
	p->n++;
	*x = (struct probe){.q = *m};
	x->lane = probe_lane(p->run, m, why, sizeof(why));
	if (p->run->stop_until > 0)
		answer(x, PROBE_REFUSED, "the line is stopping");
	else if (x->lane == NULL ||
		 !probe_allowed(x->lane, m, why, sizeof(why)))
		answer(x, PROBE_REFUSED, why);
	else
		x->lane->wants.until_us = 0;
	return true;
}

static struct probe *
first(struct probes *p, const struct lane *l, enum stage stage)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].lane == l && p->list[i].stage == stage)
			return &p->list[i];
	return NULL;
}

bool
probes_wait(struct probes *p, const struct lane *l)
{
	return first(p, l, WAITS) != NULL;
}

/* A late answer is told by its unit. Only when the same unit is asked again, or
 * whoever may answer, it must not be taken for the next one's: then the line is
 * quiet first. A search through all units asks each once, and loses no time. */
static bool
asks_again(struct probes *p, const struct probe *x)
{
	const struct probe *next = first(p, x->lane, WAITS);

	return (p->last_lane == x->lane && p->last_unit == x->q.unit) ||
	       (next != NULL && next->q.unit == x->q.unit);
}

void
probes_next(struct probes *p, const struct lane *l, struct probe_ask *out)
{
	struct probe *x = first(p, l, WAITS);
	const struct msg_probe *q = &x->q;
	bool coil = q->function == FC_WRITE_COIL;
	bool reads = q->function <= FC_READ_INPUT;

	x->stage = UNDER_WAY;
	*out = (struct probe_ask){.baud = q->baud,
	    .parity = (enum parity)q->parity,
	    .stop_bits = q->stop_bits,
	    .ask = {.req = {.unit = q->unit,
			.function = q->function,
			.addr = q->addr,
			.count = q->count,
			.words = reads ? NULL : q->words,
			.as_is = coil && q->words[0] > 1,
			.any_unit = probe_universal(l, q->unit)},
		.timeout_ms = q->timeout_ms,
		.quiet = asks_again(p, x) || probe_universal(l, q->unit),
		.stranger = !probe_known(l, q->unit)}};
	p->last_lane = l;
	p->last_unit = q->unit;
}

/* An exception is an answer, too, and its meaning is the asker's to say. */
static enum probe_result
result_of(enum bus_result result)
{
	switch (result) {
	case BUS_OK:
		return PROBE_OK;
	case BUS_EXCEPTION:
		return PROBE_EXCEPTION;
	case BUS_TIMEOUT:
		return PROBE_TIMEOUT;
	case BUS_NOISE:
		return PROBE_NOISE;
	default:
		return PROBE_PORT;
	}
}

void
probes_took(struct probes *p, const struct lane *l, enum bus_result result,
    const struct answer *a, uint8_t late)
{
	struct probe *x = first(p, l, UNDER_WAY);
	const char *text = a->hint;

	if (x == NULL)
		return;
	if (result == BUS_RECALLED) {
		x->stage = WAITS;
		return;
	}
	if (result == BUS_PORT && text[0] == '\0')
		text = "the port or connection was lost";
	answer(x, result_of(result), text);
	x->a.took_us =
	    result == BUS_OK || result == BUS_EXCEPTION ? a->took_us : 0;
	if (result == BUS_EXCEPTION)
		x->a.code = a->code;
	else if (result == BUS_NOISE)
		x->a.code = a->crc;
	else if (result == BUS_TIMEOUT)
		x->a.unit = late;
	if (result != BUS_OK && result != BUS_EXCEPTION)
		return;
	x->a.unit = a->unit;
	if (result != BUS_OK || x->q.function > FC_READ_INPUT)
		return;
	x->a.nwords = x->q.count;
	memcpy(x->a.words, a->words, x->q.count * sizeof(a->words[0]));
}

void
probes_failed(struct probes *p, const struct lane *l, enum probe_result result,
    const char *why)
{
	struct probe *x = first(p, l, UNDER_WAY);

	if (x != NULL)
		answer(x, result, why);
}

void
probes_port_gone(struct probes *p, const struct lane *l, const char *why)
{
	struct probe *x;

	while ((x = first(p, l, WAITS)) != NULL)
		answer(x, PROBE_PORT, why);
}

void
probes_stop(struct probes *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].stage == WAITS)
			answer(
			    &p->list[i], PROBE_REFUSED, "the line is stopping");
}

void
probes_tell(struct probes *p, struct sink *s, int fd)
{
	while (p->n > 0 && p->list[0].stage == ANSWERED) {
		p->out.kind = MSG_PROBED;
		p->out.probed = p->list[0].a;
		if (!sink_send(s, fd, &p->out))
			return;
		p->n--;
		memmove(&p->list[0], &p->list[1], p->n * sizeof(p->list[0]));
	}
}
