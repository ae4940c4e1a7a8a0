/* cache.c - ext2's metadata in the pages of the block device, and the order in which it reaches the disk.
 * Called by: all of fs/ext2; writeback.c through the superblock.
 * Never: reads or writes file data.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "fs/page_tree.h"
#include "fs/pages.h"
#include "kernel/base/log.h"
#include "kernel/mm/frame.h"

#define PART_BYTES (PAGE_SIZE / 4) /* what the page cache notes as dirty */

int ext2_damage(struct ext2 *fs, const char *what, uint32_t number)
{
	if (!fs->failed) klog(LOG_ERR, "ext2 on %s: damaged: %s (%u); run e2fsck on it", fs->dev->name, what, number);
	fs->failed = true;
	fs->was_valid = false; /* e2fsck is to look at it */
	return -EIO;
}

int ext2_bytes(struct ext2 *fs, uint64_t pos, struct ext2_buf *b)
{
	if (pos >= fs->bytes->size) return -EIO;
	int err = pages_get(fs->bytes, (uint32_t)(pos >> PAGE_SHIFT), false, &b->pfn);
	if (err) return err;
	b->pos = pos;
	b->data = (uint8_t *)frame_virt(b->pfn) + (pos & PAGE_MASK);
	return 0;
}

int ext2_block(struct ext2 *fs, uint32_t block, struct ext2_buf *b)
{
	if (block < fs->first_data_block || block >= fs->n_blocks) return ext2_damage(fs, "no such block", block);
	return ext2_bytes(fs, (uint64_t)block << fs->block_shift, b);
}

void ext2_put(struct ext2_buf *b)
{
	frame_unref(b->pfn);
}

void ext2_dirty_bytes(struct ext2 *fs, const struct ext2_buf *b, uint32_t off, uint32_t n)
{
	uint64_t pos = b->pos + off;

	pages_dirty(fs->bytes, (uint32_t)(pos >> PAGE_SHIFT), (uint32_t)(pos & PAGE_MASK), n);
}

void ext2_dirty(struct ext2 *fs, const struct ext2_buf *b)
{
	ext2_dirty_bytes(fs, b, 0, fs->block_bytes);
}

int ext2_super(struct ext2 *fs, struct ext2_buf *b, struct ext2_super **out)
{
	int err = ext2_bytes(fs, EXT2_SUPER_AT, b);

	if (!err) *out = (struct ext2_super *)b->data;
	return err;
}

int ext2_group(struct ext2 *fs, uint32_t n, struct ext2_buf *b, struct ext2_group **out)
{
	uint32_t at = n * (uint32_t)sizeof(struct ext2_group);
	int err = ext2_bytes(fs, ((uint64_t)fs->group_table << fs->block_shift) + at, b);

	if (!err) *out = (struct ext2_group *)b->data;
	return err;
}

/* ---- to the disk */
/** Does a part of the device hold inodes (or the superblock)? These go last. */
static bool holds_inodes(struct ext2 *fs, uint32_t block)
{
	struct ext2_buf b;
	struct ext2_group *g;

	if (block < fs->first_data_block || block >= fs->n_blocks) return false;
	if (ext2_group(fs, (block - fs->first_data_block) / fs->blocks_per_group, &b, &g)) return false;
	bool yes = block >= g->inode_table && block - g->inode_table < fs->table_blocks;
	ext2_put(&b);
	return yes;
}

static uint32_t not_inodes(void *ctx, uint32_t index)
{
	struct ext2 *fs = ctx;
	uint32_t mask = 0;

	for (uint32_t part = 0; part < PAGE_SIZE / PART_BYTES; part++) {
		uint64_t pos = ((uint64_t)index << PAGE_SHIFT) + part * PART_BYTES;
		if (!holds_inodes(fs, (uint32_t)(pos >> fs->block_shift))) mask |= 1u << part;
	}
	return mask;
}

static int flush(struct ext2 *fs, int before)
{
	int err = block_flush(fs->dev);

	return before ? before : err;
}

int ext2_sync_locked(struct ext2 *fs)
{
	int err = fs->unflushed ? block_flush(fs->dev) : 0;

	if (err) return err;
	fs->unflushed = false;
	if (fs->bytes->pages && fs->bytes->pages->n_dirty > 0) {
		err = flush(fs, writeback_some(fs->bytes, not_inodes, fs));
		if (!err) err = flush(fs, writeback_some(fs->bytes, NULL, NULL));
	}
	if (err || !fs->freed) return err;
	ext2_release_freed(fs);
	return flush(fs, writeback_some(fs->bytes, NULL, NULL));
}

int ext2_sync(struct superblock *sb)
{
	struct ext2 *fs = sb->priv;

	mutex_lock(&fs->lock);
	int err = ext2_sync_locked(fs);
	mutex_unlock(&fs->lock);
	return err;
}

void ext2_relieve(struct ext2 *fs)
{
	if (writeback_too_dirty()) (void)writeback_sync(fs->sb);
}

int ext2_set_state(struct ext2 *fs, bool clean)
{
	struct ext2_buf b;
	struct ext2_super *s;
	int err = ext2_super(fs, &b, &s);

	if (err) return err;
	uint32_t now = (uint32_t)inode_now().s;
	if (clean) {
		s->state |= fs->was_valid ? EXT2_VALID_FS : 0;
	} else {
		s->state &= (uint16_t)~EXT2_VALID_FS;
		s->mount_count++;
		s->mtime = now;
	}
	if (fs->failed) s->state |= EXT2_ERROR_FS;
	s->wtime = now;
	ext2_dirty_bytes(fs, &b, 0, sizeof *s);
	ext2_put(&b);
	return 0;
}
