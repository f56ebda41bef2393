/* A lookup in a process of its own. The process is this test again, as it is
 * gatewayd-uplink or gatewayd-line otherwise, so a name here can stand for a
 * resolver's mood, or for a child that lies. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chan.h"
#include "lookup.h"
#include "mono.h"

/* As a program does it: poll its descriptor, then step. */
static enum lookup_result
ask_for(const char *host, struct lookup *l)
{
	enum lookup_result r;
	int64_t give_up = mono_ms() + 30000;

	*l = (struct lookup){0};
	assert_int_equal(lookup_begin(l, host, mono_ms()), 0);
	while ((r = lookup_step(l, mono_ms())) == LOOKUP_WAITS) {
		struct pollfd p = {.fd = l->fd, .events = POLLIN};

		assert_true(poll(&p, 1, (int)(give_up - mono_ms())) == 1);
	}
	assert_int_equal(l->pid, 0);
	return r;
}

static enum lookup_result
ask(const char *host)
{
	struct lookup l;

	return ask_for(host, &l);
}

static void
an_address_needs_none(void **state)
{
	(void)state;
	assert_false(lookup_needed("192.0.2.7"));
	assert_false(lookup_needed("::1"));
	assert_false(lookup_needed("2001:db8::7"));
	assert_false(lookup_needed("fe80::1%lo"));
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

/* The text of one address, with its port. */
static const char *
shown(const struct sockaddr_storage *a)
{
	static char text[96];
	char host[64] = "", port[8] = "";

	assert_int_equal(
	    getnameinfo((const struct sockaddr *)a,
		a->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					: sizeof(struct sockaddr_in6),
		host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV),
	    0);
	(void)snprintf(text, sizeof(text), "%s %s", host, port);
	return text;
}

static void
tells_the_addresses(void **state)
{
	struct sockaddr_storage list[LOOKUP_MAX];
	struct lookup l;

	(void)state;
	assert_int_equal(ask_for("::1", &l), LOOKUP_FOUND);
	assert_int_equal(lookup_addresses(l.text, 1502, list), 1);
	assert_string_equal(shown(&list[0]), "::1 1502");

	assert_int_equal(ask_for("two", &l), LOOKUP_BOTH);
	assert_int_equal(lookup_addresses(l.text, 502, list), 2);
	assert_string_equal(shown(&list[0]), "2001:db8::7 502");
	assert_string_equal(shown(&list[1]), "192.0.2.7 502");

	/* The hosts file is enough for this one; a bare system has none. */
	enum lookup_result r = ask_for("localhost", &l);
	if (r == LOOKUP_UNKNOWN || r == LOOKUP_MUTE)
		return;
	assert_true(r == LOOKUP_FOUND || r == LOOKUP_BOTH);
	size_t n = lookup_addresses(l.text, 9, list);
	assert_true(n >= 1);
	assert_true(strcmp(shown(&list[0]), "127.0.0.1 9") == 0 ||
		    strcmp(shown(&list[0]), "::1 9") == 0);
}

/* Nothing a child says is believed unread: names would be looked up in our own
 * process, half a line would be another address. */
static void
believes_addresses_only(void **state)
{
	struct sockaddr_storage list[LOOKUP_MAX];
	struct lookup l;

	(void)state;
	assert_int_equal(ask_for("liar", &l), LOOKUP_FOUND);
	assert_int_equal(lookup_addresses(l.text, 1, list), 1);
	assert_string_equal(shown(&list[0]), "192.0.2.9 1");
	assert_int_equal(ask("silent"), LOOKUP_MUTE);
	/* More than any answer has room for: it is ended, and held nothing up.
	 */
	assert_int_equal(ask_for("chatty", &l), LOOKUP_MUTE);
	assert_int_equal(strlen(l.text), LOOKUP_TEXT_MAX - 1);
	assert_int_equal(lookup_addresses(l.text, 1, list), LOOKUP_MAX);
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
	static const struct {
		const char *host, *text;
	} says[] = {
	    {"two", "2001:db8::7\n192.0.2.7\n"},
	    {"silent", ""},
	    {"liar", "localhost\n\n999.1.1.1\n-\nfe80::1%nowhere\n"
		     "192.0.2.99999999999999999999999999999999999999999999"
		     "99999999999999999999999999999999999999999999\n"
		     "192.0.2.9\n192.0.2.1"},
	};

	if (strcmp(host, "mute") == 0)
		(void)pause();
	if (strcmp(host, "crash") == 0)
		(void)raise(SIGKILL);
	if (strcmp(host, "unknown") == 0)
		return lookup_main(""); /* which no resolver is asked for */
	if (strcmp(host, "descriptors") == 0) {
		for (int fd = CHAN_FD; fd < 64; fd++)
			if (fcntl(fd, F_GETFD) != -1)
				return 1;
		return lookup_main("127.0.0.1");
	}
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (strcmp(host, says[i].host) == 0)
			return fputs(says[i].text, stdout) == EOF;
	for (;;)
		if (strcmp(host, "chatty") != 0)
			return lookup_main(host);
		else if (puts("192.0.2.1") == EOF)
			return 1;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_needs_none),
	    cmocka_unit_test(says_how_it_went),
	    cmocka_unit_test(tells_the_addresses),
	    cmocka_unit_test(believes_addresses_only),
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
