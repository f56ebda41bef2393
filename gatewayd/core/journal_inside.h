/* What journal.c gathers and journal_commit.c brings to the store. */
#ifndef JOURNAL_INSIDE_H
#define JOURNAL_INSIDE_H

#include "acks.h"
#include "journal.h"
#include "kept.h"
#include "queue.h"
#include "series.h"

/* Core is held by a transaction: BATCH rows at most. So many are committed at
 * once, MANY as soon as the last commit is a moment ago, like events. */
enum { BATCH = 5000, MANY = 2000, CLOSE_MS = 100 };

struct journal {
	char *path;
	uint32_t commit_ms;
	struct store *store; /* NULL: to be opened */
	enum store_result state;
	struct queue *queue;
	struct series series;
	struct epochs epochs;
	struct kepts kepts;
	struct store_row *batch; /* BATCH of them, with the store's ids */
	struct acks acks;
	int64_t due; /* of the next commit; INT64_MAX: none */
	int64_t committed_at, trouble_since, retry_at;
	uint64_t last_seq, commits;
	size_t queue_max;
	struct queue_lost told; /* losses that an event tells of */
	unsigned files;
	bool settle; /* old unknown epochs are to be decided */
};

#endif
