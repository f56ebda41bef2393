/* Reads the store, which core may replace under us when it is damaged. */
#include "backlog.h"

#include <stdlib.h>
#include <sys/stat.h>

struct backlog {
	const char *path, *uplink;
	struct store *store;
	dev_t dev;
	ino_t ino; /* of the file that is open */
	struct stored rows[BACKLOG_ROWS];
};

struct backlog *
backlog_new(const char *path, const char *uplink)
{
	struct backlog *b = calloc(1, sizeof(*b));

	if (b) {
		b->path = path;
		b->uplink = uplink;
	}
	return b;
}

struct backlog *
backlog_free(struct backlog *take)
{
	if (take)
		store_close(take->store);
	free(take);
	return NULL;
}

static void
close_store(struct backlog *b)
{
	b->store = store_close(b->store);
}

bool
backlog_ready(struct backlog *b, struct window *w)
{
	struct seq_range done[WINDOW_RANGES];
	struct stat st;
	size_t n = 0;

	if (stat(b->path, &st) == -1) {
		close_store(b);
		return false;
	}
	if (b->store && st.st_ino == b->ino && st.st_dev == b->dev)
		return true;
	close_store(b);
	if (store_open_reader(&b->store, b->path) != STORE_OK ||
	    store_cursor(b->store, b->uplink, done, WINDOW_RANGES, &n) !=
		STORE_OK) {
		close_store(b);
		return false;
	}
	b->ino = st.st_ino;
	b->dev = st.st_dev;
	window_init(w, done, n);
	return true;
}

/* The next rows, and the first of them that the broker lacks. Rows it has stand
 * in front when others before them were deleted unsent: those are passed over,
 * or they would be read for ever. False: nothing more for now. */
static bool
read_on(struct backlog *b, struct window *w, size_t *from, size_t *got)
{
	do {
		enum store_result r = store_read(b->store, window_after(w),
		    false, b->rows, BACKLOG_ROWS, got);
		if (r != STORE_OK) {
			if (r != STORE_LOCKED)
				close_store(b);
			return false;
		}
		*from = 0;
		while (*from < *got && window_has(w, b->rows[*from].seq))
			++*from;
		if (*from > 0)
			window_pass(w, b->rows[*from - 1].seq);
	} while (*got > 0 && *from == *got);
	return *got > 0;
}

size_t
backlog_next(struct backlog *b, struct window *w, uint64_t durable,
    const struct stored **rows)
{
	size_t from = 0, n = 0, got = 0;

	if (!b->store || window_after(w) >= durable ||
	    !read_on(b, w, &from, &got))
		return 0;
	while (from + n < got && b->rows[from + n].seq <= durable &&
	       !window_has(w, b->rows[from + n].seq) &&
	       b->rows[from + n].is_event == b->rows[from].is_event) {
		n++;
		if (b->rows[from].is_event)
			break; /* an event is a message of its own */
	}
	*rows = &b->rows[from];
	return n;
}
