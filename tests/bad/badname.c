/* Calls itself other than its file. */
#include "bad.h"

BAD_TYPE("goodname", GW_ABI, bad_plan, bad_decode);
