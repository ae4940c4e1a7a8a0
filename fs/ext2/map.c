/* map.c - where a file's blocks lie on the disk: twelve in the inode, the rest in trees of height one to three.
 * Called by: file.c, dir.c, inode.c with the file system's lock held.
 * Never: recurses.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "fs/pages.h"
#include "lib/str.h"

#define HEIGHT_MAX 3u

/** The way to a file's block: a slot of the inode, then an index in each block of the tree. */
struct path {
	uint32_t height;              /* blocks of numbers on the way */
	uint32_t slot, at[HEIGHT_MAX];
};

static bool path_to(const struct ext2 *fs, uint32_t index, struct path *p)
{
	uint32_t per = fs->per_block, span = 1;

	*p = (struct path){.slot = index};
	if (index < EXT2_DIRECT) return true;
	index -= EXT2_DIRECT;
	for (p->height = 1; p->height <= HEIGHT_MAX; p->height++) {
		span *= per; /* per^3 is 2^30 at most */
		if (index < span) break;
		index -= span;
	}
	if (p->height > HEIGHT_MAX) return false;
	p->slot = EXT2_DIRECT + p->height - 1;
	for (uint32_t level = 0; level < p->height; level++) {
		span /= per;
		p->at[level] = index / span;
		index %= span;
	}
	return true;
}

uint64_t ext2_size_max(const struct ext2 *fs)
{
	uint64_t per = fs->per_block, blocks = EXT2_DIRECT + per + per * per + per * per * per;
	uint64_t by_tree = blocks << fs->block_shift, by_count = 0xffffffffull << 9; /* i_blocks counts 512 bytes in 32 bits */

	/* the trees' own blocks count too: one in `per`, generously two */
	by_count -= by_count / per * 2;
	return MIN(MIN(by_tree, by_count), ((uint64_t)PAGES_INDEX_MAX + 1) << PAGE_SHIFT);
}

/** A new block for the file; one of the tree (`numbers`) is zeroed. */
static int new_block(struct inode *i, bool numbers, uint32_t *out)
{
	struct ext2 *fs = ext2_of(i);
	struct ext2_info *info = ext2_info(i);
	struct ext2_buf b;
	int err = ext2_new_block(fs, info->goal, out);

	if (!err && numbers) {
		err = ext2_block(fs, *out, &b);
		if (err) {
			ext2_free_block(fs, *out);
			return err;
		}
		memset(b.data, 0, fs->block_bytes);
		ext2_dirty(fs, &b);
		ext2_put(&b);
	}
	if (err) return err;
	info->goal = *out + 1;
	i->blocks += fs->block_bytes >> SECTOR_SHIFT;
	inode_dirty(i);
	return 0;
}

/** The slot's block, made if asked. 0: a hole. */
static int step(struct inode *i, uint32_t *slot, bool numbers, bool create, bool *made)
{
	struct ext2 *fs = ext2_of(i);

	*made = false;
	if (*slot && (*slot < fs->first_data_block || *slot >= fs->n_blocks)) return ext2_damage(fs, "a file's block is none", *slot);
	if (*slot || !create) return 0;
	uint32_t fresh;
	int err = new_block(i, numbers, &fresh);
	if (err) return err;
	*slot = fresh;
	*made = true;
	return 0;
}

int ext2_map(struct inode *i, uint32_t index, bool create, uint32_t *block)
{
	struct ext2 *fs = ext2_of(i);
	struct path p;
	bool made;

	*block = 0;
	if (!path_to(fs, index, &p)) return create ? -EFBIG : 0;
	int err = step(i, &ext2_info(i)->block[p.slot], p.height > 0, create, &made);
	uint32_t at = ext2_info(i)->block[p.slot];
	for (uint32_t level = 0; !err && at && level < p.height; level++) {
		struct ext2_buf b;
		err = ext2_block(fs, at, &b);
		if (err) return err;
		uint32_t *slot = (uint32_t *)b.data + p.at[level];
		err = step(i, slot, level + 1 < p.height, create, &made);
		if (made) ext2_dirty_bytes(fs, &b, p.at[level] * 4, 4);
		at = *slot;
		ext2_put(&b);
	}
	if (!err) *block = at;
	return err;
}

/* ---- freeing */
static void free_one(struct inode *i, uint32_t block)
{
	struct ext2 *fs = ext2_of(i);
	uint32_t sectors = fs->block_bytes >> SECTOR_SHIFT;

	ext2_free_block(fs, block);
	i->blocks = i->blocks > sectors ? i->blocks - sectors : 0;
}

/** One block of a tree on the way down: where we are in it, and whether all of it goes. */
struct level {
	struct ext2_buf b;
	uint32_t block, at;
	bool whole;                   /* nothing before `at` was kept */
};

static bool numbers_ok(struct ext2 *fs, uint32_t block, struct level *l)
{
	l->block = block;
	return ext2_block(fs, block, &l->b) == 0;
}

/** The next number in a level that is not a hole; per_block: the end. */
static uint32_t next_slot(const struct ext2 *fs, const struct level *l)
{
	uint32_t at = l->at;

	while (at < fs->per_block && !((const uint32_t *)l->b.data)[at]) at++;
	return at;
}

/** Free from `from` (an index in each level) on in the tree below *root, of `height` levels. Damaged branches are cut off, not
 *  followed. */
static void free_tree(struct inode *i, uint32_t *root, uint32_t height, const uint32_t *from)
{
	struct ext2 *fs = ext2_of(i);
	struct level l[HEIGHT_MAX];
	uint32_t d = 0, budget = 2 * fs->n_blocks; /* steps: a damaged tree may lead round in circles */
	bool edge = true; /* still on the way to `from` */

	if (!*root) return;
	if (!numbers_ok(fs, *root, &l[0])) {
		*root = 0;
		return;
	}
	l[0].at = from[0];
	l[0].whole = from[0] == 0;
	for (;; preempt_point()) {
		uint32_t *slots = (uint32_t *)l[d].b.data;
		if (budget-- == 0) break;
		uint32_t first = l[d].at;
		l[d].at = next_slot(fs, &l[d]);
		if (l[d].at != first) edge = false;
		if (l[d].at >= fs->per_block) { /* done with this block */
			ext2_put(&l[d].b);
			bool gone = l[d].whole;
			if (gone) free_one(i, l[d].block);
			if (d == 0) {
				if (gone) *root = 0;
				return;
			}
			d--;
			edge = false;
			if (gone) ((uint32_t *)l[d].b.data)[l[d].at] = 0;
			else l[d].whole = false;
			ext2_dirty_bytes(fs, &l[d].b, l[d].at * 4, 4);
			l[d].at++;
		} else if (d + 1 == height) {
			free_one(i, slots[l[d].at]);
			slots[l[d].at] = 0;
			ext2_dirty_bytes(fs, &l[d].b, l[d].at * 4, 4);
			l[d].at++;
			edge = false;
		} else if (numbers_ok(fs, slots[l[d].at], &l[d + 1])) {
			d++;
			l[d].at = edge ? from[d] : 0;
			l[d].whole = l[d].at == 0;
		} else {
			slots[l[d].at] = 0;
			ext2_dirty_bytes(fs, &l[d].b, l[d].at * 4, 4);
			l[d].at++;
			edge = false;
		}
	}
	(void)ext2_damage(fs, "a file's blocks lead in circles", i->ino);
	for (uint32_t n = 0; n <= d; n++) ext2_put(&l[n].b);
	*root = 0;
}

int ext2_free_from(struct inode *i, uint32_t first)
{
	static const uint32_t start[HEIGHT_MAX];
	struct ext2 *fs = ext2_of(i);
	struct ext2_info *info = ext2_info(i);
	struct path p;

	if (!path_to(fs, first, &p)) return 0;
	for (uint32_t n = p.height ? EXT2_DIRECT : first; n < EXT2_DIRECT; n++) {
		if (info->block[n]) free_one(i, info->block[n]);
		info->block[n] = 0;
	}
	for (uint32_t height = MAX(p.height, 1u); height <= HEIGHT_MAX; height++)
		free_tree(i, &info->block[EXT2_DIRECT + height - 1], height, height == p.height ? p.at : start);
	info->goal = 0;
	return ext2_store(i);
}
