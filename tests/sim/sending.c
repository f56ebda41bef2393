/* Frames with their faults and their pace; see sending.h. */
#include "sending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sending *
sending_new(int64_t start, int64_t step)
{
	struct sending *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)fputs("fieldsim: out of memory\n", stderr);
		exit(1);
	}
	s->start = start;
	s->step = step;
	s->pause_after = SIZE_MAX;
	return s;
}

static void
append(struct sending *s, const uint8_t *bytes, size_t n)
{
	if (n > SENDING_MAX - s->n)
		n = SENDING_MAX - s->n;
	memcpy(s->bytes + s->n, bytes, n);
	s->n += n;
}

static void
wrap(
    struct sending *out, const uint8_t *frame, size_t n, const struct strike *s)
{
	if (s->by[FAULT_STRAY])
		append(
		    out, s->by[FAULT_STRAY]->bytes, s->by[FAULT_STRAY]->nbytes);
	if (s->by[FAULT_PAUSE]) {
		out->pause_after = out->n + s->by[FAULT_PAUSE]->number;
		out->pause_ns = s->by[FAULT_PAUSE]->ns;
	}
	if (s->by[FAULT_HALF])
		n /= 2;
	else if (s->by[FAULT_DROP])
		n = 0;
	append(out, frame, n);
	if (s->by[FAULT_TRAIL])
		append(
		    out, s->by[FAULT_TRAIL]->bytes, s->by[FAULT_TRAIL]->nbytes);
	if (s->by[FAULT_DRIBBLE])
		out->step = s->by[FAULT_DRIBBLE]->ns;
	out->drop = s->by[FAULT_DROP] != NULL;
}

static uint8_t
answering_unit(unsigned unit, const struct strike *s)
{
	return (uint8_t)(s->by[FAULT_UNIT] ? s->by[FAULT_UNIT]->number : unit);
}

struct sending *
sending_rtu(unsigned unit, const struct answer *a, const struct strike *s,
    int64_t start, int64_t char_ns)
{
	struct sending *out = sending_new(start, char_ns);
	uint8_t frame[sizeof(a->pdu) + 3];
	size_t n = a->n + 1;

	frame[0] = answering_unit(unit, s);
	memcpy(frame + 1, a->pdu, a->n);
	n = frame_seal(frame, n);
	if (s->by[FAULT_CRC])
		frame[n - 1] ^= 0x5A;
	wrap(out, frame, n, s);
	return out;
}

struct sending *
sending_tcp(unsigned tid, unsigned unit, const struct answer *a,
    const struct strike *s, int64_t start)
{
	struct sending *out = sending_new(start, 0);
	uint8_t frame[sizeof(a->pdu) + MBAP_LEN];
	unsigned length = (unsigned)a->n + 1;

	set16(frame, tid + (s->by[FAULT_TID] ? 1 : 0));
	set16(frame + 2, s->by[FAULT_PROTOCOL] ? 1 : 0);
	set16(frame + 4, length + (s->by[FAULT_LENGTH] ? 4 : 0));
	frame[6] = answering_unit(unit, s);
	memcpy(frame + MBAP_LEN, a->pdu, a->n);
	wrap(out, frame, MBAP_LEN + a->n, s);
	return out;
}

struct sending *
sending_raw(const uint8_t *bytes, size_t n, int64_t start, int64_t step)
{
	struct sending *out = sending_new(start, step);

	append(out, bytes, n);
	return out;
}

int64_t
sending_due(const struct sending *s, size_t i)
{
	return s->start + (int64_t)(i + 1) * s->step +
	       (i >= s->pause_after ? s->pause_ns : 0);
}

int64_t
sending_end(const struct sending *s)
{
	return s->n == 0 ? s->start : sending_due(s, s->n - 1);
}

size_t
sending_ready(const struct sending *s, int64_t now)
{
	size_t i = s->sent;

	while (i < s->n && sending_due(s, i) <= now)
		i++;
	return i - s->sent;
}

void
sending_queue(struct sending **queue, struct sending *take)
{
	/* What has begun is not overtaken. */
	while (*queue != NULL &&
	       ((*queue)->sent > 0 || (*queue)->start <= take->start))
		queue = &(*queue)->next;
	take->next = *queue;
	*queue = take;
}

void
sending_pop(struct sending **queue, int64_t free_at)
{
	struct sending *first = *queue;

	*queue = first->next;
	free(first);
	if (*queue != NULL && (*queue)->start < free_at)
		(*queue)->start = free_at;
}

void
sending_clear(struct sending **queue)
{
	while (*queue != NULL)
		sending_pop(queue, 0);
}
