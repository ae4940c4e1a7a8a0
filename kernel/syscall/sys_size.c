/* sys_size.c - calls on a file's size and its way to a disk: truncate, fallocate, advice, sync.
 * Called by: dispatch.c through table.def (home halves).
 * Never: moves bytes between a file and its caller.  */
#include "kernel/syscall/sysarg.h"
#include "fs/inotify.h"
#include "fs/seal.h"
#include "fs/writeback.h"

static int set_size(struct ucall *c, struct inode *i, uint64_t size)
{
	if ((int64_t)size < 0 || !S_ISREG(i->mode) || !i->ops->truncate) return -EINVAL;
	if (size > ucall_who(c)->fsize_limit && size > i->size) {
		ucall_who(c)->ops->raise(ucall_who(c), SIGXFSZ);
		return -EFBIG;
	}
	mutex_lock(&i->lock);
	int err = seal_check_size(i, size);
	if (!err) err = i->ops->truncate(i, size);
	mutex_unlock(&i->lock);
	if (!err) notify_file(i, NULL, IN_MODIFY);
	return err;
}

static int32_t truncate_path(struct ucall *c, uint64_t size)
{
	struct inode *i;
	uint32_t mflags;

	if ((int64_t)size < 0) return -EINVAL;
	int32_t r = arg_inode(c, HERE, c->arg[0], 0, &i, &mflags);
	if (r) return r;
	if (S_ISDIR(i->mode))
		r = -EISDIR;
	else if (!S_ISREG(i->mode))
		r = -EINVAL;
	else if (mflags & MS_RDONLY)
		r = -EROFS;
	else
		r = inode_permission(i, W_OK, ucall_who(c));
	if (!r && i->n_exec) r = -ETXTBSY;
	if (!r) r = set_size(c, i, size);
	inode_unref(i);
	return r;
}

static int32_t truncate_fd(struct ucall *c, uint64_t size)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = (f->flags & O_ACCMODE) == O_RDONLY || !S_ISREG(f->inode->mode) ? -EINVAL : 0;
	if (!r) r = f->ops->truncate ? f->ops->truncate(f, size) : set_size(c, f->inode, size);
	file_unref(f);
	return r;
}

static uint64_t wide(uint32_t lo, uint32_t hi) { return (uint64_t)hi << 32 | lo; }
static uint64_t widen(uint32_t v) { return (uint64_t)(int64_t)(int32_t)v; }

int32_t sys_truncate(struct ucall *c) { return truncate_path(c, widen(c->arg[1])); }
int32_t sys_truncate64(struct ucall *c) { return truncate_path(c, wide(c->arg[1], c->arg[2])); }
int32_t sys_ftruncate(struct ucall *c) { return truncate_fd(c, widen(c->arg[1])); }
int32_t sys_ftruncate64(struct ucall *c) { return truncate_fd(c, wide(c->arg[1], c->arg[2])); }

/* Only growth is known; space is never reserved, a hole reads as zeros. */
int32_t sys_fallocate(struct ucall *c)
{
	uint64_t off = wide(c->arg[2], c->arg[3]), len = wide(c->arg[4], c->arg[5]);
	struct file *f = arg_file(c, c->arg[0]);
	int32_t r = 0;

	if (!f) return -EBADF;
	if ((int64_t)off < 0 || (int64_t)len <= 0)
		r = -EINVAL;
	else if ((f->flags & O_ACCMODE) == O_RDONLY)
		r = -EBADF;
	else if (c->arg[1] & ~FALLOC_FL_KEEP_SIZE)
		r = -EOPNOTSUPP;
	else if (S_ISFIFO(f->inode->mode))
		r = -ESPIPE;
	else if (!S_ISREG(f->inode->mode))
		r = -ENODEV;
	else if ((int64_t)(off + len) < 0)
		r = -EFBIG;
	else if (!c->arg[1] && off + len > f->inode->size)
		r = set_size(c, f->inode, off + len);
	file_unref(f);
	return r;
}

/* Advice is taken and forgotten: what may be dropped from the cache is decided by memory pressure alone. */
static int32_t advise(struct ucall *c, int32_t bad)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = S_ISFIFO(f->inode->mode) ? -ESPIPE : bad;
	file_unref(f);
	return r;
}

int32_t sys_fadvise64(struct ucall *c) { return advise(c, 0); }
int32_t sys_sync_file_range(struct ucall *c) { return advise(c, 0); }

int32_t sys_readahead(struct ucall *c)
{
	int32_t r = advise(c, 0);

	return r == -ESPIPE ? -EINVAL : r;
}

int32_t sys_fsync(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = 0;
	if (f->ops->fsync)
		r = f->ops->fsync(f);
	else if (!S_ISREG(f->inode->mode) && !S_ISDIR(f->inode->mode) && !S_ISBLK(f->inode->mode))
		r = -EINVAL;
	file_unref(f);
	return r;
}

int32_t sys_sync(struct ucall *c)
{
	UNUSED(c);
	(void)writeback_sync(NULL); /* sync(2) has no errors: fsync tells them */
	return 0;
}

int32_t sys_syncfs(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = f->inode->sb->sync ? writeback_sync(f->inode->sb) : 0;
	file_unref(f);
	return r;
}
