/* A plugin's file, looked at without loading it. */
#include "plugin_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if UINTPTR_MAX > UINT32_MAX
typedef Elf64_Ehdr elf_head;
typedef Elf64_Phdr elf_part;
#else
typedef Elf32_Ehdr elf_head;
typedef Elf32_Phdr elf_part;
#endif

/* A group of the owner's own, as most systems give each user, has nobody else
 * in it; root's neither. */
static bool
group_may_write(const struct stat *st)
{
	return st->st_mode & S_IWGRP && st->st_gid != 0 &&
	       st->st_gid != st->st_uid;
}

/* Whoever may write the file, or put another in its place, runs code as the
 * gateway. */
static int
check_rights(const char *path, bool folder, char *why, size_t size)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		(void)snprintf(why, size, "%.200s: %s", path, strerror(errno));
		return -1;
	}
	/* In a sticky folder (/tmp) only the owner replaces a file. */
	if (folder && st.st_mode & S_ISVTX)
		return 0;
	if (st.st_mode & S_IWOTH)
		(void)snprintf(why, size,
		    "%.200s may be written by everybody; chmod o-w it", path);
	else if (group_may_write(&st))
		(void)snprintf(why, size,
		    "%.200s may be written by its group %u; chmod g-w it", path,
		    (unsigned)st.st_gid);
	else
		return 0;
	return -1;
}

static bool
part_there(int fd, uint64_t at, uint64_t file)
{
	elf_part part;

	if (at >= file ||
	    pread(fd, &part, sizeof(part), (off_t)at) != sizeof(part))
		return false;
	return part.p_type != PT_LOAD ||
	       (part.p_offset <= file && part.p_filesz <= file - part.p_offset);
}

/* A copy cut short: the loader would map what is not there and die of it. */
static bool
whole(int fd)
{
	elf_head head;
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_phentsize != sizeof(elf_part))
		return false;
	for (unsigned i = 0; i < head.e_phnum; i++)
		if (!part_there(fd, head.e_phoff + i * sizeof(elf_part),
			(uint64_t)st.st_size))
			return false;
	return true;
}

int
plugin_file_check(const char *real, char *why, size_t size)
{
	char copy[PATH_MAX];
	bool sound;
	int fd;

	(void)snprintf(copy, sizeof(copy), "%s", real);
	if (check_rights(real, false, why, size) < 0 ||
	    check_rights(dirname(copy), true, why, size) < 0)
		return -1;
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		(void)snprintf(why, size, "%.200s: %s", real, strerror(errno));
		return -1;
	}
	sound = whole(fd);
	(void)close(fd); /* only read from */
	if (sound)
		return 0;
	(void)snprintf(why, size,
	    "the file is no whole shared object of this machine; copy it anew");
	return -1;
}
