/* Unit tests of lib/rng.c, lib/timerq.c, lib/ring.h, lib/fixed.h and lib/list.h.
 * Called by make test-host.
 * Never depends on a particular random number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fixed.h"
#include "lib/list.h"
#include "lib/ring.h"
#include "lib/rng.h"
#include "lib/timerq.h"

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	print_error("%s %llu %llu\n", expr, (unsigned long long)a, (unsigned long long)b);
	_fail(file, line);
	__builtin_unreachable();
}

static void random_is_repeatable_and_even(void **state)
{
	struct rng a, b;
	uint32_t count[10] = { 0 };

	UNUSED(state);
	rng_seed(&a, 5);
	rng_seed(&b, 5);
	for (int i = 0; i < 100; i++)
		assert_true(rng_u64(&a) == rng_u64(&b));
	for (int i = 0; i < 10000; i++)
		count[rng_below(&a, 10)]++;
	for (int i = 0; i < 10; i++)
		assert_in_range(count[i], 850, 1150);
	for (int i = 0; i < 1000; i++)
		assert_in_range(rng_range(&a, 7, 9), 7, 9);
	assert_int_equal(rng_range(&a, 4, 4), 4);
	(void)rng_range(&a, 0, UINT32_MAX);
	assert_false(rng_permille(&a, 0));
	assert_true(rng_permille(&a, 1000));
}

#define TIMERS 200

/* Against the plain way: the smallest (deadline, arrival) of all that are queued. */
static void timers_leave_in_order(void **state)
{
	struct timerq q;
	struct timerq_node t[TIMERS], *first;
	struct rng r;

	UNUSED(state);
	rng_seed(&r, 9);
	timerq_init(&q);
	for (int i = 0; i < TIMERS; i++)
		timerq_node_init(&t[i]);
	for (int step = 0; step < 20000; step++) {
		struct timerq_node *n = &t[rng_below(&r, TIMERS)], *want = NULL;

		if (n->queued && rng_permille(&r, 700))
			timerq_remove(&q, n);
		else if (!n->queued)
			timerq_add(&q, n, rng_below(&r, 50));
		for (int i = 0; i < TIMERS; i++)
			if (t[i].queued && (want == NULL || t[i].at < want->at || (t[i].at == want->at && t[i].order < want->order)))
				want = &t[i];
		assert_ptr_equal(timerq_first(&q), want);
		assert_true(timerq_next(&q) == (want == NULL ? UINT64_MAX : want->at));
		if (want != NULL && rng_permille(&r, 100)) {
			uint64_t at = want->at;

			assert_true(at == 0 || timerq_pop_due(&q, at - 1) == NULL);
			assert_ptr_equal(timerq_pop_due(&q, at), want);
		}
	}
	while ((first = timerq_pop_due(&q, UINT64_MAX)) != NULL)
		assert_false(first->queued);
	timerq_remove(&q, &t[0]); /* not queued: harmless */
}

static void ring_refuses_when_full(void **state)
{
	uint8_t bytes[4] = { 0 }, b = 0;
	struct ring r;

	UNUSED(state);
	ring_init(&r, 4);
	r.put = r.got = UINT32_MAX - 1; /* counters wrap on the way */
	assert_false(ring_get_byte(&r, bytes, &b));
	for (uint8_t i = 0; i < 4; i++)
		assert_true(ring_put_byte(&r, bytes, i));
	assert_false(ring_put_byte(&r, bytes, 9));
	for (uint8_t i = 0; i < 4; i++) {
		assert_true(ring_get_byte(&r, bytes, &b));
		assert_int_equal(b, i);
	}
	assert_int_equal(ring_room(&r), 4);
}

static void arithmetic(void **state)
{
	uint64_t n = 18446744073709551615u;

	UNUSED(state);
	assert_int_equal(fixed_div64(&n, 1000), 615);
	assert_true(n == 18446744073709551u);
	assert_true(fixed_quot64(1000000000000u, 10) == 100000000000u);
	assert_int_equal(fixed_muldiv(3000000000u, 4, 6), 2000000000u);
	assert_int_equal(fixed_muldiv(UINT32_MAX, UINT32_MAX, 1), UINT32_MAX);
	assert_int_equal(fixed_add_sat(UINT32_MAX, 1), UINT32_MAX);
	assert_int_equal(fixed_sub_sat(1, 2), 0);
}

struct item {
	int v;
	struct list_node node;
};

static void list_keeps_order(void **state)
{
	struct list_node head = LIST_INIT(head);
	struct item items[4], *at, *next;
	int want = 0;

	UNUSED(state);
	for (int i = 0; i < 4; i++) {
		items[i].v = i;
		list_push_back(&head, &items[i].node);
	}
	list_for_each(at, &head, node)
		assert_int_equal(at->v, want++);
	list_for_each_safe(at, next, &head, node)
		list_remove(&at->node);
	assert_true(list_empty(&head));
	assert_null(list_first(&head, struct item, node));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_is_repeatable_and_even), cmocka_unit_test(timers_leave_in_order),
		cmocka_unit_test(ring_refuses_when_full), cmocka_unit_test(arithmetic), cmocka_unit_test(list_keeps_order),
	};

	return cmocka_run_group_tests_name("lib/small", tests, NULL, NULL);
}
