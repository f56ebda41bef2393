/* A lookup in a process of its own. The process is this test again, as it is
 * gatewayd-uplink otherwise, so a name here can stand for a resolver's mood. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "lookup.h"
#include "mono.h"

static enum lookup_result
ask(const char *host)
{
	struct lookup l = {0};
	enum lookup_result r;
	int64_t give_up = mono_ms() + 30000;

	assert_int_equal(lookup_begin(&l, host, mono_ms()), 0);
	while ((r = lookup_step(&l, mono_ms())) == LOOKUP_WAITS) {
		assert_true(mono_ms() < give_up);
		mono_sleep_until(mono_ms() + 5);
	}
	assert_int_equal(l.pid, 0);
	return r;
}

static void
an_address_needs_none(void **state)
{
	(void)state;
	assert_false(lookup_needed("192.0.2.7"));
	assert_false(lookup_needed("::1"));
	assert_false(lookup_needed("2001:db8::7"));
	assert_true(lookup_needed("localhost"));
	assert_true(lookup_needed("192.0.2.7.example"));
}

static void
says_how_it_went(void **state)
{
	(void)state;
	/* An address in words resolves without any resolver. */
	assert_int_equal(ask("127.0.0.1"), LOOKUP_FOUND);
	assert_int_equal(ask("unknown"), LOOKUP_UNKNOWN);
	assert_int_equal(ask("crash"), LOOKUP_MUTE);
}

static void
a_mute_one_is_killed(void **state)
{
	struct lookup l = {0};
	int64_t now = mono_ms();

	(void)state;
	assert_int_equal(lookup_begin(&l, "mute", now), 0);
	pid_t pid = l.pid;
	assert_int_equal(lookup_step(&l, now), LOOKUP_WAITS);
	assert_int_equal(lookup_step(&l, now + LOOKUP_MS - 1), LOOKUP_WAITS);
	assert_int_equal(lookup_step(&l, now + LOOKUP_MS), LOOKUP_MUTE);
	assert_int_equal(l.pid, 0);
	assert_int_equal(kill(pid, 0), -1); /* and reaped */
}

static void
can_be_given_up(void **state)
{
	struct lookup l = {0};

	(void)state;
	lookup_end(&l);
	assert_int_equal(lookup_begin(&l, "mute", mono_ms()), 0);
	pid_t pid = l.pid;
	lookup_end(&l);
	assert_int_equal(l.pid, 0);
	assert_int_equal(kill(pid, 0), -1);
}

/* The channel must close when its owner ends, whatever a lookup still does. */
static void
holds_nothing_open(void **state)
{
	int fd = dup(STDERR_FILENO);

	(void)state;
	assert_true(fd >= CHAN_FD);
	assert_int_equal(ask("descriptors"), LOOKUP_FOUND);
	(void)close(fd);
}

static void
the_last_word_counts(void **state)
{
	(void)state;
	assert_int_equal(setenv("RES_OPTIONS", "edns0 timeout:9", 1), 0);
	assert_int_equal(lookup_patience("timeout:2"), 0);
	assert_string_equal(getenv("RES_OPTIONS"), "edns0 timeout:9 timeout:2");
	assert_int_equal(unsetenv("RES_OPTIONS"), 0);
}

static int
play(const char *host)
{
	if (strcmp(host, "mute") == 0)
		(void)pause();
	if (strcmp(host, "crash") == 0)
		(void)raise(SIGKILL);
	if (strcmp(host, "unknown") == 0)
		return lookup_main(""); /* which no resolver is asked for */
	if (strcmp(host, "descriptors") != 0)
		return lookup_main(host);
	for (int fd = CHAN_FD; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			return 1;
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_needs_none),
	    cmocka_unit_test(says_how_it_went),
	    cmocka_unit_test(a_mute_one_is_killed),
	    cmocka_unit_test(can_be_given_up),
	    cmocka_unit_test(holds_nothing_open),
	    cmocka_unit_test(the_last_word_counts),
	};

	if (argc == 3 && strcmp(argv[1], "--resolve") == 0)
		return play(argv[2]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
