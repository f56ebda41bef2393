/* The children and the readings of one site. */
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "snapshot.h"

static int
add_children(struct core *core)
{
	const struct site *s = core->site;
	size_t n = s->nlines;

	/* Without its program an uplink is a name with a backlog. */
	for (size_t i = 0; i < s->nlines; i++)
		core->children[i] = (struct child){.role = ROLE_LINE,
		    .index = (uint32_t)i,
		    .name = s->lines[i].name,
		    .fd = -1,
		    .page = -1};
	for (size_t i = 0; i < s->nuplinks; i++)
		core->children[n++] = (struct child){.role = ROLE_UPLINK,
		    .index = (uint32_t)i,
		    .name = s->uplinks[i].name,
		    .fd = -1,
		    .page = -1,
		    .stopping = core->opt->paths.uplink_program == NULL};
	core->nchildren = n;
	return journal_site(core->journal, s);
}

int
core_site(struct core *core)
{
	const struct site *s = core->site;

	core->children =
	    calloc(s->nlines + s->nuplinks + 1, sizeof(*core->children));
	core->lines = calloc(s->nlines + 1, sizeof(*core->lines));
	core->links = calloc(s->nuplinks + 1, sizeof(*core->links));
	core->intake = intake_new(s->nseries);
	core->owners = owners_new(s);
	if (core->children == NULL || core->lines == NULL ||
	    core->links == NULL || core->intake == NULL || core->owners == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->nlines; i++) {
		core->lines[i].devices = calloc(
		    s->lines[i].ndevices + 1, sizeof(*core->lines[i].devices));
		core->lines[i].recent = calloc(
		    s->lines[i].ndevices + 1, sizeof(*core->lines[i].recent));
		if (core->lines[i].devices == NULL ||
		    core->lines[i].recent == NULL)
			return -ENOMEM;
	}
	return add_children(core);
}

void
core_site_done(struct core *core)
{
	for (size_t i = 0; core->lines != NULL && core->site != NULL &&
			   i < core->site->nlines;
	     i++) {
		free(core->lines[i].devices);
		free(core->lines[i].recent);
	}
	for (size_t i = 0; i < core->nchildren; i++)
		child_done(&core->children[i]);
	culprits_done(&core->culprits);
	free(core->children);
	free(core->lines);
	free(core->links);
	core->children = NULL;
	core->lines = NULL;
	core->links = NULL;
	core->nchildren = 0;
	core->intake = intake_free(core->intake);
	core->owners = owners_free(core->owners);
	bulletin_done(&core->bulletin);
	core->site = site_free(core->site);
	if (core->snapshot != -1)
		(void)close(core->snapshot); /* only memory */
	core->snapshot = -1;
}
