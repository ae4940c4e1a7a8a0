/* page_tree.c - page numbers by index: a radix tree that grows with the file.
 * Called by: pages.c.
 * Never: recurses; sleeps; counts references of frames.  */
#include "fs/page_tree.h"
#include "abi/linux_errno.h"
#include "fs/pages.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"

#define BITS 5u
#define FAN (1u << BITS)
#define HEIGHT_MAX 6u /* 30 bits of index */
_Static_assert(PAGES_INDEX_MAX == (1u << (BITS * HEIGHT_MAX)) - 1, "index fits the tree");

struct page_node {
	union page_slot s[FAN];
};

/** The highest index that a tree of this height reaches. */
static uint32_t reach(uint32_t height)
{
	return (1u << (BITS * height)) - 1;
}

static union page_slot *step(struct page_node *n, uint32_t index, uint32_t height)
{
	return &n->s[(index >> (BITS * (height - 1))) & (FAN - 1)];
}

static const union page_slot *find_slot(const struct page_tree *t, uint32_t index)
{
	const union page_slot *s = &t->root;

	if (index > reach(t->height)) return NULL;
	for (uint32_t h = t->height; h > 0; h--) {
		if (!s->down) return NULL;
		s = step(s->down, index, h);
	}
	return s;
}

uint32_t page_tree_find(const struct page_tree *t, uint32_t index)
{
	const union page_slot *s = find_slot(t, index);

	return s ? s->pfn & ~PAGE_TAGS : FRAME_NONE;
}

uint32_t page_tree_tags(const struct page_tree *t, uint32_t index)
{
	const union page_slot *s = find_slot(t, index);

	return s ? s->pfn & PAGE_TAGS : 0;
}

uint32_t page_tree_tag(struct page_tree *t, uint32_t index, uint32_t set, uint32_t clear)
{
	union page_slot *s = (union page_slot *)find_slot(t, index);

	if (!s || s->pfn == FRAME_NONE) return 0;
	uint32_t before = s->pfn & PAGE_TAGS;
	s->pfn = (s->pfn & ~clear) | set;
	t->n_dirty += ((s->pfn & PAGE_DIRTY) != 0) - ((before & PAGE_DIRTY) != 0);
	return before;
}

static int grow(struct page_tree *t, uint32_t index)
{
	while (index > reach(t->height)) {
		if (t->root.down) {
			struct page_node *n = kzalloc(sizeof *n);
			if (!n) return -ENOMEM;
			n->s[0] = t->root;
			t->root = (union page_slot){.down = n};
		}
		t->height++;
	}
	return 0;
}

int page_tree_insert(struct page_tree *t, uint32_t index, uint32_t pfn)
{
	int err = grow(t, index);
	union page_slot *s = &t->root;

	if (err) return err;
	for (uint32_t h = t->height; h > 0; h--) {
		if (!s->down) {
			struct page_node *n = kzalloc(sizeof *n);
			if (!n) return -ENOMEM;
			s->down = n;
		}
		s = step(s->down, index, h);
	}
	KASSERT2(s->pfn == FRAME_NONE && !(pfn & PAGE_TAGS), s->pfn, index);
	s->pfn = pfn;
	t->n_pages++;
	return 0;
}

uint32_t page_tree_remove(struct page_tree *t, uint32_t index)
{
	union page_slot *s = (union page_slot *)find_slot(t, index);
	uint32_t pfn = s ? s->pfn : FRAME_NONE;

	if (pfn == FRAME_NONE) return FRAME_NONE;
	s->pfn = FRAME_NONE;
	t->n_pages--;
	t->gone++;
	if (pfn & PAGE_DIRTY) t->n_dirty--;
	return pfn & ~PAGE_TAGS;
}

bool page_tree_next(const struct page_tree *t, uint32_t *index)
{
	uint64_t at = *index;

	if (t->n_pages == 0) return false;
	while (at <= reach(t->height)) {
		const union page_slot *s = &t->root;
		uint32_t h = t->height;
		for (; h > 0 && s->down; h--) s = step(s->down, (uint32_t)at, h);
		if (h == 0 && s->pfn != FRAME_NONE) {
			*index = (uint32_t)at;
			return true;
		}
		at = ((at >> (BITS * h)) + 1) << (BITS * h); /* behind the empty slot, which is h levels above the frames */
	}
	return false;
}

void page_tree_clear(struct page_tree *t)
{
	struct page_node *node[HEIGHT_MAX];
	uint32_t at[HEIGHT_MAX], depth = 0;

	KASSERT2(t->n_pages == 0, t->n_pages, t->height);
	if (t->height > 0 && t->root.down) {
		node[0] = t->root.down;
		at[0] = 0;
		depth = 1;
	}
	while (depth > 0) {
		uint32_t d = depth - 1;
		if (depth == t->height || at[d] == FAN) { /* the lowest nodes hold frames, not nodes */
			kfree(node[d]);
			depth--;
			continue;
		}
		struct page_node *down = node[d]->s[at[d]++].down;
		if (!down) continue;
		node[depth] = down;
		at[depth] = 0;
		depth++;
	}
	t->root.down = NULL;
	t->height = 0;
}
