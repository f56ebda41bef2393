/*
 * Paragraphs for people: a label on the left, and text beside it that goes on
 * below itself where the line ends. Widths are cells, as in table.h.
 */
#ifndef SAY_H
#define SAY_H

#include <stdint.h>
#include <stdio.h>

enum { SAY_WIDTH = 79, SAY_COMMENT_WIDTH = 78 };

/* An empty line, and the title. */
void say_title(FILE *to, const char *title);
/* The label `indent` in, the text `hang` in; a label too long for that stands
 * on a line of its own. Nothing when the text is empty. */
void say(FILE *to, int indent, int hang, const char *label, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));

/* Comments of a file: `first`, and `next` in front of each further line; of one
 * width. */
void say_comment(FILE *to, const char *first, const char *next, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

/* A sentence of many parts, "a; b; c.", being made. */
struct sentence {
	char text[2000];
	size_t n;
};
/* What is too long is cut. */
void part(struct sentence *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Without "; " in front. */
void more(struct sentence *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* 0.1, -40, 1e+09: the shortest, as in printf("%s", num(v).s). */
struct num {
	char s[32];
};
struct num num(double v);
/* "4 h", "3276 s": exact, in the largest unit that makes it whole. */
struct num duration(uint32_t ms);

#endif
