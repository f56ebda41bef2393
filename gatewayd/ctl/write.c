/*
 * gatewayctl write: a command, and what became of it. What the point is, and
 * whether the value fits it, the gateway knows; here only the shape is checked.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cmd.h"
#include "jdoc.h"
#include "msg.h"
#include "when.h"
#include "write_raw.h"

const char write_help[] =
    "opens an output for a time, closes it, or sets a setting\n"
    "\n"
    "  gatewayctl write north/valves-1/relay_1 on --for 10min\n"
    "  gatewayctl write north/valves-1/relay_1 off\n"
    "      An output is always opened for a time and closes by itself; only "
    "the\n"
    "      running gateway opens one.\n"
    "  gatewayctl write north/pump-1/setpoint 2.5\n"
    "      A setting takes a number or one of its words. While no gateway "
    "runs\n"
    "      it is written directly, by the site file (--site FILE).\n"
    "  gatewayctl write north --unit 5 holding 16 5\n"
    "  gatewayctl write --port /dev/ttyUSB0 --baud 4800 --unit 5 holding 16 "
    "2.5 \\\n"
    "                   --as float32 --order CDAB\n"
    "      A register by hand, read before and after. It asks first; --yes "
    "does\n"
    "      not, --dry-run shows the frame and writes nothing. --function 16 "
    "for\n"
    "      devices that insist; --type NAME, so that its outputs and what "
    "must\n"
    "      never be written are kept from you, and a port has its factory\n"
    "      settings. Coils are never switched on so.\n"
    "\n"
    "  exit: 0 done, or sent where the device has no way to read it back";

struct order {
	const char *subject, *value, *time; /* time: NULL: none was given */
	const char *site, *profiles;        /* NULL: the usual ones */
	bool json;
};

/* False after saying what is wrong. */
static bool
wrong(const char *what, const char *arg)
{
	(void)ctl_usage("write", what, arg); /* always CTL_USAGE */
	return false;
}

static bool
read_args(int argc, char **argv, struct order *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--for") == 0 && i + 1 < argc)
			o->time = argv[++i];
		else if (strncmp(argv[i], "--for=", 6) == 0)
			o->time = argv[i] + 6;
		else if (strcmp(argv[i], "--site") == 0 && i + 1 < argc)
			o->site = argv[++i];
		else if (strcmp(argv[i], "--profiles") == 0 && i + 1 < argc)
			o->profiles = argv[++i];
		else if (strncmp(argv[i], "--", 2) == 0 || o->value != NULL)
			return wrong("what is this: ", argv[i]);
		else if (o->subject == NULL)
			o->subject = argv[i];
		else
			o->value = argv[i];
	}
	if (o->subject == NULL || o->value == NULL)
		return wrong("which point, and what? ", NULL);
	return true;
}

static bool
read_order(const struct order *o, struct msg_wish *w)
{
	int64_t ms = 0;

	if (strlen(o->subject) >= sizeof(w->subject))
		return wrong("too long a name: ", o->subject);
	if (strlen(o->value) >= sizeof(w->value))
		return wrong("too long a value: ", o->value);
	if (o->time != NULL &&
	    (!when_duration(o->time, &ms) || ms == 0 || ms > UINT32_MAX))
		return wrong(
		    "--for takes a time such as 90s, 10min or 2h, not ",
		    o->time);
	(void)snprintf(w->subject, sizeof(w->subject), "%s", o->subject);
	(void)snprintf(w->value, sizeof(w->value), "%s", o->value);
	w->for_ms = (uint32_t)ms;
	return true;
}

/* What a result says of the point. */
static void
say_done(const struct order *o, const char *note)
{
	if (o->time != NULL)
		(void)printf("%s is open, and closes by itself after %s%s\n",
		    o->subject, o->time, note);
	else
		(void)printf(strcmp(o->value, "off") == 0
				 ? "%s is %s%s\n"
				 : "%s is set to %s%s\n",
		    o->subject, o->value, note);
}

static int
say(const struct order *o, const struct json_t *answer)
{
	const char *result = jdoc_text(answer, "result", "?");
	const char *text = jdoc_text(answer, "text", "");
	bool done = strcmp(result, "done") == 0;
	bool sent = strcmp(result, "sent") == 0;
	char note[300] = "";

	if (!done && !sent) {
		(void)fprintf(stderr, "gatewayctl: %s: %s: %s\n", o->subject,
		    result, text);
		return CTL_REFUSED;
	}
	if (*text != '\0')
		(void)snprintf(note, sizeof(note), " (%s)", text);
	if (done)
		say_done(o, note);
	else
		(void)printf("%s: %s was sent and acknowledged; the device has "
			     "no way to read it back%s\n",
		    o->subject, o->value, note);
	return CTL_DONE;
}

/* The same for programs. */
static int
pass_on(const char *text, const struct json_t *answer)
{
	const char *result = jdoc_text(answer, "result", "?");

	(void)puts(text); /* main() asks ferror() */
	return strcmp(result, "done") == 0 || strcmp(result, "sent") == 0
		   ? CTL_DONE
		   : CTL_REFUSED;
}

/* A site is there to say what the point is, and nobody to ask. Otherwise it is
 * said that the gateway does not answer. */
static bool
without_gateway(const struct order *o)
{
	return !ask_listens() &&
	       (o->site != NULL ||
		   access("/etc/gatewayd/site.yaml", R_OK) == 0);
}

int
cmd_write(int argc, char **argv)
{
	struct order o = {0};
	struct msg_wish wish = {0};
	struct jdoc *j;
	char *text;
	int r;

	if (write_is_raw(argc, argv))
		return write_raw(argc, argv);
	if (!read_args(argc, argv, &o) || !read_order(&o, &wish))
		return CTL_USAGE;
	if (without_gateway(&o))
		return write_directly(&(struct write_point){
		    o.subject, o.value, o.site, o.profiles, o.json});
	r = ask_write(&wish, &j, &text);
	if (r != CTL_DONE)
		return r;
	r = o.json ? pass_on(text, jdoc_root(j)) : say(&o, jdoc_root(j));
	jdoc_free(j);
	free(text);
	return r;
}
