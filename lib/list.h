/* list.h - intrusive doubly linked circular list.
 * Used by: every module that keeps objects in order.  A node on no list points at itself.
 * Never: allocates or owns what it links.  */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/base.h"

struct list_node {
	struct list_node *next, *prev;
};

#define LIST_INIT(name) {&(name), &(name)}

static inline void list_init(struct list_node *n) { n->next = n->prev = n; }
static inline bool list_empty(const struct list_node *h) { return h->next == h; }
static inline bool list_linked(const struct list_node *n) { return n->next != n; }

static inline void list_insert_after(struct list_node *at, struct list_node *n)
{
	n->next = at->next;
	n->prev = at;
	at->next->prev = n;
	at->next = n;
}

static inline void list_push_front(struct list_node *h, struct list_node *n) { list_insert_after(h, n); }
static inline void list_push_back(struct list_node *h, struct list_node *n) { list_insert_after(h->prev, n); }

/** Unlink; harmless on a node that is on no list. */
static inline void list_remove(struct list_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

static inline struct list_node *list_pop_front(struct list_node *h)
{
	struct list_node *n = h->next;
	if (n == h) return NULL;
	list_remove(n);
	return n;
}

#define list_entry(n, type, member) container_of(n, type, member)
#define list_first(h, type, member) (list_empty(h) ? NULL : list_entry((h)->next, type, member))

/** Visit each entry; the body must not unlink anything. */
#define list_for_each(var, h, member) \
	for (var = list_entry((h)->next, __typeof__(*var), member); &var->member != (h); \
	     var = list_entry(var->member.next, __typeof__(*var), member))

/** Visit each entry; the body may unlink (and free) the visited one. */
#define list_for_each_safe(var, tmp, h, member) \
	for (var = list_entry((h)->next, __typeof__(*var), member), \
	    tmp = list_entry(var->member.next, __typeof__(*var), member); \
	     &var->member != (h); var = tmp, tmp = list_entry(var->member.next, __typeof__(*var), member))

#endif
