/* pages.c - the one page cache, per inode.
 * Called by: file.c, tmpfs.c, and as backing by kernel/mm and the pager.
 * Never: holds a lock while it copies to a reader; a page in use is kept by its reference.  */
#include "fs/pages.h"
#include "abi/linux_errno.h"
#include "fs/name.h"
#include "fs/page_tree.h"
#include "fs/writeback.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define LOW_SHARE 16u   /* the cache of disks leaves this part of memory free for those who cannot wait */
#define RUN_FIRST 8u    /* pages brought at a first miss: 32 KiB cost a disk little more than 4 */
#define RUN_SCARCE 2u
#define PART_SHIFT 10   /* dirt is noted by the 1 KiB */

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

static int need_tree(struct inode *i)
{
	if (!i->pages) i->pages = kzalloc(sizeof *i->pages);
	return i->pages ? 0 : -ENOMEM;
}

int pages_adopt(struct inode *i, uint32_t index, uint32_t pfn)
{
	int err = need_tree(i);

	if (!err) err = page_tree_insert(i->pages, index, pfn);
	if (err) return err;
	pages_cached_total++;
	i->sb->n_pages++;
	if (inode_on_disk(i)) writeback_cached(i);
	return 0;
}

/* ---- absent pages */
/** A frame for a page of a disk: a writer that cleans pages is worth waiting for. The threads that clean take from the reserve. */
static uint32_t disk_frame(bool zero)
{
	uint32_t low = frame_total() / LOW_SHARE;

	if (frame_free_count() < low) writeback_reclaim(PAGES_RUN);
	for (int tries = 0; tries < 3; tries++) {
		uint32_t pfn = zero ? frame_alloc_zero() : frame_alloc();
		if (pfn != FRAME_NONE) return pfn;
		writeback_wanted();
		if (thread_current()->system) break;
		if (!frame_wait(1)) return FRAME_NONE;
	}
	uint32_t pfn = frame_alloc_reserve();
	if (pfn != FRAME_NONE && zero) memset(frame_virt(pfn), 0, PAGE_SIZE);
	return pfn;
}

/** How many pages to bring when `index` is missing, and from which on: whoever reads on gets ever longer runs, anybody else the
 *  neighbours (a program's pages are asked for in no order). */
static uint32_t choose_run(struct inode *i, uint32_t index, uint32_t *first)
{
	uint32_t end = (uint32_t)MIN((i->size + PAGE_MASK) >> PAGE_SHIFT, (uint64_t)PAGES_INDEX_MAX + 1);
	bool on = index == i->read_next, scarce = frame_free_count() < frame_total() / LOW_SHARE;
	uint32_t n = scarce ? RUN_SCARCE : on ? MIN(MAX(i->read_run * 2, RUN_FIRST), PAGES_RUN) : RUN_FIRST;

	*first = on ? index : index - index % n;
	while (*first < index && find(i, *first) != FRAME_NONE) ++*first;
	if (index >= end) {
		*first = index;
		return 1;
	}
	n = MIN(n, end - *first);
	for (uint32_t k = index + 1 - *first; k < n; k++)
		if (find(i, *first + k) != FRAME_NONE) n = k;
	i->read_run = n;
	i->read_next = *first + n;
	return n;
}

/** Frames for the run: the wanted one must be had, its neighbours may be fewer. */
static int run_frames(uint32_t *pfn, uint32_t *first, uint32_t *n, uint32_t index)
{
	uint32_t k = 0;

	pfn[0] = disk_frame(true);
	if (pfn[0] == FRAME_NONE) return -ENOMEM;
	for (k = 1; k < *n; k++) {
		pfn[k] = frame_alloc_zero();
		if (pfn[k] == FRAME_NONE) break;
	}
	if (*first + k <= index) { /* too few to reach it: it alone */
		while (k > 1) frame_unref(pfn[--k]);
		*first = index;
	}
	*n = k;
	return 0;
}

/** What was read becomes the cache's, unless somebody else brought it. The wanted page gets one more reference, in *out. */
static int keep_run(struct inode *i, uint32_t first, uint32_t n, const uint32_t *pfn, uint32_t index, uint32_t *out)
{
	int err = 0;

	for (uint32_t k = 0; k < n; k++) {
		bool wanted = first + k == index;
		if (wanted) frame_ref(pfn[k]);
		uint32_t there = find(i, first + k);
		int e = there == FRAME_NONE ? pages_adopt(i, first + k, pfn[k]) : 0;
		if (there != FRAME_NONE || e) frame_unref(pfn[k]);
		if (!wanted) continue;
		*out = there != FRAME_NONE ? there : pfn[k];
		if (there != FRAME_NONE) frame_ref(there);
		if (there != FRAME_NONE || e) frame_unref(pfn[k]);
		err = e;
	}
	return err;
}

/** Read the run [first, first + n). 1: pages went away meanwhile, what was read may be old: try again. */
static int read_run(struct inode *i, uint32_t first, uint32_t n, uint32_t index, uint32_t *out)
{
	uint32_t pfn[PAGES_RUN];
	int err = run_frames(pfn, &first, &n, index);

	if (err) return err;
	uint32_t gone = i->pages->gone;
	err = i->ops->read_pages(i, first, n, pfn);
	if (!err && gone != i->pages->gone) err = 1;
	if (!err) return keep_run(i, first, n, pfn, index, out);
	for (uint32_t k = 0; k < n; k++) frame_unref(pfn[k]);
	return err;
}

/** Bring an absent page from its disk, with neighbours. *out referenced. */
static int bring(struct inode *i, uint32_t index, uint32_t *out)
{
	uint32_t first = index;
	int err = need_tree(i);

	if (err) return err;
	uint32_t n = choose_run(i, index, &first);
	err = read_run(i, first, n, index, out);
	while (err == 1 || (err && n > 1)) { /* the neighbours may be unreadable, or keep changing: the page alone */
		uint32_t there = find(i, index);
		if (there != FRAME_NONE) {
			frame_ref(there);
			*out = there;
			return 0;
		}
		n = 1;
		err = read_run(i, index, 1, index, out);
	}
	return err;
}

/** A zeroed page for a file without a disk. *out referenced. */
static int fresh(struct inode *i, uint32_t index, uint32_t *out)
{
	if (!pages_room(i)) return -ENOSPC;
	*out = frame_alloc_zero();
	if (*out == FRAME_NONE) return -ENOSPC;
	int err = pages_adopt(i, index, *out);
	if (err)
		frame_unref(*out);
	else
		frame_ref(*out);
	return err;
}

int pages_get(struct inode *i, uint32_t index, bool create, uint32_t *pfn)
{
	uint32_t there = find(i, index);

	if (index > PAGES_INDEX_MAX) return -EFBIG;
	*pfn = there;
	if (there == FRAME_NONE) return inode_on_disk(i) ? bring(i, index, pfn) : create ? fresh(i, index, pfn) : 0;
	if (inode_on_disk(i)) page_tree_tag(i->pages, index, PAGE_USED, 0);
	frame_ref(there);
	return 0;
}

/* ---- newer than the disk */
static uint32_t parts(uint32_t off, uint32_t n)
{
	uint32_t first = off >> PART_SHIFT, last = (off + n - 1) >> PART_SHIFT;

	return ((2u << last) - (1u << first)) << PAGE_DIRTY_SHIFT;
}

static void mark(struct inode *i, uint32_t index, uint32_t tags)
{
	if (!inode_on_disk(i) || find(i, index) == FRAME_NONE) return;
	if (!(page_tree_tag(i->pages, index, tags | PAGE_USED, 0) & PAGE_DIRTY)) pages_dirty_total++;
	writeback_note(i);
}

void pages_dirty(struct inode *i, uint32_t index, uint32_t off, uint32_t n)
{
	if (n > 0) mark(i, index, parts(off, n));
}

void pages_forget(struct inode *i, uint64_t pos, uint32_t n)
{
	while (n > 0 && i->pages) {
		uint32_t off = (uint32_t)(pos & PAGE_MASK), k = MIN(n, PAGE_SIZE - off), index = (uint32_t)(pos >> PAGE_SHIFT);
		uint32_t before = page_tree_tag(i->pages, index, 0, parts(off, k));
		if ((before & PAGE_DIRTY) && !(page_tree_tags(i->pages, index) & PAGE_DIRTY)) pages_dirty_total--;
		pos += k;
		n -= k;
	}
}

/* ---- how many, and fewer */
uint32_t pages_resident(const struct inode *i)
{
	return i->pages ? i->pages->n_pages : 0;
}

static void drop(struct inode *i, uint32_t index)
{
	if (page_tree_tags(i->pages, index) & PAGE_DIRTY) pages_dirty_total--;
	if (inode_on_disk(i)) pages_disk_total--;
	frame_unref(page_tree_remove(i->pages, index));
	pages_cached_total--;
	i->sb->n_pages--;
}

/* The pages of [first, end); whoever maps them sees them no more. */
static void drop_range(struct inode *i, uint32_t first, uint32_t end, bool copies)
{
	backing_cut(&i->backing, first, end, copies);
	while (i->pages && page_tree_next(i->pages, &first) && first < end) drop(i, first);
}

bool pages_drop_if_clean(struct inode *i, uint32_t index)
{
	if ((page_tree_tags(i->pages, index) & PAGE_DIRTY) || frame_refs(find(i, index)) != 1) return false;
	drop(i, index);
	return true;
}

void pages_drop_clean(struct inode *i)
{
	if (!i->pages) return;
	for (uint32_t index = 0; page_tree_next(i->pages, &index); index++) pages_drop_if_clean(i, index);
}

void pages_truncate(struct inode *i, uint64_t size)
{
	uint32_t tail = (uint32_t)(size & PAGE_MASK);
	uint64_t first = (size + PAGE_MASK) >> PAGE_SHIFT;

	if (first <= PAGES_INDEX_MAX) drop_range(i, (uint32_t)first, UINT32_MAX, true);
	if (!i->pages) return;
	i->pages->gone++; /* what is being read beyond the end is not wanted any more */
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

/** The frame holds `got` bytes for an absent page (the rest is zero): it becomes the page, or goes into the one that came meanwhile.
 *  Takes over the frame's reference. No memory: what was reserved on a disk is written at once, so that it does not show remains. */
static int put_whole(struct inode *i, uint32_t index, uint32_t pfn, uint32_t got)
{
	uint32_t there = find(i, index);
	int err = 0;

	if (there == FRAME_NONE && got < PAGE_SIZE && inode_on_disk(i)) { /* a short copy: the rest is the disk's */
		err = bring(i, index, &there);
		if (!err) frame_unref(there); /* the cache has it, and nothing sleeps before the copy */
	}
	if (!err && there != FRAME_NONE) memcpy(frame_virt(there), frame_virt(pfn), got);
	if (!err && there == FRAME_NONE) {
		err = pages_adopt(i, index, pfn);
		if (!err) frame_ref(pfn);
	}
	if (!err) pages_dirty(i, index, 0, got);
	else if (inode_on_disk(i)) (void)i->ops->write_pages(i, index, 1, &(struct page_out){.pfn = pfn, .mask = parts(0, got) >> PAGE_DIRTY_SHIFT});
	frame_unref(pfn);
	return err;
}

static int32_t reserve(struct inode *i, uint32_t index, uint32_t off, uint32_t n)
{
	return i->ops->reserve ? i->ops->reserve(i, ((uint64_t)index << PAGE_SHIFT) + off, n) : (int32_t)n;
}

/** Fill an absent page as a whole: no need to zero it or to read it first. Bytes, or -errno. */
static int32_t write_whole(struct inode *i, struct uio *u, uint32_t index)
{
	if (!inode_on_disk(i) && !pages_room(i)) return -ENOSPC;
	uint32_t pfn = inode_on_disk(i) ? disk_frame(false) : frame_alloc();
	if (pfn == FRAME_NONE) return inode_on_disk(i) ? -ENOMEM : -ENOSPC;
	int32_t got = uio_from(u, frame_virt(pfn), PAGE_SIZE);
	if (got > 0) got = reserve(i, index, 0, (uint32_t)got);
	if (got <= 0) {
		frame_unref(pfn);
		return got;
	}
	memset((uint8_t *)frame_virt(pfn) + got, 0, PAGE_SIZE - (uint32_t)got);
	int err = put_whole(i, index, pfn, (uint32_t)got);
	return !err ? got : inode_on_disk(i) ? err : -ENOSPC;
}

static int32_t write_part(struct inode *i, struct uio *u, uint32_t index, uint32_t off, uint32_t n)
{
	uint32_t pfn;
	int err = pages_get(i, index, true, &pfn);

	if (err) return err;
	int32_t got = reserve(i, index, off, n);
	if (got > 0) {
		n = (uint32_t)got;
		pages_dirty(i, index, off, n); /* a fresh block must get at least its zeros */
		got = uio_from(u, (uint8_t *)frame_virt(pfn) + off, n);
		pages_dirty(i, index, off, n); /* it may have been written out while the copy slept */
	}
	frame_unref(pfn);
	return got;
}

static int32_t write_loop(struct inode *i, struct uio *u, uint64_t pos)
{
	uint32_t done = 0;

	while (u->left > 0) {
		uint32_t index = (uint32_t)(pos >> PAGE_SHIFT), off = (uint32_t)(pos & PAGE_MASK);
		uint32_t n = MIN(PAGE_SIZE - off, u->left);
		if (pos >> PAGE_SHIFT > PAGES_INDEX_MAX) return done ? (int32_t)done : -EFBIG;
		bool whole = n == PAGE_SIZE && find(i, index) == FRAME_NONE;
		int32_t got = whole ? write_whole(i, u, index) : write_part(i, u, index, off, n);
		if (got < 0) return done ? (int32_t)done : got;
		done += (uint32_t)got;
		pos += (uint32_t)got;
		if (pos > i->size) i->size = pos;
		if (got > 0) inode_touch_data(i);
		if ((uint32_t)got < n) break;
		if (inode_on_disk(i)) writeback_throttle(i);
		preempt_point();
	}
	return (int32_t)done;
}

int32_t pages_write(struct inode *i, struct uio *u, uint64_t pos)
{
	uint32_t want = u->left;
	int32_t n = write_loop(i, u, pos);

	if (i->ops->trim && (n < 0 || (uint32_t)n < want)) i->ops->trim(i);
	return n;
}

/* ---- as a backing */
static int backing_get_page(struct backing *b, uint32_t index, bool nowait, uint32_t *pfn)
{
	struct inode *i = backing_inode(b);

	if (index >= (i->size + PAGE_MASK) >> PAGE_SHIFT) return -ENXIO;
	if (nowait && inode_on_disk(i) && find(i, index) == FRAME_NONE) return -EAGAIN;
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

	if (i->ops->read_pages) return -EOPNOTSUPP; /* its pages come from below again */
	drop_range(i, first, end, false);
	inode_touch_data(i);
	return 0;
}

static void backing_dirtied(struct backing *b, uint32_t index)
{
	struct inode *i = backing_inode(b);

	mark(i, index, PAGE_DIRTY | PAGE_SHARED); /* it stays dirty while it is mapped: later writes are not seen */
	inode_touch_data(i);
}

static int backing_sync(struct backing *b)
{
	return writeback_inode(backing_inode(b));
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
	.sync = backing_sync,
	.size = backing_size,
	.ref = backing_ref,
	.unref = backing_unref,
	.describe = backing_describe,
};
