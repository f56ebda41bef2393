/* What gatewayctl takes for an answer: refused, or printed as JSON that reads
 * and prints the same again. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jdoc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
print(struct jdoc *j)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL || !jdoc_print(j, f) || fclose(f) != 0)
		abort();
	jdoc_free(j);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[64], *once, *twice;
	struct jdoc *j =
	    jdoc_parse((const char *)data, size, error, sizeof(error));

	if (j == NULL)
		return 0;
	jdoc_filter(j, "points", "point", "north");
	once = print(j);
	j = jdoc_parse(once, strlen(once), error, sizeof(error));
	if (j == NULL)
		abort();
	twice = print(j);
	if (strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
