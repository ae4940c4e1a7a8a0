/* Ordered deadlines: an intrusive pairing heap, without recursion.
 * Called by the kernel's clock for sleeps and timers, and by the simulator for its events.
 * Never allocates, never looks at a clock. */
#include "lib/timerq.h"

void timerq_init(struct timerq *q)
{
	*q = (struct timerq){ .root = NULL };
}

void timerq_node_init(struct timerq_node *t)
{
	*t = (struct timerq_node){ .queued = false };
}

static bool earlier(const struct timerq_node *a, const struct timerq_node *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

/* Join two heaps (either may be NULL): the later root becomes the first child of the earlier. */
static struct timerq_node *meld(struct timerq_node *a, struct timerq_node *b)
{
	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (earlier(b, a)) {
		struct timerq_node *t = a;

		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child != NULL)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Join a list of siblings: pairwise from the left onto a stack, then the stack from its top. */
static struct timerq_node *meld_list(struct timerq_node *list)
{
	struct timerq_node *stack = NULL, *root = NULL;

	while (list != NULL) {
		struct timerq_node *a = list, *b = a->next, *pair;

		list = b == NULL ? NULL : b->next;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		pair = meld(a, b);
		pair->next = stack;
		stack = pair;
	}
	while (stack != NULL) {
		struct timerq_node *top = stack;

		stack = top->next;
		top->next = NULL;
		root = meld(root, top);
	}
	return root;
}

void timerq_add(struct timerq *q, struct timerq_node *t, uint64_t at)
{
	KASSERT2(!t->queued, t->at, at);
	*t = (struct timerq_node){ .at = at, .order = q->n_added++, .queued = true };
	q->root = meld(q->root, t);
}

/* Unhook t (not the root) with its children from its siblings and parent. */
static void cut(struct timerq_node *t)
{
	if (t->prev->child == t)
		t->prev->child = t->next;
	else
		t->prev->next = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	t->next = t->prev = NULL;
}

void timerq_remove(struct timerq *q, struct timerq_node *t)
{
	struct timerq_node *rest;

	if (!t->queued)
		return;
	rest = meld_list(t->child);
	if (q->root == t) {
		q->root = rest;
	} else {
		cut(t);
		q->root = meld(q->root, rest);
	}
	if (q->root != NULL)
		q->root->prev = q->root->next = NULL;
	timerq_node_init(t);
}

struct timerq_node *timerq_first(const struct timerq *q)
{
	return q->root;
}

struct timerq_node *timerq_pop_due(struct timerq *q, uint64_t now)
{
	struct timerq_node *t = q->root;

	if (t == NULL || t->at > now)
		return NULL;
	timerq_remove(q, t);
	return t;
}

uint64_t timerq_next(const struct timerq *q)
{
	return q->root == NULL ? UINT64_MAX : q->root->at;
}
