/* JSON through jansson; see jdoc.h. */
#include "jdoc.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

struct jdoc {
	json_t *root;
};

/*
 * jansson keeps integers in 64 bits with a sign. A longer one is kept as a
 * text with MARK in front, and loses both when it is printed, so that a
 * uint64 stays exact. No text of ours holds a control character, so one that
 * looks like MARK is refused.
 */
enum { MARK = 1, DIGITS_EXACT = 18 };
static const char mark_escaped[] = "\\u0001";
static const char mark_printed[] = "\"\\u0001";

static size_t
integer_length(const char *s, size_t len)
{
	size_t n = len > 0 && *s == '-' ? 1 : 0;

	if (n < len && s[n] == '0')
		return 0; /* 0 itself, or no JSON */
	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	return n < len && strchr(".eE", s[n]) != NULL ? 0 : n;
}

/* At most half as long again; NULL: no memory. */
static char *
mark_long_integers(const char *text, size_t len, size_t *out_len)
{
	char *out = malloc(len + len / 2 + 4), *to = out;
	bool in_string = false, fresh = true;

	for (size_t i = 0; out != NULL && i < len;) {
		size_t n =
		    !in_string && fresh ? integer_length(text + i, len - i) : 0;
		if (n > DIGITS_EXACT) {
			*to++ = '"';
			to = mempcpy(to, mark_escaped, 6);
			to = mempcpy(to, text + i, n);
			*to++ = '"';
			i += n;
			continue;
		}
		if (in_string && text[i] == '\\' && i + 1 < len)
			*to++ = text[i++];
		else if (text[i] == '"')
			in_string = !in_string;
		fresh = strchr(":,[ ", text[i]) != NULL;
		*to++ = text[i++];
	}
	*out_len = out != NULL ? (size_t)(to - out) : 0;
	return out;
}

static void
unmark(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (strncmp(s, mark_printed, sizeof(mark_printed) - 1) != 0) {
			*to++ = *s++;
			continue;
		}
		for (s += sizeof(mark_printed) - 1; *s != '"';)
			*to++ = *s++;
		s++;
	}
	*to = '\0';
}

struct jdoc *
jdoc_parse(const char *text, size_t len, char *error, size_t size)
{
	json_error_t e;
	struct jdoc *j = malloc(sizeof(*j));
	size_t marked_len;
	char *marked = mark_long_integers(text, len, &marked_len);
	bool forged =
	    memmem(text, len, mark_escaped, sizeof(mark_escaped) - 1) != NULL;

	if (j == NULL || marked == NULL) {
		(void)snprintf(error, size, "no memory");
		free(marked);
		free(j);
		return NULL;
	}
	e.text[0] = '\0';
	j->root =
	    forged ? NULL
		   : json_loadb(marked, marked_len, JSON_REJECT_DUPLICATES, &e);
	free(marked);
	if (j->root != NULL && json_is_object(j->root))
		return j;
	(void)snprintf(error, size, "the answer is not JSON: %s",
	    j->root != NULL ? "no object"
	    : forged        ? "a control character in a text"
			    : e.text);
	return jdoc_free(j);
}

struct jdoc *
jdoc_free(struct jdoc *take)
{
	if (take != NULL)
		json_decref(take->root);
	free(take);
	return NULL;
}

const struct json_t *
jdoc_root(const struct jdoc *j)
{
	return j->root;
}

const struct json_t *
jdoc_get(const struct json_t *of, const char *key)
{
	return json_object_get(of, key);
}

size_t
jdoc_count(const struct json_t *array)
{
	return json_array_size(array);
}

const struct json_t *
jdoc_at(const struct json_t *array, size_t i)
{
	return json_array_get(array, i);
}

const char *
jdoc_text(const struct json_t *of, const char *key, const char *fallback)
{
	const char *s = json_string_value(json_object_get(of, key));

	return s != NULL ? s : fallback;
}

int64_t
jdoc_int(const struct json_t *of, const char *key, int64_t fallback)
{
	const json_t *v = json_object_get(of, key);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

double
jdoc_real(const struct json_t *of, const char *key, double fallback)
{
	const json_t *v = json_object_get(of, key);

	return json_is_number(v) ? json_number_value(v) : fallback;
}

bool
jdoc_true(const struct json_t *of, const char *key)
{
	return json_is_true(json_object_get(of, key));
}

bool
jdoc_has_number(const struct json_t *of, const char *key)
{
	return json_is_number(json_object_get(of, key));
}

const char *
jdoc_show(const struct json_t *of, const char *key, char *out, size_t size)
{
	const json_t *v = json_object_get(of, key);
	const char *text;
	struct value real;

	*out = '\0';
	switch (v != NULL ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		text = json_string_value(v);
		(void)snprintf(out, size, "%s", text + (*text == MARK));
		break;
	case JSON_INTEGER:
		(void)snprintf(
		    out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		real = value_real(json_real_value(v));
		(void)value_format(&real, out, size);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		(void)snprintf(
		    out, size, "%s", json_is_true(v) ? "true" : "false");
		break;
	default:
		break;
	}
	return out;
}

struct value
jdoc_value(const struct json_t *of, const char *key)
{
	const json_t *v = json_object_get(of, key);
	const char *text = json_string_value(v);

	if (text != NULL && *text == MARK)
		return text[1] == '-'
			   ? value_real(strtod(text + 1, NULL))
			   : value_uint(strtoull(text + 1, NULL, 10));
	if (text != NULL)
		return value_text(text);
	if (json_is_integer(v))
		return value_int(json_integer_value(v));
	return value_real(json_is_real(v) ? json_real_value(v) : NAN);
}

void
jdoc_filter(
    struct jdoc *j, const char *array, const char *key, const char *prefix)
{
	json_t *a = json_object_get(j->root, array);

	for (size_t i = json_array_size(a); i-- > 0;) {
		const char *s = jdoc_text(json_array_get(a, i), key, "");
		if (strncmp(s, prefix, strlen(prefix)) != 0)
			(void)json_array_remove(a, i); /* i is in range */
	}
}

bool
jdoc_print(const struct jdoc *j, FILE *to)
{
	char *s = json_dumps(j->root, JSON_COMPACT | JSON_REAL_PRECISION(17));
	bool ok;

	if (s == NULL)
		return false;
	unmark(s);
	ok = fprintf(to, "%s\n", s) >= 0;
	free(s);
	return ok;
}

void
jdoc_print_text(const char *s, FILE *to)
{
	json_t *v = json_string(s);

	if (v == NULL || json_dumpf(v, to, JSON_ENCODE_ANY) != 0)
		(void)fputs("null", to); /* not UTF-8: no text at all */
	json_decref(v);
}
