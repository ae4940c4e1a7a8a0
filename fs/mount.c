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

void mount_cover(struct mount *m, struct name *at)
{
	at = name_cross(at); /* what was mounted last is on top */
	m->at = at;
	at->mounted = m;
}

struct mount *mount_stand(struct name *at, struct superblock *sb, struct inode *root, uint32_t flags)
{
	static uint32_t last_id = 20; /* as small as Linux's, none of them special but the root's parent */
	struct mount *m = kzalloc(sizeof *m);

	if (m) m->root = name_alloc(NULL, m, "", 0, root);
	if (!m || !m->root) {
		kfree(m);
		return NULL;
	}
	inode_ref(root);
	m->sb = sb;
	m->flags = flags;
	m->id = ++last_id;
	sb->n_mounts++;
	list_push_back(&mounts, &m->node);
	if (at) {
		name_ref(at);
		mount_cover(m, at);
	} else {
		root_of_all = m->root;
	}
	return m;
}

int mount_add(struct name *at, struct superblock *sb, uint32_t flags)
{
	if (at && !S_ISDIR(at->inode->mode)) return -ENOTDIR;
	return mount_stand(at, sb, sb->root, flags) ? 0 : -ENOMEM;
}

/** m stands nowhere any more: it lives while its names do. */
static void take_down(struct mount *m)
{
	struct name *covered = m->at;

	covered->mounted = NULL;
	m->at = NULL;
	list_remove(&m->node);
	name_unref(covered);
	name_unref(m->root);
}

/** A mount that stands in m, or NULL. */
static struct mount *standing_in(const struct mount *m)
{
	struct mount *other;

	list_for_each(other, &mounts, node)
		if (other->at && other->at->of == m) return other;
	return NULL;
}

/** Everything that stands in m, innermost first. Not recursive: down to one that nothing stands in, again and again. */
static void take_down_inner(struct mount *m)
{
	struct mount *inner, *next;

	while ((inner = standing_in(m))) {
		while ((next = standing_in(inner))) inner = next;
		take_down(inner);
	}
}

int mount_remove(struct name *at, uint32_t flags)
{
	struct mount *m = at->of;

	if ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH))) return -EINVAL;
	if (!m || m->root != at || !m->at) return -EINVAL;
	if (at->mounted) return -EBUSY;
	if (!(flags & MNT_DETACH) && at->refs > 2) return -EBUSY; /* the mount's own reference and the caller's */
	if (!(flags & MNT_DETACH) && m->sb->n_mounts < 2 && m->sb->busy && m->sb->busy(m->sb)) return -EBUSY;
	if ((flags & MNT_EXPIRE) && !m->expiring) {
		m->expiring = true;
		return -EAGAIN;
	}
	take_down_inner(m);
	take_down(m);
	return 0;
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

void mount_free(struct mount *m)
{
	if (--m->sb->n_mounts == 0) superblock_destroy(m->sb);
	kfree(m->below);
	kfree(m);
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
