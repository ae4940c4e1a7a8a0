/* fork.h - what fork.c does for clone.c.
 * Used by: clone.c.
 * Never: seen outside kernel/proc.  */
#ifndef KERNEL_PROC_FORK_H
#define KERNEL_PROC_FORK_H
#include "kernel/proc/proc.h"
struct ucall;
/** Home: a child that home_fork made is not to be. */
void fork_undo(struct task *child);
/** Home, the last step: the child of home_result starts, or is undone if the body half failed; CLONE_VFORK waits. pid or -errno. */
int32_t fork_finish(struct ucall *c, uint32_t flags);
#endif
