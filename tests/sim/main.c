/*
 * fieldsim: a farm to try a gateway on. Plays every line and device of a site
 * file, at the pace of the wires, with weather and with faults on request.
 * One thread, one poll loop.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "arena.h"
#include "build.h"
#include "control.h"
#include "field.h"
#include "nature.h"
#include "script.h"
#include "wire.h"

enum { LINES_MAX = 64, DIRS_MAX = 16 };

static const char usage_text[] =
    "usage: fieldsim --site FILE --dir DIR [option...]\n"
    "  --site FILE       the site to play\n"
    "  --dir DIR         where serial lines appear, as LINE.tty\n"
    "  --profiles DIR    device profiles; more than once: searched in turn\n"
    "  --plugins DIR     device plugins, likewise\n"
    "  --script FILE     what goes wrong, and when (tests/sim/README.md)\n"
    "  --speed N         weather and water run N times faster (1)\n"
    "  --seed N          of all that is left to chance (1)\n"
    "  --truth FILE      what was served, a JSON line a point a read\n"
    "  --frames FILE     what went over the wires, a JSON line a frame\n"
    "  --exact           serial lines keep time to some 20 us, at a cost\n"
    "  --control SOCKET  takes script statements while it runs\n";

struct program {
	struct farm *farm;
	struct script *script;
	struct control *control;
	int signals;
	struct pollfd *fds;
};

static int
usage(const char *what, const char *arg)
{
	(void)fprintf(stderr, "fieldsim: %s%s\n%s", what, arg, usage_text);
	return 2;
}

static bool
add_dir(const char **dirs, size_t *n, const char *dir)
{
	if (*n == DIRS_MAX)
		return false;
	dirs[(*n)++] = dir;
	return true;
}

static bool
take_option(struct farm_options *o, int c, const char *arg)
{
	char *end = NULL;

	switch (c) {
	case 's':
		o->site = arg;
		return true;
	case 'd':
		o->dir = arg;
		return true;
	case 'p':
		return add_dir(o->profile_dirs, &o->nprofile_dirs, arg);
	case 'g':
		return add_dir(o->plugin_dirs, &o->nplugin_dirs, arg);
	case 'x':
		o->script = arg;
		return true;
	case 't':
		o->truth = arg;
		return true;
	case 'f':
		o->frames = arg;
		return true;
	case 'e':
		o->exact = true;
		return true;
	case 'c':
		o->control = arg;
		return true;
	case 'n':
		o->speed = strtod(arg, &end);
		return *end == '\0' && o->speed > 0 && o->speed <= 1e6;
	case 'r':
		o->seed = strtoull(arg, &end, 10);
		return *end == '\0';
	default:
		return false;
	}
}

static int
take_options(int argc, char **argv, struct farm_options *o)
{
	static const struct option names[] = {
	    {"site", required_argument, NULL, 's'},
	    {"dir", required_argument, NULL, 'd'},
	    {"profiles", required_argument, NULL, 'p'},
	    {"plugins", required_argument, NULL, 'g'},
	    {"script", required_argument, NULL, 'x'},
	    {"speed", required_argument, NULL, 'n'},
	    {"seed", required_argument, NULL, 'r'},
	    {"truth", required_argument, NULL, 't'},
	    {"frames", required_argument, NULL, 'f'},
	    {"exact", no_argument, NULL, 'e'},
	    {"control", required_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'h' || c == 'v') {
			(void)fputs(
			    c == 'h' ? usage_text : build_version(), stdout);
			(void)fputs(c == 'h' ? "" : "\n", stdout);
			exit(0);
		}
		if (!take_option(o, c, optarg))
			return usage(
			    "this option is wrong: ", argv[optind - 1]);
	}
	if (optind < argc)
		return usage("what is this: ", argv[optind]);
	if (o->site == NULL || o->dir == NULL)
		return usage("--site and --dir are needed", "");
	return 0;
}

static int
open_lines(struct farm *f, const char *dir)
{
	for (size_t i = 0; i < f->nlines; i++) {
		struct sim_line *l = &f->lines[i];
		int r = wire_open(l, dir);
		if (r == -EADDRNOTAVAIL) {
			(void)fprintf(stderr,
			    "fieldsim: line %s: its host is not this machine; "
			    "write host: 127.0.0.1:PORT to simulate it\n",
			    l->name);
			return 1;
		}
		if (r < 0) {
			(void)fprintf(stderr, "fieldsim: line %s: %s\n",
			    l->name, strerror(-r));
			return 1;
		}
	}
	return 0;
}

static void
tell(const struct farm *f)
{
	for (size_t i = 0; i < f->nlines; i++) {
		const struct sim_line *l = &f->lines[i];
		(void)printf("%s: ", l->name);
		wire_describe(l, stdout);
		(void)printf("\n");
		for (size_t k = 0; k < l->ndevices; k++)
			(void)printf("  %s: unit %u, %s, %zu points\n",
			    l->devices[k].name, l->devices[k].unit,
			    l->devices[k].map->name, l->devices[k].npoints);
	}
	(void)printf("ready\n");
	(void)fflush(stdout);
}

static struct pollfd *
room_for_fds(const struct farm *f)
{
	size_t n = 1 + CONTROL_FDS_MAX;

	for (size_t i = 0; i < f->nlines; i++)
		n += wire_fds_max(&f->lines[i]);
	return arena_array(f->arena, n, sizeof(struct pollfd));
}

static bool
open_file(const char *path, FILE **out)
{
	if (path == NULL || (*out = fopen(path, "we")) != NULL)
		return true;
	(void)fprintf(stderr, "fieldsim: %s: %s\n", path, strerror(errno));
	return false;
}

static int
start(struct program *p, const struct farm_options *o)
{
	sigset_t set;
	int r;

	p->farm = farm_new(o);
	if (p->farm == NULL)
		return 1;
	if (p->farm->nlines > LINES_MAX) {
		(void)fprintf(stderr,
		    "fieldsim: %zu lines are too many; play %d at a time\n",
		    p->farm->nlines, LINES_MAX);
		return 1;
	}
	if (o->script && (p->script = script_load(p->farm, o->script)) == NULL)
		return 2;
	if (!open_file(o->truth, &p->farm->truth) ||
	    !open_file(o->frames, &p->farm->frames))
		return 1;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r = o->control ? control_open(o->control, &p->control) : 0;
	if (p->signals == -1 || r < 0) {
		(void)fprintf(stderr, "fieldsim: control socket %s: %s\n",
		    o->control ? o->control : "", strerror(r ? -r : errno));
		return 1;
	}
	if ((r = open_lines(p->farm, o->dir)) == 0)
		p->fds = room_for_fds(p->farm);
	return r;
}

static void
stop(struct program *p)
{
	for (size_t i = 0; p->farm && i < p->farm->nlines; i++)
		wire_close(&p->farm->lines[i]);
	if (p->farm && p->farm->truth)
		(void)fclose(p->farm->truth);
	if (p->farm && p->farm->frames)
		(void)fclose(p->farm->frames);
	control_free(p->control);
	script_free(p->script);
	farm_free(p->farm);
	if (p->signals != -1)
		(void)close(p->signals);
}

static int64_t
tick(struct program *p)
{
	int64_t now = now_ns(), next = nature_tick(p->farm, now), at;

	if (p->script && (at = script_tick(p->script, p->farm, now)) < next)
		next = at;
	for (size_t i = 0; i < p->farm->nlines; i++)
		if ((at = wire_tick(&p->farm->lines[i], now)) < next)
			next = at;
	if (p->farm->truth)
		(void)fflush(p->farm->truth); /* readers follow it */
	if (p->farm->frames)
		(void)fflush(p->farm->frames);
	return next;
}

static void
wait_until(struct pollfd *fds, size_t n, int64_t at)
{
	int64_t left = at - now_ns();
	struct timespec ts = {0};

	if (left > 0) {
		ts.tv_sec = (time_t)(left / 1000000000);
		ts.tv_nsec = (long)(left % 1000000000);
	}
	if (ppoll(fds, (nfds_t)n, &ts, NULL) <= 0)
		for (size_t i = 0; i < n; i++)
			fds[i].revents = 0;
}

static void
run(struct program *p)
{
	struct pollfd *fds = p->fds;
	struct farm *f = p->farm;

	for (;;) {
		size_t n = 1, ends[LINES_MAX] = {0}, control_end;
		int64_t next = tick(p), woken;

		fds[0] = (struct pollfd){.fd = p->signals, .events = POLLIN};
		if (p->control)
			n += control_fds(p->control, fds + n);
		control_end = n;
		for (size_t i = 0; i < f->nlines && i < LINES_MAX; i++) {
			n += wire_fds(&f->lines[i], fds + n);
			ends[i] = n;
		}
		wait_until(fds, n, next);
		woken = now_ns(); /* no later work may age what has come */
		if (fds[0].revents)
			return;
		n = control_end;
		for (size_t i = 0; i < f->nlines && i < LINES_MAX; i++)
			for (; n < ends[i]; n++)
				if (fds[n].revents)
					wire_ready(
					    &f->lines[i], &fds[n], woken);
		for (size_t i = 1; i < control_end; i++)
			if (fds[i].revents)
				control_ready(p->control, &fds[i], f, woken);
	}
}

int
main(int argc, char **argv)
{
	struct farm_options o = {.speed = 1, .seed = 1};
	struct program p = {.signals = -1};
	int r = take_options(argc, argv, &o);

	if (r != 0)
		return r;
	/* Characters are some 100 us apart; 50 us of slack would show. */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	if (o.exact) /* a matter of pace only: it may not be allowed */
		(void)sched_setscheduler(
		    0, SCHED_FIFO, &(struct sched_param){.sched_priority = 10});
	r = start(&p, &o);
	if (r == 0) {
		tell(p.farm);
		run(&p);
	}
	stop(&p);
	return r;
}
