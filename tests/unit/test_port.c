/* Serial ports: who holds one, why one cannot be had, what its driver offers.
 * The ports are pseudo terminals; the driver of a real UART is played, as
 * nothing here has one. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/serial.h>
#include <pty.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "port.h"

/* What the played driver knows, and how often it was set. */
enum { UART = 1000, OLD_UART = 1001 };
static struct {
	int flags, baud_base, sets;
} uart;

static int
play_uart(unsigned long request, void *arg)
{
	struct serial_icounter_struct *c = arg;
	struct serial_struct *s = arg;

	switch (request) {
	case TIOCGSERIAL:
		s->flags = uart.flags;
		s->baud_base = uart.baud_base;
		return 0;
	case TIOCSSERIAL:
		uart.sets++;
		uart.flags = s->flags;
		uart.baud_base = s->baud_base;
		return 0;
	case TIOCGICOUNT:
		*c = (struct serial_icounter_struct){.rx = 1000,
		    .frame = 7,
		    .parity = 5,
		    .overrun = 2,
		    .buf_overrun = 1,
		    .brk = -1};
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

/* In place of the library's, for all of this program. */
int
ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd == UART)
		return play_uart(request, arg);
	if (fd == OLD_UART && request == TIOCSSERIAL) {
		errno = EPERM;
		return -1;
	}
	if (fd == OLD_UART && request == TIOCGSERIAL)
		return 0;
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

#define assert_says(said, part)                                                \
	do {                                                                   \
		if (strstr(said, part) == NULL)                                \
			fail_msg("\"%s\" lacks \"%s\"", said, part);           \
	} while (0)

/* A port under its own name and another, as /dev/serial/by-id/ has it. */
struct field {
	int master, slave;
	char path[64], dir[32], alias[64];
	pid_t holder;
};

static int
field_open(void **state)
{
	struct field *f = calloc(1, sizeof(*f));

	if (f == NULL || openpty(&f->master, &f->slave, NULL, NULL, NULL) == -1)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "%s", ttyname(f->slave));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/test_port.XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	(void)snprintf(f->alias, sizeof(f->alias), "%s/by-id", f->dir);
	*state = f;
	return symlink(f->path, f->alias);
}

static int
field_close(void **state)
{
	struct field *f = *state;

	if (f->holder > 0) {
		(void)kill(f->holder, SIGKILL);
		(void)waitpid(f->holder, NULL, 0);
	}
	(void)close(f->master);
	if (f->slave != -1)
		(void)close(f->slave);
	(void)unlink(f->alias);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

/* Another program that opens `path` and has it to itself. */
static void
hold(struct field *f, const char *name, const char *path)
{
	int ready[2];
	char byte;

	/* Nobody but the holder must have it open. */
	(void)close(f->slave);
	f->slave = -1;
	assert_int_equal(pipe(ready), 0);
	f->holder = fork();
	assert_true(f->holder >= 0);
	if (f->holder == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_NAME, name);
		int fd = open(path, O_RDWR | O_NOCTTY);
		(void)close(f->master);
		if (fd == -1 || port_own(fd) != 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
}

static void
release(struct field *f)
{
	(void)kill(f->holder, SIGKILL);
	(void)waitpid(f->holder, NULL, 0);
	f->holder = 0;
}

static void
names_the_holder(void **state)
{
	struct field *f = *state;
	const char *const paths[] = {f->path, f->alias};
	char who[64], expected[64];

	for (size_t i = 0; i < 4; i++) {
		hold(f, "minicom", paths[i / 2]);
		(void)snprintf(
		    expected, sizeof(expected), "minicom (pid %d)", f->holder);
		port_who(paths[i % 2], who, sizeof(who));
		assert_string_equal(who, expected);
		release(f);
	}
	port_who(f->path, who, sizeof(who));
	assert_string_equal(who, "another program");
	port_who("/dev/not-there", who, sizeof(who));
	assert_string_equal(who, "another program");
}

/* Ours is no answer to who holds it. */
static void
does_not_name_itself(void **state)
{
	struct field *f = *state;
	char who[64];

	port_who(f->path, who, sizeof(who));
	assert_string_equal(who, "another program");
}

static void
a_held_port_is_not_taken(void **state)
{
	struct field *f = *state;
	char why[256], expected[160];

	hold(f, "mbpoll\x1b[2J", f->alias);
	f->slave = open(f->path, O_RDWR | O_NOCTTY);
	assert_true(f->slave >= 0);
	assert_int_equal(port_own(f->slave), -EBUSY);
	port_explain(f->alias, EBUSY, why, sizeof(why));
	(void)snprintf(expected, sizeof(expected),
	    "%s is in use by mbpoll?[2J (pid %d); stop it", f->alias,
	    f->holder);
	assert_says(why, expected);
	release(f); /* killed: the port is free, nothing to clean up */
	assert_int_equal(port_own(f->slave), 0);
}

/* A file stands for the device: what counts is its owner, group and mode. */
static void
names_the_group_that_may(void **state)
{
	struct field *f = *state;
	const struct group *g = NULL;
	char path[80], why[256], part[128];

	if (geteuid() != 0)
		skip(); /* only root gives files away */
	setgrent();
	while ((g = getgrent()) != NULL &&
	       (g->gr_gid == 0 || g->gr_gid == getegid()))
		;
	endgrent();
	if (g == NULL)
		skip(); /* no group but root's */
	(void)snprintf(path, sizeof(path), "%s/tty", f->dir);
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, 0, g->gr_gid), 0);

	assert_int_equal(fchmod(fd, 0660), 0);
	port_explain(path, EACCES, why, sizeof(why));
	(void)snprintf(part, sizeof(part),
	    "permission denied; add the user gatewayd runs as to the group %s "
	    "(usermod -a -G %s root)",
	    g->gr_name, g->gr_name);
	assert_says(why, part);

	/* A group that may not is no way in. */
	assert_int_equal(fchmod(fd, 0640), 0);
	port_explain(path, EACCES, why, sizeof(why));
	(void)snprintf(part, sizeof(part),
	    "permission denied; it is root's, group %s, mode 0640; let a "
	    "group in by a udev rule",
	    g->gr_name);
	assert_says(why, part);

	/* One without a name is still told. */
	assert_int_equal(fchown(fd, 0, 54321), 0);
	assert_int_equal(fchmod(fd, 0660), 0);
	port_explain(path, EACCES, why, sizeof(why));
	assert_says(why, "to the group 54321 (");

	/* Nobody is asked to join root's. */
	assert_int_equal(fchown(fd, 0, 0), 0);
	port_explain(path, EACCES, why, sizeof(why));
	assert_says(why, "udev rule");
	(void)close(fd);
	(void)unlink(path);
}

static void
says_what_else_is_wrong(void **state)
{
	char why[256];

	(void)state;
	port_explain("/dev/not-there/tty", EACCES, why, sizeof(why));
	assert_says(why, "a folder on the way to it is closed");
	port_explain("/dev/ttyUSB0", EPERM, why, sizeof(why));
	assert_says(why, "DeviceAllow= of gatewayd.service");
	port_explain("/dev/ttyUSB0", ENOENT, why, sizeof(why));
	assert_says(why, "/dev/ttyUSB0 is not there; check that the adapter");
	port_explain("/dev/null", ENOTTY, why, sizeof(why));
	assert_says(why, "does not take these serial settings");
	port_explain("/dev/ttyUSB0", EIO, why, sizeof(why));
	assert_says(why, "/dev/ttyUSB0: Input/output error");
}

static void
low_latency_where_there_is_such(void **state)
{
	struct field *f = *state;

	uart.flags = ASYNC_SKIP_TEST;
	uart.baud_base = 115200;
	uart.sets = 0;
	port_low_latency(UART);
	assert_int_equal(uart.flags, ASYNC_SKIP_TEST | ASYNC_LOW_LATENCY);
	assert_int_equal(uart.baud_base, 115200); /* nothing else changed */
	port_low_latency(UART);
	assert_int_equal(uart.sets, 1);
	port_low_latency(OLD_UART); /* refused: as good as before */
	port_low_latency(f->slave);
	port_low_latency(-1);
}

static void
counts_what_the_uart_counts(void **state)
{
	struct field *f = *state;
	struct port_errors e = {9, 9, 9, 9};

	assert_int_equal(port_line_errors(f->slave, &e), -ENOTTY);
	assert_int_equal(port_line_errors(-1, &e), -EBADF);
	assert_int_equal(e.framing + e.parity + e.overrun + e.brk, 36);
	assert_int_equal(port_line_errors(UART, &e), 0);
	assert_int_equal(e.framing, 7);
	assert_int_equal(e.parity, 5);
	assert_int_equal(e.overrun, 3); /* the chip's and the driver's */
	assert_true(e.brk == UINT32_MAX);
}

/* Unplugged: the other end of the terminal is gone. */
static void
tells_that_it_is_gone(void **state)
{
	struct field *f = *state;
	uint8_t byte;
	int64_t began = port_now_us();

	assert_int_equal(port_wait(f->slave, -1, began + 20000), WAIT_TIMEOUT);
	assert_in_range(port_now_us() - began, 20000, 2000000);
	assert_int_equal(port_take(f->slave, &byte, 1), 0);
	assert_int_equal(write(f->master, "\n", 1), 1);
	assert_int_equal(port_wait(f->slave, -1, began + 30000000), WAIT_READY);
	assert_int_equal(port_take(f->slave, &byte, 1), 1);
	(void)close(f->master);
	f->master = -1;
	assert_true(port_take(f->slave, &byte, 1) < 0);
	assert_true(port_now_us() - began < 20000000);
}

int
main(void)
{
#define with_port(test)                                                        \
	cmocka_unit_test_setup_teardown(test, field_open, field_close)
	const struct CMUnitTest tests[] = {
	    with_port(names_the_holder),
	    with_port(does_not_name_itself),
	    with_port(a_held_port_is_not_taken),
	    with_port(names_the_group_that_may),
	    cmocka_unit_test(says_what_else_is_wrong),
	    with_port(low_latency_where_there_is_such),
	    with_port(counts_what_the_uart_counts),
	    with_port(tells_that_it_is_gone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
