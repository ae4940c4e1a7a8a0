/* mount.c - which file system stands on which name; the kinds that mount(2) knows.
 * Called by: fs_init, sys_file.c (mount, umount2), /proc/mounts.
 * Never: frees a mount while one of its names lives: the root name's end is the mount's end.  */
#include "abi/linux_errno.h"
#include "fs/block.h"
#include "fs/name_priv.h"
#include "fs/writeback.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

struct list_node mounts;
static struct name *root_of_all;
static struct fstype *fstypes;

void mounts_init(void)
{
	list_init(&mounts);
	root_of_all = NULL;
}

struct name *name_root(void)
{
	return root_of_all;
}

/** A mount that stands nowhere yet; its root shows i, whose reference it takes over. NULL no memory. */
static struct mount *mount_alloc(struct superblock *sb, struct inode *i, uint32_t flags)
{
	struct mount *m = kzalloc(sizeof *m);
	struct name *root = m ? name_alloc(NULL, m, "", 0, i) : NULL;

	if (!root) {
		kfree(m);
		return NULL;
	}
	m->sb = sb;
	m->root = root;
	m->flags = flags;
	return m;
}

static void attach(struct mount *m, struct name *at)
{
	name_ref(at);
	m->at = at;
	at->mounted = m;
}

static void unattach(struct mount *m)
{
	struct name *covered = m->at;

	covered->mounted = NULL;
	m->at = NULL;
	name_unref(covered);
}

int mount_add(struct name *at, struct superblock *sb, uint32_t flags)
{
	if (at && !S_ISDIR(at->inode->mode)) return -ENOTDIR;
	struct mount *m = mount_alloc(sb, sb->root, flags);
	if (!m) return -ENOMEM;
	inode_ref(sb->root);
	list_push_back(&mounts, &m->node);
	if (at)
		attach(m, at);
	else
		root_of_all = m->root;
	return 0;
}

/* ---- taking away */
static void take_away(struct mount *m)
{
	unattach(m);
	list_remove(&m->node);
	name_unref(m->root);
}

/** Mounts on what is no longer to be reached go, too. */
static void sweep(void)
{
	struct mount *m, *next;
	bool again = true;

	while (again) {
		again = false;
		list_for_each_safe(m, next, &mounts, node) {
			if (!m->at || m->at->of->at || m->at->of->root == root_of_all) continue;
			take_away(m);
			again = true;
			break;
		}
	}
}

int mount_remove(struct name *at, uint32_t flags)
{
	struct mount *m = at->of;

	if ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH))) return -EINVAL;
	if (!m || m->root != at || !m->at) return -EINVAL;
	if (at->mounted) return -EBUSY;
	if (!(flags & MNT_DETACH) && at->refs > 2) return -EBUSY; /* the mount's own reference and the caller's */
	if (!(flags & MNT_DETACH) && !m->sb->n_mounts && m->sb->busy && m->sb->busy(m->sb)) return -EBUSY;
	if ((flags & MNT_EXPIRE) && !m->expiring) {
		m->expiring = true;
		return -EAGAIN;
	}
	take_away(m);
	sweep();
	return 0;
}

void mount_free(struct mount *m)
{
	if (m->sb->n_mounts) { /* another one shows the same files */
		m->sb->n_mounts--;
		superblock_unref(m->sb);
	} else {
		superblock_destroy(m->sb);
	}
	kfree(m);
}

/* ---- changing */
/** Files of this mount, or with `all` of any that shows its file system, are open for writing. */
static bool written(const struct mount *of, bool all)
{
	struct mount *m;

	list_for_each(m, &mounts, node)
		if ((m == of || (all && m->sb == of->sb)) && m->n_writers) return true;
	return false;
}

int mount_change(struct name *at, uint32_t flags, bool alone)
{
	struct mount *m = at->of, *other;

	if (!m || m->root != at) return -EINVAL;
	if ((flags & MS_RDONLY) && !(m->flags & MS_RDONLY) && written(m, !alone)) return -EBUSY;
	if (!alone && m->sb->remount && (m->sb->flags ^ flags) & MS_RDONLY) {
		int err = flags & MS_RDONLY ? writeback_sync(m->sb) : 0;
		if (!err) err = m->sb->remount(m->sb, flags & MS_RDONLY, false);
		if (err) return err;
	}
	m->flags = flags;
	if (alone) return 0;
	list_for_each(other, &mounts, node)
		if (other->sb == m->sb) other->flags = (other->flags & ~MS_RDONLY) | (flags & MS_RDONLY);
	return 0;
}

/* ---- the same files at another place */
static int bind_one(struct name *from, struct name *at)
{
	if (S_ISDIR(from->inode->mode) != S_ISDIR(at->inode->mode)) return -ENOTDIR;
	struct mount *m = mount_alloc(from->of->sb, from->inode, from->of->flags);
	if (!m) return -ENOMEM;
	inode_ref(from->inode);
	m->sb->n_mounts++;
	m->sb->refs++;
	list_push_back(&mounts, &m->node);
	attach(m, at);
	return 0;
}

/** The mount `below` from again, at the same path below `top`. */
static int bind_again(struct mount *below, struct name *from, struct name *top)
{
	char *path = kmalloc(PATH_MAX);
	struct walk w;
	int err = path ? name_path(below->root, from, path, PATH_MAX) : -ENOMEM;

	if (err > 0) err = name_walk(&w, top, path + 1, 0, &fs_kernel_caller);
	if (!err) {
		err = bind_one(below->root, w.name);
		name_unref(w.name);
	}
	kfree(path);
	return err;
}

int mount_bind(struct name *from, struct name *at, bool recursive)
{
	struct mount *m, *last = container_of(mounts.prev, struct mount, node);

	if (!from->of) return -EINVAL; /* a pipe met through /proc */
	int err = bind_one(from, at);
	if (err || !recursive) return err;
	list_for_each(m, &mounts, node) {
		if (m->at && m->at != at && m->root != from && name_is_below(m->at, from)) err = bind_again(m, from, at->mounted->root);
		if (err || m == last) break;
	}
	return err;
}

int mount_move(struct name *from, struct name *at)
{
	struct mount *m = from->of;

	if (!m || m->root != from || !m->at) return -EINVAL;
	if (S_ISDIR(from->inode->mode) != S_ISDIR(at->inode->mode)) return -ENOTDIR;
	if (name_is_below(at, from)) return -ELOOP;
	name_ref(at);
	unattach(m);
	attach(m, at);
	name_unref(at);
	return 0;
}

/* ---- kinds */
void fstype_register(struct fstype *t)
{
	struct fstype **end = &fstypes;

	while (*end && *end != t) end = &(*end)->next;
	if (*end == t) return;
	t->next = NULL;
	*end = t;
}

struct fstype *fstype_first(void)
{
	return fstypes;
}

/** The device that source names. */
static int find_device(const char *source, const struct fs_caller *who, struct block_dev **out)
{
	struct walk w;
	int err = name_walk(&w, NULL, source, WALK_FOLLOW, who);

	if (err) return err;
	if (!S_ISBLK(w.name->inode->mode)) err = -ENOTBLK;
	if (!err && w.name->of && (w.name->of->flags & MS_NODEV)) err = -EACCES;
	*out = err ? NULL : block_find(w.name->inode->rdev);
	name_unref(w.name);
	return err ? err : *out ? 0 : -ENXIO;
}

int fstype_make(const char *type, const char *source, const char *data, uint32_t *flags, struct superblock **out, const struct fs_caller *who)
{
	struct fstype *t = fstypes;
	struct block_dev *dev;

	while (t && strcmp(t->name, type)) t = t->next;
	if (!t) return -ENODEV;
	if (!t->make_on) return t->make(source, data, out);
	int err = find_device(source, who, &dev);
	return err ? err : t->make_on(dev, source, data, flags, out);
}

int fstype_mount(const char *type, const char *source, const char *data, struct name *at, uint32_t flags, const struct fs_caller *who)
{
	struct superblock *sb;
	int err = fstype_make(type, source, data, &flags, &sb, who);

	if (err) return err;
	err = mount_add(at, sb, flags);
	if (err) superblock_destroy(sb);
	return err;
}
