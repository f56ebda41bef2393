/* Built for a later interface. */
#include "bad.h"

BAD_TYPE("wrongabi", (GW_ABI_MAJOR + 1) << 16, bad_plan, bad_decode);
