/* sys_proc.c - calls on processes as a family: ends, waiting, groups, sessions, names.
 * Called by: dispatch.c through table.def (home halves; the body halves answer from the body's own record).
 * Never: makes a process (kernel/proc/fork.c, exec.c).  */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/siginfo.h"
#include "lib/str.h"

/* ---- ends */

/* The other threads of the process die at their user boundaries. While one of them is in execve, the rest end one by one. */
static int32_t end_group(struct task *t, int32_t status)
{
	const struct group *g = t->home.group;

	if (g->exec_task && g->exec_task != t) {
		home_exit_task(t, status);
		return 0;
	}
	signal_kill_others(t);
	home_exit_group(t, status, NULL);
	return 0;
}

int32_t sys_exit(struct ucall *c)
{
	home_exit_task(c->task, WSTATUS_EXIT(c->arg[0]));
	return 0;
}

int32_t sys_exit_group(struct ucall *c) { return end_group(c->task, WSTATUS_EXIT(c->arg[0])); }
/* inner rows: a wait status as it is */
int32_t home_exit_status(struct ucall *c) { return end_group(c->task, (int32_t)c->arg[0]); }

int32_t home_exit_one(struct ucall *c)
{
	home_exit_task(c->task, (int32_t)c->arg[0]);
	return 0;
}

/* ---- waiting */

static int32_t wait_for(struct ucall *c, uint32_t options, uint32_t usage_at)
{
	struct linux_rusage usage;
	int32_t status = 0;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | W__WNOTHREAD | W__WALL | W__WCLONE)) return -EINVAL;
	int32_t r = home_wait(c->task, (int32_t)c->arg[0], options, &status, &usage);
	if (r <= 0) return r;
	if (c->arg[1] && umem_store(c->mem, uaddr(c->arg[1]), &status, sizeof status)) return -EFAULT;
	if (usage_at && umem_store(c->mem, uaddr(usage_at), &usage, sizeof usage)) return -EFAULT;
	return r;
}

int32_t sys_waitpid(struct ucall *c) { return wait_for(c, c->arg[2], 0); }
int32_t sys_wait4(struct ucall *c) { return wait_for(c, c->arg[2], c->arg[3]); }

/* The fields of siginfo that waitid sets, in all cases: zeroes when there is nothing to tell. */
#define WAITID_BYTES 24u
_Static_assert(__builtin_offsetof(struct linux_siginfo, u.chld.status) == WAITID_BYTES - 4, "the last of them");

int32_t sys_waitid(struct ucall *c)
{
	struct linux_rusage usage;
	struct linux_siginfo out;
	struct ksiginfo info = {.signo = 0};

	int32_t r = home_waitid(c->task, c->arg[0], c->arg[1], c->arg[3], &info, &usage);
	if (r == -ERESTARTSYS) return r;
	if (!r && info.signo && c->arg[4] && umem_store(c->mem, uaddr(c->arg[4]), &usage, sizeof usage)) return -EFAULT;
	if (!c->arg[2]) return r;
	siginfo_pack(&info, &out);
	return umem_store(c->mem, uaddr(c->arg[2]), &out, WAITID_BYTES) ? -EFAULT : r;
}

/* ---- sharing: threads share files, cwd and umask for good, so only processes made with CLONE_FILES or CLONE_FS have any to end */

#define UNSHARE_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define UNSHARE_OWN (CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)
#define UNSHARE_ALONE (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) /* allowed for a single thread, where they do nothing */

int32_t sys_unshare(struct ucall *c)
{
	struct group *g = ucall_group(c);
	uint32_t flags = c->arg[0];

	if (flags & ~(UNSHARE_NAMESPACES | UNSHARE_OWN | UNSHARE_ALONE)) return -EINVAL;
	if ((flags & UNSHARE_ALONE) && g->n_tasks > 1) return -EINVAL;
	if (flags & UNSHARE_NAMESPACES) return g->cred.euid ? -EPERM : -EINVAL;
	if ((flags & CLONE_FILES) && group_own_files(g)) return -ENOMEM;
	if (flags & CLONE_FS) group_own_fs(g);
	return 0;
}

/* ---- names of a process */

int32_t body_getpid(struct ucall *c) { return (int32_t)c->task->body.pid; }
int32_t body_gettid(struct ucall *c) { return (int32_t)c->task->body.tid; }

int32_t sys_getppid(struct ucall *c)
{
	const struct group *p = ucall_group(c)->parent;

	return p ? (int32_t)p->pid : 0;
}

int32_t sys_getpgrp(struct ucall *c) { return (int32_t)ucall_group(c)->pgrp; }

/* A thread's number will do. */
static struct group *by_pid(struct ucall *c, uint32_t pid)
{
	struct task *t = pid ? task_find(pid) : c->task;

	return t ? t->home.group : group_find(pid);
}

int32_t sys_getpgid(struct ucall *c)
{
	const struct group *g = by_pid(c, c->arg[0]);

	return g ? (int32_t)g->pgrp : -ESRCH;
}

int32_t sys_getsid(struct ucall *c)
{
	const struct group *g = by_pid(c, c->arg[0]);

	return g ? (int32_t)g->session->id : -ESRCH;
}

static bool pgrp_in(uint32_t pgrp, const struct session *s)
{
	struct group *g;

	list_for_each(g, &all_groups, in_all)
		if (g->pgrp == pgrp && g->session == s) return true;
	return false;
}

int32_t sys_setpgid(struct ucall *c)
{
	struct group *self = ucall_group(c), *g = by_pid(c, c->arg[0]);
	uint32_t pgid = c->arg[1] ? c->arg[1] : c->arg[0];

	if ((int32_t)pgid < 0) return -EINVAL;
	if (!g) return -ESRCH;
	if (c->arg[0] && g->pid != c->arg[0]) return -EINVAL;
	if (g != self && g->parent != self) return -ESRCH;
	if (g != self && g->session != self->session) return -EPERM;
	if (g != self && g->execed) return -EACCES;
	if (g->session->id == g->pid) return -EPERM;
	if (!pgid) pgid = g->pid;
	if (pgid != g->pid && !pgrp_in(pgid, self->session)) return -EPERM;
	g->pgrp = pgid;
	return 0;
}

int32_t sys_setsid(struct ucall *c)
{
	struct group *self = ucall_group(c), *g;

	list_for_each(g, &all_groups, in_all)
		if (g->pgrp == self->pid) return -EPERM;
	struct session *s = session_new(self->pid), *old = self->session;
	if (!s) return -ENOMEM;
	self->session = s;
	self->pgrp = self->pid;
	session_unref(old);
	return (int32_t)self->pid;
}

/* ---- what a body's record holds */

int32_t body_set_tid_address(struct ucall *c)
{
	c->task->body.clear_child_tid = c->arg[0];
	return (int32_t)c->task->body.tid;
}

int32_t body_set_robust_list(struct ucall *c)
{
	if (c->arg[1] != sizeof(struct linux_robust_list_head)) return -EINVAL;
	c->task->body.robust_list = c->arg[0];
	return 0;
}

int32_t body_get_robust_list(struct ucall *c)
{
	if (c->arg[0] && c->arg[0] != c->task->body.tid) return -ESRCH;
	int err = umem_store_u32(c->mem, uaddr(c->arg[2]), sizeof(struct linux_robust_list_head));
	return err ? err : umem_store_u32(c->mem, uaddr(c->arg[1]), c->task->body.robust_list);
}

int32_t body_set_thread_area(struct ucall *c)
{
	uint32_t desc[4];
	int32_t r = umem_fetch(c->mem, desc, uaddr(c->arg[0]), sizeof desc);
	bool choose = desc[0] == 0xffffffffu;

	if (!r) r = arch_tls_set(&c->task->body.user, desc);
	if (r) return r;
	arch_user_changed(&c->task->body.user);
	return choose ? umem_store_u32(c->mem, uaddr(c->arg[0]), desc[0]) : 0;
}

int32_t body_get_thread_area(struct ucall *c)
{
	uint32_t desc[4];
	int32_t r = umem_fetch(c->mem, desc, uaddr(c->arg[0]), sizeof desc);

	if (!r) r = arch_tls_get(&c->task->body.user, desc);
	return r ? r : umem_store(c->mem, uaddr(c->arg[0]), desc, sizeof desc);
}

/* Linux calls that are -ENOSYS here on purpose: C libraries fall back (rseq: false success would leave a stale CPU number). */
int32_t body_refused(struct ucall *c)
{
	UNUSED(c);
	return -ENOSYS;
}
