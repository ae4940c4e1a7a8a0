/* sys_procfd.c - calls on files that stand for signals or processes: signalfd, pidfd_open, pidfd_send_signal, pidfd_getfd.
 * Called by: dispatch.c through table.def (home halves).
 * Never: touches a body.  Source: signalfd(2), pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2). */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/procfd.h"
#include "kernel/proc/siginfo.h"

static int32_t install(struct ucall *c, struct file *f, bool cloexec)
{
	if (!f) return -ENOMEM;
	int32_t r = fd_install(ucall_group(c)->fds, f, 0, cloexec);
	if (r < 0) file_unref(f);
	return r;
}

static int32_t signalfd(struct ucall *c, uint32_t flags)
{
	uint64_t set;

	if (c->arg[2] != sizeof set) return -EINVAL;
	if (umem_fetch(c->mem, &set, uaddr(c->arg[1]), sizeof set)) return -EFAULT;
	if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
	if ((int32_t)c->arg[0] == -1) return install(c, signalfd_new(set, flags & O_NONBLOCK, ucall_who(c)), flags & O_CLOEXEC);
	struct file *f = arg_file(c, c->arg[0]);
	if (!f) return -EBADF;
	int32_t r = signalfd_change(f, set);
	file_unref(f);
	return r ? r : (int32_t)c->arg[0];
}

int32_t sys_signalfd(struct ucall *c) { return signalfd(c, 0); }
int32_t sys_signalfd4(struct ucall *c) { return signalfd(c, c->arg[3]); }

int32_t sys_pidfd_open(struct ucall *c)
{
	uint32_t pid = c->arg[0], flags = c->arg[1];

	if ((flags & ~O_NONBLOCK) || (int32_t)pid <= 0) return -EINVAL;
	struct group *g = group_find(pid);
	if (!g || g->state == RUN_DEAD) return task_find(pid) ? -EINVAL : -ESRCH; /* only a first thread stands for a process */
	return install(c, pidfd_new(g, flags, ucall_who(c)), true);
}

/* Referenced. NULL: no pidfd. */
static struct group *arg_process(struct ucall *c, uint32_t fd)
{
	struct file *f = arg_file(c, fd);
	struct group *g = f ? pidfd_group(f) : NULL;

	if (g) group_ref(g);
	if (f) file_unref(f);
	return g;
}

static int32_t fetch_info(struct ucall *c, const struct group *to, struct ksiginfo *info)
{
	const struct group *me = ucall_group(c);
	struct linux_siginfo u;

	*info = (struct ksiginfo){.signo = (int)c->arg[1], .code = SI_USER, .pid = me->pid, .uid = me->cred.uid};
	if (!c->arg[2]) return 0;
	if (umem_fetch(c->mem, &u, uaddr(c->arg[2]), sizeof u)) return -EFAULT;
	if (u.signo != info->signo) return -EINVAL;
	if (to != me && (u.code >= 0 || u.code == SI_TKILL)) return -EPERM;
	siginfo_unpack(&u, info);
	info->signo = u.signo;
	return 0;
}

int32_t sys_pidfd_send_signal(struct ucall *c)
{
	struct ksiginfo info;

	if (c->arg[3]) return -EINVAL;
	struct group *g = arg_process(c, c->arg[0]);
	if (!g) return -EBADF;
	int32_t r = fetch_info(c, g, &info);
	if (!r && g->state == RUN_DEAD) r = -ESRCH;
	if (!r && (uint32_t)info.signo > LINUX_NSIG) r = -EINVAL;
	if (!r && !signal_may(&ucall_group(c)->cred, g, info.signo)) r = -EPERM;
	if (!r && info.signo) r = signal_post_group(g, &info);
	group_unref(g);
	return r;
}

/* ptrace(2)'s rule, "access mode": the same ids, and a core may be taken. */
static bool may_look_into(const struct ucall *c, const struct group *g)
{
	const struct cred *me = &ucall_group(c)->cred, *to = &g->cred;
	bool same = me->uid == to->euid && me->uid == to->suid && me->uid == to->uid && me->gid == to->egid && me->gid == to->sgid && me->gid == to->gid;

	return g == ucall_group(c) || has_cap(ucall_who(c), CAP_SYS_PTRACE) || (same && !g->undumpable);
}

int32_t sys_pidfd_getfd(struct ucall *c)
{
	int32_t r = -EBADF;

	if (c->arg[2]) return -EINVAL;
	struct group *g = arg_process(c, c->arg[0]);
	if (!g) return -EBADF;
	if (g->state == RUN_DEAD || !g->fds) {
		r = -ESRCH;
	} else if (!may_look_into(c, g)) {
		r = -EPERM;
	} else {
		struct file *f = fd_get(g->fds, (int32_t)c->arg[1]);
		if (f) r = install(c, f, true);
	}
	group_unref(g);
	return r;
}
