/* space_priv.h - what the files of an address space share among themselves.
 * Used by: space.c, space_map.c, space_remap.c, fault.c, area_anon.c, area_file.c.  Everything here needs s->lock held.
 * Never: seen outside kernel/mm.  */
#ifndef KERNEL_MM_SPACE_PRIV_H
#define KERNEL_MM_SPACE_PRIV_H
#include "kernel/mm/space.h"

#define MAP_LOWEST 0x00010000u     /* the lowest address that is chosen for a mapping nobody placed (mmap_min_addr) */
#define STACK_GAP_BYTES 0x00100000u /* kept free below a growing area: 256 pages, as Linux */
#define FAULT_AROUND_PAGES 16u     /* resident neighbours that one file fault maps */

static inline uint32_t area_pages(const struct area *a) { return (a->end - a->start) >> PAGE_SHIFT; }
static inline uint32_t area_index(const struct area *a, uint32_t at) { return a->pgoff + ((at - a->start) >> PAGE_SHIFT); }
static inline struct area *area_next(const struct space *s, const struct area *a)
{
	return a->node.next == &s->areas ? NULL : list_entry(a->node.next, struct area, node);
}
static inline struct area *area_prev(const struct space *s, const struct area *a)
{
	return a->node.prev == &s->areas ? NULL : list_entry(a->node.prev, struct area, node);
}

static inline void area_hold(const struct area *a)
{
	if (!a->backing) return;
	a->backing->ops->ref(a->backing);
	a->backing->n_areas++;
}
static inline void area_let_go(const struct area *a)
{
	if (!a->backing) return;
	a->backing->n_areas--;
	a->backing->ops->unref(a->backing);
}
/** Structures taken before a change begins, so that the change cannot fail half-way; and those that it set free. */
struct area_stock {
	struct area *spare[4];
	uint32_t n;
	struct list_node dead; /* removed areas: their backings are let go after s->lock */
};
/** n <= 4 structures. -ENOMEM: nothing taken. */
MUST_CHECK int stock_fill(struct area_stock *k, uint32_t n);
struct area *stock_take(struct area_stock *k);
/** Free what is left and let go of dead areas. s->lock must not be held: a backing's last reference may sleep. */
void stock_drop(struct area_stock *k);

/** Link a by address; counts its pages. */
void space_insert(struct space *s, struct area *a);
/** Unlink a into k->dead; its entries must be gone already, or belong to another area now. */
void space_remove(struct space *s, struct area *a, struct area_stock *k);
/** Make `at` a border between areas, if it lies inside one; takes a spare then. */
void space_split(struct space *s, uint32_t at, struct area_stock *k);
/** Join a with equal neighbours. */
void space_merge(struct space *s, struct area *a, struct area_stock *k);
/** Remove all areas and entries in [from, to); takes at most one spare. */
void space_clear(struct space *s, uint32_t from, uint32_t to, struct area_stock *k);
/** Change flags of [at, end) up to the first hole: clears `off`, sets `on`; counts locked pages. k has two spares. true: there was
 *  no hole. */
bool space_mark(struct space *s, uint32_t at, uint32_t end, uint32_t off, uint32_t on, struct area_stock *k);
extern struct list_node all_spaces;
/** Let go of every frame in [from, to) and clear the entries. */
void space_zap(struct space *s, uint32_t from, uint32_t to);
/** Pages of areas in [from, to). */
uint32_t space_pages_in(struct space *s, uint32_t from, uint32_t to);
/** A free place for len bytes, below MMAP_TOP from the top down; 0: none. */
uint32_t space_place(struct space *s, uint32_t len);
/** The same, but `hint` (page-aligned) if it is free. */
uint32_t space_place_near(struct space *s, uint32_t hint, uint32_t len);
static inline bool is_error(int32_t r) { return (uint32_t)r > (uint32_t)-4096; } /* of an address */
/** Would n more pages pass the limits and what this machine can ever hold? -ENOMEM. */
int space_check_room(const struct space *s, uint32_t n_pages, bool will_write);
/** The hardware entry for a page of a with this frame, readable; writable only if `write` and the area allows it. */
uint32_t area_entry(const struct area *a, uint32_t pfn, bool write, uint32_t extra);
/** Set an entry that held no frame, or exchange one for another (then the caller lets the old frame go); counts rss. */
MUST_CHECK int space_enter(struct space *s, uint32_t at, uint32_t entry);

/* Faults by kind of area; 0, -ENOMEM, -ENXIO, -EIO. */
int area_anon_fault(struct space *s, struct area *a, uint32_t page);
int area_file_fault(struct space *s, struct area *a, uint32_t page, bool write);
/** The entry e is present and not writable, the area is. */
int area_anon_copy(struct space *s, struct area *a, uint32_t page, uint32_t e);
int area_file_write(struct space *s, struct area *a, uint32_t page, uint32_t e);
/** Map resident neighbours of [from, to), clipped to a. */
void area_file_around(struct space *s, struct area *a, uint32_t from, uint32_t to);
#endif
