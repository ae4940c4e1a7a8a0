/* sys_fd.c - calls on descriptors: open, close, dup, pipe, fcntl, flock, ioctl, and what is said to a whole file.
 * Called by: dispatch.c through table.def (home halves).
 * Never: moves bytes of a file.  */
#include "kernel/syscall/sysarg.h"
#include "fs/seal.h"
#include "fs/pty.h"
#include "kernel/mm/kheap.h"

static struct fdtable *fds(const struct ucall *c)
{
	return ucall_group(c)->fds;
}

/* ---- open, close */

static int32_t open_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, uint32_t mode)
{
	struct name *start;
	struct file *f;
	char *path;
	int32_t r = arg_path(c, path_at, &path);

	if (r) return r;
	r = arg_start(c, dirfd, path, &start);
	if (!r) {
		r = file_open(start, path, flags, mode & 07777, ucall_who(c), &f);
		name_unref(start);
	}
	kfree(path);
	if (r) return r;
	r = fd_install(fds(c), f, 0, (flags & O_CLOEXEC) != 0);
	if (r < 0) file_unref(f);
	return r;
}

int32_t sys_open(struct ucall *c) { return open_at(c, HERE, c->arg[0], c->arg[1], c->arg[2]); }
int32_t sys_openat(struct ucall *c) { return open_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3]); }
int32_t sys_creat(struct ucall *c) { return open_at(c, HERE, c->arg[0], O_CREAT | O_WRONLY | O_TRUNC, c->arg[1]); }

int32_t sys_close(struct ucall *c)
{
	return fd_close(fds(c), (int32_t)c->arg[0], ucall_who(c));
}

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u
int32_t sys_close_range(struct ucall *c)
{
	uint32_t first = c->arg[0], last = MIN(c->arg[1], FD_MAX - 1), flags = c->arg[2];

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) return -EINVAL;
	if (c->arg[0] > c->arg[1]) return -EINVAL;
	for (uint32_t fd = first; fd <= last && fd < fds(c)->size; fd++) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			(void)fd_flags_set(fds(c), (int32_t)fd, true);
		else
			(void)fd_close(fds(c), (int32_t)fd, ucall_who(c));
	}
	return 0;
}

/* ---- dup, pipe */

static int32_t dup_from(struct ucall *c, uint32_t fd, uint32_t from, bool cloexec)
{
	struct file *f = arg_file_any(c, fd);

	if (!f) return -EBADF;
	int32_t r = fd_install(fds(c), f, from, cloexec);
	if (r < 0) file_unref(f);
	return r;
}

static int32_t dup_to(struct ucall *c, uint32_t fd, uint32_t to, bool cloexec)
{
	struct file *f = arg_file_any(c, fd);

	if (!f) return -EBADF;
	int32_t r = fd_replace(fds(c), to, f, cloexec);
	if (r < 0) file_unref(f);
	return r < 0 ? r : (int32_t)to;
}

int32_t sys_dup(struct ucall *c) { return dup_from(c, c->arg[0], 0, false); }

int32_t sys_dup2(struct ucall *c)
{
	struct file *f = arg_file_any(c, c->arg[0]);

	if (!f) return -EBADF;
	file_unref(f);
	return c->arg[0] == c->arg[1] ? (int32_t)c->arg[0] : dup_to(c, c->arg[0], c->arg[1], false);
}

int32_t sys_dup3(struct ucall *c)
{
	if ((c->arg[2] & ~O_CLOEXEC) || c->arg[0] == c->arg[1]) return -EINVAL;
	return dup_to(c, c->arg[0], c->arg[1], (c->arg[2] & O_CLOEXEC) != 0);
}

static int32_t make_pipe(struct ucall *c, uint32_t flags)
{
	struct file *ends[2];
	int32_t fd[2] = {-1, -1};
	bool cloexec = (flags & O_CLOEXEC) != 0;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) return -EINVAL;
	int32_t err = pipe_create(ends, flags & ~O_CLOEXEC, ucall_who(c));
	if (err) return err;
	for (int i = 0; i < 2; i++) {
		fd[i] = err ? err : fd_install(fds(c), ends[i], 0, cloexec);
		if (fd[i] < 0) {
			err = fd[i];
			file_unref(ends[i]);
		}
	}
	if (!err) err = umem_store(c->mem, uaddr(c->arg[0]), fd, sizeof fd);
	if (!err) return 0;
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0) (void)fd_close(fds(c), fd[i], ucall_who(c));
	return err;
}

int32_t sys_pipe(struct ucall *c) { return make_pipe(c, 0); }
int32_t sys_pipe2(struct ucall *c) { return make_pipe(c, c->arg[1]); }

/* ---- fcntl */

#define SETFL_BITS (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

static int32_t set_flags(struct file *f, uint32_t flags)
{
	f->flags = (f->flags & ~SETFL_BITS) | (flags & SETFL_BITS);
	return 0;
}

static int32_t fcntl_file(struct file *f, uint32_t cmd, uint32_t arg)
{
	switch (cmd) {
	case F_GETFL: return (int32_t)(f->flags & ~O_CLOEXEC);
	case F_SETFL: return set_flags(f, arg);
	case F_SETOWN: f->owner_pid = arg; return 0;
	case F_GETOWN: return (int32_t)f->owner_pid;
	case F_SETSIG: return arg > LINUX_NSIG ? -EINVAL : 0;
	case F_GETSIG: return 0;
	case F_GETLEASE: return F_UNLCK;
	case F_SETPIPE_SZ: return (int32_t)arg < 0 ? -EINVAL : pipe_fcntl_size(f, (int32_t)arg);
	case F_GETPIPE_SZ: return pipe_fcntl_size(f, -1);
	case F_ADD_SEALS: return seal_add(f, arg);
	case F_GET_SEALS: return seal_get(f);
	default: return -EINVAL;
	}
}

int32_t sys_fcntl(struct ucall *c)
{
	uint32_t fd = c->arg[0], cmd = c->arg[1], arg = c->arg[2];
	struct file *f = arg_file_any(c, fd);
	int32_t r;

	if (!f) return -EBADF;
	if ((f->flags & O_PATH) && cmd != F_DUPFD && cmd != F_DUPFD_CLOEXEC && cmd != F_GETFD && cmd != F_SETFD && cmd != F_GETFL) {
		file_unref(f);
		return -EBADF;
	}
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC: r = arg >= fds(c)->limit ? -EINVAL : dup_from(c, fd, arg, cmd == F_DUPFD_CLOEXEC); break;
	case F_GETFD: r = fd_flags_get(fds(c), (int32_t)fd); break;
	case F_SETFD: r = fd_flags_set(fds(c), (int32_t)fd, (arg & FD_CLOEXEC) != 0); break;
	default: r = fcntl_file(f, cmd, arg); break;
	}
	file_unref(f);
	return r;
}

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
	if (!r && c->arg[1] == F_GETLK64) r = umem_store(c->mem, uaddr(c->arg[2]), &lk, sizeof lk);
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

int32_t sys_flock(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = lock_flock(f, c->arg[1], ucall_who(c));
	file_unref(f);
	return r;
}

/* ---- ioctl: what concerns every file is done here, the rest is the file's own */

static int32_t ioctl_flag(struct ucall *c, struct file *f, uint32_t bit)
{
	uint32_t on;
	int err = umem_fetch_u32(c->mem, uaddr(c->arg[2]), &on);

	if (err) return err;
	f->flags = on ? f->flags | bit : f->flags & ~bit;
	return 0;
}

static int32_t ioctl_peer(struct ucall *c, struct file *f)
{
	struct file *peer;
	int32_t r = pty_open_peer(f, c->arg[2], ucall_who(c), &peer);

	if (r) return r;
	r = fd_install(fds(c), peer, 0, (c->arg[2] & O_CLOEXEC) != 0);
	if (r < 0) file_unref(peer);
	return r;
}

int32_t sys_ioctl(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);
	int32_t r;

	if (!f) return -EBADF;
	switch (c->arg[1]) {
	case FIOCLEX:
	case FIONCLEX: r = fd_flags_set(fds(c), (int32_t)c->arg[0], c->arg[1] == FIOCLEX); break;
	case TIOCGPTPEER: r = ioctl_peer(c, f); break;
	case FIONBIO: r = ioctl_flag(c, f, O_NONBLOCK); break;
	case FIOASYNC: r = ioctl_flag(c, f, O_ASYNC); break;
	default: r = f->ops->ioctl ? f->ops->ioctl(f, c->arg[1], c->arg[2], c->mem, ucall_who(c)) : -ENOTTY; break;
	}
	file_unref(f);
	return r == -ENOIOCTLCMD ? -ENOTTY : r;
}
