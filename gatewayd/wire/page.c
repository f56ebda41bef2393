/* Core writes and reads it as a file, so that nothing a line does to it
 * (cutting it short) can hurt core; the line maps it. */
#include "page.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int
page_new(const uint8_t *crashes, size_t n)
{
	struct page head = {.ndevices = (uint32_t)n};
	int fd = memfd_create("gatewayd-page", MFD_CLOEXEC), r;

	if (fd == -1)
		return -errno;
	if (pwrite(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    (n == 0 || pwrite(fd, crashes, n, sizeof(head)) == (ssize_t)n))
		return fd;
	r = errno != 0 ? -errno : -EIO;
	(void)close(fd); /* only memory */
	return r;
}

int64_t
page_calling(int fd)
{
	struct page head;

	if (fd == -1 || pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    head.calling == 0)
		return -1;
	return (int64_t)head.calling - 1;
}

struct page *
page_map(int fd, size_t ndevices)
{
	size_t size = sizeof(struct page) + ndevices;
	struct page *p = MAP_FAILED;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return NULL; /* started by hand */
	if (S_ISREG(st.st_mode) && (size_t)st.st_size == size)
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd); /* the mapping stays */
	return p == MAP_FAILED ? NULL : p;
}

unsigned
page_disabled(const struct page *p, size_t device)
{
	return p != NULL && device < p->ndevices ? p->crashes[device] : 0;
}
