/* robust.h - what a thread leaves in memory when it ends, or gives its memory up: locks it held, the word its joiner waits at.
 * Used by: task.c (end), exec_image.c.
 * Never: at a departure: the thread goes on elsewhere.  Source: set_robust_list(2), get_robust_list(2), set_tid_address(2). */
#ifndef KERNEL_PROC_ROBUST_H
#define KERNEL_PROC_ROBUST_H
#include "kernel/proc/proc.h"
/** Body here: mark the locks of its robust list as orphaned and wake one waiter of each; store 0 where set_tid_address asked, if
 *  somebody else shares the memory, and wake one waiter there. A wild address is the program's own loss. May sleep. */
void task_leave_memory(struct task *t);
#endif
