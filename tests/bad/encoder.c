/* Writes as the value of the command says: right, or in some way wrong. */
#include "bad.h"

static const struct gw_point points[] = {
    {"first", 0, 0, 0, GW_SETTING, GW_WRITABLE, 0},
    {"second", 0, 0, 0, GW_GAUGE, 0, 0},
};

static void
fill(char *out, int size, const char *with)
{
	for (int i = 0; i < size; i++)
		out[i] = *with != '\0' ? *with++ : '\0';
}

/* A register written and read back; what is left out is what is wrong. */
static int
list(struct gw_op *out, int writes, int reads)
{
	int n = 0;

	for (int i = 0; i < writes + reads; i++, n++) {
		out[n].op = i < writes ? GW_WRITE : GW_READ;
		out[n].table = GW_HOLDING;
		out[n].count = 1;
	}
	return n;
}

static int
encode(const void *state, uint32_t point, double value, struct gw_op *out,
    int cap, struct gw_err *err)
{
	(void)state;
	if (point != 0 || !(value >= 0 && value < 100) || cap < 2)
		__builtin_trap(); /* nobody asks such a thing */
	switch ((int)value) {
	case 0:
		return list(out, 1, 1);
	case 1:
		fill(err->text, sizeof(err->text), "the valve is locked");
		return -1;
	case 2:
		return -1;
	case 3:
		fill(err->text, sizeof(err->text), "\x1b[31mred\xFF");
		return -1;
	case 4: /* without an end */
		for (unsigned i = 0; i < sizeof(err->text); i++)
			err->text[i] = 'x';
		return -1;
	case 5:
		(void)list(out, 1, 1);
		return cap + 1;
	case 6:
		return list(out, 0, 1);
	case 7:
		return list(out, 1, 0);
	case 8:
		return 0;
	case 9:
		(void)list(out, 1, 1);
		out[0].count = GW_WORDS_MAX + 1;
		return 2;
	default:
		(void)list(out, 1, 1);
		out[0].op = GW_RAW_WRITE;
		out[0].table = 100;
		return 2;
	}
}

const struct gw_device_type gw_device_type = {
    .abi = GW_ABI_MAJOR << 16, /* 1.0: without raw requests */
    .size = sizeof(gw_device_type),
    .name = "encoder",
    .points = points,
    .npoints = 2,
    .init = bad_init,
    .plan = bad_plan,
    .decode = bad_decode,
    .encode = encode,
};
