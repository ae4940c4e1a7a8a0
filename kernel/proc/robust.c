/* robust.c - a thread's last words to its memory.
 * Called by: task.c, exec_image.c.
 * Never: trusts the list: it is the program's, may be wild, endless, or change meanwhile.
 * Source: Linux Documentation/locking/robust-futex-ABI.rst; set_tid_address(2). */
#include "kernel/proc/robust.h"
#include "kernel/proc/futex.h"

static void wake_one(struct task *t, uint32_t at)
{
	(void)futex_wake(t->body.space, at, false, 1, FUTEX_BITSET_MATCH_ANY);
}

/* The lock word at `at`; pending: the thread was about to take or release it. false: the word cannot be reached. */
static bool orphan(struct task *t, uint32_t at, bool pi, bool pending)
{
	uint32_t now;
	int err;

	if (at & 3) return false;
	do {
		if (umem_fetch_u32(&t->umem, uaddr(at), &now)) return false;
		if (pending && !pi && !now) {
			wake_one(t, at); /* released, but its waiter not woken yet */
			return true;
		}
		if ((now & FUTEX_TID_MASK) != t->body.tid) return true;
		err = futex_exchange(t, at, now, (now & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
	} while (err == -EAGAIN);
	if (!err && !pi && (now & FUTEX_WAITERS)) wake_one(t, at);
	return !err;
}

/* Entries are links whose lowest bit says "pi"; the word lies futex_offset away. */
static void walk_robust_list(struct task *t)
{
	struct linux_robust_list_head head;
	uint32_t at = t->body.robust_list, entry;

	t->body.robust_list = 0;
	if (!at || umem_fetch(&t->umem, &head, uaddr(at), sizeof head)) return;
	uint32_t offset = (uint32_t)head.futex_offset, pending = head.pending & ~1u;
	entry = head.next;
	for (uint32_t n = 0; (entry & ~1u) != at && n < ROBUST_LIST_LIMIT; n++) {
		uint32_t here = entry & ~1u, next;
		bool end = umem_fetch_u32(&t->umem, uaddr(here), &next) != 0; /* before its lock is given away */
		if (here != pending && !orphan(t, here + offset, entry & 1, false)) return;
		if (end) return;
		entry = next;
		preempt_point();
	}
	if (pending) (void)orphan(t, pending + offset, head.pending & 1, true);
}

void task_leave_memory(struct task *t)
{
	uint32_t at = t->body.clear_child_tid;

	if (!t->body.space) return;
	walk_robust_list(t);
	t->body.clear_child_tid = 0;
	if (!at || t->body.space->refs < 2 || umem_store_u32(&t->umem, uaddr(at), 0)) return;
	if (!(at & 3)) wake_one(t, at);
}
