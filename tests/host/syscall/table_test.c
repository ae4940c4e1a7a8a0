/* table_test.c - is table.def sound: numbers, indices, windows.
 * Run by: make test-host-syscall.  The halves are stand-ins made from the table itself.
 * Never: calls one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/syscall/rowid.h"
#include "kernel/syscall/table.h"

__asm__(".globl half_stand_in\nhalf_stand_in: ret\n");
#define STAND_IN(f) __asm__(".globl " #f "\n.set " #f ", half_stand_in\n");
#define HOME(n, id, h, ...) STAND_IN(h)
#define BODY(n, id, b, ...) STAND_IN(b)
#define BODYN(n, id, b, ...) STAND_IN(b)
#define BOTH(n, id, h, b, f, ...) STAND_IN(h) STAND_IN(b) STAND_IN(f)
#define MUX(n, id, r, ...) STAND_IN(r)
#define SUB(id, shown, h, b, ...) STAND_IN(h) STAND_IN(b)
#define INNER(n, id, h, b, ...) STAND_IN(h) STAND_IN(b)
#pragma push_macro("NULL")
#undef NULL /* then it is a name like the others */
#include "kernel/syscall/table.def"
#pragma pop_macro("NULL")

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	print_error("%s:%d: %s (%llu, %llu)\n", file, line, expr, (unsigned long long)a, (unsigned long long)b);
	__builtin_trap();
}

static void numbers_and_indices_agree(void **state)
{
	(void)state;
	uint32_t n = 0;
	for (uint32_t nr = 0; nr < SYS_INNER + 10; nr++) {
		const struct sysrow *r = sysrow_get(nr);
		if (!r) continue;
		n++;
		assert_int_equal(r->nr, nr);
		assert_ptr_equal(sysrow_by_index(sysrow_index(r)), r);
	}
	assert_true(n > 250);
	for (uint32_t i = 0; i < sysrow_count(); i++) {
		assert_non_null(sysrow_by_index(i));
		assert_int_equal(sysrow_index(sysrow_by_index(i)), i);
	}
	assert_null(sysrow_by_index(sysrow_count()));
	assert_null(sysrow_get(UINT32_MAX));
	assert_ptr_equal(sysrow_get(SYS_INNER), &row_take);
	assert_int_equal(sysrow_get(3)->nr, 3);
	assert_string_equal(sysrow_get(3)->name, "read");
	assert_string_equal(sysrow_get(252)->name, "exit_group");
	assert_string_equal(sysrow_get(403)->name, "clock_gettime64");
}

static void every_row_does_something(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < sysrow_count(); i++) {
		const struct sysrow *r = sysrow_by_index(i);
		if (r->resolve)
			assert_true(!r->home && !r->body && !r->finish);
		else
			assert_true(r->home || r->body);
		assert_true(strlen(r->args) <= 6);
		assert_true(!r->finish || ((r->flags & SYS_HOMEFIRST) && r->home && r->body));
		assert_true(!(r->flags & SYS_SLICE_READ) || !(r->flags & SYS_SLICE_WRITE));
	}
}

static const struct window *window_of(const struct sysrow *r, uint32_t arg)
{
	for (uint32_t k = 0; k < WINDOWS_MAX; k++)
		if (r->w[k].dir != WINDOW_NONE && r->w[k].arg == arg) return &r->w[k];
	return NULL;
}

static void windows_speak_of_arguments_that_exist(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < sysrow_count(); i++) {
		const struct sysrow *r = sysrow_by_index(i);
		uint32_t n = (uint32_t)strlen(r->args);
		for (uint32_t k = 0; k < WINDOWS_MAX; k++) {
			const struct window *w = &r->w[k];
			if (w->dir == WINDOW_NONE) continue;
			if (w->arg >= n || !strchr("ps", r->args[w->arg])) fail_msg("%s: window %u of argument %u", r->name, k, w->arg);
			if (w->len == 0) fail_msg("%s: window %u is empty", r->name, k);
			if (w->len_kind == LEN_STRING) assert_int_equal(r->args[w->arg], 's');
			if (w->len_kind == LEN_ARG || w->len_kind == LEN_FDSET || w->len_kind == LEN_IOVEC)
				if (w->len_arg >= n || !strchr("ud", r->args[w->len_arg])) fail_msg("%s: length in argument %u", r->name, w->len_arg);
		}
	}
}

static void a_home_half_has_all_its_memory_described(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < sysrow_count(); i++) {
		const struct sysrow *r = sysrow_by_index(i);
		if (!r->home || (r->flags & SYS_HOMEFIRST)) continue;
		for (uint32_t a = 0; a < strlen(r->args); a++)
			if (strchr("ps", r->args[a]) && !window_of(r, a)) fail_msg("%s: argument %u has no window", r->name, a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_indices_agree),
		cmocka_unit_test(every_row_does_something),
		cmocka_unit_test(windows_speak_of_arguments_that_exist),
		cmocka_unit_test(a_home_half_has_all_its_memory_described),
	};
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
