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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "describe_plugin.h"
#include "parts.h"
#include "suggest.h"
#include "types.h"

static const char magic[8] = "GWSNAP1";
enum { PARTS_MAX = 512, SNAPSHOT_MAX = 64 << 20 };

struct snapshot *
snapshot_free(struct snapshot *take)
{
	if (take)
		arena_free(take->mem);
	return NULL;
}

static struct snapshot *
snapshot_new(void)
{
	struct arena *mem = arena_new();
	struct snapshot *s = arena_alloc(mem, sizeof(*s));

	s->mem = mem;
	return s;
}

static void
add_part(struct snapshot *s, enum part_kind kind, const char *name,
    const char *path, const char *bytes, size_t len)
{
	struct part *p = arena_alloc(s->mem, sizeof(*p)), **tail = &s->parts;

	p->kind = kind;
	p->name = arena_strdup(s->mem, name);
	p->path = arena_strdup(s->mem, path);
	p->bytes = arena_strndup(s->mem, bytes, len);
	p->len = len;
	while (*tail)
		tail = &(*tail)->next;
	*tail = p;
	s->n++;
}

const struct part *
snapshot_part(const struct snapshot *s, const char *name)
{
	for (const struct part *p = s->parts; p; p = p->next)
		if (p->kind != PART_SITE && strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* A whole file of at most YAML_MAX bytes; NULL and -errno in *err. */
static char *
read_file(const char *path, size_t *len, int *err)
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
		add_part(s, PART_PLUGIN, name, file, text, len);
	else
		add_part(s, PART_REFUSED, name, file, why, strlen(why));
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
		add_part(s, PART_REFUSED, name, profile, why, strlen(why));
	} else if (is_plugin) {
		add_plugin(s, p, name, plugin);
	} else if (is_profile) {
		char *bytes = read_file(profile, &len, &err);
		if (bytes)
			add_part(s, PART_PROFILE, name, profile, bytes, len);
		else
			add_part(s, PART_REFUSED, name, profile, strerror(-err),
			    strlen(strerror(-err)));
		free(bytes);
	} else {
		suggest_types(p, name, why, 500);
		add_part(s, PART_REFUSED, name, "", why, strlen(why));
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
			    type_name_ok(t->text) &&
			    !snapshot_part(s, t->text) && s->n < PARTS_MAX)
				add_type(s, p, t->text);
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

	bytes = read_file(paths->site, &len, &err);
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
	add_part(s, PART_SITE, "", paths->site, bytes, len);
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

static size_t
sealed_size(const struct snapshot *s)
{
	size_t n = sizeof(magic) + 4;

	for (const struct part *p = s->parts; p; p = p->next)
		n += 1 + 2 + strlen(p->name) + 2 + strlen(p->path) + 4 + p->len;
	return n;
}

static bool
put_parts(const struct snapshot *s, void *mem, size_t size)
{
	struct wbuf w;

	wbuf_init(&w, mem, size);
	for (size_t i = 0; i < sizeof(magic); i++)
		put_u8(&w, (uint8_t)magic[i]);
	put_u32(&w, (uint32_t)s->n);
	for (const struct part *p = s->parts; p; p = p->next) {
		put_u8(&w, (uint8_t)p->kind);
		put_text(&w, p->name);
		put_text(&w, p->path);
		put_u32(&w, (uint32_t)p->len);
		if (!w.ok || (size_t)(w.end - w.at) < p->len)
			return false;
		memcpy(w.at, p->bytes, p->len);
		w.at += p->len;
	}
	return w.ok;
}

int
snapshot_seal(const struct snapshot *s)
{
	size_t size = sealed_size(s), done = 0;
	char *mem = malloc(size);
	int fd = memfd_create("gatewayd-site", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err = 0;

	if (!mem || fd == -1)
		err = -errno;
	else if (size > SNAPSHOT_MAX || !put_parts(s, mem, size))
		err = -EFBIG;
	while (!err && done < size) {
		ssize_t n = write(fd, mem + done, size - done);
		if (n == -1 && errno != EINTR)
			err = -errno;
		else if (n > 0)
			done += (size_t)n;
	}
	if (!err &&
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		err = -errno;
	free(mem);
	if (err && fd != -1)
		(void)close(fd); /* nobody saw it */
	return err ? err : fd;
}

/* Pure; NULL when the bytes are not a snapshot. */
struct snapshot *
snapshot_decode(const void *mem, size_t size)
{
	struct snapshot *s = snapshot_new();
	char name[80], path[PATH_MAX];
	struct rbuf r;
	uint32_t n;

	rbuf_init(&r, mem, size);
	for (size_t i = 0; i < sizeof(magic); i++)
		r.ok = r.ok && get_u8(&r) == (uint8_t)magic[i];
	n = get_u32(&r);
	r.ok = r.ok && n >= 1 && n <= PARTS_MAX + 1;
	for (uint32_t i = 0; r.ok && i < n; i++) {
		unsigned kind = get_u8(&r);
		get_text(&r, name, sizeof(name));
		get_text(&r, path, sizeof(path));
		size_t len = get_u32(&r);
		r.ok = r.ok && kind < PART_KINDS &&
		       (kind == PART_SITE) == (i == 0) &&
		       len <= (size_t)(r.end - r.at);
		if (!r.ok)
			break;
		add_part(s, (enum part_kind)kind, name, path,
		    (const char *)r.at, len);
		r.at += len;
	}
	return rbuf_done(&r) ? s : snapshot_free(s);
}

struct snapshot *
snapshot_read(int fd, struct complaints *c)
{
	struct mark whole = {"configuration snapshot", 0, 0};
	struct snapshot *s = NULL;
	struct stat info;
	void *mem;

	if (fstat(fd, &info) || info.st_size <= 0 ||
	    info.st_size > SNAPSHOT_MAX) {
		complain(c, whole, "cannot be read from descriptor %d", fd);
		return NULL;
	}
	mem = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mem != MAP_FAILED) {
		s = snapshot_decode(mem, (size_t)info.st_size);
		(void)munmap(mem, (size_t)info.st_size); /* cannot fail */
	}
	if (!s)
		complain(c, whole, "is damaged");
	return s;
}
