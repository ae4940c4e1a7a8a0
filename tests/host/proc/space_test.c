/* space_test.c - address spaces against a model: random maps, unmaps, protections, moves, writes and forks; every read is
 * compared, and at the end no frame and no structure may be left.
 * Run by: make test-host-proc.  SEED=n replays.
 * Never: touches a real page table: entries live in an array, frames at their kernel addresses (3 GiB).  */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/mm/space.h"
#include "lib/rng.h"

#include <cmocka.h>

/* by hand: <sys/mman.h> and abi/linux_types.h give the same names */
void *mmap(void *at, size_t n, int prot, int flags, int fd, long off);

/* ---- the machine */
#define N_FRAMES 4096u
#define FIRST_TABLE_SLOTS 1024u
static uint16_t refs[N_FRAMES];
static uint32_t n_free = N_FRAMES - 1, n_blocks;
static uint32_t fail_after = UINT32_MAX; /* allocations (frames, heap, tables) until one fails */
static uint32_t *pds[64][FIRST_TABLE_SLOTS];
static struct thread self;

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	fprintf(stderr, "%s:%d: %s (0x%llx, 0x%llx)\n", file, line, expr, (unsigned long long)a, (unsigned long long)b);
	abort();
}

static bool may_fail(void)
{
	if (fail_after == UINT32_MAX) return false;
	if (fail_after == 0) return true;
	fail_after--;
	return false;
}

uint32_t frame_alloc(void)
{
	if (may_fail()) return FRAME_NONE;
	for (uint32_t i = 1; i < N_FRAMES; i++) {
		if (refs[i]) continue;
		refs[i] = 1;
		n_free--;
		memset(frame_virt(i), 0xaa, PAGE_SIZE);
		return i;
	}
	return FRAME_NONE;
}
uint32_t frame_alloc_zero(void)
{
	uint32_t f = frame_alloc();
	if (f) memset(frame_virt(f), 0, PAGE_SIZE);
	return f;
}
void frame_ref(uint32_t pfn) { assert_true(refs[pfn] > 0); refs[pfn]++; }
void frame_unref(uint32_t pfn)
{
	assert_true(pfn && refs[pfn] > 0);
	if (--refs[pfn] == 0) n_free++;
}
uint32_t frame_refs(uint32_t pfn) { return refs[pfn]; }
uint32_t frame_total(void) { return N_FRAMES; }
static bool frames_seem_free;          /* waiting always succeeds */
static uint32_t most_wanted, n_yields;
bool frame_wait(uint32_t n) { most_wanted = MAX(most_wanted, n); return frames_seem_free; }
void sched_yield(void) { n_yields++; }
void arch_copy_page(void *to, const void *from) { memcpy(to, from, PAGE_SIZE); }

void *kzalloc(uint32_t n) { if (may_fail()) return NULL; n_blocks++; return calloc(1, n); }
void *kmalloc(uint32_t n) { return kzalloc(n); }
void kfree(void *p) { if (p) n_blocks--; free(p); }

void mutex_init(struct mutex *m, enum mutex_order o) { m->order = o; m->owner = NULL; }
void mutex_lock(struct mutex *m) { assert_null(m->owner); m->owner = &self; }
void mutex_unlock(struct mutex *m) { assert_non_null(m->owner); m->owner = NULL; }
void waitq_init(struct waitq *q) { UNUSED(q); }
void waitq_wake_all(struct waitq *q) { UNUSED(q); }
int waitq_sleep(struct waitq *q, uint32_t h, uint64_t d) { UNUSED(q), UNUSED(h), UNUSED(d); abort(); }
void preempt_point(void) {}
struct thread *thread_current(void) { return &self; }
uint32_t arch_copy_from_user(void *d, uaddr_t s, uint32_t n) { UNUSED(d), UNUSED(s); return n; }
uint32_t arch_copy_to_user(uaddr_t d, const void *s, uint32_t n) { UNUSED(d), UNUSED(s); return n; }
uint32_t arch_zero_user(uaddr_t d, uint32_t n) { UNUSED(d); return n; }
void arch_pd_load_kernel(void) {}

int arch_pd_new(struct arch_pd *pd)
{
	static uint32_t used;
	if (may_fail()) return -ENOMEM;
	pd->phys = used++ % 64;
	for (uint32_t i = 0; i < FIRST_TABLE_SLOTS; i++) assert_null(pds[pd->phys][i]);
	return 0;
}
void arch_pd_free(struct arch_pd *pd)
{
	for (uint32_t i = 0; i < FIRST_TABLE_SLOTS; i++) {
		uint32_t *t = pds[pd->phys][i];
		for (uint32_t k = 0; t && k < 1024; k++) assert_int_equal(t[k], 0);
		free(t);
		pds[pd->phys][i] = NULL;
	}
}
uint32_t arch_pte_get(const struct arch_pd *pd, uaddr_t at)
{
	uint32_t *t = pds[pd->phys][at.v >> 22];
	return t ? t[at.v >> 12 & 1023] : 0;
}
int arch_pte_set(struct arch_pd *pd, uaddr_t at, uint32_t e)
{
	uint32_t **t = &pds[pd->phys][at.v >> 22];
	if (!*t) {
		if (!e) return 0;
		if (may_fail()) return -ENOMEM;
		*t = calloc(1024, 4);
	}
	(*t)[at.v >> 12 & 1023] = e;
	return 0;
}
uint32_t *arch_pte_slots(const struct arch_pd *pd, uaddr_t at, uint32_t *n)
{
	uint32_t *t = pds[pd->phys][at.v >> 22];
	*n = 1024 - (at.v >> 12 & 1023);
	return t ? t + (at.v >> 12 & 1023) : NULL;
}
void arch_pte_changed(const struct arch_pd *pd, uaddr_t at) { UNUSED(pd), UNUSED(at); }
int arch_pte_make(struct arch_pd *pd, uaddr_t at)
{
	uint32_t **t = &pds[pd->phys][at.v >> 22];
	if (*t) return 0;
	if (may_fail()) return -ENOMEM;
	*t = calloc(1024, 4);
	return 0;
}
bool arch_pte_next(const struct arch_pd *pd, uaddr_t *at, uaddr_t end)
{
	for (; at->v < end.v; at->v += PAGE_SIZE)
		if (arch_pte_get(pd, *at)) return true;
	return false;
}
void arch_pd_free_tables(struct arch_pd *pd, uaddr_t from, uaddr_t to)
{
	for (uint32_t i = ALIGN_UP(from.v, 1u << 22) >> 22; i < to.v >> 22; i++) {
		uint32_t *t = pds[pd->phys][i];
		for (uint32_t k = 0; t && k < 1024; k++) assert_int_equal(t[k], 0);
		free(t);
		pds[pd->phys][i] = NULL;
	}
}

/* ---- a file of 24 pages; page i begins with its value */
#define FILE_PAGES 24u
struct fake_file { struct backing b; uint32_t pfn[FILE_PAGES]; uint32_t refs; } file;

static int file_page(struct backing *b, uint32_t index, bool nowait, uint32_t *pfn)
{
	struct fake_file *f = container_of(b, struct fake_file, b);
	if (index >= FILE_PAGES) return -ENXIO;
	if (nowait && index % 3 == 0) return -EAGAIN;
	frame_ref(*pfn = f->pfn[index]);
	return 0;
}
static void file_dirtied(struct backing *b, uint32_t i) { UNUSED(b), UNUSED(i); }
static void file_up(struct backing *b) { container_of(b, struct fake_file, b)->refs++; }
static void file_down(struct backing *b) { container_of(b, struct fake_file, b)->refs--; }
static const struct backing_ops file_ops = {.get_page = file_page, .dirtied = file_dirtied, .ref = file_up, .unref = file_down};

static void file_make(void)
{
	file = (struct fake_file){.b = {.ops = &file_ops}, .refs = 1};
	for (uint32_t i = 0; i < FILE_PAGES; i++) {
		file.pfn[i] = frame_alloc_zero();
		*(uint32_t *)frame_virt(file.pfn[i]) = 1000 + i;
	}
}
static void file_drop(void)
{
	assert_int_equal(file.refs, 1);
	for (uint32_t i = 0; i < FILE_PAGES; i++) frame_unref(file.pfn[i]);
}

/* ---- the model */
#define BASE 0x10000000u
#define PAGES_N 48u
enum kind { NONE, ANON, PRIVATE, SHARED };
struct cell { enum kind kind; uint32_t prot, index, value; bool own; };
struct model { struct space *s; struct umem m; struct cell c[PAGES_N]; };

static uint32_t expect(const struct cell *c)
{
	if (c->kind == ANON || c->own) return c->value;
	return *(uint32_t *)frame_virt(file.pfn[c->index]);
}
static uint32_t at_page(uint32_t i) { return BASE + i * PAGE_SIZE; }

static void op_map(struct model *m, struct rng *r)
{
	uint32_t i = rng_below(r, PAGES_N), n = 1 + rng_below(r, PAGES_N - i), prot = rng_below(r, 4), index = rng_below(r, 8);
	enum kind k = (enum kind)(1 + rng_below(r, 3));
	uint32_t flags = MAP_FIXED | (k == SHARED ? MAP_SHARED : MAP_PRIVATE);
	if (k != ANON) n = MIN(n, FILE_PAGES - index);
	int32_t at = space_map(m->s, at_page(i), n * PAGE_SIZE, prot, flags, 0, k == ANON ? NULL : &file.b, index);
	assert_int_equal(at, at_page(i));
	for (uint32_t j = 0; j < n; j++) m->c[i + j] = (struct cell){.kind = k, .prot = prot, .index = index + j};
}
static void op_unmap(struct model *m, struct rng *r)
{
	uint32_t i = rng_below(r, PAGES_N), n = 1 + rng_below(r, PAGES_N - i);
	assert_int_equal(space_unmap(m->s, at_page(i), n * PAGE_SIZE), 0);
	for (uint32_t j = 0; j < n; j++) m->c[i + j].kind = NONE;
}
static void op_protect(struct model *m, struct rng *r)
{
	uint32_t i = rng_below(r, PAGES_N), n = 1 + rng_below(r, MIN(8u, PAGES_N - i)), prot = rng_below(r, 4);
	uint32_t done = 0; /* up to the first hole: what lies before it is changed */
	while (done < n && m->c[i + done].kind != NONE) done++;
	assert_int_equal(space_protect(m->s, at_page(i), n * PAGE_SIZE, prot), done == n ? 0 : -ENOMEM);
	for (uint32_t j = 0; j < done; j++) m->c[i + j].prot = prot;
}
static void op_write(struct model *m, struct rng *r)
{
	struct cell *c = &m->c[rng_below(r, PAGES_N)];
	uint32_t v = rng_u32(r), at = at_page((uint32_t)(c - m->c));
	bool ok = c->kind != NONE && (c->prot & PROT_WRITE);
	assert_int_equal(umem_store_u32(&m->m, uaddr(at), v), ok ? 0 : -EFAULT);
	if (!ok) return;
	if (c->kind == SHARED) {
		assert_int_equal(*(uint32_t *)frame_virt(file.pfn[c->index]), v);
		return;
	}
	c->own = true;
	c->value = v;
}
static void op_read(struct model *m, struct rng *r)
{
	struct cell *c = &m->c[rng_below(r, PAGES_N)];
	uint32_t v = 0, at = at_page((uint32_t)(c - m->c));
	bool ok = c->kind != NONE && c->prot;
	assert_int_equal(umem_fetch_u32(&m->m, uaddr(at), &v), ok ? 0 : -EFAULT);
	if (ok) assert_int_equal(v, expect(c));
}
static void op_dontneed(struct model *m, struct rng *r)
{
	uint32_t i = rng_below(r, PAGES_N), n = 1 + rng_below(r, MIN(4u, PAGES_N - i));
	space_advise(m->s, at_page(i), n * PAGE_SIZE, MADV_DONTNEED);
	for (uint32_t j = 0; j < n; j++) m->c[i + j].own = false, m->c[i + j].value = 0;
}
/* Move n pages that lie in one mapping; the model asks the space whether they do. */
static void op_move(struct model *m, struct rng *r)
{
	uint32_t i = rng_below(r, PAGES_N), n = 1 + rng_below(r, MIN(6u, PAGES_N - i)), to = rng_below(r, PAGES_N - n + 1);
	if (i < to + n && to < i + n) return;
	struct area *a = space_find(m->s, at_page(i));
	bool ok = a && a->end >= at_page(i + n);
	int32_t got = space_remap(m->s, at_page(i), n * PAGE_SIZE, n * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, at_page(to));
	assert_int_equal(got, ok ? (int32_t)at_page(to) : -EFAULT);
	for (uint32_t j = 0; a && !ok && j < n; j++) m->c[to + j].kind = NONE; /* the place is cleared before the range is looked at */
	for (uint32_t j = 0; ok && j < n; j++) {
		m->c[to + j] = m->c[i + j];
		m->c[i + j].kind = NONE;
	}
}

static void check_figures(const struct model *m)
{
	uint32_t total = 0, areas = 0, resident = 0, last = 0;
	const struct area *a;
	list_for_each(a, &m->s->areas, node) {
		assert_true(a->start >= last && a->start < a->end);
		last = a->end;
		total += (a->end - a->start) / PAGE_SIZE;
		areas++;
	}
	for (uint32_t at = BASE; at < at_page(PAGES_N); at += PAGE_SIZE) resident += pte_resident(arch_pte_get(&m->s->pd, uaddr(at)));
	assert_int_equal(total, m->s->total_pages);
	assert_int_equal(areas, m->s->n_areas);
	assert_int_equal(resident, m->s->rss_pages);
}

static void model_open(struct model *m)
{
	m->s = space_new();
	umem_init_local(&m->m, m->s, NULL);
	memset(m->c, 0, sizeof m->c);
}

static void fork_to(struct model *from, struct model *to)
{
	space_unref(to->s);
	to->s = space_new();
	assert_int_equal(space_copy(from->s, to->s), 0);
	umem_init_local(&to->m, to->s, NULL);
	memcpy(to->c, from->c, sizeof to->c);
}

static void one_run(uint64_t seed)
{
	static void (*const ops[])(struct model *, struct rng *) = {
		op_map, op_unmap, op_protect, op_protect, op_write, op_write, op_write, op_write, op_read, op_read, op_read, op_dontneed, op_move,
	};
	struct model m[2];
	struct rng r;

	rng_seed(&r, seed);
	file_make();
	model_open(&m[0]);
	model_open(&m[1]);
	for (uint32_t i = 0; i < 400; i++) {
		struct model *x = &m[rng_below(&r, 2)];
		if (rng_below(&r, 40) == 0) fork_to(x, x == &m[0] ? &m[1] : &m[0]);
		ops[rng_below(&r, ARRAY_LEN(ops))](x, &r);
		check_figures(x);
	}
	space_unref(m[0].s);
	space_unref(m[1].s);
	file_drop();
	if (n_free != N_FRAMES - 1 || n_blocks) fail_msg("seed %llu: %u frames, %u blocks left", (unsigned long long)seed, N_FRAMES - 1 - n_free, n_blocks);
}

static void test_model(void **state)
{
	const char *text = getenv("SEED");

	(void)state;
	if (text) {
		one_run(strtoull(text, NULL, 0));
		return;
	}
	for (uint64_t seed = 1; seed <= 300; seed++) one_run(seed);
}

/* Memory runs out at every possible place: everything is undone, nothing leaks. */
static void test_no_memory(void **state)
{
	(void)state;
	for (uint32_t k = 0; k < 120; k++) {
		fail_after = k;
		struct space *s = space_new(), *copy = s ? space_new() : NULL;
		if (copy) {
			struct umem m;
			umem_init_local(&m, s, NULL);
			for (uint32_t i = 0; i < 8; i++) {
				int32_t at = space_map(s, 0x20000000 + i * 0x400000, 0x8000, 3, MAP_PRIVATE | MAP_FIXED, 0, NULL, 0);
				if (at > 0 && umem_store_u32(&m, uaddr((uint32_t)at + 0x3000), 7)) continue;
			}
			space_protect(s, 0x20001000, 0x1000, 1);
			space_remap(s, 0x20003000, 0x2000, 0x9000, MREMAP_MAYMOVE, 0);
			space_unmap(s, 0x20401000, 0x1000);
			if (space_copy(s, copy) == 0) assert_int_equal(copy->total_pages, s->total_pages);
		}
		if (copy) space_unref(copy);
		if (s) space_unref(s);
		fail_after = UINT32_MAX;
		assert_int_equal(n_free, N_FRAMES - 1);
		assert_int_equal(n_blocks, 0);
	}
}

static uint32_t oom_asked;
static bool two_are_ended(struct space *s) { UNUSED(s); return ++oom_asked < 3; }

/* Found with stress-ng: one frame was free, the fault needed two, and the waiter for one never slept: the node stood still. */
static void test_fault_that_needs_more(void **state)
{
	struct space *s = space_new();

	(void)state;
	assert_int_equal(space_map(s, 0x20000000, 0x1000, 3, MAP_PRIVATE | MAP_FIXED, 0, NULL, 0), 0x20000000);
	frames_seem_free = true;
	space_out_of_memory = two_are_ended;
	fail_after = 1;
	assert_int_equal(space_fault(s, 0x20000000, FAULT_WRITE).sig, SIGKILL);
	assert_int_equal(oom_asked, 3);
	assert_true(most_wanted > 2 && n_yields == 2);
	self.cuts = CUT_SIGNAL; /* one that is to end does not wait for memory, nor for somebody else's end */
	assert_int_equal(space_fault(s, 0x20000000, FAULT_WRITE).sig, -1);
	assert_int_equal(oom_asked, 3);
	self.cuts = 0;
	frames_seem_free = false;
	space_out_of_memory = NULL;
	fail_after = UINT32_MAX;
	space_unref(s);
}

static void test_places(void **state)
{
	struct space *s = space_new();
	uint32_t top = MMAP_TOP;

	(void)state;
	assert_int_equal(space_map(s, 0, 0x3000, 3, MAP_PRIVATE, 0, NULL, 0), (int32_t)(top - 0x3000));
	assert_int_equal(space_map(s, 0, 0x2000, 1, MAP_PRIVATE, 0, NULL, 0), (int32_t)(top - 0x5000));
	assert_int_equal(space_unmap(s, top - 0x3000, 0x1000), 0);
	assert_int_equal(space_map(s, 0, 0x1000, 5, MAP_PRIVATE, 0, NULL, 0), (int32_t)(top - 0x3000));
	assert_int_equal(space_map(s, 0x30000123, 0x1000, 3, MAP_PRIVATE, 0, NULL, 0), 0x30000000);
	assert_int_equal(space_map(s, 0x30000000, 0x1000, 3, MAP_PRIVATE | MAP_FIXED_NOREPLACE, 0, NULL, 0), -EEXIST);
	assert_int_equal(space_map(s, 0x30000001, 0x1000, 3, MAP_PRIVATE | MAP_FIXED, 0, NULL, 0), -EINVAL);
	assert_int_equal(space_map(s, USER_END - 0x1000, 0x2000, 3, MAP_PRIVATE | MAP_FIXED, 0, NULL, 0), -ENOMEM);
	assert_int_equal(space_map(s, 0, 0, 3, MAP_PRIVATE, 0, NULL, 0), -EINVAL);
	assert_int_equal(space_map(s, 0, 0x1000, 3, 0, 0, NULL, 0), -EINVAL);
	assert_int_equal(space_map(s, 0, 0xbff00000, 0, MAP_PRIVATE | MAP_NORESERVE, 0, NULL, 0), -ENOMEM);
	/* the break */
	s->brk_start = s->brk = 0x08100000;
	assert_int_equal(space_set_brk(s, 0), 0x08100000);
	assert_int_equal(space_set_brk(s, 0x08100100), 0x08100100);
	assert_int_equal(space_set_brk(s, 0x08105000), 0x08105000);
	assert_int_equal(space_find(s, 0x08104fff)->start, 0x08100000);
	assert_int_equal(space_set_brk(s, 0x08101001), 0x08101001);
	assert_null(space_find(s, 0x08102000));
	assert_int_equal(space_set_brk(s, 0x30000000), 0x08101001); /* would meet a mapping */
	assert_int_equal(space_set_brk(s, 0x080fffff), 0x08101001);
	/* faults */
	assert_int_equal(space_fault(s, 0x50, FAULT_READ).code, SEGV_MAPERR);
	assert_int_equal(space_fault(s, 0x40000000, FAULT_WRITE).sig, SIGSEGV);
	assert_int_equal(space_fault(s, top - 0x5000, FAULT_WRITE).code, SEGV_ACCERR);
	assert_int_equal(space_fault(s, top - 0x5000, FAULT_READ).sig, 0);
	/* a stack grows to its limit, and not into its neighbour */
	s->limit_stack_bytes = 0x10000;
	space_map(s, STACK_TOP - 0x2000, 0x2000, 3, MAP_PRIVATE | MAP_FIXED, AREA_STACK | AREA_GROWSDOWN, NULL, 0);
	assert_int_equal(space_fault(s, STACK_TOP - 0x8001, FAULT_WRITE).sig, 0);
	assert_int_equal(space_find(s, STACK_TOP - 1)->start, STACK_TOP - 0x9000);
	assert_int_equal(space_fault(s, STACK_TOP - 0x10001, FAULT_WRITE).sig, SIGSEGV);
	space_map(s, STACK_TOP - 0x80000, 0x1000, 3, MAP_PRIVATE | MAP_FIXED, 0, NULL, 0);
	assert_int_equal(space_fault(s, STACK_TOP - 0xa001, FAULT_WRITE).code, SEGV_MAPERR);
	space_unref(s);
	assert_int_equal(n_free, N_FRAMES - 1);
}

static void test_file_end(void **state)
{
	struct space *s = space_new();

	(void)state;
	file_make();
	assert_int_equal(space_map(s, BASE, 4 * PAGE_SIZE, 3, MAP_PRIVATE | MAP_FIXED, 0, &file.b, FILE_PAGES - 2), BASE);
	assert_int_equal(space_fault(s, BASE + PAGE_SIZE, FAULT_WRITE).sig, 0);
	struct fault_result r = space_fault(s, BASE + 2 * PAGE_SIZE, FAULT_READ);
	assert_int_equal(r.sig, SIGBUS);
	assert_int_equal(r.code, BUS_ADRERR);
	assert_int_equal(space_probe(s, BASE + 100, 5 * PAGE_SIZE, false), 2 * PAGE_SIZE - 100);
	space_unref(s);
	file_drop();
	assert_int_equal(n_free, N_FRAMES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_file_end),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_fault_that_needs_more),
	};
	void *want = (void *)(uintptr_t)KERNEL_BASE;

	if (mmap(want, N_FRAMES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != want) return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
