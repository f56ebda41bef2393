/* `gatewayctl check` as a user meets it: exit codes, what goes where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd.h"

enum { ARGS = 8, TEXT = 8000 };

struct run {
	int status;
	char out[TEXT], err[TEXT];
};

static void
take(FILE *f, char *text)
{
	size_t n;

	rewind(f);
	n = fread(text, 1, TEXT - 1, f);
	text[n] = '\0';
	assert_int_equal(fclose(f), 0);
}

/* In a process of its own, as getopt() and stdout are the process's. */
static void
check(struct run *r, char *const *args)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int status = 0, argc = 0;
	pid_t pid;

	assert_non_null(out);
	assert_non_null(err);
	while (args[argc])
		argc++;
	(void)fflush(NULL); /* or the child says it once more */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(fileno(out), STDOUT_FILENO) < 0 ||
		    dup2(fileno(err), STDERR_FILENO) < 0)
			_exit(99);
		status = ctl_run(argc, (char **)(uintptr_t)args);
		(void)fflush(NULL); /* the parent misses what is lost */
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	r->status = WEXITSTATUS(status);
	take(out, r->out);
	take(err, r->err);
}

#define CHECK(r, ...)                                                          \
	check((r), (char *[]){(char[]){"gatewayctl"}, (char[]){"check"},       \
		       __VA_ARGS__, NULL})
#define PROFILES                                                               \
	(char[]){"--profiles"}, (char[])                                       \
	{                                                                      \
		"tests/config/profiles"                                        \
	}

static void
right(void **state)
{
	struct run r;

	(void)state;
	CHECK(&r, PROFILES, (char[]){"config/site.example.yaml"});
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out,
	    "config/site.example.yaml: ok, 2 lines, 3 devices, 13 points\n");
	assert_non_null(strstr(r.err, "warning: checked, but not acted on"));
	CHECK(&r, (char[]){"tests/config/02-least.yaml"}, PROFILES);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.err, "");
	assert_string_equal(r.out, "tests/config/02-least.yaml: ok, 1 line, 1 "
				   "device, 2 points\n");
}

static void
wrong(void **state)
{
	struct run r;

	(void)state;
	CHECK(&r, PROFILES, (char[]){"tests/config/20-duplicate-keys.yaml"});
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "keys.yaml:11:9: `unit` stands here "));
	assert_non_null(strstr(r.err, "\n3 errors\n"));
	CHECK(&r, (char[]){"tests/config/30-empty.yaml"});
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "\n1 error\n"));
	CHECK(&r, (char[]){"/nowhere/site.yaml"});
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "/nowhere/site.yaml: the site file "));
}

/* Ways to devices and writes, as the installer meets them. */
static void
ways_and_writes(void **state)
{
	struct run r;

	(void)state;
	CHECK(&r, PROFILES, (char[]){"tests/config/09-ways.yaml"});
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "tests/config/09-ways.yaml: ok, 7 lines, 20 "
				   "devices, 40 points\n");
	CHECK(&r, PROFILES, (char[]){"tests/config/10-writes.yaml"});
	assert_int_equal(r.status, 0);
	assert_string_equal(r.err, "");
	CHECK(&r, PROFILES, (char[]){"tests/config/63-ways.yaml"});
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "63-ways.yaml:6:44: `listen` stands "));
	assert_non_null(strstr(r.err, "63-ways.yaml:9:67: b has no `host`, "));
	CHECK(&r, (char[]){"--profiles"}, (char[]){"tests/config/wrong"},
	    (char[]){"tests/config/71-wrong-writes.yaml"});
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "writes.yaml:14:52: function is 6; a "));
	assert_non_null(strstr(r.err, "setups.yaml:18:5: setup would switch "));
}

/* Files of uplinks are for the gateway, and this may be another machine. */
static void
files_of_uplinks(void **state)
{
	static const char text[] =
	    "gateway: {id: gw}\n"
	    "uplinks:\n"
	    "  a: {broker: mqtts://a, ca_file: config/site.example.yaml}\n"
	    "  b: {broker: mqtts://a, username: u,\n"
	    "      password_file: /run/credentials/gatewayd.service/b}\n"
	    "  c: {broker: mqtts://a, ca_file: tests}\n"
	    "lines: {l: {transport: tcp, host: h, devices: {d: {type: "
	    "tuf-2000m}}}}\n";
	char path[] = "/tmp/check-files-XXXXXX";
	int fd = mkstemp(path);
	struct run r;

	(void)state;
	CHECK(&r, PROFILES, (char[]){"tests/config/05-brokers.yaml"});
	assert_int_equal(r.status, 0);
	assert_non_null(
	    strstr(r.err, "05-brokers.yaml: warning: uplink four: "
			  "password_file /p cannot be read on this machine "
			  "(No such file or directory); on the gateway, "
			  "gatewayd must be able to\n"));
	assert_non_null(strstr(r.err, "uplink five: ca_file /ca cannot"));
	assert_non_null(strstr(r.err, "uplink five: cert_file /cert cannot"));
	assert_non_null(strstr(r.err, "uplink five: key_file /key cannot"));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(close(fd), 0);
	CHECK(&r, PROFILES, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(r.status, 0);
	assert_null(strstr(r.err, "uplink a"));
	assert_null(strstr(r.err, "uplink b"));
	assert_non_null(strstr(r.err, "uplink c: ca_file tests cannot be read "
				      "on this machine (Is a directory)"));
}

static void
usage(void **state)
{
	struct run r;

	(void)state;
	check(&r, (char *[]){(char[]){"gatewayctl"}, (char[]){"check"}, NULL});
	assert_int_equal(r.status, 2);
	assert_non_null(strstr(r.err, "usage: gatewayctl check FILE"));
	assert_string_equal(r.out, "");
	CHECK(&r, (char[]){"a"}, (char[]){"b"});
	assert_int_equal(r.status, 2);
	CHECK(&r, (char[]){"--profile-dir"}, (char[]){"a"});
	assert_int_equal(r.status, 2);
	CHECK(&r, (char[]){"a"}, (char[]){"--profiles"});
	assert_int_equal(r.status, 2);
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
	    cmocka_unit_test(right),
	    cmocka_unit_test(wrong),
	    cmocka_unit_test(ways_and_writes),
	    cmocka_unit_test(files_of_uplinks),
	    cmocka_unit_test(usage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(test, NULL, NULL);
}
