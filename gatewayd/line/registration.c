/* Prefixes against prefixes. */
#include "registration.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum registration
registration_match(const struct guest *guests, size_t n, const uint8_t *bytes,
    size_t len, size_t *index)
{
	bool open = false, fits = false;
	size_t longest = 0;

	for (size_t i = 0; i < n; i++) {
		const char *text = guests[i].registration;
		size_t size = text != NULL ? strlen(text) : 0;
		size_t common = size < len ? size : len;

		if (size == 0 ||
		    (common > 0 && memcmp(text, bytes, common) != 0))
			continue;
		if (size > len) {
			open = true;
		} else if (size > longest) {
			fits = true;
			longest = size;
			*index = i;
		}
	}
	if (fits)
		return open ? REGISTRATION_FITS : REGISTRATION_KNOWN;
	return open ? REGISTRATION_OPEN : REGISTRATION_STRANGE;
}

void
registration_show(const uint8_t *bytes, size_t len, char out[SHOWN_SIZE])
{
	size_t shown = len < SHOWN_MAX ? len : SHOWN_MAX;
	char *to = out;

	*to++ = '"';
	for (size_t i = 0; i < shown; i++)
		if (bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '"' &&
		    bytes[i] != '\\')
			*to++ = (char)bytes[i];
		else
			to += snprintf(to, 5, "\\x%02x", bytes[i]);
	(void)snprintf(to, 5, "\"%s", len > shown ? "..." : "");
}
