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

/** A part of one page that is there, or all of it: then whoever maps it sees it no more. */
static void punch_page(struct inode *i, uint32_t index, uint32_t off, uint32_t n)
{
	uint32_t pfn = page_at(i, index);

	if (n == PAGE_SIZE) {
		backing_cut(&i->backing, index, index + 1, false);
		pages_drop(i, index);
	} else {
		memset((uint8_t *)frame_virt(pfn) + off, 0, n);
	}
}

void pages_punch(struct inode *i, uint64_t pos, uint64_t n)
{
	uint64_t end = MIN(pos + n, (uint64_t)PAGES_INDEX_MAX << PAGE_SHIFT);

	for (uint32_t index = (uint32_t)(pos >> PAGE_SHIFT); pos < end && i->pages && page_tree_next(i->pages, &index); index++) {
		uint64_t start = (uint64_t)index << PAGE_SHIFT;
		if (start >= end) break;
		uint64_t from = MAX(pos, start), to = MIN(end, start + PAGE_SIZE);
		punch_page(i, index, (uint32_t)(from - start), (uint32_t)(to - from));
	}
}
