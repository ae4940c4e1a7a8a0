/* sys_size.c - calls on a file's size and its way to a disk: truncate, fallocate, advice, sync.
 * Called by: dispatch.c through table.def (home halves).
 * Never: moves bytes between a file and its caller.  */
#include "kernel/syscall/sysarg.h"
#include "fs/inotify.h"
#include "fs/seal.h"
#include "fs/pages.h"
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
	if (!err) inode_drop_suid(i, ucall_who(c));
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
	if (!r && i->leases) r = lease_break(i, true, false);
	if (!r) r = set_size(c, i, size);
	inode_unref(i);
	return r;
}

#define SMALL_MAX 0x7fffffff /* what a file without O_LARGEFILE may grow to by ftruncate64 */

static int32_t truncate_fd(struct ucall *c, uint64_t size)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = !file_writes(f) || !S_ISREG(f->inode->mode) || (size > SMALL_MAX && !(f->flags & O_LARGEFILE)) ? -EINVAL : 0;
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

/* ---- fallocate: pages are made now; on a disk, room is taken when they are written */

static int falloc_refused(struct file *f, uint32_t mode, uint64_t off, uint64_t len)
{
	if ((int64_t)off < 0 || (int64_t)len <= 0) return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) return -EOPNOTSUPP;
	if (mode == FALLOC_FL_PUNCH_HOLE) return -EOPNOTSUPP; /* without KEEP_SIZE */
	if (!file_writes(f)) return -EBADF;
	if (S_ISFIFO(f->inode->mode)) return -ESPIPE;
	if (S_ISDIR(f->inode->mode)) return -EISDIR;
	if (!S_ISREG(f->inode->mode)) return -ENODEV;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && inode_on_disk(f->inode)) return -EOPNOTSUPP;
	return (int64_t)(off + len) < 0 ? -EFBIG : 0;
}

static int falloc_room(struct ucall *c, struct inode *i, uint64_t off, uint64_t len, bool grow)
{
	const struct fs_caller *who = ucall_who(c);

	grow = grow && off + len > i->size;
	if (grow && off + len > who->fsize_limit) {
		who->ops->raise(who, SIGXFSZ);
		return -EFBIG;
	}
	int err = pages_reserve(i, off, len);
	return !err && grow ? set_size(c, i, off + len) : err;
}

int32_t sys_fallocate(struct ucall *c)
{
	uint64_t off = wide(c->arg[2], c->arg[3]), len = wide(c->arg[4], c->arg[5]);
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	struct inode *i = f->inode;
	int32_t r = falloc_refused(f, c->arg[1], off, len);
	bool punch = (c->arg[1] & FALLOC_FL_PUNCH_HOLE) != 0;
	if (!r && punch) r = seal_check_write(i, 0);
	if (!r && !punch && !c->arg[1] && off + len > i->size) r = seal_check_size(i, off + len);
	if (!r && punch)
		r = pages_punch(i, off, len);
	else if (!r)
		r = falloc_room(c, i, off, len, !c->arg[1]);
	if (!r) {
		inode_drop_suid(i, ucall_who(c));
		inode_touch_data(i);
	}
	file_unref(f);
	return r;
}

/* ---- advice is checked, taken and forgotten: what may be dropped from the cache is decided by memory pressure alone */

static int32_t advise(struct ucall *c, bool bad)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = S_ISFIFO(f->inode->mode) ? -ESPIPE : bad ? -EINVAL : 0;
	file_unref(f);
	return r;
}

#define ADVICE_MAX 5u /* POSIX_FADV_NOREUSE */

int32_t sys_fadvise64(struct ucall *c) { return advise(c, c->arg[4] > ADVICE_MAX); }
int32_t sys_fadvise64_64(struct ucall *c) { return advise(c, (int32_t)c->arg[4] < 0 || c->arg[5] > ADVICE_MAX); }

#define SYNC_RANGE_FLAGS 7u

int32_t sys_sync_file_range(struct ucall *c)
{
	int64_t off = (int64_t)wide(c->arg[1], c->arg[2]), len = (int64_t)wide(c->arg[3], c->arg[4]);
	struct file *f = arg_file(c, c->arg[0]);
	int32_t r = 0;

	if (!f) return -EBADF;
	if ((c->arg[5] & ~SYNC_RANGE_FLAGS) || off < 0 || len < 0 || off + len < 0)
		r = -EINVAL;
	else if (!S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode) && !S_ISDIR(f->inode->mode))
		r = -ESPIPE;
	file_unref(f);
	return r;
}

int32_t sys_readahead(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = !file_reads(f) ? -EBADF : S_ISREG(f->inode->mode) || S_ISBLK(f->inode->mode) ? 0 : -EINVAL;
	file_unref(f);
	return r;
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
