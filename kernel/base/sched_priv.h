/* sched_priv.h - what waitq.c and sched.c share.
 * Included by: those two.
 * Never: used to wake a thread whose sleep has a queue: that is waitq_wake_*.  */
#ifndef KERNEL_BASE_SCHED_PRIV_H
#define KERNEL_BASE_SCHED_PRIV_H
#include "kernel/base/sched.h"
/** Make t runnable if it is asleep. Interrupts off. */
void sched_wake(struct thread *t);
#endif
