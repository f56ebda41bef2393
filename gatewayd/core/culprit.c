/* A short list: only those that crashed are in it. */
#include "culprit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core.h"
#include "jmake.h"
#include "log.h"
#include "page.h"

static struct plugin_file
file_of(const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) == -1)
		return (struct plugin_file){0};
	return (struct plugin_file){
	    .inode = st.st_ino, .size = st.st_size, .changed = st.st_mtim};
}

static bool
same_file(const struct plugin_file *a, const struct plugin_file *b)
{
	return a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static struct culprit *
find(const struct core *core, uint32_t line, const struct device_type *type)
{
	for (size_t i = 0; i < core->culprits.n; i++) {
		struct culprit *p = &core->culprits.list[i];

		if (p->line == line && p->type == type)
			return p;
	}
	return NULL;
}

bool
culprit_disabled(
    const struct core *core, uint32_t line, const struct device_type *type)
{
	const struct culprit *p = find(core, line, type);

	return p != NULL && p->disabled;
}

int
culprit_page(const struct core *core, uint32_t line)
{
	const struct line *l = &core->site->lines[line];
	uint8_t *crashes = calloc(l->ndevices + 1, 1);
	int fd;

	if (crashes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < l->ndevices; i++)
		if (culprit_disabled(core, line, l->devices[i].type))
			crashes[i] = CULPRIT_CRASHES;
	fd = page_new(crashes, l->ndevices);
	free(crashes);
	return fd;
}

const struct device *
culprit_of(const struct core *core, const struct child *c)
{
	const struct line *l;
	int64_t i = page_calling(c->page);

	if (c->role != ROLE_LINE || i < 0)
		return NULL;
	l = &core->site->lines[c->index];
	if ((uint64_t)i >= l->ndevices || !l->devices[i].type->plugin)
		return NULL;
	return &l->devices[i];
}

const char *
culprit_words(const struct device *d, char *out, size_t size)
{
	out[0] = '\0';
	if (d != NULL)
		(void)snprintf(out, size, " in plugin %s, called for %s",
		    d->type->name, d->path);
	return out;
}

static bool
has_outputs(const struct device_type *t)
{
	for (size_t i = 0; i < t->npoints; i++)
		if (t->points[i].kind == KIND_OUTPUT)
			return true;
	return false;
}

static void
disable(struct core *core, struct culprit *p, int64_t now)
{
	const struct line *l = &core->site->lines[p->line];

	p->disabled = true;
	p->seen = p->file;
	log_err("line %s: plugin %s disabled after %d crashes; put a better "
		"file in its place, reload or restart the gateway",
	    l->name, p->type->name, CULPRIT_CRASHES);
	journal_event(core->journal, EVENT_PLUGIN, now, l->name,
	    "plugin %.64s disabled after %d crashes within an hour, until its "
	    "file changes or the gateway is reloaded or restarted",
	    p->type->name, CULPRIT_CRASHES);
	for (size_t i = 0; i < l->ndevices; i++) {
		const struct device *d = &l->devices[i];

		if (d->type != p->type || !has_outputs(d->type))
			continue;
		log_err("%s: its plugin is disabled: nobody can close its "
			"outputs from here; close them by hand",
		    d->path);
		journal_event(core->journal, EVENT_OUTPUT, now, d->path,
		    "alarm: its plugin is disabled after %d crashes; its "
		    "outputs cannot be made safe from here: close them by hand",
		    CULPRIT_CRASHES);
	}
}

/* Its place in the list; NULL: no memory. */
static struct culprit *
place(struct core *core, uint32_t line, const struct device_type *type)
{
	struct culprits *c = &core->culprits;
	struct culprit *p = find(core, line, type), *more;

	if (p != NULL)
		return p;
	more = reallocarray(c->list, c->n + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	c->list = more;
	p = &c->list[c->n++];
	*p = (struct culprit){.line = line, .type = type};
	return p;
}

void
culprit_count(struct core *core, const struct child *c, const struct device *d,
    int64_t now)
{
	struct plugin_file file;
	struct culprit *p;

	if (d == NULL)
		return;
	p = place(core, c->index, d->type);
	if (p == NULL || p->disabled)
		return;
	file = file_of(d->type->path);
	/* What another file did is forgotten. */
	if (!same_file(&file, &p->file))
		memset(p->at, 0, sizeof(p->at));
	p->file = file;
	memmove(p->at, p->at + 1, sizeof(p->at) - sizeof(p->at[0]));
	p->at[CULPRIT_CRASHES - 1] = now;
	if (p->at[0] > 0 && now - p->at[0] <= CULPRIT_SPAN_MS)
		disable(core, p, now);
}

/* The file is another one, and was it the last time too: nobody is still
 * copying it. */
static bool
renewed(struct culprit *p)
{
	struct plugin_file file = file_of(p->type->path);
	bool still = same_file(&file, &p->seen);

	p->seen = file;
	return still && file.inode != 0 && !same_file(&file, &p->file);
}

static void
enable(struct core *core, struct culprit *p, int64_t now)
{
	const char *line = core->site->lines[p->line].name;

	p->disabled = false;
	memset(p->at, 0, sizeof(p->at));
	core->children[p->line].renew = true;
	log_notice("line %s: the file of plugin %s changed: enabled again, the "
		   "line starts anew",
	    line, p->type->name);
	journal_event(core->journal, EVENT_PLUGIN, now, line,
	    "plugin %.64s enabled again, for its file changed; the line starts "
	    "anew",
	    p->type->name);
}

int64_t
culprit_step(struct core *core, int64_t now)
{
	struct culprits *c = &core->culprits;

	if (now < c->look)
		return c->n > 0 ? c->look : INT64_MAX;
	c->look = now + CULPRIT_LOOK_MS;
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].disabled && renewed(&c->list[i]))
			enable(core, &c->list[i], now);
	return c->n > 0 ? c->look : INT64_MAX;
}

struct json_t *
culprit_json(const struct core *core, uint32_t line, int64_t now)
{
	struct json_t *all = jmake_array();

	for (size_t i = 0; i < core->culprits.n; i++) {
		const struct culprit *p = &core->culprits.list[i];
		struct json_t *j;

		if (p->line != line || !p->disabled)
			continue;
		j = jmake_object();
		jmake_set_text(j, "plugin", p->type->name);
		jmake_set_int(j, "crashes", CULPRIT_CRASHES);
		jmake_set_int(j, "age_ms", now - p->at[CULPRIT_CRASHES - 1]);
		jmake_append(all, j);
	}
	return all;
}

void
culprits_done(struct culprits *c)
{
	free(c->list);
	*c = (struct culprits){0};
}
