/* The words of a formula, and its functions. Inside conf/ only; pure. */
#ifndef FORMULA_WORD_H
#define FORMULA_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "device_type.h"

enum word_kind {
	WORD_END,
	WORD_NUMBER,
	WORD_NAME,
	WORD_SIGN /* + - * / ^ < <= > >= == != ( ) , */
};

struct formula_word {
	enum word_kind kind;
	size_t at, len; /* in the text */
	double number;
};

struct formula_function {
	const char *name;
	enum formula_op op;
	unsigned takes;
	bool many; /* or more */
};

enum { FORMULA_FUNCTIONS = 10 };

/* The word at `from` or behind the blanks there. NULL; or what is wrong with
 * what stands there, to be said behind it. */
const char *formula_word(const char *text, size_t from, struct formula_word *w);
/* NULL: there is none. */
const struct formula_function *formula_function(const char *name);
void formula_function_names(const char *names[FORMULA_FUNCTIONS + 1]);

#endif
