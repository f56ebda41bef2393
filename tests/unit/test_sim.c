/*
 * The simulated field's own parts against frames worked out by hand: its CRC,
 * its encoder, its slave's answers and refusals, its faults and its pace. It
 * is what the gateway is tested with, so it must not be wrong itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../sim/about.c"
#include "../sim/bank.c"
#include "../sim/encode.c"
#include "../sim/fault.c"
#include "../sim/frame.c"
#include "../sim/machine.c"
#include "../sim/points.c"
#include "../sim/role.c"
#include "../sim/sending.c"
#include "../sim/serve.c"
#include "../sim/truth.c"

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, " %2x", &byte) == 1; hex += 2) {
		while (*hex == ' ')
			hex++;
		out[n++] = (uint8_t)byte;
	}
	return n;
}

/* Whole RTU frames. The first block was put together from MODBUS over Serial
 * Line V1.02 and the application protocol V1.1b3; the second are makers'
 * examples whose CRC was recomputed: ComWinTop CWT-SOIL-THC-S manual V1.4
 * (its printed CRC of the second is wrong), JXCT JXBS-3001-TR manual V1.1,
 * JXCT optical rain gauge. */
static const char *const frames[] = {
    "01030000000184 0A",
    "01030000000305CB",
    "01030600EB00F5012C151D",
    "018302C0F1",
    "0585068353",
    "07840BE2C6",
    "05050003FF007DBE",
    "0505000300003C4E",
    "0005000300003C1B",
    "050F0000000801053F65",
    "01100000000204000A010253FC",

    "FF0307D000019159",
    "0103060292FF9B03E8D80F",
    "0103001200 02640E",
    "0103040292FF9B5A3D",
    "010601050000 9837",
};

static void
crc_of_known_frames(void **state)
{
	(void)state;
	assert_int_equal(frame_crc((const uint8_t *)"123456789", 9), 0x4B37);
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		uint8_t frame[64], again[64];
		size_t n = unhex(frames[i], frame);
		assert_true(frame_crc_ok(frame, n));
		memcpy(again, frame, n);
		assert_int_equal(frame_seal(again, n - 2), n);
		assert_memory_equal(again, frame, n);
		frame[1] ^= 1;
		assert_false(frame_crc_ok(frame, n));
	}
}

#define ORDER(...)                                                             \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#define PLAIN .table = TABLE_HOLDING, .mul = 1, .div = 1

struct vector {
	struct point_type t;
	const char *value, *wire, *again; /* again: as it reads; NULL: value */
};

/* wire: registers as they go over the line. Values and bytes from field cases
 * C01, C02 and C04 and from IEEE 754; the rest counted out by hand. */
static const struct vector vectors[] = {
    {{PLAIN, .type = REG_INT16, .count = 1, .order = ORDER(0, 1)}, "-251",
	"FF05", NULL},
    {{.mul = 1,
	 .div = 100,
	 .type = REG_INT16,
	 .count = 1,
	 .order = ORDER(0, 1)},
	"-2.51", "FF05", NULL},
    {{.mul = 1,
	 .div = 100,
	 .type = REG_UINT16,
	 .count = 1,
	 .order = ORDER(0, 1)},
	"18.21", "071D", NULL},
    {{.mul = 1, .div = 10, .type = REG_INT16, .count = 1, .order = ORDER(0, 1)},
	"-10.1", "FF9B", NULL},
    {{.mul = 1,
	 .div = 10,
	 .type = REG_UINT16,
	 .count = 1,
	 .order = ORDER(0, 1)},
	"23.1499", "00E7", "23.1"},
    {{PLAIN, .type = REG_UINT16, .count = 1, .order = ORDER(0, 1)}, "70000",
	"FFFF", "65535"},
    {{PLAIN, .type = REG_INT16, .count = 1, .order = ORDER(0, 1)}, "-40000",
	"8000", "-32768"},
    {{PLAIN, .type = REG_UINT16, .count = 1, .order = ORDER(1, 0)}, "1", "0100",
	NULL},
    {{PLAIN, .type = REG_FLOAT32, .count = 2, .order = ORDER(2, 3, 0, 1)},
	"77.51460266113281", "077A429B", NULL},
    {{PLAIN, .type = REG_FLOAT32, .count = 2, .order = ORDER(0, 1, 2, 3)},
	"26.25", "41D20000", NULL},
    {{PLAIN, .type = REG_FLOAT32, .count = 2, .order = ORDER(1, 0, 3, 2)},
	"26.25", "D2410000", NULL},
    {{PLAIN, .type = REG_FLOAT32, .count = 2, .order = ORDER(3, 2, 1, 0)},
	"26.25", "0000D241", NULL},
    {{PLAIN, .type = REG_FLOAT32, .count = 2, .order = ORDER(0, 1, 2, 3)},
	"inf", "7F800000", "null"},
    {{PLAIN, .type = REG_INT32, .count = 2, .order = ORDER(2, 3, 0, 1)}, "-2",
	"FFFEFFFF", NULL},
    {{PLAIN, .type = REG_UINT32, .count = 2, .order = ORDER(0, 1, 2, 3)},
	"131071", "0001FFFF", NULL},
    {{PLAIN, .type = REG_UINT64, .count = 4,
	 .order = ORDER(0, 1, 2, 3, 4, 5, 6, 7)},
	"18446744073709551615", "FFFFFFFFFFFFFFFF", NULL},
    {{PLAIN, .type = REG_INT64, .count = 4,
	 .order = ORDER(0, 1, 2, 3, 4, 5, 6, 7)},
	"9007199254740993", "0020000000000001", NULL},
    {{PLAIN, .type = REG_INT64, .count = 4,
	 .order = ORDER(6, 7, 4, 5, 2, 3, 0, 1)},
	"-9223372036854775808", "0000000000008000", NULL},
    {{PLAIN, .type = REG_FLOAT64, .count = 4,
	 .order = ORDER(0, 1, 2, 3, 4, 5, 6, 7)},
	"0.1", "3FB999999999999A", NULL},
    {{PLAIN, .type = REG_INT8, .count = 1, .order = ORDER(0, 1)}, "-2", "00FE",
	NULL},
    {{PLAIN, .type = REG_BCD16, .count = 1, .order = ORDER(0, 1)}, "1234",
	"1234", NULL},
    {{PLAIN, .type = REG_BCD32, .count = 2, .order = ORDER(0, 1, 2, 3)},
	"987654", "00987654", NULL},
    {{PLAIN, .type = REG_BITS, .count = 1, .order = ORDER(0, 1), .mask = 0x0FF0,
	 .shift = 4},
	"165", "0A50", NULL},
    {{.mul = 1,
	 .div = 10,
	 .offset = -40,
	 .type = REG_UINT16,
	 .count = 1,
	 .order = ORDER(0, 1)},
	"-10", "012C", NULL},
};

static void
values_to_registers_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		uint16_t words[8] = {0};
		uint8_t wire[16], bytes[16];
		char text[NUM_PRINT_MAX];
		struct num n;

		assert_true(num_parse(v->value, &n));
		encode_words(&v->t, &n, words);
		for (unsigned k = 0; k < v->t.count; k++)
			set16(bytes + 2 * k, words[k]);
		assert_int_equal(unhex(v->wire, wire), 2 * v->t.count);
		assert_memory_equal(bytes, wire, 2 * v->t.count);
		decode_words(&v->t, words, &n);
		num_print(&n, text);
		assert_string_equal(text, v->again ? v->again : v->value);
	}
}

static void
text_and_masks(void **state)
{
	struct point_type s = {PLAIN, .type = REG_STRING, .count = 4};
	struct point_type m = {PLAIN, .type = REG_BITS, .count = 1,
	    .order = ORDER(0, 1), .mask = 0x00F0, .shift = 4};
	struct num n = {.kind = NUM_TEXT, .text = "SN-42"};
	uint16_t words[4] = {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF};
	char text[NUM_PRINT_MAX];

	(void)state;
	encode_words(&s, &n, words);
	assert_int_equal(words[0], 'S' << 8 | 'N');
	assert_int_equal(words[2], '2' << 8);
	assert_int_equal(words[3], 0);
	decode_words(&s, words, &n);
	num_print(&n, text);
	assert_string_equal(text, "\"SN-42\"");
	words[0] = 0xABCD; /* what is beside the mask stays */
	n = num_int(3);
	encode_words(&m, &n, words);
	assert_int_equal(words[0], 0xAB3D);
}

struct bench {
	struct farm farm;
	struct sim_line line;
	struct sim_device device;
	struct sim_point points[2];
};

static const struct point_type moisture = {.name = "moisture",
    .table = TABLE_HOLDING,
    .addr = 0,
    .count = 1,
    .type = REG_UINT16,
    .order = ORDER(0, 1),
    .mul = 1,
    .div = 10};
static const struct point_type relay = {.name = "relay_1",
    .table = TABLE_COIL,
    .addr = 0,
    .count = 1,
    .type = REG_BOOL,
    .kind = KIND_OUTPUT,
    .writable = true,
    .mul = 1,
    .div = 1};

static struct bench *
bench(void)
{
	static struct bench b;

	bank_free(b.device.bank);
	memset(&b, 0, sizeof(b));
	b.line.farm = &b.farm;
	b.device.line = &b.line;
	b.device.unit = 1;
	b.device.registers_per_read = 125;
	b.device.coils_per_read = 2000;
	b.device.bank = bank_new();
	b.device.points = b.points;
	b.device.npoints = 2;
	b.points[0].type = &moisture;
	b.points[1].type = &relay;
	bank_set(b.device.bank, TABLE_HOLDING, 0, 0x00EB);
	bank_set(b.device.bank, TABLE_HOLDING, 1, 0x00F5);
	bank_set(b.device.bank, TABLE_HOLDING, 2, 0x012C);
	for (uint32_t a = 0; a < 8; a++) {
		bank_set(b.device.bank, TABLE_COIL, a, 0);
		bank_allow_write(b.device.bank, TABLE_COIL, a);
	}
	for (uint32_t a = 100; a < 110; a++) {
		bank_set(b.device.bank, TABLE_HOLDING, a, 0);
		bank_allow_write(b.device.bank, TABLE_HOLDING, a);
	}
	return &b;
}

/* Asks in PDUs; `expected` NULL: no answer. */
static void
asks_at(struct bench *b, int64_t now, const char *request, const char *expected)
{
	uint8_t pdu[300], wanted[300];
	size_t n = unhex(request, pdu);
	struct strike strike;
	struct answer a;
	bool answered = serve(&b->device, pdu, n, false, now, &a, &strike);

	assert_int_equal(answered, expected != NULL);
	if (expected == NULL)
		return;
	assert_int_equal(a.n, unhex(expected, wanted));
	assert_memory_equal(a.pdu, wanted, a.n);
}

static void
asks(struct bench *b, const char *request, const char *expected)
{
	asks_at(b, 1, request, expected);
}

static void
reads_and_writes(void **state)
{
	struct bench *b = bench();

	(void)state;
	asks(b, "0300000003", "030600EB00F5012C");
	asks(b, "050003FF00", "050003FF00");
	asks(b, "0100000008", "010108");
	asks(b, "0F0000000A0205 01", "8F02"); /* ten coils, eight there */
	asks(b, "0F000000080105", "0F00000008");
	asks(b, "0100000008", "010105");
	asks(b, "0600641234", "0600641234");
	asks(b, "10006500020400 0A0102", "1000650002");
	asks(b, "0300640003", "03061234000A0102");
	assert_int_equal(b->device.stats.writes, 4);
}

static void
refuses_in_the_standards_order(void **state)
{
	struct bench *b = bench();

	(void)state;
	asks(b, "1600000000", "9601"); /* no such function */
	asks(b, "2B0E0100", "AB01");
	asks(b, "0300000000", "8303"); /* quantity before address */
	asks(b, "03FFFF007E", "8303");
	asks(b, "0101F407D1", "8103");
	asks(b, "0500631234", "8503"); /* value before address */
	asks(b, "0F000007B1F7", "8F03");
	asks(b, "100064007CF8", "9003");
	asks(b, "10006400010300 0A", "9003"); /* byte count */
	asks(b, "0300020002", "8302");        /* register 3 is not there */
	asks(b, "03FFFF0002", "8302");        /* past the end */
	asks(b, "0400000001", "8402");
	asks(b, "0600000001", "8602"); /* a measured value */
	b->device.registers_per_read = 2;
	asks(b, "0300000003", "8303"); /* a modest device */
}

static void
relay_closes_by_itself(void **state)
{
	struct bench *b = bench();

	(void)state;
	asks(b, "0502010007", "8503"); /* no relay board, no such command */
	b->device.has_timers = true;
	asks_at(b, 1, "0502010007", "0502010007");
	asks_at(b, 700000000, "0100010001", "010101");
	asks_at(b, 700000001, "0100010001", "010100");
	asks_at(b, 1, "050200FFFF", "050200FFFF"); /* re-armed and then ... */
	asks_at(b, 2, "0500000000", "0500000000"); /* ... closed by hand */
	asks_at(b, 3, "0500000000", "0500000000");
	asks_at(b, 6553500000002, "0100000001", "010100");
	asks_at(b, 1, "0500FFFF00", "0500FFFF00");
	asks_at(b, 1, "0100000008", "0101FF");
	asks_at(b, 1, "0500025500", "0500025500");
	asks_at(b, 1, "0100000008", "0101FB");
}

static void
pinned_coil_acknowledges_and_stays(void **state)
{
	struct bench *b = bench();

	(void)state;
	bank_set(b->device.bank, TABLE_COIL, 2, 1);
	bank_pin(b->device.bank, TABLE_COIL, 2, true);
	asks(b, "0500020000", "0500020000");
	asks(b, "0100020001", "010101");
	bank_unpin_all(b->device.bank);
	asks(b, "0500020000", "0500020000");
	asks(b, "0100020001", "010100");
}

static void
broadcast_is_done_and_not_answered(void **state)
{
	struct bench *b = bench();
	uint8_t pdu[8];
	struct strike s;
	struct answer a;

	(void)state;
	assert_false(
	    serve(&b->device, pdu, unhex("050003FF00", pdu), true, 1, &a, &s));
	assert_int_equal(bank_get(b->device.bank, TABLE_COIL, 3), 1);
	assert_false(
	    serve(&b->device, pdu, unhex("0300000001", pdu), true, 1, &a, &s));
}

static void
faults_have_bounds(void **state)
{
	struct bench *b = bench();
	struct fault f = {
	    .kind = FAULT_EXCEPTION, .number = 6, .left = 2, .every = 1};

	(void)state;
	assert_true(faults_add(&b->device.faults, &f));
	asks(b, "0300000001", "8306");
	asks(b, "0300000001", "8306");
	asks(b, "0300000001", "030200EB");
	f = (struct fault){.kind = FAULT_SILENT, .left = -1, .every = 3};
	assert_true(faults_add(&b->device.faults, &f));
	asks(b, "0300000001", "030200EB");
	asks(b, "0300000001", "030200EB");
	asks(b, "0300000001", NULL);
	asks(b, "0300000001", "030200EB");
	f = (struct fault){
	    .kind = FAULT_SILENT, .left = -1, .every = 1, .until = 100};
	assert_true(faults_add(&b->device.faults, &f));
	asks_at(b, 99, "0300000001", NULL);
	asks_at(b, 100, "0300000001", "030200EB");
	f = (struct fault){.kind = FAULT_SHORT, .number = 2, .left = 1};
	assert_true(faults_add(&b->device.faults, &f));
	asks_at(b, 101, "0300000003", "030200EB");
	f = (struct fault){.kind = FAULT_EXTRA, .number = 1, .left = 1};
	assert_true(faults_add(&b->device.faults, &f));
	asks_at(b, 102, "0300000001", "030400EB0005");
}

static void
frame_leaves_at_the_pace_of_the_line(void **state)
{
	const int64_t at9600 = 1041666;
	struct fault pause = {.kind = FAULT_PAUSE, .number = 4, .ns = 60000000};
	struct answer a = {.pdu = {0x83, 2}, .n = 2};
	struct strike s = {0};
	struct sending *out = sending_rtu(1, &a, &s, 1000, at9600);
	uint8_t wanted[8];

	(void)state;
	assert_int_equal(out->n, unhex("018302C0F1", wanted));
	assert_memory_equal(out->bytes, wanted, out->n);
	assert_int_equal(sending_due(out, 0), 1000 + at9600);
	assert_int_equal(sending_end(out), 1000 + 5 * at9600);
	assert_int_equal(sending_ready(out, 1000 + 2 * at9600), 2);
	free(out);
	s.by[FAULT_PAUSE] = &pause;
	out = sending_rtu(1, &a, &s, 0, at9600);
	assert_int_equal(sending_due(out, 3), 4 * at9600);
	assert_int_equal(sending_due(out, 4), 5 * at9600 + 60000000);
	free(out);
}

static void
answers_over_tcp(void **state)
{
	struct fault f = {.kind = FAULT_TID};
	struct answer a = {.pdu = {0x83, 0x0B}, .n = 2};
	struct strike s = {0};
	struct sending *out = sending_tcp(7, 5, &a, &s, 0);
	uint8_t wanted[16];

	(void)state;
	assert_int_equal(out->n, unhex("000700000003 05830B", wanted));
	assert_memory_equal(out->bytes, wanted, out->n);
	free(out);
	s.by[FAULT_TID] = &f;
	out = sending_tcp(7, 5, &a, &s, 0);
	assert_int_equal(get16(out->bytes), 8);
	free(out);
}

static void
what_the_field_says_in_numbers(void **state)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = {{18.21, "18.21"}, {-10.1, "-10.1"}, {0.1, "0.1"},
	    {300, "300"}, {77.51460266113281, "77.51460266113281"}};
	char text[NUM_PRINT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct num n = num_real(cases[i].v);
		num_print(&n, text);
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crc_of_known_frames),
	    cmocka_unit_test(values_to_registers_and_back),
	    cmocka_unit_test(text_and_masks),
	    cmocka_unit_test(reads_and_writes),
	    cmocka_unit_test(refuses_in_the_standards_order),
	    cmocka_unit_test(relay_closes_by_itself),
	    cmocka_unit_test(pinned_coil_acknowledges_and_stays),
	    cmocka_unit_test(broadcast_is_done_and_not_answered),
	    cmocka_unit_test(faults_have_bounds),
	    cmocka_unit_test(frame_leaves_at_the_pace_of_the_line),
	    cmocka_unit_test(answers_over_tcp),
	    cmocka_unit_test(what_the_field_says_in_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
