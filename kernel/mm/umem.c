/* umem.c - "somebody's memory": the gate that waits for a move to be over, and the version for a body right here.
 * Called by: system calls and uio.
 * Never: hands out a raw pointer, or keeps a translated address across a sleep.  */
#include "kernel/mm/umem.h"
#include "abi/linux_errno.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/space.h"
#include "lib/str.h"

#define STRING_CHUNK 128u

/* ---- the gate */
static __attribute__((noinline)) bool gate_wait(struct umem *m)
{
	while (m->frozen) {
		/* no signal ends this wait: the move commits or is given up within seconds */
		if (waitq_sleep(m->thaw, CUT_DESTROY, FOREVER) == -EINTR) return false;
	}
	return true;
}

static bool gate_enter(struct umem *m)
{
	if (m->frozen && !gate_wait(m)) return false;
	m->users++;
	return true;
}

static void gate_leave(struct umem *m)
{
	KASSERT2(m->users > 0, m->users, 0);
	if (--m->users == 0 && m->frozen) waitq_wake_all(m->thaw);
}

/* ---- a body right here */
static bool is_loaded(const struct space *s)
{
	return thread_current()->pd == &s->pd;
}

/* The kernel's view of one page of a space that is not loaded; referenced. */
static uint32_t page_of(struct space *s, uint32_t at, bool write)
{
	for (;;) {
		uint32_t e = arch_pte_get(&s->pd, uaddr(at));
		if ((e & PTE_PRESENT) && (!write || (e & PTE_WRITE))) {
			frame_ref(PTE_FRAME(e));
			return PTE_FRAME(e);
		}
		if (space_fault(s, at, (write ? FAULT_WRITE : FAULT_READ) | FAULT_NOWAIT).sig) return FRAME_NONE;
	}
}

static uint32_t walk(struct space *s, uint32_t at, uint8_t *out, const uint8_t *in, uint32_t n, bool write)
{
	uint32_t done = 0;

	while (done < n) {
		uint32_t off = (at + done) & PAGE_MASK, chunk = MIN(n - done, PAGE_SIZE - off);
		uint32_t pfn = page_of(s, at + done, write);
		if (pfn == FRAME_NONE) break;
		uint8_t *p = (uint8_t *)frame_virt(pfn) + off;
		if (!write)
			memcpy(out + done, p, chunk);
		else if (in)
			memcpy(p, in + done, chunk);
		else
			memset(p, 0, chunk);
		frame_unref(pfn);
		done += chunk;
	}
	return done;
}

static uint32_t local_fetch(struct umem *m, void *dst, uaddr_t src, uint32_t n)
{
	struct space *s = m->ctx;
	if (is_loaded(s)) return n - arch_copy_from_user(dst, src, n);
	return walk(s, src.v, dst, NULL, n, false);
}

static uint32_t local_store(struct umem *m, uaddr_t dst, const void *src, uint32_t n)
{
	struct space *s = m->ctx;
	if (!is_loaded(s)) return walk(s, dst.v, NULL, src, n, true);
	return n - (src ? arch_copy_to_user(dst, src, n) : arch_zero_user(dst, n));
}

/* ---- for everybody */
static uint32_t clip(uaddr_t at, uint32_t n)
{
	if (at.v >= USER_END) return 0;
	return MIN(n, USER_END - at.v);
}

uint32_t umem_fetch_some(struct umem *m, void *dst, uaddr_t src, uint32_t n)
{
	n = clip(src, n);
	if (!n || !gate_enter(m)) return 0;
	uint32_t got = m->ops == &umem_local_ops ? local_fetch(m, dst, src, n) : m->ops->fetch(m, dst, src, n);
	gate_leave(m);
	return got;
}

uint32_t umem_store_some(struct umem *m, uaddr_t dst, const void *src, uint32_t n)
{
	n = clip(dst, n);
	if (!n || !gate_enter(m)) return 0;
	uint32_t put = m->ops == &umem_local_ops ? local_store(m, dst, src, n) : m->ops->store(m, dst, src, n);
	gate_leave(m);
	return put;
}

int umem_fetch(struct umem *m, void *dst, uaddr_t src, uint32_t n)
{
	return umem_fetch_some(m, dst, src, n) == n ? 0 : -EFAULT;
}

int umem_store(struct umem *m, uaddr_t dst, const void *src, uint32_t n)
{
	return umem_store_some(m, dst, src, n) == n ? 0 : -EFAULT;
}

int umem_zero(struct umem *m, uaddr_t dst, uint32_t n)
{
	return umem_store_some(m, dst, NULL, n) == n ? 0 : -EFAULT;
}

int32_t umem_fetch_string(struct umem *m, char *dst, uaddr_t src, uint32_t size)
{
	uint32_t done = 0;

	while (done < size) {
		/* not over a page's end: what lies there need not be mapped */
		uint32_t at = src.v + done, chunk = MIN(size - done, STRING_CHUNK);
		chunk = MIN(chunk, PAGE_SIZE - (at & PAGE_MASK));
		uint32_t got = umem_fetch_some(m, dst + done, uaddr(at), chunk);
		const char *end = memchr(dst + done, 0, got);
		if (end) return (int32_t)(end - dst);
		if (got < chunk) return -EFAULT;
		done += got;
	}
	return -ENAMETOOLONG;
}

const struct umem_ops umem_local_ops = {.fetch = local_fetch, .store = local_store};

void umem_init_local(struct umem *m, struct space *s, struct waitq *thaw)
{
	*m = (struct umem){.ops = &umem_local_ops, .ctx = s, .thaw = thaw};
}
