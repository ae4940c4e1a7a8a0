/* frame.c - physical pages: a 16-bit count of references for each, free ones in a list, some zeroed in advance.
 * Called by: everything that needs memory by the page; any context.
 * Never: sleeps, but for frame_wait. */
#include "kernel/mm/frame.h"

#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/irq.h"
#include "kernel/base/log.h"
#include "kernel/base/param.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame_priv.h"
#include "lib/str.h"

/* Values of refs[]: 0 free, in the list; 1..REFS_MAX references; and: */
#define REFS_MAX 0xfff0u
#define REFS_FRESH 0xfffbu     /* free and never touched: an idle node under QEMU costs its host nothing */
#define REFS_STOCK 0xfffcu     /* free and zeroed */
#define REFS_RUN_TAIL 0xfffdu  /* belongs to the run that began before it */
#define REFS_MODULE 0xfffeu    /* the boot module's, not yet adopted */
#define REFS_NONE 0xffffu      /* no memory of ours: a hole, the kernel's image */

static uint16_t *refs;
static uint32_t n_frames;      /* entries of refs[] */
static uint32_t total;         /* frames that can ever be handed out, the module's included */

/* Shared with irq. Free frames are linked both ways through their own first words. */
struct free_link { uint32_t next, prev; };
static uint32_t free_head, n_listed;
static uint32_t fresh_next, n_fresh; /* no fresh frame lies below fresh_next */
static uint32_t stock[FRAME_STOCK], n_stock;
static uint32_t reserve, reserved;
static uint32_t (*reclaim_hook)(uint32_t wanted);
static bool reclaiming;
static struct waitq waiters = WAITQ_INIT(waiters);

/* ---- the free list; interrupts off ---- */

static struct free_link *link_of(uint32_t pfn) { return frame_virt(pfn); }

static void push_free(uint32_t pfn)
{
	*link_of(pfn) = (struct free_link){.next = free_head, .prev = FRAME_NONE};
	if (free_head) link_of(free_head)->prev = pfn;
	free_head = pfn;
	refs[pfn] = 0;
	n_listed++;
}

static void take_free(uint32_t pfn)
{
	struct free_link l = *link_of(pfn);
	if (l.prev) link_of(l.prev)->next = l.next;
	else free_head = l.next;
	if (l.next) link_of(l.next)->prev = l.prev;
	n_listed--;
}

static uint32_t take_fresh(void)
{
	if (!n_fresh) return FRAME_NONE;
	while (refs[fresh_next] != REFS_FRESH) fresh_next++;
	n_fresh--;
	return fresh_next++;
}

static uint32_t n_free(void) { return n_listed + n_fresh + n_stock; }

/* A frame may be taken when this many remain: the reserve, and what was promised to arriving bodies. */
static bool may_take(uint32_t n, bool deep) { return n_free() >= n + (deep ? 0 : reserve + reserved); }

static uint32_t pop(void)
{
	uint32_t pfn = free_head;
	if (pfn) take_free(pfn);
	else pfn = take_fresh();
	if (!pfn && n_stock) pfn = stock[--n_stock];
	if (pfn) refs[pfn] = 1;
	return pfn;
}

/* ---- allocation ---- */

static bool reclaim(uint32_t wanted)
{
	if (!reclaim_hook || reclaiming || in_irq()) return false;
	reclaiming = true;
	bool any = reclaim_hook(wanted) > 0;
	reclaiming = false;
	return any;
}

static uint32_t alloc(bool deep, bool zero)
{
	uint32_t s = irq_save(), pfn = FRAME_NONE;
	bool clean = false;

	if (may_take(1, deep)) {
		clean = zero && n_stock;
		if (clean) {
			pfn = stock[--n_stock];
			refs[pfn] = 1;
		} else {
			pfn = pop();
		}
	}
	irq_restore(s);
	if (pfn && zero && !clean) arch_zero_page(frame_virt(pfn));
	return pfn;
}

static uint32_t alloc_or_reclaim(bool zero)
{
	uint32_t pfn = alloc(false, zero);
	if (!pfn && reclaim(FRAME_RECLAIM_BATCH)) pfn = alloc(false, zero);
	return pfn;
}

uint32_t frame_alloc(void) { return alloc_or_reclaim(false); }
uint32_t frame_alloc_zero(void) { return alloc_or_reclaim(true); }
uint32_t frame_alloc_reserve(void) { return alloc(true, false); }

void frame_ref(uint32_t pfn)
{
	uint32_t s = irq_save();
	KASSERT2(pfn < n_frames && refs[pfn] > 0 && refs[pfn] < REFS_MAX, pfn, pfn < n_frames ? refs[pfn] : 0);
	refs[pfn]++;
	irq_restore(s);
}

void frame_unref(uint32_t pfn)
{
	uint32_t s = irq_save();
	KASSERT2(pfn < n_frames && refs[pfn] > 0 && refs[pfn] <= REFS_MAX, pfn, pfn < n_frames ? refs[pfn] : 0);
	if (--refs[pfn] == 0) {
		push_free(pfn);
		if (may_take(1, false)) waitq_wake_one(&waiters);
	}
	irq_restore(s);
}

void frame_unref_zeroed(uint32_t pfn)
{
	uint32_t s = irq_save();
	KASSERT2(pfn < n_frames && refs[pfn] == 1, pfn, pfn < n_frames ? refs[pfn] : 0);
	if (n_stock < FRAME_STOCK) {
		refs[pfn] = REFS_STOCK;
		stock[n_stock++] = pfn;
	} else {
		push_free(pfn);
	}
	if (may_take(1, false)) waitq_wake_one(&waiters);
	irq_restore(s);
}

uint32_t frame_refs(uint32_t pfn)
{
	return pfn < n_frames && refs[pfn] <= REFS_MAX ? refs[pfn] : 0;
}

uint32_t frame_free_count(void)
{
	uint32_t s = irq_save(), n = n_free();
	n = n > reserved ? n - reserved : 0;
	irq_restore(s);
	return n;
}

uint32_t frame_total(void) { return total; }

bool frame_reserve(uint32_t n)
{
	for (;;) {
		uint32_t s = irq_save();
		bool ok = n <= total && may_take(n, false);
		uint32_t lacking = n + reserve + reserved - MIN(n_free(), n + reserve + reserved);
		if (ok) reserved += n;
		irq_restore(s);
		if (ok || n > total || !reclaim(MAX(lacking, FRAME_RECLAIM_BATCH))) return ok; /* the cache of disks makes room */
	}
}

void frame_unreserve(uint32_t n)
{
	uint32_t s = irq_save();
	KASSERT2(n <= reserved, n, reserved);
	reserved -= n;
	irq_restore(s);
}

void frame_set_reclaim(uint32_t (*hook)(uint32_t wanted)) { reclaim_hook = hook; }

bool frame_wait(uint32_t n)
{
	uint64_t deadline = clock_now_ns() + FRAME_WAIT_NS;

	for (;;) {
		uint32_t s = irq_save();
		bool ok = may_take(n, false);
		int r = ok ? 0 : waitq_sleep(&waiters, CUT_SIGNAL | CUT_FREEZE | CUT_DESTROY, deadline);
		irq_restore(s);
		if (ok) return true;
		if (r < 0) return false;
	}
}

bool frame_idle_work(void)
{
	uint32_t s = irq_save(), pfn = FRAME_NONE;

	if (n_stock < FRAME_STOCK && n_listed + n_fresh) pfn = pop();
	irq_restore(s);
	if (!pfn) return false;
	arch_zero_page(frame_virt(pfn));
	s = irq_save();
	if (n_stock < FRAME_STOCK) {
		refs[pfn] = REFS_STOCK;
		stock[n_stock++] = pfn;
	} else {
		push_free(pfn);
	}
	irq_restore(s);
	return true;
}

/* ---- contiguous runs, for kheap ---- */

static uint32_t run_alloc(uint32_t n)
{
	uint32_t s = irq_save(), found = 0;

	if (may_take(n, false)) {
		uint32_t len = 0;
		for (uint32_t pfn = n_frames; pfn-- > 1 && !found;) { /* from the top: small pieces stay at the bottom */
			len = refs[pfn] == 0 || refs[pfn] == REFS_FRESH ? len + 1 : 0;
			if (len == n) found = pfn;
		}
	}
	for (uint32_t i = 0; found && i < n; i++) {
		if (refs[found + i] == 0) take_free(found + i);
		else n_fresh--;
		refs[found + i] = i ? REFS_RUN_TAIL : 1;
	}
	irq_restore(s);
	return found;
}

uint32_t frame_run_alloc(uint32_t n)
{
	uint32_t pfn = run_alloc(n);
	if (!pfn && reclaim(FRAME_RECLAIM_BATCH)) pfn = run_alloc(n);
	return pfn;
}

uint32_t frame_run_free(uint32_t pfn)
{
	uint32_t s = irq_save(), n = 1;

	KASSERT2(pfn < n_frames && refs[pfn] == 1, pfn, 0);
	while (pfn + n < n_frames && refs[pfn + n] == REFS_RUN_TAIL) n++;
	for (uint32_t i = 0; i < n; i++) push_free(pfn + i);
	if (may_take(1, false)) waitq_wake_all(&waiters);
	irq_restore(s);
	return n;
}

/* ---- boot ---- */

struct span { uint32_t first, end; }; /* frames [first, end) */

static bool overlap(struct span a, struct span b) { return a.first < b.end && b.first < a.end; }

static struct span kernel_span(void)
{
	extern const char kernel_start[], kernel_end[];
	return (struct span){frame_of(kernel_start), PAGES(virt_to_phys(kernel_end).v)};
}

static struct span module_span(void)
{
	uint32_t at = boot_info.initrd.start.v, n = boot_info.initrd.bytes;
	return n ? (struct span){at >> PAGE_SHIFT, PAGES(at + n)} : (struct span){0, 0};
}

/* The first place in usable memory for n frames that is neither kernel nor module; above 1 MiB. */
static struct span find_place(uint32_t n)
{
	struct span taken[2] = {kernel_span(), module_span()};

	for (uint32_t i = 0; i < boot_info.n_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];
		struct span s = {MAX(r->first_pfn, 256u), 0};
		for (uint32_t tries = 0; tries < 3; tries++) {
			s.end = s.first + n;
			if (overlap(s, taken[0])) s.first = taken[0].end;
			else if (overlap(s, taken[1])) s.first = taken[1].end;
			else break;
		}
		s.end = s.first + n;
		if (s.end <= r->first_pfn + r->n_pages && !overlap(s, taken[0]) && !overlap(s, taken[1])) return s;
	}
	panic("no memory for the table of frames (%u pages)", n);
}

static void mark(struct span s, uint16_t value)
{
	for (uint32_t pfn = s.first; pfn < s.end && pfn < n_frames; pfn++) refs[pfn] = value;
}

void frame_init(uint32_t mem_bytes)
{
	n_frames = mem_bytes >> PAGE_SHIFT;
	struct span table = find_place(PAGES(n_frames * (uint32_t)sizeof *refs));

	refs = frame_virt(table.first);
	mark((struct span){0, n_frames}, REFS_NONE);
	for (uint32_t i = 0; i < boot_info.n_ranges; i++)
		mark((struct span){boot_info.ranges[i].first_pfn, boot_info.ranges[i].first_pfn + boot_info.ranges[i].n_pages}, REFS_FRESH);
	mark(module_span(), REFS_MODULE);
	mark(kernel_span(), REFS_NONE);
	mark(table, REFS_NONE);
	for (uint32_t pfn = 0; pfn < n_frames; pfn++) {
		if (refs[pfn] == REFS_FRESH) n_fresh++;
		if (refs[pfn] != REFS_NONE) total++;
	}
	reserve = MAX(FRAME_RESERVE_MIN, MIN(total / 64, FRAME_RESERVE_MAX));
	klog(LOG_INFO, "memory: %u KiB free of %u KiB, module %u KiB", n_fresh * 4, total * 4,
	     PAGES(boot_info.initrd.bytes) * 4);
	if (boot_info.lost_bytes)
		klog(LOG_WARN, "memory: %u MiB above the first 896 MiB are not used", boot_info.lost_bytes >> 20);
}

void frame_adopt(uint32_t pfn, uint32_t n)
{
	uint32_t s = irq_save();
	for (uint32_t i = pfn; i < pfn + n; i++) {
		KASSERT2(i < n_frames && refs[i] == REFS_MODULE, i, n_frames);
		refs[i] = 1;
	}
	irq_restore(s);
}
