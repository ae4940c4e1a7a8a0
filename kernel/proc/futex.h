/* futex.h - waiting on a word of memory. Waiters lie where the memory lies; a move parks them first.
 * Used by: sys_futex.c; a thread's end (robust.c) wakes who joins it or wants its locks.
 * Never: a frame as a key: (space, address) for private memory, (backing, offset) for shared (DESIGN 1b).
 *
 * A word is named by its address and `private`: FUTEX_PRIVATE_FLAG, a form of its own (it spares the look at the areas). Body context; `at` is
 * a multiple of 4. Source: futex(2).  */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H
#include "kernel/proc/proc.h"
/** Body: sleep while the word at `at` is val. deadline on home's clock, FOREVER: none. 0 woken; -EAGAIN another value;
 *  -ETIMEDOUT; -EINTR a signal; -EPARK the body is to leave (call again when resumed: a changed value counts as a wake); -EFAULT. */
int futex_wait(struct task *t, uint32_t at, bool private, uint32_t val, uint32_t bits, uint64_t deadline_ns);
/** Wake up to n waiters with a bit in common (n < 1: one, as Linux). How many were woken; -EFAULT. */
int32_t futex_wake(struct space *s, uint32_t at, bool private, int32_t n, uint32_t bits);
/** Wake up to n waiters, then move up to n_move others to the word at `to`. How many were woken or moved; -EFAULT. */
int32_t futex_requeue(struct space *s, uint32_t at, bool private, int32_t n, uint32_t to, int32_t n_move);
/** If the word at `at` is old, make it new, with nothing between. 0, -EAGAIN another value, -EFAULT. May sleep before. */
int futex_exchange(struct task *t, uint32_t at, uint32_t old, uint32_t new);
#endif
