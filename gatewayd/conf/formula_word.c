/* See formula_word.h. */
#include "formula_word.h"

#include <string.h>

#include "read.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* What people write in other languages. */
static const struct {
	const char *text, *advice;
} elsewhere[] = {
    {"&&", "means nothing here; write `and`"},
    {"||", "means nothing here; write `or`"},
    {"**", "means nothing here; write `^`"},
    {"<>", "means nothing here; write `!=`"},
    {"=", "means nothing here; write `==`"},
    {"!", "means nothing here; write `not`"},
    {"&", "means nothing here; take the bits with mask and shift of a part"},
    {"%", "means nothing here; write a - b * floor(a / b)"},
    {"?", "means nothing here; write if(condition, then, else)"},
    {"[", "means nothing here; write `(`"},
};

/* The longer ones first, and before what looks like half of one. */
static const char *const pairs[] = {"<=", ">=", "==", "!="};
static const char single[] = "+-*/^<>(),";

static const struct formula_function functions[FORMULA_FUNCTIONS] = {
    {"if", F_IF, 3, false},
    {"min", F_MIN, 2, true},
    {"max", F_MAX, 2, true},
    {"abs", F_ABS, 1, false},
    {"sqrt", F_SQRT, 1, false},
    {"exp", F_EXP, 1, false},
    {"ln", F_LN, 1, false},
    {"log10", F_LOG10, 1, false},
    {"floor", F_FLOOR, 1, false},
    {"dew_point", F_DEW_POINT, 2, false},
};

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static const char *
sign(const char *s, struct formula_word *w)
{
	w->kind = WORD_SIGN;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (begins(s, pairs[i])) {
			w->len = 2;
			return NULL;
		}
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (begins(s, elsewhere[i].text)) {
			w->len = strlen(elsewhere[i].text);
			return elsewhere[i].advice;
		}
	if (strchr(single, *s)) {
		w->len = 1;
		return NULL;
	}
	/* One character, of however many bytes. */
	for (w->len = 1; (s[w->len] & 0xC0) == 0x80;)
		w->len++;
	return "means nothing here; write numbers, points and + - * / ^";
}

const char *
formula_word(const char *text, size_t from, struct formula_word *w)
{
	const char *s;

	while (text[from] == ' ')
		from++;
	s = text + from;
	*w = (struct formula_word){.at = from};
	if (!*s) {
		w->kind = WORD_END;
	} else if ((*s >= '0' && *s <= '9') || *s == '.') {
		w->kind = WORD_NUMBER;
		w->len = scan_real(s, &w->number);
		if (!w->len || (s[w->len] && strchr(LETTERS ".", s[w->len]))) {
			w->len = strspn(s, LETTERS "0123456789.");
			return "is no number; write 12.5";
		}
	} else if (strchr(LETTERS, *s)) {
		w->kind = WORD_NAME;
		w->len = strspn(s, LETTERS "0123456789");
	} else {
		return sign(s, w);
	}
	return NULL;
}

const struct formula_function *
formula_function(const char *name)
{
	for (size_t i = 0; i < FORMULA_FUNCTIONS; i++)
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}

void
formula_function_names(const char *names[FORMULA_FUNCTIONS + 1])
{
	for (size_t i = 0; i < FORMULA_FUNCTIONS; i++)
		names[i] = functions[i].name;
	names[FORMULA_FUNCTIONS] = NULL;
}
