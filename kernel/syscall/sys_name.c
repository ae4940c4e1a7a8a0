/* sys_name.c - calls that make, move and remove names.
 * Called by: dispatch.c through table.def (home halves).
 * Never: opens or reads a file.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/mm/kheap.h"

/* Walk to the parent of path; w.last names the victim. */
static int parent(struct ucall *c, uint32_t dirfd, uint32_t path_at, struct walk *w)
{
	return arg_walk(c, dirfd, path_at, WALK_PARENT, w);
}

/* ---- removal */

/* "dir/" is a directory, "file/" is not one, "none/" does not exist */
static int unlink_with_slash(const struct walk *w)
{
	struct name *n;
	int err = name_lookup(w->name, w->last, w->last_len, &n);

	if (err) return err;
	err = S_ISDIR(n->inode->mode) ? -EISDIR : -ENOTDIR;
	name_unref(n);
	return err;
}

static int32_t unlink_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags)
{
	struct walk w;

	if (flags & ~AT_REMOVEDIR) return -EINVAL;
	int32_t r = parent(c, dirfd, path_at, &w);
	if (r) return r;
	if (flags & AT_REMOVEDIR)
		r = name_rmdir(w.name, w.last, w.last_len, ucall_who(c));
	else
		r = w.trailing_slash ? unlink_with_slash(&w) : name_unlink(w.name, w.last, w.last_len, ucall_who(c));
	walk_done(&w);
	return r;
}

int32_t sys_unlink(struct ucall *c) { return unlink_at(c, HERE, c->arg[0], 0); }
int32_t sys_rmdir(struct ucall *c) { return unlink_at(c, HERE, c->arg[0], AT_REMOVEDIR); }
int32_t sys_unlinkat(struct ucall *c) { return unlink_at(c, c->arg[0], c->arg[1], c->arg[2]); }

/* ---- creation */

static int32_t mkdir_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t mode)
{
	struct walk w;
	int32_t r = parent(c, dirfd, path_at, &w);

	if (r) return r;
	r = name_mkdir(w.name, w.last, w.last_len, mode, ucall_who(c));
	walk_done(&w);
	return r;
}

int32_t sys_mkdir(struct ucall *c) { return mkdir_at(c, HERE, c->arg[0], c->arg[1]); }
int32_t sys_mkdirat(struct ucall *c) { return mkdir_at(c, c->arg[0], c->arg[1], c->arg[2]); }

static int32_t mknod_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t mode, uint32_t rdev)
{
	struct walk w;
	struct name *made;
	uint32_t type = mode & S_IFMT;

	if (!type) type = S_IFREG;
	if (type == S_IFDIR) return -EPERM;
	if (type != S_IFREG && type != S_IFCHR && type != S_IFBLK && type != S_IFIFO && type != S_IFSOCK) return -EINVAL;
	if ((type == S_IFCHR || type == S_IFBLK) && !has_cap(ucall_who(c), CAP_MKNOD)) return -EPERM;
	int32_t r = parent(c, dirfd, path_at, &w);
	if (r) return r;
	r = w.trailing_slash ? -ENOENT
			     : name_create(w.name, w.last, w.last_len, type | (mode & 07777), rdev, ucall_who(c), &made);
	if (!r) name_unref(made);
	walk_done(&w);
	return r;
}

int32_t sys_mknod(struct ucall *c) { return mknod_at(c, HERE, c->arg[0], c->arg[1], c->arg[2]); }
int32_t sys_mknodat(struct ucall *c) { return mknod_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3]); }

static int32_t symlink_at(struct ucall *c, uint32_t target_at, uint32_t dirfd, uint32_t path_at)
{
	struct walk w;
	char *target;
	int32_t r = arg_path(c, target_at, &target);

	if (r) return r;
	r = target[0] ? parent(c, dirfd, path_at, &w) : -ENOENT;
	if (!r) {
		r = w.trailing_slash ? -ENOENT : name_symlink(w.name, w.last, w.last_len, target, ucall_who(c));
		walk_done(&w);
	}
	kfree(target);
	return r;
}

int32_t sys_symlink(struct ucall *c) { return symlink_at(c, c->arg[0], HERE, c->arg[1]); }
int32_t sys_symlinkat(struct ucall *c) { return symlink_at(c, c->arg[0], c->arg[1], c->arg[2]); }

/* The thing that a new link is to point at, as a name. */
static int link_source(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t flags, struct name **out)
{
	struct walk w;
	uint8_t first = 1;
	int err = (flags & AT_EMPTY_PATH) ? umem_fetch(c->mem, &first, uaddr(path_at), 1) : 0;

	if (err) return err;
	if (!first) {
		struct file *f = arg_file_any(c, dirfd);
		if (!f) return -EBADF;
		*out = f->name;
		if (f->name) name_ref(f->name);
		file_unref(f);
		return *out ? 0 : -ENOENT;
	}
	err = arg_walk(c, dirfd, path_at, (flags & AT_SYMLINK_FOLLOW) ? WALK_FOLLOW : 0, &w);
	if (!err) *out = w.name;
	return err;
}

static int32_t link_at(struct ucall *c, uint32_t fd1, uint32_t path1, uint32_t fd2, uint32_t path2, uint32_t flags)
{
	struct name *from;
	struct walk w;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
	int32_t r = link_source(c, fd1, path1, flags, &from);
	if (r) return r;
	r = parent(c, fd2, path2, &w);
	if (!r) {
		r = w.trailing_slash ? -ENOENT : name_link(w.name, w.last, w.last_len, from, ucall_who(c));
		walk_done(&w);
	}
	name_unref(from);
	return r;
}

int32_t sys_link(struct ucall *c) { return link_at(c, HERE, c->arg[0], HERE, c->arg[1], 0); }
int32_t sys_linkat(struct ucall *c) { return link_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]); }

/* ---- rename */

/* "name/" can only be said of a directory. */
static int slash_check(const struct walk *from, const struct walk *to)
{
	struct name *n;

	if (!from->trailing_slash && !to->trailing_slash) return 0;
	int err = name_lookup(from->name, from->last, from->last_len, &n);
	if (err) return err;
	err = S_ISDIR(n->inode->mode) ? 0 : -ENOTDIR;
	name_unref(n);
	return err;
}

static int32_t rename_at(struct ucall *c, uint32_t fd1, uint32_t path1, uint32_t fd2, uint32_t path2, uint32_t flags)
{
	struct walk from, to;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) return -EINVAL;
	if ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT))) return -EINVAL;
	int32_t r = parent(c, fd1, path1, &from);
	if (r) return r;
	r = parent(c, fd2, path2, &to);
	if (!r) {
		r = slash_check(&from, &to);
		if (!r) r = name_rename(from.name, from.last, from.last_len, to.name, to.last, to.last_len, flags, ucall_who(c));
		walk_done(&to);
	}
	walk_done(&from);
	return r;
}

int32_t sys_rename(struct ucall *c) { return rename_at(c, HERE, c->arg[0], HERE, c->arg[1], 0); }
int32_t sys_renameat(struct ucall *c) { return rename_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3], 0); }
int32_t sys_renameat2(struct ucall *c) { return rename_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]); }
