/*
 * Texts are quoted by jansson; numbers are written here, because jansson holds
 * no unsigned 64-bit integer and prints every real with 17 digits.
 */
#include "json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
put_quoted(FILE *f, const char *text, size_t n)
{
	json_t *s = json_stringn(text, n);
	char *quoted = s ? json_dumps(s, JSON_ENCODE_ANY) : NULL;

	/* Only what is no UTF-8 cannot be quoted; the site file is. */
	fputs(quoted ? quoted : "\"?\"", f);
	free(quoted);
	json_decref(s);
}

static void
put_value(FILE *f, const struct value *v)
{
	char text[VALUE_TEXT_MAX];

	if (v->type == VALUE_TEXT)
		put_quoted(f, v->text, strlen(v->text));
	else
		fputs(value_format(v, text, sizeof(text)), f);
}

/* "line/device/point": where the point begins. */
static size_t
device_len(const struct stored *row)
{
	const char *slash = strrchr(row->name, '/');

	return slash ? (size_t)(slash - row->name) : strlen(row->name);
}

static bool
sendable(const struct stored *row)
{
	return !row->is_event && row->quality != QUALITY_BAD &&
	       row->value.type != VALUE_NONE;
}

static bool
same_device(const struct stored *a, const struct stored *b)
{
	size_t n = device_len(a);

	return n == device_len(b) && memcmp(a->name, b->name, n) == 0;
}

/* One {"ts", "values"}: all of i's device and time. A point that stands twice
 * at one time waits for the next object, since a key may not. */
static void
put_moment(FILE *f, const struct stored *rows, size_t n, size_t i, bool *put)
{
	const struct stored *first = &rows[i];
	const char *sep = "";
	size_t mine[64], nmine = 0;

	fprintf(f, "{\"ts\":%" PRId64 ",\"values\":{", first->ts_ms);
	for (; i < n && nmine < 64; i++) {
		const struct stored *r = &rows[i];
		bool twice = false;
		if (put[i] || r->ts_ms != first->ts_ms ||
		    !same_device(first, r))
			continue;
		for (size_t k = 0; k < nmine; k++)
			twice =
			    twice || strcmp(rows[mine[k]].name, r->name) == 0;
		if (twice)
			continue;
		mine[nmine++] = i;
		put[i] = true;
		const char *point = r->name + device_len(r);
		point += *point == '/';
		fputs(sep, f);
		sep = ",";
		put_quoted(f, point, strlen(point));
		putc(':', f);
		put_value(f, &r->value);
		if (r->quality == QUALITY_UNCERTAIN ||
		    r->clock != EPOCH_KNOWN) {
			char key[MSG_SUBJECT_MAX + 16];
			(void)snprintf(key, sizeof(key), "%s_quality", point);
			putc(',', f);
			put_quoted(f, key, strlen(key));
			fputs(":\"uncertain\"", f);
		}
	}
	fputs("}}", f);
}

static void
put_devices(FILE *f, const struct stored *rows, size_t n, bool *put)
{
	for (size_t i = 0; i < n; i++) {
		const char *sep = "";
		if (put[i])
			continue;
		put_quoted(f, rows[i].name, device_len(&rows[i]));
		fputs(":[", f);
		for (size_t k = i; k < n; k++) {
			if (put[k] || !same_device(&rows[i], &rows[k]))
				continue;
			fputs(sep, f);
			sep = ",";
			put_moment(f, rows, n, k, put);
		}
		fputs("],", f);
	}
}

/* Closes the stream; the text, or NULL when memory ran out on the way. */
static char *
finished(FILE *f, char **text)
{
	bool bad = ferror(f) != 0;

	/* The text is where it will stay only once the stream is closed. */
	if (fclose(f) != 0 || bad) {
		free(*text);
		return NULL;
	}
	return *text;
}

char *
json_readings(const struct stored *rows, size_t n, size_t *len)
{
	bool *put = calloc(n + 1, sizeof(*put));
	const struct stored *last = NULL;
	char *text = NULL;
	uint64_t seq = 0;
	FILE *f;

	*len = 1;
	if (!put)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		put[i] = !sendable(&rows[i]);
		if (!put[i])
			last = &rows[i];
		seq = rows[i].seq > seq ? rows[i].seq : seq;
	}
	if (!last)
		*len = 0;
	f = last ? open_memstream(&text, len) : NULL;
	if (f) {
		putc('{', f);
		put_devices(f, rows, n, put);
		fprintf(f,
		    "\"gateway\":[{\"ts\":%" PRId64 ",\"values\":"
		    "{\"seq\":%" PRIu64 "}}]}",
		    last->ts_ms, seq);
		text = finished(f, &text);
	}
	free(put);
	return text;
}

static void
put_field(FILE *f, const char *key, const char *text)
{
	fprintf(f, ",\"%s\":", key);
	put_quoted(f, text, strlen(text));
}

char *
json_event(const struct stored *row, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	fprintf(
	    f, "{\"seq\":%" PRIu64 ",\"ts\":%" PRId64, row->seq, row->ts_ms);
	put_field(f, "kind", event_kind_name(row->kind));
	put_field(f, "subject", row->name);
	put_field(f, "text", row->text);
	if (row->clock != EPOCH_KNOWN)
		fputs(",\"clock\":\"uncertain\"", f);
	putc('}', f);
	return finished(f, &text);
}

char *
json_status(const char *state, const char *gateway, const char *version,
    const char *boot, int64_t ts_ms, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	fprintf(f, "{\"state\":\"%s\",\"ts\":%" PRId64, state, ts_ms);
	put_field(f, "gateway", gateway);
	put_field(f, "version", version);
	put_field(f, "boot", boot);
	putc('}', f);
	return finished(f, &text);
}
