/* sys_fd.c - calls on descriptors: open, close, dup, pipe, flock, ioctl, and what is said to a whole file.
 * Called by: dispatch.c through table.def (home halves).
 * Never: moves bytes of a file.  */
#include "kernel/syscall/sysarg.h"
#include "fs/pty.h"
#include "kernel/mm/kheap.h"

static struct fdtable *fds(const struct ucall *c)
{
	return ucall_group(c)->fds;
}

/* ---- open, close */

static int32_t open_how(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, uint32_t mode, uint32_t resolve)
{
	struct fs_caller who = *ucall_who(c);
	struct name *start;
	struct file *f;
	char *path;
	int32_t r = arg_path(c, path_at, &path);

	if (r) return r;
	r = fd_room(fds(c)); /* before a file is made that nobody can hold */
	if (!r) r = arg_start(c, dirfd, path, &start);
	if (!r) {
		who.resolve = resolve;
		r = file_open(start, path, flags, mode & 07777, &who, &f);
		name_unref(start);
	}
	kfree(path);
	if (r) return r;
	r = fd_install(fds(c), f, 0, (flags & O_CLOEXEC) != 0);
	if (r < 0) file_unref(f);
	return r;
}

static int32_t open_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, uint32_t mode)
{
	return open_how(c, dirfd, path_at, flags, mode, 0);
}

int32_t sys_open(struct ucall *c) { return open_at(c, HERE, c->arg[0], c->arg[1], c->arg[2]); }
int32_t sys_openat(struct ucall *c) { return open_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3]); }
int32_t sys_creat(struct ucall *c) { return open_at(c, HERE, c->arg[0], O_CREAT | O_WRONLY | O_TRUNC, c->arg[1]); }

/* ---- openat2: nothing unknown is let pass */

#define OPEN_KNOWN (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | \
	O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE)
#define RESOLVE_KNOWN (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED)

static int32_t fetch_how(struct ucall *c, struct linux_open_how *how)
{
	uint32_t size = c->arg[3];

	if (size < sizeof *how) return -EINVAL;
	if (size > PAGE_SIZE) return -E2BIG;
	int err = umem_fetch(c->mem, how, uaddr(c->arg[2]), sizeof *how);
	for (uint32_t at = sizeof *how; at < size && !err; at++) {
		uint8_t rest;
		err = umem_fetch(c->mem, &rest, uaddr(c->arg[2] + at), 1);
		if (!err && rest) err = -E2BIG;
	}
	return err;
}

static int32_t check_how(const struct linux_open_how *how)
{
	uint32_t flags = (uint32_t)how->flags;
	bool makes = (flags & O_CREAT) || (flags & (O_TMPFILE & ~O_DIRECTORY));

	if ((how->flags & ~(uint64_t)OPEN_KNOWN) || (how->resolve & ~(uint64_t)RESOLVE_KNOWN)) return -EINVAL;
	if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT)) return -EINVAL;
	if (makes ? how->mode & ~07777ull : how->mode) return -EINVAL;
	return (flags & O_PATH) && (flags & ~(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) ? -EINVAL : 0;
}

int32_t sys_openat2(struct ucall *c)
{
	struct linux_open_how how;
	int32_t r = fetch_how(c, &how);

	if (!r) r = check_how(&how);
	return r ? r : open_how(c, c->arg[0], c->arg[1], (uint32_t)how.flags, (uint32_t)how.mode, (uint32_t)how.resolve);
}

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

int32_t dup_from(struct ucall *c, uint32_t fd, uint32_t from, bool cloexec)
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

#define O_NOTIFICATION_PIPE O_EXCL

static int32_t make_pipe(struct ucall *c, uint32_t flags)
{
	struct file *ends[2];
	int32_t fd[2] = {-1, -1};
	bool cloexec = (flags & O_CLOEXEC) != 0;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOTIFICATION_PIPE)) return -EINVAL;
	if (flags & O_NOTIFICATION_PIPE) return -ENOPKG; /* as a Linux without watch queues */
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

/* ---- flock */

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

/* What regular files and directories answer of themselves. */
static int32_t of_files(const struct file *f, int32_t answer)
{
	return S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode) ? answer : -ENOTTY;
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
	case FIGETBSZ: r = of_files(f, umem_store_u32(c->mem, uaddr(c->arg[2]), PAGE_SIZE)); break;
	case FS_IOC_GETFLAGS: r = of_files(f, f->inode->sb->xattrs ? umem_store_u32(c->mem, uaddr(c->arg[2]), 0) : -ENOTTY); break;
	case FICLONE:
	case FICLONERANGE: r = of_files(f, -EOPNOTSUPP); break;
	default: r = f->ops->ioctl ? f->ops->ioctl(f, c->arg[1], c->arg[2], c->mem, ucall_who(c)) : -ENOTTY; break;
	}
	file_unref(f);
	return r == -ENOIOCTLCMD ? -ENOTTY : r;
}
