/* Which call it was, in words. */
#include <stdio.h>

#include "plugin_calls.h"

const char *
call_text(const struct calls *c, char *out, size_t size)
{
	size_t n = 0;

	switch (c->kind) {
	case CALL_INIT:
		(void)snprintf(out, size, "init");
		break;
	case CALL_PLAN:
		(void)snprintf(out, size, "plan of cycle %u", c->cycle);
		break;
	case CALL_ENCODE:
		(void)snprintf(
		    out, size, "encode of %s to %.17g", c->name, c->value);
		break;
	case CALL_SAFE:
		(void)snprintf(out, size, "safe");
		break;
	case CALL_KEEP:
		(void)snprintf(out, size, "restored with kept bytes");
		break;
	case CALL_DECODE:
	default:
		n = (size_t)snprintf(out, size,
		    "decode of span %u at %lld ms with %d words", c->span,
		    (long long)c->now, c->nwords);
		for (int i = 0; i < c->nwords && i < 8 && n + 6 < size; i++)
			n += (size_t)snprintf(
			    out + n, size - n, " %04X", c->words[i]);
		if (c->nwords > 8 && n + 5 < size)
			(void)snprintf(out + n, size - n, " ...");
		break;
	}
	return out;
}
