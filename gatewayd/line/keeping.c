/* A list of the points that have something to keep, made once. */
#include "keeping.h"

#include <stdbool.h>
#include <stdlib.h>

#include "device.h"
#include "log.h"

struct keeper {
	struct dev *dev;
	size_t point;
};

struct keeping {
	const struct line *line;
	struct dev *devs;
	struct keeper *keepers;
	size_t n;
	struct msg out; /* what waits for the channel, and was not sent yet */
};

/* A plugin keeps by its first point. */
static bool
keeps(const struct device_type *t, size_t point)
{
	return t->plugin ? point == 0 : t->points[point].accumulate;
}

static size_t
find_keepers(const struct line *line, struct dev *devs, struct keeper *out)
{
	size_t n = 0;

	for (size_t i = 0; i < line->ndevices; i++) {
		const struct device_type *t = line->devices[i].type;

		for (size_t p = 0; p < t->npoints; p++) {
			if (!keeps(t, p))
				continue;
			if (out != NULL)
				out[n] = (struct keeper){&devs[i], p};
			n++;
		}
	}
	return n;
}

struct keeping *
keeping_new(const struct line *line, struct dev *devs)
{
	struct keeping *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->line = line;
	k->devs = devs;
	k->n = find_keepers(line, devs, NULL);
	k->keepers = calloc(k->n + 1, sizeof(*k->keepers));
	if (k->keepers == NULL)
		return keeping_free(k);
	(void)find_keepers(line, devs, k->keepers);
	k->out.kind = MSG_KEPT;
	return k;
}

struct keeping *
keeping_free(struct keeping *take)
{
	if (take != NULL)
		free(take->keepers);
	free(take);
	return NULL;
}

void
keeping_take(struct keeping *k, const struct msg_kept *m)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t d = 0; d < k->line->ndevices; d++) {
			const struct device *conf = &k->line->devices[d];

			if (m->k[i].series - conf->series >=
			    conf->type->npoints)
				continue;
			if (!device_keep(&k->devs[d], &m->k[i]))
				log_info("%s: what was kept of it is of "
					 "another kind; it begins anew",
				    conf->path);
		}
}

static int
send_some(struct keeping *k, int fd)
{
	int rc = k->out.kept.n > 0 ? msg_send(fd, &k->out) : 0;

	if (rc == 0)
		k->out.kept.n = 0;
	return rc;
}

/* After a full channel all are asked again: one that waited may have changed
 * since. */
int
keeping_send(void *keeping, int fd)
{
	struct keeping *k = keeping;
	struct msg_kept *m = &k->out.kept;
	int rc = send_some(k, fd);

	for (size_t i = 0; rc == 0 && i < k->n; i++) {
		if (device_kept(
			k->keepers[i].dev, k->keepers[i].point, &m->k[m->n]))
			m->n++;
		if (m->n == KEPTS_MAX)
			rc = send_some(k, fd);
	}
	return rc == 0 ? send_some(k, fd) : rc;
}
