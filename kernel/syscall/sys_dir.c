/* sys_dir.c - calls that read directories and links, and say where a process stands.
 * Called by: dispatch.c through table.def (home halves).
 * Never: knows a file system.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

/* ---- getdents: entries are collected in a kernel block and copied out at once */
struct dents {
	uint8_t *buf;
	uint32_t used, size;
	bool wide, refused; /* refused: an entry did not fit */
	uint32_t last;      /* offset of the last entry, whose cookie the next one tells */
};

static bool emit(void *ctx, const char *name, uint32_t len, uint32_t ino, uint32_t dtype, uint64_t next_cookie)
{
	struct dents *d = ctx;
	uint32_t head = d->wide ? sizeof(struct linux_dirent64) : sizeof(struct linux_dirent);
	uint32_t reclen = d->wide ? ALIGN_UP(head + len + 1, 8) : ALIGN_UP(head + len + 2, 4);

	if (reclen > d->size - d->used) {
		d->refused = true;
		return false;
	}
	uint8_t *at = d->buf + d->used;
	memset(at, 0, reclen);
	if (d->wide) {
		struct linux_dirent64 *e = (void *)at;
		*e = (struct linux_dirent64){.ino = ino, .off = (int64_t)next_cookie, .reclen = (uint16_t)reclen, .type = (uint8_t)dtype};
	} else {
		struct linux_dirent *e = (void *)at;
		*e = (struct linux_dirent){.ino = ino, .off = (uint32_t)next_cookie, .reclen = (uint16_t)reclen};
		at[reclen - 1] = (uint8_t)dtype;
	}
	memcpy(at + head, name, len);
	d->used += reclen;
	return true;
}

/* Memory ends within the buffer: the entries that fit are given, as if there had been no room for more. */
static int32_t store_some(struct ucall *c, struct dents *d, uint64_t *cookie)
{
	uint32_t at = 0;

	while (at < d->used) {
		const struct linux_dirent64 *e = (const void *)(d->buf + at);
		const struct linux_dirent *o = (const void *)(d->buf + at);
		uint32_t len = d->wide ? e->reclen : o->reclen;
		if (umem_store(c->mem, uaddr(c->arg[1] + at), d->buf + at, len)) break;
		*cookie = d->wide ? (uint64_t)e->off : o->off;
		at += len;
	}
	d->used = at;
	return at ? 0 : -EFAULT;
}

static int32_t read_entries(struct ucall *c, struct file *f, bool wide)
{
	struct dents d = {.size = MIN(c->arg[2], 8u * PAGE_SIZE), .wide = wide};

	if (!f->ops->readdir || !S_ISDIR(f->inode->mode)) return -ENOTDIR;
	if (f->inode->nlink == 0) return -ENOENT;
	d.buf = kmalloc(MAX(d.size, 1u));
	if (!d.buf && d.size > PAGE_SIZE) d.buf = kmalloc(d.size = PAGE_SIZE);
	if (!d.buf) return -ENOMEM;
	mutex_lock(&f->pos_lock);
	uint64_t cookie = f->pos;
	int32_t r = f->ops->readdir(f, &cookie, emit, &d);
	if (!r && !d.used && d.refused) r = -EINVAL;
	mutex_unlock(&f->pos_lock);
	if (!r && d.used) r = umem_store(c->mem, uaddr(c->arg[1]), d.buf, d.used);
	if (r == -EFAULT && d.used) r = store_some(c, &d, &cookie);
	if (!r) f->pos = cookie;
	kfree(d.buf);
	return r ? r : (int32_t)d.used;
}

static int32_t getdents(struct ucall *c, bool wide)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = read_entries(c, f, wide);
	file_unref(f);
	return r;
}

int32_t sys_getdents(struct ucall *c) { return getdents(c, false); }
int32_t sys_getdents64(struct ucall *c) { return getdents(c, true); }

/* ---- links */

static int32_t read_link(struct ucall *c, struct inode *i, uint32_t path_at, uint32_t out_at, uint32_t size)
{
	uint8_t first = 0;

	if (!S_ISLNK(i->mode) || !i->ops->readlink) {
		int err = umem_fetch(c->mem, &first, uaddr(path_at), 1);
		return err ? err : first ? -EINVAL : -ENOENT; /* an empty path to something that is no link is nowhere */
	}
	char *text = kmalloc(PATH_MAX);
	if (!text) return -ENOMEM;
	int32_t n = i->ops->readlink(i, text, PATH_MAX, ucall_who(c));
	if (n > 0) {
		n = MIN(n, (int32_t)size);
		int err = umem_store(c->mem, uaddr(out_at), text, (uint32_t)n);
		if (err) n = err;
	}
	kfree(text);
	return n;
}

static int32_t readlink_at(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t out_at, uint32_t size)
{
	struct inode *i;
	uint32_t mflags;

	if ((int32_t)size <= 0) return -EINVAL;
	int32_t r = arg_inode(c, dirfd, path_at, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &i, &mflags);
	if (r) return r;
	r = read_link(c, i, path_at, out_at, size);
	inode_unref(i);
	return r;
}

/* The old call knows no empty path. */
int32_t sys_readlink(struct ucall *c)
{
	uint8_t first;
	int32_t r = umem_fetch(c->mem, &first, uaddr(c->arg[0]), 1);

	if (r) return r;
	return first ? readlink_at(c, HERE, c->arg[0], c->arg[1], c->arg[2]) : -ENOENT;
}

int32_t sys_readlinkat(struct ucall *c) { return readlink_at(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3]); }

/* ---- where a process stands */

int32_t sys_getcwd(struct ucall *c)
{
	const struct fs_caller *who = ucall_who(c);
	static const char outside[] = "(unreachable)"; /* getcwd(2): the directory is not below the root */
	uint32_t before = name_is_below(who->cwd, who->root) ? 0 : sizeof outside - 1;
	char *text = kmalloc(PATH_MAX);

	if (!text) return -ENOMEM;
	memcpy(text, outside, before);
	int32_t n = who->cwd->unlinked ? -ENOENT : name_path(who->cwd, who->root, text + before, PATH_MAX - before);
	if (n > 0) n += (int32_t)before;
	if (n > 0 && (uint32_t)n > c->arg[1]) n = -ERANGE;
	if (n > 0) {
		int err = umem_store(c->mem, uaddr(c->arg[0]), text, (uint32_t)n);
		if (err) n = err;
	}
	kfree(text);
	return n;
}

/* Let `set` take n (referenced) if it is a directory that the caller may search. Takes over the reference. */
static int32_t stand_at(struct ucall *c, struct name *n, void (*set)(struct group *g, struct name *n))
{
	int32_t r = S_ISDIR(n->inode->mode) ? inode_permission(n->inode, X_OK, ucall_who(c)) : -ENOTDIR;

	if (r)
		name_unref(n);
	else
		set(ucall_group(c), n);
	return r;
}

int32_t sys_chdir(struct ucall *c)
{
	struct walk w;
	int32_t r = arg_walk(c, HERE, c->arg[0], WALK_FOLLOW | WALK_DIRECTORY, &w);

	return r ? r : stand_at(c, w.name, group_set_cwd);
}

int32_t sys_fchdir(struct ucall *c)
{
	struct file *f = arg_file_any(c, c->arg[0]);
	int32_t r = -ENOTDIR;

	if (!f) return -EBADF;
	if (f->name) {
		name_ref(f->name);
		r = stand_at(c, f->name, group_set_cwd);
	}
	file_unref(f);
	return r;
}

int32_t sys_chroot(struct ucall *c)
{
	struct walk w;
	int32_t r = arg_walk(c, HERE, c->arg[0], WALK_FOLLOW | WALK_DIRECTORY, &w);

	if (r) return r;
	if (!has_cap(ucall_who(c), CAP_SYS_CHROOT)) {
		walk_done(&w);
		return -EPERM;
	}
	return stand_at(c, w.name, group_set_root);
}

int32_t sys_umask(struct ucall *c)
{
	uint32_t old = ucall_who(c)->umask;

	group_set_umask(ucall_group(c), c->arg[0] & 0777);
	return (int32_t)old;
}
