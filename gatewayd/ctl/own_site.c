/*
 * Written to a folder for a moment and read back by the code that reads all
 * sites, so that a port's path or a speed is judged here as anywhere else. A
 * line has a device at least: one with a single setting, which is never read
 * and written only by command.
 */
#include "own_site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "own_line.h"
#include "site.h"
#include "snapshot.h"

static const char nothing[] = "profile: nothing\n"
			      "maker: none\n"
			      "model: none\n"
			      "source: none\n"
			      "points:\n"
			      "  nothing: {holding: 0, type: uint16, kind: "
			      "setting, write_only: true}\n";

/* In single quotes, which double inside. */
static void
print_quoted(FILE *f, const char *s)
{
	(void)fputc('\'', f);
	for (; *s != '\0'; s++)
		(void)fprintf(f, *s == '\'' ? "''" : "%c", *s);
	(void)fputc('\'', f);
}

static void
print_way(FILE *f, const struct own_line_to *to)
{
	static const char *const parity[] = {[PARITY_NONE] = "none",
	    [PARITY_EVEN] = "even",
	    [PARITY_ODD] = "odd"};
	char host[300];

	if (to->port != NULL) {
		(void)fputs("    transport: rtu\n    port: ", f);
		print_quoted(f, to->port);
	} else {
		(void)fprintf(f, "    transport: %s\n    host: ",
		    to->rtu_over_tcp ? "rtu_over_tcp" : "tcp");
		(void)snprintf(host, sizeof(host),
		    strchr(to->host, ':') != NULL ? "[%.250s]:%u" : "%.250s:%u",
		    to->host, to->tcp_port);
		print_quoted(f, host);
	}
	if (to->port != NULL || to->rtu_over_tcp)
		(void)fprintf(f,
		    "\n    baud: %u\n    parity: %s\n    stop_bits: %u",
		    to->baud, parity[to->parity % 3], to->stop_bits);
	(void)fprintf(f, "\n%s%s", to->echo ? "    echo: true\n" : "",
	    to->rs485 ? "    rs485: true\n" : "");
}

static bool
write_files(const char *dir, const struct own_line_to *to)
{
	char path[300];
	FILE *f;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/nothing.yaml", dir);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	ok = fputs(nothing, f) >= 0;
	ok = fclose(f) == 0 && ok;
	(void)snprintf(path, sizeof(path), "%s/site.yaml", dir);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	(void)fprintf(
	    f, "gateway: {id: probe}\nlines:\n  %s:\n", OWN_SITE_LINE);
	print_way(f, to);
	(void)fputs("    devices:\n"
		    "      nothing: {type: nothing, unit: 247}\n",
	    f);
	ok = ferror(f) == 0 && ok;
	return fclose(f) == 0 && ok;
}

/* The first complaint, for a message of one line. */
static void
first_complaint(const struct complaints *c, char *why, size_t size)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)snprintf(why, size, "these settings are not understood");
	if (f == NULL)
		return;
	complaints_print(c, f);
	if (fclose(f) == 0 && n > 0) {
		const char *at = strstr(text, ": ");
		text[strcspn(text, "\n")] = '\0';
		(void)snprintf(why, size, "%s", at != NULL ? at + 2 : text);
	}
	free(text);
}

static int
collect(const char *dir, char *why, size_t size)
{
	char path[300];
	const char *dirs[] = {dir};
	struct snapshot_paths paths = {
	    .site = path, .profile_dirs = dirs, .nprofile_dirs = 1};
	struct complaints *c = complaints_new();
	struct snapshot *s;
	struct site *site = NULL;
	int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/site.yaml", dir);
	s = snapshot_collect(&paths, c);
	if (s != NULL)
		site = site_parse(s, c);
	if (site != NULL)
		fd = snapshot_seal(s);
	if (site == NULL)
		first_complaint(c, why, size);
	else if (fd < 0)
		(void)snprintf(why, size, "%s", strerror(-fd));
	(void)site_free(site);
	(void)snapshot_free(s);
	(void)complaints_free(c);
	return fd < 0 ? -1 : fd;
}

static void
remove_files(const char *dir)
{
	static const char *const names[] = {"site.yaml", "nothing.yaml"};
	char path[300];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path); /* it may never have been written */
	}
	(void)rmdir(dir); /* somebody else's file in it is none of ours */
}

int
own_site(const struct own_line_to *to, char *why, size_t size)
{
	char dir[] = "/tmp/gatewayctl-XXXXXX";
	int fd = -1;

	if (mkdtemp(dir) == NULL) {
		(void)snprintf(why, size, "%s: %s", dir, strerror(errno));
		return -1;
	}
	if (write_files(dir, to))
		fd = collect(dir, why, size);
	else
		(void)snprintf(why, size, "%s: cannot be written", dir);
	remove_files(dir);
	return fd;
}
