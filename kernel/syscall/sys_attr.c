/* sys_attr.c - calls that change what a file is: mode, owner, times; and its size and its place on a disk.
 * Called by: dispatch.c through table.def (home halves).
 * Never: moves bytes of a file.  */
#include "kernel/syscall/sysarg.h"
#include "fs/inotify.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/cred.h"

/* Tell the file system, after the fields have been set. */
static int32_t attr_changed(struct inode *i)
{
	inode_touch_meta(i);
	notify_file(i, NULL, IN_ATTRIB);
	return i->ops->setattr ? i->ops->setattr(i) : 0;
}

static bool owns(struct ucall *c, const struct inode *i)
{
	return ucall_who(c)->cred->fsuid == i->uid || has_cap(ucall_who(c), CAP_FOWNER);
}

/* ---- mode */

static int32_t chmod_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, uint32_t mode)
{
	struct inode *i;
	uint32_t mflags;
	int32_t r = arg_inode(c, dirfd, path_at, flags, &i, &mflags);

	if (r) return r;
	if (mflags & MS_RDONLY) {
		r = -EROFS;
	} else if (!owns(c, i)) {
		r = -EPERM;
	} else {
		mode &= 07777;
		if (!has_cap(ucall_who(c), CAP_FSETID) && !cred_in_group(ucall_who(c)->cred, i->gid)) mode &= ~S_ISGID;
		uint32_t old = i->mode;
		i->mode = (i->mode & S_IFMT) | mode;
		r = attr_changed(i);
		if (r) i->mode = old;
	}
	inode_unref(i);
	return r;
}

/* f* calls refuse O_PATH descriptors. */
static int refuse_path_fd(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	file_unref(f);
	return 0;
}

int32_t sys_chmod(struct ucall *c) { return chmod_at(c, HERE, c->arg[0], 0, c->arg[1]); }
int32_t sys_fchmodat(struct ucall *c) { return chmod_at(c, c->arg[0], c->arg[1], 0, c->arg[2]); }

int32_t sys_fchmod(struct ucall *c)
{
	int32_t r = refuse_path_fd(c);

	return r ? r : chmod_at(c, c->arg[0], 0, AT_OF_FD, c->arg[1]);
}

/* ---- owner */

#define KEEP 0xffffffffu

static int32_t set_owner(struct ucall *c, struct inode *i, uint32_t uid, uint32_t gid)
{
	const struct cred *cred = ucall_who(c)->cred;

	if (!has_cap(ucall_who(c), CAP_CHOWN)) {
		if (cred->fsuid != i->uid && (uid != KEEP || gid != KEEP)) return -EPERM;
		if (uid != KEEP && uid != i->uid) return -EPERM;
		if (gid != KEEP && gid != i->gid && !cred_in_group(cred, gid)) return -EPERM;
	}
	if (uid != KEEP) i->uid = uid;
	if (gid != KEEP) i->gid = gid;
	if (!S_ISDIR(i->mode)) {
		i->mode &= ~S_ISUID;
		if (i->mode & 010) i->mode &= ~S_ISGID;
	}
	return attr_changed(i);
}

static int32_t chown_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, uint32_t uid, uint32_t gid)
{
	struct inode *i;
	uint32_t mflags;
	int32_t r = arg_inode(c, dirfd, path_at, flags, &i, &mflags);

	if (r) return r;
	r = (mflags & MS_RDONLY) ? -EROFS : set_owner(c, i, uid, gid);
	inode_unref(i);
	return r;
}

static uint32_t wide_id(uint32_t id16) { return (uint16_t)id16 == 0xffffu ? KEEP : (uint16_t)id16; }

int32_t sys_chown(struct ucall *c) { return chown_at(c, HERE, c->arg[0], 0, c->arg[1], c->arg[2]); }
int32_t sys_lchown(struct ucall *c) { return chown_at(c, HERE, c->arg[0], AT_SYMLINK_NOFOLLOW, c->arg[1], c->arg[2]); }
int32_t sys_chown16(struct ucall *c) { return chown_at(c, HERE, c->arg[0], 0, wide_id(c->arg[1]), wide_id(c->arg[2])); }
int32_t sys_lchown16(struct ucall *c) { return chown_at(c, HERE, c->arg[0], AT_SYMLINK_NOFOLLOW, wide_id(c->arg[1]), wide_id(c->arg[2])); }

int32_t sys_fchown(struct ucall *c)
{
	int32_t r = refuse_path_fd(c);

	return r ? r : chown_at(c, c->arg[0], 0, AT_OF_FD, c->arg[1], c->arg[2]);
}

int32_t sys_fchown16(struct ucall *c)
{
	c->arg[1] = wide_id(c->arg[1]);
	c->arg[2] = wide_id(c->arg[2]);
	return sys_fchown(c);
}

int32_t sys_fchownat(struct ucall *c)
{
	if (c->arg[4] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
	return chown_at(c, c->arg[0], c->arg[1], c->arg[4], c->arg[2], c->arg[3]);
}

/* ---- times: each of the two is given, now, or kept */
struct when { enum { TIME_NOW, TIME_KEEP, TIME_GIVEN } how; struct timestamp t; };

static void apply_time(const struct when *w, struct timestamp *to)
{
	if (w->how == TIME_NOW) *to = inode_now();
	if (w->how == TIME_GIVEN) *to = w->t;
}

static int32_t set_times(struct ucall *c, struct inode *i, const struct when t[2])
{
	bool both_now = t[0].how == TIME_NOW && t[1].how == TIME_NOW;

	if (!owns(c, i)) {
		if (!both_now) return -EPERM;
		int err = inode_permission(i, W_OK, ucall_who(c));
		if (err) return err;
	}
	apply_time(&t[0], &i->atime);
	apply_time(&t[1], &i->mtime);
	return attr_changed(i);
}

static int32_t times_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, const struct when t[2])
{
	struct inode *i;
	uint32_t mflags;
	int32_t r = arg_inode(c, dirfd, path_at, flags, &i, &mflags);

	if (r) return r;
	r = (mflags & MS_RDONLY) ? -EROFS : set_times(c, i, t);
	inode_unref(i);
	return r;
}

static int32_t times_of_fd(struct ucall *c, const struct when t[2])
{
	int32_t r = refuse_path_fd(c);

	return r ? r : times_at(c, c->arg[0], 0, AT_OF_FD, t);
}

static int fetch_utime(struct ucall *c, uint32_t at, struct when t[2])
{
	struct linux_utimbuf b;

	if (!at) return 0;
	int err = umem_fetch(c->mem, &b, uaddr(at), sizeof b);
	t[0] = (struct when){TIME_GIVEN, {.s = b.actime}};
	t[1] = (struct when){TIME_GIVEN, {.s = b.modtime}};
	return err;
}

static int fetch_timevals(struct ucall *c, uint32_t at, struct when t[2])
{
	struct linux_timeval v[2];

	if (!at) return 0;
	int err = umem_fetch(c->mem, v, uaddr(at), sizeof v);
	if (err) return err;
	for (int i = 0; i < 2; i++) {
		if (v[i].usec < 0 || v[i].usec >= (int32_t)US_PER_S) return -EINVAL;
		t[i] = (struct when){TIME_GIVEN, {.s = v[i].sec, .ns = (uint32_t)v[i].usec * 1000}};
	}
	return 0;
}

static int fetch_timespecs(struct ucall *c, uint32_t at, bool wide, struct when t[2])
{
	struct linux_timespec64 v[2];
	struct linux_timespec32 n[2];

	if (!at) return 0;
	int err = wide ? umem_fetch(c->mem, v, uaddr(at), sizeof v) : umem_fetch(c->mem, n, uaddr(at), sizeof n);
	if (err) return err;
	for (int i = 0; i < 2; i++) {
		int32_t ns = wide ? v[i].nsec : n[i].nsec;
		if (ns == UTIME_NOW) continue;
		if (ns != UTIME_OMIT && (ns < 0 || ns >= (int32_t)NS_PER_S)) return -EINVAL;
		t[i] = (struct when){ns == UTIME_OMIT ? TIME_KEEP : TIME_GIVEN, {.s = wide ? v[i].sec : n[i].sec, .ns = (uint32_t)ns}};
	}
	return 0;
}

int32_t sys_utime(struct ucall *c)
{
	struct when t[2] = {{TIME_NOW, {0, 0}}, {TIME_NOW, {0, 0}}};
	int32_t r = fetch_utime(c, c->arg[1], t);

	return r ? r : times_at(c, HERE, c->arg[0], 0, t);
}

static int32_t utimes(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t times_ptr)
{
	struct when t[2] = {{TIME_NOW, {0, 0}}, {TIME_NOW, {0, 0}}};
	int32_t r = fetch_timevals(c, times_ptr, t);

	return r ? r : times_at(c, dirfd, path_at, 0, t);
}

int32_t sys_utimes(struct ucall *c) { return utimes(c, HERE, c->arg[0], c->arg[1]); }

/* Without a path the descriptor itself is meant, as of utimensat. */
int32_t sys_futimesat(struct ucall *c)
{
	struct when t[2] = {{TIME_NOW, {0, 0}}, {TIME_NOW, {0, 0}}};

	if (c->arg[1] || c->arg[0] == HERE) return utimes(c, c->arg[0], c->arg[1], c->arg[2]);
	int32_t r = fetch_timevals(c, c->arg[2], t);
	return r ? r : times_of_fd(c, t);
}

static int32_t utimens(struct ucall *c, bool wide)
{
	struct when t[2] = {{TIME_NOW, {0, 0}}, {TIME_NOW, {0, 0}}};
	int32_t r = fetch_timespecs(c, c->arg[2], wide, t);

	if (r) return r;
	if (t[0].how == TIME_KEEP && t[1].how == TIME_KEEP) return 0; /* nothing to do: nothing is looked at */
	if (!c->arg[1] && c->arg[0] != HERE) return c->arg[3] ? -EINVAL : times_of_fd(c, t);
	if (c->arg[3] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
	return c->arg[1] ? times_at(c, c->arg[0], c->arg[1], c->arg[3], t) : -EFAULT;
}

int32_t sys_utimensat(struct ucall *c) { return utimens(c, false); }
int32_t sys_utimensat64(struct ucall *c) { return utimens(c, true); }
