/*
 * libyaml's events to nodes. libyaml accepts duplicate keys and aliases that
 * hold themselves (measured), so both are refused here.
 */
#include "tree.h"

#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	struct arena *mem;
	struct complaints *c;
	const char *file, *bytes;
	size_t len, nodes;
};

static struct mark
mark_of(const struct reader *r, yaml_mark_t m)
{
	return (struct mark){
	    r->file, (uint32_t)m.line + 1, (uint32_t)m.column + 1};
}

/* Where a byte stands; columns count characters, as libyaml's do. */
static struct mark
mark_of_byte(const struct reader *r, size_t offset)
{
	struct mark at = {r->file, 1, 1};

	for (size_t i = 0; i < offset && i < r->len; i++) {
		if (r->bytes[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if ((r->bytes[i] & 0xC0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

static bool
is_tab(const struct reader *r, yaml_mark_t m)
{
	size_t chars = m.index;

	for (size_t i = 0; i < r->len; i++)
		if ((r->bytes[i] & 0xC0) != 0x80 && !chars--)
			return r->bytes[i] == '\t';
	return false;
}

static bool
next_event(struct reader *r, yaml_event_t *e)
{
	const yaml_parser_t *p = &r->parser;
	const char *what;

	if (yaml_parser_parse(&r->parser, e))
		return true;
	what = p->problem ? p->problem : "cannot be read";
	if (p->error == YAML_READER_ERROR)
		complain(r->c, mark_of_byte(r, p->problem_offset),
		    "%s; save the file as UTF-8 text", what);
	else if (strstr(what, "tab character") || is_tab(r, p->problem_mark))
		complain(r->c, mark_of(r, p->problem_mark),
		    "a tab stands here; indent with spaces");
	else if (strstr(what, "cannot start any token"))
		complain(r->c, mark_of(r, p->problem_mark),
		    "YAML does not let a text begin so; put it in quotes");
	else
		complain(r->c, mark_of(r, p->problem_mark),
		    "%s%s%s; check indentation (spaces only), colons and "
		    "brackets here and in the line above",
		    p->context ? p->context : "", p->context ? ": " : "", what);
	return false;
}

static struct node *
node_new(struct reader *r, enum node_kind kind, const yaml_event_t *e)
{
	struct node *n = arena_alloc(r->mem, sizeof(*n));

	n->kind = kind;
	n->at = mark_of(r, e->start_mark);
	n->text = "";
	return n;
}

static size_t
characters(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += (s[i] & 0xC0) != 0x80;
	return count;
}

/* Columns between a scalar's start and its text. */
static uint32_t
lead_of(const yaml_event_t *e, const char *text)
{
	size_t wide = characters(text, strlen(text));
	size_t quotes = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? 0 : 2;

	if (e->start_mark.line != e->end_mark.line ||
	    e->end_mark.column - e->start_mark.column != wide + quotes)
		return LEAD_NONE;
	return quotes ? 1 : 0;
}

struct mark
node_mark(const struct node *n, size_t byte)
{
	struct mark at = n->at;

	if (n->lead != LEAD_NONE)
		at.column += n->lead + (uint32_t)characters(n->text, byte);
	return at;
}

static bool
allowed(struct reader *r, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	}
	if (anchor || e->type == YAML_ALIAS_EVENT) {
		complain(r->c, mark_of(r, e->start_mark),
		    "anchors and aliases (& and *) are not used here; write "
		    "the value out, or put a text that begins so in quotes");
		return false;
	}
	if (tag) {
		complain(r->c, mark_of(r, e->start_mark),
		    "tags (!) are not used here; leave it out, or put a text "
		    "that begins so in quotes");
		return false;
	}
	if (++r->nodes > YAML_NODES) {
		complain(r->c, mark_of(r, e->start_mark),
		    "more than %d entries; split the site", YAML_NODES);
		return false;
	}
	return true;
}

static struct node *read_node(struct reader *r, yaml_event_t *e, int depth);

/* A key, already checked against those before it; NULL with complaint. */
static const char *
read_key(struct reader *r, const struct node *map, const yaml_event_t *e)
{
	const struct mark at = mark_of(r, e->start_mark);
	const char *key;

	if (e->type != YAML_SCALAR_EVENT) {
		complain(
		    r->c, at, "a key must be one word; write `key: value`");
		return NULL;
	}
	if (!allowed(r, e))
		return NULL;
	key = (const char *)e->data.scalar.value;
	if (strlen(key) != e->data.scalar.length) {
		complain(r->c, at, "a NUL character in a key; take it out");
		return NULL;
	}
	if (strcmp(key, "<<") == 0) {
		complain(r->c, at,
		    "merge keys (<<) are not used here; write "
		    "the keys out");
		return NULL;
	}
	if (map->n == YAML_KEYS) { /* each is compared with all before it */
		complain(r->c, at,
		    "more than %d keys in one place; split the "
		    "site",
		    YAML_KEYS);
		return NULL;
	}
	for (const struct node *n = map->first; n; n = n->next)
		if (strcmp(n->key, key) == 0) {
			complain(r->c, at,
			    "`%s` stands here twice, first in "
			    "line %u; keep one",
			    key, n->key_at.line);
			break; /* read on: more mistakes may follow */
		}
	return arena_strdup(r->mem, key);
}

static struct node *
read_children(struct reader *r, struct node *parent, int depth)
{
	struct node **tail = &parent->first;
	yaml_event_type_t end = parent->kind == NODE_MAP
				    ? YAML_MAPPING_END_EVENT
				    : YAML_SEQUENCE_END_EVENT;
	yaml_event_t e;

	for (;;) {
		const char *key = NULL;
		struct mark key_at = {0};
		struct node *n;

		if (!next_event(r, &e))
			return NULL;
		if (e.type == end) {
			yaml_event_delete(&e);
			return parent;
		}
		if (parent->kind == NODE_MAP) {
			key = read_key(r, parent, &e);
			key_at = mark_of(r, e.start_mark);
			yaml_event_delete(&e);
			if (!key || !next_event(r, &e))
				return NULL;
		}
		n = read_node(r, &e, depth + 1);
		yaml_event_delete(&e);
		if (!n)
			return NULL;
		n->key = key;
		n->key_at = key_at;
		*tail = n;
		tail = &n->next;
		parent->n++;
	}
}

static struct node *
read_node(struct reader *r, yaml_event_t *e, int depth)
{
	struct node *n;

	if (!allowed(r, e))
		return NULL;
	if (depth > YAML_DEPTH) {
		complain(r->c, mark_of(r, e->start_mark),
		    "nested more than %d deep; check the brackets", YAML_DEPTH);
		return NULL;
	}
	if (e->type == YAML_MAPPING_START_EVENT)
		return read_children(r, node_new(r, NODE_MAP, e), depth);
	if (e->type == YAML_SEQUENCE_START_EVENT)
		return read_children(r, node_new(r, NODE_LIST, e), depth);
	n = node_new(r, NODE_SCALAR, e);
	n->text = arena_strndup(
	    r->mem, (const char *)e->data.scalar.value, e->data.scalar.length);
	if (strlen(n->text) != e->data.scalar.length) {
		complain(r->c, n->at, "a NUL character in a text; take it out");
		return NULL;
	}
	n->lead = lead_of(e, n->text);
	return n;
}

/* Stream start, document start, root, document end, stream end. */
static struct node *
read_document(struct reader *r)
{
	struct node *root = NULL;
	yaml_event_t e;

	for (;;) {
		if (!next_event(r, &e))
			return NULL;
		yaml_event_type_t type = e.type;
		if (type == YAML_DOCUMENT_START_EVENT && root) {
			complain(r->c, mark_of(r, e.start_mark),
			    "a second "
			    "document (---); put all in one");
			root = NULL;
			type = YAML_STREAM_END_EVENT;
		} else if (type != YAML_STREAM_START_EVENT &&
			   type != YAML_DOCUMENT_START_EVENT &&
			   type != YAML_DOCUMENT_END_EVENT &&
			   type != YAML_STREAM_END_EVENT) {
			root = read_node(r, &e, 0);
			if (!root)
				type = YAML_STREAM_END_EVENT;
		} else if (type == YAML_STREAM_END_EVENT && !root) {
			complain(r->c, (struct mark){r->file, 1, 1},
			    "the file is empty; begin with a copy of an "
			    "example");
		}
		yaml_event_delete(&e);
		if (type == YAML_STREAM_END_EVENT)
			return root;
	}
}

struct node *
yaml_read(struct arena *mem, const char *file, const char *bytes, size_t len,
    struct complaints *c)
{
	struct reader r = {.mem = mem, .c = c};
	struct node *root;

	r.file = complaints_keep(c, file);
	if (len > YAML_MAX) {
		complain(c, (struct mark){r.file, 0, 0},
		    "the file has %zu bytes, at most %d are read; split the "
		    "site",
		    len, YAML_MAX);
		return NULL;
	}
	if (!yaml_parser_initialize(&r.parser)) {
		complain(c, (struct mark){r.file, 0, 0}, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	/* With the encoding given, libyaml does not skip the mark itself. */
	if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	r.bytes = bytes;
	r.len = len;
	yaml_parser_set_input_string(
	    &r.parser, (const unsigned char *)bytes, len);
	root = read_document(&r);
	yaml_parser_delete(&r.parser);
	return root;
}

const struct node *
node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *n = map->first; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const char *
node_shown(const struct node *n)
{
	if (n->kind == NODE_MAP)
		return "{...}";
	if (n->kind == NODE_LIST)
		return "[...]";
	return n->text[0] ? n->text : "nothing";
}
