/* super.c - ext2 mounted and unmounted: what is refused, and the state that e2fsck looks at.
 * Called by: mount.c through ext2_type; statfs; writeback.c.
 * Never: trusts a superblock: every number is checked against the device before it is used.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "kernel/base/log.h"
#include "fs/pages.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define BLOCK_SHIFT_MIN 10u
#define BLOCK_SHIFT_MAX 12u /* a page */

static int refuse(const struct ext2 *fs, const char *why, uint32_t number)
{
	klog(LOG_ERR, "ext2 on %s: %s (0x%x)", fs->dev->name, why, number);
	return -EINVAL;
}

/* ---- what the superblock says */
static int check_sizes(const struct ext2 *fs, const struct ext2_super *s)
{
	uint32_t bits = 8 * fs->block_bytes;

	if (fs->inode_bytes < EXT2_OLD_INODE_BYTES || fs->inode_bytes > fs->block_bytes || (fs->inode_bytes & (fs->inode_bytes - 1)))
		return refuse(fs, "inodes of an impossible size", fs->inode_bytes);
	if (fs->blocks_per_group < 8 || fs->blocks_per_group > bits || fs->inodes_per_group == 0 || fs->inodes_per_group > bits)
		return refuse(fs, "groups of an impossible size", fs->blocks_per_group);
	if (fs->first_data_block != (fs->block_shift == BLOCK_SHIFT_MIN ? 1u : 0u) || fs->n_blocks <= fs->first_data_block)
		return refuse(fs, "no first block", fs->first_data_block);
	if ((uint64_t)fs->n_blocks << fs->block_shift > fs->dev->sectors << SECTOR_SHIFT)
		return refuse(fs, "it is larger than its device", fs->n_blocks);
	if ((uint64_t)fs->n_groups * fs->inodes_per_group != s->inodes) return refuse(fs, "groups and inodes do not fit", s->inodes);
	if (fs->first_ino < EXT2_OLD_FIRST_INO || fs->first_ino > fs->inodes_per_group)
		return refuse(fs, "no first inode", fs->first_ino);
	return 0;
}

static int read_sizes(struct ext2 *fs, const struct ext2_super *s)
{
	bool old = s->revision == 0;

	if (s->log_block_bytes > BLOCK_SHIFT_MAX - BLOCK_SHIFT_MIN) return refuse(fs, "blocks larger than a page", s->log_block_bytes);
	fs->block_shift = BLOCK_SHIFT_MIN + s->log_block_bytes;
	fs->block_bytes = 1u << fs->block_shift;
	fs->per_block = fs->block_bytes / 4;
	fs->n_blocks = s->blocks;
	fs->n_inodes = s->inodes;
	fs->first_data_block = s->first_data_block;
	fs->blocks_per_group = s->blocks_per_group;
	fs->inodes_per_group = s->inodes_per_group;
	fs->inode_bytes = old ? EXT2_OLD_INODE_BYTES : s->inode_bytes;
	fs->first_ino = old ? EXT2_OLD_FIRST_INO : s->first_ino;
	fs->group_table = s->first_data_block + 1;
	if (fs->blocks_per_group == 0 || fs->n_blocks <= fs->first_data_block) return refuse(fs, "no blocks", fs->n_blocks);
	fs->n_groups = (fs->n_blocks - fs->first_data_block - 1) / fs->blocks_per_group + 1;
	fs->table_blocks = (fs->inodes_per_group * fs->inode_bytes + fs->block_bytes - 1) >> fs->block_shift;
	return check_sizes(fs, s);
}

static int read_features(struct ext2 *fs, const struct ext2_super *s, uint32_t *flags)
{
	if (s->revision == 0) return 0;
	if (s->incompat & ~EXT2_INCOMPAT_KNOWN) return refuse(fs, "it has features that are not ext2's", s->incompat & ~EXT2_INCOMPAT_KNOWN);
	fs->has_types = s->incompat & EXT2_INCOMPAT_FILETYPE;
	if ((s->ro_compat & ~EXT2_RO_KNOWN) && !(*flags & MS_RDONLY)) {
		klog(LOG_WARN, "ext2 on %s: it has features (0x%x) that allow reading only", fs->dev->name, s->ro_compat & ~EXT2_RO_KNOWN);
		*flags |= MS_RDONLY;
	}
	return 0;
}

static int read_super(struct ext2 *fs, uint32_t *flags)
{
	struct ext2_super *s;
	struct ext2_buf b;
	int err = ext2_super(fs, &b, &s);

	if (err) return err;
	if (s->magic != EXT2_MAGIC)
		err = *flags & MS_SILENT ? -EINVAL : refuse(fs, "no such file system there", s->magic);
	if (!err) err = read_sizes(fs, s);
	if (!err) err = read_features(fs, s, flags);
	if (!err) fs->was_valid = (s->state & EXT2_VALID_FS) && !(s->state & EXT2_ERROR_FS);
	if (!err && !fs->was_valid && !(*flags & MS_RDONLY))
		klog(LOG_WARN, "ext2 on %s: it was not unmounted cleanly; e2fsck is recommended", fs->dev->name);
	ext2_put(&b);
	return err;
}

static bool inside(const struct ext2 *fs, uint32_t block, uint32_t n)
{
	return block >= fs->first_data_block && block < fs->n_blocks && n <= fs->n_blocks - block;
}

static int check_groups(struct ext2 *fs)
{
	struct ext2_group *g;
	struct ext2_buf b;

	for (uint32_t n = 0; n < fs->n_groups; n++) {
		int err = ext2_group(fs, n, &b, &g);
		if (err) return err;
		bool ok = inside(fs, g->block_bitmap, 1) && inside(fs, g->inode_bitmap, 1) && inside(fs, g->inode_table, fs->table_blocks);
		ext2_put(&b);
		if (!ok) return refuse(fs, "a group whose tables lie outside", n);
	}
	return 0;
}

/* ---- operations */
static int op_statfs(struct superblock *sb, struct linux_statfs64 *out)
{
	struct ext2 *fs = sb->priv;
	struct ext2_super *s;
	struct ext2_buf b;

	mutex_lock(&fs->lock);
	int err = ext2_super(fs, &b, &s);
	if (!err) {
		uint32_t overhead = fs->first_data_block + fs->n_groups * (2 + fs->table_blocks);
		memset(out, 0, sizeof *out);
		out->type = EXT2_SUPER_MAGIC;
		out->bsize = out->frsize = fs->block_bytes;
		out->blocks = fs->n_blocks - MIN(overhead, fs->n_blocks);
		out->bfree = s->free_blocks + fs->n_freed;
		out->bavail = out->bfree - MIN(out->bfree, (uint64_t)s->reserved_blocks);
		out->files = fs->n_inodes;
		out->ffree = s->free_inodes;
		memcpy(out->fsid, s->uuid, sizeof out->fsid);
		out->namelen = NAME_MAX;
		ext2_put(&b);
	}
	mutex_unlock(&fs->lock);
	return err;
}

/** To reading only (files open for writing: -EBUSY, but for force), or to writing. */
static int op_remount(struct superblock *sb, bool read_only, bool force)
{
	struct ext2 *fs = sb->priv;
	int err = 0;

	mutex_lock(&fs->lock);
	if (read_only && fs->writable) {
		if (!force && ext2_in_use(fs, true)) err = -EBUSY;
		if (!err) err = ext2_set_state(fs, true);
		if (!err) err = ext2_sync_locked(fs);
		if (!err) fs->writable = false;
	} else if (!read_only && !fs->writable) {
		struct ext2_super *s;
		struct ext2_buf b;
		err = ext2_super(fs, &b, &s);
		if (!err && ((s->ro_compat & ~EXT2_RO_KNOWN) || fs->dev->disk->read_only)) err = -EROFS;
		if (!err) fs->was_valid = (s->state & EXT2_VALID_FS) && !(s->state & EXT2_ERROR_FS);
		if (!err || err == -EROFS) ext2_put(&b);
		if (!err) err = ext2_set_state(fs, false);
		if (!err) fs->writable = true;
		if (!err) err = ext2_sync_locked(fs);
	}
	if (!err) sb->flags = fs->writable ? sb->flags & ~MS_RDONLY : sb->flags | MS_RDONLY;
	mutex_unlock(&fs->lock);
	return err;
}

static bool op_busy(struct superblock *sb)
{
	return ext2_in_use(sb->priv, false);
}

static void free_fs(struct ext2 *fs)
{
	block_release(fs->dev);
	kfree(fs);
}

static void op_kill(struct superblock *sb)
{
	struct ext2 *fs = sb->priv;

	if (fs->writable) (void)writeback_sync(sb);
	if (fs->writable) (void)op_remount(sb, true, true);
	writeback_remove_keeper(&fs->keeper);
	sb->write_inode = NULL;
	ext2_drop_all(fs);
	free_fs(fs);
	sb->priv = NULL;
}

/* ---- mount */
static struct ext2 *new_fs(struct superblock *sb, struct block_dev *dev)
{
	struct ext2 *fs = kzalloc(sizeof *fs);

	if (!fs) return NULL;
	fs->sb = sb;
	fs->dev = dev;
	mutex_init(&fs->lock, MUTEX_PAGES);
	list_init(&fs->kept);
	for (uint32_t n = 0; n < EXT2_HASH; n++) list_init(&fs->hash[n]);
	fs->keeper = (struct inode_keeper){.sb = sb, .shrink = ext2_shrink};
	return fs;
}

static int open_fs(struct ext2 *fs, uint32_t *flags)
{
	int err = block_inode(fs->dev, &fs->bytes);

	if (!err && fs->dev->disk->read_only && !(*flags & MS_RDONLY)) err = -EROFS;
	if (!err) err = block_claim(fs->dev, fs);
	if (err) return err;
	mutex_lock(&fs->lock);
	err = read_super(fs, flags);
	if (!err) err = check_groups(fs);
	if (!err) err = ext2_iget(fs, EXT2_ROOT_INO, &fs->sb->root);
	if (!err && !S_ISDIR(fs->sb->root->mode)) err = refuse(fs, "its root is no directory", fs->sb->root->mode);
	mutex_unlock(&fs->lock);
	return err;
}

static int ext2_make(struct block_dev *dev, const char *source, const char *data, uint32_t *flags, struct superblock **out)
{
	struct superblock *sb = superblock_new("ext2", source);
	struct ext2 *fs = sb ? new_fs(sb, dev) : NULL;

	UNUSED(data); /* errors=, user_xattr and their like change nothing here */
	if (!fs) {
		if (sb) superblock_unref(sb);
		return -ENOMEM;
	}
	sb->priv = fs;
	sb->dev = dev->rdev;
	sb->write_inode = ext2_write_inode;
	sb->flags = MS_RDONLY;
	int err = open_fs(fs, flags);
	sb->block_bytes = fs->block_bytes;
	if (!err && !(*flags & MS_RDONLY)) err = op_remount(sb, false, false);
	if (err) {
		if (sb->root) inode_unref(sb->root);
		ext2_drop_all(fs);
		if (dev->holder == fs) block_release(dev);
		kfree(fs);
		superblock_unref(sb);
		return err;
	}
	sb->statfs = op_statfs;
	sb->kill = op_kill;
	sb->sync = ext2_sync;
	sb->remount = op_remount;
	sb->busy = op_busy;
	writeback_add_keeper(&fs->keeper);
	*out = sb;
	return 0;
}

struct fstype ext2_type = {.name = "ext2", .make_on = ext2_make};
