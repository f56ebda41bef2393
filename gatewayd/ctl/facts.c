/* A byte and a word for each register there may be, and a list of refusals. */
#include "facts.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLES = 4,
	SPACE = 0x10000,
	REFUSED_MAX = 256,
	WORDS_MAX = 125,
	SILENCES = 2, /* of a function that never answered: not asked again */
	SILENCES_MAX = 12, /* of all: each costs a whole timeout */
};

struct block {
	enum reg_table table;
	uint32_t addr, count;
};

struct facts {
	struct fact_reader reader;
	unsigned asked, silent;
	bool ran_out;
	unsigned silences[TABLES];
	bool answers[TABLES];
	struct block refused[REFUSED_MAX];
	size_t nrefused;
	bool known[TABLES][SPACE];
	uint16_t words[TABLES][SPACE];
};

struct facts *
facts_new(struct fact_reader reader)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (f != NULL)
		f->reader = reader;
	return f;
}

struct facts *
facts_free(struct facts *take)
{
	free(take);
	return NULL;
}

static bool
all_known(
    const struct facts *f, enum reg_table table, uint32_t addr, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!f->known[table][addr + i])
			return false;
	return true;
}

/* What covers a block that was refused is refused as well. */
static bool
is_refused(const struct facts *f, const struct block *b)
{
	for (size_t i = 0; i < f->nrefused; i++) {
		const struct block *r = &f->refused[i];

		if (r->table == b->table && r->addr >= b->addr &&
		    r->addr + r->count <= b->addr + b->count)
			return true;
	}
	return false;
}

static void
note_refused(struct facts *f, const struct block *b)
{
	if (f->nrefused < REFUSED_MAX)
		f->refused[f->nrefused++] = *b;
}

static void
note_known(struct facts *f, const struct block *b, const uint16_t *words)
{
	f->answers[b->table] = true;
	for (uint32_t i = 0; i < b->count; i++) {
		f->known[b->table][b->addr + i] = true;
		f->words[b->table][b->addr + i] = words[i];
	}
}

static int
ask(struct facts *f, const struct block *b)
{
	static const uint8_t functions[TABLES] = {[TABLE_HOLDING] = 3,
	    [TABLE_INPUT] = 4,
	    [TABLE_COIL] = 1,
	    [TABLE_DISCRETE] = 2};
	uint16_t words[WORDS_MAX];
	int r;

	if (f->asked >= f->reader.most || f->silent >= SILENCES_MAX) {
		f->ran_out = true;
		return FACT_SILENT;
	}
	if (!f->answers[b->table] && f->silences[b->table] >= SILENCES)
		return FACT_SILENT;
	f->asked++;
	r = f->reader.read(f->reader.arg, functions[b->table],
	    (uint16_t)b->addr, (uint16_t)b->count, words);
	if (r == FACT_KNOWN)
		note_known(f, b, words);
	else if (r == FACT_REFUSED || r == FACT_SILENT)
		note_refused(f, b);
	/* A refusal is an answer: the unit listens to that function. */
	f->answers[b->table] = f->answers[b->table] || r == FACT_REFUSED;
	f->silences[b->table] += r == FACT_SILENT;
	f->silent += r == FACT_SILENT;
	return r;
}

int
facts_get(struct facts *f, enum reg_table table, uint16_t addr, uint16_t count,
    uint16_t *words)
{
	const struct block b = {table, addr, count};
	int r = FACT_KNOWN;

	if (count == 0 || count > WORDS_MAX || b.addr + b.count > SPACE ||
	    is_refused(f, &b))
		return FACT_REFUSED;
	if (!all_known(f, table, addr, count))
		r = ask(f, &b);
	if (r == FACT_KNOWN && words != NULL)
		memcpy(words, &f->words[table][addr], count * sizeof(words[0]));
	return r;
}

unsigned
facts_asked(const struct facts *f)
{
	return f->asked;
}

bool
facts_short(const struct facts *f)
{
	return f->ran_out;
}
