/* Unit tests of lib/fmt.c: the C library's snprintf is the judge.
 * Called by make test-host.
 * Never compares %p of NULL, where C libraries differ. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base.h"
#include "lib/fmt.h"

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	print_error("%s %llu %llu\n", expr, (unsigned long long)a, (unsigned long long)b);
	_fail(file, line);
	__builtin_unreachable();
}

#define SAME(...)                                                       \
	do {                                                            \
		char ours[200], theirs[200];                            \
		size_t n = fmt_snprintf(ours, sizeof ours, __VA_ARGS__);\
		int m = snprintf(theirs, sizeof theirs, __VA_ARGS__);   \
		assert_string_equal(ours, theirs);                      \
		assert_int_equal(n, m);                                 \
	} while (0)

static void integers(void **state)
{
	static const int values[] = { 0, 1, -1, 9, 10, 12345, -12345, INT_MAX, INT_MIN };

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		int v = values[i];

		SAME("[%d] [%5d] [%-5d] [%05d] [%+d] [% d] [%.3d] [%8.4d] [%-8.4d]", v, v, v, v, v, v, v, v, v);
		SAME("[%u] [%x] [%X] [%o] [%#x] [%#o] [%08x] [%#010x] [%10u]", v, v, v, v, v, v, v, v, v);
		SAME("[%hd] [%hhd] [%hu] [%hhx]", (short)v, (signed char)v, (unsigned short)v, (unsigned char)v);
	}
	SAME("%.0d|%.0x|%#.0o|%i", 0, 0, 0, 7);
}

static void wide_integers(void **state)
{
	UNUSED(state);
	SAME("%lld %lld %lld %llu %llx %llo", 0ll, LLONG_MIN, LLONG_MAX, ULLONG_MAX, ULLONG_MAX, ULLONG_MAX);
	SAME("%ld %lu %zu %zd %20lld|%-20lld|%020lld", -5l, 5ul, (size_t)7, (ptrdiff_t)-7, -99ll, -99ll, -99ll);
	SAME("%llu %llu", 4294967296ull, 18446744073709551615ull);
}

static void texts(void **state)
{
	UNUSED(state);
	SAME("%s|%10s|%-10s|%.2s|%10.2s|%c|%5c|%-5c|%%", "abc", "abc", "abc", "abc", "abc", 'x', 'y', 'z');
	SAME("%*d|%-*d|%*d|%.*s", 6, 42, 6, 42, -6, 42, 2, "abcdef");
	SAME("%s", "");
	SAME("%40s|%-40s|", "wide", "wide");
	SAME("%p", (void *)0x1234);
}

static void null_text_and_unknown_conversion(void **state)
{
	const char *volatile none = NULL; /* out of the compiler's sight */
	const char *text = none, *odd = "a %y b %";
	char buf[40];

	UNUSED(state);
	fmt_snprintf(buf, sizeof buf, "%s", text);
	assert_string_equal(buf, "(null)");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	fmt_snprintf(buf, sizeof buf, odd);
#pragma GCC diagnostic pop
	assert_string_equal(buf, "a %y b %");
}

static void cut_text_is_terminated(void **state)
{
	char buf[5] = "zzzz";

	UNUSED(state);
	assert_int_equal(fmt_snprintf(buf, 4, "%d", 123456), 6);
	assert_string_equal(buf, "123");
	assert_int_equal(buf[4], '\0');
	assert_int_equal(fmt_snprintf(NULL, 0, "%s", "abc"), 3);
}

static void count_put(void *ctx, const char *text, size_t n)
{
	UNUSED(text);
	*(size_t *)ctx += n;
}

static void sink_gets_everything(void **state)
{
	size_t n = 0;

	UNUSED(state);
	assert_int_equal(fmt_print(count_put, &n, "%100d%s", 5, "ab"), 102);
	assert_int_equal(n, 102);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers), cmocka_unit_test(wide_integers), cmocka_unit_test(texts),
		cmocka_unit_test(null_text_and_unknown_conversion), cmocka_unit_test(cut_text_is_terminated),
		cmocka_unit_test(sink_gets_everything),
	};

	return cmocka_run_group_tests_name("lib/fmt", tests, NULL, NULL);
}
