/* Hints at wrong serial settings. */
#include "sense.h"

#include <stddef.h>

enum { NONSENSE = 3 };

void
sense_open(struct sense *s, int fd)
{
	*s = (struct sense){0};
	s->counted = port_line_errors(fd, &s->before) == 0;
}

void
sense_begin(struct sense *s, int fd)
{
	if (s->counted)
		s->counted = port_line_errors(fd, &s->before) == 0;
}

void
sense_good(struct sense *s)
{
	s->good = true;
	s->nonsense = 0;
}

const char *
sense_failed(struct sense *s, int fd, bool bytes)
{
	struct port_errors now;
	bool rose = s->counted && port_line_errors(fd, &now) == 0 &&
		    (now.framing != s->before.framing ||
			now.parity != s->before.parity);

	s->nonsense = bytes ? s->nonsense + 1 : 0;
	if (!rose && (s->good || s->nonsense < NONSENSE))
		return NULL;
	return "bytes come but make no sense: check baud, parity and stop "
	       "bits; is there a second master?";
}
