/* altstack.h - a thread's alternate signal stack: is it in use, what the program sees of it, how it is changed.
 * Used by: sigframe.c, sys_signal.c, sigdeliver.c.
 * Never: touches user memory.  Source: sigaltstack(2).  */
#ifndef KERNEL_PROC_ALTSTACK_H
#define KERNEL_PROC_ALTSTACK_H
#include "kernel/proc/proc.h"
/** sp lies on the stack. */
bool altstack_holds(const struct body *b, uint32_t sp);
/** The same, as calls see it: one that disarms itself is never in use while it is set. */
bool altstack_in_use(const struct body *b, uint32_t sp);
/** As sigaltstack's old value: SS_ONSTACK, SS_DISABLE or 0 for this stack pointer, and SS_AUTODISARM. */
struct linux_stack altstack_tell(const struct body *b, uint32_t sp);
/** Another one; sp: the stack pointer now. -EPERM: in use. -EINVAL: flags. -ENOMEM: smaller than MINSIGSTKSZ. */
int altstack_change(struct body *b, const struct linux_stack *s, uint32_t sp);
/** None: exec, a thread's start, a handler with SS_AUTODISARM. */
void altstack_none(struct body *b);
#endif
