/* Names of series and epochs by slot: rows that wait hold slots, the store's
 * ids are filled in when it can be asked. */
#ifndef SERIES_H
#define SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site.h"
#include "store.h"

struct series {
	struct store_series *names; /* owned texts; id 0: not asked yet */
	size_t n, unknown;          /* unknown: how many ids are 0 */
	uint32_t *slots;            /* of the site's series indexes */
	uint32_t nslots;
};

int series_site(struct series *s, const struct site *site);
enum store_result series_ask(struct series *s, struct store *store);
void series_forget(struct series *s); /* another file: all ids are unknown */
void series_done(struct series *s);

struct epochs {
	struct epoch *e;
	bool *dirty;
	size_t n, first; /* first: those before it no row needs any more */
};

int epochs_add(struct epochs *s, const struct epoch *e);
void epochs_correct(struct epochs *s, const struct epoch *e);
enum store_result epochs_write(struct epochs *s, struct store *store);
bool epochs_dirty(const struct epochs *s);
void epochs_forget(struct epochs *s);
void epochs_done(struct epochs *s);

#endif
