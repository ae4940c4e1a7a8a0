/* uio.h - a cursor over user or kernel memory: all a file ever sees of its caller's buffers.
 * Used by: fs and net.  A copy may sleep: reach a consistent state before it and re-read after it.
 * Never: tells whose memory it is.  */
#ifndef KERNEL_MM_UIO_H
#define KERNEL_MM_UIO_H
#include "kernel/mm/umem.h"
struct uio_seg { uaddr_t at; uint32_t len; };
struct uio {
	struct umem *mem;            /* NULL: kernel memory at kbuf */
	uint8_t *kbuf;
	const struct uio_seg *segs;  /* user: n_segs pieces, not owned */
	uint32_t n_segs, seg, seg_off;
	uint32_t left;               /* bytes still to go */
	struct uio_seg one;          /* storage for the common single piece */
};
void uio_init_user(struct uio *u, struct umem *m, uaddr_t at, uint32_t len);
void uio_init_vec(struct uio *u, struct umem *m, const struct uio_seg *segs, uint32_t n);
void uio_init_kernel(struct uio *u, void *buf, uint32_t len);
/** Copy up to n bytes and advance. Returns bytes copied (short only at the end or a fault); -EFAULT when none could be. */
int32_t uio_to(struct uio *u, const void *src, uint32_t n);   /* file -> caller */
int32_t uio_from(struct uio *u, void *dst, uint32_t n);       /* caller -> file */
int32_t uio_zero(struct uio *u, uint32_t n);
#endif
