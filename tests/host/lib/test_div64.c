/* Unit tests of lib/div64.c (under other names, see host.mk): the host's own division is the judge.
 * Called by make test-host.
 * Never linked against lib/div64.c by its own names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base.h"
#include "lib/rng.h"

uint64_t k_udivmoddi4(uint64_t a, uint64_t b, uint64_t *rest);
uint64_t k_udivdi3(uint64_t a, uint64_t b);
uint64_t k_umoddi3(uint64_t a, uint64_t b);
int64_t k_divmoddi4(int64_t a, int64_t b, int64_t *rest);
int64_t k_divdi3(int64_t a, int64_t b);
int64_t k_moddi3(int64_t a, int64_t b);
int k_ctzdi2(uint64_t a);

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	print_error("%s %llu %llu\n", expr, (unsigned long long)a, (unsigned long long)b);
	_fail(file, line);
	__builtin_unreachable();
}

static void compare(uint64_t a, uint64_t b)
{
	uint64_t rest;
	int64_t signed_rest, sa = (int64_t)a, sb = (int64_t)b;

	if (!b) return;
	assert_int_equal(k_udivmoddi4(a, b, &rest), a / b);
	assert_int_equal(rest, a % b);
	assert_int_equal(k_udivmoddi4(a, b, NULL), a / b);
	assert_int_equal(k_udivdi3(a, b), a / b);
	assert_int_equal(k_umoddi3(a, b), a % b);
	if (sa == INT64_MIN && sb == -1) return;
	assert_int_equal(k_divdi3(sa, sb), sa / sb);
	assert_int_equal(k_moddi3(sa, sb), sa % sb);
	assert_int_equal(k_divmoddi4(sa, sb, &signed_rest), sa / sb);
	assert_int_equal(signed_rest, sa % sb);
}

/* Every pair of numbers around powers of two. */
static void test_edges(void **state)
{
	UNUSED(state);
	for (uint32_t i = 0; i < 64; i++)
		for (uint32_t j = 0; j < 64; j++)
			for (int d = -1; d <= 1; d++)
				for (int e = -1; e <= 1; e++) compare((1ull << i) + (uint64_t)(int64_t)d, (1ull << j) + (uint64_t)(int64_t)e);
	compare(UINT64_MAX, UINT64_MAX);
	compare(UINT64_MAX, 0x100000001ull);
	compare(0xfffffffe00000000ull, 0xffffffffull);
}

static void test_any(void **state)
{
	struct rng r;

	UNUSED(state);
	rng_seed(&r, 1);
	for (uint32_t i = 0; i < 200000; i++) {
		uint64_t a = (uint64_t)rng_u32(&r) << 32 | rng_u32(&r), b = (uint64_t)rng_u32(&r) << 32 | rng_u32(&r);
		compare(a >> (rng_u32(&r) % 64), b >> (rng_u32(&r) % 64));
	}
}

static void test_lowest_bit(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 64; i++) assert_int_equal(k_ctzdi2(UINT64_MAX << i), i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_lowest_bit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
