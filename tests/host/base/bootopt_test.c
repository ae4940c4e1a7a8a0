/* bootopt_test.c - the kernel command line's options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/base/bootopt.h"
#include "lib/str.h"

static void finds_values(void **state)
{
	char v[16];
	(void)state;

	bootopt_init("build/godwit.elf node=3 name=\"two words\" quiet  last=x");
	assert_true(bootopt_str("name", v, sizeof v));
	assert_string_equal(v, "two words");
	assert_true(bootopt_str("last", v, sizeof v));
	assert_string_equal(v, "x");
	assert_int_equal(bootopt_u32("node", 9), 3);
	assert_int_equal(bootopt_u32("nod", 9), 9);
	assert_int_equal(bootopt_u32("name", 9), 9);
	assert_true(bootopt_flag("quiet"));
	assert_false(bootopt_flag("qui"));
	assert_false(bootopt_str("quiet", v, sizeof v));
}

static void last_one_counts(void **state)
{
	(void)state;
	bootopt_init("a=1 a=0x20 flag flag=0");
	assert_int_equal(bootopt_u32("a", 0), 32);
	assert_false(bootopt_flag("flag"));
}

static void cuts_and_edges(void **state)
{
	char v[4];
	(void)state;

	bootopt_init("k=abcdefgh e= q=\"open");
	assert_true(bootopt_str("k", v, sizeof v));
	assert_string_equal(v, "abc");
	assert_true(bootopt_str("e", v, sizeof v));
	assert_string_equal(v, "");
	assert_int_equal(bootopt_u32("e", 7), 7);
	assert_true(bootopt_str("q", v, sizeof v));
	assert_string_equal(v, "ope");
	bootopt_init("");
	assert_false(bootopt_flag("k"));
	bootopt_init("   ");
	assert_false(bootopt_flag("k"));
	bootopt_init("=x \"");
	assert_false(bootopt_flag("x"));
}

static void long_lines_are_cut(void **state)
{
	static char line[4 * BOOTOPT_LINE_MAX];
	(void)state;

	memset(line, 'a', sizeof line - 1);
	bootopt_init(line);
	assert_int_equal(strlen(bootopt_line()), BOOTOPT_LINE_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_values),
		cmocka_unit_test(last_one_counts),
		cmocka_unit_test(cuts_and_edges),
		cmocka_unit_test(long_lines_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
