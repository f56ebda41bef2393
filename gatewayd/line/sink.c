/* Three rings, sized at start. */
#include "sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 64, RESULTS = 32 };

struct sink {
	struct reading *ring;
	size_t cap, first, n;
	struct msg_event events[EVENTS];
	size_t first_event, nevents;
	struct msg_result results[RESULTS];
	size_t first_result, nresults;
	uint64_t lost, lost_events;      /* not told yet */
	struct msg out;                  /* under construction */
	int (*ahead)(void *arg, int fd); /* sink_before(); NULL: nothing */
	void *ahead_arg;
};

struct sink *
sink_new(size_t nreadings)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->cap = nreadings > MSG_READINGS_MAX ? nreadings : MSG_READINGS_MAX;
	s->ring = calloc(s->cap, sizeof(*s->ring));
	return s->ring == NULL ? sink_free(s) : s;
}

struct sink *
sink_free(struct sink *take)
{
	if (take != NULL) {
		free(take->ring);
		free(take);
	}
	return NULL;
}

void
sink_reading(struct sink *s, const struct reading *r)
{
	if (s->n == s->cap) {
		s->first = (s->first + 1) % s->cap;
		s->n--;
		s->lost++;
	}
	s->ring[(s->first + s->n++) % s->cap] = *r;
}

void
sink_event(struct sink *s, enum event_kind kind, int64_t now,
    const char *subject, const char *fmt, ...)
{
	struct msg_event *e;
	va_list ap;

	if (s->nevents == EVENTS) {
		s->first_event = (s->first_event + 1) % EVENTS;
		s->nevents--;
		s->lost_events++;
	}
	e = &s->events[(s->first_event + s->nevents++) % EVENTS];
	*e = (struct msg_event){.kind = kind, .boot_ms = now};
	(void)snprintf(e->subject, sizeof(e->subject), "%s", subject);
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
}

void
sink_result(
    struct sink *s, uint64_t id, enum command_result result, const char *text)
{
	struct msg_result *r;

	if (s->nresults == RESULTS) {
		s->first_result = (s->first_result + 1) % RESULTS;
		s->nresults--;
	}
	r = &s->results[(s->first_result + s->nresults++) % RESULTS];
	*r = (struct msg_result){.id = id, .result = result};
	(void)snprintf(r->text, sizeof(r->text), "%s", text);
}

bool
sink_send(struct sink *s, int fd, const struct msg *m)
{
	return s->nevents == 0 && s->nresults == 0 && msg_send(fd, m) == 0;
}

static int
flush_events(struct sink *s, int fd)
{
	while (s->nevents > 0) {
		s->out.kind = MSG_EVENT;
		s->out.event = s->events[s->first_event];
		int rc = msg_send(fd, &s->out);
		if (rc != 0)
			return rc;
		s->first_event = (s->first_event + 1) % EVENTS;
		s->nevents--;
	}
	return 0;
}

static int
flush_results(struct sink *s, int fd)
{
	while (s->nresults > 0) {
		s->out.kind = MSG_RESULT;
		s->out.result = s->results[s->first_result];
		int rc = msg_send(fd, &s->out);
		if (rc != 0)
			return rc;
		s->first_result = (s->first_result + 1) % RESULTS;
		s->nresults--;
	}
	return 0;
}

int64_t
sink_due(const struct sink *s)
{
	if (s->n == 0)
		return INT64_MAX;
	return s->n >= MSG_READINGS_MAX
		   ? 0
		   : s->ring[s->first].boot_ms + SINK_WAIT_MS;
}

void
sink_before(struct sink *s, int (*ahead)(void *arg, int fd), void *arg)
{
	s->ahead = ahead;
	s->ahead_arg = arg;
}

static int
flush_readings(struct sink *s, int fd)
{
	int before = s->ahead != NULL ? s->ahead(s->ahead_arg, fd) : 0;

	if (before != 0)
		return before;
	while (s->n > 0) {
		struct msg_readings *r = &s->out.readings;

		s->out.kind = MSG_READINGS;
		r->n =
		    s->n > MSG_READINGS_MAX ? MSG_READINGS_MAX : (uint16_t)s->n;
		for (size_t i = 0; i < r->n; i++)
			r->r[i] = s->ring[(s->first + i) % s->cap];
		int rc = msg_send(fd, &s->out);
		if (rc != 0)
			return rc;
		s->first = (s->first + r->n) % s->cap;
		s->n -= r->n;
	}
	/* Begun anew, so that only as much memory is touched as is needed. */
	s->first = 0;
	return 0;
}

int
sink_flush(struct sink *s, int fd, int64_t now, const char *line, bool all)
{
	int rc = flush_events(s, fd);

	/* The reading that confirms a write comes before its result. */
	if (rc == 0 && (all || s->nresults > 0 || now >= sink_due(s)))
		rc = flush_readings(s, fd);
	if (rc == 0)
		rc = flush_results(s, fd);
	if (rc != 0 || (s->lost == 0 && s->lost_events == 0))
		return rc;
	sink_event(s, EVENT_LINE, now, line,
	    "%llu readings and %llu events were dropped, oldest first: the "
	    "core did not take them in time",
	    (unsigned long long)s->lost, (unsigned long long)s->lost_events);
	s->lost = s->lost_events = 0;
	return flush_events(s, fd);
}

size_t
sink_readings(const struct sink *s)
{
	return s->n;
}

bool
sink_take(struct sink *s, struct reading *out)
{
	if (s->n == 0)
		return false;
	*out = s->ring[s->first];
	s->first = (s->first + 1) % s->cap;
	s->n--;
	return true;
}

bool
sink_take_event(struct sink *s, struct msg_event *out)
{
	if (s->nevents == 0)
		return false;
	*out = s->events[s->first_event];
	s->first_event = (s->first_event + 1) % EVENTS;
	s->nevents--;
	return true;
}
