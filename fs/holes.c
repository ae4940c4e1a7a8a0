/* holes.c - what of a file has pages and what is a hole: SEEK_DATA and SEEK_HOLE, and fallocate(2).
 * Called by: file.c (lseek), sys_size.c.
 * Never: changes a file's size.  */
#include "abi/linux_errno.h"
#include "fs/page_tree.h"
#include "fs/pages.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame.h"
#include "lib/str.h"

static uint32_t page_at(const struct inode *i, uint32_t index)
{
	return i->pages ? page_tree_find(i->pages, index) : FRAME_NONE;
}

int64_t pages_seek(const struct inode *i, int64_t pos, bool data)
{
	uint32_t index = (uint32_t)(pos >> PAGE_SHIFT), next = index;
	int64_t at, end = (int64_t)i->size;

	if (inode_on_disk(i)) return data ? pos : end;
	if (data) {
		if (!i->pages || !page_tree_next(i->pages, &next)) return -ENXIO;
	} else {
		while (next <= PAGES_INDEX_MAX && page_at(i, next) != FRAME_NONE) next++;
	}
	at = next == index ? pos : (int64_t)next << PAGE_SHIFT;
	if (at < end) return at;
	return data ? -ENXIO : end;
}

int pages_reserve(struct inode *i, uint64_t pos, uint64_t n)
{
	uint64_t last = (pos + n - 1) >> PAGE_SHIFT;
	uint32_t pfn;

	if (last > PAGES_INDEX_MAX) return -EFBIG;
	if (inode_on_disk(i)) return 0;
	if (last - (pos >> PAGE_SHIFT) >= (uint64_t)pages_room(i) + pages_resident(i)) return -ENOSPC;
	for (uint32_t index = (uint32_t)(pos >> PAGE_SHIFT); index <= last; index++) {
		int err = pages_get(i, index, true, &pfn);
		if (err) return err;
		frame_unref(pfn);
		preempt_point();
	}
	return 0;
}

/** A part of one page, if it is there. */
static void zero_part(struct inode *i, uint64_t pos, uint64_t n)
{
	uint32_t pfn = n ? page_at(i, (uint32_t)(pos >> PAGE_SHIFT)) : FRAME_NONE;

	if (pfn != FRAME_NONE) memset((uint8_t *)frame_virt(pfn) + (pos & PAGE_MASK), 0, (uint32_t)n);
}

int pages_punch(struct inode *i, uint64_t pos, uint64_t n)
{
	uint64_t end = MIN(pos + n, (uint64_t)PAGES_INDEX_MAX << PAGE_SHIFT);
	uint64_t first = (pos + PAGE_MASK) & ~(uint64_t)PAGE_MASK, last = end & ~(uint64_t)PAGE_MASK;

	if (pos >= end) return 0;
	if (first > last) { /* within one page */
		zero_part(i, pos, end - pos);
		return 0;
	}
	zero_part(i, pos, first - pos);
	zero_part(i, last, end - last);
	return inode_backing_ops.punch(&i->backing, (uint32_t)(first >> PAGE_SHIFT), (uint32_t)(last >> PAGE_SHIFT));
}
