/* Which faults befall an answer; see fault.h. */
#include "fault.h"

static void
forget(struct faults *f, size_t i)
{
	f->list[i] = f->list[--f->n];
}

bool
faults_add(struct faults *f, const struct fault *fault)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->list[i].kind == fault->kind) {
			f->list[i] = *fault;
			return true;
		}
	}
	if (f->n == FAULTS_MAX)
		return false;
	f->list[f->n++] = *fault;
	return true;
}

void
faults_clear(struct faults *f)
{
	f->n = 0;
}

/* Between its ends, as chance has it (xorshift64). */
static int64_t
some_time(struct faults *f, const struct fault *one)
{
	f->rng ^= f->rng << 13;
	f->rng ^= f->rng >> 7;
	f->rng ^= f->rng << 17;
	if (one->ns_to <= one->ns)
		return one->ns;
	return one->ns +
	       (int64_t)(f->rng % (uint64_t)(one->ns_to - one->ns + 1));
}

void
faults_strike(struct faults *f, int64_t now, struct strike *out)
{
	*out = (struct strike){0};
	for (size_t i = 0; i < f->n;) {
		struct fault *one = &f->list[i];
		if (one->left == 0 || (one->until && now >= one->until)) {
			forget(f, i);
			continue;
		}
		i++;
		if (++one->seen % (one->every ? one->every : 1) != 0)
			continue;
		if (one->left > 0)
			one->left--;
		out->copies[one->kind] = *one;
		out->copies[one->kind].ns = some_time(f, one);
		out->by[one->kind] = &out->copies[one->kind];
	}
}

bool
strike_is_harmless(const struct strike *s)
{
	for (int k = 0; k < FAULT_KINDS; k++) {
		if (k == FAULT_LATE || k == FAULT_DRIBBLE || k == FAULT_PAUSE ||
		    k == FAULT_STRAY)
			continue;
		if (s->by[k] != NULL)
			return false;
	}
	return true;
}
