/* A thin cover over jansson. */
#include "jmake.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct json_t *
jmake_object(void)
{
	return json_object();
}

struct json_t *
jmake_array(void)
{
	return json_array();
}

struct json_t *
jmake_text(const char *s)
{
	char safe[512];
	json_t *j = json_string(s);

	if (j != NULL)
		return j;
	(void)snprintf(safe, sizeof(safe), "%s", s);
	for (char *p = safe; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(safe);
}

struct json_t *
jmake_int(int64_t n)
{
	return json_integer(n);
}

struct json_t *
jmake_real(double r)
{
	return json_real(r);
}

struct json_t *
jmake_bool(int yes)
{
	return json_boolean(yes);
}

struct json_t *
jmake_null(void)
{
	return json_null();
}

void
jmake_set(struct json_t *to, const char *key, struct json_t *take)
{
	(void)json_object_set_new(to, key, take); /* see jmake.h */
}

void
jmake_set_text(struct json_t *to, const char *key, const char *s)
{
	jmake_set(to, key, jmake_text(s));
}

void
jmake_set_int(struct json_t *to, const char *key, int64_t n)
{
	jmake_set(to, key, json_integer(n));
}

void
jmake_set_count(struct json_t *to, const char *key, uint64_t n)
{
	jmake_set_int(to, key, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

void
jmake_append(struct json_t *to, struct json_t *take)
{
	(void)json_array_append_new(to, take); /* see jmake.h */
}

char *
jmake_print(struct json_t *take, size_t digits)
{
	char *out =
	    json_dumps(take, JSON_COMPACT | JSON_REAL_PRECISION(digits));

	json_decref(take);
	return out;
}
