/* file.c - open files: their life, position, limits; regular files and directories over inodes.
 * Called by: sys_file.c, exec, and through file_ops by itself.
 * Never: walks a path (open.c) or numbers a descriptor (fdtable.c).  */
#include "fs/file.h"
#include "fs/seal.h"
#include "abi/linux_errno.h"
#include "fs/eventfile.h"
#include "fs/inotify.h"
#include "fs/pages.h"
#include "fs/writeback.h"
#include "kernel/mm/kheap.h"

#define SIZE_MAX_SMALL 0x7fffffffull /* without O_LARGEFILE, open(2) */
#define SEEK_LARGEST 0xfffffffffffll /* the largest file a 32-bit Linux knows: 2^32 pages */
#define SIZE_MAX_FILE (((uint64_t)PAGES_INDEX_MAX + 1) << PAGE_SHIFT)

/* ---- life */
/** Regular files know how often they are open, for leases. */
static bool counted(const struct file *f)
{
	return f->inode && S_ISREG(f->inode->mode) && !(f->flags & O_PATH);
}

struct file *file_new(struct inode *i, struct name *n, const struct file_ops *ops, uint32_t flags)
{
	struct file *f = kzalloc(sizeof *f);

	if (!f) return NULL;
	f->ops = ops;
	f->inode = i;
	f->name = n;
	f->flags = flags;
	f->refs = 1;
	mutex_init(&f->pos_lock, MUTEX_FILE);
	if (counted(f)) i->n_open++;
	return f;
}

void file_ref(struct file *f)
{
	f->refs++;
}

void file_begin_writing(struct file *f)
{
	f->inode->n_writers++;
	if (f->name && f->name->of) f->name->of->n_writers++;
}

static void end_writing(struct file *f)
{
	f->inode->n_writers--;
	if (f->name && f->name->of) f->name->of->n_writers--;
}

void file_unref(struct file *f)
{
	if (!f) return;
	KASSERT2(f->refs > 0, f->refs, f->flags);
	if (--f->refs) return;
	if (f->watches) epoll_forget(f);
	if (f->name && !(f->flags & O_PATH)) notify_file(f->inode, f->name, file_writes(f) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	lock_drop_file(f);
	lease_drop(f);
	if (f->ops->release) f->ops->release(f);
	if (counted(f) && file_writes(f)) end_writing(f);
	if (counted(f)) f->inode->n_open--;
	inode_unref(f->inode);
	name_unref(f->name);
	kfree(f);
}

/* ---- reading */
static bool has_position(const struct file *f)
{
	return f->ops->seek != file_no_seek && f->ops->seek != file_noop_seek;
}

int32_t file_read(struct file *f, struct uio *u, const uint64_t *at, const struct fs_caller *who)
{
	if ((f->flags & O_PATH) || !file_reads(f)) return -EBADF;
	if (f->inode && S_ISDIR(f->inode->mode)) return -EISDIR;
	if (!f->ops->read) return -EINVAL;
	if (!has_position(f)) return at ? -ESPIPE : f->ops->read(f, u, NULL, who);
	int32_t n;
	if (at) {
		n = f->ops->read(f, u, at, who);
	} else if (f->ops->seek) { /* its own: the position stays where it is */
		n = f->ops->read(f, u, &f->pos, who);
	} else {
		mutex_lock(&f->pos_lock);
		n = f->ops->read(f, u, &f->pos, who);
		if (n > 0) f->pos += (uint32_t)n;
		mutex_unlock(&f->pos_lock);
	}
	if (n > 0 && f->name) notify_file(f->inode, f->name, IN_ACCESS);
	return n;
}

int32_t file_read_kernel(struct file *f, void *buf, uint32_t n, uint64_t at, const struct fs_caller *who)
{
	struct uio u;

	if (!f->ops->read) return -EINVAL;
	uio_init_kernel(&u, buf, n);
	return f->ops->read(f, &u, has_position(f) ? &at : NULL, who);
}

/* ---- writing */
int32_t file_write(struct file *f, struct uio *u, const uint64_t *at, const struct fs_caller *who)
{
	int32_t n;

	if ((f->flags & O_PATH) || !file_writes(f)) return -EBADF;
	if (!f->ops->write) return -EINVAL;
	if (!has_position(f)) {
		n = at ? -ESPIPE : f->ops->write(f, u, NULL, who);
	} else if (at || f->ops->seek) {
		n = f->ops->write(f, u, at ? at : &f->pos, who);
	} else {
		mutex_lock(&f->pos_lock);
		n = f->ops->write(f, u, &f->pos, who);
		if (n > 0) f->pos = (f->flags & O_APPEND) && S_ISREG(f->inode->mode) ? f->inode->size : f->pos + (uint32_t)n;
		mutex_unlock(&f->pos_lock);
	}
	if (n > 0 && f->name) notify_file(f->inode, f->name, IN_MODIFY);
	if (n == -EPIPE) who->ops->raise(who, SIGPIPE);
	return n;
}

/* ---- seeking */
int64_t file_no_seek(struct file *f, int64_t off, int whence)
{
	UNUSED(f);
	UNUSED(off);
	UNUSED(whence);
	return -ESPIPE;
}

int64_t file_noop_seek(struct file *f, int64_t off, int whence)
{
	UNUSED(off);
	UNUSED(whence);
	return (int64_t)f->pos;
}

static int64_t seek_target(const struct file *f, int64_t off, int whence)
{
	int64_t size = (int64_t)f->inode->size;

	switch (whence) {
	case SEEK_SET: return off;
	case SEEK_CUR: return (int64_t)f->pos + off;
	case SEEK_END: return size + off;
	case SEEK_DATA: return off >= 0 && off < size ? pages_seek(f->inode, off, true) : -ENXIO;
	case SEEK_HOLE: return off >= 0 && off < size ? pages_seek(f->inode, off, false) : -ENXIO;
	default: return -EINVAL;
	}
}

int64_t file_seek(struct file *f, int64_t off, int whence)
{
	if (f->flags & O_PATH) return -EBADF;
	if (f->ops->seek) return f->ops->seek(f, off, whence);
	mutex_lock(&f->pos_lock);
	int64_t to = seek_target(f, off, whence);
	if ((to < 0 && whence != SEEK_DATA && whence != SEEK_HOLE) || to > SEEK_LARGEST) to = -EINVAL;
	if (to >= 0) f->pos = (uint64_t)to;
	mutex_unlock(&f->pos_lock);
	return to;
}

/* ---- regular files */
static int32_t regular_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	UNUSED(who);
	int32_t n = pages_read(f->inode, u, *pos);

	if (n > 0 && !(f->flags & O_NOATIME) && !(f->name && f->name->of && (f->name->of->flags & MS_NOATIME))) inode_touch_access(f->inode);
	return n;
}

/** How many bytes may be written at pos: RLIMIT_FSIZE, and 2 GiB for programs without large files. 0: none, -EFBIG. */
static uint32_t room_at(const struct file *f, uint64_t pos, uint32_t want, const struct fs_caller *who)
{
	uint64_t end = f->flags & O_LARGEFILE ? SIZE_MAX_FILE : SIZE_MAX_SMALL;

	end = MIN(end, who->fsize_limit);
	return pos >= end ? 0 : (uint32_t)MIN(end - pos, (uint64_t)want);
}

static int32_t regular_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct inode *i = f->inode;
	uint32_t want = u->left;

	if (want == 0) return 0;
	mutex_lock(&i->lock);
	uint64_t at = (f->flags & O_APPEND) || *pos == FILE_AT_END ? i->size : *pos;
	uint32_t room = room_at(f, at, want, who);
	int32_t n = -EFBIG;
	if (room > 0 && i->seals) {
		int err = seal_check_write(i, at + room);
		if (err) {
			mutex_unlock(&i->lock);
			return err;
		}
	}
	if (room > 0) {
		u->left = room; /* the copy stops at the limit */
		n = pages_write(i, u, at);
		u->left += want - room;
	}
	if (n > 0) inode_drop_suid(i, who);
	mutex_unlock(&i->lock);
	if (room == 0 && at >= who->fsize_limit) who->ops->raise(who, SIGXFSZ);
	return n;
}

static int32_t regular_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	UNUSED(who);
	if (cmd != FIONREAD) return -ENOTTY;
	uint64_t left = f->inode->size > f->pos ? f->inode->size - f->pos : 0;
	return umem_store_u32(mem, uaddr(arg), (uint32_t)MIN(left, 0x7fffffffull));
}

static int regular_backing(struct file *f, struct backing **out)
{
	inode_ref(f->inode);
	*out = &f->inode->backing;
	return 0;
}

/** Regular files and directories: their pages, and what leads to them. */
static int sync_inode(struct file *f)
{
	return writeback_inode(f->inode);
}

const struct file_ops regular_file_ops = {
	.read = regular_read,
	.write = regular_write,
	.ioctl = regular_ioctl,
	.backing = regular_backing,
	.fsync = sync_inode,
};

/* ---- directories whose file system offers no reading, and O_PATH */
const struct file_ops directory_file_ops = {.fsync = sync_inode};
const struct file_ops path_file_ops = {.seek = file_no_seek};
