/* Finding points, reading and setting them, and what waters what. */
#include <string.h>

#include "field.h"
#include "role.h"
#include "site.h"

struct sim_line *
farm_line(struct farm *f, const char *name)
{
	for (size_t i = 0; i < f->nlines; i++)
		if (strcmp(f->lines[i].name, name) == 0)
			return &f->lines[i];
	return NULL;
}

struct sim_device *
farm_device(struct farm *f, const char *path)
{
	for (size_t l = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++)
			if (strcmp(f->lines[l].devices[i].path, path) == 0)
				return &f->lines[l].devices[i];
	return NULL;
}

struct sim_point *
farm_point(struct farm *f, const char *path, struct sim_device **device)
{
	for (size_t l = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++) {
			struct sim_device *d = &f->lines[l].devices[i];
			for (size_t k = 0; k < d->npoints; k++) {
				if (strcmp(d->points[k].path, path) != 0)
					continue;
				*device = d;
				return &d->points[k];
			}
		}
	return NULL;
}

void
point_read(
    const struct sim_device *d, const struct sim_point *p, struct num *out)
{
	const struct point_type *t = p->type;
	uint16_t words[128] = {0};

	for (unsigned i = 0; i < t->count && i < 128; i++)
		words[i] = bank_get(d->bank, t->table, t->addr + i);
	decode_words(t, words, out);
}

void
point_store(
    struct sim_device *d, const struct sim_point *p, const struct num *v)
{
	const struct point_type *t = p->type;
	uint16_t words[128] = {0};

	for (unsigned i = 0; i < t->count && i < 128; i++)
		words[i] = bank_get(d->bank, t->table, t->addr + i);
	encode_words(t, v, words);
	for (unsigned i = 0; i < t->count && i < 128; i++)
		bank_set(d->bank, t->table, t->addr + i, words[i]);
}

void
point_pin(struct sim_device *d, struct sim_point *p, bool pin)
{
	const struct point_type *t = p->type;
	bool held = t->kind == KIND_OUTPUT || t->kind == KIND_SETTING ||
		    t->kind == KIND_STATE || t->type == REG_STRING ||
		    t->nchoices > 0;

	for (unsigned i = 0; i < t->count; i++)
		bank_pin(d->bank, t->table, t->addr + i, pin);
	p->drive = pin ? DRIVE_PINNED : held ? DRIVE_MASTER : DRIVE_NATURE;
	p->until = 0;
}

static const struct sim_device *
board_with_output(const struct farm *f, size_t output, uint16_t *addr)
{
	for (size_t l = 0; l < f->nlines; l++)
		for (size_t i = 0; i < f->lines[l].ndevices; i++) {
			const struct sim_device *d = &f->lines[l].devices[i];
			size_t n = 0;
			for (size_t k = 0; k < d->npoints; k++) {
				const struct point_type *t = d->points[k].type;
				if (t->kind != KIND_OUTPUT ||
				    t->table != TABLE_COIL || n++ != output)
					continue;
				*addr = t->addr;
				return d;
			}
		}
	return NULL;
}

bool
farm_wet_by_position(const struct farm *f, struct sim_device *d, size_t probe)
{
	bool soil = false;

	for (size_t k = 0; k < d->npoints; k++) {
		struct sim_point *p = &d->points[k];
		if (role_of(p->type) != ROLE_MOISTURE)
			continue;
		soil = true;
		p->valve_device = board_with_output(f, probe, &p->valve_addr);
	}
	return soil;
}
