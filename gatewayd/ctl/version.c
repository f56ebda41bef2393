/* gatewayctl version */
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "cmd.h"

int
cmd_version(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--json") == 0)
		(void)printf("{\"version\":\"%s\",\"build\":\"%s\"}\n",
		    build_version(), build_id());
	else if (argc == 1)
		(void)printf(
		    "gatewayctl %s (%s)\n", build_version(), build_id());
	else
		return ctl_usage("version", "what is this: ", argv[1]);
	return CTL_DONE;
}
