/* sys_fcntl.c - fcntl(2): flags, owners, pipes' sizes, record locks.
 * Called by: dispatch.c through table.def (home halves; mux.c has picked the row by the command).
 * Never: moves bytes of a file.  */
#include "kernel/syscall/sysarg.h"
#include "fs/seal.h"

#define SETFL_BITS (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

static int32_t set_flags(struct ucall *c, struct file *f, uint32_t flags)
{
	bool fresh = (flags & O_NOATIME) && !(f->flags & O_NOATIME);

	if (fresh && !has_cap(ucall_who(c), CAP_FOWNER) && ucall_who(c)->cred->fsuid != f->inode->uid) return -EPERM;
	if ((flags & O_DIRECT) && !S_ISFIFO(f->inode->mode) && !file_can_direct(f->inode)) return -EINVAL;
	f->flags = (f->flags & ~SETFL_BITS) | (flags & SETFL_BITS);
	return 0;
}

/* ---- whom SIGIO is for */

static bool is_group(uint32_t pgrp)
{
	for (struct group *g = group_next(0); g; g = group_next(g->pid))
		if (g->pgrp == pgrp) return true;
	return false;
}

static int32_t set_owner(struct file *f, uint32_t kind, uint32_t id)
{
	bool there = kind == F_OWNER_PGRP ? is_group(id) : kind == F_OWNER_PID ? group_find(id) != NULL : task_find(id) != NULL;

	if (id && !there) return -ESRCH;
	f->owner_kind = (uint8_t)kind;
	f->owner_pid = id;
	return 0;
}

static int32_t set_owner_signed(struct file *f, uint32_t arg)
{
	if (arg == 0x80000000u) return -EINVAL;
	return (int32_t)arg < 0 ? set_owner(f, F_OWNER_PGRP, -arg) : set_owner(f, F_OWNER_PID, arg);
}

static int32_t owner_ex(struct ucall *c, struct file *f, bool set)
{
	uint32_t ex[2] = {f->owner_kind, f->owner_pid}; /* struct f_owner_ex: type, pid */

	if (!set) return umem_store(c->mem, uaddr(c->arg[2]), ex, sizeof ex);
	int err = umem_fetch(c->mem, ex, uaddr(c->arg[2]), sizeof ex);
	if (err) return err;
	return ex[0] > F_OWNER_PGRP ? -EINVAL : set_owner(f, ex[0], ex[1]);
}

int32_t sys_fcntl_owner(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = owner_ex(c, f, c->arg[1] == F_SETOWN_EX);
	file_unref(f);
	return r;
}

/* ---- the rest */

static int32_t set_signal(struct file *f, uint32_t sig)
{
	if (sig > LINUX_NSIG) return -EINVAL;
	f->owner_sig = (uint8_t)sig;
	return 0;
}

static int32_t fcntl_file(struct ucall *c, struct file *f, uint32_t cmd, uint32_t arg)
{
	switch (cmd) {
	case F_GETFL: return (int32_t)(f->flags & ~O_CLOEXEC);
	case F_SETFL: return set_flags(c, f, arg);
	case F_SETOWN: return set_owner_signed(f, arg);
	case F_GETOWN: return f->owner_kind == F_OWNER_PGRP ? -(int32_t)f->owner_pid : (int32_t)f->owner_pid;
	case F_SETSIG: return set_signal(f, arg);
	case F_GETSIG: return f->owner_sig;
	case F_SETLEASE: return lease_set(f, arg, ucall_who(c));
	case F_GETLEASE: return lease_get(f);
	case F_NOTIFY: return S_ISDIR(f->inode->mode) ? -EINVAL : -ENOTDIR;
	case F_SETPIPE_SZ: return pipe_set_size(f, arg, ucall_who(c));
	case F_GETPIPE_SZ: return pipe_get_size(f);
	case F_ADD_SEALS: return seal_add(f, arg);
	case F_GET_SEALS: return seal_get(f);
	default: return -EINVAL;
	}
}

static bool path_may(uint32_t cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD || cmd == F_GETFL;
}

int32_t sys_fcntl(struct ucall *c)
{
	struct fdtable *fds = ucall_group(c)->fds;
	uint32_t fd = c->arg[0], cmd = c->arg[1], arg = c->arg[2];
	struct file *f = path_may(cmd) ? arg_file_any(c, fd) : arg_file(c, fd);
	int32_t r;

	if (!f) return -EBADF;
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC: r = arg >= fds->limit ? -EINVAL : dup_from(c, fd, arg, cmd == F_DUPFD_CLOEXEC); break;
	case F_GETFD: r = fd_flags_get(fds, (int32_t)fd); break;
	case F_SETFD: r = fd_flags_set(fds, (int32_t)fd, (arg & FD_CLOEXEC) != 0); break;
	default: r = fcntl_file(c, f, cmd, arg); break;
	}
	file_unref(f);
	return r;
}

/* ---- record locks */

static int32_t lock_file(struct ucall *c, uint32_t cmd64, struct linux_flock64 *lk)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = lock_posix(f, cmd64, lk, ucall_who(c));
	file_unref(f);
	return r;
}

int32_t sys_fcntl_lock64(struct ucall *c)
{
	struct linux_flock64 lk;
	int32_t r = umem_fetch(c->mem, &lk, uaddr(c->arg[2]), sizeof lk);

	if (!r) r = lock_file(c, c->arg[1], &lk);
	if (!r && (c->arg[1] == F_GETLK64 || c->arg[1] == F_OFD_GETLK)) r = umem_store(c->mem, uaddr(c->arg[2]), &lk, sizeof lk);
	return r;
}

int32_t sys_fcntl_lock(struct ucall *c)
{
	struct linux_flock lk;
	int32_t r = umem_fetch(c->mem, &lk, uaddr(c->arg[2]), sizeof lk);

	if (r) return r;
	struct linux_flock64 l64 = {.type = lk.type, .whence = lk.whence, .start = lk.start, .len = lk.len, .pid = lk.pid};
	r = lock_file(c, c->arg[1] + (F_GETLK64 - F_GETLK), &l64);
	if (r || c->arg[1] != F_GETLK) return r;
	if (l64.start > INT32_MAX || l64.len > INT32_MAX) return -EOVERFLOW;
	lk = (struct linux_flock){.type = l64.type, .whence = l64.whence, .start = (int32_t)l64.start, .len = (int32_t)l64.len, .pid = l64.pid};
	return umem_store(c->mem, uaddr(c->arg[2]), &lk, sizeof lk);
}
