/* uplinks: where readings go. */
#include <stdio.h>
#include <string.h>

#include "site_build.h"

static const char *const uplink_keys[] = {"broker", "topic", "format",
    "username", "password_file", "ca_file", "cert_file", "key_file",
    "keepalive", "budget", "commands", "plaintext", NULL};

bool
is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (strncmp(host, "127.", 4) == 0 &&
		   strspn(host, "0123456789.") == strlen(host));
}

static void
read_broker(
    struct build *b, const struct node *n, bool plaintext, struct broker *out)
{
	const char *text = n->text, *rest;

	if (n->kind != NODE_SCALAR) {
		complain(b->ctx.c, n->at,
		    "broker must be an address such as "
		    "mqtts://broker.example:8883, or a list of them");
		return;
	}
	if (strncmp(text, "mqtts://", 8) == 0) {
		out->tls = true;
		rest = text + 8;
	} else if (strncmp(text, "mqtt://", 7) == 0) {
		rest = text + 7;
	} else {
		complain(b->ctx.c, n->at,
		    "the broker `%s` must begin with "
		    "mqtts:// (or mqtt:// on loopback)",
		    text);
		return;
	}
	if (strchr(rest, '@')) { /* and do not repeat it in the message */
		complain(b->ctx.c, n->at,
		    "a user or password stands in the "
		    "address; write username: and password_file:");
		return;
	}
	if (!read_host_port(&b->ctx, n->at, rest, out->tls ? 8883 : 1883,
		&out->host, &out->port))
		return;
	if (!out->tls && !plaintext && !is_loopback(out->host))
		complain(b->ctx.c, n->at,
		    "mqtt:// sends readings and password "
		    "in the clear to %s; write mqtts://, or add plaintext: "
		    "allowed",
		    out->host);
}

static void
read_brokers(struct build *b, const struct node *map, struct uplink *u)
{
	static const char *const words[] = {"refused", "allowed", NULL};
	const struct node *n = read_need(&b->ctx, map, "the uplink", "broker");
	const struct node *k = node_get(map, "plaintext");
	unsigned plaintext = 0;
	size_t i = 0;

	if (k)
		(void)read_word(&b->ctx, k, "plaintext", words, &plaintext);
	if (!n)
		return;
	u->nbrokers = n->kind == NODE_LIST ? n->n : 1;
	u->brokers =
	    arena_array(b->ctx.mem, u->nbrokers + 1, sizeof(*u->brokers));
	if (n->kind != NODE_LIST) {
		read_broker(b, n, plaintext, &u->brokers[0]);
		return;
	}
	if (!n->n)
		complain(b->ctx.c, n->at, "the list of brokers is empty");
	for (k = n->first; k; k = k->next)
		read_broker(b, k, plaintext, &u->brokers[i++]);
}

static void
read_topic(struct build *b, const struct node *n, struct uplink *u)
{
	if (!read_text(&b->ctx, n, "topic", &u->topic))
		return;
	if (strpbrk(u->topic, "+#") || u->topic[0] == '/' ||
	    u->topic[0] == '$' || strlen(u->topic) > 128 ||
	    u->topic[strlen(u->topic) - 1] == '/')
		complain(b->ctx.c, n->at,
		    "the topic `%s` must not hold + or #, "
		    "begin with / or $, or end with /; write kulun/v1",
		    u->topic);
}

/* "60MB/month" */
static void
read_budget(struct build *b, const struct node *n)
{
	char size[32], *slash;
	struct node part = *n;
	uint64_t bytes;

	(void)snprintf(size, sizeof(size), "%s", n->text);
	if ((slash = strchr(size, '/')))
		*slash = '\0';
	part.text = size;
	if (!slash ||
	    (strcmp(slash + 1, "month") != 0 && strcmp(slash + 1, "day") != 0))
		complain(b->ctx.c, n->at,
		    "the budget `%s` must be a size a "
		    "month or day; write 60MB/month",
		    n->text);
	else if (read_size(&b->ctx, &part, "budget", &bytes))
		build_later(b, "budget");
}

static void
read_rules(struct build *b, const struct node *map, struct uplink *u)
{
	static const char *const formats[] = {
	    "json", "sparkplug_b", "compact", NULL};
	static const char *const rules[] = {"refuse", "accept", "signed", NULL};
	const struct node *n;
	unsigned word = 0;

	if ((n = node_get(map, "format")) &&
	    read_word(&b->ctx, n, "format", formats, &word)) {
		u->format = (enum uplink_format)word;
		if (word != FORMAT_JSON)
			complain(b->ctx.c, n->at,
			    "the format %s is not built "
			    "yet; write json",
			    n->text);
	}
	word = 0;
	if ((n = node_get(map, "commands")) &&
	    read_word(&b->ctx, n, "commands", rules, &word)) {
		u->commands = (enum command_rule)word;
		if (word != COMMANDS_REFUSE)
			build_later(b, "commands (all are refused)");
	}
	if ((n = node_get(map, "budget")))
		read_budget(b, n);
	if ((n = node_get(map, "keepalive"))) {
		uint64_t ms = 0;
		if (read_duration(&b->ctx, n, "keepalive", 5000, 3600000, &ms))
			u->keepalive_s = (uint32_t)(ms / 1000);
	}
}

static void
read_files(struct build *b, const struct node *map, struct uplink *u)
{
	const struct {
		const char *key, **out;
	} text[] = {
	    {"username", &u->username},
	    {"password_file", &u->password_file},
	    {"ca_file", &u->ca_file},
	    {"cert_file", &u->cert_file},
	    {"key_file", &u->key_file},
	};
	const struct node *n;

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if ((n = node_get(map, text[i].key)))
			(void)read_text(&b->ctx, n, text[i].key, text[i].out);
	if ((n = node_get(map, "password_file")) && !u->username)
		complain(b->ctx.c, n->key_at,
		    "password_file needs a username; "
		    "add it");
	if (!u->cert_file != !u->key_file)
		complain(b->ctx.c, map->key_at,
		    "cert_file and key_file belong "
		    "together; add the other one");
}

static void
read_uplink(struct build *b, const struct node *n, struct uplink *u)
{
	u->name = arena_strdup(b->ctx.mem, n->key);
	u->topic = "gatewayd/v1";
	u->keepalive_s = 60;
	(void)read_name(&b->ctx, n->key_at, n->key, "the uplink's name");
	if (!read_map(&b->ctx, n, "an uplink", uplink_keys))
		return;
	read_brokers(b, n, u);
	if (node_get(n, "topic"))
		read_topic(b, node_get(n, "topic"), u);
	read_rules(b, n, u);
	read_files(b, n, u);
}

void
build_uplinks(struct build *b, const struct node *n)
{
	struct uplink *list;
	size_t i = 0;

	if (!read_map(&b->ctx, n, "uplinks", NULL))
		return;
	if (n->n > 8)
		complain(b->ctx.c, n->at, "at most 8 uplinks");
	list = arena_array(b->ctx.mem, n->n + 1, sizeof(*list));
	for (const struct node *k = n->first; k; k = k->next)
		read_uplink(b, k, &list[i++]);
	b->site->uplinks = list;
	b->site->nuplinks = i;
}
