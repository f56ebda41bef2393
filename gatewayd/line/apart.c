/* The child ends with its parent, and leaves no core. */
#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mono.h"

enum { LOOK_MS = 10 };

static int
hush(bool errors, FILE **to)
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (out == -1 || null == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    (errors && dup2(null, STDERR_FILENO) == -1))
		return -1;
	*to = fdopen(out, "w");
	return *to ? 0 : -1;
}

pid_t
apart_begin(bool hush_errors, FILE **to)
{
	const struct rlimit no_core = {0, 0};
	pid_t pid;

	(void)fflush(stdout); /* or the child says it once more */
	pid = fork();
	if (pid == -1)
		return -errno;
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* or it outlives us */
	(void)setrlimit(RLIMIT_CORE, &no_core); /* or it leaves a core */
	if (hush(hush_errors, to) < 0) {
		perror("what the plugin prints cannot be put aside");
		_exit(1);
	}
	return 0;
}

_Noreturn void
apart_end(FILE *take, int status)
{
	_exit(fclose(take) == 0 ? status : EXIT_FAILURE);
}

int
apart_watch(pid_t pid, const volatile uint64_t *made, int64_t stuck_ms)
{
	int64_t moved = mono_ms();
	uint64_t last = *made;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (*made != last)
			moved = mono_ms();
		last = *made;
		if (mono_ms() - moved > stuck_ms) {
			(void)kill(pid, SIGKILL); /* ours, not yet reaped */
			(void)waitpid(pid, &status, 0);
			return -1;
		}
		mono_sleep_until(mono_ms() + LOOK_MS);
	}
	return status;
}
