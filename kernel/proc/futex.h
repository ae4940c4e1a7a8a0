/* futex.h - waiting on a word of memory. Waiters lie where the memory lies; a move parks them first.
 * Used by: sys_futex.c; a thread's end wakes who joins it.
 * Never: a frame as a key: (space, address) for private memory, (backing, offset) for shared (DESIGN 1b).  */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H
#include "kernel/proc/proc.h"
/** Body: sleep while the word at `at` is val. deadline on home's clock, FOREVER: none. 0 woken; -EAGAIN another value;
 *  -ETIMEDOUT; -EINTR a signal; -EPARK the body is to leave (call again when resumed: a changed value counts as a wake); -EFAULT. */
int futex_wait(struct task *t, uint32_t at, uint32_t val, uint32_t bits, uint64_t deadline_ns);
/** Wake up to n waiters with a bit in common; then move up to n_move others to the word at `to` (0: none). How many were woken,
 *  moved ones included when moving. */
int32_t futex_wake(struct space *s, uint32_t at, uint32_t n, uint32_t bits, uint32_t to, uint32_t n_move);
#endif
