/* Descriptors of serial ports and sockets. */
#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

int64_t
port_now_us(void)
{
	struct timespec ts = {0};

	/* Cannot fail with this clock. */
	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
port_sleep_until_us(int64_t until)
{
	struct timespec ts = {.tv_sec = (time_t)(until / 1000000),
	    .tv_nsec = (long)(until % 1000000) * 1000};

	while (
	    clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

enum port_wait
port_wait(int fd, int wake, int64_t until_us)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
		    {.fd = wake, .events = POLLIN}};
		int64_t left = until_us - port_now_us();
		struct timespec ts = {.tv_sec = (time_t)(left / 1000000),
		    .tv_nsec = (long)(left % 1000000) * 1000};

		if (left <= 0)
			ts = (struct timespec){0};
		int n = ppoll(p, 2, &ts, NULL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return WAIT_GONE;
		if (p[0].revents & POLLIN)
			return WAIT_READY;
		if (p[0].revents != 0)
			return WAIT_GONE;
		if (p[1].revents != 0)
			return WAIT_WOKEN;
		if (left <= 0)
			return WAIT_TIMEOUT;
	}
}

int
port_take(int fd, uint8_t *out, size_t cap)
{
	ssize_t n;

	switch (port_wait(fd, -1, 0)) {
	case WAIT_GONE:
		return -EIO;
	case WAIT_READY:
		break;
	case WAIT_TIMEOUT:
	case WAIT_WOKEN:
	default:
		return 0;
	}
	do
		n = read(fd, out, cap);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 0 : -errno;
	/* Readable without a byte: the other end is gone. */
	return n == 0 ? -ECONNRESET : (int)n;
}

static int
is_pty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       major(st.st_rdev) >= 136 && major(st.st_rdev) <= 143;
}

int
port_own(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (!is_pty(fd) && ioctl(fd, TIOCEXCL) == -1)
		return -errno;
	return 0;
}

void
port_disown(int fd)
{
	/* Fails where there is no terminal any more: nothing to give back. */
	(void)ioctl(fd, TIOCNXCL);
}

void
port_tune_tcp(int fd)
{
	int on = 1;
	unsigned ms = 10000;

	/* Each only makes a good connection better. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

static int
has_open(const char *pid, const char *path)
{
	char name[64], link[64 + 256], target[PATH_MAX];
	struct dirent *e;
	int found = 0;
	DIR *d;

	(void)snprintf(name, sizeof(name), "/proc/%.20s/fd", pid);
	if ((d = opendir(name)) == NULL)
		return 0;
	while (!found && (e = readdir(d)) != NULL) {
		(void)snprintf(link, sizeof(link), "%s/%s", name, e->d_name);
		ssize_t n = readlink(link, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, path) == 0;
	}
	(void)closedir(d);
	return found;
}

void
port_who(const char *path, char *out, size_t size)
{
	char real[PATH_MAX], name[64], comm[32] = "";
	struct dirent *e;
	DIR *d = opendir("/proc");

	(void)snprintf(out, size, "another program");
	if (d == NULL || realpath(path, real) == NULL) {
		if (d != NULL)
			(void)closedir(d);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		long pid = strtol(e->d_name, NULL, 10);

		if (pid <= 0 || pid == getpid() || !has_open(e->d_name, real))
			continue;
		(void)snprintf(name, sizeof(name), "/proc/%ld/comm", pid);
		FILE *f = fopen(name, "re");
		if (f != NULL) {
			if (fscanf(f, "%31[^\n]", comm) == 1)
				(void)snprintf(
				    out, size, "%s (pid %ld)", comm, pid);
			(void)fclose(f);
		}
		break;
	}
	(void)closedir(d);
}

void
port_explain(const char *path, int err, char *out, size_t size)
{
	char who[64];

	switch (err) {
	case EACCES:
	case EPERM:
		(void)snprintf(out, size,
		    "%s: permission denied; add the user gatewayd runs as to "
		    "the group dialout",
		    path);
		break;
	case ENOENT:
	case ENXIO:
	case ENODEV:
		(void)snprintf(out, size,
		    "%s is not there; check that the adapter is plugged in",
		    path);
		break;
	case EBUSY:
		port_who(path, who, sizeof(who));
		(void)snprintf(out, size,
		    "%s is in use by %s; stop it, a line has one master", path,
		    who);
		break;
	case ENOTTY:
	case EINVAL:
		(void)snprintf(out, size,
		    "%s does not take these serial settings; check port and "
		    "baud",
		    path);
		break;
	default:
		(void)snprintf(out, size, "%s: %s", path, strerror(err));
		break;
	}
}
