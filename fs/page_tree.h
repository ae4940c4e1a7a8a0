/* page_tree.h - page numbers by index, each with a few tags: a radix tree that grows with the file.
 * Used by: pages.c and writeback.c.  A tree of one page at index 0 has no node at all.
 * Never: counts references of frames.  */
#ifndef FS_PAGE_TREE_H
#define FS_PAGE_TREE_H
#include "lib/base.h"
struct page_node;
/* Tags lie above the page number. PAGE_DIRTY: one bit for each 1 KiB (the smallest block of a file system) that is newer than
 * the disk's; PAGE_SHARED: a program may write to it without our knowing; PAGE_USED: asked for since reclaim last looked. */
#define PAGE_TAGS 0xfc000000u
#define PAGE_DIRTY 0x3c000000u
#define PAGE_DIRTY_SHIFT 26
#define PAGE_SHARED 0x40000000u
#define PAGE_USED 0x80000000u
union page_slot {
	uint32_t pfn;
	struct page_node *down;
};
struct page_tree {
	uint32_t height;      /* levels of nodes between root and frames */
	uint32_t n_pages;
	uint32_t n_dirty;     /* pages with one of PAGE_DIRTY: kept by the tag functions */
	uint32_t gone;        /* counts removals: what was read from a disk meanwhile may be old (pages.c) */
	union page_slot root;
};
/** The frame at index, FRAME_NONE when absent. */
uint32_t page_tree_find(const struct page_tree *t, uint32_t index);
/** -ENOMEM; index must be absent and at most PAGES_INDEX_MAX. */
MUST_CHECK int page_tree_insert(struct page_tree *t, uint32_t index, uint32_t pfn);
/** Tags of the page at index (0 when absent), and a change of them: set wins over clear; returns what they were. */
uint32_t page_tree_tags(const struct page_tree *t, uint32_t index);
uint32_t page_tree_tag(struct page_tree *t, uint32_t index, uint32_t set, uint32_t clear);
/** Take out and return the frame; FRAME_NONE when absent. */
uint32_t page_tree_remove(struct page_tree *t, uint32_t index);
/** First present index >= *index; false when there is none. */
bool page_tree_next(const struct page_tree *t, uint32_t *index);
/** Free the nodes of a tree without pages. */
void page_tree_clear(struct page_tree *t);
#endif
