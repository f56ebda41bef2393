/* Crashes as soon as it is loaded. */
#include "bad.h"

__attribute__((constructor)) static void
crash(void)
{
	__builtin_trap();
}

BAD_TYPE("ctor", GW_ABI, bad_plan, bad_decode);
