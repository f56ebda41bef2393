/*
 * Why a serial port cannot be had, for the one who has to put it right: which
 * program holds it, which group lets it be opened.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port.h"

enum { NAME = 40 };

static bool
has_open(long pid, const char *path)
{
	char name[32], link[32 + NAME_MAX + 1], target[PATH_MAX];
	struct dirent *e;
	bool found = false;
	DIR *d;

	(void)snprintf(name, sizeof(name), "/proc/%ld/fd", pid);
	if ((d = opendir(name)) == NULL)
		return false; /* it has ended, or is another user's */
	while (!found && (e = readdir(d)) != NULL) {
		(void)snprintf(link, sizeof(link), "%s/%s", name, e->d_name);
		ssize_t n = readlink(link, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, path) == 0;
	}
	(void)closedir(d);
	return found;
}

static void
name_program(long pid, char *out, size_t size)
{
	char name[32], comm[NAME] = "";
	FILE *f;

	(void)snprintf(name, sizeof(name), "/proc/%ld/comm", pid);
	if ((f = fopen(name, "re")) == NULL)
		return;
	if (fgets(comm, sizeof(comm), f) == NULL)
		comm[0] = '\0';
	(void)fclose(f); /* it was only read */
	comm[strcspn(comm, "\n")] = '\0';
	/* A program calls itself what it likes; a log stays a log. */
	for (char *p = comm; *p != '\0'; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
	if (comm[0] != '\0')
		(void)snprintf(out, size, "%s (pid %ld)", comm, pid);
}

void
port_who(const char *path, char *out, size_t size)
{
	char *real = realpath(path, NULL);
	DIR *d = opendir("/proc");
	struct dirent *e;

	(void)snprintf(out, size, "another program");
	while (real != NULL && d != NULL && (e = readdir(d)) != NULL) {
		long pid = strtol(e->d_name, NULL, 10);

		if (pid <= 0 || pid == getpid() || !has_open(pid, real))
			continue;
		name_program(pid, out, size);
		break;
	}
	if (d != NULL)
		(void)closedir(d);
	free(real);
}

static bool
we_are_in(gid_t group)
{
	gid_t groups[64];
	int n = getgroups(64, groups);

	for (int i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return getegid() == group;
}

static void
name_group(gid_t gid, char out[NAME])
{
	const struct group *g = getgrgid(gid);

	if (g != NULL)
		(void)snprintf(out, NAME, "%s", g->gr_name);
	else
		(void)snprintf(out, NAME, "%u", gid);
}

static void
name_user(uid_t uid, char out[NAME])
{
	const struct passwd *p = getpwuid(uid);

	if (p != NULL)
		(void)snprintf(out, NAME, "%s", p->pw_name);
	else
		(void)snprintf(out, NAME, "%u", uid);
}

static void
explain_denied(const char *path, char *out, size_t size)
{
	char group[NAME], owner[NAME], us[NAME];
	struct stat st;

	if (stat(path, &st) == -1) {
		(void)snprintf(out, size,
		    "%.120s: permission denied; a folder on the way to it is "
		    "closed to the user gatewayd runs as",
		    path);
		return;
	}
	name_group(st.st_gid, group);
	name_user(st.st_uid, owner);
	name_user(geteuid(), us);
	/* Nobody should have to join the group of root. */
	if ((st.st_mode & 0060) != 0060 || st.st_gid == 0)
		(void)snprintf(out, size,
		    "%.90s: permission denied; it is %.32s's, group %.32s, "
		    "mode %04o; let a group in by a udev rule "
		    "(GROUP=\"dialout\", MODE=\"0660\")",
		    path, owner, group, st.st_mode & 07777);
	else if (we_are_in(st.st_gid))
		(void)snprintf(out, size,
		    "%.120s: permission denied, though gatewayd is in its "
		    "group %.32s; look for an access list (getfacl)",
		    path, group);
	else
		(void)snprintf(out, size,
		    "%.100s: permission denied; add the user gatewayd runs as "
		    "to the group %.32s (usermod -a -G %.32s %.32s) and "
		    "restart gatewayd",
		    path, group, group, us);
}

void
port_explain(const char *path, int err, char *out, size_t size)
{
	char who[64];

	switch (err) {
	case EACCES:
		explain_denied(path, out, size);
		break;
	case EPERM: /* the device rules of a service */
		(void)snprintf(out, size,
		    "%.120s: not permitted; DeviceAllow= of gatewayd.service "
		    "has to name its kind (systemctl edit gatewayd)",
		    path);
		break;
	case ENOENT:
	case ENXIO:
	case ENODEV:
		(void)snprintf(out, size,
		    "%s is not there; check that the adapter is plugged in",
		    path);
		break;
	case EBUSY:
		port_who(path, who, sizeof(who));
		(void)snprintf(out, size,
		    "%.120s is in use by %s; stop it, a line has one master",
		    path, who);
		break;
	case ENOTTY:
	case EINVAL:
		(void)snprintf(out, size,
		    "%s does not take these serial settings; check port and "
		    "baud",
		    path);
		break;
	default:
		(void)snprintf(out, size, "%s: %s", path, strerror(err));
		break;
	}
}
