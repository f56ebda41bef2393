/* One write a line, so that lines of several processes do not mix. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The log's destination: the one piece of state at file scope. */
static struct {
	const char *name;
	bool debug, journal;
} log_to = {.name = "gatewayd"};

void
log_init(const char *name, bool debug)
{
	log_to.name = name;
	log_to.debug = debug;
	log_to.journal = !isatty(STDERR_FILENO);
}

__attribute__((format(printf, 2, 0))) static void
log_line(int priority, const char *fmt, va_list ap)
{
	static const char *const word[] = {[3] = "error: ",
	    [4] = "warning: ",
	    [5] = "",
	    [6] = "",
	    [7] = "debug: "};
	char line[1024];
	int saved = errno, n;

	if (log_to.journal)
		n = snprintf(
		    line, sizeof(line), "<%d>%s: ", priority, log_to.name);
	else
		n = snprintf(
		    line, sizeof(line), "%s: %s", log_to.name, word[priority]);
	if (n < 0 || (size_t)n >= sizeof(line))
		n = 0;
	if (vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap) < 0)
		line[n] = '\0';
	size_t len = strnlen(line, sizeof(line) - 1);
	/* A newline inside would forge a second line. */
	for (size_t i = 0; i < len; i++)
		if (line[i] == '\n' || line[i] == '\r')
			line[i] = ' ';
	line[len++] = '\n';
	/* Nothing can be said when saying fails. */
	(void)!write(STDERR_FILENO, line, len);
	errno = saved;
}

#define LOG_FUNCTION(NAME, PRIORITY)                                           \
	void NAME(const char *fmt, ...)                                        \
	{                                                                      \
		va_list ap;                                                    \
		va_start(ap, fmt);                                             \
		log_line(PRIORITY, fmt, ap);                                   \
		va_end(ap);                                                    \
	}

LOG_FUNCTION(log_err, 3)
LOG_FUNCTION(log_warning, 4)
LOG_FUNCTION(log_notice, 5)
LOG_FUNCTION(log_info, 6)

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_to.debug)
		return;
	va_start(ap, fmt);
	log_line(7, fmt, ap);
	va_end(ap);
}
