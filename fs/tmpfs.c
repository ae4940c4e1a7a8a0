/* tmpfs.c - files in memory: directories of entries; data has no other place than the page cache.
 * Called by: names through inode_ops; fs_init for the root; mount(2).
 * Never: sleeps, so a change of a directory is whole without a lock of its own.  */
#include "fs/tmpfs.h"
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define BUCKETS 256u          /* of the one hash of all entries: a root has some 500 */
#define FIRST_ID 2u           /* cookies 0 and 1 are "." and ".." */
#define ID_MAX 0x7ffffff0u

/** One entry of a directory. Its id is the readdir cookie: it grows, so an unlink never moves another entry. */
struct entry {
	struct list_node in_dir;
	struct entry *hash_next;
	struct inode *dir, *inode; /* inode is referenced */
	uint32_t hash, id;
	uint16_t len;
	char text[];
};
struct dir {
	struct list_node entries;  /* by id */
	struct inode *parent;      /* not referenced: itself at the root and after removal */
	struct entry *self;        /* its entry in parent; NULL at the root and after removal */
	uint32_t next_id;
};
static struct entry *buckets[BUCKETS];
static const struct inode_ops dir_ops, file_inode_ops, link_ops;
static const struct file_ops dir_file_ops;

/* ---- entries */
static uint32_t entry_hash(const struct inode *dir, const char *text, uint32_t len)
{
	uint32_t h = 2166136261u ^ (uint32_t)(uintptr_t)dir; /* FNV-1a */

	for (uint32_t n = 0; n < len; n++) h = (h ^ (uint8_t)text[n]) * 16777619u;
	return h;
}

static struct entry *find(const struct inode *dir, const char *text, uint32_t len)
{
	uint32_t h = entry_hash(dir, text, len);

	for (struct entry *e = buckets[h % BUCKETS]; e; e = e->hash_next)
		if (e->hash == h && e->dir == dir && e->len == len && !memcmp(e->text, text, len)) return e;
	return NULL;
}

static uint32_t new_id(struct dir *d)
{
	struct entry *e;

	if (d->next_id >= ID_MAX) { /* two thousand million creations: count anew */
		d->next_id = FIRST_ID;
		list_for_each(e, &d->entries, in_dir) e->id = d->next_id++;
	}
	return d->next_id++;
}

static struct entry *entry_alloc(const char *text, uint32_t len)
{
	struct entry *e = kmalloc((uint32_t)sizeof *e + len + 1);

	if (!e) return NULL;
	e->len = (uint16_t)len;
	memcpy(e->text, text, len);
	e->text[len] = '\0';
	return e;
}

/** Put e into dir. Takes over the inode's reference. Cannot fail. */
static void entry_add(struct inode *dir, struct entry *e, struct inode *i)
{
	struct dir *d = dir->priv;

	e->dir = dir;
	e->inode = i;
	e->hash = entry_hash(dir, e->text, e->len);
	e->hash_next = buckets[e->hash % BUCKETS];
	buckets[e->hash % BUCKETS] = e;
	e->id = new_id(d);
	list_push_back(&d->entries, &e->in_dir);
	inode_touch_data(dir);
	if (S_ISREG(i->mode)) i->priv = e; /* its latest name */
	if (!S_ISDIR(i->mode)) return;
	((struct dir *)i->priv)->parent = dir;
	((struct dir *)i->priv)->self = e;
	dir->nlink++;
}

/** Take e out of its directory; the inode's reference goes to the caller. */
static struct inode *entry_remove(struct entry *e)
{
	struct entry **at = &buckets[e->hash % BUCKETS];
	struct inode *i = e->inode, *dir = e->dir;

	while (*at != e) at = &(*at)->hash_next;
	*at = e->hash_next;
	list_remove(&e->in_dir);
	if (S_ISREG(i->mode) && i->priv == e) i->priv = NULL;
	if (S_ISDIR(i->mode)) {
		((struct dir *)i->priv)->parent = i;
		((struct dir *)i->priv)->self = NULL;
		dir->nlink--;
	}
	inode_touch_data(dir);
	kfree(e);
	return i;
}

static bool is_empty(const struct inode *dir)
{
	return list_empty(&((struct dir *)dir->priv)->entries);
}

/* ---- inodes */
static struct inode *make_inode(struct superblock *sb, uint32_t mode, uint32_t rdev)
{
	struct inode *i = inode_new(sb, S_ISDIR(mode) ? &dir_ops : S_ISLNK(mode) ? &link_ops : &file_inode_ops, mode);

	if (!i || !S_ISDIR(mode)) {
		if (i) i->rdev = rdev;
		return i;
	}
	struct dir *d = kmalloc(sizeof *d);
	if (!d) {
		inode_unref(i);
		return NULL;
	}
	list_init(&d->entries);
	d->parent = i;
	d->self = NULL;
	d->next_id = FIRST_ID;
	i->priv = d;
	i->nlink = 2;
	i->fops = &dir_file_ops;
	return i;
}

static int set_text(struct inode *link, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);

	link->priv = kmalloc(len + 1);
	if (!link->priv) return -ENOMEM;
	memcpy(link->priv, text, len + 1);
	link->size = len;
	return 0;
}

static void evict(struct inode *i)
{
	kfree(i->priv); /* a directory's entries are gone before it: rmdir and empty_tree see to it */
	i->priv = NULL;
}

static void own(struct inode *i, const struct inode *dir, const struct fs_caller *who)
{
	i->uid = who->cred->fsuid;
	i->gid = dir->mode & S_ISGID ? dir->gid : who->cred->fsgid;
	if ((dir->mode & S_ISGID) && S_ISDIR(i->mode)) i->mode |= S_ISGID;
}

/* ---- operations on names */
static int op_lookup(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	struct entry *e = find(dir, part, len);

	if (!e) return -ENOENT;
	inode_ref(e->inode);
	*out = e->inode;
	return 0;
}

static int op_create(struct inode *dir, const char *part, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct inode **out)
{
	struct entry *e = entry_alloc(part, len);
	struct inode *i = e ? make_inode(dir->sb, mode, rdev) : NULL;

	if (!i) {
		kfree(e);
		return -ENOSPC;
	}
	own(i, dir, who);
	entry_add(dir, e, i);
	inode_ref(i);
	*out = i;
	return 0;
}

static int op_symlink(struct inode *dir, const char *part, uint32_t len, const char *target, const struct fs_caller *who, struct inode **out)
{
	struct entry *e = entry_alloc(part, len);
	struct inode *i = e ? make_inode(dir->sb, S_IFLNK | 0777, 0) : NULL;

	if (!i || set_text(i, target)) {
		inode_unref(i);
		kfree(e);
		return -ENOSPC;
	}
	own(i, dir, who);
	entry_add(dir, e, i);
	inode_ref(i);
	*out = i;
	return 0;
}

static int op_link(struct inode *dir, const char *part, uint32_t len, struct inode *target)
{
	struct entry *e = entry_alloc(part, len);

	if (!e) return -ENOSPC;
	inode_ref(target);
	target->nlink++;
	inode_touch_meta(target);
	entry_add(dir, e, target);
	return 0;
}

static int op_unlink(struct inode *dir, const char *part, uint32_t len, struct inode *victim)
{
	struct entry *e = find(dir, part, len);

	if (!e) return -ENOENT;
	KASSERT2(e->inode == victim, e->inode->ino, victim->ino);
	victim->nlink--;
	inode_touch_meta(victim);
	inode_unref(entry_remove(e));
	return 0;
}

static int op_rmdir(struct inode *dir, const char *part, uint32_t len, struct inode *victim)
{
	struct entry *e = find(dir, part, len);

	if (!e) return -ENOENT;
	if (!is_empty(victim)) return -ENOTEMPTY;
	victim->nlink = 0;
	inode_unref(entry_remove(e));
	return 0;
}

static int op_rename(struct inode *from, const char *a, uint32_t alen, struct inode *to, const char *b, uint32_t blen, struct inode *what, struct inode *replaced)
{
	struct entry *old = find(from, a, alen), *victim = find(to, b, blen);

	if (!old) return -ENOENT;
	if (replaced && S_ISDIR(replaced->mode) && !is_empty(replaced)) return -ENOTEMPTY;
	struct entry *e = entry_alloc(b, blen);
	if (!e) return -ENOSPC;
	if (victim) {
		victim->inode->nlink -= S_ISDIR(victim->inode->mode) ? victim->inode->nlink : 1;
		inode_touch_meta(victim->inode);
		inode_unref(entry_remove(victim));
	}
	inode_touch_meta(what);
	entry_add(to, e, entry_remove(old));
	return 0;
}

static int op_tmpfile(struct inode *dir, uint32_t mode, const struct fs_caller *who, struct inode **out)
{
	struct inode *i = make_inode(dir->sb, mode, 0);

	if (!i) return -ENOSPC;
	own(i, dir, who);
	i->nlink = 0;
	*out = i;
	return 0;
}

/** Two new entries take the places of the old ones, each with the other's inode. */
static int op_exchange(struct inode *from, const char *a, uint32_t alen, struct inode *to, const char *b, uint32_t blen)
{
	struct entry *x = find(from, a, alen), *y = find(to, b, blen);
	struct entry *new_x = entry_alloc(a, alen), *new_y = entry_alloc(b, blen);

	if (!x || !y || !new_x || !new_y) {
		kfree(new_x);
		kfree(new_y);
		return x && y ? -ENOSPC : -ENOENT;
	}
	struct inode *was_x = entry_remove(x), *was_y = entry_remove(y);
	inode_touch_meta(was_x);
	inode_touch_meta(was_y);
	entry_add(to, new_y, was_x);
	entry_add(from, new_x, was_y);
	return 0;
}

static int op_readlink(struct inode *i, char *out, uint32_t size, const struct fs_caller *who)
{
	uint32_t n = (uint32_t)MIN(i->size, (uint64_t)size);

	UNUSED(who);
	memcpy(out, i->priv, n);
	return (int)n;
}

static int op_truncate(struct inode *i, uint64_t size)
{
	if (size > (uint64_t)PAGES_INDEX_MAX << PAGE_SHIFT) return -EFBIG;
	if (size < i->size) pages_truncate(i, size);
	i->size = size;
	inode_touch_data(i);
	return 0;
}

/* ---- reading directories */
static struct entry *entry_from(struct dir *d, uint64_t cookie)
{
	struct entry *e;

	list_for_each(e, &d->entries, in_dir)
		if (e->id >= cookie) return e;
	return NULL;
}

static int dir_readdir(struct file *f, uint64_t *cookie, dir_emit emit, void *ctx)
{
	struct dir *d = f->inode->priv;

	if (*cookie == 0) {
		if (!emit(ctx, ".", 1, f->inode->ino, DT_DIR, 1)) return 0;
		*cookie = 1;
	}
	if (*cookie == 1) {
		if (!emit(ctx, "..", 2, d->parent->ino, DT_DIR, FIRST_ID)) return 0;
		*cookie = FIRST_ID;
	}
	/* looked up again each time: the emitter may sleep, and entries may go */
	for (struct entry *e; (e = entry_from(d, *cookie));) {
		uint32_t next = e->id + 1;
		if (!emit(ctx, e->text, e->len, e->inode->ino, MODE_TO_DT(e->inode->mode), next)) return 0;
		*cookie = next;
	}
	return 0;
}

static int sync_nothing(struct file *f)
{
	UNUSED(f);
	return 0;
}

/** A place in a directory is a cookie: it cannot be counted from the end. */
static int64_t dir_seek(struct file *f, int64_t off, int whence)
{
	int64_t to = whence == SEEK_SET ? off : whence == SEEK_CUR ? (int64_t)f->pos + off : -1;

	if (to < 0) return -EINVAL;
	f->pos = (uint64_t)to;
	return to;
}

static const struct file_ops dir_file_ops = {.seek = dir_seek, .readdir = dir_readdir, .fsync = sync_nothing};
static const struct inode_ops dir_ops = {
	.lookup = op_lookup,
	.create = op_create,
	.symlink = op_symlink,
	.link = op_link,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.rename = op_rename,
	.tmpfile = op_tmpfile,
	.exchange = op_exchange,
	.evict = evict,
};
static int file_path(const struct inode *i, char *out, uint32_t size)
{
	const struct entry *e = S_ISREG(i->mode) ? i->priv : NULL;
	uint32_t at = size; /* the path grows from the end of out */

	if (!e) return -ENOENT;
	if (size == 0) return -ERANGE;
	for (out[--at] = '\0'; e; e = ((const struct dir *)e->dir->priv)->self) {
		if (at < e->len + 1u) return -ERANGE;
		at -= e->len;
		memcpy(out + at, e->text, e->len);
		out[--at] = '/';
	}
	memmove(out, out + at, size - at);
	return (int)(size - at);
}

static const struct inode_ops file_inode_ops = {.truncate = op_truncate, .path = file_path};
static const struct inode_ops link_ops = {.readlink = op_readlink, .evict = evict};

/* ---- paths below the root, for those who build a tree */
static int need_dir(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	struct entry *e = find(dir, part, len);

	if (!e) {
		struct inode *i = make_inode(dir->sb, S_IFDIR | 0755, 0);
		e = i ? entry_alloc(part, len) : NULL;
		if (!e) {
			inode_unref(i);
			return -ENOMEM;
		}
		entry_add(dir, e, i);
	}
	*out = e->inode;
	return S_ISDIR(e->inode->mode) ? 0 : -ENOTDIR;
}

static bool dots(const char *p, uint32_t len)
{
	return p[0] == '.' && (len == 1 || (len == 2 && p[1] == '.'));
}

int tmpfs_parent(struct superblock *sb, const char *path, struct inode **dir, const char **last, uint32_t *len)
{
	struct inode *at = sb->root;

	for (;;) {
		uint32_t n = 0;
		while (*path == '/') path++;
		while (path[n] && path[n] != '/') n++;
		const char *next = path + n;
		while (*next == '/') next++;
		if (n > NAME_MAX || (n == 2 && dots(path, n))) return -EINVAL;
		if (!*next) {
			*dir = at;
			*last = path;
			*len = n;
			return 0;
		}
		int err = dots(path, n) ? 0 : need_dir(at, path, n, &at);
		if (err) return err;
		path = next;
	}
}

/** Make room for a new entry: an old file goes; an old directory stays, and a file cannot replace it. */
static int remove_old(struct inode *dir, const char *last, uint32_t len)
{
	struct entry *e = find(dir, last, len);

	if (!e) return 0;
	if (S_ISDIR(e->inode->mode)) return -EISDIR;
	e->inode->nlink--;
	inode_unref(entry_remove(e));
	return 0;
}

int tmpfs_link_at(struct superblock *sb, const char *path, struct inode *target)
{
	struct inode *dir;
	const char *last;
	uint32_t len;
	int err = tmpfs_parent(sb, path, &dir, &last, &len);

	if (!err && (len == 0 || dots(last, len))) err = -EISDIR;
	if (!err && find(dir, last, len) && find(dir, last, len)->inode == target) return 0;
	if (!err) err = remove_old(dir, last, len);
	return err ? err : op_link(dir, last, len, target) ? -ENOMEM : 0;
}

static int new_node(struct inode *dir, const char *last, uint32_t len, uint32_t mode, uint32_t rdev, const char *text, struct inode **out)
{
	struct inode *i = make_inode(dir->sb, mode, rdev);
	struct entry *e = i ? entry_alloc(last, len) : NULL;

	if (!e || (text && set_text(i, text))) {
		inode_unref(i);
		kfree(e);
		return -ENOMEM;
	}
	entry_add(dir, e, i);
	*out = i;
	return 0;
}

int tmpfs_node(struct superblock *sb, const char *path, uint32_t mode, uint32_t rdev, const char *text, struct inode **out)
{
	struct inode *dir, *i = NULL;
	const char *last;
	uint32_t len;
	int err = tmpfs_parent(sb, path, &dir, &last, &len);

	if (err) return err;
	bool top = len == 0 || dots(last, len); /* "." names the root itself */
	if (S_ISDIR(mode)) {
		i = dir;
		if (!top) err = need_dir(dir, last, len, &i);
		if (!err) i->mode = mode;
	} else {
		err = top ? -EISDIR : remove_old(dir, last, len);
		if (!err) err = new_node(dir, last, len, mode, rdev, text, &i);
	}
	if (err || !out) return err;
	inode_ref(i);
	*out = i;
	return 0;
}

/* ---- the file system as a whole */
static int op_statfs(struct superblock *sb, struct linux_statfs64 *out)
{
	uint32_t unused = frame_free_count();

	memset(out, 0, sizeof *out);
	out->type = TMPFS_MAGIC;
	out->bsize = out->frsize = PAGE_SIZE;
	out->blocks = sb->max_pages ? sb->max_pages : frame_total();
	out->bfree = out->bavail = sb->max_pages ? MIN(unused, sb->max_pages - MIN(sb->n_pages, sb->max_pages)) : unused;
	out->files = frame_total();
	out->ffree = frame_free_count();
	out->namelen = NAME_MAX;
	return 0;
}

/** Take the tree apart from the leaves; inodes that are still open live on without names. Not recursive: down, else remove. */
static void empty_tree(struct superblock *sb)
{
	struct inode *dir = sb->root;

	for (;;) {
		struct dir *d = dir->priv;
		struct entry *e = list_first(&d->entries, struct entry, in_dir);
		if (e && S_ISDIR(e->inode->mode) && !is_empty(e->inode)) {
			dir = e->inode;
		} else if (e) {
			e->inode->nlink = 0;
			inode_unref(entry_remove(e));
		} else if (dir == sb->root) {
			return;
		} else {
			dir = d->parent;
		}
	}
}

int tmpfs_make(const char *source, const char *data, struct superblock **out)
{
	struct tmpfs_options o;
	int err = tmpfs_parse(data, &o);

	if (err) return err;
	struct superblock *sb = superblock_new("tmpfs", source);
	if (!sb) return -ENOMEM;
	sb->max_pages = o.max_pages;
	sb->root = make_inode(sb, S_IFDIR | o.mode, 0);
	if (!sb->root) {
		superblock_unref(sb);
		return -ENOMEM;
	}
	sb->root->uid = o.uid;
	sb->root->gid = o.gid;
	sb->attributes = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP;
	sb->xattrs = true;
	sb->statfs = op_statfs;
	sb->kill = empty_tree;
	*out = sb;
	return 0;
}

int tmpfs_shared_backing(uint64_t bytes, struct backing **out)
{
	static struct superblock anonymous = {.fstype = "tmpfs", .source = "anonymous", .refs = 1};
	struct inode *i = make_inode(&anonymous, S_IFREG | 0600, 0);

	if (!i) return -ENOMEM;
	i->nlink = 0;
	i->size = bytes;
	*out = &i->backing;
	return 0;
}
