/* Reading the site, and being the only one at it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core.h"
#include "log.h"
#include "snapshot.h"

int
config_read(const struct options *opt, struct site **site, int *snapshot)
{
	struct snapshot_paths paths = {.site = opt->config,
	    .profile_dirs = (const char *const *)opt->paths.profiles,
	    .nprofile_dirs = opt->paths.nprofiles,
	    .plugin_dirs = (const char *const *)opt->paths.plugins,
	    .nplugin_dirs = opt->paths.nplugins,
	    .line_program = opt->paths.line_program};
	struct complaints *c = complaints_new();
	struct snapshot *s = snapshot_collect(&paths, c);
	struct site *built = s != NULL ? site_parse(s, c) : NULL;
	size_t errors = complaints_errors(c);
	int r = built != NULL ? snapshot_seal(s) : -EINVAL;

	complaints_print(c, stderr);
	if (built == NULL)
		log_err("%s: %zu error%s", opt->config, errors,
		    errors == 1 ? "" : "s");
	else if (r < 0)
		log_err("%s: it cannot be handed to the children: %s",
		    opt->config, strerror(-r));
	(void)snapshot_free(s); /* NULL, always */
	(void)complaints_free(c);
	if (r < 0) {
		(void)site_free(built); /* NULL, always */
		return r;
	}
	*site = built;
	*snapshot = r;
	return 0;
}

/* An open, locked file, or -errno; -EWOULDBLOCK: another has it. */
static int
lock_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640), e;

	if (fd == -1)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	e = -errno;
	(void)close(fd); /* nothing was written */
	return e;
}

int
config_lock(struct core *core)
{
	char path[PATH_MAX];

	if (mkdir(core->opt->run_dir, 0755) == -1 && errno != EEXIST) {
		log_err("%s: cannot be made: %s; make it, or name another "
			"with --run-dir",
		    core->opt->run_dir, strerror(errno));
		return -ENOENT;
	}
	(void)snprintf(path, sizeof(path), "%s/lock", core->opt->run_dir);
	core->lock = lock_file(path);
	if (core->lock == -EWOULDBLOCK)
		log_err("%s: another gatewayd is running here; stop it first, "
			"or name another --run-dir",
		    core->opt->run_dir);
	else if (core->lock < 0)
		log_err("%s: %s; check the folder and its owner", path,
		    strerror(-core->lock));
	if (core->lock < 0)
		return core->lock;
	(void)snprintf(path, sizeof(path), "%s.lock", core->site->store_path);
	core->store_lock = lock_file(path);
	if (core->store_lock != -EWOULDBLOCK)
		return 0; /* a card that cannot be written is journal's */
	log_err("%s: another gatewayd writes this store; stop it first",
	    core->site->store_path);
	return -EWOULDBLOCK;
}
