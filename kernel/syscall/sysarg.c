/* sysarg.c - decoding of arguments that many file calls share: descriptors, paths, directory descriptors, times.
 * Called by: sys_*.c.
 * Never: starts a file operation.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/mm/kheap.h"
#include "lib/fixed.h"
#include "lib/str.h"

struct file *arg_file_any(struct ucall *c, uint32_t fd)
{
	return fd_get(ucall_group(c)->fds, (int32_t)fd);
}

struct file *arg_file(struct ucall *c, uint32_t fd)
{
	struct file *f = arg_file_any(c, fd);

	if (f && (f->flags & O_PATH)) {
		file_unref(f);
		return NULL;
	}
	return f;
}

/* Most paths are short: try a small buffer before a page. */
int arg_path(struct ucall *c, uint32_t at, char **path)
{
	char small[200];
	int32_t n = umem_fetch_string(c->mem, small, uaddr(at), sizeof small);

	if (n >= 0) {
		*path = kmalloc((uint32_t)n + 1);
		if (!*path) return -ENOMEM;
		memcpy(*path, small, (uint32_t)n + 1);
		return 0;
	}
	if (n != -ENAMETOOLONG) return n;
	*path = kmalloc(PATH_MAX);
	if (!*path) return -ENOMEM;
	n = umem_fetch_string(c->mem, *path, uaddr(at), PATH_MAX);
	if (n < 0) kfree(*path);
	return n < 0 ? n : 0;
}

int arg_start(struct ucall *c, uint32_t dirfd, const char *path, struct name **start)
{
	*start = NULL;
	if (path[0] == '/' || dirfd == HERE) return 0;
	struct file *f = arg_file_any(c, dirfd);
	int err = 0;

	if (!f) return -EBADF;
	if (!f->name || !f->inode || !S_ISDIR(f->inode->mode))
		err = -ENOTDIR;
	else
		name_ref(*start = f->name);
	file_unref(f);
	return err;
}

int arg_walk(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t walk_flags, struct walk *w)
{
	struct name *start;
	char *path;
	int err = arg_path(c, path_at, &path);

	if (err) return err;
	err = path[0] ? arg_start(c, dirfd, path, &start) : -ENOENT;
	if (!err) {
		err = name_walk(w, start, path, walk_flags, ucall_who(c));
		name_unref(start);
	}
	kfree(path);
	return err;
}

struct inode *walk_inode(const struct walk *w)
{
	return w->name->inode;
}

void walk_done(struct walk *w)
{
	name_unref(w->name);
	w->name = NULL;
}

static uint32_t mount_flags_of(const struct name *n)
{
	if (!n || !n->of) return 0;
	return n->of->flags | (n->of->root == n ? AT_MOUNT_ROOT : 0);
}

static int inode_of_fd(struct ucall *c, uint32_t dirfd, struct inode **out, uint32_t *mount_flags)
{
	if (dirfd == HERE) {
		struct name *cwd = ucall_who(c)->cwd;
		inode_ref(*out = cwd->inode);
		*mount_flags = mount_flags_of(cwd);
		return 0;
	}
	struct file *f = arg_file_any(c, dirfd);
	if (!f) return -EBADF;
	inode_ref(*out = f->inode);
	*mount_flags = mount_flags_of(f->name);
	file_unref(f);
	return 0;
}

int arg_inode(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t at_flags, struct inode **out, uint32_t *mount_flags)
{
	struct walk w = {.name = NULL};
	uint8_t first = 0;
	int err;

	if (!path_at && (at_flags & AT_OF_FD)) return inode_of_fd(c, dirfd, out, mount_flags);
	if (at_flags & AT_EMPTY_PATH) {
		err = umem_fetch(c->mem, &first, uaddr(path_at), 1);
		if (err) return err;
		if (!first) return inode_of_fd(c, dirfd, out, mount_flags);
	}
	err = arg_walk(c, dirfd, path_at, (at_flags & AT_SYMLINK_NOFOLLOW) ? 0 : WALK_FOLLOW, &w);
	if (err) return err;
	inode_ref(*out = walk_inode(&w));
	*mount_flags = mount_flags_of(w.name);
	walk_done(&w);
	return 0;
}

uint64_t split_ns(uint64_t ns, uint32_t *rest)
{
	*rest = fixed_div64(&ns, (uint32_t)NS_PER_S);
	return ns;
}

int arg_time(struct ucall *c, uint32_t at, enum time_kind kind, uint64_t *ns)
{
	struct linux_timespec64 t = {0};
	struct linux_timespec32 t32;
	int err;

	if (kind == TIME_64) {
		err = umem_fetch(c->mem, &t, uaddr(at), sizeof t);
	} else {
		err = umem_fetch(c->mem, &t32, uaddr(at), sizeof t32);
		if (!err) {
			t.sec = t32.sec;
			t.nsec = t32.nsec;
		}
	}
	if (err) return err;
	int32_t limit = kind == TIME_VAL ? (int32_t)US_PER_S : (int32_t)NS_PER_S;
	if (t.sec < 0 || t.nsec < 0 || t.nsec >= limit) return -EINVAL;
	if (kind == TIME_VAL) t.nsec *= 1000;
	/* 292 years is for ever */
	uint64_t s = (uint64_t)t.sec > 9000000000ull ? 9000000000ull : (uint64_t)t.sec;
	*ns = s * NS_PER_S + (uint32_t)t.nsec;
	return 0;
}

int put_time(struct ucall *c, uint32_t at, enum time_kind kind, uint64_t ns)
{
	uint32_t rest;
	uint64_t s = split_ns(ns, &rest);

	if (kind == TIME_64) {
		struct linux_timespec64 t = {.sec = (int64_t)s, .nsec = (int32_t)rest};
		return umem_store(c->mem, uaddr(at), &t, sizeof t);
	}
	struct linux_timespec32 t32 = {.sec = (int32_t)s, .nsec = (int32_t)(kind == TIME_VAL ? rest / 1000 : rest)};
	return umem_store(c->mem, uaddr(at), &t32, sizeof t32);
}
