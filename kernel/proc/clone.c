/* clone.c - clone(2) and clone3(2): what their flags may be, and what they leave in memory; the child itself is fork.c's.
 * Called by: dispatch.c through the table.
 * Never: looks at clone3's arguments twice: they are copied into the call's record.  Source: clone(2). */
#include "kernel/mm/kheap.h"
#include "kernel/proc/fork.h"
#include "kernel/proc/procfd.h"
#include "kernel/proc/rows.h"
#include "kernel/proc/sigmask.h"
#include "kernel/syscall/ucall.h"
#include "lib/str.h"

#define CLONE_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define OWN_CLEAR_SIGHAND CLONE_DETACHED /* in the record of a clone3, which knows no CLONE_DETACHED */

/* In the order of Linux's copy_process. */
static int check_flags(const struct ucall *c, uint32_t flags)
{
	if ((flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS)) return -EINVAL;
	if ((flags & (CLONE_NEWUSER | CLONE_FS)) == (CLONE_NEWUSER | CLONE_FS)) return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND)) return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM)) return -EINVAL;
	if ((flags & CLONE_PIDFD) && (flags & CLONE_THREAD)) return -EINVAL;
	if (!(flags & CLONE_NAMESPACES)) return 0;
	return (flags & CLONE_NEWUSER) || has_cap(ucall_who(c), CAP_SYS_ADMIN) ? -EINVAL : -EPERM; /* there are none */
}

/* ---- home */

/* CLONE_PIDFD: a descriptor for the child, kept with it until the body half has told its number. */
static int32_t add_pidfd(struct ucall *c, struct task *child)
{
	struct fdtable *fds = c->task->home.group->fds;
	struct file *f = pidfd_new(child->home.group, 0, ucall_who(c));

	if (!f) return -ENOMEM;
	int32_t fd = fd_install(fds, f, 0, true);
	if (fd < 0) file_unref(f);
	child->home.pidfd = fd;
	return fd;
}

static int32_t make(struct ucall *c, uint32_t flags)
{
	struct task *child;
	int32_t pid = home_fork(c->task, flags & ~CLONE_DETACHED, &child);

	if (pid < 0 || !(flags & CLONE_PIDFD)) return pid;
	int32_t fd = add_pidfd(c, child);
	if (fd >= 0) return pid;
	fork_undo(child);
	return fd;
}

/* clone(flags, stack, parent_tid, tls, child_tid): the i386 order. */
int32_t home_row_clone(struct ucall *c)
{
	uint32_t flags = c->arg[0];
	int err = check_flags(c, flags);

	if ((flags & CLONE_PIDFD) && (flags & (CLONE_PARENT_SETTID | CLONE_DETACHED))) return -EINVAL;
	return err ? err : make(c, flags);
}

struct clone_args { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };
#define CLONE_ARGS_FIRST 64u /* the least that a program may give */
#define CLONE_CLEAR_SIGHAND (1ull << 32)
#define SET_TID_MAX 32u

/* Words beyond those that are known must be 0: clone3(2). */
static int32_t fetch_clone_args(struct ucall *c, struct clone_args *a)
{
	uint32_t size = c->arg[1];

	memset(a, 0, sizeof *a);
	if (size > PAGE_SIZE) return -E2BIG;
	if (size < CLONE_ARGS_FIRST) return -EINVAL;
	for (uint32_t at = sizeof *a; at < size; at++) {
		uint8_t rest;
		if (umem_fetch(c->mem, &rest, uaddr(c->arg[0] + at), 1)) return -EFAULT;
		if (rest) return -E2BIG;
	}
	return umem_fetch(c->mem, a, uaddr(c->arg[0]), MIN(size, (uint32_t)sizeof *a)) ? -EFAULT : 0;
}

static int32_t check_clone_args(const struct clone_args *a)
{
	if (a->set_tid_size > SET_TID_MAX || !a->set_tid != !a->set_tid_size) return -EINVAL;
	if ((a->exit_signal & ~(uint64_t)CSIGNAL) || a->exit_signal > LINUX_NSIG) return -EINVAL;
	if (a->flags & ~(CLONE_CLEAR_SIGHAND | UINT32_MAX)) return -EINVAL;
	if (a->flags & (CLONE_DETACHED | CSIGNAL)) return -EINVAL;
	if ((a->flags & CLONE_SIGHAND) && (a->flags & CLONE_CLEAR_SIGHAND)) return -EINVAL;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal) return -EINVAL;
	if (!a->stack != !a->stack_size || a->stack + a->stack_size > USER_END) return -EINVAL;
	return a->set_tid ? -EINVAL : 0; /* numbers are not for choosing here */
}

int32_t home_row_clone3(struct ucall *c)
{
	struct clone_args a;
	int32_t err = fetch_clone_args(c, &a);

	if (!err) err = check_clone_args(&a);
	uint32_t flags = (uint32_t)(a.flags | a.exit_signal) | ((a.flags & CLONE_CLEAR_SIGHAND) ? OWN_CLEAR_SIGHAND : 0);
	if (!err) err = check_flags(c, flags & ~OWN_CLEAR_SIGHAND);
	if (err) return err;
	const uint32_t record[6] = {flags, (uint32_t)(a.stack + a.stack_size), (uint32_t)a.parent_tid, (uint32_t)a.tls, (uint32_t)a.child_tid, (uint32_t)a.pidfd};
	memcpy(c->task->call.arg, record, sizeof record);
	return make(c, flags);
}

/* ---- body */

static int build(struct ucall *c, uint32_t pidfd_at)
{
	uint32_t flags = c->arg[0], ptid = c->arg[2], ctid = c->arg[4], pid = (uint32_t)c->home_result;
	struct task *child = task_find(pid);

	KASSERT2(child, pid, flags);
	int err = body_fork(c->task, child, flags, c->arg[1], c->arg[3]);
	if (err) return err;
	if ((flags & CLONE_PIDFD) && umem_store_u32(c->mem, uaddr(pidfd_at), (uint32_t)child->home.pidfd)) return -EFAULT;
	/* as Linux: a wild address is not an error here */
	if ((flags & CLONE_PARENT_SETTID) && umem_store_u32(c->mem, uaddr(ptid), pid)) ptid = 0;
	if ((flags & CLONE_CHILD_SETTID) && umem_store_u32(&child->umem, uaddr(ctid), pid)) ctid = 0;
	child->body.clear_child_tid = (flags & CLONE_CHILD_CLEARTID) ? c->arg[4] : 0;
	return 0;
}

int32_t body_row_clone(struct ucall *c)
{
	return build(c, c->arg[2]);
}

/* All handlers are the default again; what is ignored stays so. */
static void clear_handlers(struct task *t)
{
	for (int i = 0; i < LINUX_NSIG; i++)
		if (t->body.actions->act[i].handler != SIG_IGN) t->body.actions->act[i] = (struct linux_sigaction_k){.handler = SIG_DFL};
	signal_mirror_changed(t);
}

int32_t body_row_clone3(struct ucall *c)
{
	int err = build(c, c->arg[5]);

	if (!err && (c->arg[0] & OWN_CLEAR_SIGHAND)) clear_handlers(task_find((uint32_t)c->home_result));
	return err;
}

/* ---- finish */

int32_t finish_row_clone(struct ucall *c)
{
	struct task *child = task_find((uint32_t)c->home_result);
	int32_t fd = child && (c->arg[0] & CLONE_PIDFD) ? child->home.pidfd : -1;
	int32_t r = fork_finish(c, c->arg[0]);

	if (r < 0 && fd >= 0) (void)fd_close(c->task->home.group->fds, fd, ucall_who(c));
	return r;
}
