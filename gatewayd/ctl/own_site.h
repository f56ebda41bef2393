/* The site of a line that has nothing on it, for own_line.h. */
#ifndef OWN_SITE_H
#define OWN_SITE_H

#include <stddef.h>

struct own_line_to;

#define OWN_SITE_LINE "line"

/* A sealed snapshot of it, or -1 with the reason. */
int own_site(const struct own_line_to *to, char *why, size_t size);

#endif
