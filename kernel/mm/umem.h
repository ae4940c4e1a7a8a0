/* umem.h - "somebody's memory": the user memory that a system call's pointers mean, wherever it is.
 * Used by: sys_*.c through uio or directly.  The local version is umem.c, the deputy's kernel/migrate/umem_deputy.c,
 * a test's tests/host/fake_umem.c.  Never: hands out a raw pointer.  */
#ifndef KERNEL_MM_UMEM_H
#define KERNEL_MM_UMEM_H
#include "lib/base.h"
struct umem;
struct umem_ops {
	/* Each returns the bytes copied before the first byte that cannot be (n: all). May sleep. */
	uint32_t (*fetch)(struct umem *m, void *dst, uaddr_t src, uint32_t n);
	uint32_t (*store)(struct umem *m, uaddr_t dst, const void *src, uint32_t n); /* src NULL: zeroes */
};
struct umem {
	const struct umem_ops *ops; /* swapped at a move's commit, never while users > 0 */
	void *ctx;                  /* local: struct space; deputy: its windows */
	bool frozen;                /* the body is being moved: copies wait on `thaw` */
	uint32_t users;             /* copies under way */
	struct waitq *thaw;
};
/** All or nothing: 0 or -EFAULT. May sleep, also until a move under way is over. */
MUST_CHECK int umem_fetch(struct umem *m, void *dst, uaddr_t src, uint32_t n);
MUST_CHECK int umem_store(struct umem *m, uaddr_t dst, const void *src, uint32_t n);
/** As much as there is: bytes copied. */
uint32_t umem_fetch_some(struct umem *m, void *dst, uaddr_t src, uint32_t n);
uint32_t umem_store_some(struct umem *m, uaddr_t dst, const void *src, uint32_t n);
MUST_CHECK int umem_zero(struct umem *m, uaddr_t dst, uint32_t n);
/** NUL-terminated string into dst[size]: length without NUL; -EFAULT; -ENAMETOOLONG when no NUL within size. */
MUST_CHECK int32_t umem_fetch_string(struct umem *m, char *dst, uaddr_t src, uint32_t size);
static inline int umem_store_u32(struct umem *m, uaddr_t at, uint32_t v) { return umem_store(m, at, &v, 4); }
static inline int umem_fetch_u32(struct umem *m, uaddr_t at, uint32_t *v) { return umem_fetch(m, v, at, 4); }
struct space;
/** The version for a body right here: uses the *current* directory if ctx is the current space, else walks its tables. */
extern const struct umem_ops umem_local_ops;
void umem_init_local(struct umem *m, struct space *s, struct waitq *thaw);
#endif
