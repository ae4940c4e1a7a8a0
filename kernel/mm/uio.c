/* uio.c - a cursor over user or kernel memory.
 * Called by: fs and net, through files' read and write.
 * Never: tells whose memory it is, or allocates.  */
#include "kernel/mm/uio.h"
#include "abi/linux_errno.h"
#include "lib/str.h"

void uio_init_vec(struct uio *u, struct umem *m, const struct uio_seg *segs, uint32_t n)
{
	*u = (struct uio){.mem = m, .segs = segs, .n_segs = n};
	for (uint32_t i = 0; i < n; i++) u->left += segs[i].len;
}

void uio_init_user(struct uio *u, struct umem *m, uaddr_t at, uint32_t len)
{
	*u = (struct uio){.mem = m, .n_segs = 1, .left = len, .one = {.at = at, .len = len}};
}

void uio_init_kernel(struct uio *u, void *buf, uint32_t len)
{
	*u = (struct uio){.kbuf = buf, .left = len};
}

/* The part of the current piece that is left; skips empty ones. u->left is not 0. segs NULL: the single piece, so that a uio
 * may be copied as a whole. */
static uint32_t piece(struct uio *u, uaddr_t *at)
{
	const struct uio_seg *segs = u->segs ? u->segs : &u->one;

	while (u->seg_off == segs[u->seg].len) {
		u->seg++;
		u->seg_off = 0;
		KASSERT2(u->seg < u->n_segs, u->seg, u->left);
	}
	*at = uaddr_add(segs[u->seg].at, u->seg_off);
	return segs[u->seg].len - u->seg_off;
}

static void advance(struct uio *u, uint32_t n)
{
	u->left -= n;
	if (u->mem)
		u->seg_off += n;
	else
		u->kbuf += n;
}

enum direction { TO_CALLER, FROM_CALLER, ZERO_CALLER };

static int32_t copy_kernel(struct uio *u, uint8_t *p, uint32_t n, enum direction d)
{
	if (d == TO_CALLER) memcpy(u->kbuf, p, n);
	if (d == FROM_CALLER) memcpy(p, u->kbuf, n);
	if (d == ZERO_CALLER) memset(u->kbuf, 0, n);
	advance(u, n);
	return (int32_t)n;
}

static int32_t copy(struct uio *u, uint8_t *p, uint32_t n, enum direction d)
{
	uint32_t done = 0;

	n = MIN(n, u->left);
	if (!u->mem) return copy_kernel(u, p, n, d);
	while (done < n) {
		uaddr_t at;
		uint32_t chunk = MIN(piece(u, &at), n - done), moved;
		if (d == FROM_CALLER)
			moved = umem_fetch_some(u->mem, p + done, at, chunk);
		else
			moved = umem_store_some(u->mem, at, d == TO_CALLER ? p + done : NULL, chunk);
		advance(u, moved);
		done += moved;
		if (moved < chunk) return done ? (int32_t)done : -EFAULT;
	}
	return (int32_t)done;
}

int32_t uio_to(struct uio *u, const void *src, uint32_t n)
{
	return copy(u, (uint8_t *)(uintptr_t)src, n, TO_CALLER);
}

int32_t uio_from(struct uio *u, void *dst, uint32_t n)
{
	return copy(u, dst, n, FROM_CALLER);
}

int32_t uio_zero(struct uio *u, uint32_t n)
{
	return copy(u, NULL, n, ZERO_CALLER);
}
