/*
 * The bytes of the site and of what it names, collected once by core and read
 * by all. What could not be had is a part too, with the reason, so that the
 * one place that complains (site_parse) says the same in every program.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "describe_plugin.h"
#include "parts.h"
#include "suggest.h"
#include "types.h"

char *
collect_file(const char *path, size_t *len, int *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes = malloc(YAML_MAX + 1);
	size_t n = 0;
	ssize_t got = -1;

	*err = 0;
	if (fd == -1 || !bytes)
		*err = -errno;
	while (!*err && n <= YAML_MAX) {
		got = read(fd, bytes + n, YAML_MAX + 1 - n);
		if (got == -1 && errno != EINTR)
			*err = -errno;
		if (got == 0)
			break;
		if (got > 0)
			n += (size_t)got;
	}
	if (!*err && n > YAML_MAX)
		*err = -EFBIG;
	if (fd != -1)
		(void)close(fd); /* only read from */
	if (*err) {
		free(bytes);
		return NULL;
	}
	*len = n;
	return bytes;
}

/* The first DIR/NAME.EXT that is there, in out; false when none is. */
static bool
find(const char *const *dirs, size_t n, const char *name, const char *ext,
    char *out, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		int len = snprintf(out, size, "%s/%s.%s", dirs[i], name, ext);
		if (len > 0 && (size_t)len < size && access(out, F_OK) == 0)
			return true;
	}
	return false;
}

static void
add_plugin(struct snapshot *s, const struct snapshot_paths *p, const char *name,
    const char *file)
{
	char why[400] = "the program gatewayd-line is missing";
	size_t len = 0;
	char *text = p->line_program ? describe_plugin(p->line_program, file,
					   &len, why, sizeof(why))
				     : NULL;

	if (text)
		snapshot_add(s, PART_PLUGIN, name, file, text, len);
	else
		snapshot_add(s, PART_REFUSED, name, file, why, strlen(why));
	free(text);
}

static void
add_type(struct snapshot *s, const struct snapshot_paths *p, const char *name)
{
	char profile[PATH_MAX], plugin[PATH_MAX], why[2 * PATH_MAX + 64];
	bool is_profile = find(p->profile_dirs, p->nprofile_dirs, name, "yaml",
	    profile, sizeof(profile));
	bool is_plugin = find(p->plugin_dirs, p->nplugin_dirs, name, "so",
	    plugin, sizeof(plugin));
	size_t len = 0;
	int err = 0;

	if (is_profile && is_plugin) {
		(void)snprintf(why, sizeof(why),
		    "both %s and %s have this "
		    "name; rename one",
		    profile, plugin);
		snapshot_add(s, PART_REFUSED, name, profile, why, strlen(why));
	} else if (is_plugin) {
		add_plugin(s, p, name, plugin);
	} else if (is_profile) {
		char *bytes = collect_file(profile, &len, &err);
		if (bytes)
			snapshot_add(
			    s, PART_PROFILE, name, profile, bytes, len);
		else
			snapshot_add(s, PART_REFUSED, name, profile,
			    strerror(-err), strlen(strerror(-err)));
		free(bytes);
	} else {
		suggest_types(p, name, why, 500);
		snapshot_add(s, PART_REFUSED, name, "", why, strlen(why));
	}
}

/* What a profile's `extends:` names; "" when it extends nothing, or is too
 * wrong to tell: that is said later. */
static void
find_base(const struct part *p, char *out, size_t size)
{
	struct complaints *unheard = complaints_new();
	struct arena *mem = arena_new();
	const struct node *root =
	    yaml_read(mem, p->path, p->bytes, p->len, unheard);
	const struct node *n = root ? node_get(root, "extends") : NULL;

	out[0] = '\0';
	if (n && n->kind == NODE_SCALAR && type_name_ok(n->text))
		(void)snprintf(out, size, "%s", n->text);
	arena_free(mem);
	complaints_free(unheard);
}

void
snapshot_add_type(
    struct snapshot *s, const struct snapshot_paths *p, const char *name)
{
	char at[80];
	bool there = false; /* one that is there has its bases, too */

	(void)snprintf(at, sizeof(at), "%s", name);
	while (at[0] && !there && s->n < PARTS_MAX) {
		const struct part *part = snapshot_part(s, at);
		there = part && strcmp(at, name) != 0;
		if (!part)
			add_type(s, p, at);
		part = snapshot_part(s, at);
		at[0] = '\0';
		if (part->kind == PART_PROFILE)
			find_base(part, at, sizeof(at));
	}
}

/* Every `type:` of every device, each once; whatever is wrong with the rest
 * of the file is said later. */
static void
add_types(
    struct snapshot *s, const struct snapshot_paths *p, const struct node *root)
{
	const struct node *lines = node_get(root, "lines");

	for (const struct node *l = lines ? lines->first : NULL; l;
	     l = l->next) {
		const struct node *devices = node_get(l, "devices");
		for (const struct node *d = devices ? devices->first : NULL; d;
		     d = d->next) {
			const struct node *t = node_get(d, "type");
			if (t && t->kind == NODE_SCALAR &&
			    type_name_ok(t->text) && !snapshot_part(s, t->text))
				snapshot_add_type(s, p, t->text);
		}
	}
}

struct snapshot *
snapshot_collect(const struct snapshot_paths *paths, struct complaints *c)
{
	struct mark whole = {complaints_keep(c, paths->site), 0, 0};
	struct complaints *unheard;
	struct snapshot *s;
	struct arena *mem;
	struct node *root;
	struct stat info;
	size_t len = 0;
	char *bytes;
	int err;

	bytes = collect_file(paths->site, &len, &err);
	if (!bytes) {
		complain(c, whole,
		    "the site file cannot be read: %s; correct "
		    "its name or its permissions",
		    err == -EFBIG ? "larger than 1 MiB" : strerror(-err));
		return NULL;
	}
	if (stat(paths->site, &info) == 0 && info.st_mode & S_IWOTH)
		complain_softly(c, whole,
		    "everybody may write this file; "
		    "chmod o-w %s",
		    paths->site);
	s = snapshot_new();
	snapshot_add(s, PART_SITE, "", paths->site, bytes, len);
	free(bytes);
	unheard = complaints_new();
	mem = arena_new();
	root = yaml_read(mem, paths->site, s->parts->bytes, len, unheard);
	if (root)
		add_types(s, paths, root);
	arena_free(mem);
	complaints_free(unheard);
	return s;
}
