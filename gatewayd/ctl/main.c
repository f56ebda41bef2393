/* gatewayctl: see cmd.h. */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

int
main(int argc, char **argv)
{
	int code;

	/* Widths of characters only: numbers keep their dot. Names are UTF-8
	 * whatever the locale; without C.UTF-8 columns may stand uneven. */
	if (setlocale(LC_CTYPE, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	code = ctl_run(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("gatewayctl: what was to be printed is lost");
		return CTL_REFUSED;
	}
	return code;
}
