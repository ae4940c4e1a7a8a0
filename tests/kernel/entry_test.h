/* entry_test.h - what the test's kernel entries saw.
 * Used by: self_user.c.
 * Never: linked into the product.  */
#ifndef TESTS_KERNEL_ENTRY_TEST_H
#define TESTS_KERNEL_ENTRY_TEST_H
#include "arch/arch.h"
struct seen {
	uint32_t n_syscalls, n_faults, n_kernel_faults, last_nr, last_arg;
	uint32_t n_returns, n_good_exits, n_bad_exits;
	struct fault_info fault;
};
extern struct seen seen;
extern void (*on_user_fault)(const struct fault_info *f, struct arch_user *u);
extern bool (*on_kernel_fault)(const struct fault_info *f);
#endif
