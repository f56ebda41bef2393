/*
 * A text that grows at its end. One that once found no memory stays failed, so
 * that a caller asks once, when it takes the text.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text { /* begins as {0} */
	char *at;
	size_t n, size;
	bool failed;
};

void text_add(struct text *t, const char *bytes, size_t n);
void text_put(struct text *t, const char *s);
void text_int(struct text *t, int64_t i);
void text_uint(struct text *t, uint64_t u);
/* The text with a NUL behind it, the caller's to free, and its length; NULL:
 * there was no memory. */
char *text_take(struct text *t, size_t *len);

#endif
