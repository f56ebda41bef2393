/* `gatewayd-line --describe FILE.so`. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

/* Prints the plugin's description as YAML on stdout (conf/description.c reads
 * it). 0, or 1 with one line of reason on stderr. */
int describe(const char *path);

#endif
