/* open.c - open(2): from a path and flags to an open file.
 * Called by: sys_file.c, exec.
 * Never: reads or writes data.  */
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "fs/inotify.h"
#include "fs/pages.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define TRIES_MAX 40 /* dangling links that O_CREAT follows, and races */

static uint32_t wanted(uint32_t flags)
{
	uint32_t mode = flags & O_ACCMODE;
	uint32_t rwx = mode == O_RDONLY ? R_OK : mode == O_WRONLY ? W_OK : R_OK | W_OK;

	return rwx | (flags & O_TRUNC ? W_OK : 0);
}

/* ---- finding or making the name */
static int find(struct name *start, const char *path, uint32_t flags, const struct fs_caller *who, struct name **out)
{
	struct walk w;
	int err = name_walk(&w, start, path, flags & O_NOFOLLOW ? 0 : WALK_FOLLOW, who);

	*out = w.name;
	return err;
}

/** The link at the end of a path that O_CREAT could not resolve: its text, to go on with from `dir`. Freed by the caller. */
static int link_text(struct inode *link, const struct fs_caller *who, char **out)
{
	uint32_t room = link->size ? (uint32_t)link->size : 256;

	if (!link->ops->readlink) return -ENOENT;
	char *text = kmalloc(room + 1);
	if (!text) return -ENOMEM;
	int n = link->ops->readlink(link, text, room, who);
	if (n < 0) {
		kfree(text);
		return n;
	}
	text[n] = '\0';
	*out = text;
	return 0;
}

struct creation {
	struct name *dir;   /* where relative paths start, referenced or NULL: the caller's */
	const char *path;
	char *text;         /* path lies in here after a link; owned */
};

/** The path has no file. Make it (0, *out), or, when a dangling link is in the way, set c to its target (1). */
static int create_or_redirect(struct creation *c, uint32_t flags, uint32_t mode, const struct fs_caller *who, struct name **out)
{
	struct walk w;
	struct name *there;
	char *text;
	int err = name_walk(&w, c->dir, c->path, WALK_PARENT, who);

	if (err) return err;
	if (w.trailing_slash || w.last[0] == '/') err = -EISDIR;
	if (!err) err = name_create(w.name, w.last, w.last_len, S_IFREG | (mode & 07777), 0, who, out);
	if (err != -EEXIST || (flags & (O_EXCL | O_NOFOLLOW))) goto out;
	err = name_lookup(w.name, w.last, w.last_len, &there);
	if (err) goto out;
	err = S_ISLNK(there->inode->mode) ? link_text(there->inode, who, &text) : -EEXIST;
	name_unref(there);
	if (err) goto out;
	kfree(c->text);
	name_unref(c->dir);
	*c = (struct creation){.dir = w.name, .path = text, .text = text};
	return 1;
out:
	name_unref(w.name);
	return err;
}

static bool slash_at_end(const char *path)
{
	return *path && path[strlen(path) - 1] == '/';
}

/** O_CREAT of "name/": -EISDIR whatever the name is, once the way to it is found. */
static int refuse_slash(const struct creation *c, const struct fs_caller *who)
{
	struct walk w;
	int err = name_walk(&w, c->dir, c->path, WALK_PARENT, who);

	if (err) return err;
	name_unref(w.name);
	return -EISDIR;
}

static int find_or_create(struct name *start, const char *path, uint32_t flags, uint32_t mode, const struct fs_caller *who, struct name **out, bool *created)
{
	struct creation c = {.dir = start, .path = path};
	int err = -ELOOP;

	if (start) name_ref(start);
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		err = slash_at_end(c.path) ? refuse_slash(&c, who) : 0;
		if (err) break;
		err = find(c.dir, c.path, flags | (flags & O_EXCL ? O_NOFOLLOW : 0), who, out);
		if (err == 0 && (flags & O_EXCL)) {
			name_unref(*out);
			err = -EEXIST;
		}
		if (err != -ENOENT) break;
		err = create_or_redirect(&c, flags, mode, who, out);
		*created = err == 0;
		if (err != 1 && err != -EEXIST) break;
		err = flags & O_EXCL ? -EEXIST : -ELOOP;
		if (flags & O_EXCL) break;
	}
	kfree(c.text);
	name_unref(c.dir);
	return err;
}

/* ---- may this be opened so? */
static int check_kind(const struct name *n, uint32_t flags)
{
	uint32_t mode = n->inode->mode;

	if (S_ISLNK(mode)) return flags & O_DIRECTORY ? -ENOTDIR : -ELOOP;
	if (S_ISDIR(mode)) return (wanted(flags) & W_OK) || (flags & O_CREAT) ? -EISDIR : 0;
	if (flags & O_DIRECTORY) return -ENOTDIR;
	if (S_ISSOCK(mode)) return -ENXIO;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && n->of && (n->of->flags & MS_NODEV)) return -EACCES;
	return 0;
}

static int check_open(const struct name *n, uint32_t flags, bool created, const struct fs_caller *who)
{
	const struct inode *i = n->inode;
	int err = check_kind(n, flags);

	if (!err && !created) err = inode_permission(i, wanted(flags), who);
	if (err) return err;
	if ((flags & O_NOATIME) && !has_cap(who, CAP_FOWNER) && who->cred->fsuid != i->uid) return -EPERM;
	if ((flags & O_DIRECT) && !file_can_direct(i)) return -EINVAL;
	if (!S_ISREG(i->mode)) return 0;
	if ((wanted(flags) & W_OK) && n->of && (n->of->flags & MS_RDONLY)) return -EROFS;
	if ((wanted(flags) & W_OK) && i->n_exec > 0) return -ETXTBSY;
	if (!(flags & O_LARGEFILE) && inode_on_disk(i) && i->size > 0x7fffffff) return -EOVERFLOW; /* memory's own files: not, as on Linux */
	return 0;
}

/* ---- the open file */
static const struct file_ops *default_ops(const struct inode *i)
{
	if (i->fops) return i->fops;
	if (S_ISDIR(i->mode)) return &directory_file_ops;
	return S_ISFIFO(i->mode) ? &fifo_file_ops : &regular_file_ops;
}

/** What the kind of file asks for beyond the struct: devices, fifos, the file system's own open. */
static int open_kind(struct file *f, const struct fs_caller *who)
{
	struct inode *i = f->inode;

	if (S_ISCHR(i->mode) || S_ISBLK(i->mode)) return dev_open(f, who);
	if (S_ISFIFO(i->mode)) return fifo_open(f, who);
	return i->ops->open ? i->ops->open(i, f, who) : 0;
}

static int truncate_at_open(struct inode *i, const struct fs_caller *who)
{
	if (!i->ops->truncate) return 0;
	mutex_lock(&i->lock);
	int err = i->ops->truncate(i, 0);
	if (!err) inode_drop_suid(i, who);
	mutex_unlock(&i->lock);
	return err;
}

/** An open file over n, whose reference is taken over. */
static int open_name(struct name *n, uint32_t flags, const struct fs_caller *who, struct file **out)
{
	bool path_only = flags & O_PATH, regular = S_ISREG(n->inode->mode);
	uint32_t kept = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
	struct file *f = file_new(n->inode, n, path_only ? &path_file_ops : default_ops(n->inode), kept);

	if (!f) {
		name_unref(n);
		return -ENOMEM;
	}
	inode_ref(f->inode);
	if (path_only) {
		*out = f;
		return 0;
	}
	if (regular && file_writes(f)) file_begin_writing(f);
	f->flags |= flags & O_NOCTTY; /* a terminal's open asks for it */
	int err = open_kind(f, who);
	f->flags &= ~O_NOCTTY;
	if (!err && regular && (flags & O_TRUNC)) err = truncate_at_open(f->inode, who);
	if (err) {
		file_unref(f);
		return err;
	}
	if (flags & O_TRUNC) notify_file(f->inode, f->name, IN_MODIFY);
	notify_file(f->inode, f->name, IN_OPEN);
	*out = f;
	return 0;
}

static int open_path_only(struct name *start, const char *path, uint32_t flags, const struct fs_caller *who, struct file **out)
{
	struct name *n;
	int err = find(start, path, flags, who, &n);

	if (err) return err;
	if ((flags & O_DIRECTORY) && !S_ISDIR(n->inode->mode)) {
		name_unref(n);
		return -ENOTDIR;
	}
	return open_name(n, flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW), who, out);
}

/** A file without a name below the directory `path`. */
static int make_nameless(struct name *start, const char *path, uint32_t flags, uint32_t mode, const struct fs_caller *who, struct name **out)
{
	struct walk w;

	if (!(wanted(flags) & W_OK) || (flags & O_CREAT)) return -EINVAL;
	int err = name_walk(&w, start, path, (flags & O_NOFOLLOW ? 0 : WALK_FOLLOW) | WALK_DIRECTORY, who);
	if (err) return err;
	err = name_tmpfile(w.name, mode, who, out);
	name_unref(w.name);
	if (!err) (*out)->inode->linkable = !(flags & O_EXCL);
	return err;
}

int file_open(struct name *start, const char *path, uint32_t flags, uint32_t mode, const struct fs_caller *who, struct file **out)
{
	struct name *n;
	bool created = false;
	int err;

	if (flags & O_PATH) return open_path_only(start, path, flags, who, out);
	bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
	if (nameless) {
		err = make_nameless(start, path, flags, mode, who, &n);
		created = true;
		flags &= ~(O_TMPFILE | O_TRUNC);
	} else if ((flags & O_CREAT) && !(flags & O_DIRECTORY)) { /* with both, nothing is made */
		err = find_or_create(start, path, flags, mode, who, &n, &created);
	} else {
		err = find(start, path, flags, who, &n);
	}
	if (err) return err;
	err = check_open(n, flags, created, who);
	if (!err && n->inode->leases) err = lease_break(n->inode, (wanted(flags) & W_OK) != 0, (flags & O_NONBLOCK) != 0);
	if (err) {
		name_unref(n);
		return err;
	}
	return open_name(n, flags, who, out);
}
