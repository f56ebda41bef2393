/*
 * An ideal master, to measure the simulated line itself: it never sleeps, so
 * what it takes longer than the wire must is the simulation's doing. Speaks
 * 8N1 on a tty, reads `count` holding registers from 0 of units 1 to `units`
 * in turn, keeps 3.5 characters of silence and nothing more.
 *
 *   pace TTY BAUD UNITS COUNT TURNAROUND_US SECONDS
 *
 * prints {"cycle_us": ..., "wire_us": ..., "ratio": ..., "polls": ...,
 * "lost": ...}: the mean of whole cycles, and what the wire needs for one.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { ASK_LEN = 8, ANSWER_MAX = 256, GIVE_UP_NS = 300000000 };

struct master {
	int fd;
	unsigned units, count;
	int64_t char_ns, silence_ns;
	int64_t heard; /* when the last byte was there */
	uint64_t polls, lost;
};

static int64_t
now_ns(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static unsigned
crc(const uint8_t *bytes, size_t n)
{
	unsigned c = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		c ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xA001u : c >> 1;
	}
	return c;
}

static speed_t
speed_of(long baud)
{
	switch (baud) {
	case 4800:
		return B4800;
	case 9600:
		return B9600;
	case 19200:
		return B19200;
	case 115200:
		return B115200;
	default:
		return B0;
	}
}

static int
open_tty(const char *path, long baud)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios raw;

	if (fd == -1 || tcgetattr(fd, &raw) == -1)
		return -1;
	cfmakeraw(&raw);
	if (cfsetspeed(&raw, speed_of(baud)) == -1 ||
	    tcsetattr(fd, TCSANOW, &raw) == -1)
		return -1;
	return fd;
}

static bool
poll_unit(struct master *m, unsigned unit)
{
	uint8_t ask[ASK_LEN] = {(uint8_t)unit, 3, 0, 0, 0, (uint8_t)m->count};
	uint8_t got[ANSWER_MAX];
	size_t want = 5 + 2 * (size_t)m->count, n = 0;
	unsigned sum = crc(ask, 6);
	int64_t sent;

	ask[6] = (uint8_t)sum;
	ask[7] = (uint8_t)(sum >> 8);
	while ((sent = now_ns()) < m->heard + m->silence_ns)
		;
	if (write(m->fd, ask, sizeof(ask)) != sizeof(ask))
		return false;
	while (n < want && now_ns() < sent + GIVE_UP_NS) {
		ssize_t r = read(m->fd, got + n, want - n);
		if (r > 0)
			n += (size_t)r;
	}
	m->heard = now_ns();
	return n == want && got[0] == unit && crc(got, n) == 0;
}

static void
cycle(struct master *m)
{
	for (unsigned u = 1; u <= m->units; u++) {
		m->polls++;
		m->lost += !poll_unit(m, u);
	}
}

int
main(int argc, char **argv)
{
	struct master m = {0};
	int64_t start, end, wire, cycles = 0;
	double each;

	if (argc != 7)
		return 2;
	m.fd = open_tty(argv[1], atol(argv[2]));
	m.units = (unsigned)atol(argv[3]);
	m.count = (unsigned)atol(argv[4]);
	if (m.fd == -1 || m.units == 0 || m.count == 0 || m.count > 125)
		return 2;
	m.char_ns = 10000000000 / atol(argv[2]);
	m.silence_ns = m.char_ns * 7 / 2;
	wire = m.units * ((int64_t)(ASK_LEN + 5 + 2 * m.count) * m.char_ns +
			     2 * m.silence_ns + atol(argv[5]) * 1000);
	cycle(&m); /* settles */
	m.lost = m.polls = 0;
	end = (start = m.heard) + atol(argv[6]) * 1000000000;
	for (; m.heard < end; cycles++)
		cycle(&m);
	each = (double)(m.heard - start) / (double)cycles;
	(void)printf("{\"cycle_us\": %.1f, \"wire_us\": %.1f, \"ratio\": %.5f, "
		     "\"polls\": %" PRIu64 ", \"lost\": %" PRIu64 "}\n",
	    each / 1000, (double)wire / 1000, each / (double)wire, m.polls,
	    m.lost);
	return 0;
}
