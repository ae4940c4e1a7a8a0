/* page_tree.h - page numbers by index: a radix tree that grows with the file.
 * Used by: pages.c alone.  A tree of one page at index 0 has no node at all.
 * Never: counts references of frames.  */
#ifndef FS_PAGE_TREE_H
#define FS_PAGE_TREE_H
#include "lib/base.h"
struct page_node;
union page_slot {
	uint32_t pfn;
	struct page_node *down;
};
struct page_tree {
	uint32_t height;      /* levels of nodes between root and frames */
	uint32_t n_pages;
	union page_slot root;
};
/** The frame at index, FRAME_NONE when absent. */
uint32_t page_tree_find(const struct page_tree *t, uint32_t index);
/** -ENOMEM; index must be absent and at most PAGES_INDEX_MAX. */
MUST_CHECK int page_tree_insert(struct page_tree *t, uint32_t index, uint32_t pfn);
/** Take out and return the frame; FRAME_NONE when absent. */
uint32_t page_tree_remove(struct page_tree *t, uint32_t index);
/** First present index >= *index; false when there is none. */
bool page_tree_next(const struct page_tree *t, uint32_t *index);
/** Free the nodes of a tree without pages. */
void page_tree_clear(struct page_tree *t);
#endif
