/* selftest.h - what the self-test's files share.
 * Thread context only. */
#ifndef TESTS_KERNEL_SELFTEST_H
#define TESTS_KERNEL_SELFTEST_H

#include "kernel/base/sched.h"

/** One TAP line on the log; counts it. */
void ok(bool good, const char *what);
void sleep_ms(uint32_t ms);

/** Start a thread in the caller's record, which must outlive it; `system` threads come before all others. Returns t. */
struct thread *spawn_system(struct thread *t, const char *name, void (*entry)(void *), void *arg, bool system);
struct thread *spawn(struct thread *t, const char *name, void (*entry)(void *), void *arg);
/** Until it has ended. */
void join(const struct thread *t);

/** self_user.c: everything that runs user code. Gives back all its memory. */
void test_user_mode(void);

#endif
