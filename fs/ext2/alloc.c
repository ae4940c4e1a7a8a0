/* alloc.c - which blocks and inodes are free: bitmaps and their counts.
 * Called by: map.c, inode.c.
 * Never: gives out what a bitmap calls free but the layout says is metadata.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "fs/pages.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

uint32_t ext2_group_start(const struct ext2 *fs, uint32_t group)
{
	return fs->first_data_block + group * fs->blocks_per_group;
}

static uint32_t group_of(const struct ext2 *fs, uint32_t block)
{
	return (block - fs->first_data_block) / fs->blocks_per_group;
}

static uint32_t blocks_in(const struct ext2 *fs, uint32_t group)
{
	return MIN(fs->blocks_per_group, fs->n_blocks - ext2_group_start(fs, group));
}

/* ---- bits */
static bool test_bit(const uint8_t *map, uint32_t n) { return map[n / 8] >> (n % 8) & 1; }
static void set_bit(uint8_t *map, uint32_t n) { map[n / 8] |= (uint8_t)(1u << (n % 8)); }
static void clear_bit(uint8_t *map, uint32_t n) { map[n / 8] &= (uint8_t)~(1u << (n % 8)); }

/** First free bit at or after `from`, below `end`; end: none. */
static uint32_t find_free(const uint8_t *map, uint32_t from, uint32_t end)
{
	while (from < end) {
		if (from % 8 == 0 && map[from / 8] == 0xff)
			from += 8;
		else if (test_bit(map, from))
			from++;
		else
			return from;
	}
	return end;
}

/** Counts: of a group (delta of blocks, inodes, directories) and of the whole. */
static void count(struct ext2 *fs, uint32_t group, int blocks, int inodes, int dirs)
{
	struct ext2_buf b;
	struct ext2_group *g;
	struct ext2_super *s;

	if (ext2_group(fs, group, &b, &g) == 0) {
		g->free_blocks = (uint16_t)(g->free_blocks + blocks);
		g->free_inodes = (uint16_t)(g->free_inodes + inodes);
		g->dirs = (uint16_t)(g->dirs + dirs);
		ext2_dirty_bytes(fs, &b, 0, sizeof *g);
		ext2_put(&b);
	}
	if (ext2_super(fs, &b, &s) == 0) {
		s->free_blocks += (uint32_t)blocks;
		s->free_inodes += (uint32_t)inodes;
		ext2_dirty_bytes(fs, &b, 0, sizeof *s);
		ext2_put(&b);
	}
}

/* ---- blocks */
static bool is_metadata(const struct ext2 *fs, const struct ext2_group *g, uint32_t block)
{
	if (block == g->block_bitmap || block == g->inode_bitmap) return true;
	if (block >= g->inode_table && block - g->inode_table < fs->table_blocks) return true;
	uint32_t table_end = fs->group_table + (fs->n_groups * (uint32_t)sizeof *g + fs->block_bytes - 1) / fs->block_bytes;
	return block < table_end;
}

/** A free block of the group at or after bit `from`. -ENOSPC. */
static int block_from(struct ext2 *fs, uint32_t group, uint32_t from, uint32_t *out)
{
	struct ext2_buf gb, mb;
	struct ext2_group *g;
	uint32_t start = ext2_group_start(fs, group), end = blocks_in(fs, group), bit;
	int err = ext2_group(fs, group, &gb, &g);

	if (err) return err;
	err = g->free_blocks == 0 ? -ENOSPC : ext2_block(fs, g->block_bitmap, &mb);
	if (err) goto out;
	for (bit = find_free(mb.data, from, end); bit < end && is_metadata(fs, g, start + bit); bit = find_free(mb.data, bit, end)) {
		(void)ext2_damage(fs, "metadata is marked free", start + bit);
		set_bit(mb.data, bit);
	}
	err = bit < end ? 0 : -ENOSPC;
	if (!err) {
		set_bit(mb.data, bit);
		ext2_dirty_bytes(fs, &mb, bit / 8, 1);
		*out = start + bit;
	}
	ext2_put(&mb);
out:
	ext2_put(&gb);
	return err;
}

static int find_block(struct ext2 *fs, uint32_t goal, uint32_t *out)
{
	uint32_t first = group_of(fs, goal), from = goal - ext2_group_start(fs, first);
	int err = -ENOSPC;

	for (uint32_t n = 0; n <= fs->n_groups && err == -ENOSPC; n++) { /* the first group once more at last: from its start */
		uint32_t group = (first + n) % fs->n_groups;
		err = block_from(fs, group, n == 0 ? from : 0, out);
	}
	return err;
}

int ext2_new_block(struct ext2 *fs, uint32_t goal, uint32_t *out)
{
	if (goal < fs->first_data_block || goal >= fs->n_blocks) goal = fs->first_data_block;
	int err = find_block(fs, goal, out);
	if (err == -ENOSPC && fs->freed) { /* there is room that only has to be settled */
		err = ext2_sync_locked(fs);
		if (!err) err = find_block(fs, goal, out);
	}
	if (!err) count(fs, group_of(fs, *out), -1, 0, 0);
	return err;
}

/* Freed blocks are not given out before the disk has forgotten who had them: else a power cut could leave new data in what the
 * disk still shows as a directory or a file's tree. */
void ext2_free_block(struct ext2 *fs, uint32_t block)
{
	struct ext2_freed *f = fs->freed;

	if (block < fs->first_data_block || block >= fs->n_blocks) {
		(void)ext2_damage(fs, "free of a block that does not exist", block);
		return;
	}
	pages_forget(fs->bytes, (uint64_t)block << fs->block_shift, fs->block_bytes);
	fs->n_freed++;
	if (f && block == f->first + f->n) {
		f->n++;
		return;
	}
	f = kmalloc(sizeof *f);
	if (!f) { /* it stays marked as used: e2fsck finds it */
		(void)ext2_damage(fs, "no memory to note a free block", block);
		fs->n_freed--;
		return;
	}
	*f = (struct ext2_freed){.next = fs->freed, .first = block, .n = 1};
	fs->freed = f;
}

static void release_block(struct ext2 *fs, uint32_t block)
{
	struct ext2_buf gb, mb;
	struct ext2_group *g;
	uint32_t group = group_of(fs, block), bit = block - ext2_group_start(fs, group);

	if (ext2_group(fs, group, &gb, &g)) return;
	if (is_metadata(fs, g, block)) {
		(void)ext2_damage(fs, "free of metadata", block);
	} else if (ext2_block(fs, g->block_bitmap, &mb) == 0) {
		bool used = test_bit(mb.data, bit);
		clear_bit(mb.data, bit);
		ext2_dirty_bytes(fs, &mb, bit / 8, 1);
		ext2_put(&mb);
		if (used)
			count(fs, group, 1, 0, 0);
		else
			(void)ext2_damage(fs, "a block was free already", block);
	}
	ext2_put(&gb);
}

void ext2_release_freed(struct ext2 *fs)
{
	struct ext2_freed *f;

	while ((f = fs->freed) != NULL) {
		fs->freed = f->next;
		for (uint32_t n = 0; n < f->n; n++) release_block(fs, f->first + n);
		kfree(f);
	}
	fs->n_freed = 0;
}

/* ---- inodes */
static int inode_from(struct ext2 *fs, uint32_t group, uint32_t *out)
{
	struct ext2_buf gb, mb;
	struct ext2_group *g;
	uint32_t from = group == 0 ? fs->first_ino - 1 : 0, end = fs->inodes_per_group;
	int err = ext2_group(fs, group, &gb, &g);

	if (err) return err;
	err = g->free_inodes == 0 ? -ENOSPC : ext2_block(fs, g->inode_bitmap, &mb);
	if (!err) {
		uint32_t bit = find_free(mb.data, from, end);
		err = bit < end ? 0 : -ENOSPC;
		if (!err) {
			set_bit(mb.data, bit);
			ext2_dirty_bytes(fs, &mb, bit / 8, 1);
			*out = group * fs->inodes_per_group + bit + 1;
		}
		ext2_put(&mb);
	}
	ext2_put(&gb);
	return err;
}

/** A group for a new directory: of those with inodes to spare the one with most free blocks, so that trees spread. */
static uint32_t group_for_dir(struct ext2 *fs)
{
	struct ext2_buf b;
	struct ext2_group *g;
	struct ext2_super *s;
	uint32_t best = 0, most = 0, average = 0;

	if (ext2_super(fs, &b, &s) == 0) {
		average = s->free_inodes / fs->n_groups;
		ext2_put(&b);
	}
	for (uint32_t n = 0; n < fs->n_groups; n++) {
		if (ext2_group(fs, n, &b, &g)) continue;
		if (g->free_inodes > 0 && g->free_inodes >= average && g->free_blocks > most) {
			most = g->free_blocks;
			best = n;
		}
		ext2_put(&b);
	}
	return best;
}

int ext2_new_inode(struct ext2 *fs, uint32_t parent, bool dir, uint32_t *out)
{
	uint32_t first = dir ? group_for_dir(fs) : (parent - 1) / fs->inodes_per_group;
	int err = -ENOSPC;

	for (uint32_t n = 0; n < fs->n_groups && err == -ENOSPC; n++) err = inode_from(fs, (first + n) % fs->n_groups, out);
	if (!err) count(fs, (*out - 1) / fs->inodes_per_group, 0, -1, dir ? 1 : 0);
	return err;
}

void ext2_free_inode(struct ext2 *fs, uint32_t ino, bool dir)
{
	uint32_t group = (ino - 1) / fs->inodes_per_group, bit = (ino - 1) % fs->inodes_per_group;
	struct ext2_buf gb, mb;
	struct ext2_group *g;

	if (ext2_group(fs, group, &gb, &g)) return;
	if (ext2_block(fs, g->inode_bitmap, &mb) == 0) {
		bool used = test_bit(mb.data, bit);
		clear_bit(mb.data, bit);
		ext2_dirty_bytes(fs, &mb, bit / 8, 1);
		ext2_put(&mb);
		if (used)
			count(fs, group, 0, 1, dir ? -1 : 0);
		else
			(void)ext2_damage(fs, "an inode was free already", ino);
	}
	ext2_put(&gb);
}
