/* The tables of a shared object, each access within the file's bounds. */
#include "plugin_symbols.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_head;
typedef Elf64_Shdr elf_section;
typedef Elf64_Sym elf_symbol;
#else
typedef Elf32_Ehdr elf_head;
typedef Elf32_Shdr elf_section;
typedef Elf32_Sym elf_symbol;
#endif

enum { FILE_MAX = 64 << 20 };

struct image {
	uint8_t *bytes;
	size_t size;
	elf_head head;
	struct plugin_symbols *out;
};

/* ---- what may be called ---- */

static bool
one_of(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool
of_memory_or_text(const char *name)
{
	static const char *const names[] = {"memcpy", "memset", "memmove",
	    "memcmp", "memchr", "strlen", "strnlen", "strcmp", "strncmp",
	    "strchr", "strrchr", "strstr", "strspn", "strcspn", "strcpy",
	    "strncpy", "strcat", "strncat", "stpcpy", "snprintf", NULL};
	char plain[32];
	size_t n = strlen(name);

	if (one_of(names, name))
		return true;
	/* Fortified: __memcpy_chk. */
	if (n < 7 || n >= sizeof(plain) || strncmp(name, "__", 2) != 0 ||
	    strcmp(name + n - 4, "_chk") != 0)
		return false;
	(void)snprintf(plain, sizeof(plain), "%.*s", (int)(n - 6), name + 2);
	return one_of(names, plain);
}

static bool
of_mathematics(const char *name)
{
	static const char *const names[] = {"acos", "asin", "atan", "atan2",
	    "cbrt", "ceil", "copysign", "cos", "cosh", "exp", "exp2", "expm1",
	    "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod", "frexp",
	    "hypot", "ldexp", "llrint", "llround", "log", "log10", "log1p",
	    "log2", "lrint", "lround", "modf", "nearbyint", "pow", "remainder",
	    "rint", "round", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
	    NULL};
	char plain[16];
	size_t n = strlen(name);

	if (one_of(names, name))
		return true;
	if (n < 2 || n >= sizeof(plain) || !strchr("fl", name[n - 1]))
		return false;
	(void)snprintf(plain, sizeof(plain), "%.*s", (int)(n - 1), name);
	return one_of(names, plain);
}

/* What a compiler puts into each shared object. */
static bool
of_compiler(const char *name)
{
	static const char *const names[] = {
	    "__stack_chk_fail", "__cxa_finalize", "__gmon_start__", NULL};

	return one_of(names, name) || strncmp(name, "_ITM_", 5) == 0;
}

/* ---- the file ---- */

static void add(char *text, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
add(char *text, size_t size, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
}

static void
wrong(struct image *m, const char *what, const char *name)
{
	char *text = m->out->wrong;

	add(text, sizeof(m->out->wrong), "%s%s%s", text[0] ? "; " : "", what,
	    name);
}

static bool
section(const struct image *m, unsigned i, elf_section *out)
{
	uint64_t at = m->head.e_shoff + (uint64_t)i * sizeof(*out);

	if (i >= m->head.e_shnum || at > m->size || m->size - at < sizeof(*out))
		return false;
	memcpy(out, m->bytes + at, sizeof(*out));
	return out->sh_type == SHT_NOBITS || out->sh_type == SHT_NULL ||
	       (out->sh_offset <= m->size &&
		   out->sh_size <= m->size - out->sh_offset);
}

/* A text of a table of texts, or "". */
static const char *
text_at(const struct image *m, unsigned table, uint64_t at)
{
	elf_section s;

	if (!section(m, table, &s) || s.sh_type != SHT_STRTAB ||
	    at >= s.sh_size ||
	    memchr(m->bytes + s.sh_offset + at, '\0', s.sh_size - at) == NULL)
		return "";
	return (const char *)m->bytes + s.sh_offset + at;
}

static bool
is_data(const char *name)
{
	static const char *const names[] = {
	    ".data", ".bss", ".tdata", ".tbss", NULL};

	return one_of(names, name);
}

/* What the loader is asked for, or what others may see. */
static void
judge_dynamic(struct image *m, const elf_symbol *s, const char *name)
{
	if (strstr(name, "asan") || strstr(name, "ubsan")) {
		m->out->sanitized = true;
	} else if (s->st_shndx != SHN_UNDEF) {
		if (strcmp(name, "gw_device_type") != 0)
			wrong(m, "it shows ", name);
	} else if (of_memory_or_text(name) || of_mathematics(name)) {
		add(m->out->calls, sizeof(m->out->calls), "%s%s",
		    m->out->calls[0] ? " " : "", name);
	} else if (!of_compiler(name)) {
		wrong(m, "it calls ", name);
	}
}

/* A variable of its own; the compiler's start-up code has one or two. */
static void
judge_local(struct image *m, const elf_symbol *s, const char *name)
{
	unsigned type = s->st_info & 0xFu;
	elf_section in;

	if ((type != STT_OBJECT && type != STT_TLS) || s->st_size == 0 ||
	    !section(m, s->st_shndx, &in) ||
	    !is_data(text_at(m, m->head.e_shstrndx, in.sh_name)))
		return;
	if (strncmp(name, "completed.", 10) != 0 && strncmp(name, "__", 2) != 0)
		wrong(m, "it has a variable of its own: ", name);
}

static void
judge_symbols(struct image *m, const elf_section *table)
{
	for (uint64_t at = sizeof(elf_symbol);
	     at + sizeof(elf_symbol) <= table->sh_size;
	     at += sizeof(elf_symbol)) {
		elf_symbol s;

		memcpy(&s, m->bytes + table->sh_offset + at, sizeof(s));
		const char *name = text_at(m, table->sh_link, s.st_name);
		if (table->sh_type == SHT_SYMTAB)
			judge_local(m, &s, name);
		else if (name[0])
			judge_dynamic(m, &s, name);
	}
}

/* Where the names of variables were stripped, sizes must do. */
static void
judge_section(struct image *m, const elf_section *s, bool stripped)
{
	const char *name = text_at(m, m->head.e_shstrndx, s->sh_name);

	if (stripped && is_data(name) && s->sh_size >= 2 * sizeof(void *))
		wrong(m, "it has variables of its own in ", name);
	if (strcmp(name, ".init_array") == 0 && s->sh_size > sizeof(void *))
		wrong(m, "it runs code of its own when it is loaded", "");
}

static bool
has(const struct image *m, unsigned type)
{
	elf_section s;

	for (unsigned i = 0; section(m, i, &s); i++)
		if (s.sh_type == type)
			return true;
	return false;
}

static int
judge(struct image *m)
{
	elf_section s;

	if (m->size < sizeof(m->head))
		return -ENOEXEC;
	memcpy(&m->head, m->bytes, sizeof(m->head));
	if (memcmp(m->head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    m->head.e_shentsize != sizeof(s))
		return -ENOEXEC;
	bool stripped = !has(m, SHT_SYMTAB);
	for (unsigned i = 0; section(m, i, &s); i++)
		if (s.sh_type == SHT_DYNSYM || s.sh_type == SHT_SYMTAB)
			judge_symbols(m, &s);
		else
			judge_section(m, &s, stripped);
	if (m->out->sanitized)
		m->out->wrong[0] = '\0';
	return has(m, SHT_DYNSYM) ? 0 : -ENOEXEC;
}

int
plugin_symbols(const char *path, struct plugin_symbols *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	struct image m = {.out = out};
	struct stat st;

	*out = (struct plugin_symbols){0};
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		r = -errno;
	else if (st.st_size > FILE_MAX)
		r = -EFBIG;
	else if ((m.bytes = malloc((size_t)st.st_size + 1)) == NULL)
		r = -ENOMEM;
	else if (read(fd, m.bytes, (size_t)st.st_size) != st.st_size)
		r = -EIO;
	(void)close(fd); /* only read from */
	if (r == 0 && m.bytes != NULL) {
		m.size = (size_t)st.st_size;
		r = judge(&m);
	}
	free(m.bytes);
	return r;
}
