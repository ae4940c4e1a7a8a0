/* fake_umem.c - user memory in an array.
 * Used by: tests/host/syscall.
 * Never: sleeps. */
#include "tests/host/syscall/fake_umem.h"
#include <string.h>
#include "abi/linux_errno.h"

uint8_t fake_bytes[FAKE_BYTES];
struct umem fake_umem;

static uint32_t reach(uaddr_t at, uint32_t n)
{
	if (at.v < FAKE_USER || at.v >= FAKE_USER + FAKE_BYTES) return 0;
	return MIN(n, FAKE_USER + FAKE_BYTES - at.v);
}

uint32_t umem_fetch_some(struct umem *m, void *dst, uaddr_t src, uint32_t n)
{
	(void)m;
	n = reach(src, n);
	if (n) memcpy(dst, fake_at(src.v), n);
	return n;
}

uint32_t umem_store_some(struct umem *m, uaddr_t dst, const void *src, uint32_t n)
{
	(void)m;
	n = reach(dst, n);
	if (n && src) memcpy(fake_at(dst.v), src, n);
	if (n && !src) memset(fake_at(dst.v), 0, n);
	return n;
}

int umem_fetch(struct umem *m, void *dst, uaddr_t src, uint32_t n) { return reach(src, n) == n && umem_fetch_some(m, dst, src, n) == n ? 0 : -EFAULT; }
int umem_store(struct umem *m, uaddr_t dst, const void *src, uint32_t n) { return umem_store_some(m, dst, src, n) == n ? 0 : -EFAULT; }
int umem_zero(struct umem *m, uaddr_t dst, uint32_t n) { return umem_store(m, dst, NULL, n); }

int32_t umem_fetch_string(struct umem *m, char *dst, uaddr_t src, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		if (umem_fetch(m, dst + i, uaddr(src.v + i), 1)) return -EFAULT;
		if (!dst[i]) return (int32_t)i;
	}
	return -ENAMETOOLONG;
}

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	(void)expr, (void)file, (void)line, (void)a, (void)b;
	__builtin_trap();
}
