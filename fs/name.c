/* name.c - names: their life, the hash that finds them, paths back to the root.
 * Called by: walk.c, name_change.c, mount.c, sys_file.c, exec.
 * Never: keeps a name that nobody holds; a file system's directory is the place where names live.  */
#include "fs/name.h"
#include "abi/linux_errno.h"
#include "fs/name_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define HASH_SIZE 128u

static struct list_node hash_table[HASH_SIZE];

void names_init(void)
{
	for (uint32_t n = 0; n < HASH_SIZE; n++) list_init(&hash_table[n]);
	mounts_init();
}

/* ---- life */
void name_ref(struct name *n)
{
	n->refs++;
}

static struct name *name_free(struct name *n)
{
	struct name *parent = n->parent == n ? NULL : n->parent;

	list_remove(&n->hash_node);
	inode_unref(n->inode);
	if (n->of && n->of->root == n) mount_free(n->of);
	if (n->text != n->own_text) kfree(n->text);
	kfree(n);
	return parent;
}

void name_unref(struct name *n)
{
	while (n) { /* the last reference of a child is one of its parent */
		KASSERT2(n->refs > 0, n->refs, n->len);
		if (--n->refs) return;
		n = name_free(n);
	}
}

struct name *name_alloc(struct name *parent, struct mount *of, const char *text, uint32_t len, struct inode *i)
{
	struct name *n = kzalloc(sizeof *n + len + 1);

	if (!n) return NULL;
	list_init(&n->hash_node);
	n->parent = parent ? parent : n;
	if (parent) name_ref(parent);
	n->inode = i;
	n->of = of;
	n->refs = 1;
	n->len = (uint16_t)len;
	n->text = n->own_text;
	memcpy(n->text, text, len);
	return n;
}

struct name *name_anonymous(struct inode *i, const char *text)
{
	return name_alloc(NULL, NULL, text, (uint32_t)strlen(text), i);
}

/* ---- finding */
uint32_t name_hash(const struct name *parent, const char *text, uint32_t len)
{
	uint32_t h = 2166136261u ^ (uint32_t)(uintptr_t)parent; /* FNV-1a */

	for (uint32_t n = 0; n < len; n++) h = (h ^ (uint8_t)text[n]) * 16777619u;
	return h;
}

void name_hash_in(struct name *n)
{
	n->hash = name_hash(n->parent, n->text, n->len);
	list_push_front(&hash_table[n->hash % HASH_SIZE], &n->hash_node);
}

static struct name *find_living(struct name *dir, const char *last, uint32_t len)
{
	uint32_t h = name_hash(dir, last, len);
	struct name *n;

	list_for_each(n, &hash_table[h % HASH_SIZE], hash_node)
		if (n->hash == h && n->parent == dir && n->len == len && !memcmp(n->text, last, len)) {
			name_ref(n);
			return n;
		}
	return NULL;
}

/** May the directory have been changed through another mount, by other names? */
static bool shared(const struct name *dir)
{
	return dir->of && dir->of->sb->n_mounts > 1;
}

/** n was found, and its directory says that this is i (NULL: nothing). A name that lies is found no more. */
static bool holds(struct name *n, const struct inode *i)
{
	if (i && i->ino == n->inode->ino && i->generation == n->inode->generation) return true;
	list_remove(&n->hash_node);
	n->unlinked = true;
	return false;
}

int name_child(struct name *dir, const char *last, uint32_t len, struct name **out)
{
	struct inode *i = NULL;

	if (len > NAME_MAX) return -ENAMETOOLONG;
	if (!S_ISDIR(dir->inode->mode) || !dir->inode->ops->lookup) return -ENOTDIR;
	struct name *living = find_living(dir, last, len);
	*out = living;
	if (living && !shared(dir)) return 0;
	int err = dir->inode->ops->lookup(dir->inode, last, len, &i);
	if (living && holds(living, i)) {
		inode_unref(i);
		return 0;
	}
	name_unref(living);
	if (err) return err;
	struct name *n = name_alloc(dir, dir->of, last, len, i);
	if (!n) {
		inode_unref(i);
		return -ENOMEM;
	}
	name_hash_in(n);
	*out = n;
	return 0;
}

void name_forget_twins(const struct name *n)
{
	struct name *t, *next;

	if (!n->inode->sb->n_mounts) return;
	for (uint32_t h = 0; h < HASH_SIZE; h++)
		list_for_each_safe(t, next, &hash_table[h], hash_node)
			if (t != n && t->parent->inode == n->parent->inode && t->len == n->len && !memcmp(t->text, n->text, n->len)) {
				list_remove(&t->hash_node);
				t->unlinked = true;
			}
}

struct name *name_cross(struct name *n)
{
	while (n->mounted) {
		struct name *over = n->mounted->root;
		name_ref(over);
		name_unref(n);
		n = over;
	}
	return n;
}

int name_lookup(struct name *dir, const char *last, uint32_t len, struct name **out)
{
	struct name *n;

	if (len > NAME_MAX) return -ENAMETOOLONG;
	n = shared(dir) ? NULL : find_living(dir, last, len);
	if (!n) {
		mutex_lock(&dir->inode->lock);
		int err = name_child(dir, last, len, &n);
		mutex_unlock(&dir->inode->lock);
		if (err) return err;
	}
	*out = name_cross(n);
	return 0;
}

struct name *name_of_inode(const struct inode *i)
{
	struct name *n;

	for (uint32_t h = 0; h < HASH_SIZE; h++)
		list_for_each(n, &hash_table[h], hash_node)
			if (n->inode == i) {
				name_ref(n);
				return n;
			}
	return NULL;
}

/* ---- back to the root */
/** The name above n as a path shows it; NULL at the end of the way. */
static struct name *above(struct name *n)
{
	while (n->of && n->of->root == n && n->of->at) n = n->of->at;
	return n->parent == n ? NULL : n->parent;
}

/** n without the mounts on whose root it stands: this one carries the text. */
static struct name *covered(struct name *n)
{
	while (n->of && n->of->root == n && n->of->at) n = n->of->at;
	return n;
}

bool name_is_below(struct name *n, const struct name *root)
{
	while (n && n != root) n = above(n);
	return n != NULL;
}

int name_path(struct name *n, struct name *root, char *out, uint32_t size)
{
	uint32_t at = size; /* the path grows from the end of out towards its start */

	if (!n->of) {
		if (n->len + 1u > size) return -ERANGE;
		memcpy(out, n->text, n->len + 1u);
		return n->len + 1;
	}
	if (size < 2) return -ERANGE;
	out[--at] = '\0';
	for (; n && n != root; n = above(n)) {
		const struct name *shown = covered(n);
		if (shown->parent == shown) break;
		if (at < shown->len + 1u) return -ERANGE;
		at -= shown->len;
		memcpy(out + at, shown->text, shown->len);
		out[--at] = '/';
	}
	if (at == size - 1) out[--at] = '/';
	memmove(out, out + at, size - at);
	return (int)(size - at);
}

int name_path_of_inode(const struct inode *i, char *out, uint32_t size)
{
	struct name *n = name_of_inode(i);
	struct mount *m;

	if (n) {
		int len = name_path(n, NULL, out, size);
		name_unref(n);
		return len;
	}
	if (!i->ops->path) return -ENOENT;
	list_for_each(m, &mounts, node) {
		if (m->sb != i->sb) continue;
		int len = name_path(m->root, NULL, out, size); /* "/" or "/dev/shm", with its NUL */
		if (len < 0) return len;
		uint32_t before = len == 2 ? 0 : (uint32_t)len - 1;
		int rest = i->ops->path(i, out + before, size - before);
		return rest < 0 ? rest : (int)before + rest;
	}
	return -ENOENT;
}
