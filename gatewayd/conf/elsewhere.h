/*
 * Keys that people know from other programs, and what is written here. Inside
 * conf/ only.
 */
#ifndef ELSEWHERE_H
#define ELSEWHERE_H

#include <stddef.h>

/* What to write instead of `word` where NULL-ended `keys` are known, such as
 * "`holding` or `input`", in `out` (cut off at `size`); NULL: nothing known.
 * Of words as they stand, or of those a slip away from one. */
const char *elsewhere_exactly(
    const char *word, const char *const *keys, char *out, size_t size);
const char *elsewhere_nearly(
    const char *word, const char *const *keys, char *out, size_t size);

#endif
