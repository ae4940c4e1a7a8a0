/* pages.c - the one page cache, per inode.
 * Called by: file.c, tmpfs.c, and as backing by kernel/mm and the pager.
 * Never: holds a lock while it copies to a reader; a page in use is kept by its reference.  */
#include "fs/pages.h"
#include "abi/linux_errno.h"
#include "fs/name.h"
#include "fs/page_tree.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

uint32_t pages_cached_total;

uint32_t pages_room(const struct inode *i)
{
	uint32_t spared = frame_total() / 32, unused = frame_free_count();
	uint32_t room = unused > spared ? unused - spared : 0;

	if (!i->sb->max_pages) return room;
	return MIN(room, i->sb->max_pages > i->sb->n_pages ? i->sb->max_pages - i->sb->n_pages : 0);
}

static uint32_t find(const struct inode *i, uint32_t index)
{
	return i->pages ? page_tree_find(i->pages, index) : FRAME_NONE;
}

int pages_adopt(struct inode *i, uint32_t index, uint32_t pfn)
{
	if (!i->pages) {
		i->pages = kzalloc(sizeof *i->pages);
		if (!i->pages) return -ENOMEM;
	}
	int err = page_tree_insert(i->pages, index, pfn);
	if (err) return err;
	pages_cached_total++;
	i->sb->n_pages++;
	return 0;
}

void pages_drop(struct inode *i, uint32_t index)
{
	frame_unref(page_tree_remove(i->pages, index));
	pages_cached_total--;
	i->sb->n_pages--;
}

/** A frame for an absent page: read from below, or zeroed. One reference. */
static int fresh(struct inode *i, uint32_t index, uint32_t *pfn)
{
	if (!i->ops->read_page && !pages_room(i)) return -ENOSPC;
	*pfn = frame_alloc_zero();
	if (*pfn == FRAME_NONE) return i->ops->read_page ? -ENOMEM : -ENOSPC;
	int err = i->ops->read_page ? i->ops->read_page(i, index, *pfn) : 0;
	if (err) frame_unref(*pfn);
	return err;
}

int pages_get(struct inode *i, uint32_t index, bool create, uint32_t *pfn)
{
	uint32_t mine, there = find(i, index);
	int err;

	if (index > PAGES_INDEX_MAX) return -EFBIG;
	if (there == FRAME_NONE && (create || i->ops->read_page)) {
		err = fresh(i, index, &mine);
		if (err) return err;
		there = find(i, index); /* reading slept: somebody else may have brought it */
		if (there == FRAME_NONE) {
			err = pages_adopt(i, index, mine);
			there = mine;
		}
		if (err || there != mine) frame_unref(mine);
		if (err) return err;
	}
	if (there != FRAME_NONE) frame_ref(there);
	*pfn = there;
	return 0;
}

uint32_t pages_resident(const struct inode *i)
{
	return i->pages ? i->pages->n_pages : 0;
}

/* The pages of [first, end); whoever maps them sees them no more. */
static void drop_range(struct inode *i, uint32_t first, uint32_t end, bool copies)
{
	backing_cut(&i->backing, first, end, copies);
	while (i->pages && page_tree_next(i->pages, &first) && first < end) pages_drop(i, first);
}

void pages_truncate(struct inode *i, uint64_t size)
{
	uint32_t tail = (uint32_t)(size & PAGE_MASK);
	uint64_t first = (size + PAGE_MASK) >> PAGE_SHIFT;

	if (first <= PAGES_INDEX_MAX) drop_range(i, (uint32_t)first, UINT32_MAX, true);
	if (!i->pages) return;
	if (first == 0) page_tree_clear(i->pages);
	uint32_t pfn = tail ? find(i, (uint32_t)(size >> PAGE_SHIFT)) : FRAME_NONE;
	if (pfn != FRAME_NONE) memset((uint8_t *)frame_virt(pfn) + tail, 0, PAGE_SIZE - tail);
}

void pages_free(struct inode *i)
{
	if (!i->pages) return;
	drop_range(i, 0, UINT32_MAX, true);
	page_tree_clear(i->pages);
	kfree(i->pages);
	i->pages = NULL;
}

/* ---- read and write */
int32_t pages_read(struct inode *i, struct uio *u, uint64_t pos)
{
	uint32_t done = 0, pfn;

	while (u->left > 0 && pos < i->size) { /* size is read anew: each copy may have slept */
		uint32_t off = (uint32_t)(pos & PAGE_MASK);
		uint32_t n = MIN(PAGE_SIZE - off, u->left);
		if (n > i->size - pos) n = (uint32_t)(i->size - pos);
		int err = pages_get(i, (uint32_t)(pos >> PAGE_SHIFT), false, &pfn);
		if (err) return done ? (int32_t)done : err;
		int32_t got = pfn == FRAME_NONE ? uio_zero(u, n) : uio_to(u, (uint8_t *)frame_virt(pfn) + off, n);
		if (pfn != FRAME_NONE) frame_unref(pfn);
		if (got < 0) return done ? (int32_t)done : got;
		done += (uint32_t)got;
		pos += (uint32_t)got;
		if ((uint32_t)got < n) break;
		preempt_point();
	}
	return (int32_t)done;
}

/** Fill an absent page of a file without a disk as a whole: no need to zero it first. Bytes, or -errno. */
static int32_t write_whole(struct inode *i, struct uio *u, uint32_t index)
{
	if (!pages_room(i)) return -ENOSPC;
	uint32_t pfn = frame_alloc();
	if (pfn == FRAME_NONE) return -ENOSPC;
	int32_t got = uio_from(u, frame_virt(pfn), PAGE_SIZE);
	if (got > 0) {
		memset((uint8_t *)frame_virt(pfn) + got, 0, PAGE_SIZE - (uint32_t)got);
		uint32_t there = find(i, index); /* a mapping may have made the page during the copy */
		if (there != FRAME_NONE) {
			memcpy(frame_virt(there), frame_virt(pfn), (uint32_t)got);
		} else if (pages_adopt(i, index, pfn) == 0) {
			return got;
		} else {
			got = -ENOSPC;
		}
	}
	frame_unref(pfn);
	return got;
}

static int32_t write_part(struct inode *i, struct uio *u, uint32_t index, uint32_t off, uint32_t n)
{
	uint32_t pfn;
	int err = pages_get(i, index, true, &pfn);

	if (err) return err;
	int32_t got = uio_from(u, (uint8_t *)frame_virt(pfn) + off, n);
	frame_unref(pfn);
	return got;
}

int32_t pages_write(struct inode *i, struct uio *u, uint64_t pos)
{
	uint32_t done = 0;

	while (u->left > 0) {
		uint32_t index = (uint32_t)(pos >> PAGE_SHIFT), off = (uint32_t)(pos & PAGE_MASK);
		uint32_t n = MIN(PAGE_SIZE - off, u->left);
		if (pos >> PAGE_SHIFT > PAGES_INDEX_MAX) return done ? (int32_t)done : -EFBIG;
		bool whole = n == PAGE_SIZE && !i->ops->read_page && find(i, index) == FRAME_NONE;
		int32_t got = whole ? write_whole(i, u, index) : write_part(i, u, index, off, n);
		if (got < 0) return done ? (int32_t)done : got;
		done += (uint32_t)got;
		pos += (uint32_t)got;
		if (pos > i->size) i->size = pos;
		if (got > 0) inode_touch_data(i);
		if ((uint32_t)got < n) break;
		preempt_point();
	}
	return (int32_t)done;
}

/* ---- as a backing */
static int backing_get_page(struct backing *b, uint32_t index, bool nowait, uint32_t *pfn)
{
	struct inode *i = backing_inode(b);

	if (index >= (i->size + PAGE_MASK) >> PAGE_SHIFT) return -ENXIO;
	if (nowait && i->ops->read_page && find(i, index) == FRAME_NONE) return -EAGAIN;
	int err = pages_get(i, index, true, pfn); /* a hole gets its page: a shared mapping must see later writes */
	return err == -ENOSPC ? -ENOMEM : err;
}

static bool backing_has_page(struct backing *b, uint32_t index)
{
	return find(backing_inode(b), index) != FRAME_NONE;
}

static int backing_punch(struct backing *b, uint32_t first, uint32_t end)
{
	struct inode *i = backing_inode(b);

	if (i->ops->read_page) return -EOPNOTSUPP; /* its pages come from below again */
	drop_range(i, first, end, false);
	inode_touch_data(i);
	return 0;
}

static void backing_dirtied(struct backing *b, uint32_t index)
{
	UNUSED(index);
	inode_touch_data(backing_inode(b));
}

static uint64_t backing_size(struct backing *b)
{
	return backing_inode(b)->size;
}

static void backing_ref(struct backing *b)
{
	inode_ref(backing_inode(b));
}

static void backing_unref(struct backing *b)
{
	inode_unref(backing_inode(b));
}

#define GONE " (deleted)"

/** As proc(5) has it: a file without a name is told to be deleted; shared anonymous memory is Linux's /dev/zero. */
static void describe_path(const struct inode *i, char *path, uint32_t size)
{
	const char *text = i->gone ? i->gone : !strcmp(i->sb->source, "anonymous") ? "/dev/zero" : NULL;

	if (text)
		fmt_snprintf(path, size, "%s" GONE, text);
	else if (name_path_of_inode(i, path, size) < 0)
		path[0] = '\0';
}

static void backing_describe(struct backing *b, char *path, uint32_t size, uint32_t *dev, uint64_t *ino)
{
	struct inode *i = backing_inode(b);

	if (path && size) describe_path(i, path, size);
	if (dev) *dev = i->sb->dev;
	if (ino) *ino = i->ino;
}

const struct backing_ops inode_backing_ops = {
	.get_page = backing_get_page,
	.has_page = backing_has_page,
	.punch = backing_punch,
	.dirtied = backing_dirtied,
	.size = backing_size,
	.ref = backing_ref,
	.unref = backing_unref,
	.describe = backing_describe,
};
