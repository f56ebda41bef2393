/* The Makefile passes both in: GATEWAYD_VERSION, GATEWAYD_BUILD_ID. */
#include "build.h"

#include "build_id.h"

const char *
build_version(void)
{
	return GATEWAYD_VERSION;
}

const char *
build_id(void)
{
	return GATEWAYD_BUILD_ID;
}
