/* A plugin's file into memory: the only place that knows the loader. */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "plugin.h"
#include "plugin_file.h"

enum { MINOR_KEPT = 2 };

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Sym elf_symbol;
#else
typedef Elf32_Sym elf_symbol;
#endif

struct plugin {
	void *so;
	struct gw_device_type type; /* what it has not is zero */
};

/* What the plugin exports, as this version knows it. */
static int
copy_type(struct plugin *p, char *why, size_t size)
{
	const struct gw_device_type *t = dlsym(p->so, "gw_device_type");
	void *symbol = NULL;
	Dl_info info;
	size_t n;

	if (!t || !dladdr1(t, &info, &symbol, RTLD_DL_SYMENT) || !symbol) {
		(void)snprintf(why, size,
		    "it exports no gw_device_type; is it "
		    "a plugin of this gateway?");
		return -1;
	}
	n = ((const elf_symbol *)symbol)->st_size;
	if (n < 2 * sizeof(uint32_t) || n < t->size) {
		(void)snprintf(why, size,
		    "its gw_device_type has %zu bytes and says it has %u; "
		    "build it anew",
		    n, n < 2 * sizeof(uint32_t) ? 0 : t->size);
		return -1;
	}
	memcpy(
	    &p->type, t, t->size < sizeof(p->type) ? t->size : sizeof(p->type));
	if ((p->type.abi & 0xFFFF) < MINOR_KEPT) {
		p->type.kept_size = p->type.max_on_s = 0;
		p->type.restored = NULL;
		p->type.decode_at = NULL;
	}
	return 0;
}

static int
check_type(struct plugin *p, const char *path, char *why, size_t size)
{
	char copy[PATH_MAX], *name, *dot;

	if (copy_type(p, why, size) < 0)
		return -1;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	name = basename(copy);
	dot = strrchr(name, '.');
	if (dot)
		*dot = '\0';
	return guard_type(&p->type, name, why, size);
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
	if (plugin_file_check(real, why, size) < 0)
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
	return &p->type;
}
