/* rlimit.h - resource limits of a process.
 * Used by: sys_sched.c.
 * Never: enforces one; who takes the resource does.  */
#ifndef KERNEL_PROC_RLIMIT_H
#define KERNEL_PROC_RLIMIT_H
#include "kernel/proc/proc.h"
int rlimit_get(const struct group *g, uint32_t which, struct linux_rlimit64 *out);   /* -EINVAL no such limit */
/** Home: checks and notes the limit, passes it on to the file table and the file code. -EINVAL: cur > max or no such limit;
 *  -EPERM: a higher hard limit without being root, or more descriptors than FD_MAX. Source: setrlimit(2). */
int rlimit_set(struct group *g, uint32_t which, const struct linux_rlimit64 *l, const struct cred *who);
/** Body: the limits on memory, where the memory is. */
void rlimit_apply(struct space *s, uint32_t which, uint64_t cur);
#endif
