/* stubs.c - the kernel under a host test of fs.
 * Called by: the code under test.
 * Never: runs a second thread: whatever happens during a sleep is done by stub_on_sleep.  */
#include "tests/host/stubs/stubs.h"
#include "abi/linux_errno.h"
#include "kernel/base/random.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- sleeping */
static struct thread only_thread;
int (*stub_on_sleep)(void);
uint32_t stub_sleeps;
uint64_t stub_now_ns;

struct thread *thread_current(void) { return &only_thread; }
void waitq_init(struct waitq *q) { list_init(&q->waiters); }
void waitq_wake_one(struct waitq *q) { UNUSED(q); }
void waitq_wake_all(struct waitq *q) { UNUSED(q); }
void waitq_add(struct waitq *q, struct waiter *w) { list_push_back(&q->waiters, &w->node); }
void waitq_remove(struct waiter *w) { list_remove(&w->node); }
void preempt_point(void) {}
void ctx_assert_may_sleep(void) {}
uint32_t irq_save(void) { return 0; }
void irq_restore(uint32_t state) { UNUSED(state); }
int thread_init(struct thread *t, const char *name, void (*entry)(void *), void *arg)
{
	UNUSED(name);
	UNUSED(entry);
	UNUSED(arg);
	t->state = THREAD_NEW;
	return 0;
}
void thread_start(struct thread *t) { UNUSED(t); }

int waitq_sleep(struct waitq *q, uint32_t heeds, uint64_t deadline_ns)
{
	UNUSED(q);
	UNUSED(heeds);
	if (++stub_sleeps > 100000) {
		fprintf(stderr, "stub: sleeps for ever\n");
		abort();
	}
	if (stub_on_sleep) return stub_on_sleep();
	return deadline_ns == FOREVER ? -EINTR : -ETIMEDOUT;
}

/* ---- time, log, options, machine */
char stub_log[4096];
uint32_t stub_tsc;
struct boot_info boot_info;

uint64_t clock_now_ns(void) { return stub_now_ns; }
int64_t clock_wall_offset_ns(void) { return 1700000000ll * 1000000000ll; }
void ktimer_init(struct ktimer *t, void (*fire)(struct ktimer *)) { t->fire = fire; }
void ktimer_arm(struct ktimer *t, uint64_t deadline_ns) { t->deadline_ns = deadline_ns; }
void ktimer_stop(struct ktimer *t) { UNUSED(t); }
uint64_t arch_tsc(void) { return stub_tsc++; }
uint64_t arch_random_seed(void) { return 12345; }

void klog(enum log_level level, const char *fmt, ...)
{
	va_list args;
	size_t at = strlen(stub_log);

	UNUSED(level);
	va_start(args, fmt);
	fmt_vsnprintf(stub_log + at, sizeof stub_log - at, fmt, args);
	va_end(args);
}

uint32_t log_read(uint64_t *pos, char *out, uint32_t n)
{
	uint32_t len = (uint32_t)strlen(stub_log), at = (uint32_t)*pos;

	if (at >= len) return 0;
	n = MIN(n, len - at);
	memcpy(out, stub_log + at, n);
	*pos += n;
	return n;
}

void panic(const char *fmt, ...)
{
	fprintf(stderr, "panic: %s\n", fmt);
	abort();
}

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	fprintf(stderr, "%s:%d: %s (%llu, %llu)\n", file, line, expr, (unsigned long long)a, (unsigned long long)b);
	abort();
}

/* ---- heap */
static uint32_t n_pieces;
int32_t stub_refuse_after = -1;

static bool refused(void)
{
	if (stub_refuse_after < 0) return false;
	if (stub_refuse_after == 0) return true;
	stub_refuse_after--;
	return false;
}

void *kmalloc(uint32_t bytes)
{
	if (bytes > 32768 || refused()) return NULL;
	void *p = malloc(bytes ? bytes : 1);
	n_pieces += p != NULL;
	return p;
}

void *kzalloc(uint32_t bytes)
{
	void *p = kmalloc(bytes);
	if (p) memset(p, 0, bytes);
	return p;
}

void kfree(void *p)
{
	n_pieces -= p != NULL;
	free(p);
}

uint32_t stub_heap_pieces(void) { return n_pieces; }

/* ---- frames: an arena at a fixed place below 4 GiB, so that phys_to_virt works on a 64-bit host */
#define ARENA 0x20000000u
static uint32_t refs[STUB_ARENA_FRAMES], n_used, module_frames;

static uint32_t index_of(uint32_t pfn)
{
	uint32_t n = pfn - ((ARENA - KERNEL_BASE) >> PAGE_SHIFT);
	if (n >= STUB_ARENA_FRAMES) abort();
	return n;
}

static uint32_t pfn_of(uint32_t index) { return ((ARENA - KERNEL_BASE) >> PAGE_SHIFT) + index; }

void stub_reset(void)
{
	static void *arena;

	if (!arena) {
		arena = mmap((void *)(uintptr_t)ARENA, STUB_ARENA_FRAMES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (arena != (void *)(uintptr_t)ARENA) abort();
	}
	memset(refs, 0, sizeof refs);
	n_used = module_frames = 0;
	stub_refuse_after = -1;
	stub_on_sleep = NULL;
	stub_sleeps = 0;
	stub_log[0] = '\0';
}

uint8_t *stub_module(uint32_t bytes)
{
	module_frames = PAGES(bytes);
	return (uint8_t *)(uintptr_t)ARENA;
}

uint32_t frame_alloc(void)
{
	if (refused()) return FRAME_NONE;
	for (uint32_t n = module_frames; n < STUB_ARENA_FRAMES; n++)
		if (refs[n] == 0) {
			refs[n] = 1;
			n_used++;
			memset(frame_virt(pfn_of(n)), 0xa5, PAGE_SIZE);
			return pfn_of(n);
		}
	return FRAME_NONE;
}

uint32_t frame_alloc_reserve(void) { return frame_alloc(); }
bool frame_wait(uint32_t n) { UNUSED(n); return false; }
void frame_set_reclaim(uint32_t (*reclaim)(uint32_t wanted)) { UNUSED(reclaim); }

uint32_t frame_alloc_zero(void)
{
	uint32_t pfn = frame_alloc();
	if (pfn != FRAME_NONE) memset(frame_virt(pfn), 0, PAGE_SIZE);
	return pfn;
}

void frame_ref(uint32_t pfn) { refs[index_of(pfn)]++; }
uint32_t frame_refs(uint32_t pfn) { return refs[index_of(pfn)]; }

void frame_unref(uint32_t pfn)
{
	uint32_t n = index_of(pfn);

	if (refs[n] == 0) abort();
	if (--refs[n]) return;
	n_used--;
	memset(frame_virt(pfn), 0x5a, PAGE_SIZE);
}

void frame_adopt(uint32_t pfn, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (index_of(pfn + i) >= module_frames || refs[index_of(pfn + i)]) abort(); /* not of the module, or taken twice */
		refs[index_of(pfn + i)] = 1;
		n_used++;
	}
}

uint32_t frame_free_count(void) { return STUB_ARENA_FRAMES - n_used; }
uint32_t frame_total(void) { return STUB_ARENA_FRAMES; }
uint32_t stub_frames_used(void) { return n_used; }

/* ---- user memory */
void stub_umem_init(struct stub_umem *u, uint8_t *bytes, uint32_t size)
{
	memset(u, 0, sizeof *u);
	u->bytes = bytes;
	u->size = size;
}

static uint32_t reachable(const struct stub_umem *u, uaddr_t at, uint32_t n)
{
	if (at.v < STUB_USER || at.v - STUB_USER >= u->size) return 0;
	return MIN(n, u->size - (at.v - STUB_USER));
}

uint32_t umem_fetch_some(struct umem *m, void *dst, uaddr_t src, uint32_t n)
{
	struct stub_umem *u = container_of(m, struct stub_umem, m);

	n = reachable(u, src, n);
	if (n) memcpy(dst, u->bytes + (src.v - STUB_USER), n);
	return n;
}

uint32_t umem_store_some(struct umem *m, uaddr_t dst, const void *src, uint32_t n)
{
	struct stub_umem *u = container_of(m, struct stub_umem, m);

	n = reachable(u, dst, n);
	if (n && src) memcpy(u->bytes + (dst.v - STUB_USER), src, n);
	if (n && !src) memset(u->bytes + (dst.v - STUB_USER), 0, n);
	return n;
}

int umem_fetch(struct umem *m, void *dst, uaddr_t src, uint32_t n) { return umem_fetch_some(m, dst, src, n) == n ? 0 : -EFAULT; }
int umem_store(struct umem *m, uaddr_t dst, const void *src, uint32_t n) { return umem_store_some(m, dst, src, n) == n ? 0 : -EFAULT; }
int umem_zero(struct umem *m, uaddr_t dst, uint32_t n) { return umem_store(m, dst, NULL, n); }
