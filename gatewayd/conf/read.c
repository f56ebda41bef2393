/* Maps, lists, texts and words. Numbers are in read_number.c. */
#include "read.h"

#include <stdio.h>
#include <string.h>

#include "elsewhere.h"

static bool
listed(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* "a, b or c" */
const char *
read_join(const char *const *words, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (; *words && used < size; words++) {
		int n = snprintf(out + used, size - used, "%s%s",
		    !used      ? ""
		    : words[1] ? ", "
			       : " or ",
		    *words);
		used += n > 0 ? (size_t)n : size;
	}
	return out;
}

static void
unknown_key(struct ctx *x, const struct node *n, const char *what,
    const char *const *keys)
{
	const char *guess;
	char list[512];

	if (listed("password_file", keys) && strcmp(n->key, "password") == 0) {
		complain(x->c, n->key_at,
		    "a password does not belong into "
		    "this file, which many may read; put it alone into a file "
		    "of its own and write `password_file: /path/to/it`");
		return;
	}
	/* Before the nearest: `min` is no slip of `kind`. */
	guess = elsewhere_exactly(n->key, keys, list, sizeof(list));
	if (!guess && (guess = nearest(n->key, keys)))
		(void)snprintf(list, sizeof(list), "`%s`", guess);
	if (!guess)
		guess = elsewhere_nearly(n->key, keys, list, sizeof(list));
	if (guess)
		complain(x->c, n->key_at,
		    "`%s` is not a key of %s; did you mean %s?", n->key, what,
		    list);
	else
		complain(x->c, n->key_at,
		    "`%s` is not a key of %s; its keys are %s", n->key, what,
		    read_join(keys, list, sizeof(list)));
}

bool
read_map(struct ctx *x, const struct node *n, const char *what,
    const char *const *keys)
{
	if (n->kind != NODE_MAP) {
		complain(x->c, n->at,
		    "%s must have keys of its own; write `key: value` lines "
		    "indented below it",
		    what);
		return false;
	}
	for (const struct node *k = n->first; keys && k; k = k->next)
		if (!listed(k->key, keys))
			unknown_key(x, k, what, keys);
	return true;
}

const struct node *
read_need(
    struct ctx *x, const struct node *map, const char *what, const char *key)
{
	const struct node *n = node_get(map, key);

	if (!n)
		complain(x->c, map->key ? map->key_at : map->at,
		    "%s lacks `%s`; add it", what, key);
	return n;
}

/* U+0000 to 001F and 007F to 009F: MQTT 3.1.1, 1.5.3 lets a broker close the
 * connection for them. */
static bool
is_control(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] < 0x20 || u[0] == 0x7f ||
	       (u[0] == 0xC2 && u[1] >= 0x80 && u[1] <= 0x9F);
}

bool
read_list(struct ctx *x, const struct node *n, const char *what)
{
	if (n->kind == NODE_LIST)
		return true;
	complain(x->c, n->at, "%s must be a list; write [a, b]", what);
	return false;
}

static bool
read_words(struct ctx *x, const struct node *n, const char *what, bool lines,
    const char **out)
{
	if (n->kind != NODE_SCALAR || !n->text[0]) {
		complain(x->c, n->at,
		    "%s must be a text; write it behind the "
		    "colon",
		    what);
		return false;
	}
	for (const char *p = n->text; *p; p++)
		if (is_control(p) && !(lines && *p == '\n')) {
			complain(x->c, n->at,
			    "%s holds a control character "
			    "(or a line break); take it out",
			    what);
			return false;
		}
	*out = arena_strdup(x->mem, n->text);
	return true;
}

bool
read_text(
    struct ctx *x, const struct node *n, const char *what, const char **out)
{
	return read_words(x, n, what, false, out);
}

bool
read_prose(
    struct ctx *x, const struct node *n, const char *what, const char **out)
{
	return read_words(x, n, what, true, out);
}

bool
read_name(struct ctx *x, struct mark at, const char *text, const char *what)
{
	if (!text[0] || strlen(text) > 64) {
		complain(x->c, at, "%s must have 1 to 64 bytes; this has %zu",
		    what, strlen(text));
		return false;
	}
	for (const char *p = text; *p; p++) {
		if (strchr("+#/", *p)) {
			complain(x->c, at,
			    "%s `%s` holds `%c`, which MQTT "
			    "topics and point paths give a meaning; leave it "
			    "out",
			    what, text, *p);
			return false;
		}
		if (is_control(p)) {
			complain(x->c, at,
			    "%s holds a control character; "
			    "take it out",
			    what);
			return false;
		}
	}
	return true;
}

bool
read_word(struct ctx *x, const struct node *n, const char *what,
    const char *const *words, unsigned *out)
{
	const char *guess;
	char list[512];

	if (n->kind == NODE_SCALAR)
		for (unsigned i = 0; words[i]; i++)
			if (strcmp(n->text, words[i]) == 0) {
				*out = i;
				return true;
			}
	read_join(words, list, sizeof(list));
	guess = n->kind == NODE_SCALAR ? nearest(n->text, words) : NULL;
	if (guess)
		complain(x->c, n->at,
		    "%s `%s` is unknown; did you mean `%s`? "
		    "(%s)",
		    what, node_shown(n), guess, list);
	else
		complain(x->c, n->at, "%s `%s` is unknown; write %s", what,
		    node_shown(n), list);
	return false;
}

bool
read_bool(struct ctx *x, const struct node *n, const char *what, bool *out)
{
	static const char *const yes[] = {"true", "yes", "on", NULL};
	static const char *const no[] = {"false", "no", "off", NULL};

	if (n->kind == NODE_SCALAR && listed(n->text, yes))
		*out = true;
	else if (n->kind == NODE_SCALAR && listed(n->text, no))
		*out = false;
	else {
		complain(x->c, n->at, "%s must be on or off, not `%s`", what,
		    node_shown(n));
		return false;
	}
	return true;
}

/* The port behind the last colon, decimal. */
static bool
read_port(struct ctx *x, struct mark at, const char *digits, uint16_t *out)
{
	unsigned port = 0;
	const char *p = digits;

	for (; *p >= '0' && *p <= '9' && port <= UINT16_MAX; p++)
		port = port * 10 + (unsigned)(*p - '0');
	if (p == digits || *p || !port || port > UINT16_MAX) {
		complain(x->c, at,
		    "the port `%s` is not one of 1 to 65535; "
		    "write host:502",
		    digits);
		return false;
	}
	*out = (uint16_t)port;
	return true;
}

bool
read_host_port(struct ctx *x, struct mark at, const char *text,
    uint16_t fallback, const char **host, uint16_t *port)
{
	const char *colon = strrchr(text, ':'), *end;
	size_t n = strlen(text);
	uint16_t number = fallback;

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':')) {
			complain(x->c, at,
			    "`%s` is no address; write [::1] or "
			    "[::1]:502",
			    text);
			return false;
		}
		colon = end[1] ? end + 1 : NULL;
		n = (size_t)(end - ++text);
	} else if (colon && strchr(text, ':') != colon) {
		complain(x->c, at,
		    "`%s`: an IPv6 address stands in brackets; "
		    "write [%s]",
		    text, text);
		return false;
	} else if (colon) {
		n = (size_t)(colon - text);
	}
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || strchr("/@", text[i]))
			n = 0;
	if (!n || n > 253) {
		complain(x->c, at,
		    "`%s` names no host; write a name or an "
		    "address, and :port behind it",
		    text);
		return false;
	}
	if (colon && !read_port(x, at, colon + 1, &number))
		return false;
	*host = arena_strndup(x->mem, text, n);
	*port = number;
	return true;
}
