/* Bytes of a file to a tree: refused with a reason, or a tree whose keys are
 * unique and whose places lie in the file. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(const struct node *n, int depth)
{
	size_t children = 0;

	if (depth > YAML_DEPTH || n->at.line == 0 || n->at.column == 0 ||
	    strlen(n->text) > YAML_MAX)
		abort();
	for (const struct node *k = n->first; k; k = k->next) {
		children++;
		if ((n->kind == NODE_MAP) != (k->key != NULL) ||
		    (k->key && node_get(n, k->key) != k))
			abort();
		walk(k, depth + 1);
	}
	if (children != n->n || (children && n->kind == NODE_SCALAR))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints *c = complaints_new();
	struct arena *mem = arena_new();
	const struct node *root =
	    yaml_read(mem, "fuzz", (const char *)data, size, c);

	if (!root && !complaints_errors(c))
		abort();
	if (root && !complaints_errors(c))
		walk(root, 0);
	arena_free(mem);
	complaints_free(c);
	return 0;
}
