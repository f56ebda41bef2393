/* Builds the farm from the site file; see field.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "about.h"
#include "arena.h"
#include "field.h"
#include "machine.h"
#include "nature.h"
#include "site.h"
#include "snapshot.h"

static const int64_t TURNAROUND_NS = 5000000;

int64_t
now_ns(void)
{
	struct timespec ts = {0};

	/* Cannot fail with this id. */
	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static struct site *
load(const struct farm_options *o, const char *file)
{
	char program[PATH_MAX + 16] = "";
	ssize_t n = readlink("/proc/self/exe", program, PATH_MAX);
	struct complaints *c = complaints_new();
	struct snapshot_paths paths = {
	    .site = file,
	    .profile_dirs = o->profile_dirs,
	    .nprofile_dirs = o->nprofile_dirs,
	    .plugin_dirs = o->plugin_dirs,
	    .nplugin_dirs = o->nplugin_dirs,
	};
	struct snapshot *s;
	struct site *site = NULL;

	while (n > 0 && program[n - 1] != '/')
		program[--n] = '\0';
	(void)snprintf(program + (n > 0 ? n : 0), 16, "gatewayd-line");
	if (access(program, X_OK) == 0)
		paths.line_program = program;
	s = snapshot_collect(&paths, c);
	if (s != NULL)
		site = site_parse(s, c);
	complaints_print(c, stderr);
	complaints_free(c);
	snapshot_free(s);
	return site;
}

/* The longest profile name that `type` begins with; false: there is none. */
static bool
base_profile(
    const struct farm_options *o, const char *type, char *out, size_t size)
{
	for (size_t n = strlen(type); n > 0; n--)
		for (size_t i = 0; i < o->nprofile_dirs; i++) {
			char path[PATH_MAX];
			(void)snprintf(path, sizeof(path), "%s/%.*s.yaml",
			    o->profile_dirs[i], (int)n, type);
			if (access(path, R_OK) != 0)
				continue;
			(void)snprintf(out, size, "%.*s", (int)n, type);
			return true;
		}
	return false;
}

/* A profile by name, through a site of one device: conf/ reads a profile for
 * the sake of a site, and the field should read it the same way. */
static struct site *
load_profile(const struct farm_options *o, const char *name)
{
	char path[64];
	struct site *site;
	int fd = memfd_create("profile", MFD_CLOEXEC);

	if (fd == -1 || fchmod(fd, 0600) == -1) /* else conf/ warns of it */
		return NULL;
	(void)dprintf(fd,
	    "gateway: {id: sim, timezone: UTC}\n"
	    "lines:\n  a:\n    transport: tcp\n    host: 127.0.0.1\n"
	    "    devices: {d: {type: %s, unit: 1, every: 1min}}\n",
	    name);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	site = load(o, path);
	(void)close(fd);
	return site;
}

static const struct device_type *
map_of(struct farm *f, const struct farm_options *o,
    const struct device_type *type)
{
	static const struct device_type nothing = {.name = "nothing",
	    .registers_per_read = 125,
	    .coils_per_read = 2000};
	char name[128];
	struct site *site;

	if (!type->plugin)
		return type;
	if (!base_profile(o, type->name, name, sizeof(name)) ||
	    f->nextra == sizeof(f->extra) / sizeof(f->extra[0]))
		return &nothing;
	site = load_profile(o, name);
	if (site == NULL || site->nlines == 0 || site->lines[0].ndevices == 0)
		return &nothing;
	f->extra[f->nextra++] = site;
	return site->lines[0].devices[0].type;
}

static bool
can_write(const struct point_type *t)
{
	return t->writable || t->kind == KIND_OUTPUT || t->kind == KIND_SETTING;
}

static void
build_points(struct sim_device *d, struct arena *arena)
{
	d->npoints = d->map->npoints;
	d->points = arena_array(arena, d->npoints, sizeof(*d->points));
	for (size_t i = 0; i < d->npoints; i++) {
		const struct point_type *t = &d->map->points[i];
		struct sim_point *p = &d->points[i];
		p->type = t;
		p->drive = can_write(t) ? DRIVE_MASTER : DRIVE_NATURE;
		(void)snprintf(
		    p->path, sizeof(p->path), "%s/%s", d->path, t->name);
		for (unsigned r = 0; r < t->count; r++) {
			bank_set(d->bank, t->table, t->addr + r, 0);
			if (can_write(t))
				bank_allow_write(
				    d->bank, t->table, t->addr + r);
		}
	}
}

/* Where the profile says that holes may be read over, they read as 0. */
static void
fill_gaps(struct sim_device *d)
{
	for (size_t i = 0; i < d->npoints; i++)
		for (size_t k = 0; k < d->npoints; k++) {
			const struct point_type *a = d->points[i].type;
			const struct point_type *b = d->points[k].type;
			unsigned end = a->addr + a->count;
			if (a->table != b->table || b->addr < end ||
			    b->addr - end > d->map->bridge_gaps)
				continue;
			for (unsigned r = end; r < b->addr; r++)
				if (!bank_has(d->bank, a->table, r, 1))
					bank_set(d->bank, a->table, r, 0);
		}
}

static void
build_device(struct farm *f, const struct farm_options *o, struct sim_line *l,
    const struct device *conf, struct sim_device *d)
{
	d->name = conf->name;
	d->path = conf->path;
	d->conf = conf;
	d->line = l;
	d->unit = conf->unit;
	d->map = map_of(f, o, conf->type);
	d->registers_per_read = d->map->registers_per_read;
	d->coils_per_read = d->map->coils_per_read;
	d->turnaround_ns = TURNAROUND_NS;
	d->has_timers = strncmp(d->map->name, "waveshare-relay", 15) == 0;
	d->faults.rng = ((o->seed + 1) * 2654435761u + conf->series) *
			    2862933555777941757u |
			1;
	d->bank = bank_new();
	build_points(d, f->arena);
	fill_gaps(d);
	machine_build(d);
	about_build(d);
}

/* Probe k of a line is wetted by the k-th output of any relay board. */
static void
lay_drip(struct farm *f)
{
	for (size_t l = 0; l < f->nlines; l++) {
		size_t probe = 0;
		for (size_t i = 0; i < f->lines[l].ndevices; i++)
			probe += farm_wet_by_position(
			    f, &f->lines[l].devices[i], probe);
	}
}

struct farm *
farm_new(const struct farm_options *o)
{
	struct site *site = load(o, o->site);
	struct arena *arena;
	struct farm *f;

	if (site == NULL)
		return NULL;
	arena = arena_new();
	f = arena_alloc(arena, sizeof(*f));
	f->arena = arena;
	f->site = site;
	f->started = now_ns();
	f->exact = o->exact;
	f->nlines = site->nlines;
	f->lines = arena_array(arena, f->nlines, sizeof(*f->lines));
	for (size_t i = 0; i < f->nlines; i++) {
		struct sim_line *l = &f->lines[i];
		const struct line *conf = &site->lines[i];
		l->name = conf->name;
		l->conf = conf;
		l->farm = f;
		l->ndevices = conf->ndevices;
		l->devices =
		    arena_array(arena, l->ndevices, sizeof(*l->devices));
		for (size_t k = 0; k < l->ndevices; k++)
			build_device(
			    f, o, l, &conf->devices[k], &l->devices[k]);
	}
	lay_drip(f);
	nature_begin(f, o->speed, o->seed, f->started);
	return f;
}

struct farm *
farm_free(struct farm *f)
{
	if (f == NULL)
		return NULL;
	for (size_t l = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++)
			bank_free(f->lines[l].devices[i].bank);
	for (size_t i = 0; i < f->nextra; i++)
		site_free(f->extra[i]);
	site_free(f->site);
	arena_free(f->arena);
	return NULL;
}
