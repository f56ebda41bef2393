/* See raw.h: a row a register, then what several make together, then the lines
 * to paste. */
#include "raw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "interpret.h"
#include "jwrite.h"
#include "msg.h"
#include "table.h"
#include "words.h"

enum { FEW = 6, ORDERS = 4 }; /* registers of which all is shown */

/* ---- as people name them ---- */

bool
raw_number(const char *s, uint32_t most, uint32_t *out)
{
	char *end;
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	unsigned long v;

	if (*s < '0' || *s > '9')
		return false;
	v = strtoul(s, &end, hex ? 16 : 10);
	if (*end != '\0' || v > most)
		return false;
	*out = (uint32_t)v;
	return true;
}

/* A manual's 40003 instead of the address on the wire. */
static bool
is_reference(enum reg_table table, const char *word, uint32_t addr, char *why,
    size_t size)
{
	static const uint32_t first[] = {[TABLE_HOLDING] = 40001,
	    [TABLE_INPUT] = 30001,
	    [TABLE_COIL] = 65536,
	    [TABLE_DISCRETE] = 10001};

	if (addr < first[table] || addr > first[table] + 9998 ||
	    strpbrk(word, "xX") != NULL)
		return false;
	(void)snprintf(why, size,
	    "%s is a manual's number; that is %s %" PRIu32
	    " (addresses are those on the wire, from zero; one that really is "
	    "so high is written in hexadecimal)",
	    word, word_table(table), addr - first[table]);
	return true;
}

bool
raw_place(struct raw_place *out, const char *const *words, size_t n, char *why,
    size_t size)
{
	uint32_t addr = 0, count = 1;
	enum reg_table table;

	if (n < 2 || n > 3 || !table_of(words[0], &table)) {
		(void)snprintf(why, size,
		    "registers are named so: holding, input, coil or discrete, "
		    "an address, how many: holding 0 4");
		return false;
	}
	if (!raw_number(words[1], 65535, &addr)) {
		(void)snprintf(why, size,
		    "an address is 0 to 65535 or 0x0 to 0xFFFF, not %s",
		    words[1]);
		return false;
	}
	if (is_reference(table, words[1], addr, why, size))
		return false;
	if (n > 2 &&
	    (!raw_number(words[2], PROBE_WORDS, &count) || count == 0)) {
		(void)snprintf(why, size, "1 to %d at once, not %s",
		    PROBE_WORDS, words[2]);
		return false;
	}
	if (addr + count > 65536) {
		(void)snprintf(why, size, "65535 is the last address");
		return false;
	}
	*out = (struct raw_place){table, (uint16_t)addr, (uint16_t)count};
	return true;
}

/* ---- as they are shown ---- */

static bool
is_bit(enum reg_table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE;
}

/* A float as short as it can be told from its neighbours. */
static const char *
meaning_text(const struct meaning *m, char *out, size_t size)
{
	if (m->type != REG_FLOAT32 || m->value.type != VALUE_REAL)
		return value_format(&m->value, out, size);
	for (int digits = 6; digits <= 9; digits++) {
		(void)snprintf(out, size, "%.*g", digits, m->value.r);
		if ((double)strtof(out, NULL) == m->value.r)
			break;
	}
	return out;
}

/* "*18.21": likely; "-": none. */
static void
value_cell(struct table *t, const struct meaning *m)
{
	char text[VALUE_TEXT_MAX];

	meaning_text(m, text, sizeof(text));
	table_cell(t, "%s%s", m->likely ? "*" : "", *text ? text : "-");
}

static const struct meaning *
find(const struct meaning *m, size_t n, enum reg_type type, size_t at,
    const char *order)
{
	for (size_t i = 0; i < n; i++)
		if (m[i].type == type && m[i].at == at &&
		    strcmp(m[i].order, order) == 0)
			return &m[i];
	return NULL;
}

static void
bits_cell(struct table *t, uint16_t w)
{
	char text[24];
	size_t n = 0;

	for (unsigned i = 16; i-- > 0;) {
		text[n++] = w >> i & 1 ? '1' : '0';
		if (i % 4 == 0 && i > 0)
			text[n++] = ' ';
	}
	text[n] = '\0';
	table_cell(t, "%s", text);
}

static void
letters_cell(struct table *t, uint16_t w)
{
	unsigned a = w >> 8, b = w & 0xFF;
	bool good = a >= 0x20 && a < 0x7F && b >= 0x20 && b < 0x7F;

	if (good)
		table_cell(t, "%c%c", (int)a, (int)b);
	else
		table_cell(t, "%s", "");
}

static bool
print_registers(const struct raw_place *p, const uint16_t *words,
    const struct meaning *m, size_t n, FILE *to)
{
	static const char *const head[] = {"REGISTER", "", "HEX", "uint16",
	    "int16", "BITS", "SWAPPED", "bcd16", "TEXT"};
	struct table *t = table_new("rrrrrlrrl");

	if (t == NULL)
		return false;
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_cell(t, "%s", head[i]);
	for (size_t i = 0; i < p->count; i++) {
		unsigned addr = p->addr + (unsigned)i;

		table_cell(t, "%u", addr);
		table_cell(t, "0x%04X", addr);
		table_cell(t, "0x%04X", words[i]);
		value_cell(t, find(m, n, REG_UINT16, i, "AB"));
		value_cell(t, find(m, n, REG_INT16, i, "AB"));
		bits_cell(t, words[i]);
		value_cell(t, find(m, n, REG_UINT16, i, "BA"));
		value_cell(t, find(m, n, REG_BCD16, i, "AB"));
		letters_cell(t, words[i]);
	}
	table_print(t, 0, to);
	(void)table_free(t);
	return true;
}

/* Several registers at one place, by type, in each order. */
static bool
print_wide(const struct raw_place *p, const struct meaning *m, size_t n,
    unsigned registers, bool all, FILE *to)
{
	struct table *t = table_new("llrrrr");
	size_t rows = 0;

	if (t == NULL)
		return false;
	table_cell(t, "%s", "REGISTERS");
	table_cell(t, "%s", "TYPE");
	for (size_t i = 0; i < ORDERS; i++)
		table_cell(t, "%s", orders_of(registers)[i]);
	for (size_t i = 0; i + ORDERS <= n; i++) {
		bool likely = false, some = false;

		if (m[i].count != registers || m[i].type == REG_STRING ||
		    strcmp(m[i].order, *orders_of(registers)) != 0)
			continue; /* the first of its four orders leads */
		for (size_t k = 0; k < ORDERS; k++) {
			likely = likely || m[i + k].likely;
			some = some || m[i + k].value.type != VALUE_NONE;
		}
		if (!some || (!likely && !all))
			continue;
		table_cell(t, "%u to %u", p->addr + (unsigned)m[i].at,
		    p->addr + (unsigned)m[i].at + registers - 1);
		table_cell(t, "%s", word_type(m[i].type));
		for (size_t k = 0; k < ORDERS; k++)
			value_cell(t, &m[i + k]);
		rows++;
	}
	if (rows > 0) {
		(void)fputc('\n', to); /* main() asks ferror() */
		table_print(t, 0, to);
	}
	(void)table_free(t);
	return true;
}

static void
print_yaml(const struct raw_place *p, const struct meaning *m, size_t n,
    bool all, FILE *to)
{
	char yaml[120], text[VALUE_TEXT_MAX];
	size_t rows = 0;

	for (size_t i = 0; i < n; i++) {
		if (m[i].value.type == VALUE_NONE || (!all && !m[i].likely))
			continue;
		if (rows++ == 0)
			(void)fprintf(to, "\nTo paste into a profile%s:\n",
			    all ? "" : " (what is likely, marked *)");
		(void)fprintf(to, "  %s   # %s\n",
		    meaning_yaml(&m[i], p->table, p->addr, yaml, sizeof(yaml)),
		    meaning_text(&m[i], text, sizeof(text)));
	}
}

static bool
print_bits(const struct raw_place *p, const uint16_t *words, FILE *to)
{
	struct table *t = table_new("rrll");

	if (t == NULL)
		return false;
	table_cell(t, "%s", p->table == TABLE_COIL ? "COIL" : "INPUT");
	table_cell(t, "%s", "");
	table_cell(t, "%s", "STATE");
	table_cell(t, "%s", "TO PASTE INTO A PROFILE");
	for (size_t i = 0; i < p->count; i++) {
		unsigned addr = p->addr + (unsigned)i;

		table_cell(t, "%u", addr);
		table_cell(t, "0x%04X", addr);
		table_cell(t, "%s", words[i] != 0 ? "on" : "off");
		table_cell(t, "%s_%u: {%s: %u}", word_table(p->table), addr,
		    word_table(p->table), addr);
	}
	table_print(t, 0, to);
	(void)table_free(t);
	return true;
}

bool
raw_print(const struct raw_place *p, const uint16_t *words, bool all, FILE *to)
{
	struct meaning *m;
	size_t n = 0;
	bool ok;

	if (is_bit(p->table))
		return print_bits(p, words, to);
	m = interpret(words, p->count, &n);
	ok = m != NULL && print_registers(p, words, m, n, to) &&
	     print_wide(p, m, n, 2, all || p->count <= FEW, to) &&
	     print_wide(p, m, n, 4, all || p->count <= FEW, to);
	if (ok)
		print_yaml(p, m, n, all, to);
	free(m);
	return ok;
}

/* ---- for programs ---- */

bool
raw_json(const struct raw_place *p, const uint16_t *words, struct jwrite *w)
{
	struct meaning *m = NULL;
	char yaml[120];
	size_t n = 0;

	jw_text(w, "table", word_table(p->table));
	jw_uint(w, "addr", p->addr);
	jw_uint(w, "count", p->count);
	jw_array(w, "words");
	for (size_t i = 0; i < p->count; i++)
		jw_uint(w, NULL, words[i]);
	jw_array_end(w);
	if (is_bit(p->table))
		return true;
	m = interpret(words, p->count, &n);
	jw_array(w, "meanings");
	for (size_t i = 0; i < n; i++) {
		jw_object(w, NULL);
		jw_uint(w, "addr", p->addr + (unsigned)m[i].at);
		jw_uint(w, "count", m[i].count);
		jw_text(w, "type", word_type(m[i].type));
		jw_text(w, "order", m[i].order);
		jw_value(w, "value", &m[i].value);
		jw_bool(w, "likely", m[i].likely);
		jw_text(w, "yaml",
		    meaning_yaml(&m[i], p->table, p->addr, yaml, sizeof(yaml)));
		jw_object_end(w);
	}
	jw_array_end(w);
	free(m);
	return m != NULL;
}
