/* inode.c - ext2's inodes: from the table and back, kept after their last user, created and ended.
 * Called by: names.c, super.c, writeback.c; inode_unref through evict.
 * Never: two inodes here for one on the disk: all that are in memory are in the hash until their last name is gone.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "fs/page_tree.h"
#include "fs/pages.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define KEEP_SHARE 16u /* inodes kept: one for so many pages of memory */

/* ---- the ones that are kept */
static struct list_node *chain(struct ext2 *fs, uint32_t ino)
{
	return &fs->hash[ino % EXT2_HASH];
}

static struct inode *find_kept(struct ext2 *fs, uint32_t ino)
{
	struct ext2_info *info;

	list_for_each(info, chain(fs, ino), hash_node)
		if (info->inode->ino == ino) return info->inode;
	return NULL;
}

/** Takes over a reference. */
static void keep(struct ext2 *fs, struct ext2_info *info)
{
	list_push_front(chain(fs, info->inode->ino), &info->hash_node);
	list_push_back(&fs->kept, &info->kept_node);
	info->kept = true;
	fs->n_kept++;
}

bool ext2_unkeep(struct inode *i)
{
	struct ext2_info *info = ext2_info(i);
	bool was = info->kept;

	if (!was) return false;
	list_remove(&info->hash_node);
	list_remove(&info->kept_node);
	info->kept = false;
	ext2_of(i)->n_kept--;
	return true;
}

static bool can_drop(const struct inode *i, bool hard)
{
	if (i->refs != 1 || i->dirty || i->n_writing || i->write_error || (i->pages && i->pages->n_dirty)) return false;
	return !hard || !i->pages || i->pages->n_pages == 0; /* hard: pages go one by one, by their use */
}

void ext2_shrink(struct inode_keeper *k, bool hard)
{
	struct ext2 *fs = k->sb->priv;
	struct ext2_info *info, *next;
	uint32_t limit = frame_total() / KEEP_SHARE;

	mutex_lock(&fs->lock);
	list_for_each_safe(info, next, &fs->kept, kept_node) { /* nothing here sleeps: what is dropped is clean */
		if (!hard && fs->n_kept <= limit) break;
		if (can_drop(info->inode, hard) && ext2_unkeep(info->inode)) inode_unref(info->inode);
	}
	mutex_unlock(&fs->lock);
}

bool ext2_in_use(struct ext2 *fs, bool writers)
{
	struct ext2_info *info;

	list_for_each(info, &fs->kept, kept_node) {
		if (writers ? info->inode->n_writers > 0 : info->inode != fs->sb->root && info->inode->refs > 1) return true;
	}
	return false;
}

/* ---- what outlives its file system: the root's last reference, a mapping after umount -l */
static int dead_read(struct inode *i, uint32_t first, uint32_t n, const uint32_t *pfn)
{
	UNUSED(i);
	UNUSED(first);
	UNUSED(n);
	UNUSED(pfn);
	return -EIO;
}

static int dead_write(struct inode *i, uint32_t first, uint32_t n, const struct page_out *out)
{
	UNUSED(i);
	UNUSED(first);
	UNUSED(n);
	UNUSED(out);
	return -EIO;
}

static const struct inode_ops dead_ops = {.read_pages = dead_read, .write_pages = dead_write};

void ext2_drop_all(struct ext2 *fs)
{
	while (!list_empty(&fs->kept)) {
		struct inode *i = list_first(&fs->kept, struct ext2_info, kept_node)->inode;
		(void)ext2_unkeep(i);
		if (i->refs > 1) {
			i->ops = &dead_ops;
			kfree(i->priv);
			i->priv = NULL;
		}
		inode_unref(i);
	}
}

/* ---- from the table and back */
static int table_place(struct ext2 *fs, uint32_t ino, struct ext2_buf *b, struct ext2_dinode **out)
{
	struct ext2_group *g;
	uint32_t group = (ino - 1) / fs->inodes_per_group, at = (ino - 1) % fs->inodes_per_group * fs->inode_bytes;

	if (ino == 0 || ino > fs->n_inodes) return ext2_damage(fs, "no such inode", ino);
	int err = ext2_group(fs, group, b, &g);
	if (err) return err;
	uint64_t pos = ((uint64_t)g->inode_table << fs->block_shift) + at;
	ext2_put(b);
	err = ext2_bytes(fs, pos, b);
	if (!err) *out = (struct ext2_dinode *)b->data;
	return err;
}

static const struct inode_ops *ops_for(uint32_t mode)
{
	if (S_ISREG(mode)) return &ext2_file_ops;
	if (S_ISDIR(mode)) return &ext2_dir_ops;
	return S_ISLNK(mode) ? &ext2_link_ops : &ext2_special_ops;
}

static bool known_kind(uint32_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
}

static struct timestamp seconds(uint32_t s) { return (struct timestamp){.s = (int32_t)s}; }

/** Linux keeps a device's number in the first slot (8 bits each) or, larger, in the second. */
static uint32_t device_number(const uint32_t *block)
{
	if (block[0]) return block[0] & 0xffff;
	return (block[1] & 0xfff00) | (block[1] & 0xff);
}

static bool sensible(const struct ext2 *fs, const struct inode *i)
{
	if (S_ISDIR(i->mode)) return i->size > 0 && (i->size & (fs->block_bytes - 1)) == 0 && i->size < 0x7fffffff;
	if (S_ISLNK(i->mode)) return i->size > 0 && i->size < MIN(fs->block_bytes, PAGE_SIZE);
	return i->size <= ext2_size_max(fs);
}

static void fill(struct inode *i, const struct ext2_dinode *d)
{
	struct ext2_info *info = ext2_info(i);

	i->nlink = d->links;
	i->uid = d->uid | (uint32_t)d->uid_high << 16;
	i->gid = d->gid | (uint32_t)d->gid_high << 16;
	i->size = d->size | (S_ISREG(d->mode) ? (uint64_t)d->size_high << 32 : 0);
	i->blocks = d->blocks;
	i->generation = d->generation;
	i->atime = seconds(d->atime);
	i->mtime = i->btime = seconds(d->mtime);
	i->ctime = seconds(d->ctime);
	info->flags = d->flags;
	info->file_acl = d->file_acl;
	memcpy(info->block, d->block, sizeof info->block);
	if (S_ISCHR(i->mode) || S_ISBLK(i->mode)) i->rdev = device_number(info->block);
}

/** An inode with its own part, not yet kept. */
static int alloc(struct ext2 *fs, uint32_t ino, uint32_t mode, struct inode **out)
{
	struct ext2_info *info = kzalloc(sizeof *info);
	struct inode *i = info ? inode_new(fs->sb, ops_for(mode), mode) : NULL;

	if (!i) {
		kfree(info);
		return -ENOMEM;
	}
	info->inode = i;
	list_init(&info->hash_node);
	list_init(&info->kept_node);
	i->priv = info;
	i->ino = ino;
	if (S_ISDIR(mode)) i->fops = &ext2_dir_file_ops;
	*out = i;
	return 0;
}

/** Give up one that never became known: nothing on the disk is touched. */
static void discard(struct inode *i)
{
	kfree(i->priv);
	i->priv = NULL;
	i->dirty = false;
	i->ops = &dead_ops;
	inode_unref(i);
}

int ext2_iget(struct ext2 *fs, uint32_t ino, struct inode **out)
{
	struct inode *i = find_kept(fs, ino);
	struct ext2_dinode *d;
	struct ext2_buf b;

	if (i) {
		list_remove(&ext2_info(i)->kept_node);
		list_push_back(&fs->kept, &ext2_info(i)->kept_node);
		inode_ref(i);
		*out = i;
		return 0;
	}
	if (ino != EXT2_ROOT_INO && ino < fs->first_ino) return ext2_damage(fs, "a name of a reserved inode", ino);
	int err = table_place(fs, ino, &b, &d);
	if (err) return err;
	err = d->links == 0 || !known_kind(d->mode) ? ext2_damage(fs, "a name of an unused inode", ino) : alloc(fs, ino, d->mode, &i);
	if (!err) {
		fill(i, d);
		if (!sensible(fs, i)) {
			discard(i);
			err = ext2_damage(fs, "an inode of impossible size", ino);
		}
	}
	ext2_put(&b);
	if (err) return err;
	keep(fs, ext2_info(i));
	inode_ref(i);
	*out = i;
	return 0;
}

static void to_disk(const struct inode *i, struct ext2_dinode *d)
{
	const struct ext2_info *info = i->priv;

	d->mode = (uint16_t)i->mode;
	d->uid = (uint16_t)i->uid;
	d->uid_high = (uint16_t)(i->uid >> 16);
	d->gid = (uint16_t)i->gid;
	d->gid_high = (uint16_t)(i->gid >> 16);
	d->links = (uint16_t)i->nlink;
	d->size = (uint32_t)i->size;
	if (S_ISREG(i->mode)) d->size_high = (uint32_t)(i->size >> 32);
	d->blocks = (uint32_t)i->blocks;
	d->atime = (uint32_t)i->atime.s;
	d->mtime = (uint32_t)i->mtime.s;
	d->ctime = (uint32_t)i->ctime.s;
	d->dtime = i->nlink ? 0 : (uint32_t)inode_now().s;
	d->flags = info->flags;
	d->file_acl = info->file_acl;
	d->generation = i->generation;
	memcpy(d->block, info->block, sizeof info->block);
}

/** A first file of more than 2 GiB is announced in the superblock: readers that do not know of it must not write. */
static int announce_large(struct ext2 *fs, const struct inode *i)
{
	struct ext2_super *s;
	struct ext2_buf b;

	if (!S_ISREG(i->mode) || i->size <= 0x7fffffff) return 0;
	int err = ext2_super(fs, &b, &s);
	if (err) return err;
	if (!(s->ro_compat & EXT2_RO_LARGE_FILE)) {
		s->ro_compat |= EXT2_RO_LARGE_FILE;
		ext2_dirty_bytes(fs, &b, 0, sizeof *s);
	}
	ext2_put(&b);
	return 0;
}

int ext2_store(struct inode *i)
{
	struct ext2 *fs = ext2_of(i);
	struct ext2_dinode *d;
	struct ext2_buf b;
	int err = announce_large(fs, i);

	if (!err) err = table_place(fs, i->ino, &b, &d);
	if (err) return err;
	to_disk(i, d);
	ext2_dirty_bytes(fs, &b, 0, sizeof *d);
	ext2_put(&b);
	i->dirty = false;
	return 0;
}

int ext2_write_inode(struct inode *i)
{
	struct ext2 *fs = ext2_of(i);

	mutex_lock(&fs->lock);
	int err = !fs->writable || !i->priv ? 0 : ext2_store(i);
	mutex_unlock(&fs->lock);
	return err;
}

/* ---- creation */
/** A used table place is cleared as a whole: what later versions keep behind the first 128 bytes would be another file's. */
static int clear_place(struct ext2 *fs, uint32_t ino, uint32_t *generation)
{
	struct ext2_dinode *d;
	struct ext2_buf b;
	int err = table_place(fs, ino, &b, &d);

	if (err) return err;
	*generation = d->generation + 1;
	memset(d, 0, fs->inode_bytes);
	ext2_dirty_bytes(fs, &b, 0, fs->inode_bytes);
	ext2_put(&b);
	return 0;
}

static void own(struct inode *i, const struct inode *dir, const struct fs_caller *who)
{
	i->uid = who->cred->fsuid;
	i->gid = dir->mode & S_ISGID ? dir->gid : who->cred->fsgid;
	if ((dir->mode & S_ISGID) && S_ISDIR(i->mode)) i->mode |= S_ISGID;
}

int ext2_inode_create(struct inode *dir, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct inode **out)
{
	struct ext2 *fs = ext2_of(dir);
	struct inode *i;
	uint32_t ino;
	int err = ext2_new_inode(fs, dir->ino, S_ISDIR(mode), &ino);

	if (err) return err;
	err = find_kept(fs, ino) ? ext2_damage(fs, "an inode in use is marked free", ino) : alloc(fs, ino, mode, &i);
	if (err) return err; /* the number stays taken: if it is in use, rightly */
	i->nlink = 0;
	err = clear_place(fs, ino, &i->generation);
	if (err) {
		discard(i);
		ext2_free_inode(fs, ino, S_ISDIR(mode));
		return err;
	}
	own(i, dir, who);
	i->rdev = rdev;
	if (S_ISCHR(mode) || S_ISBLK(mode)) ext2_info(i)->block[0] = rdev;
	ext2_info(i)->goal = ext2_group_start(fs, (ino - 1) / fs->inodes_per_group);
	keep(fs, ext2_info(i));
	inode_ref(i);
	*out = i;
	return 0;
}

/* ---- the end */
/** Extended attributes may be shared: the last user frees their block. */
static void free_xattrs(struct inode *i)
{
	struct ext2 *fs = ext2_of(i);
	struct ext2_xattr_head *h;
	struct ext2_buf b;
	uint32_t block = ext2_info(i)->file_acl;

	if (!block || ext2_block(fs, block, &b)) return;
	h = (struct ext2_xattr_head *)b.data;
	bool last = h->magic == EXT2_XATTR_MAGIC && h->users <= 1;
	if (h->magic == EXT2_XATTR_MAGIC && !last) {
		h->users--;
		ext2_dirty_bytes(fs, &b, 0, sizeof *h);
	}
	ext2_put(&b);
	if (last) ext2_free_block(fs, block);
	ext2_info(i)->file_acl = 0;
}

static bool has_blocks(const struct inode *i)
{
	uint32_t own_blocks = ext2_info(i)->file_acl ? ext2_of(i)->block_bytes >> SECTOR_SHIFT : 0;

	return S_ISREG(i->mode) || S_ISDIR(i->mode) || (S_ISLNK(i->mode) && i->blocks > own_blocks);
}

static void end(struct inode *i)
{
	struct ext2 *fs = ext2_of(i);

	if (i->pages) pages_truncate(i, 0);
	mutex_lock(&fs->lock);
	if (has_blocks(i)) (void)ext2_free_from(i, 0);
	free_xattrs(i);
	i->blocks = i->size = 0;
	memset(ext2_info(i)->block, 0, sizeof ext2_info(i)->block);
	(void)ext2_store(i);
	ext2_free_inode(fs, i->ino, S_ISDIR(i->mode));
	mutex_unlock(&fs->lock);
}

void ext2_evict(struct inode *i)
{
	if (!i->priv) return;
	if (i->nlink == 0 && ext2_of(i)->writable) end(i);
	kfree(i->priv);
	i->priv = NULL;
}
