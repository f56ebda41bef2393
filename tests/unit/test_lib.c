/* Bounded fields and arenas: what every parser here stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "buf.h"
#include "mono.h"

static void
there_and_back(void **state)
{
	uint8_t mem[64];
	char text[8];
	struct wbuf w;
	struct rbuf r;

	(void)state;
	wbuf_init(&w, mem, sizeof(mem));
	put_u8(&w, 0xfe);
	put_u16(&w, 0xfedc);
	put_u32(&w, 0xfedcba98);
	put_u64(&w, UINT64_MAX - 1);
	put_text(&w, "\xe4\xb8\x83");
	put_text(&w, "");
	assert_true(w.ok);
	assert_int_equal(mem[1], 0xdc); /* the low byte first */
	rbuf_init(&r, mem, (size_t)(w.at - mem));
	assert_int_equal(get_u8(&r), 0xfe);
	assert_int_equal(get_u16(&r), 0xfedc);
	assert_int_equal(get_u32(&r), 0xfedcba98);
	assert_true(get_u64(&r) == UINT64_MAX - 1);
	assert_false(rbuf_done(&r));
	get_text(&r, text, sizeof(text));
	assert_string_equal(text, "\xe4\xb8\x83");
	get_text(&r, text, sizeof(text));
	assert_string_equal(text, "");
	assert_true(rbuf_done(&r));
}

/* Whatever the size, nothing is written behind it, and it stays failed. */
static void
a_full_buffer_stays_failed(void **state)
{
	(void)state;
	for (size_t size = 0; size < 15; size++) {
		uint8_t *mem = malloc(size + 1);
		struct wbuf w;

		assert_non_null(mem);
		mem[size] = 0xaa;
		wbuf_init(&w, mem, size);
		put_u32(&w, 1);
		put_u64(&w, 2);
		put_text(&w, "x");
		assert_false(w.ok);
		put_u8(&w, 3);
		assert_false(w.ok);
		assert_int_equal(mem[size], 0xaa);
		free(mem);
	}
}

static void
texts_that_do_not_fit(void **state)
{
	static const uint8_t longer[] = {4, 0, 'a', 'b', 'c'};
	static const uint8_t nul[] = {3, 0, 'a', 0, 'c'};
	static const uint8_t four[] = {4, 0, 'a', 'b', 'c', 'd'};
	char text[4];
	struct rbuf r;

	(void)state;
	rbuf_init(&r, longer, sizeof(longer));
	get_text(&r, text, sizeof(text));
	assert_false(r.ok);
	rbuf_init(&r, nul, sizeof(nul));
	get_text(&r, text, sizeof(text));
	assert_false(r.ok);
	assert_string_equal(text, "");
	rbuf_init(&r, four, sizeof(four));
	get_text(&r, text, sizeof(text)); /* no room for its NUL */
	assert_false(r.ok);
	assert_int_equal(get_u8(&r), 0);
	assert_false(rbuf_done(&r));
}

static void
a_text_beyond_its_length_field(void **state)
{
	char *text = malloc(UINT16_MAX + 2);
	uint8_t *mem = malloc(UINT16_MAX + 16);
	struct wbuf w;

	(void)state;
	assert_non_null(text);
	assert_non_null(mem);
	memset(text, 'x', UINT16_MAX + 1);
	text[UINT16_MAX + 1] = '\0';
	wbuf_init(&w, mem, UINT16_MAX + 16);
	put_text(&w, text);
	assert_false(w.ok);
	free(mem);
	free(text);
}

static void
arenas(void **state)
{
	struct arena *a = arena_new();
	uint8_t *small[200], *large;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		small[i] = arena_alloc(a, i);
		assert_int_equal((uintptr_t)small[i] % sizeof(max_align_t) %
				     _Alignof(max_align_t),
		    0);
		for (size_t k = 0; k < i; k++)
			assert_int_equal(small[i][k], 0);
		memset(small[i], (int)i, i);
	}
	large = arena_array(a, 1000, 1000);
	for (size_t k = 0; k < 1000000; k++)
		assert_int_equal(large[k], 0);
	memset(large, 0xff, 1000000);
	for (size_t i = 0; i < 200; i++) /* nobody wrote over another */
		for (size_t k = 0; k < i; k++)
			assert_int_equal(small[i][k], (uint8_t)i);
	assert_string_equal(arena_strdup(a, "soil"), "soil");
	assert_string_equal(arena_strndup(a, "soil-a1", 4), "soil");
	assert_null(arena_free(a));
	assert_null(arena_free(NULL));
}

static void
sleeping_reaches_its_time(void **state)
{
	int64_t until = mono_ms() + 20;

	(void)state;
	mono_sleep_until(until);
	assert_true(mono_ms() >= until);
	mono_sleep_until(until); /* the past is no wait */
	assert_true(wall_ms() > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(a_full_buffer_stays_failed),
	    cmocka_unit_test(texts_that_do_not_fit),
	    cmocka_unit_test(a_text_beyond_its_length_field),
	    cmocka_unit_test(arenas),
	    cmocka_unit_test(sleeping_reaches_its_time),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
