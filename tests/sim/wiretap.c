/* The frames file; see wiretap.h. */
#include "wiretap.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "field.h"

static int64_t
wall_us(int64_t at)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail */
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 -
	       (now_ns() - at) / 1000;
}

static void
tell(struct sim_line *l, const char *direction, const uint8_t *bytes, size_t n,
    int64_t at)
{
	FILE *to = l->farm->frames;

	(void)fprintf(to,
	    "{\"us\": %" PRId64 ", \"utc_us\": %" PRId64
	    ", \"line\": \"%s\", \"direction\": \"%s\", \"bytes\": \"",
	    at / 1000, wall_us(at), l->name, direction);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(to, "%02X", bytes[i]);
	(void)fputs("\"", to);
}

void
wiretap_request(struct sim_line *l, const uint8_t *bytes, size_t n, int64_t at)
{
	if (l->farm->frames == NULL)
		return;
	tell(l, "request", bytes, n, at);
	(void)fputs("}\n", l->farm->frames);
}

void
wiretap_answer(
    struct sim_line *l, const uint8_t *bytes, size_t n, int64_t at, int64_t due)
{
	if (l->farm->frames == NULL)
		return;
	tell(l, "answer", bytes, n, at);
	(void)fprintf(l->farm->frames, ", \"late_us\": %" PRId64 "}\n",
	    (at - due) / 1000);
}
