/* file.c - ext2's regular files: their pages from and to the disk, room for writes, truncation.
 * Called by: pages.c and writeback.c through inode_ops.
 * Never: holds the file system's lock while file data moves.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "fs/page_tree.h"
#include "fs/pages.h"
#include "kernel/mm/frame.h"
#include "lib/str.h"

static int map_one(struct inode *i, uint32_t index, bool create, uint32_t *block)
{
	struct ext2 *fs = ext2_of(i);

	mutex_lock(&fs->lock);
	int err = create && !fs->writable ? -EROFS : ext2_map(i, index, create, block);
	mutex_unlock(&fs->lock);
	return err;
}

/** A request that grows by blocks that follow each other on the disk, and is done when one does not. */
struct run {
	struct block_request r;
	struct ext2 *fs;
	uint32_t next;                /* the block that would continue it */
};

static int run_end(struct run *run)
{
	int err = run->r.n_segs ? block_io(run->fs->dev, &run->r) : 0;

	run->r.n_segs = 0;
	return err;
}

static int run_add(struct run *run, uint32_t block, uint8_t *at)
{
	uint32_t bytes = run->fs->block_bytes;
	struct block_seg *last = run->r.n_segs ? &run->r.segs[run->r.n_segs - 1] : NULL;
	int err = 0;

	if (last && block == run->next && (uint8_t *)last->at + last->bytes == at && ((uintptr_t)at & PAGE_MASK)) {
		last->bytes += bytes; /* blocks of one page */
	} else {
		if (last && (block != run->next || run->r.n_segs == BLOCK_SEGS_MAX)) err = run_end(run);
		if (run->r.n_segs == 0) run->r.sector = (uint64_t)block << (run->fs->block_shift - SECTOR_SHIFT);
		run->r.segs[run->r.n_segs++] = (struct block_seg){.at = at, .bytes = bytes};
	}
	run->next = block + 1;
	return err;
}

static int op_read_pages(struct inode *i, uint32_t first, uint32_t n, const uint32_t *pfn)
{
	struct ext2 *fs = ext2_of(i);
	struct run run = {.fs = fs, .r = {.op = BLOCK_READ}};
	uint32_t per_page = PAGE_SIZE >> fs->block_shift;
	int err = 0;

	for (uint32_t k = 0; k < n * per_page && !err; k++) {
		uint64_t pos = ((uint64_t)first << PAGE_SHIFT) + ((uint64_t)k << fs->block_shift);
		uint32_t block;
		if (pos >= i->size) break;
		err = map_one(i, (uint32_t)(pos >> fs->block_shift), false, &block);
		if (!err && block) err = run_add(&run, block, (uint8_t *)frame_virt(pfn[k / per_page]) + ((k % per_page) << fs->block_shift));
	}
	int e = run_end(&run);
	if (err || e) return err ? err : e;
	uint64_t last = i->size >> PAGE_SHIFT; /* behind the end a page is zero, whatever the disk has there */
	if (last >= first && last < (uint64_t)first + n) {
		uint32_t used = (uint32_t)(i->size & PAGE_MASK);
		memset((uint8_t *)frame_virt(pfn[last - first]) + used, 0, PAGE_SIZE - used);
	}
	return 0;
}

static int op_write_pages(struct inode *i, uint32_t first, uint32_t n, const struct page_out *out)
{
	struct ext2 *fs = ext2_of(i);
	struct run run = {.fs = fs, .r = {.op = BLOCK_WRITE}};
	uint32_t per_page = PAGE_SIZE >> fs->block_shift, parts = MAX(fs->block_bytes >> 10, 1u);
	int err = 0;

	for (uint32_t k = 0; k < n * per_page && !err; k++) {
		const struct page_out *page = &out[k / per_page];
		uint32_t in_page = k % per_page, block;
		uint64_t pos = ((uint64_t)first << PAGE_SHIFT) + ((uint64_t)k << fs->block_shift);
		if (pos >= i->size) break;
		if (!(page->mask >> (in_page * parts) & ((1u << parts) - 1))) continue;
		err = map_one(i, (uint32_t)(pos >> fs->block_shift), true, &block); /* made now if a mapping wrote into a hole */
		if (!err) err = run_add(&run, block, (uint8_t *)frame_virt(page->pfn) + (in_page << fs->block_shift));
	}
	int e = run_end(&run);
	fs->unflushed = true;
	return err ? err : e;
}

static int32_t op_reserve(struct inode *i, uint64_t pos, uint32_t n)
{
	struct ext2 *fs = ext2_of(i);
	uint64_t max = ext2_size_max(fs), at = pos;
	uint32_t block;
	int err = pos >= max ? -EFBIG : 0;

	if (pos + n > max) n = (uint32_t)(max - pos);
	while (!err && at < pos + n) {
		err = map_one(i, (uint32_t)(at >> fs->block_shift), true, &block);
		if (!err) at = ((at >> fs->block_shift) + 1) << fs->block_shift;
	}
	return at == pos ? err : (int32_t)(MIN(at, pos + n) - pos);
}

static int free_beyond(struct inode *i)
{
	struct ext2 *fs = ext2_of(i);

	mutex_lock(&fs->lock);
	int err = fs->writable ? ext2_free_from(i, (uint32_t)((i->size + fs->block_bytes - 1) >> fs->block_shift)) : -EROFS;
	mutex_unlock(&fs->lock);
	return err;
}

static void op_trim(struct inode *i)
{
	(void)free_beyond(i);
}

/** The last page keeps only what is below the new size, on the disk too: a later, longer file has zeros there. */
static int cut_tail(struct inode *i, uint64_t size)
{
	struct ext2 *fs = ext2_of(i);
	uint32_t index = (uint32_t)(size >> PAGE_SHIFT), tail = (uint32_t)(size & PAGE_MASK), block = 0, pfn;

	if ((size & (fs->block_bytes - 1)) == 0) return 0;
	int err = map_one(i, (uint32_t)(size >> fs->block_shift), false, &block);
	if (err || !block) return err;
	err = pages_get(i, index, false, &pfn);
	if (err) return err;
	uint32_t n = fs->block_bytes - (tail & (fs->block_bytes - 1));
	memset((uint8_t *)frame_virt(pfn) + tail, 0, n);
	pages_dirty(i, index, tail, n);
	frame_unref(pfn);
	return 0;
}

static int op_truncate(struct inode *i, uint64_t size)
{
	struct ext2 *fs = ext2_of(i);
	int err = !fs->writable ? -EROFS : size > ext2_size_max(fs) ? -EFBIG : 0;

	if (err) return err;
	if (size < i->size) {
		err = cut_tail(i, size);
		if (err) return err;
		pages_truncate(i, size);
		i->size = size;
		writeback_wait(i); /* nobody writes into blocks that are about to be somebody else's */
		err = free_beyond(i);
	}
	i->size = size;
	inode_touch_data(i);
	return err;
}

static int op_setattr(struct inode *i)
{
	inode_dirty(i);
	return 0;
}

const struct inode_ops ext2_file_ops = {
	.truncate = op_truncate,
	.read_pages = op_read_pages,
	.write_pages = op_write_pages,
	.reserve = op_reserve,
	.trim = op_trim,
	.evict = ext2_evict,
	.setattr = op_setattr,
};
