/* A statement's words, with their columns, and the first thing wrong. */
#ifndef LEX_H
#define LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode.h"

enum { LEX_WORD_MAX = 256 };

struct lex {
	const char *text;
	size_t at;
	char word[LEX_WORD_MAX]; /* the next one; "" at the end */
	bool quoted, failed;
	int column;
	char *error;
	size_t error_size;
};

/* Borrows both for its life. */
void lex_init(struct lex *l, const char *text, char *error, size_t size);
/* `column: what; remedy`, unless something was wrong before. Returns false. */
bool lex_fail_at(struct lex *l, int column, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same about the next word. */
#define lex_fail(l, ...) lex_fail_at((l), (l)->column, __VA_ARGS__)
void lex_advance(struct lex *l);
bool lex_end(const struct lex *l);
/* Takes the word if it is this one, in either case. */
bool lex_take(struct lex *l, const char *word);
/* The same, but it must be. */
bool lex_expect(struct lex *l, const char *word);

bool lex_duration(struct lex *l, int64_t *ns); /* 250ms 5s 5min 4h */
bool lex_uint(struct lex *l, uint32_t max, uint32_t *out);
bool lex_real(struct lex *l, double *out);
bool lex_num(struct lex *l, struct num *out); /* or a "text" */
bool lex_on_off(struct lex *l, bool *out);
/* Hex pairs up to the first word that is none, or a "text". */
bool lex_bytes(struct lex *l, uint8_t *out, size_t max, size_t *n);

#endif
