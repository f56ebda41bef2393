/* Registers in pages of 256, so that a device of ten registers costs little
 * and one of sixty thousand still works. */
#include "bank.h"

#include <stdio.h>
#include <stdlib.h>

enum { TABLES = 4, PAGES = 256, PAGE = 256 };
enum { EXISTS = 1, WRITABLE = 2, PINNED = 4 };

struct page {
	uint16_t word[PAGE];
	uint8_t flags[PAGE];
};

struct bank {
	struct page *pages[TABLES][PAGES];
};

static void *
zeroed(size_t size)
{
	void *mem = calloc(1, size);

	if (mem == NULL) {
		(void)fputs("fieldsim: out of memory\n", stderr);
		exit(1);
	}
	return mem;
}

struct bank *
bank_new(void)
{
	return zeroed(sizeof(struct bank));
}

struct bank *
bank_free(struct bank *b)
{
	for (int t = 0; b != NULL && t < TABLES; t++)
		for (int p = 0; p < PAGES; p++)
			free(b->pages[t][p]);
	free(b);
	return NULL;
}

static uint8_t
flags(const struct bank *b, enum reg_table table, uint32_t addr)
{
	const struct page *p;

	if (addr > UINT16_MAX)
		return 0;
	p = b->pages[table][addr / PAGE];
	return p == NULL ? 0 : p->flags[addr % PAGE];
}

static struct page *
page_of(struct bank *b, enum reg_table table, uint32_t addr)
{
	struct page **p = &b->pages[table][addr / PAGE % PAGES];

	if (*p == NULL)
		*p = zeroed(sizeof(**p));
	return *p;
}

static bool
all_have(const struct bank *b, enum reg_table table, uint32_t addr,
    uint32_t count, uint8_t flag)
{
	for (uint32_t i = 0; i < count; i++)
		if (!(flags(b, table, addr + i) & flag))
			return false;
	return true;
}

bool
bank_has(
    const struct bank *b, enum reg_table table, uint32_t addr, uint32_t count)
{
	return all_have(b, table, addr, count, EXISTS);
}

uint16_t
bank_get(const struct bank *b, enum reg_table table, uint32_t addr)
{
	if (!(flags(b, table, addr) & EXISTS))
		return 0;
	return b->pages[table][addr / PAGE]->word[addr % PAGE];
}

void
bank_set(struct bank *b, enum reg_table table, uint32_t addr, uint16_t w)
{
	struct page *p = page_of(b, table, addr);

	p->word[addr % PAGE] = w;
	p->flags[addr % PAGE] |= EXISTS;
}

void
bank_remove(struct bank *b, enum reg_table table, uint32_t addr)
{
	page_of(b, table, addr)->flags[addr % PAGE] = 0;
}

void
bank_allow_write(struct bank *b, enum reg_table table, uint32_t addr)
{
	page_of(b, table, addr)->flags[addr % PAGE] |= WRITABLE;
}

bool
bank_writable(
    const struct bank *b, enum reg_table table, uint32_t addr, uint32_t count)
{
	return all_have(b, table, addr, count, WRITABLE);
}

void
bank_pin(struct bank *b, enum reg_table table, uint32_t addr, bool pin)
{
	uint8_t *f = &page_of(b, table, addr)->flags[addr % PAGE];

	*f = (uint8_t)(pin ? *f | PINNED : *f & ~PINNED);
}

void
bank_unpin_all(struct bank *b)
{
	for (int t = 0; t < TABLES; t++)
		for (int p = 0; p < PAGES; p++)
			for (int i = 0; b->pages[t][p] && i < PAGE; i++)
				b->pages[t][p]->flags[i] &= (uint8_t)~PINNED;
}

void
bank_write(struct bank *b, enum reg_table table, uint32_t addr, uint16_t w)
{
	if (!(flags(b, table, addr) & PINNED))
		bank_set(b, table, addr, w);
}
