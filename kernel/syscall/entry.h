/* entry.h - what the way back to user mode asks of the signal code.
 * Used by: entry.c; the entries themselves are declared in arch/arch.h.
 * Never: more than this.  */
#ifndef KERNEL_SYSCALL_ENTRY_H
#define KERNEL_SYSCALL_ENTRY_H
#include "kernel/proc/proc.h"
/** Body: is there work for signals_at_boundary: a poke, a taken or forced signal, an -ERESTART* result, a mask to restore,
 *  an expired VIRTUAL or PROF timer. Interrupts may be off. (sigdeliver.c) */
bool signals_waiting(const struct task *t);
#endif
