/* Unit tests of lib/codec.c.
 * Called by make test-host.
 * Never reads beyond a buffer: the sanitizers watch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base.h"
#include "lib/codec.h"

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	print_error("%s %llu %llu\n", expr, (unsigned long long)a, (unsigned long long)b);
	_fail(file, line);
	__builtin_unreachable();
}

static void round_trip(void **state)
{
	uint8_t buf[64], raw[3];
	char text[8];
	struct writer w;
	struct reader r;

	UNUSED(state);
	wr_init(&w, buf, sizeof buf);
	wr_u8(&w, 0x12);
	wr_u16(&w, 0x3456);
	wr_u32(&w, 0x789abcde);
	wr_u64(&w, 0x1122334455667788u);
	wr_bytes(&w, "abc", 3);
	wr_text(&w, "hello");
	wr_zeros(&w, 2);
	assert_true(wr_ok(&w));
	assert_int_equal(w.n, 1 + 2 + 4 + 8 + 3 + 7 + 2);
	assert_int_equal(buf[1], 0x56); /* little-endian */
	rd_init(&r, buf, w.n);
	assert_int_equal(rd_u8(&r), 0x12);
	assert_int_equal(rd_u16(&r), 0x3456);
	assert_int_equal(rd_u32(&r), 0x789abcde);
	assert_true(rd_u64(&r) == 0x1122334455667788u);
	rd_bytes(&r, raw, 3);
	assert_memory_equal(raw, "abc", 3);
	rd_text(&r, text, sizeof text);
	assert_string_equal(text, "hello");
	rd_skip(&r, 1);
	assert_false(rd_done(&r));
	rd_skip(&r, 1);
	assert_true(rd_done(&r));
}

static void one_failure_stays(void **state)
{
	uint8_t buf[3] = { 1, 2, 3 }, raw[4] = { 9, 9, 9, 9 };
	struct reader r;

	UNUSED(state);
	rd_init(&r, buf, 3);
	assert_int_equal(rd_u32(&r), 0);
	assert_false(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 0); /* would fit, but the reader is bad */
	rd_bytes(&r, raw, 4);
	assert_int_equal(raw[0], 0);
	assert_null(rd_take(&r, 0));
}

static void bad_texts_are_refused(void **state)
{
	const uint8_t too_long[] = { 4, 0, 'a', 'b', 'c', 'd' }, zero_inside[] = { 3, 0, 'a', 0, 'c' }, cut[] = { 9, 0, 'a' };
	char text[4] = "xyz";
	struct reader r;

	UNUSED(state);
	rd_init(&r, too_long, sizeof too_long);
	rd_text(&r, text, sizeof text);
	assert_false(rd_ok(&r));
	rd_init(&r, zero_inside, sizeof zero_inside);
	rd_text(&r, text, sizeof text);
	assert_false(rd_ok(&r));
	assert_string_equal(text, "");
	rd_init(&r, cut, sizeof cut);
	rd_text(&r, text, sizeof text);
	assert_false(rd_ok(&r));
}

static void writer_stops_at_its_end(void **state)
{
	uint8_t buf[5] = { 0, 0, 0, 0, 0x77 };
	struct writer w;

	UNUSED(state);
	wr_init(&w, buf, 4);
	wr_u16(&w, 1);
	wr_u32(&w, 2);
	assert_false(wr_ok(&w));
	wr_u8(&w, 3);
	assert_int_equal(w.n, 2);
	assert_int_equal(buf[4], 0x77);
}

static void patch_changes_in_place(void **state)
{
	uint8_t buf[8];
	struct writer w;
	struct reader r;

	UNUSED(state);
	wr_init(&w, buf, sizeof buf);
	wr_u32(&w, 0);
	wr_u32(&w, 5);
	wr_patch_u32(&w, 0, 0xaabbccdd);
	assert_true(wr_ok(&w));
	assert_int_equal(w.n, 8);
	rd_init(&r, buf, 8);
	assert_int_equal(rd_u32(&r), 0xaabbccdd);
	wr_patch_u32(&w, 6, 1); /* behind what was written */
	assert_false(wr_ok(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(one_failure_stays), cmocka_unit_test(bad_texts_are_refused),
		cmocka_unit_test(writer_stops_at_its_end), cmocka_unit_test(patch_changes_in_place),
	};

	return cmocka_run_group_tests_name("lib/codec", tests, NULL, NULL);
}
