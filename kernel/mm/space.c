/* space.c - the life of an address space, its ordered list of areas, and fork's copy.
 * Called by: fault.c, space_map.c, kernel/proc, kernel/migrate.
 * Never: decides what a system call's arguments mean (space_map.c).  */
#include "kernel/mm/space.h"
#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/mm/space_priv.h"
#include "lib/str.h"

#define RUN_PAGES 64u /* entries handled between two chances for others to run */

struct list_node all_spaces = LIST_INIT(all_spaces);
int (*space_shared_backing)(uint64_t bytes, struct backing **out);

/* ---- life */
struct space *space_new(void)
{
	struct space *s = kzalloc(sizeof *s);

	if (!s) return NULL;
	if (arch_pd_new(&s->pd)) {
		kfree(s);
		return NULL;
	}
	s->refs = 1;
	list_push_back(&all_spaces, &s->in_all);
	list_init(&s->areas);
	list_init(&s->tasks);
	mutex_init(&s->lock, MUTEX_SPACE);
	waitq_init(&s->moved);
	s->limit_as_pages = UINT32_MAX;
	s->limit_data_pages = UINT32_MAX;
	s->limit_stack_bytes = 8u << 20;
	return s;
}

void space_ref(struct space *s)
{
	s->refs++;
}

void space_unref(struct space *s)
{
	KASSERT2(s->refs > 0, s->refs, 0);
	if (--s->refs) return;
	space_empty(s);
	list_remove(&s->in_all);
	KASSERT2(s->rss_pages == 0 && s->total_pages == 0, s->rss_pages, s->total_pages);
	/* a thread without memory of its own may still run on this directory; one with memory has left it already */
	if (!thread_current()->pd) arch_pd_load_kernel();
	KASSERT(thread_current()->pd != &s->pd);
	arch_pd_free(&s->pd);
	kfree(s);
}

void space_empty(struct space *s)
{
	struct area_stock k = {.n = 0};

	list_init(&k.dead);
	mutex_lock(&s->lock);
	space_clear(s, 0, USER_END, &k);
	mutex_unlock(&s->lock);
	stock_drop(&k);
}

/* ---- finding */
struct area *space_first_after(struct space *s, uint32_t at)
{
	struct area *a;

	if (s->hint && s->hint->start <= at && at < s->hint->end) return s->hint;
	list_for_each(a, &s->areas, node)
		if (a->end > at) return s->hint = a;
	return NULL;
}

struct area *space_find(struct space *s, uint32_t at)
{
	struct area *a = space_first_after(s, at);
	return a && a->start <= at ? a : NULL;
}

uint32_t space_pages_in(struct space *s, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (struct area *a = space_first_after(s, from); a && a->start < to; a = area_next(s, a))
		n += (MIN(a->end, to) - MAX(a->start, from)) >> PAGE_SHIFT;
	return n;
}

/* ---- the stock of structures for one change */
int stock_fill(struct area_stock *k, uint32_t n)
{
	*k = (struct area_stock){.n = 0};
	list_init(&k->dead);
	while (k->n < n) {
		struct area *a = kzalloc(sizeof *a);
		if (!a) {
			stock_drop(k);
			return -ENOMEM;
		}
		k->spare[k->n++] = a;
	}
	return 0;
}

struct area *stock_take(struct area_stock *k)
{
	KASSERT2(k->n > 0, k->n, 0);
	return k->spare[--k->n];
}

void stock_drop(struct area_stock *k)
{
	struct list_node *n;

	while (k->n) kfree(k->spare[--k->n]);
	while ((n = list_pop_front(&k->dead))) {
		struct area *a = list_entry(n, struct area, node);
		area_let_go(a);
		kfree(a);
	}
}

/* ---- the list */
/* n more pages of a, or fewer (n wraps). */
static void count_pages(struct space *s, const struct area *a, uint32_t n)
{
	s->total_pages += n;
	if (a->flags & AREA_LOCKED) s->locked_pages += n;
}

void space_insert(struct space *s, struct area *a)
{
	struct area *after = space_first_after(s, a->start);

	list_push_back(after ? &after->node : &s->areas, &a->node);
	s->n_areas++;
	count_pages(s, a, area_pages(a));
}

void space_remove(struct space *s, struct area *a, struct area_stock *k)
{
	if (s->hint == a) s->hint = NULL;
	list_remove(&a->node);
	s->n_areas--;
	count_pages(s, a, -area_pages(a));
	list_push_back(&k->dead, &a->node);
}

void space_split(struct space *s, uint32_t at, struct area_stock *k)
{
	struct area *a = space_find(s, at);

	if (!a || a->start == at) return;
	struct area *right = stock_take(k);
	*right = *a;
	right->start = at;
	right->pgoff = a->backing ? area_index(a, at) : 0;
	right->flags &= ~AREA_GROWSDOWN;
	area_hold(right);
	a->end = at;
	s->hint = NULL;
	list_insert_after(&a->node, &right->node);
	s->n_areas++;
}

static bool mergeable(const struct area *a, const struct area *b)
{
	if (a->end != b->start || a->prot != b->prot || a->flags != b->flags || a->backing != b->backing) return false;
	return !a->backing || a->pgoff + area_pages(a) == b->pgoff;
}

static void join(struct space *s, struct area *a, struct area *b, struct area_stock *k)
{
	uint32_t end = b->end, n = area_pages(b);

	space_remove(s, b, k);
	a->end = end;
	count_pages(s, a, n);
}

void space_merge(struct space *s, struct area *a, struct area_stock *k)
{
	struct area *next = area_next(s, a), *prev = area_prev(s, a);

	if (next && mergeable(a, next)) join(s, a, next, k);
	if (prev && mergeable(prev, a)) join(s, prev, a, k);
}

/* ---- entries */
uint32_t area_entry(const struct area *a, uint32_t pfn, bool write, uint32_t extra)
{
	uint32_t e = pfn << PAGE_SHIFT | PTE_USER | extra;

	e |= a->prot == PROT_NONE ? PTE_HIDDEN : PTE_PRESENT;
	if (write && (a->prot & PROT_WRITE)) e |= PTE_WRITE;
	return e;
}

int space_enter(struct space *s, uint32_t at, uint32_t entry)
{
	bool was = pte_resident(arch_pte_get(&s->pd, uaddr(at)));
	int err = arch_pte_set(&s->pd, uaddr(at), entry);

	if (err) return err;
	if (!was) s->rss_pages++;
	return 0;
}

/* A run of entries inside one table, from the first used one in [at, end) on; 0: there is none. */
static uint32_t run_of(const struct space *s, uaddr_t *at, uint32_t end, uint32_t **slots)
{
	uint32_t n;

	if (at->v >= end || !arch_pte_next(&s->pd, at, uaddr(end))) return 0;
	*slots = arch_pte_slots(&s->pd, *at, &n);
	n = MIN(n, (end - at->v) >> PAGE_SHIFT);
	return MIN(n, RUN_PAGES);
}

static void zap_slot(struct space *s, uint32_t at, uint32_t *slot)
{
	uint32_t e = *slot;

	if (!e) return;
	*slot = 0;
	if (e & PTE_PRESENT) arch_pte_changed(&s->pd, uaddr(at));
	if (!pte_resident(e)) return;
	frame_unref(PTE_FRAME(e));
	s->rss_pages--;
}

void space_zap(struct space *s, uint32_t from, uint32_t to)
{
	uint32_t n, *slots;

	for (uaddr_t at = uaddr(from); (n = run_of(s, &at, to, &slots)) > 0; at.v += n << PAGE_SHIFT) {
		for (uint32_t i = 0; i < n; i++) zap_slot(s, at.v + (i << PAGE_SHIFT), &slots[i]);
		preempt_point();
	}
}

/* Table pages of the hole around [from, to) that became empty. */
static void free_tables(struct space *s, uint32_t from, uint32_t to)
{
	struct area *next = space_first_after(s, from);
	struct area *prev = next ? area_prev(s, next) : list_empty(&s->areas) ? NULL : list_entry(s->areas.prev, struct area, node);

	if (prev) from = prev->end;
	else from = 0;
	if (next && next->start < to) return;
	to = next ? next->start : USER_END;
	arch_pd_free_tables(&s->pd, uaddr(from), uaddr(to));
}

void space_clear(struct space *s, uint32_t from, uint32_t to, struct area_stock *k)
{
	struct area *a = space_first_after(s, from), *next;

	if (!a || a->start >= to) return;
	if (a->start < from && a->end > to) {
		space_split(s, to, k); /* a hole in the middle */
		count_pages(s, a, -((to - from) >> PAGE_SHIFT));
		a->end = from;
		s->hint = NULL;
		space_zap(s, from, to);
		a = NULL;
	} else if (a->start < from) {
		uint32_t end = a->end;
		count_pages(s, a, -((end - from) >> PAGE_SHIFT));
		a->end = from;
		s->hint = NULL;
		space_zap(s, from, end);
		a = area_next(s, a);
	}
	for (; a && a->start < to; a = next) {
		next = area_next(s, a);
		uint32_t start = a->start, end = MIN(a->end, to);
		if (a->end <= to) {
			space_remove(s, a, k);
		} else {
			count_pages(s, a, -((to - start) >> PAGE_SHIFT));
			if (a->backing) a->pgoff = area_index(a, to);
			a->start = to;
			s->hint = NULL;
		}
		space_zap(s, start, end); /* entries are in areas only: nothing else need be looked at */
	}
	if (!list_empty(&s->areas)) free_tables(s, from, to); /* else all tables go with the directory */
}

/* ---- fork */
static int copy_area(struct space *to, const struct area *a)
{
	struct area *b = kzalloc(sizeof *b);

	if (!b) return -ENOMEM;
	*b = *a;
	b->flags &= ~(AREA_LOCKED | AREA_ONFAULT); /* locks are not inherited */
	area_hold(b);
	list_push_back(&to->areas, &b->node);
	to->n_areas++;
	to->total_pages += area_pages(b);
	return 0;
}

/* Private pages lose their write permission on both sides: whoever writes first gets a copy (area_anon_copy). */
static int copy_entries(struct space *from, struct space *to, const struct area *a)
{
	uint32_t n, n_to, *slots;

	for (uaddr_t at = uaddr(a->start); (n = run_of(from, &at, a->end, &slots)) > 0; at.v += n << PAGE_SHIFT) {
		if (arch_pte_make(&to->pd, at)) return -ENOMEM;
		uint32_t *copies = arch_pte_slots(&to->pd, at, &n_to);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t e = slots[i];
			if (!pte_resident(e)) continue;
			if (!(a->flags & AREA_SHARED)) e = (e & ~PTE_WRITE) | PTE_COW;
			if (e != slots[i]) {
				if (e & PTE_PRESENT) arch_pte_changed(&from->pd, uaddr(at.v + (i << PAGE_SHIFT)));
				slots[i] = e;
			}
			copies[i] = e;
			to->rss_pages++;
			frame_ref(PTE_FRAME(e));
		}
		preempt_point();
	}
	return 0;
}

static void copy_figures(const struct space *from, struct space *to)
{
	to->barriers = from->barriers;
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->limit_as_pages = from->limit_as_pages;
	to->limit_data_pages = from->limit_data_pages;
	to->limit_stack_bytes = from->limit_stack_bytes;
	to->code_start = from->code_start, to->code_end = from->code_end;
	to->data_start = from->data_start, to->data_end = from->data_end;
	to->stack_start = from->stack_start;
	to->arg_start = from->arg_start, to->arg_end = from->arg_end;
	to->env_start = from->env_start, to->env_end = from->env_end;
}

int space_copy(struct space *from, struct space *to)
{
	struct area *a;
	int err = 0;

	mutex_lock(&from->lock);
	copy_figures(from, to);
	list_for_each(a, &from->areas, node) {
		if (a->flags & AREA_DONTFORK) continue;
		err = copy_area(to, a);
		if (!err && !(a->flags & AREA_WIPEONFORK)) err = copy_entries(from, to, a);
		if (err) break;
	}
	mutex_unlock(&from->lock);
	return err;
}

bool space_is_movable(struct space *s, const char **why)
{
	struct area *a;

	list_for_each(a, &s->areas, node) {
		/* writable, or mprotect may make it so */
		if ((a->flags & AREA_SHARED) && ((a->prot & PROT_WRITE) || !(a->flags & AREA_NOWRITE))) {
			*why = "shm";
			return false;
		}
	}
	*why = "";
	return true;
}
