/* console_test.c - the screen's terminal emulator and the keyboard's decoder.
 * Called by: make test-host-drivers.
 * Never: needs a screen.  */
#include "drivers/console/keymap.h"
#include "drivers/console/vt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt vt;
static char answer[256];

static void reply(void *ctx, const char *text, uint32_t n)
{
	assert_ptr_equal(ctx, &vt);
	assert_true(strlen(answer) + n < sizeof answer);
	strncat(answer, text, n);
}

static void put(const char *s) { vt_write(&vt, (const uint8_t *)s, (uint32_t)strlen(s)); }

static int set_up(void **state)
{
	UNUSED(state);
	vt_init(&vt, reply, &vt);
	answer[0] = 0;
	return 0;
}

static void expect_row(uint32_t row, const char *text)
{
	char got[VT_COLS + 1];
	for (uint32_t i = 0; i < VT_COLS; i++) got[i] = (char)vt.cells[row * VT_COLS + i];
	got[VT_COLS] = 0;
	for (int i = VT_COLS; i > 0 && got[i - 1] == ' '; i--) got[i - 1] = 0;
	assert_string_equal(got, text);
}

static uint8_t attribute(uint32_t row, uint32_t col) { return (uint8_t)(vt.cells[row * VT_COLS + col] >> 8); }

static void expect_at(uint32_t row, uint32_t col)
{
	assert_int_equal(vt.at.row, row);
	assert_int_equal(vt.at.col, col);
}

static void test_text(void **state)
{
	UNUSED(state);
	put("hello\r\n\tworld\bD\a");
	expect_row(0, "hello");
	expect_row(1, "        worlD");
	expect_at(1, 13);
}

static void test_wrap(void **state)
{
	UNUSED(state);
	char line[82];
	memset(line, 'x', 80);
	line[80] = 0;
	put(line);
	expect_at(0, 79); /* the cursor stays until something is written behind */
	put("\r\n");
	expect_at(1, 0);
	put(line);
	put("y");
	expect_row(2, "y");
	put("\033[?7l\033[1;80Hab");
	assert_int_equal((uint8_t)vt.cells[79], 'b');
	expect_row(1, line);
}

static void test_scroll(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 30; i++) {
		char s[8] = {(char)('A' + i), '\r', '\n', 0};
		put(s);
	}
	expect_row(0, "G");
	expect_row(23, "^");
	expect_row(24, "");
	put("\033[H\033M");
	expect_row(0, "");
	expect_row(1, "G");
}

static void test_region(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 25; i++) {
		char s[16];
		s[0] = '\033', s[1] = '[', s[2] = (char)('0' + (i + 1) / 10), s[3] = (char)('0' + (i + 1) % 10), s[4] = 'H', s[5] = (char)('a' + i), s[6] = 0;
		put(s);
	}
	put("\033[5;10r");
	expect_at(0, 0);
	put("\033[10H\n");
	expect_row(3, "d");
	expect_row(4, "f");
	expect_row(9, "");
	expect_row(10, "k");
	put("\033[5H\033M");
	expect_row(4, "");
	expect_row(5, "f");
	put("\033[6H\033[2M"); /* delete lines: only down to the region's end */
	expect_row(5, "h");
	expect_row(8, "");
	expect_row(10, "k");
	put("\033[5H\033[L");
	expect_row(6, "h");
	put("\033[r\033[99;99H");
	expect_at(24, 79);
	put("\033[3;2r"); /* nonsense: unchanged */
	assert_int_equal(vt.bottom, 25);
	put("\033[5;10r\033[?6h\033[2;3H"); /* origin mode */
	expect_at(5, 2);
	put("\033[6n");
	assert_string_equal(answer, "\033[2;3R");
	put("\033[99H");
	expect_at(9, 0);
}

static void test_erase_and_edit(void **state)
{
	UNUSED(state);
	put("0123456789\033[6G\033[K");
	expect_row(0, "01234");
	put("\033[3G\033[1K");
	expect_row(0, "   34");
	put("\033[H\033[2Kabcdef\033[3G\033[2@");
	expect_row(0, "ab  cdef");
	put("\033[3P");
	expect_row(0, "abdef");
	put("\033[2X");
	expect_row(0, "ab  f");
	put("\033[4hZ\033[4l");
	expect_row(0, "abZ  f");
	put("\r\nsecond\r\nthird\033[2;3H\033[J");
	expect_row(1, "se");
	expect_row(2, "");
	put("\033[2J\033[Hq\033[3b");
	expect_row(0, "qqqq");
}

static void test_cursor(void **state)
{
	UNUSED(state);
	put("\033[10;20H\033[3A\033[5C\033[B\033[2D");
	expect_at(7, 22);
	put("\0337\033[1;31m\033[H\0338");
	expect_at(7, 22);
	assert_int_equal(vt.at.fg, 7);
	put("\033[99A\033[99D");
	expect_at(0, 0);
	put("\033[9999;9999H\033[6n\033[5n\033[c");
	assert_string_equal(answer, "\033[25;80R\033[0n\033[?6c");
	put("\033[5d\033[7G");
	expect_at(4, 6);
	put("\033[?25l");
	assert_true(vt.hidden);
	put("\033[?25;1h");
	assert_false(vt.hidden);
	assert_true(vt.app_cursor);
}

static void test_colours(void **state)
{
	UNUSED(state);
	put("\033[31mr\033[1;44mb\033[0;7mi\033[m\033[93;38;5;196mx\033[38;2;0;255;0my\033[39;49mz");
	assert_int_equal(attribute(0, 0), 0x04);
	assert_int_equal(attribute(0, 1), 0x1c);
	assert_int_equal(attribute(0, 2), 0x70);
	assert_int_equal(attribute(0, 3), 0x0c);
	assert_int_equal(attribute(0, 4), 0x0a);
	assert_int_equal(attribute(0, 5), 0x07);
	put("\033[42m\033[K");
	assert_int_equal(attribute(0, 79), 0x27);
}

static void test_characters(void **state)
{
	UNUSED(state);
	put("\xc3\xa4\xe2\x94\x80\xf0\x9f\x98\x80|\xff|\xc3x\033(0lqk\033(B\016q\017");
	static const char first[] = "\x84\xc4?|";
	for (uint32_t i = 0; i < 4; i++) assert_int_equal((char)vt.cells[i], first[i]);
	assert_int_equal((uint8_t)vt.cells[4], '?');
	assert_int_equal((uint8_t)vt.cells[6], 'x');
	assert_int_equal((uint8_t)vt.cells[7], 0xda);
	assert_int_equal((uint8_t)vt.cells[8], 0xc4);
	assert_int_equal((uint8_t)vt.cells[10], 'q');
}

static void test_strings_are_swallowed(void **state)
{
	UNUSED(state);
	put("a\033]0;title\007b\033]2;x\033\\c\033]P1aabbccd\033]Re\033[>4;1mf\033[?1049h\033[[Ag\033%Gh\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18mi");
	expect_row(0, "abcdefghi");
	put("\033#8");
	assert_int_equal((uint8_t)vt.cells[24 * 80 + 79], 'E');
	put("\033c");
	expect_row(24, "");
}

/* Anything may be written to a terminal. */
static void test_garbage(void **state)
{
	UNUSED(state);
	static const char likely[] = "\033\033[[[[;;?0123456789ABCDHJKLMPSTXm@rhlfd\n\r\b\t";
	static uint16_t shown[VT_ROWS * VT_COLS];
	srand(7);
	memcpy(shown, vt.cells, sizeof shown);
	vt.dirty_to = 0;
	for (uint32_t i = 0; i < 1000000; i++) {
		uint8_t c = rand() % 3 != 0 ? (uint8_t)likely[(uint32_t)rand() % (sizeof likely - 1)] : (uint8_t)rand();
		vt_write(&vt, &c, 1);
		answer[0] = 0;
		assert_true(vt.at.row < VT_ROWS && vt.at.col < VT_COLS && vt.top < vt.bottom && vt.bottom <= VT_ROWS);
		if (i % 16 != 0) continue; /* whoever shows only what is marked shows everything */
		for (uint32_t k = vt.dirty_from; k < vt.dirty_to; k++) shown[k] = vt.cells[k];
		vt.dirty_to = 0;
		if (memcmp(shown, vt.cells, sizeof shown) != 0) fail_msg("a change was not marked, byte %u", i);
	}
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static struct keymap keys;

static void expect_keys(const char *codes, uint32_t n, bool app, const char *text)
{
	char got[64] = "";
	uint32_t len = 0;
	for (uint32_t i = 0; i < n; i++) len += keymap_decode(&keys, (uint8_t)codes[i], app, (uint8_t *)got + len);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, len);
}
#define KEYS_ARE(codes, app, text) expect_keys(codes, sizeof(codes) - 1, app, text)

static void test_keys(void **state)
{
	UNUSED(state);
	memset(&keys, 0, sizeof keys);
	KEYS_ARE("\x1e\x9e\x30\xb0\x02\x82\x1c\x9c\x0e\x39\x35\x0f\x29\x2b", false, "ab1\r\177 /\t`\\");
	KEYS_ARE("\x2a\x1e\x9e\x02\x33\xaa\x1e", false, "A!<a");
	KEYS_ARE("\x36\x27\xb6\x27", false, ":;");
	KEYS_ARE("\x3a\xba\x1e\x02\x2a\x1e\xaa\x3a\xba\x1e", false, "A1aa");
	KEYS_ARE("\x1d\x2e\x1a\x9d\x2e", false, "\003\033c");
	KEYS_ARE("\xe0\x1d\x2c\xe0\x9d\x2c", false, "\032z");
	KEYS_ARE("\x38\x21\xb8", false, "\033f");
	KEYS_ARE("\xe0\x48\xe0\xc8\xe0\x50\xe0\x4d\xe0\x4b", false, "\033[A\033[B\033[C\033[D");
	KEYS_ARE("\xe0\x2a\xe0\x48\xe0\xc8\xe0\xaa\x1e", true, "\033OAa"); /* with the fake shift that some keyboards send */
	KEYS_ARE("\xe0\x47\xe0\x4f\xe0\x49\xe0\x51\xe0\x52\xe0\x53", false, "\033[1~\033[4~\033[5~\033[6~\033[2~\033[3~");
	KEYS_ARE("\x3b\x3f\x40\x44\x57\x58", false, "\033[[A\033[[E\033[17~\033[21~\033[23~\033[24~");
	KEYS_ARE("\x48\x45\xc5\x48\x53\x45", false, "\033[A8.");
	KEYS_ARE("\xe0\x1c\xe0\x35\xe0\x5b\x1e", false, "\r/a");
	KEYS_ARE("\xe1\x1d\x45\xe1\x9d\xc5\x1e", false, "a"); /* Pause */
	assert_false(keys.reset);
	KEYS_ARE("\x1d\x38\xe0\x53", false, "");
	assert_true(keys.reset);
}

static void test_every_scan_code(void **state)
{
	UNUSED(state);
	srand(3);
	memset(&keys, 0, sizeof keys);
	for (uint32_t i = 0; i < 500000; i++) {
		uint8_t out[KEYMAP_BYTES];
		assert_true(keymap_decode(&keys, (uint8_t)rand(), (i & 1) != 0, out) <= KEYMAP_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_text, set_up),
		cmocka_unit_test_setup(test_wrap, set_up),
		cmocka_unit_test_setup(test_scroll, set_up),
		cmocka_unit_test_setup(test_region, set_up),
		cmocka_unit_test_setup(test_erase_and_edit, set_up),
		cmocka_unit_test_setup(test_cursor, set_up),
		cmocka_unit_test_setup(test_colours, set_up),
		cmocka_unit_test_setup(test_characters, set_up),
		cmocka_unit_test_setup(test_strings_are_swallowed, set_up),
		cmocka_unit_test_setup(test_garbage, set_up),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_every_scan_code),
	};
	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
