/* Doubling. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 1024 };

/* Room for n more and a NUL. */
static bool
room(struct text *t, size_t n)
{
	size_t size = t->size > 0 ? t->size : FIRST_SIZE;
	char *more;

	if (t->failed || n < t->size - t->n)
		return !t->failed;
	while (size - t->n <= n)
		size *= 2;
	more = realloc(t->at, size);
	if (more == NULL) {
		t->failed = true;
		return false;
	}
	t->at = more;
	t->size = size;
	return true;
}

void
text_add(struct text *t, const char *bytes, size_t n)
{
	if (!room(t, n))
		return;
	memcpy(t->at + t->n, bytes, n);
	t->n += n;
}

void
text_put(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void
text_uint(struct text *t, uint64_t u)
{
	char digits[20], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	text_add(t, at, (size_t)(digits + sizeof(digits) - at));
}

void
text_int(struct text *t, int64_t i)
{
	if (i < 0)
		text_add(t, "-", 1);
	text_uint(t, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
}

char *
text_take(struct text *t, size_t *len)
{
	char *text = NULL;

	if (room(t, 0)) {
		t->at[t->n] = '\0';
		*len = t->n;
		text = t->at;
	} else {
		free(t->at);
	}
	*t = (struct text){0};
	return text;
}
