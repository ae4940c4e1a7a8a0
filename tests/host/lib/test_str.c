/* Unit tests of lib/str.c (under other names, see host.mk) and lib/text.c: the C library is the judge.
 * Called by make test-host.
 * Never linked against lib/str.c by its own names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base.h"
#include "lib/rng.h"

void *k_memcpy(void *to, const void *from, size_t n);
void *k_memmove(void *to, const void *from, size_t n);
void *k_memset(void *to, int byte, size_t n);
int k_memcmp(const void *a, const void *b, size_t n);
void *k_memchr(const void *s, int byte, size_t n);
size_t k_strlen(const char *s);
size_t k_strnlen(const char *s, size_t max);
int k_strcmp(const char *a, const char *b);
int k_strncmp(const char *a, const char *b, size_t n);
char *k_strchr(const char *s, int c);
char *k_strrchr(const char *s, int c);
char *k_strstr(const char *s, const char *what);
size_t str_copy(char *dst, size_t cap, const char *src);
bool str_begins(const char *s, const char *prefix);
bool str_to_u32(const char *s, const char **end, uint32_t *out);

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	print_error("%s %llu %llu\n", expr, (unsigned long long)a, (unsigned long long)b);
	_fail(file, line);
	__builtin_unreachable();
}

#define N 80

/* Every offset and length in a small buffer, overlapping both ways. */
static void moving_memory(void **state)
{
	uint8_t a[N], b[N];

	UNUSED(state);
	for (size_t from = 0; from < 20; from++)
		for (size_t to = 0; to < 20; to++)
			for (size_t n = 0; n < 60; n += 1 + n / 9) {
				for (size_t i = 0; i < N; i++)
					a[i] = b[i] = (uint8_t)(i * 7);
				assert_ptr_equal(k_memmove(a + to, a + from, n), a + to);
				memmove(b + to, b + from, n);
				assert_memory_equal(a, b, N);
			}
}

static void copying_and_filling(void **state)
{
	uint8_t a[N], b[N], src[N];

	UNUSED(state);
	for (size_t i = 0; i < N; i++)
		src[i] = (uint8_t)(255 - i);
	for (size_t at = 0; at < 9; at++)
		for (size_t n = 0; n < 60; n++) {
			k_memset(a, 0x5a, N);
			memset(b, 0x5a, N);
			k_memset(a + at, 0x1c3, n);
			memset(b + at, 0xc3, n);
			assert_memory_equal(a, b, N);
			k_memcpy(a + at, src + 3, n);
			memcpy(b + at, src + 3, n);
			assert_memory_equal(a, b, N);
		}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void comparing_and_finding(void **state)
{
	static const char *const texts[] = { "", "a", "ab", "abc", "abd", "b", "\xff", "aab", "abab" };

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *s = texts[i];

		assert_int_equal(k_strlen(s), strlen(s));
		assert_int_equal(k_strnlen(s, 2), strnlen(s, 2));
		for (int c = 0; c < 256; c += 1 + (c > 'c') * 50) {
			assert_ptr_equal(k_strchr(s, c), strchr(s, c));
			assert_ptr_equal(k_strrchr(s, c), strrchr(s, c));
			assert_ptr_equal(k_memchr(s, c, strlen(s)), memchr(s, c, strlen(s)));
		}
		for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
			const char *t = texts[k];

			assert_int_equal(sign(k_strcmp(s, t)), sign(strcmp(s, t)));
			assert_int_equal(sign(k_strncmp(s, t, 2)), sign(strncmp(s, t, 2)));
			assert_int_equal(sign(k_memcmp(s, t, 1)), sign(memcmp(s, t, 1)));
			assert_ptr_equal(k_strstr(s, t), strstr(s, t));
		}
	}
}

static void texts_are_cut_to_fit(void **state)
{
	char buf[4];

	UNUSED(state);
	assert_int_equal(str_copy(buf, sizeof buf, "abcdef"), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(str_copy(buf, sizeof buf, "abc"), 3);
	assert_string_equal(buf, "abc");
	assert_true(str_begins("node=3", "node="));
	assert_false(str_begins("nod", "node="));
}

static void numbers_are_read(void **state)
{
	const char *end;
	uint32_t v = 77;

	UNUSED(state);
	assert_true(str_to_u32("4294967295x", &end, &v) && v == 4294967295u && *end == 'x');
	assert_true(str_to_u32("0xfFg", &end, &v) && v == 255 && *end == 'g');
	assert_true(str_to_u32("0x", &end, &v) && v == 0 && *end == 'x');
	v = 77;
	assert_false(str_to_u32("4294967296", NULL, &v));
	assert_false(str_to_u32("x", NULL, &v));
	assert_false(str_to_u32("", NULL, &v));
	assert_int_equal(v, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moving_memory), cmocka_unit_test(copying_and_filling), cmocka_unit_test(comparing_and_finding),
		cmocka_unit_test(texts_are_cut_to_fit), cmocka_unit_test(numbers_are_read),
	};

	return cmocka_run_group_tests_name("lib/str", tests, NULL, NULL);
}
