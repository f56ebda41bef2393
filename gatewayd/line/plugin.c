/*
 * dlopen(), and the calls into a plugin. The arrays a plugin fills have room
 * to spare behind their capacity, so that one that writes a little too far is
 * caught by its count rather than by a crash.
 */
#include "plugin.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"

enum { SAMPLES = GUARD_POINTS, SPARE = 8 };

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_head;
typedef Elf64_Phdr elf_part;
#else
typedef Elf32_Ehdr elf_head;
typedef Elf32_Phdr elf_part;
#endif

struct plugin {
	void *so;
	const struct gw_device_type *type;
};

struct plugin_device {
	struct plugin *plugin;
	const struct gw_device_type *t;
	void *state;
	struct gw_sample samples[SAMPLES + SPARE];
};

/* Whoever may write the file runs code as the gateway. */
static int
check_file(const char *path, char *why, size_t size)
{
	char copy[PATH_MAX];
	struct stat st;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (int i = 0; i < 2; i++) {
		const char *what = i ? dirname(copy) : path;
		if (stat(what, &st) == -1) {
			(void)snprintf(
			    why, size, "%.200s: %s", what, strerror(errno));
			return -1;
		}
		/* A sticky folder (/tmp) protects its files. */
		if (st.st_mode & S_IWOTH && !(i && st.st_mode & S_ISVTX)) {
			(void)snprintf(why, size,
			    "%.200s may be written by "
			    "everybody; chmod o-w it",
			    what);
			return -1;
		}
	}
	return 0;
}

/* A copy cut short: the loader would map what is not there and die of it. */
static int
check_whole(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), whole = 0;
	elf_head head;
	elf_part part;
	struct stat st;

	if (fd == -1) {
		(void)snprintf(why, size, "%.200s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    pread(fd, &head, sizeof(head), 0) == sizeof(head) &&
	    memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
	    head.e_phentsize == sizeof(part))
		whole = 1;
	for (unsigned i = 0; whole && i < head.e_phnum; i++) {
		uint64_t at = (uint64_t)head.e_phoff + i * sizeof(part);
		whole =
		    at < (uint64_t)st.st_size &&
		    pread(fd, &part, sizeof(part), (off_t)at) == sizeof(part) &&
		    (part.p_type != PT_LOAD ||
			(part.p_offset <= (uint64_t)st.st_size &&
			    part.p_filesz <=
				(uint64_t)st.st_size - part.p_offset));
	}
	(void)close(fd); /* only read from */
	if (whole)
		return 0;
	(void)snprintf(why, size,
	    "the file is no whole shared object of this "
	    "machine; copy it anew");
	return -1;
}

static int
check_type(struct plugin *p, const char *path, char *why, size_t size)
{
	char copy[PATH_MAX], *name, *dot;

	p->type = dlsym(p->so, "gw_device_type");
	if (!p->type) {
		(void)snprintf(why, size,
		    "it exports no gw_device_type; is it "
		    "a plugin of this gateway?");
		return -1;
	}
	(void)snprintf(copy, sizeof(copy), "%s", path);
	name = basename(copy);
	dot = strrchr(name, '.');
	if (dot)
		*dot = '\0';
	return guard_type(p->type, name, why, size);
}

struct plugin *
plugin_load(const char *path, char *why, size_t size)
{
	char real[PATH_MAX]; /* a bare name would be looked for elsewhere */
	struct plugin *p;

	if (!realpath(path, real)) {
		(void)snprintf(why, size, "%.200s: %s", path, strerror(errno));
		return NULL;
	}
	if (check_file(real, why, size) < 0 || check_whole(real, why, size) < 0)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p) {
		(void)snprintf(why, size, "out of memory");
		return NULL;
	}
	p->so = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!p->so) {
		(void)snprintf(why, size, "%s", dlerror());
		return plugin_free(p);
	}
	if (check_type(p, path, why, size) < 0)
		return plugin_free(p);
	return p;
}

struct plugin *
plugin_free(struct plugin *take)
{
	if (take && take->so)
		(void)dlclose(take->so); /* nothing to do about a failure */
	free(take);
	return NULL;
}

const struct gw_device_type *
plugin_type(const struct plugin *p)
{
	return p->type;
}

static int
same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static int
same_point(const struct gw_point *p, const struct point_type *d)
{
	int range = (p->flags & GW_RANGE) != 0;

	return same_text(p->name, d->name) && same_text(p->unit, d->unit) &&
	       p->kind == (uint32_t)d->kind &&
	       ((p->flags & GW_IS_TEXT) != 0) == d->text &&
	       ((p->flags & GW_WRITABLE) != 0) == d->writable &&
	       range == d->has_range &&
	       (!range || (p->min == d->min && p->max == d->max));
}

/* The site was checked against the description: the file must still be it. */
static int
still_as_described(
    const struct gw_device_type *t, const struct device_type *described)
{
	if (t->npoints != described->npoints || t->nkeys != described->nkeys)
		return 0;
	for (uint32_t i = 0; i < t->npoints; i++)
		if (!same_point(&t->points[i], &described->points[i]))
			return 0;
	for (uint32_t i = 0; i < t->nkeys; i++)
		if (!same_text(t->keys[i].name, described->keys[i].name) ||
		    t->keys[i].type != (uint32_t)described->keys[i].type)
			return 0;
	return 1;
}

struct plugin_device *
plugin_device_new(const struct device *conf, char *why, size_t size)
{
	struct plugin_device *d = calloc(1, sizeof(*d));
	struct gw_err err = {.key = -1};

	if (!d || !(d->plugin = plugin_load(conf->type->path, why, size)))
		return plugin_device_free(d);
	d->t = d->plugin->type;
	if (!still_as_described(d->t, conf->type)) {
		(void)snprintf(why, size,
		    "the plugin changed since the site "
		    "was checked; restart the gateway");
		return plugin_device_free(d);
	}
	d->state = calloc(1, d->t->state_size ? d->t->state_size : 1);
	if (!d->state) {
		(void)snprintf(why, size, "out of memory");
		return plugin_device_free(d);
	}
	if (d->t->init(d->state, conf->settings, &err) < 0) {
		err.text[sizeof(err.text) - 1] = '\0';
		(void)snprintf(why, size, "it refuses its settings%s%s: %s",
		    err.key >= 0 && (uint32_t)err.key < d->t->nkeys ? ", " : "",
		    err.key >= 0 && (uint32_t)err.key < d->t->nkeys
			? d->t->keys[err.key].name
			: "",
		    utf8_text(err.text) ? err.text : "no reason given");
		return plugin_device_free(d);
	}
	return d;
}

struct plugin_device *
plugin_device_free(struct plugin_device *take)
{
	if (take) {
		free(take->state);
		plugin_free(take->plugin);
	}
	free(take);
	return NULL;
}

static unsigned
minor_of(const struct plugin_device *d)
{
	return d->t->abi & 0xFFFF;
}

int
plugin_plan(struct plugin_device *d, uint32_t cycle, struct gw_op *ops, int cap,
    char *why, size_t size)
{
	int n, r;

	memset(ops, 0, (size_t)cap * sizeof(*ops));
	n = d->t->plan(d->state, cycle, ops, cap);
	r = guard_ops(ops, n, cap, GUARD_PLAN, minor_of(d), why, size);
	return r < 0 ? r : n;
}

int
plugin_decode(struct plugin_device *d, uint32_t span, const uint16_t *words,
    int count, struct plugin_sample *out, int cap, char *why, size_t size)
{
	int room = cap < SAMPLES ? cap : SAMPLES, n, r;

	memset(d->samples, 0, sizeof(d->samples));
	n = d->t->decode(d->state, span, words, count, d->samples, room);
	r = guard_samples(d->t, d->samples, n, room, out, why, size);
	return r < 0 ? r : n;
}

/* What nobody may ask of a plugin; NULL: it is asked. */
static const char *
objection(const struct gw_device_type *t, uint32_t point, double value)
{
	if (!t->encode || point >= t->npoints ||
	    !(t->points[point].flags & GW_WRITABLE))
		return "the plugin does not write it";
	return isfinite(value) ? NULL : "that is no number";
}

int
plugin_encode(struct plugin_device *d, uint32_t point, double value,
    struct gw_op *ops, int cap, char *why, size_t size)
{
	const char *no = objection(d->t, point, value);
	struct gw_err err = {.key = -1};
	char wrong[160];
	int n, r;

	if (no) {
		(void)snprintf(why, size, "%s", no);
		return -EINVAL;
	}
	memset(ops, 0, (size_t)cap * sizeof(*ops));
	n = d->t->encode(d->state, point, value, ops, cap, &err);
	err.text[sizeof(err.text) - 1] = '\0';
	if (n < 0) {
		(void)snprintf(why, size, "the plugin refuses it: %s",
		    err.text[0] && utf8_text(err.text) ? err.text
						       : "no reason given");
		return -EINVAL;
	}
	r = guard_ops(
	    ops, n, cap, GUARD_ENCODE, minor_of(d), wrong, sizeof(wrong));
	if (r == 0)
		return n;
	(void)snprintf(why, size, "the plugin's list is wrong: %s", wrong);
	return r;
}

int
plugin_safe(struct plugin_device *d, struct gw_op *ops, int cap)
{
	char why[160];
	int n, r;

	if (!d->t->safe)
		return 0;
	memset(ops, 0, (size_t)cap * sizeof(*ops));
	n = d->t->safe(d->state, ops, cap);
	r = guard_ops(ops, n, cap, GUARD_SAFE, minor_of(d), why, sizeof(why));
	return r < 0 ? r : n;
}

uint32_t
plugin_span(const struct plugin_device *d, uint32_t point)
{
	return point < d->t->npoints ? d->t->points[point].span : UINT32_MAX;
}
