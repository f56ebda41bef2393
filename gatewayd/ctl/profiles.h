/* What the parts of `gatewayctl profiles` share. */
#ifndef PROFILES_H
#define PROFILES_H

#include <stdbool.h>

#include "library.h"

/* Every profile, or those in which `word` stands (NULL: all). CTL_REFUSED when
 * there is none. */
int profiles_list(struct library *l, const char *word, bool json);
/* Loads all (or the one of that name) with every variant, decodes the examples
 * and says what is wrong; CTL_REFUSED when anything is. */
int profiles_check(struct library *l, const char *name, bool json);

#endif
