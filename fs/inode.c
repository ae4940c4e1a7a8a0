/* inode.c - the life of inodes and superblocks, permission, times, and what stat shows.
 * Called by: every file system, name.c, file.c, sys_file.c.
 * Never: knows an inode's names or how its data is kept.  */
#include "fs/inode.h"
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "fs/inotify.h"
#include "fs/pages.h"
#include "fs/writeback.h"
#include "fs/xattr.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define INO_MAX 0x7fffffffu /* programs without large-file support see 32 bits, some a signed one (ABI.md 2.7) */

#define DAY_S 86400

static uint32_t last_ino, last_dev;

/* ---- superblocks */
struct superblock *superblock_new(const char *fstype, const char *source)
{
	uint32_t len = source ? (uint32_t)strlen(source) : 0;
	struct superblock *sb = kzalloc(sizeof *sb + len + 1);

	if (!sb) return NULL;
	sb->fstype = fstype;
	sb->source = source ? memcpy(sb + 1, source, len + 1) : fstype; /* the text lies behind the struct */
	sb->dev = ++last_dev; /* major 0: file systems without a device */
	sb->refs = 1;
	return sb;
}

void superblock_unref(struct superblock *sb)
{
	KASSERT2(sb->refs > 0, sb->refs, sb->dev);
	if (--sb->refs == 0) kfree(sb);
}

void superblock_destroy(struct superblock *sb)
{
	notify_unmount(sb);
	if (sb->kill) sb->kill(sb);
	inode_unref(sb->root);
	sb->root = NULL;
	superblock_unref(sb);
}

/* ---- inodes */
struct inode *inode_new(struct superblock *sb, const struct inode_ops *ops, uint32_t mode)
{
	struct inode *i = kzalloc(sizeof *i);

	if (!i) return NULL;
	i->sb = sb;
	sb->refs++;
	last_ino = last_ino >= INO_MAX ? 2 : last_ino + 1;
	i->ino = last_ino;
	i->ops = ops;
	i->mode = mode;
	i->nlink = 1;
	i->refs = 1;
	i->atime = i->mtime = i->ctime = i->btime = inode_now();
	mutex_init(&i->lock, S_ISDIR(mode) ? MUTEX_DIR : MUTEX_INODE);
	i->backing.ops = &inode_backing_ops;
	waitq_init(&i->changed);
	list_init(&i->dirty_node);
	list_init(&i->cached_node);
	return i;
}

void inode_ref(struct inode *i)
{
	i->refs++;
}

void inode_unref(struct inode *i)
{
	if (!i) return;
	KASSERT2(i->refs > 0, i->ino, i->refs);
	if (--i->refs) return;
	if (i->ops->evict) i->ops->evict(i);
	pages_free(i);
	kfree(i->gone);
	list_remove(&i->dirty_node);
	list_remove(&i->cached_node);
	fifo_free(i);
	lock_list_free(i);
	xattr_free(i);
	superblock_unref(i->sb);
	kfree(i);
}

bool inode_in_group(const struct cred *c, uint32_t gid)
{
	return c->fsgid == gid || cred_in_groups(c, gid);
}

/* Those who override the mode: all may be read and written, directories searched; run only what somebody may run. */
static bool overrides(const struct inode *i, uint32_t rwx, const struct fs_caller *who)
{
	bool only_look = !(rwx & W_OK) && (S_ISDIR(i->mode) || !(rwx & X_OK));

	if (only_look && has_cap(who, CAP_DAC_READ_SEARCH)) return true;
	bool run = !(rwx & X_OK) || S_ISDIR(i->mode) || (i->mode & 0111);
	return run && has_cap(who, CAP_DAC_OVERRIDE);
}

int inode_permission(const struct inode *i, uint32_t rwx, const struct fs_caller *who)
{
	uint32_t bits = i->mode;

	if (who->cred->fsuid == i->uid)
		bits >>= 6;
	else if (inode_in_group(who->cred, i->gid))
		bits >>= 3;
	return (bits & rwx) == rwx || overrides(i, rwx, who) ? 0 : -EACCES;
}

void inode_drop_suid(struct inode *i, const struct fs_caller *who)
{
	if (!has_cap(who, CAP_FSETID)) i->mode &= ~(i->mode & 0010 ? S_ISUID | S_ISGID : S_ISUID);
}

/* ---- times */
struct timestamp inode_now(void)
{
	static struct timestamp second; /* the one that it was when asked last: mostly still is */
	uint64_t ns = clock_now_ns() + (uint64_t)clock_wall_offset_ns(), into = ns - (uint64_t)second.s * NS_PER_S;

	if (into >= NS_PER_S) {
		second.s = (int64_t)(ns / NS_PER_S);
		into = ns % NS_PER_S;
	}
	return (struct timestamp){.s = second.s, .ns = (uint32_t)into};
}

void inode_dirty(struct inode *i)
{
	if (!i->sb->write_inode) return;
	i->dirty = true;
	writeback_note(i);
}

void inode_touch_access(struct inode *i)
{
	struct timestamp now = inode_now();

	if (i->sb->write_inode) {
		bool newer = i->atime.s > i->mtime.s && i->atime.s > i->ctime.s;
		if ((i->sb->flags & MS_RDONLY) || (newer && now.s - i->atime.s < DAY_S)) return;
		inode_dirty(i);
	}
	i->atime = now;
}

void inode_touch_data(struct inode *i)
{
	i->mtime = i->ctime = inode_now();
	i->version++;
	inode_dirty(i);
}

void inode_touch_meta(struct inode *i)
{
	i->ctime = inode_now();
	inode_dirty(i);
}

/* ---- stat */
static uint64_t blocks_of(const struct inode *i)
{
	return i->sb->write_inode ? i->blocks : (uint64_t)pages_resident(i) * (PAGE_SIZE / 512);
}

static uint32_t block_bytes(const struct inode *i)
{
	return i->sb->block_bytes ? i->sb->block_bytes : PAGE_SIZE;
}

void inode_stat(struct inode *i, struct linux_stat64 *out)
{
	if (i->ops->refresh) (void)i->ops->refresh(i);
	memset(out, 0, sizeof *out);
	out->dev = i->sb->dev;
	out->ino32 = i->ino;
	out->ino = i->ino;
	out->mode = i->mode;
	out->nlink = i->nlink;
	out->uid = i->uid;
	out->gid = i->gid;
	out->rdev = i->rdev;
	out->size = (int64_t)i->size;
	out->blksize = block_bytes(i);
	out->blocks = blocks_of(i);
	out->atime = (uint32_t)i->atime.s;
	out->atime_nsec = i->atime.ns;
	out->mtime = (uint32_t)i->mtime.s;
	out->mtime_nsec = i->mtime.ns;
	out->ctime = (uint32_t)i->ctime.s;
	out->ctime_nsec = i->ctime.ns;
}

static struct linux_statx_timestamp statx_time(struct timestamp t)
{
	return (struct linux_statx_timestamp){.sec = t.s, .nsec = t.ns};
}

void inode_statx(struct inode *i, uint32_t mask, struct linux_statx *out)
{
	if (i->ops->refresh) (void)i->ops->refresh(i);
	memset(out, 0, sizeof *out);
	out->mask = STATX_BASIC_STATS | (mask & STATX_BTIME); /* more than asked may be given, statx(2) */
	out->attributes_mask = STATX_ATTR_AUTOMOUNT | STATX_ATTR_MOUNT_ROOT | STATX_ATTR_DAX | i->sb->attributes;
	out->blksize = block_bytes(i);
	out->nlink = i->nlink;
	out->uid = i->uid;
	out->gid = i->gid;
	out->mode = (uint16_t)i->mode;
	out->ino = i->ino;
	out->size = i->size;
	out->blocks = blocks_of(i);
	out->atime = statx_time(i->atime);
	out->btime = statx_time(i->btime);
	out->ctime = statx_time(i->ctime);
	out->mtime = statx_time(i->mtime);
	out->rdev_major = i->rdev >> 8 & 0xfff; /* as new_encode_dev packs it: mmmM MMmm */
	out->rdev_minor = (i->rdev & 0xff) | (i->rdev >> 12 & 0xfff00);
	out->dev_minor = i->sb->dev;
}
