/* JSON through jansson; see jdoc.h. */
#include "jdoc.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

struct jdoc {
	json_t *root;
};

struct jdoc *
jdoc_parse(const char *text, size_t len, char *error, size_t size)
{
	json_error_t e;
	struct jdoc *j = malloc(sizeof(*j));

	if (j == NULL) {
		(void)snprintf(error, size, "no memory");
		return NULL;
	}
	j->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (j->root != NULL && json_is_object(j->root))
		return j;
	(void)snprintf(error, size, "the answer is not JSON: %s",
	    j->root != NULL ? "no object" : e.text);
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

bool
jdoc_has_number(const struct json_t *of, const char *key)
{
	return json_is_number(json_object_get(of, key));
}

const char *
jdoc_show(const struct json_t *of, const char *key, char *out, size_t size)
{
	const json_t *v = json_object_get(of, key);
	struct value real;

	*out = '\0';
	switch (v != NULL ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		(void)snprintf(out, size, "%s", json_string_value(v));
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
	return json_dumpf(
		   j->root, to, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0 &&
	       fputc('\n', to) != EOF;
}

void
jdoc_print_text(const char *s, FILE *to)
{
	json_t *v = json_string(s);

	if (v == NULL || json_dumpf(v, to, JSON_ENCODE_ANY) != 0)
		(void)fputs("null", to); /* not UTF-8: no text at all */
	json_decref(v);
}
