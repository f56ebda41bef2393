/* The site as core has it: checked, built, sealed for the children. */
#ifndef CONFIG_H
#define CONFIG_H

struct core;
struct options;
struct site;

/* Reads and checks; every complaint goes to stderr. 0 with the site (freed
 * with site_free) and the sealed memfd, or -errno. */
int config_read(const struct options *opt, struct site **site, int *snapshot);

/* The run folder, and that no other gateway uses it or the store: 0, or -errno
 * with a line in the log. */
int config_lock(struct core *core);

#endif
