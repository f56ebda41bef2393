/* termios, for a port that libmodbus has opened. */
#include "tune.h"

#include <errno.h>
#include <stddef.h>
#include <termios.h>

#include "site.h"

static const struct {
	uint32_t baud;
	speed_t speed;
} speeds[] = {{1200, B1200}, {1800, B1800}, {2400, B2400}, {4800, B4800},
    {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600},
    {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600}};

static int
set_speed(struct termios *t, uint32_t baud)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud != baud)
			continue;
		if (cfsetispeed(t, speeds[i].speed) == -1 ||
		    cfsetospeed(t, speeds[i].speed) == -1)
			return -errno;
		return 0;
	}
	return -EINVAL;
}

int
tune(int fd, const struct line *l)
{
	const tcflag_t parity = PARENB | PARODD;
	struct termios t;
	int r;

	if (tcgetattr(fd, &t) == -1)
		return -errno;
	r = set_speed(&t, l->baud);
	if (r != 0)
		return r;
	t.c_cflag &= ~(parity | CSTOPB);
	t.c_iflag &= ~(tcflag_t)INPCK;
	if (l->parity != PARITY_NONE) {
		t.c_cflag |= PARENB;
		t.c_iflag |= INPCK;
	}
	if (l->parity == PARITY_ODD)
		t.c_cflag |= PARODD;
	if (l->stop_bits == 2)
		t.c_cflag |= CSTOPB;
	if (tcsetattr(fd, TCSANOW, &t) == -1)
		return -errno;
	(void)tcflush(fd, TCIFLUSH); /* what stays is no frame of ours */
	return 0;
}
