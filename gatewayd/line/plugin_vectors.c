/*
 * Examples in turn. Each is a device of its own, or goes on with the one before
 * (`continue: yes`), some time later (`after`), or after a restart.
 */
#include "plugin_vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin_play.h"

enum { KEPT = 64, BOOT_AT = 4, HOUR_MS = 3600000 };

/* ---- a poll, a command, safe() ---- */

static int
play_poll(struct play *p)
{
	char why[200] = "";
	int n;

	(void)play_enter(p, CALL_PLAN);
	n = plugin_plan(p->d, p->cycle++, p->ops, GUARD_OPS, why, sizeof(why));
	play_leave(p);
	if (n < 0) {
		complain(p->x.c, p->example->at, "plan: %s", why);
		return -1;
	}
	return play_list(p, n, NULL) < 0 ? -1 : play_all_used(p, 0);
}

static int
confirmed(struct play *p, uint32_t point, double value)
{
	const struct node *no = node_get(p->example, "confirmed");
	bool should = true, is;

	if (no && !read_bool(&p->x, no, "confirmed", &should))
		return -1;
	is = p->has[point] && p->said[point].quality != QUALITY_BAD &&
	     value_number(&p->said[point].value) == value;
	if (is == should)
		return 0;
	complain(p->x.c, play_place(p, "command"),
	    is ? "what is read last confirms the command, against "
		 "`confirmed: no`"
	       : "what is read last does not confirm the command");
	return -1;
}

static int
encode(struct play *p, uint32_t point, double value, char *why, size_t size)
{
	struct calls *c = play_enter(p, CALL_ENCODE);
	int n;

	(void)snprintf(
	    c->name, sizeof(c->name), "%s", p->t->points[point].name);
	c->value = value;
	n = plugin_encode(p->d, point, value, p->ops, GUARD_OPS, why, size);
	play_leave(p);
	return n;
}

static int
play_command(struct play *p, const struct node *command)
{
	const struct node *refused = node_get(p->example, "refused");
	const struct node *what = command->first;
	int point = what && what->key ? play_point(p, what->key) : -1, n;
	char why[300] = "";
	size_t writes = 0;
	double value;

	p->tally->commands++;
	if (point < 0) {
		complain(p->x.c, command->at,
		    "a command is {POINT: VALUE}, of a point of %s",
		    p->t->name);
		return -1;
	}
	if (!read_real(&p->x, what, what->key, -1e300, 1e300, &value))
		return -1;
	n = encode(p, (uint32_t)point, value, why, sizeof(why));
	if (n < 0 && refused && strstr(why, refused->text))
		return 0;
	if (n < 0 || refused) {
		complain(p->x.c, command->at, "%s",
		    n < 0 ? why : "the plugin does not refuse it");
		return -1;
	}
	if (play_list(p, n, &writes) < 0 || play_all_used(p, writes) < 0)
		return -1;
	return confirmed(p, (uint32_t)point, value);
}

static int
play_safe(struct play *p, const struct node *list)
{
	size_t writes = 0;
	int n;

	p->tally->commands++;
	(void)play_enter(p, CALL_SAFE);
	n = plugin_safe(p->d, p->ops, GUARD_OPS);
	play_leave(p);
	if (n < 0) {
		complain(p->x.c, list->at, "its safe() breaks the contract");
		return -1;
	}
	return play_list(p, n, &writes) < 0 ? -1 : play_all_used(p, writes);
}

/* ---- an example ---- */

static struct plugin_device *
device_of(struct play *p, char *why, size_t size)
{
	struct plugin_device *d;

	(void)play_enter(p, CALL_INIT);
	d = plugin_device_of(p->plugin, p->settings, why, size);
	play_leave(p);
	return d;
}

/* The same device, after a restart of the gateway or of its machine. */
static int
restart(struct play *p, const struct node *how)
{
	static const char *const words[] = {"gateway", "machine", NULL};
	struct plugin_device *old = p->d;
	char why[200] = "";
	uint8_t kept[KEPT];
	unsigned machine;
	size_t n;

	if (!read_word(&p->x, how, "restart", words, &machine))
		return -1;
	n = plugin_kept(old, kept);
	if (n > 0 && machine) {
		kept[BOOT_AT] ^= 1;
		p->now = HOUR_MS / 60;
	}
	p->d = device_of(p, why, sizeof(why));
	(void)plugin_device_free(old);
	if (p->d == NULL) {
		complain(p->x.c, how->at, "%s", why);
		return -1;
	}
	if (n > 0) {
		(void)play_enter(p, CALL_KEEP);
		plugin_keep(p->d, kept, n);
		play_leave(p);
	}
	return 0;
}

static int
begin(struct play *p)
{
	const struct node *refused = node_get(p->example, "refused");
	char why[300] = "";

	if (!play_settings(p))
		return -1;
	(void)plugin_device_free(p->d);
	p->cycle = 0;
	p->now = HOUR_MS;
	p->d = device_of(p, why, sizeof(why));
	if (p->d != NULL)
		return 0;
	if (refused && !node_get(p->example, "command") &&
	    strstr(why, refused->text))
		return 1;
	complain(p->x.c, p->example->at, "%s", why);
	return -1;
}

/* Goes on with the device of the example before. */
static int
go_on(struct play *p)
{
	const struct node *how = node_get(p->example, "restart");

	if (p->d != NULL && !node_get(p->example, "settings"))
		return how ? restart(p, how) : 0;
	complain(p->x.c, play_place(p, "continue"),
	    p->d ? "what goes on keeps its settings; leave one of the two out"
		 : "there is no example before to go on with");
	return -1;
}

/* Of its frames; the unit is the line's business, not the plugin's. */
static uint8_t
unit_of(const struct play *p)
{
	if (p->frames.n > 0)
		return p->frames.f[0].request[0];
	return p->writes.n > 0 && p->writes.f[0].nrequest > 0
		   ? p->writes.f[0].request[0]
		   : 1;
}

static int
play(struct play *p)
{
	const struct node *more = node_get(p->example, "continue");
	const struct node *after = node_get(p->example, "after");
	const struct node *command = node_get(p->example, "command");
	const struct node *safe = node_get(p->example, "safe");
	uint64_t later = 0;
	bool goes_on = false;
	int r;

	if ((more && !read_bool(&p->x, more, "continue", &goes_on)) ||
	    (after && !read_duration(&p->x, after, "after", 0,
			  UINT64_C(1) << 40, &later)) ||
	    !frames_read(&p->x, node_get(p->example, "frames"), &p->frames) ||
	    !frames_read(&p->x, safe ? safe : node_get(p->example, "writes"),
		&p->writes))
		return -1;
	r = goes_on ? go_on(p) : begin(p);
	if (r != 0)
		return r < 0 ? -1 : 0;
	p->now += (int64_t)later;
	memset(p->has, 0, sizeof(p->has));
	p->unit = unit_of(p);
	r = command ? play_command(p, command)
	    : safe  ? play_safe(p, safe)
		    : play_poll(p);
	return r < 0 ? -1 : play_readings(p);
}

/* Notes which example it is. */
static void
take_up(struct play *p, const struct node *n)
{
	const struct node *from = node_get(n, "from");
	struct vectors_tally *t = p->tally;

	p->example = n;
	t->examples++;
	t->line = n->at.line;
	(void)snprintf(
	    t->from, sizeof(t->from), "%s", from ? node_shown(from) : "");
	for (char *c = t->from; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

static void
play_all(struct play *p, const struct node *root)
{
	static const char *const top[] = {"plugin", "examples", NULL};
	static const char *const keys[] = {"from", "continue", "after",
	    "restart", "settings", "frames", "readings", "command", "writes",
	    "confirmed", "refused", "safe", NULL};
	const struct node *list;

	if (!read_map(&p->x, root, "the file", top) ||
	    !(list = read_need(&p->x, root, "the file", "examples")) ||
	    !read_list(&p->x, list, "examples"))
		return;
	for (const struct node *n = list->first; n; n = n->next) {
		take_up(p, n);
		if (!read_map(&p->x, n, "an example", keys) || play(p) < 0)
			p->tally->wrong++;
	}
}

/* The file's bytes into text; how many, or -errno. */
static ssize_t
slurp(const char *file, char *text, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1, len = 0;

	if (fd == -1)
		return -errno;
	while ((size_t)len < size &&
	       (n = read(fd, text + len, size - (size_t)len)) > 0)
		len += n;
	if (n == -1)
		len = -errno;
	(void)close(fd); /* only read from */
	return len;
}

static void
play_text(
    struct play *p, const char *file, const char *text, size_t len, FILE *to)
{
	const struct node *root;

	p->x = (struct ctx){arena_new(), complaints_new()};
	root = yaml_read(p->x.mem, file, text, len, p->x.c);
	if (root)
		play_all(p, root);
	if (complaints_errors(p->x.c) > 0 && p->tally->wrong == 0)
		p->tally->wrong = 1;
	complaints_print(p->x.c, to);
	(void)plugin_device_free(p->d);
	(void)complaints_free(p->x.c);
	(void)arena_free(p->x.mem);
}

int
vectors_play(const struct plugin *p, const char *file, FILE *to,
    struct vectors_tally *out)
{
	struct play *play = calloc(1, sizeof(*play));
	char *text = malloc(YAML_MAX + 1);
	ssize_t len = -ENOMEM;

	*out = (struct vectors_tally){0};
	if (play && text)
		len = slurp(file, text, YAML_MAX + 1);
	if (play && len >= 0) {
		play->plugin = p;
		play->t = plugin_type(p);
		play->tally = out;
		play_text(play, file, text, (size_t)len, to);
	}
	free(play);
	free(text);
	return len < 0 ? (int)len : 0;
}
