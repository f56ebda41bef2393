/* Scripts: loading, keeping their time, and doing what they say. */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "field.h"
#include "lex.h"
#include "statement.h"

struct script {
	struct statement *list; /* in order of time */
	size_t n, done, room;
	int64_t start;
};

static bool
keep(struct script *s, const struct statement *one)
{
	size_t at = s->n;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		void *more = reallocarray(s->list, room, sizeof(*s->list));
		if (more == NULL)
			return false;
		s->list = more;
		s->room = room;
	}
	for (; at > 0 && s->list[at - 1].at > one->at; at--)
		s->list[at] = s->list[at - 1];
	s->list[at] = *one;
	s->n++;
	return true;
}

static bool
load_line(struct script *s, struct farm *f, const char *text, int64_t *last,
    char error[SCRIPT_ERROR_MAX])
{
	struct statement one;
	struct lex l;

	lex_init(&l, text, error, SCRIPT_ERROR_MAX);
	if (!statement_parse(&l, f, *last, &one))
		return false;
	*last = one.at;
	if (one.verb >= ASK_GET)
		return lex_fail_at(&l, 1,
		    "this is a question; ask it over the "
		    "control socket");
	if (one.verb != DO_NOTHING && !keep(s, &one))
		return lex_fail_at(&l, 1, "no memory left; shorten the script");
	return true;
}

struct script *
script_load(struct farm *f, const char *file)
{
	struct script *s = calloc(1, sizeof(*s));
	FILE *from = fopen(file, "re");
	char *text = NULL, error[SCRIPT_ERROR_MAX];
	size_t room = 0, number = 0, wrong = 0;
	int64_t last = 0;

	if (s == NULL || from == NULL) {
		(void)fprintf(
		    stderr, "fieldsim: script %s: %s\n", file, strerror(errno));
		free(s);
		return NULL;
	}
	while (getline(&text, &room, from) != -1) {
		number++;
		if (load_line(s, f, text, &last, error))
			continue;
		(void)fprintf(stderr, "%s:%zu:%s\n", file, number, error);
		wrong++;
	}
	free(text);
	(void)fclose(from); /* it was only read */
	s->start = f->started;
	return wrong ? script_free(s) : s;
}

struct script *
script_free(struct script *s)
{
	if (s != NULL)
		free(s->list);
	free(s);
	return NULL;
}

int64_t
script_tick(struct script *s, struct farm *f, int64_t now)
{
	char answer[SCRIPT_ANSWER_MAX];

	while (s->done < s->n && s->start + s->list[s->done].at <= now) {
		if (!act(f, &s->list[s->done], now, answer))
			(void)fprintf(stderr, "fieldsim: script: %s\n", answer);
		s->done++;
	}
	return s->done < s->n ? s->start + s->list[s->done].at : INT64_MAX;
}

bool
script_do(struct farm *f, const char *line, int64_t now,
    char answer[SCRIPT_ANSWER_MAX])
{
	struct statement one;
	struct lex l;

	lex_init(&l, line, answer, SCRIPT_ERROR_MAX);
	if (!statement_parse(&l, f, 0, &one))
		return false;
	if (one.at != 0)
		return lex_fail_at(&l, 1,
		    "AT and AFTER belong in a script; leave "
		    "them out and say it when it should happen");
	return act(f, &one, now, answer);
}
