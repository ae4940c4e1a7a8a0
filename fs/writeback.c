/* writeback.c - what is newer in memory than on a disk, and when it goes there; which pages can be had again.
 * Called by: inode.c, pages.c, sys_size.c, mount.c, file systems on disks; its own thread.
 * Never: holds a mutex above MUTEX_WRITEBACK while it asks a file system to write.  */
#include "fs/writeback.h"
#include "abi/linux_errno.h"
#include "fs/block.h"
#include "fs/page_tree.h"
#include "fs/pages.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"

#define PERIOD_NS (5 * NS_PER_S)  /* as Linux: dirty_writeback_centisecs */
#define OLD_NS (30 * NS_PER_S)    /* dirty_expire_centisecs */
#define DIRTY_SHARE 8u            /* more than this part of memory dirty: writers write */
#define PAUSE_NS (50 * NS_PER_MS)
#define RECLAIM_BATCH 64u
#define ALL_PARTS 0xfu

uint32_t pages_dirty_total, pages_disk_total;
/* Inodes with something to write. `work` is the pass's under way: an inode is in one of them, and leaves it when it is freed. */
static struct list_node dirty_list = LIST_INIT(dirty_list), work = LIST_INIT(work);
static struct list_node cached_list = LIST_INIT(cached_list);
static struct mutex pass_lock = {.waiters = WAITQ_INIT(pass_lock.waiters), .order = MUTEX_WRITEBACK};
static struct waitq writer_wake = WAITQ_INIT(writer_wake);
static bool wanted_now;
static struct inode_keeper *keepers; /* changed with pass_lock held */

/* ---- noting */
void writeback_note(struct inode *i)
{
	if (list_linked(&i->dirty_node)) return;
	i->dirty_since_ns = clock_now_ns();
	list_push_back(&dirty_list, &i->dirty_node);
}

void writeback_cached(struct inode *i)
{
	pages_disk_total++;
	if (!list_linked(&i->cached_node)) list_push_back(&cached_list, &i->cached_node);
}

void writeback_wanted(void)
{
	wanted_now = true;
	waitq_wake_all(&writer_wake);
}

/* ---- pages of one inode */
static bool next_dirty(const struct inode *i, uint32_t *index)
{
	if (!i->pages || i->pages->n_dirty == 0) return false;
	for (; page_tree_next(i->pages, index); ++*index)
		if (page_tree_tags(i->pages, *index) & PAGE_DIRTY) return true;
	return false;
}

/** Take the parts `mask` of a dirty page for writing: they count as clean from here on, but for a page that a program may be
 *  writing to. False: none of them is dirty. */
static bool take(struct inode *i, uint32_t index, uint32_t mask, struct page_out *out)
{
	uint32_t tags = page_tree_tags(i->pages, index);

	out->mask = (tags & PAGE_DIRTY) >> PAGE_DIRTY_SHIFT & mask;
	if (!out->mask) return false;
	out->pfn = page_tree_find(i->pages, index);
	bool stays = (tags & PAGE_SHARED) && frame_refs(out->pfn) > 1;
	frame_ref(out->pfn);
	if (stays) return true;
	page_tree_tag(i->pages, index, 0, out->mask << PAGE_DIRTY_SHIFT | PAGE_SHARED);
	if (!(page_tree_tags(i->pages, index) & PAGE_DIRTY)) pages_dirty_total--;
	return true;
}

/** A run could not be written. Lack of memory passes: it stays dirty; other errors are told to fsync and the data is given up,
 *  as Linux does, so that one bad sector does not fill the memory. */
static void failed(struct inode *i, uint32_t first, uint32_t n, const struct page_out *out, int err)
{
	if (err != -ENOMEM) {
		if (!i->write_error) klog(LOG_ERR, "%s: inode %u, page %u: cannot be written (%d)", i->sb->source, i->ino, first, -err);
		i->write_error = err;
		return;
	}
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t part = 0; part < 4; part++)
			if (out[k].mask >> part & 1) pages_dirty(i, first + k, part * (PAGE_SIZE / 4), PAGE_SIZE / 4);
}

static int write_run(struct inode *i, uint32_t *index, part_filter filter, void *ctx)
{
	struct page_out out[PAGES_RUN];
	uint32_t n = 0, first = *index;

	while (n < PAGES_RUN && take(i, first + n, filter ? filter(ctx, first + n) : ALL_PARTS, &out[n])) n++;
	*index = first + MAX(n, 1u);
	if (n == 0) return 0;
	int err = i->ops->write_pages(i, first, n, out);
	if (err) failed(i, first, n, out, err);
	for (uint32_t k = 0; k < n; k++) frame_unref(out[k].pfn);
	return err;
}

int writeback_some(struct inode *i, part_filter filter, void *ctx)
{
	int err = 0;

	i->n_writing++;
	for (uint32_t index = 0; next_dirty(i, &index);) {
		int e = write_run(i, &index, filter, ctx);
		if (!err) err = e;
		if (e == -ENOMEM) break;
		preempt_point();
	}
	if (--i->n_writing == 0) waitq_wake_all(&i->changed);
	writeback_wait(i);
	if (i->pages && i->pages->n_dirty) writeback_note(i);
	return err;
}

void writeback_wait(struct inode *i)
{
	while (i->n_writing > 0) (void)waitq_sleep(&i->changed, 0, FOREVER);
}

int writeback_pages(struct inode *i)
{
	return writeback_some(i, NULL, NULL);
}

bool writeback_too_dirty(void)
{
	return pages_dirty_total > frame_total() / DIRTY_SHARE;
}

void writeback_throttle(struct inode *i)
{
	if (writeback_too_dirty()) (void)writeback_pages(i);
}

/* ---- passes; pass_lock is held */
static int write_meta(struct inode *i)
{
	if (!i->dirty) return 0;
	i->dirty = false;
	int err = i->sb->write_inode(i);
	if (err == -ENOMEM) inode_dirty(i);
	if (err) i->write_error = err;
	return err;
}

/** The work of a pass: inodes of sb (NULL: any) that are dirty since `before`. What gets dirty again meanwhile (a page that stays
 *  mapped does at once) is the next pass's. */
static void collect(struct superblock *sb, uint64_t before)
{
	struct inode *i, *next;

	list_for_each_safe(i, next, &dirty_list, dirty_node) {
		if (i->dirty_since_ns > before || (sb && i->sb != sb)) continue;
		list_remove(&i->dirty_node);
		list_push_back(&work, &i->dirty_node);
	}
}

/** The next one, referenced, off the list; NULL: the pass is over. */
static struct inode *next_due(void)
{
	struct inode *i = list_first(&work, struct inode, dirty_node);

	if (!i) return NULL;
	list_remove(&i->dirty_node);
	inode_ref(i);
	return i;
}

/** Pages and inodes. Returns the first error; *any: something was due. */
static int pass_inodes(struct superblock *sb, uint64_t before, bool *any)
{
	struct inode *i;
	int err = 0;

	for (collect(sb, before); (i = next_due()) != NULL; inode_unref(i)) {
		int e = 0;
		*any = true;
		if (block_is_held(i)) continue; /* its file system knows the order: sync */
		if (i->pages && i->pages->n_dirty) e = writeback_pages(i);
		if (!err) err = e;
		e = write_meta(i);
		if (!err) err = e;
	}
	return err;
}

static int sync_keepers(struct superblock *sb)
{
	int err = 0;

	for (struct inode_keeper *k = keepers; k; k = k->next) {
		if (sb && k->sb != sb) continue;
		int e = k->sb->sync(k->sb);
		if (!err) err = e;
	}
	return err;
}

static int take_error(struct inode *i)
{
	int err = i->write_error;

	i->write_error = 0;
	return err;
}

int writeback_inode(struct inode *i)
{
	if (!i->sb->write_inode) return 0;
	bool any = false;
	mutex_lock(&pass_lock);
	/* all of the file system's data: metadata that is on the disk before the data it leads to would show other files' remains */
	int err = writeback_pages(i), e = pass_inodes(i->sb, UINT64_MAX, &any);
	if (!err) err = e;
	e = sync_keepers(i->sb);
	if (!err) err = e;
	mutex_unlock(&pass_lock);
	e = take_error(i);
	return e ? e : err;
}

int writeback_sync(struct superblock *sb)
{
	bool any = false;

	mutex_lock(&pass_lock);
	int err = pass_inodes(sb, UINT64_MAX, &any), e = sync_keepers(sb);
	if (!err) err = e;
	if (!sb) {
		e = block_flush_all();
		if (!err) err = e;
	}
	mutex_unlock(&pass_lock);
	return err;
}

void writeback_shut_down(void)
{
	(void)writeback_sync(NULL);
	mutex_lock(&pass_lock);
	for (struct inode_keeper *k = keepers; k; k = k->next)
		if (k->sb->remount) (void)k->sb->remount(k->sb, true, true);
	mutex_unlock(&pass_lock);
}

void writeback_add_keeper(struct inode_keeper *k)
{
	mutex_lock(&pass_lock);
	k->next = keepers;
	keepers = k;
	mutex_unlock(&pass_lock);
}

void writeback_remove_keeper(struct inode_keeper *k)
{
	struct inode_keeper **at = &keepers;

	mutex_lock(&pass_lock);
	while (*at && *at != k) at = &(*at)->next;
	if (*at) *at = k->next;
	mutex_unlock(&pass_lock);
}

/* ---- memory is short */
/** Walk one inode's pages: those not used since the last look go. True when its end was reached. */
static bool reclaim_from(struct inode *i, uint32_t wanted, uint32_t *freed, uint32_t *looked)
{
	uint32_t index = i->reclaim_at;

	for (; page_tree_next(i->pages, &index); index++) {
		if (*freed >= wanted) {
			i->reclaim_at = index;
			return false;
		}
		++*looked;
		if (page_tree_tag(i->pages, index, 0, PAGE_USED) & PAGE_USED) continue;
		if (pages_drop_if_clean(i, index)) ++*freed;
	}
	i->reclaim_at = 0;
	return true;
}

uint32_t writeback_reclaim(uint32_t wanted)
{
	uint32_t freed = 0, looked = 0, limit = 2 * pages_disk_total + 1;

	while (freed < wanted && looked < limit && !list_empty(&cached_list)) {
		struct inode *i = list_first(&cached_list, struct inode, cached_node);
		bool end = !i->pages || reclaim_from(i, wanted, &freed, &looked);
		if (!end) break;
		list_remove(&i->cached_node);
		if (i->pages && i->pages->n_pages > 0) list_push_back(&cached_list, &i->cached_node);
	}
	if (freed < wanted && pages_dirty_total > 0) writeback_wanted();
	return freed;
}

/* ---- the writer */
static void shrink_all(bool hard)
{
	mutex_lock(&pass_lock);
	for (struct inode_keeper *k = keepers; k; k = k->next) k->shrink(k, hard);
	mutex_unlock(&pass_lock);
}

static void writer_round(bool urgent)
{
	uint64_t now = clock_now_ns(), before = urgent || writeback_too_dirty() ? UINT64_MAX : now > OLD_NS ? now - OLD_NS : 0;
	bool any = false;

	mutex_lock(&pass_lock);
	(void)pass_inodes(NULL, before, &any);
	if (any) (void)sync_keepers(NULL);
	mutex_unlock(&pass_lock);
	shrink_all(urgent);
	if (urgent) writeback_reclaim(RECLAIM_BATCH);
}

static void writer_main(void *arg)
{
	static struct waitq pause = WAITQ_INIT(pause);

	UNUSED(arg);
	for (;;) {
		bool urgent = wanted_now;
		wanted_now = false;
		writer_round(urgent);
		if (urgent) (void)waitq_sleep(&pause, 0, clock_now_ns() + PAUSE_NS); /* what stays dirty must not keep the disk busy */
		if (!wanted_now) (void)waitq_sleep(&writer_wake, 0, clock_now_ns() + PERIOD_NS);
	}
}

void writeback_init(void)
{
	static struct thread writer;

	frame_set_reclaim(writeback_reclaim);
	writer.system = true;
	if (thread_init(&writer, "writer", writer_main, NULL)) panic("writeback: no memory for its thread");
	thread_start(&writer);
}
