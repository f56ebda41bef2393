/* What this build is. Programs of unequal builds refuse to talk. */
#ifndef BUILD_H
#define BUILD_H

enum { BUILD_ID_LEN = 32 }; /* hex digits */

/* "0.1.0" */
const char *build_version(void);
/* A hash of every source, the flags and the compiler, in hex. */
const char *build_id(void);

#endif
