/* Ordered deadlines: an intrusive pairing heap.
 * Called by the kernel's clock for sleeps and timers, and by the simulator for its events.
 * Never allocates, never looks at a clock; insert O(1), remove O(log n) amortised. */
#ifndef LIB_TIMERQ_H
#define LIB_TIMERQ_H

#include "lib/base.h"

/** Embedded in what waits.  All fields are the queue's. */
struct timerq_node {
	uint64_t at;     /* deadline, in the owner's unit */
	uint64_t order;  /* equal deadlines leave in the order of their arrival */
	struct timerq_node *child, *next, *prev; /* prev of a first child is its parent */
	bool queued;
};

struct timerq {
	struct timerq_node *root;
	uint64_t n_added;
};

void timerq_init(struct timerq *q);
void timerq_node_init(struct timerq_node *t);

/** Add a node that is not queued. */
void timerq_add(struct timerq *q, struct timerq_node *t, uint64_t at);

/** Take out a node; harmless on one that is not queued. */
void timerq_remove(struct timerq *q, struct timerq_node *t);

/** The earliest node, still queued, or NULL. */
struct timerq_node *timerq_first(const struct timerq *q);

/** Take out the earliest node whose deadline is <= now, or NULL. */
struct timerq_node *timerq_pop_due(struct timerq *q, uint64_t now);

/** The earliest deadline, or UINT64_MAX. */
uint64_t timerq_next(const struct timerq *q);

#endif
