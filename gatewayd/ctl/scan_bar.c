/* How far a search is. */
#include <stdio.h>

#include "msg.h"
#include "scan.h"

enum { BAR = 30 };

void
scan_bar(const struct scan *s, const char *what, size_t done, size_t all)
{
	static const char full[] = "##############################";
	int n = all > 0 ? (int)(done * BAR / all) : BAR;

	if (!s->bar)
		return;
	(void)fprintf(stderr, "\r%-12.12s [%.*s%*s] %3zu of %zu, %zu found ",
	    what, n, full, BAR - n, "", done, all, s->nfound);
}

void
scan_bar_end(const struct scan *s)
{
	if (s->bar)
		(void)fprintf(stderr, "\r%79s\r", "");
}
