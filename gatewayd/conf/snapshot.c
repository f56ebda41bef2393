/*
 * The parts of a configuration, and their way to other programs: a sealed memfd
 * that core fills and everybody reads. Where they come from is in collect.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "parts.h"

static const char magic[8] = "GWSNAP1";
enum { SNAPSHOT_MAX = 64 << 20 };

struct snapshot *
snapshot_free(struct snapshot *take)
{
	if (take)
		arena_free(take->mem);
	return NULL;
}

struct snapshot *
snapshot_new(void)
{
	struct arena *mem = arena_new();
	struct snapshot *s = arena_alloc(mem, sizeof(*s));

	s->mem = mem;
	return s;
}

void
snapshot_add(struct snapshot *s, enum part_kind kind, const char *name,
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
		snapshot_add(s, (enum part_kind)kind, name, path,
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
