/* memory_test.c - frame.c and kheap.c on 16 MiB of host memory at the kernel's own addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/irq.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/frame_priv.h"
#include "kernel/mm/kheap.h"

#define MEM_BYTES (16u << 20)
#define MODULE_AT 0x200000u
#define MODULE_BYTES 0x43210u
#define MODULE_PAGES PAGES(MODULE_BYTES)

/* ---- what the rest of the kernel would do ---- */

struct boot_info boot_info;
static uint32_t n_wakes, n_reclaims;
static uint32_t hoard[64], n_hoard;

uint32_t irq_save(void) { return 0; }
void irq_restore(uint32_t state) { (void)state; }
bool in_irq(void) { return false; }
uint64_t clock_now_ns(void) { return 0; }
int waitq_sleep(struct waitq *q, uint32_t heeds, uint64_t deadline)
{
	(void)q, (void)heeds, (void)deadline;
	return -1;
}
void waitq_wake_one(struct waitq *q) { (void)q, n_wakes++; }
void waitq_wake_all(struct waitq *q) { (void)q, n_wakes++; }
void arch_zero_page(void *page) { memset(page, 0, PAGE_SIZE); }
void klog(enum log_level level, const char *fmt, ...) { (void)level, (void)fmt; }
void panic(const char *fmt, ...) { (void)fmt, abort(); }
void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	(void)a, (void)b;
	mock_assert(0, expr, file, line);
	abort();
}

static uint32_t give_back(uint32_t wanted)
{
	uint32_t n = 0;
	n_reclaims++;
	for (; n < wanted && n_hoard; n++) frame_unref(hoard[--n_hoard]);
	return n;
}

static int boot(void **state)
{
	(void)state;
	void *m = mmap((void *)0xc0000000ul, MEM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (m == MAP_FAILED) return -1;
	memset(m, 0x5a, MEM_BYTES);
	boot_info = (struct boot_info){.initrd = {paddr(MODULE_AT), MODULE_BYTES}, .mem_bytes = MEM_BYTES, .n_ranges = 2,
	                               .ranges = {{1, 0x9e}, {0x100, (MEM_BYTES >> PAGE_SHIFT) - 0x100}}};
	frame_init(MEM_BYTES);
	return 0;
}

/* ---- tests ---- */

static void counts_are_right(void **state)
{
	(void)state;
	uint32_t all = 0x9e + (MEM_BYTES >> PAGE_SHIFT) - 0x100 - 0x80; /* both ranges without the image */
	assert_in_range(frame_total(), all - 3, all);                  /* and the table itself */
	assert_int_equal(frame_free_count(), frame_total() - MODULE_PAGES);
}

static bool is_module(uint32_t pfn) { return pfn >= MODULE_AT >> PAGE_SHIFT && pfn < (MODULE_AT >> PAGE_SHIFT) + MODULE_PAGES; }

static void nothing_is_handed_out_twice(void **state)
{
	static uint32_t got[MEM_BYTES >> PAGE_SHIFT];
	static uint8_t seen[MEM_BYTES >> PAGE_SHIFT];
	uint32_t n = 0, before = frame_free_count(), f;
	(void)state;

	while (frame_idle_work()) continue;
	assert_int_equal(frame_free_count(), before);
	memset(seen, 0, sizeof seen);
	while ((f = n & 1 ? frame_alloc_zero() : frame_alloc()) != FRAME_NONE) {
		assert_true(f > 0 && f < MEM_BYTES >> PAGE_SHIFT && !seen[f] && !is_module(f));
		assert_false(f >= 0x9f && f < 0x180); /* hole and image */
		if (n & 1)
			for (uint32_t i = 0; i < PAGE_SIZE; i += 64) assert_int_equal(((uint8_t *)frame_virt(f))[i], 0);
		memset(frame_virt(f), 0xee, PAGE_SIZE);
		seen[f] = 1;
		got[n++] = f;
	}
	assert_true(n < before && before - n <= 256); /* the reserve stays */
	assert_true((f = frame_alloc_reserve()) != FRAME_NONE);
	frame_unref(f);
	for (uint32_t i = 0; i < MODULE_PAGES; i++)
		assert_int_equal(*(uint8_t *)frame_virt((MODULE_AT >> PAGE_SHIFT) + i), 0x5a);
	while (n) frame_unref(got[--n]);
	assert_int_equal(frame_free_count(), before);
}

static void references_count(void **state)
{
	uint32_t f = frame_alloc(), before = frame_free_count();
	(void)state;

	frame_ref(f);
	assert_int_equal(frame_refs(f), 2);
	frame_unref(f);
	assert_int_equal(frame_free_count(), before);
	frame_unref(f);
	assert_int_equal(frame_free_count(), before + 1);
	assert_int_equal(frame_refs(f), 0);
	expect_assert_failure(frame_unref(f));
	expect_assert_failure(frame_ref(f));
}

static void reservations_hold(void **state)
{
	uint32_t before = frame_free_count(), n = 0, f, list = 0;
	(void)state;

	assert_false(frame_reserve(before));
	assert_false(frame_reserve(UINT32_MAX - 10));
	assert_true(frame_reserve(1000));
	assert_int_equal(frame_free_count(), before - 1000);
	while ((f = frame_alloc()) != FRAME_NONE) {
		*(uint32_t *)frame_virt(f) = list;
		list = f;
		n++;
	}
	assert_true(n <= before - 1000);
	frame_unreserve(1000);
	assert_true((f = frame_alloc()) != FRAME_NONE);
	frame_unref(f);
	n_wakes = 0;
	while (list) {
		f = list;
		list = *(uint32_t *)frame_virt(f);
		frame_unref(f);
	}
	assert_true(n_wakes > 0);
	assert_int_equal(frame_free_count(), before);
}

static void asks_the_cache_when_short(void **state)
{
	uint32_t f, list = 0;
	(void)state;

	while (n_hoard < 64) hoard[n_hoard++] = frame_alloc();
	frame_set_reclaim(give_back);
	while ((f = frame_alloc()) != FRAME_NONE) {
		*(uint32_t *)frame_virt(f) = list;
		list = f;
	}
	assert_int_equal(n_hoard, 0);
	assert_true(n_reclaims >= 2);
	frame_set_reclaim(NULL);
	while (list) {
		f = list;
		list = *(uint32_t *)frame_virt(f);
		frame_unref(f);
	}
}

static void module_is_adopted(void **state)
{
	uint32_t before = frame_free_count(), first = MODULE_AT >> PAGE_SHIFT;
	(void)state;

	frame_adopt(first, MODULE_PAGES);
	assert_int_equal(frame_refs(first), 1);
	expect_assert_failure(frame_adopt(first, 1));
	for (uint32_t i = 0; i < MODULE_PAGES; i++) frame_unref(first + i);
	assert_int_equal(frame_free_count(), before + MODULE_PAGES);
}

static void runs_are_contiguous(void **state)
{
	uint32_t before = frame_free_count(), run[32];
	(void)state;

	for (uint32_t i = 0; i < 32; i++) {
		run[i] = frame_run_alloc(1 + i % 8);
		assert_true(run[i]);
		memset(frame_virt(run[i]), (int)i, (1 + i % 8) * PAGE_SIZE);
	}
	for (uint32_t i = 0; i < 32; i++) {
		uint32_t n = 1 + i % 8;
		const uint8_t *b = frame_virt(run[i]);
		for (uint32_t k = 0; k < n * PAGE_SIZE; k += 512) assert_int_equal(b[k], i);
	}
	for (uint32_t i = 0; i < 32; i++) assert_int_equal(frame_run_free(run[i * 7 % 32]), 1 + (i * 7 % 32) % 8);
	assert_int_equal(frame_free_count(), before);
}

static void heap_random(void **state)
{
	static struct { uint8_t *p; uint32_t n; uint8_t v; } o[600];
	uint32_t seed = 1, used0 = kheap_used_bytes(), free0 = frame_free_count();
	(void)state;

	for (uint32_t round = 0; round < 60000; round++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t i = (seed >> 8) % 600;
		if (o[i].p) {
			for (uint32_t k = 0; k < o[i].n; k += 1 + o[i].n / 16) assert_int_equal(o[i].p[k], o[i].v);
			assert_int_equal(o[i].p[o[i].n - 1], o[i].v);
			kfree(o[i].p);
			o[i].p = NULL;
			continue;
		}
		uint32_t n = seed >> 31 ? 1 + (seed >> 4) % 300 : 1 + (seed >> 3) % 9000;
		o[i].p = kmalloc(n);
		assert_non_null(o[i].p);
		assert_int_equal((uintptr_t)o[i].p % (n >= 16 ? 16 : 8), 0);
		o[i].n = n;
		o[i].v = (uint8_t)round;
		memset(o[i].p, o[i].v, n);
	}
	for (uint32_t i = 0; i < 600; i++) kfree(o[i].p);
	assert_int_equal(kheap_used_bytes(), used0);
	assert_in_range(free0 - frame_free_count(), 0, 17);
}

static void heap_edges(void **state)
{
	(void)state;
	assert_null(kmalloc(0));
	assert_null(kmalloc(KHEAP_RUN_PAGES * PAGE_SIZE + 1));
	assert_null(kmalloc(UINT32_MAX));
	void *p = kzalloc(KHEAP_RUN_PAGES * PAGE_SIZE);
	assert_non_null(p);
	kfree(p);
	kfree(NULL);
	p = kmalloc(100);
	expect_assert_failure(kfree((uint8_t *)p + 1));
	kfree(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_right),
		cmocka_unit_test(nothing_is_handed_out_twice),
		cmocka_unit_test(references_count),
		cmocka_unit_test(reservations_hold),
		cmocka_unit_test(asks_the_cache_when_short),
		cmocka_unit_test(module_is_adopted),
		cmocka_unit_test(runs_are_contiguous),
		cmocka_unit_test(heap_random),
		cmocka_unit_test(heap_edges),
	};
	return cmocka_run_group_tests(tests, boot, NULL);
}
