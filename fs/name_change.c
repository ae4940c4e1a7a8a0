/* name_change.c - create, link, unlink, rename: the calls that change a directory.
 * Called by: file.c, sys_file.c.
 * Never: runs two changes at once: the namespace lock is held by each, the directory's own lock against lookups.  */
#include "abi/linux_errno.h"
#include "fs/inotify.h"
#include "fs/name_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
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
	name_forget_twins(n);
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

/** A file made in a setgid directory by somebody who is not of its group is not setgid for it. */
static uint32_t new_mode(const struct name *dir, uint32_t mode, const struct fs_caller *who)
{
	const struct inode *d = dir->inode;

	mode &= ~who->umask;
	if (S_ISDIR(mode) || (mode & (S_ISGID | 0010)) != (S_ISGID | 0010) || !(d->mode & S_ISGID)) return mode;
	return has_cap(who, CAP_FSETID) || inode_in_group(who->cred, d->gid) ? mode : mode & ~S_ISGID;
}

int name_create(struct name *dir, const char *last, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct name **out)
{
	if (special(last, len)) return -EEXIST;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !has_cap(who, CAP_MKNOD)) return -EPERM;
	lock_dir(dir);
	int err = create_locked(dir, last, len, new_mode(dir, mode, who), rdev, who, out);
	unlock_dir(dir);
	return err;
}

int name_tmpfile(struct name *dir, uint32_t mode, const struct fs_caller *who, struct name **out)
{
	char text[16];
	struct inode *i;
	int err = may_change(dir, who);

	if (err) return err;
	if (!dir->inode->ops->tmpfile) return -EOPNOTSUPP;
	err = dir->inode->ops->tmpfile(dir->inode, new_mode(dir, S_IFREG | (mode & 07777), who), who, &i);
	if (err) return err;
	fmt_snprintf(text, sizeof text, "#%u", i->ino);
	*out = name_alloc(dir, dir->of, text, (uint32_t)strlen(text), i);
	if (!*out) {
		inode_unref(i);
		return -ENOMEM;
	}
	(*out)->unlinked = true;
	return 0;
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

/** Others' files can be linked only as far as they could be copied; proc(5) protected_hardlinks, which Debian sets. */
static int may_link(const struct inode *i, const struct fs_caller *who)
{
	if (has_cap(who, CAP_FOWNER) || who->cred->fsuid == i->uid) return 0;
	if (!S_ISREG(i->mode) || (i->mode & S_ISUID) || (i->mode & (S_ISGID | 0010)) == (S_ISGID | 0010)) return -EPERM;
	return inode_permission(i, R_OK | W_OK, who) ? -EPERM : 0;
}

int name_link(struct name *dir, const char *last, uint32_t len, struct name *target, const struct fs_caller *who)
{
	if (special(last, len)) return -EEXIST;
	lock_dir(dir);
	int err = check_new(dir, last, len, who);
	if (!err && (dir->of != target->of || dir->inode->sb != target->inode->sb)) err = -EXDEV;
	if (!err && (S_ISDIR(target->inode->mode) || !dir->inode->ops->link)) err = -EPERM;
	if (!err && target->inode->nlink == 0 && !target->inode->linkable) err = -ENOENT;
	if (!err) err = may_link(target->inode, who);
	if (!err) err = dir->inode->ops->link(dir->inode, last, len, target->inode);
	unlock_dir(dir);
	if (!err) notify_self(target->inode, IN_ATTRIB);
	if (!err) notify_entry(dir->inode, IN_CREATE, 0, last, len, false);
	return err;
}

/* ---- removing */
/* /proc/PID/maps goes on telling it. Without memory it does not. */
static void remember_path(struct name *victim)
{
	char *path = kmalloc(PATH_MAX);
	int len = path ? name_path(victim, NULL, path, PATH_MAX) : -ENOMEM;
	char *kept = len > 0 ? kmalloc((uint32_t)len) : NULL;

	if (kept) {
		memcpy(kept, path, (uint32_t)len);
		kfree(victim->inode->gone);
		victim->inode->gone = kept;
	}
	kfree(path);
}

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
	if (victim->inode->nlink == 0 && victim->inode->backing.n_areas) remember_path(victim);
	detach(victim);
	notify_removed(victim->inode);
	notify_entry(dir->inode, IN_DELETE, 0, victim->text, victim->len, directory);
	return 0;
}

static int remove_name(struct name *dir, const char *last, uint32_t len, bool directory, const struct fs_caller *who)
{
	struct name *victim = NULL;

	if (dir->of->flags & MS_RDONLY) return -EROFS; /* before the name is looked for */
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

static int exchange_check(const struct renaming *r, const struct fs_caller *who)
{
	if (!r->replaced) return -ENOENT;
	if (S_ISDIR(r->replaced->inode->mode) && is_below(r->from, r->replaced)) return -EINVAL;
	if (!r->from->inode->ops->exchange) return -EINVAL;
	return may_delete(r->to, r->replaced, who);
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
	if (!err && (flags & RENAME_EXCHANGE)) return exchange_check(r, who);
	if (!err && r->replaced) err = rename_check_replaced(r, who);
	if (!err && !r->from->inode->ops->rename) err = -EPERM;
	return err;
}

/** n is found below `to` as text now, whose memory it takes over. Cannot fail. */
static void move_name(struct name *n, struct name *to, char *text, uint32_t len)
{
	struct name *parent = n->parent;

	name_forget_twins(n);
	list_remove(&n->hash_node);
	if (n->text != n->own_text) kfree(n->text);
	n->text = text;
	n->len = (uint16_t)len;
	name_ref(to);
	n->parent = to;
	name_hash_in(n);
	name_unref(parent);
}

static char *copy_text(const char *last, uint32_t len)
{
	char *text = kmalloc(len + 1);

	if (!text) return NULL;
	memcpy(text, last, len);
	text[len] = '\0';
	return text;
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
	char *text = copy_text(r->last, r->len);

	if (!text) return -ENOMEM;
	int err = r->from->inode->ops->rename(r->from->inode, a, alen, r->to->inode, r->last, r->len, r->what->inode,
	                                      r->replaced ? r->replaced->inode : NULL);
	if (err) {
		kfree(text);
		return err;
	}
	if (r->replaced) detach(r->replaced);
	move_name(r->what, r->to, text, r->len);
	tell_renamed(r, a, alen);
	return 0;
}

static int exchange_apply(struct renaming *r, const char *a, uint32_t alen)
{
	char *there = copy_text(r->last, r->len), *here = copy_text(a, alen);
	int err = there && here ? r->from->inode->ops->exchange(r->from->inode, a, alen, r->to->inode, r->last, r->len) : -ENOMEM;

	if (err) {
		kfree(there);
		kfree(here);
		return err;
	}
	move_name(r->what, r->to, there, r->len);
	move_name(r->replaced, r->from, here, alen);
	struct renaming back = {.from = r->to, .to = r->from, .last = a, .len = alen, .what = r->replaced};
	r->replaced = NULL;
	tell_renamed(r, a, alen);
	tell_renamed(&back, r->last, r->len);
	r->replaced = back.what;
	return 0;
}

/** What a file was taken away from under an overlay: a device 0:0 that says so. */
static int whiteout(struct renaming *r, const char *a, uint32_t alen, const struct fs_caller *who)
{
	struct name *n;
	int err = create_locked(r->from, a, alen, S_IFCHR, 0, who, &n);

	if (!err) name_unref(n);
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
	if (flags & RENAME_EXCHANGE) return exchange_apply(r, a, alen);
	err = rename_apply(r, a, alen);
	return !err && (flags & RENAME_WHITEOUT) ? whiteout(r, a, alen, who) : err;
}

int name_rename(struct name *from, const char *a, uint32_t alen, struct name *to, const char *b, uint32_t blen, uint32_t flags, const struct fs_caller *who)
{
	struct renaming r = {.from = from, .to = to, .last = b, .len = blen};

	if ((flags & RENAME_WHITEOUT) && !has_cap(who, CAP_MKNOD)) return -EPERM;
	if (from->of != to->of) return -EXDEV;
	if (special(a, alen) || special(b, blen)) return -EBUSY;
	if (from->of->flags & MS_RDONLY) return -EROFS;
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
