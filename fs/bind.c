/* bind.c - parts of the tree seen at a second place, and mounts that move: mount(2), MS_BIND and MS_MOVE.
 * Called by: sys_dir.c.
 * Never: copies a file: names of both places lead to the same inodes.  */
#include "abi/linux_errno.h"
#include "fs/name_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

/** Is n inside top, or top itself? By the way up, through mounts. */
static bool inside(struct name *n, const struct name *top)
{
	for (;;) {
		if (n == top) return true;
		if (n->of && n->of->root == n && n->of->at)
			n = n->of->at;
		else if (n->parent != n)
			n = n->parent;
		else
			return false;
	}
}

/** Where n is inside its file system; NULL: at its top, or no memory (*err). */
static char *place(struct name *n, int *err)
{
	const char *before = n->of->below ? n->of->below : "";
	char *path = kmalloc(PATH_MAX), *whole = NULL;

	*err = path ? name_path(n, n->of->root, path, PATH_MAX) : -ENOMEM;
	if (*err > 0) {
		const char *rest = path[1] ? path : "";
		uint32_t size = (uint32_t)(strlen(before) + strlen(rest)) + 1;
		*err = 0;
		if (size > 1) whole = kmalloc(size);
		if (whole)
			fmt_snprintf(whole, size, "%s%s", before, rest);
		else if (size > 1)
			*err = -ENOMEM;
	}
	kfree(path);
	return whole;
}

static int bind_one(struct name *from, struct name *at, struct mount **out)
{
	int err;
	char *below = place(from, &err);

	if (err) return err;
	*out = mount_stand(at, from->of->sb, from->inode, from->of->flags);
	if (!*out) {
		kfree(below);
		return -ENOMEM;
	}
	(*out)->below = below;
	return 0;
}

/** The name that n, inside top, has under copy. -ENOENT: it cannot be reached there. */
static int twin(struct name *n, struct name *top, struct name *copy, struct walk *w)
{
	char *path = kmalloc(PATH_MAX);
	int err = path ? name_path(n, top, path, PATH_MAX) : -ENOMEM;

	if (err > 0) err = name_walk(w, copy, path[1] ? path + 1 : ".", 0, &fs_kernel_caller);
	kfree(path);
	return err;
}

/** The mounts below from, each at its place below copy. Those made on the way are not copied again: they are not inside from. */
static int bind_below(struct name *from, struct name *copy)
{
	const struct mount *last = list_entry(mounts.prev, struct mount, node);
	struct mount *m, *made;
	struct walk w;

	list_for_each(m, &mounts, node) {
		if (m->at && m->at != from && m->root != from && inside(m->at, from) && !inside(m->at, copy)) {
			int err = twin(m->at, from, copy, &w);
			if (!err) {
				err = bind_one(m->root, w.name, &made);
				name_unref(w.name);
			}
			if (err && err != -ENOENT) return err;
		}
		if (m == last) return 0;
	}
	return 0;
}

int mount_bind(struct name *from, struct name *at, bool recurse)
{
	struct mount *made;

	if (!from->of) return -EINVAL;
	if (S_ISDIR(from->inode->mode) != S_ISDIR(at->inode->mode)) return -ENOTDIR;
	int err = bind_one(from, at, &made);
	if (err || !recurse) return err;
	err = bind_below(from, made->root);
	if (err) {
		name_ref(made->root);
		(void)mount_remove(made->root, MNT_DETACH);
		name_unref(made->root);
	}
	return err;
}

int mount_move(struct name *from, struct name *at)
{
	struct mount *m = from->of;

	if (!m || m->root != from || !m->at) return -EINVAL;
	if (S_ISDIR(from->inode->mode) != S_ISDIR(at->inode->mode)) return -ENOTDIR;
	if (inside(at, from)) return -ELOOP;
	struct name *old = m->at;
	old->mounted = NULL;
	m->at = NULL;
	name_ref(at);
	mount_cover(m, at);
	name_unref(old);
	return 0;
}
