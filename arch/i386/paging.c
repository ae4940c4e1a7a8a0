/* paging.c - page directories and tables, kernel mappings and stacks, user copies.
 * Called by: kernel/mm for user entries; everybody for kernel stacks, device memory and user copies.
 * Never: decides what is mapped where in user space. */
#include "arch/i386/i386.h"

#include "abi/linux_errno.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/log.h"
#include "kernel/mm/frame.h"
#include "lib/str.h"

#define PDE_BIG 0x80u
#define PTE_GLOBAL 0x100u
#define PTE_UNCACHED 0x18u           /* PCD and PWT */
#define PDE_USER (PTE_PRESENT | PTE_WRITE | PTE_USER)
#define KERNEL_PDE (KERNEL_BASE >> 22)
#define TOP_PDE (TRAMPOLINE >> 22)   /* stack top and trampoline: every directory has this table */
#define BIG_BYTES (4u << 20)

/* Kernel mappings: stacks from the bottom, device memory in the last 16 MiB; the tables exist from boot, so that every
 * directory's copy of the kernel's entries stays true. */
#define KMAP_BASE 0xf8000000u
#define KSTACK_TABLES_MIN 2u
#define KSTACK_TABLES_MAX 26u
#define DEVICE_BASE 0xfec00000u
#define DEVICE_END 0xffc00000u
#define SLOT_BYTES (KSTACK_BYTES + PAGE_SIZE) /* guard page first */
#define SLOTS_MAX (KSTACK_TABLES_MAX * BIG_BYTES / SLOT_BYTES)

#define FLUSH_MAX 8u

extern const char kernel_start[], kernel_rodata_end[], trampoline_page[];
uint32_t usercopy_move(void *to, const void *from, uint32_t n);
uint32_t usercopy_zero(void *to, uint32_t n);
int32_t usercopy_scan(const char *s, uint32_t max);

static uint32_t low_table[1024] __attribute__((aligned(4096)));
static uint32_t loaded_pd;           /* physical; what CR3 holds */
static uint32_t flush_at[FLUSH_MAX];
uint32_t paging_n_flush;

static uint32_t n_slots, slot_hint;
static uint32_t slot_used[(SLOTS_MAX + 31) / 32];
static void *stack_cache;            /* free mapped stacks, linked through their first word */
static uint32_t n_stack_cache;
static uint32_t device_next = DEVICE_BASE;

static uint32_t *table_of(uint32_t pde) { return phys_to_virt(paddr(pde & ~PAGE_MASK)); }
static uint32_t *pd_virt(const struct arch_pd *pd) { return phys_to_virt(paddr(pd->phys)); }

/* ---- translation buffer: changes of the loaded directory are collected; every way to user memory flushes first ---- */

static void flush_later(const struct arch_pd *pd, uint32_t at)
{
	if (pd->phys != loaded_pd) return;
	if (paging_n_flush < FLUSH_MAX) flush_at[paging_n_flush] = at;
	paging_n_flush++;
}

void paging_flush(void)
{
	uint32_t s = irq_save();
	if (paging_n_flush > FLUSH_MAX) {
		write_cr3(loaded_pd);
	} else {
		for (uint32_t i = 0; i < paging_n_flush; i++) invlpg(flush_at[i]);
	}
	paging_n_flush = 0;
	irq_restore(s);
}

static void load_directory(uint32_t phys)
{
	uint32_t s = irq_save();
	if (loaded_pd != phys) {
		write_cr3(phys);
		loaded_pd = phys;
		paging_n_flush = 0;
	}
	irq_restore(s);
}

void arch_pd_load(const struct arch_pd *pd) { load_directory(pd->phys); }

void arch_pd_load_kernel(void) { load_directory(virt_to_phys(boot_page_directory).v); }

/* ---- user directories ---- */

/* First used entry of a table from i on; end: none. Eight at a time: most of a table is empty. */
static uint32_t used_from(const uint32_t *t, uint32_t i, uint32_t end)
{
	while (i < end) {
		const uint32_t *e = t + i;
		if (i + 8 <= end && !(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7])) {
			i += 8;
			continue;
		}
		for (uint32_t stop = MIN(i + 8, end); i < stop; i++)
			if (t[i]) return i;
	}
	return end;
}

/* Freed directories, empty but for the kernel's entries and the table of the stack's top; linked through entry 0. */
static uint32_t pd_cache, n_pd_cache;

static bool pd_from_cache(struct arch_pd *pd)
{
	if (!pd_cache) return false;
	uint32_t *d = phys_to_virt(paddr(pd_cache));
	pd->phys = pd_cache;
	pd_cache = d[0];
	d[0] = 0;
	n_pd_cache--;
	return true;
}

int arch_pd_new(struct arch_pd *pd)
{
	if (pd_from_cache(pd)) return 0;
	uint32_t dir = frame_alloc_zero(), top = frame_alloc_zero();

	if (dir == FRAME_NONE || top == FRAME_NONE) {
		if (dir != FRAME_NONE) frame_unref(dir);
		if (top != FRAME_NONE) frame_unref(top);
		return -ENOMEM;
	}
	uint32_t *d = frame_virt(dir), *t = frame_virt(top);
	memcpy(d + KERNEL_PDE, boot_page_directory + KERNEL_PDE, (1024 - KERNEL_PDE) * sizeof *d);
	d[TOP_PDE] = (top << PAGE_SHIFT) | PDE_USER;
	t[1023] = virt_to_phys(trampoline_page).v | PTE_PRESENT | PTE_USER;
	pd->phys = dir << PAGE_SHIFT;
	return 0;
}

void arch_pd_free(struct arch_pd *pd)
{
	if (!pd->phys) return;
	if (pd->phys == loaded_pd) arch_pd_load_kernel();
	uint32_t *d = pd_virt(pd);
	for (uint32_t i = 0; (i = used_from(d, i, TOP_PDE)) < TOP_PDE; d[i++] = 0)
		frame_unref_zeroed(PTE_FRAME(d[i])); /* all its entries were cleared */
	if (n_pd_cache < PD_CACHE) {
		d[0] = pd_cache;
		pd_cache = pd->phys;
		n_pd_cache++;
	} else {
		frame_unref(PTE_FRAME(d[TOP_PDE]));
		frame_unref(pd->phys >> PAGE_SHIFT);
	}
	pd->phys = 0;
}

uint32_t arch_pte_get(const struct arch_pd *pd, uaddr_t at)
{
	uint32_t pde = pd_virt(pd)[at.v >> 22];
	if (!(pde & PTE_PRESENT)) return 0;
	return table_of(pde)[(at.v >> PAGE_SHIFT) & 1023];
}

uint32_t *arch_pte_slots(const struct arch_pd *pd, uaddr_t at, uint32_t *n)
{
	uint32_t pde = pd_virt(pd)[at.v >> 22], first = (at.v >> PAGE_SHIFT) & 1023;

	*n = 1024 - first;
	return pde & PTE_PRESENT ? table_of(pde) + first : NULL;
}

void arch_pte_changed(const struct arch_pd *pd, uaddr_t at) { flush_later(pd, at.v & ~PAGE_MASK); }

int arch_pte_make(struct arch_pd *pd, uaddr_t at)
{
	uint32_t *pde = &pd_virt(pd)[at.v >> 22];

	if (*pde & PTE_PRESENT) return 0;
	uint32_t table = frame_alloc_zero();
	if (table == FRAME_NONE) return -ENOMEM;
	*pde = (table << PAGE_SHIFT) | PDE_USER;
	return 0;
}

int arch_pte_set(struct arch_pd *pd, uaddr_t at, uint32_t pte)
{
	KASSERT2(at.v < USER_END, at.v, pte);
	const uint32_t *pde = &pd_virt(pd)[at.v >> 22];

	if (!(*pde & PTE_PRESENT) && !pte) return 0;
	if (arch_pte_make(pd, at)) return -ENOMEM;
	uint32_t *entry = &table_of(*pde)[(at.v >> PAGE_SHIFT) & 1023];
	uint32_t old = *entry;
	*entry = pte;
	if ((old & PTE_PRESENT) && old != pte) flush_later(pd, at.v & ~PAGE_MASK);
	return 0;
}

bool arch_pte_next(const struct arch_pd *pd, uaddr_t *at, uaddr_t end)
{
	const uint32_t *d = pd_virt(pd);
	uint32_t page = at->v >> PAGE_SHIFT, last = (MIN(end.v, USER_END) + PAGE_MASK) >> PAGE_SHIFT;

	for (uint32_t stop; page < last; page = stop) {
		uint32_t pde = d[page >> 10], first = page & ~1023u;
		stop = MIN(first + 1024, last);
		if (!(pde & PTE_PRESENT)) continue;
		uint32_t found = first + used_from(table_of(pde), page - first, stop - first);
		if (found == stop) continue;
		if (found > at->v >> PAGE_SHIFT) at->v = found << PAGE_SHIFT;
		return true;
	}
	return false;
}

void arch_pd_free_tables(struct arch_pd *pd, uaddr_t from, uaddr_t to)
{
	uint32_t *d = pd_virt(pd);
	uint32_t first = (from.v + BIG_BYTES - 1) >> 22, end = MIN(to.v >> 22, (uint32_t)TOP_PDE);

	if (from.v > UINT32_MAX - BIG_BYTES) return;
	for (uint32_t i = first; i < end; i++) {
		if (!(d[i] & PTE_PRESENT) || used_from(table_of(d[i]), 0, 1024) < 1024) continue;
		frame_unref_zeroed(PTE_FRAME(d[i]));
		d[i] = 0;
		flush_later(pd, i << 22); /* invlpg drops the CPU's cached directory entries too */
	}
}

/* ---- user copies ---- */

uint32_t arch_copy_from_user(void *dst, uaddr_t src, uint32_t n)
{
	if (!user_range_ok(src, n)) return n;
	if (paging_n_flush) paging_flush();
	return usercopy_move(dst, (const void *)(uintptr_t)src.v, n);
}

uint32_t arch_copy_to_user(uaddr_t dst, const void *src, uint32_t n)
{
	if (!user_range_ok(dst, n)) return n;
	if (paging_n_flush) paging_flush();
	return usercopy_move((void *)(uintptr_t)dst.v, src, n);
}

uint32_t arch_zero_user(uaddr_t dst, uint32_t n)
{
	if (!user_range_ok(dst, n)) return n;
	if (paging_n_flush) paging_flush();
	return usercopy_zero((void *)(uintptr_t)dst.v, n);
}

int32_t arch_strnlen_user(uaddr_t s, uint32_t max)
{
	if (s.v >= USER_END) return max ? -EFAULT : 0;
	uint32_t room = MIN(MIN(max, USER_END - s.v), (uint32_t)INT32_MAX);

	if (paging_n_flush) paging_flush();
	int32_t n = usercopy_scan((const char *)(uintptr_t)s.v, room);
	if (n < 0) return -EFAULT;
	return (uint32_t)n == room && room < max ? -EFAULT : n;
}

/* ---- the kernel's own part ---- */

static uint32_t *kmap_entry(uint32_t at) { return &table_of(boot_page_directory[at >> 22])[(at >> PAGE_SHIFT) & 1023]; }

bool paging_readable(uint32_t at)
{
	if (at < KERNEL_BASE) return false;
	uint32_t pde = boot_page_directory[at >> 22];
	if (!(pde & PTE_PRESENT)) return false;
	return (pde & PDE_BIG) || (*kmap_entry(at) & PTE_PRESENT);
}

static void add_kernel_tables(uint32_t from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t f = frame_alloc_zero();
		KASSERT2(f != FRAME_NONE, i, n);
		boot_page_directory[(from >> 22) + i] = (f << PAGE_SHIFT) | PTE_PRESENT | PTE_WRITE;
	}
}

/* The first 4 MiB in small pages: text and constants read-only, and no big page over the legacy holes. */
static void map_low(void)
{
	uint32_t ro = virt_to_phys(kernel_start).v, rw = virt_to_phys(kernel_rodata_end).v;

	KASSERT2(rw <= BIG_BYTES, rw, BIG_BYTES);
	for (uint32_t i = 0; i < 1024; i++) {
		uint32_t at = i << PAGE_SHIFT;
		low_table[i] = at | PTE_PRESENT | PTE_GLOBAL | (at >= ro && at < rw ? 0 : PTE_WRITE);
	}
	boot_page_directory[KERNEL_PDE] = virt_to_phys(low_table).v | PTE_PRESENT | PTE_WRITE;
}

void arch_memory_init(void)
{
	uint32_t *d = boot_page_directory;
	uint32_t n_big = (boot_info.mem_bytes + BIG_BYTES - 1) / BIG_BYTES;
	uint32_t n_tables = boot_info.mem_bytes / (16u << 20);

	n_tables = MAX(KSTACK_TABLES_MIN, MIN(n_tables, KSTACK_TABLES_MAX));
	for (uint32_t i = 0; i < DIRECT_MAX_BYTES / BIG_BYTES; i++) {
		if (i < n_big) d[KERNEL_PDE + i] |= PTE_GLOBAL;
		else d[KERNEL_PDE + i] = 0; /* nothing there: a wild kernel pointer shall fault */
	}
	map_low();
	d[0] = 0; /* the identity mapping of the first instructions */
	add_kernel_tables(KMAP_BASE, n_tables);
	add_kernel_tables(DEVICE_BASE, (DEVICE_END - DEVICE_BASE) / BIG_BYTES);
	n_slots = n_tables * BIG_BYTES / SLOT_BYTES;
	loaded_pd = virt_to_phys(d).v;
	write_cr3(loaded_pd);
	context_init();

	uint8_t *stack = arch_kstack_alloc();
	KASSERT(stack);
	irq_stack_top = (uint32_t)(uintptr_t)(stack + KSTACK_BYTES);
}

static uint32_t take_slot(void)
{
	for (uint32_t n = 0; n < n_slots; n++) {
		uint32_t i = slot_hint + n < n_slots ? slot_hint + n : slot_hint + n - n_slots;
		if (slot_used[i / 32] & (1u << (i % 32))) continue;
		slot_used[i / 32] |= 1u << (i % 32);
		slot_hint = i;
		return KMAP_BASE + i * SLOT_BYTES + PAGE_SIZE;
	}
	return 0;
}

static void drop_slot(uint32_t stack)
{
	uint32_t i = (stack - KMAP_BASE) / SLOT_BYTES;
	slot_used[i / 32] &= ~(1u << (i % 32));
}

static void unmap_pages(uint32_t at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, at += PAGE_SIZE) {
		uint32_t *e = kmap_entry(at);
		if (!(*e & PTE_PRESENT)) continue;
		frame_unref(PTE_FRAME(*e));
		*e = 0;
		invlpg(at);
	}
}

static void *map_stack(void)
{
	uint32_t stack = take_slot();

	if (!stack) return NULL;
	for (uint32_t at = stack; at < stack + KSTACK_BYTES; at += PAGE_SIZE) {
		uint32_t f = frame_alloc();
		if (f == FRAME_NONE) {
			unmap_pages(stack, KSTACK_BYTES / PAGE_SIZE);
			drop_slot(stack);
			return NULL;
		}
		*kmap_entry(at) = (f << PAGE_SHIFT) | PTE_PRESENT | PTE_WRITE | PTE_GLOBAL;
	}
	return (void *)(uintptr_t)stack;
}

void *arch_kstack_alloc(void)
{
	uint32_t s = irq_save();
	void *stack = stack_cache;

	if (stack) {
		stack_cache = *(void **)stack;
		n_stack_cache--;
	} else {
		stack = map_stack();
	}
	irq_restore(s);
	return stack;
}

void arch_kstack_free(void *stack)
{
	if (!stack) return;
	uint32_t s = irq_save(), at = (uint32_t)(uintptr_t)stack;

	KASSERT2(at >= KMAP_BASE && at < KMAP_BASE + n_slots * SLOT_BYTES && (at - KMAP_BASE) % SLOT_BYTES == PAGE_SIZE, at, 0);
	if (n_stack_cache < KSTACK_CACHE) {
		*(void **)stack = stack_cache;
		stack_cache = stack;
		n_stack_cache++;
	} else {
		unmap_pages(at, KSTACK_BYTES / PAGE_SIZE);
		drop_slot(at);
	}
	irq_restore(s);
}

void *arch_map_device(paddr_t at, uint32_t bytes)
{
	uint32_t offset = at.v & PAGE_MASK, virt = device_next;

	if (!bytes || bytes > DEVICE_END - DEVICE_BASE) return NULL;
	uint32_t n = PAGES(offset + bytes);
	if (n > (DEVICE_END - device_next) >> PAGE_SHIFT) return NULL;
	for (uint32_t i = 0; i < n; i++)
		*kmap_entry(virt + i * PAGE_SIZE) =
			((at.v & ~PAGE_MASK) + i * PAGE_SIZE) | PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_UNCACHED;
	device_next += n * PAGE_SIZE;
	return (void *)(uintptr_t)(virt + offset);
}
