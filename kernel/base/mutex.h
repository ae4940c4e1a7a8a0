/* mutex.h - what must stay whole across a sleep: a sleeping lock with an owner and an order.
 * Used by: fs and mm.  Order: a thread may only take a mutex of higher order than any it holds (checked).
 * Never: taken in irq or net context.  */
#ifndef KERNEL_BASE_MUTEX_H
#define KERNEL_BASE_MUTEX_H
#include "kernel/base/sched.h"
enum mutex_order { MUTEX_FILE = 1, MUTEX_RENAME, MUTEX_DIR, MUTEX_DIR_CHILD, MUTEX_INODE, MUTEX_SPACE, MUTEX_WRITEBACK, MUTEX_PAGES, MUTEX_LEAF };
struct mutex {
	struct waitq waiters;
	struct thread *owner;
	struct mutex *below;      /* the owner's next held one; orders rise along thread.mutexes from the last to the first */
	enum mutex_order order;
};
void mutex_init(struct mutex *m, enum mutex_order order);
void mutex_lock(struct mutex *m);   /* not cut by signals */
/** A second one of the order of the last one taken, where another lock keeps anybody else from taking two: two directories in a
 *  rename, under MUTEX_RENAME. */
void mutex_lock_second(struct mutex *m);
void mutex_unlock(struct mutex *m);
#endif
