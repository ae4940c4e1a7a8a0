/* ucall.h - the one argument of every system call's half.
 * Used by: sys_*.c.  A home half may use task->home and mem; a body half task->body and mem.
 * Never: the current process, a raw user pointer, or a question where the caller is.  */
#ifndef KERNEL_SYSCALL_UCALL_H
#define KERNEL_SYSCALL_UCALL_H
#include "kernel/proc/proc.h"
struct ucall {
	struct task *task;       /* whose identity */
	uint32_t arg[6];
	struct umem *mem;        /* whose memory */
	int32_t home_result;     /* body half and finish: what the home half returned (>= 0) */
	int32_t body_result;     /* finish */
	bool nonblock;           /* a further slice of a transfer: do not wait for more (streams) */
	uint32_t skip;           /* vector transfers: bytes of the iovec moved by earlier slices; move at most SYSCALL_SLICE */
};
static inline struct group *ucall_group(const struct ucall *c) { return c->task->home.group; }
static inline const struct fs_caller *ucall_who(const struct ucall *c) { return &c->task->home.group->who; }
#endif
