/*
 * Strings that need it are quoted by jansson; numbers are written here, because
 * jansson holds no unsigned 64-bit integer and prints every real with 17
 * digits.
 */
#include "json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sheaf.h"
#include "text.h"

/* Nearly all names are plain. */
static bool
is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' ||
		    text[i] == '\\')
			return false;
	return true;
}

static void
put_quoted(struct text *t, const char *text, size_t n)
{
	if (is_plain(text, n)) {
		text_add(t, "\"", 1);
		text_add(t, text, n);
		text_add(t, "\"", 1);
		return;
	}
	json_t *s = json_stringn(text, n);
	char *quoted = s ? json_dumps(s, JSON_ENCODE_ANY) : NULL;

	/* Only what is no UTF-8 cannot be quoted; the site file is. */
	text_put(t, quoted ? quoted : "\"?\"");
	free(quoted);
	json_decref(s);
}

static void
put_value(struct text *t, const struct value *v)
{
	char number[VALUE_TEXT_MAX];

	if (v->type == VALUE_TEXT)
		put_quoted(t, v->text, strlen(v->text));
	else if (v->type == VALUE_INT)
		text_int(t, v->i);
	else
		text_put(t, value_format(v, number, sizeof(number)));
}

static bool
sendable(const struct stored *row)
{
	return !row->is_event && row->quality != QUALITY_BAD &&
	       row->value.type != VALUE_NONE;
}

static void
put_point(struct text *t, const struct stored *r)
{
	const char *point = r->name + device_len(r);
	char key[MSG_SUBJECT_MAX + 16];

	point += *point == '/';
	put_quoted(t, point, strlen(point));
	text_add(t, ":", 1);
	put_value(t, &r->value);
	if (r->quality != QUALITY_UNCERTAIN && r->clock == EPOCH_KNOWN)
		return;
	(void)snprintf(key, sizeof(key), "%s_quality", point);
	text_add(t, ",", 1);
	put_quoted(t, key, strlen(key));
	text_put(t, ":\"uncertain\"");
}

/* One {"ts", "values"}: all of i's device and time, from i on. A point that
 * stands twice at one time waits for the next object, since a key may not. */
static void
put_moment(
    struct text *t, const struct stored *rows, struct place *places, uint32_t i)
{
	int64_t ts_ms = rows[i].ts_ms;
	const char *sep = "";
	uint32_t mine[64], nmine = 0;

	text_put(t, "{\"ts\":");
	text_int(t, ts_ms);
	text_put(t, ",\"values\":{");
	for (; i != PLACE_NONE && nmine < 64; i = places[i].next) {
		bool twice = false;
		if (places[i].put || rows[i].ts_ms != ts_ms)
			continue;
		for (uint32_t k = 0; k < nmine && !twice; k++)
			twice = rows[mine[k]].series == rows[i].series &&
				strcmp(rows[mine[k]].name, rows[i].name) == 0;
		if (twice)
			continue;
		mine[nmine++] = i;
		places[i].put = true;
		text_put(t, sep);
		sep = ",";
		put_point(t, &rows[i]);
	}
	text_put(t, "}}");
}

static void
put_devices(
    struct text *t, const struct stored *rows, struct place *places, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *sep = "";
		if (!places[i].first)
			continue;
		put_quoted(t, rows[i].name, device_len(&rows[i]));
		text_put(t, ":[");
		for (uint32_t k = (uint32_t)i; k != PLACE_NONE;
		     k = places[k].next) {
			if (places[k].put)
				continue;
			text_put(t, sep);
			sep = ",";
			put_moment(t, rows, places, k);
		}
		text_put(t, "],");
	}
}

char *
json_readings(const struct stored *rows, size_t n, size_t *len)
{
	struct place *places = calloc(n + 1, sizeof(*places));
	const struct stored *last = NULL;
	struct text t = {0};
	uint64_t seq = 0;

	*len = 1;
	if (!places)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		places[i].put = !sendable(&rows[i]);
		if (!places[i].put)
			last = &rows[i];
		seq = rows[i].seq > seq ? rows[i].seq : seq;
	}
	if (!last)
		*len = 0;
	if (!last || !sheaf_chain(rows, n, places)) {
		free(places);
		return NULL;
	}
	text_put(&t, "{");
	put_devices(&t, rows, places, n);
	text_put(&t, "\"gateway\":[{\"ts\":");
	text_int(&t, last->ts_ms);
	text_put(&t, ",\"values\":{\"seq\":");
	text_uint(&t, seq);
	text_put(&t, "}}]}");
	free(places);
	return text_take(&t, len);
}

static void
put_field(struct text *t, const char *key, const char *text)
{
	text_put(t, ",\"");
	text_put(t, key);
	text_put(t, "\":");
	put_quoted(t, text, strlen(text));
}

char *
json_event(const struct stored *row, size_t *len)
{
	struct text t = {0};

	text_put(&t, "{\"seq\":");
	text_uint(&t, row->seq);
	text_put(&t, ",\"ts\":");
	text_int(&t, row->ts_ms);
	put_field(&t, "kind", event_kind_name(row->kind));
	put_field(&t, "subject", row->name);
	put_field(&t, "text", row->text);
	if (row->clock != EPOCH_KNOWN)
		text_put(&t, ",\"clock\":\"uncertain\"");
	text_put(&t, "}");
	return text_take(&t, len);
}

char *
json_status(const char *state, const char *gateway, const char *version,
    const char *boot, int64_t ts_ms, size_t *len)
{
	struct text t = {0};

	text_put(&t, "{\"state\":\"");
	text_put(&t, state);
	text_put(&t, "\",\"ts\":");
	text_int(&t, ts_ms);
	put_field(&t, "gateway", gateway);
	put_field(&t, "version", version);
	put_field(&t, "boot", boot);
	text_put(&t, "}");
	return text_take(&t, len);
}
