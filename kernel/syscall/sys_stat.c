/* sys_stat.c - calls that ask what a file is: the stat family, statx, statfs, access.
 * Called by: dispatch.c through table.def (home halves).
 * Never: changes anything.  */
#include "kernel/syscall/sysarg.h"
#include "lib/str.h"

/* ---- stat: three layouts of the same facts */
enum layout { STAT_OLD, STAT_64 };

/* An id that 16 bits cannot say: /proc/sys/fs/overflowuid */
static uint16_t low_id(uint32_t id) { return id >> 16 ? 65534 : (uint16_t)id; }

static int32_t put_stat_old(struct ucall *c, uint32_t at, const struct linux_stat64 *s)
{
	struct linux_stat o = {
		.dev = (uint32_t)s->dev, .ino = (uint32_t)s->ino, .mode = (uint16_t)s->mode, .nlink = (uint16_t)s->nlink,
		.uid = low_id(s->uid), .gid = low_id(s->gid), .rdev = (uint32_t)s->rdev,
		.size = (uint32_t)s->size, .blksize = s->blksize, .blocks = (uint32_t)s->blocks,
		.atime = s->atime, .atime_nsec = s->atime_nsec, .mtime = s->mtime, .mtime_nsec = s->mtime_nsec,
		.ctime = s->ctime, .ctime_nsec = s->ctime_nsec,
	};

	if (s->size > INT32_MAX || s->ino >> 32) return -EOVERFLOW;
	return umem_store(c->mem, uaddr(at), &o, sizeof o);
}

static int32_t put_stat(struct ucall *c, uint32_t at, struct inode *i, enum layout layout)
{
	struct linux_stat64 s;

	memset(&s, 0, sizeof s);
	inode_stat(i, &s);
	return layout == STAT_OLD ? put_stat_old(c, at, &s) : umem_store(c->mem, uaddr(at), &s, sizeof s);
}

static int32_t stat_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, uint32_t out_at, enum layout layout)
{
	struct inode *i;
	uint32_t mflags;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_OF_FD)) return -EINVAL;
	int32_t r = arg_inode(c, dirfd, path_at, flags, &i, &mflags);
	if (r) return r;
	r = put_stat(c, out_at, i, layout);
	inode_unref(i);
	return r;
}

static int32_t stat_fd(struct ucall *c, enum layout layout)
{
	struct file *f = arg_file_any(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = put_stat(c, c->arg[1], f->inode, layout);
	file_unref(f);
	return r;
}

int32_t sys_stat(struct ucall *c) { return stat_at(c, HERE, c->arg[0], 0, c->arg[1], STAT_OLD); }
int32_t sys_lstat(struct ucall *c) { return stat_at(c, HERE, c->arg[0], AT_SYMLINK_NOFOLLOW, c->arg[1], STAT_OLD); }
int32_t sys_fstat(struct ucall *c) { return stat_fd(c, STAT_OLD); }
int32_t sys_stat64(struct ucall *c) { return stat_at(c, HERE, c->arg[0], 0, c->arg[1], STAT_64); }
int32_t sys_lstat64(struct ucall *c) { return stat_at(c, HERE, c->arg[0], AT_SYMLINK_NOFOLLOW, c->arg[1], STAT_64); }
int32_t sys_fstat64(struct ucall *c) { return stat_fd(c, STAT_64); }

int32_t sys_fstatat64(struct ucall *c)
{
	if (c->arg[3] & AT_OF_FD) return -EINVAL;
	return stat_at(c, c->arg[0], c->arg[1], c->arg[3], c->arg[2], STAT_64);
}

int32_t sys_statx(struct ucall *c)
{
	uint32_t flags = c->arg[2], mask = c->arg[3], mflags;
	struct linux_statx s;
	struct inode *i;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) return -EINVAL;
	if ((mask & STATX__RESERVED) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE) return -EINVAL;
	int32_t r = arg_inode(c, c->arg[0], c->arg[1], flags & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH), &i, &mflags);
	if (r) return r;
	memset(&s, 0, sizeof s);
	inode_statx(i, mask, &s);
	inode_unref(i);
	if (mflags & AT_MOUNT_ROOT) s.attributes |= STATX_ATTR_MOUNT_ROOT;
	return umem_store(c->mem, uaddr(c->arg[4]), &s, sizeof s);
}

/* ---- statfs */

/* Pipes, sockets and the files of eventfd and its kin: no space to tell of, only what they are. */
static int nameless_facts(const struct superblock *sb, struct linux_statfs64 *s)
{
	s->type = !strcmp(sb->fstype, "pipefs") ? PIPEFS_MAGIC : !strcmp(sb->fstype, "sockfs") ? SOCKFS_MAGIC : ANON_INODE_FS_MAGIC;
	s->bsize = s->frsize = PAGE_SIZE;
	s->namelen = NAME_MAX;
	return 0;
}

static int fs_facts(struct inode *i, uint32_t mount_flags, struct linux_statfs64 *s)
{
	memset(s, 0, sizeof *s);
	int err = i->sb->statfs ? i->sb->statfs(i->sb, s) : nameless_facts(i->sb, s);
	/* ST_RDONLY.. ST_NOEXEC have the values of MS_* */
	s->flags |= ST_VALID | (mount_flags & 15u) | (mount_flags & MS_RELATIME ? ST_RELATIME : 0);
	return err;
}

static uint32_t cut32(uint64_t v) { return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v; }

static int32_t put_statfs(struct ucall *c, uint32_t at, struct inode *i, uint32_t mount_flags, bool wide)
{
	struct linux_statfs64 s;
	int32_t r = fs_facts(i, mount_flags, &s);

	if (r) return r;
	if (wide) return umem_store(c->mem, uaddr(at), &s, sizeof s);
	struct linux_statfs o = {
		.type = s.type, .bsize = s.bsize, .blocks = cut32(s.blocks), .bfree = cut32(s.bfree), .bavail = cut32(s.bavail),
		.files = cut32(s.files), .ffree = cut32(s.ffree), .fsid = {s.fsid[0], s.fsid[1]}, .namelen = s.namelen,
		.frsize = s.frsize, .flags = s.flags,
	};
	return umem_store(c->mem, uaddr(at), &o, sizeof o);
}

static int32_t statfs_path(struct ucall *c, uint32_t out_at, bool wide)
{
	struct inode *i;
	uint32_t mflags;
	int32_t r = arg_inode(c, HERE, c->arg[0], 0, &i, &mflags);

	if (r) return r;
	r = put_statfs(c, out_at, i, mflags, wide);
	inode_unref(i);
	return r;
}

static int32_t statfs_fd(struct ucall *c, uint32_t out_at, bool wide)
{
	struct inode *i;
	uint32_t mflags;
	int32_t r = c->arg[0] == HERE ? -EBADF : arg_inode(c, c->arg[0], 0, AT_OF_FD, &i, &mflags);

	if (r) return r;
	r = put_statfs(c, out_at, i, mflags, wide);
	inode_unref(i);
	return r;
}

int32_t sys_statfs(struct ucall *c) { return statfs_path(c, c->arg[1], false); }
int32_t sys_fstatfs(struct ucall *c) { return statfs_fd(c, c->arg[1], false); }

int32_t sys_statfs64(struct ucall *c)
{
	if (c->arg[1] != sizeof(struct linux_statfs64)) return -EINVAL;
	return statfs_path(c, c->arg[2], true);
}

int32_t sys_fstatfs64(struct ucall *c)
{
	if (c->arg[1] != sizeof(struct linux_statfs64)) return -EINVAL;
	return statfs_fd(c, c->arg[2], true);
}

/* ---- access: by real ids unless AT_EACCESS */

static int check_access(struct ucall *c, struct inode *i, uint32_t mode, uint32_t mflags, bool effective)
{
	const struct fs_caller *who = ucall_who(c);
	struct cred real = *who->cred;
	struct fs_caller as = *who;

	if (!effective) {
		real.euid = real.fsuid = real.uid;
		real.egid = real.fsgid = real.gid;
		real.effective = real.uid ? 0 : real.permitted;
		as.cred = &real;
	}
	if ((mode & W_OK) && (mflags & MS_RDONLY) && !S_ISCHR(i->mode) && !S_ISBLK(i->mode) && !S_ISFIFO(i->mode)) return -EROFS;
	if ((mode & X_OK) && S_ISREG(i->mode) && (mflags & MS_NOEXEC)) return -EACCES;
	return mode ? inode_permission(i, mode, &as) : 0;
}

static int32_t access_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t mode, uint32_t flags)
{
	struct inode *i;
	uint32_t mflags;

	if ((mode & ~7u) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))) return -EINVAL;
	int32_t r = arg_inode(c, dirfd, path_at, flags, &i, &mflags);
	if (r) return r;
	r = check_access(c, i, mode, mflags, (flags & AT_EACCESS) != 0);
	inode_unref(i);
	return r;
}

int32_t sys_access(struct ucall *c) { return access_at(c, HERE, c->arg[0], c->arg[1], 0); }
int32_t sys_faccessat(struct ucall *c) { return access_at(c, c->arg[0], c->arg[1], c->arg[2], 0); }
int32_t sys_faccessat2(struct ucall *c) { return access_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3]); }
