/*
 * What a reading costs on its way through core and through an uplink, without
 * processes, sockets or a broker around it:
 *
 *   rows FOLDER READINGS
 *
 * hands frames of 20 readings, as a line with a hundred devices sends them, to
 * core's own code until all are in FOLDER/rows.db, then reads them back and
 * writes the messages as an uplink does. Prints {"core": us a reading,
 * "uplink": us a reading, "messages": ..., "bytes": ...}; the times are those
 * of the processor.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backlog.h"
#include "core.h"
#include "dispatch.h"
#include "json.h"
#include "mono.h"

enum { DEVICES = 100, POINTS = 20 };

static double
used_us(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u); /* cannot fail */
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

struct rows {
	struct device_type type;
	struct point_type names[POINTS];
	struct point points[POINTS];
	struct device devices[DEVICES];
	char text[POINTS + DEVICES][24];
	struct line line;
	struct site site;
	struct options opt;
	struct core core;
	struct msg in, out;
};

static int
build(struct rows *b, const char *path)
{
	static char none[] = "";
	struct epoch e = {.boot = "rows", .state = EPOCH_KNOWN};

	for (size_t i = 0; i < POINTS; i++) {
		(void)snprintf(b->text[i], sizeof(b->text[i]), "r%zu", i);
		b->names[i].name = b->text[i];
		b->points[i].type = &b->names[i];
	}
	b->type.points = b->names;
	b->type.npoints = POINTS;
	for (size_t i = 0; i < DEVICES; i++) {
		char *name = b->text[POINTS + i];
		(void)snprintf(name, sizeof(b->text[0]), "plain/d%03zu", i);
		b->devices[i] = (struct device){.path = name,
		    .name = name + 6,
		    .type = &b->type,
		    .points = b->points,
		    .series = (uint32_t)(i * POINTS)};
	}
	b->line = (struct line){
	    .name = "plain", .devices = b->devices, .ndevices = DEVICES};
	b->site = (struct site){.id = "rows",
	    .lines = &b->line,
	    .nlines = 1,
	    .nseries = DEVICES * POINTS};
	b->opt.paths.uplink_program = none;
	b->core.opt = &b->opt;
	b->core.site = &b->site;
	b->core.journal = journal_new(path, 5000, QUEUE_MAX);
	if (b->core.journal == NULL || core_site(&b->core) != 0 ||
	    journal_epoch(b->core.journal, &e, true) != 0 ||
	    journal_open(b->core.journal, 1) != STORE_OK)
		return -1;
	b->core.children[0].state = CHILD_READY;
	return 0;
}

/* One poll of one device, as its line tells of it. */
static void
poll_of(struct msg *m, uint32_t device, int64_t at)
{
	m->kind = MSG_READINGS;
	m->readings.n = POINTS;
	for (uint32_t i = 0; i < POINTS; i++)
		m->readings.r[i] =
		    (struct reading){.series = device * POINTS + i,
			.boot_ms = at,
			.value = i % 2 ? value_real((double)(at % 7000) / 10)
				       : value_int(at % 5000 + i)};
}

static double
core_side(struct rows *b, long readings)
{
	uint8_t frame[MSG_MAX];
	char why[200];
	double used = 0, before;

	for (long done = 0; done < readings; done += POINTS) {
		long at = done / POINTS;
		poll_of(&b->in, (uint32_t)(at % DEVICES), 1000 + at / DEVICES);
		ssize_t n = msg_encode(&b->in, frame, sizeof(frame));
		before = used_us();
		if (msg_decode(frame, (size_t)n, &b->out) != 0 ||
		    dispatch(&b->core, b->core.children, &b->out, why,
			sizeof(why)) != 0)
			return -1;
		(void)journal_step(b->core.journal, mono_ms());
		used += used_us() - before;
	}
	before = used_us();
	journal_flush(b->core.journal, mono_ms());
	return used + used_us() - before;
}

static double
uplink_side(const char *path, uint64_t last, uint64_t *messages, size_t *bytes)
{
	struct backlog *b = backlog_new(path, "county");
	static struct window w;
	const struct stored *rows;
	double before = used_us();
	size_t n, len;

	if (b == NULL || !backlog_ready(b, &w))
		return -1;
	while ((n = backlog_next(b, &w, last, &rows)) > 0) {
		char *text = rows->is_event ? json_event(rows, &len)
					    : json_readings(rows, n, &len);
		window_sent(&w, 1, rows[0].seq, rows[n - 1].seq);
		w.n = 0; /* its PUBACK, at once */
		++*messages;
		*bytes += len;
		free(text);
	}
	before = used_us() - before;
	(void)backlog_free(b);
	return before;
}

int
main(int argc, char **argv)
{
	struct rows *b = calloc(1, sizeof(*b));
	long readings = argc == 3 ? atol(argv[2]) : 0;
	uint64_t messages = 0;
	size_t bytes = 0;
	char path[512];
	double core, uplink;

	if (b == NULL || readings < POINTS)
		return 2;
	(void)snprintf(path, sizeof(path), "%s/rows.db", argv[1]);
	if (access(path, F_OK) == 0 || build(b, path) != 0)
		return 2;
	core = core_side(b, readings);
	struct journal_view v = journal_view(b->core.journal);
	uplink = uplink_side(path, v.seq, &messages, &bytes);
	if (core < 0 || uplink < 0 || v.dropped > 0 ||
	    v.seq < (uint64_t)readings)
		return 1;
	(void)printf("{\"core\": %.3f, \"uplink\": %.3f, \"messages\": %" PRIu64
		     ", \"bytes\": %zu}\n",
	    core / (double)readings, uplink / (double)readings, messages,
	    bytes);
	return 0;
}
