/* name_change.c - create, link, unlink, rename: the calls that change a directory.
 * Called by: file.c, sys_file.c.
 * Never: runs two changes at once: the namespace lock is held by each, the directory's own lock against lookups.  */
#include "abi/linux_errno.h"
#include "fs/inotify.h"
#include "fs/name_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

static struct mutex namespace_lock = {.waiters = WAITQ_INIT(namespace_lock.waiters), .order = MUTEX_RENAME};

static bool special(const char *last, uint32_t len)
{
	return len == 0 || last[0] == '/' || (last[0] == '.' && (len == 1 || (len == 2 && last[1] == '.')));
}

static int may_change(const struct name *dir, const struct fs_caller *who)
{
	if (!S_ISDIR(dir->inode->mode)) return -ENOTDIR;
	if (dir->inode->nlink == 0) return -ENOENT;
	int err = inode_permission(dir->inode, W_OK | X_OK, who);
	if (err) return err;
	return dir->of->flags & MS_RDONLY ? -EROFS : 0;
}

static int may_delete(const struct name *dir, const struct name *victim, const struct fs_caller *who)
{
	uint32_t uid = who->cred->fsuid;
	bool sticky = dir->inode->mode & S_ISVTX;

	if (victim->mounted) return -EBUSY;
	return sticky && uid != 0 && uid != victim->inode->uid && uid != dir->inode->uid ? -EPERM : 0;
}

static void lock_dir(struct name *dir)
{
	mutex_lock(&namespace_lock);
	mutex_lock(&dir->inode->lock);
}

static void unlock_dir(struct name *dir)
{
	mutex_unlock(&dir->inode->lock);
	mutex_unlock(&namespace_lock);
}

/** The name was removed from its directory: nobody finds it any more, holders keep it. */
static void detach(struct name *n)
{
	list_remove(&n->hash_node);
	n->unlinked = true;
}

/* ---- making */
/** dir is locked: 0 when `last` is free and the caller may make it. */
static int check_new(struct name *dir, const char *last, uint32_t len, const struct fs_caller *who)
{
	struct name *there;
	int err = name_child(dir, last, len, &there);

	if (err == 0) {
		name_unref(there);
		return -EEXIST;
	}
	return err == -ENOENT ? may_change(dir, who) : err;
}

static int create_locked(struct name *dir, const char *last, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct name **out)
{
	int err = check_new(dir, last, len, who);

	if (err) return err;
	if (!dir->inode->ops->create) return S_ISREG(mode) ? -EACCES : -EPERM;
	struct name *n = name_alloc(dir, dir->of, last, len, NULL); /* first what may fail */
	if (!n) return -ENOMEM;
	err = dir->inode->ops->create(dir->inode, last, len, mode, rdev, who, &n->inode);
	if (err) {
		name_unref(n);
		return err;
	}
	name_hash_in(n);
	*out = n;
	notify_entry(dir->inode, IN_CREATE, 0, last, len, S_ISDIR(mode));
	return 0;
}

int name_create(struct name *dir, const char *last, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct name **out)
{
	if (special(last, len)) return -EEXIST;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !has_cap(who, CAP_MKNOD)) return -EPERM;
	lock_dir(dir);
	int err = create_locked(dir, last, len, mode & ~who->umask, rdev, who, out);
	unlock_dir(dir);
	return err;
}

int name_mkdir(struct name *dir, const char *last, uint32_t len, uint32_t mode, const struct fs_caller *who)
{
	struct name *n;
	int err = name_create(dir, last, len, S_IFDIR | (mode & (0777 | S_ISVTX)), 0, who, &n);

	if (!err) name_unref(n);
	return err;
}

int name_symlink(struct name *dir, const char *last, uint32_t len, const char *target, const struct fs_caller *who)
{
	struct inode *i;

	if (!*target) return -ENOENT;
	if (special(last, len)) return -EEXIST;
	lock_dir(dir);
	int err = check_new(dir, last, len, who);
	if (!err && !dir->inode->ops->symlink) err = -EPERM;
	if (!err) err = dir->inode->ops->symlink(dir->inode, last, len, target, who, &i);
	unlock_dir(dir);
	if (!err) notify_entry(dir->inode, IN_CREATE, 0, last, len, false);
	if (!err) inode_unref(i);
	return err;
}

int name_link(struct name *dir, const char *last, uint32_t len, struct name *target, const struct fs_caller *who)
{
	if (special(last, len)) return -EEXIST;
	lock_dir(dir);
	int err = check_new(dir, last, len, who);
	if (!err && (dir->of != target->of || dir->inode->sb != target->inode->sb)) err = -EXDEV;
	if (!err && (S_ISDIR(target->inode->mode) || !dir->inode->ops->link)) err = -EPERM;
	if (!err && target->inode->nlink == 0) err = -ENOENT;
	if (!err) err = dir->inode->ops->link(dir->inode, last, len, target->inode);
	unlock_dir(dir);
	if (!err) notify_self(target->inode, IN_ATTRIB);
	if (!err) notify_entry(dir->inode, IN_CREATE, 0, last, len, false);
	return err;
}

/* ---- removing */
static int unlink_locked(struct name *dir, struct name *victim, bool directory, const struct fs_caller *who)
{
	const struct inode_ops *ops = dir->inode->ops;
	int (*op)(struct inode *, const char *, uint32_t, struct inode *) = directory ? ops->rmdir : ops->unlink;
	int err = may_change(dir, who);

	if (!err) err = may_delete(dir, victim, who);
	if (err) return err;
	if (S_ISDIR(victim->inode->mode) != directory) return directory ? -ENOTDIR : -EISDIR;
	if (!op) return -EPERM;
	err = op(dir->inode, victim->text, victim->len, victim->inode);
	if (err) return err;
	detach(victim);
	notify_removed(victim->inode);
	notify_entry(dir->inode, IN_DELETE, 0, victim->text, victim->len, directory);
	return 0;
}

static int remove_name(struct name *dir, const char *last, uint32_t len, bool directory, const struct fs_caller *who)
{
	struct name *victim = NULL;

	lock_dir(dir);
	int err = name_child(dir, last, len, &victim);
	if (!err) err = unlink_locked(dir, victim, directory, who);
	unlock_dir(dir);
	name_unref(victim);
	return err;
}

int name_unlink(struct name *dir, const char *last, uint32_t len, const struct fs_caller *who)
{
	if (special(last, len)) return -EISDIR;
	return remove_name(dir, last, len, false, who);
}

int name_rmdir(struct name *dir, const char *last, uint32_t len, const struct fs_caller *who)
{
	if (special(last, len)) return len == 1 && last[0] == '.' ? -EINVAL : len == 2 ? -ENOTEMPTY : -EBUSY;
	return remove_name(dir, last, len, true, who);
}

/* ---- renaming */
struct renaming {
	struct name *from, *to;
	const char *last; /* the new name */
	uint32_t len;
	struct name *what, *replaced; /* replaced may be NULL */
	char *text;                   /* the new name's text, allocated */
};

static bool is_below(const struct name *n, const struct name *top)
{
	for (; n != n->parent; n = n->parent)
		if (n == top) return true;
	return n == top;
}

static int rename_check_replaced(const struct renaming *r, const struct fs_caller *who)
{
	int err = may_delete(r->to, r->replaced, who);

	if (err) return err;
	bool dir = S_ISDIR(r->what->inode->mode), onto_dir = S_ISDIR(r->replaced->inode->mode);
	if (dir && !onto_dir) return -ENOTDIR;
	if (!dir && onto_dir) return -EISDIR;
	if (is_below(r->from, r->replaced)) return -ENOTEMPTY;
	return 0;
}

static int rename_check(const struct renaming *r, uint32_t flags, const struct fs_caller *who)
{
	bool dir = S_ISDIR(r->what->inode->mode);
	int err = may_change(r->from, who);

	if (!err) err = may_change(r->to, who);
	if (!err) err = may_delete(r->from, r->what, who);
	if (!err && dir && is_below(r->to, r->what)) err = -EINVAL;
	if (!err && dir && r->from != r->to) err = inode_permission(r->what->inode, W_OK, who);
	if (!err && r->replaced && (flags & RENAME_NOREPLACE)) err = -EEXIST;
	if (!err && r->replaced) err = rename_check_replaced(r, who);
	if (!err && !r->from->inode->ops->rename) err = -EPERM;
	return err;
}

/** The file system did it: now the names. Cannot fail. */
static void rename_names(struct renaming *r)
{
	struct name *n = r->what, *parent = n->parent;

	if (r->replaced) detach(r->replaced);
	list_remove(&n->hash_node);
	if (n->text != n->own_text) kfree(n->text);
	n->text = r->text;
	r->text = NULL;
	n->len = (uint16_t)r->len;
	name_ref(r->to);
	n->parent = r->to;
	name_hash_in(n);
	name_unref(parent);
}

static void tell_renamed(const struct renaming *r, const char *a, uint32_t alen)
{
	uint32_t cookie = notify_cookie();
	bool dir = S_ISDIR(r->what->inode->mode);

	notify_entry(r->from->inode, IN_MOVED_FROM, cookie, a, alen, dir);
	notify_entry(r->to->inode, IN_MOVED_TO, cookie, r->last, r->len, dir);
	if (r->replaced) notify_removed(r->replaced->inode);
	notify_self(r->what->inode, IN_MOVE_SELF);
}

static int rename_apply(struct renaming *r, const char *a, uint32_t alen)
{
	r->text = kmalloc(r->len + 1);
	if (!r->text) return -ENOMEM;
	memcpy(r->text, r->last, r->len);
	r->text[r->len] = '\0';
	int err = r->from->inode->ops->rename(r->from->inode, a, alen, r->to->inode, r->last, r->len, r->what->inode,
	                                      r->replaced ? r->replaced->inode : NULL);
	if (!err) {
		rename_names(r);
		tell_renamed(r, a, alen);
	}
	kfree(r->text);
	return err;
}

static int rename_locked(struct renaming *r, const char *a, uint32_t alen, uint32_t flags, const struct fs_caller *who)
{
	int err = name_child(r->from, a, alen, &r->what);

	if (err) return err;
	err = name_child(r->to, r->last, r->len, &r->replaced);
	if (err && err != -ENOENT) return err;
	err = rename_check(r, flags, who);
	if (err) return err;
	if (r->replaced && r->replaced->inode == r->what->inode) return 0; /* two links of one file: rename(2) does nothing */
	return rename_apply(r, a, alen);
}

int name_rename(struct name *from, const char *a, uint32_t alen, struct name *to, const char *b, uint32_t blen, uint32_t flags, const struct fs_caller *who)
{
	struct renaming r = {.from = from, .to = to, .last = b, .len = blen};

	if (flags & ~RENAME_NOREPLACE) return -EINVAL;
	if (from->of != to->of) return -EXDEV;
	if (special(a, alen) || special(b, blen)) return -EBUSY;
	lock_dir(from);
	bool two = to->inode != from->inode;
	if (two) mutex_lock_second(&to->inode->lock);
	int err = rename_locked(&r, a, alen, flags, who);
	if (two) mutex_unlock(&to->inode->lock);
	unlock_dir(from);
	name_unref(r.what);
	name_unref(r.replaced);
	return err;
}
