/* Descriptors of serial ports and sockets. */
#include "port.h"

#include <errno.h>
#include <linux/serial.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
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

void
port_low_latency(int fd)
{
	const int wanted = (int)ASYNC_LOW_LATENCY;
	struct serial_struct s = {0};

	/* A pseudo terminal has no such thing. */
	if (ioctl(fd, TIOCGSERIAL, &s) == -1 || (s.flags & wanted) != 0)
		return;
	s.flags |= wanted;
	/* Only makes a good port better: an FTDI chip otherwise keeps what it
	 * has received for up to 16 ms. */
	(void)ioctl(fd, TIOCSSERIAL, &s);
}

int
port_line_errors(int fd, struct port_errors *out)
{
	struct serial_icounter_struct c = {0};

	if (ioctl(fd, TIOCGICOUNT, &c) == -1)
		return -errno;
	*out = (struct port_errors){.framing = (uint32_t)c.frame,
	    .parity = (uint32_t)c.parity,
	    .overrun = (uint32_t)c.overrun + (uint32_t)c.buf_overrun,
	    .brk = (uint32_t)c.brk};
	return 0;
}
