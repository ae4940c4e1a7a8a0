/* tables.c - GDT, IDT and TSS, and the TLS descriptors that user mode may ask for.
 * Called by: arch_init, context.c (loading a user), sys_mem's set_thread_area through arch_tls_set.
 * Never: gives user mode a code segment or a gate beyond int 0x80, int3 and into. */
#include "arch/i386/i386.h"

#include "abi/linux_errno.h"

#define GDT_N 16u
#define DESC_PRESENT_HI 0x8000u

struct gate { uint32_t lo, hi; };
struct table_pointer { uint16_t limit; uint32_t base; } PACKED;

static uint32_t gdt[GDT_N][2] __attribute__((aligned(16))) = {
	[1] = {0x0000ffff, 0x00cf9b00}, /* 0x08 kernel code */
	[2] = {0x0000ffff, 0x00cf9300}, /* 0x10 kernel data */
	[14] = {0x0000ffff, 0x00cffb00}, /* 0x73 user code */
	[15] = {0x0000ffff, 0x00cff300}, /* 0x7b user data */
};
static struct gate idt[VECTOR_SYSCALL + 1] __attribute__((aligned(16)));
static struct tss tss, double_fault_tss;
static uint8_t double_fault_stack[KSTACK_BYTES] __attribute__((aligned(16)));

static void set_tss(uint32_t index, const struct tss *t)
{
	uint32_t base = (uint32_t)(uintptr_t)t;
	gdt[index][0] = (base << 16) | (sizeof *t - 1);
	gdt[index][1] = (base & 0xff000000u) | 0x8900u | ((base >> 16) & 0xff);
}

/* Interrupt gates only: stubs.asm opens interrupts when the stack is a real one. */
static void set_gate(uint32_t vector, uint32_t at, uint32_t dpl)
{
	idt[vector].lo = (KERNEL_CS << 16) | (at & 0xffff);
	idt[vector].hi = (at & 0xffff0000u) | 0x8e00u | (dpl << 13);
}

static void init_tss(void)
{
	tss.ss0 = KERNEL_DS;
	tss.iomap = sizeof tss; /* beyond the limit: no port for user mode */
	set_tss(TSS_SELECTOR >> 3, &tss);

	struct tss *d = &double_fault_tss;
	d->cr3 = virt_to_phys(boot_page_directory).v;
	d->eip = (uint32_t)(uintptr_t)trap_double_fault;
	d->eflags = EFLAGS_FIXED;
	d->esp = d->esp0 = (uint32_t)(uintptr_t)(double_fault_stack + sizeof double_fault_stack - 16);
	d->cs = KERNEL_CS;
	d->ss = d->ss0 = d->ds = d->es = KERNEL_DS;
	d->iomap = sizeof *d;
	set_tss(DF_TSS_SELECTOR >> 3, d);
}

void tables_init(void)
{
	init_tss();
	for (uint32_t v = 0; v < ARRAY_LEN(trap_vectors); v++) {
		bool user = v == 3 || v == 4;
		set_gate(v, trap_vectors[v], user ? 3 : 0);
	}
	idt[VECTOR_DOUBLE_FAULT] = (struct gate){.lo = DF_TSS_SELECTOR << 16, .hi = 0x8500u};
	set_gate(VECTOR_SYSCALL, (uint32_t)(uintptr_t)trap_syscall_vector, 3);

	struct table_pointer g = {sizeof gdt - 1, (uint32_t)(uintptr_t)gdt};
	struct table_pointer i = {sizeof idt - 1, (uint32_t)(uintptr_t)idt};
	__asm__ volatile("lgdt %0\n\tlidt %1\n\t"
	                 "ljmp %2, $1f\n1:\n\t"
	                 "movl %6, %%ds\n\tmovl %6, %%es\n\tmovl %3, %%ss\n\t" /* data: stubs.asm */
	                 "movl %4, %%fs\n\tmovl %4, %%gs\n\tlldt %w4\n\tltr %w5"
	                 : : "m"(g), "m"(i), "i"(KERNEL_CS), "r"(KERNEL_DS), "r"(0), "r"(TSS_SELECTOR), "r"(USER_DS)
	                 : "memory");
}

const struct tss *tables_tss(void) { return &tss; }

void tables_set_esp0(uint32_t esp0) { tss.esp0 = esp0; }

void tables_set_tls(const struct arch_tls *tls)
{
	for (uint32_t i = 0; i < 3; i++) {
		gdt[TLS_FIRST + i][0] = tls->desc[i][0];
		gdt[TLS_FIRST + i][1] = tls->desc[i][1];
	}
}

bool tables_selector_ok(uint32_t selector, bool stack)
{
	uint32_t index = (selector & 0xffff) >> 3;

	if (selector & 4) return false; /* there is no LDT */
	if (index == 0) return !stack;
	if (stack && (selector & 3) != 3) return false;
	if (index == USER_DS >> 3) return true;
	if (index == USER_CS >> 3) return !stack;
	if (index < TLS_FIRST || index >= TLS_FIRST + 3) return false;
	uint32_t hi = gdt[index][1];
	return (hi & DESC_PRESENT_HI) && (!stack || (hi & 0x200u)); /* a stack must be writable */
}

/* ---- set_thread_area's struct user_desc: {entry, base, limit, flags}; flags from bit 0: seg_32bit, contents (2 bits),
 * read_exec_only, limit_in_pages, seg_not_present, useable.  Source: set_thread_area(2). */
#define UD_32BIT 1u
#define UD_CONTENTS(f) (((f) >> 1) & 3u)
#define UD_READ_ONLY 8u
#define UD_PAGES 0x10u
#define UD_NOT_PRESENT 0x20u
#define UD_USEABLE 0x40u

static bool desc_is_empty(const uint32_t d[4])
{
	if (d[1] || d[2]) return false;
	uint32_t f = d[3] & 0x7f;
	return f == 0 || f == (UD_READ_ONLY | UD_NOT_PRESENT);
}

static int tls_free_slot(const struct arch_tls *t)
{
	for (int i = 0; i < 3; i++)
		if (!t->desc[i][1]) return i;
	return -ESRCH;
}

int arch_tls_set(struct arch_user *u, uint32_t d[4])
{
	int slot;

	if (d[0] == UINT32_MAX) {
		slot = tls_free_slot(&u->tls);
		if (slot < 0) return slot;
	} else {
		if (d[0] < TLS_FIRST || d[0] >= TLS_FIRST + 3) return -EINVAL;
		slot = (int)(d[0] - TLS_FIRST);
	}
	if (desc_is_empty(d)) {
		u->tls.desc[slot][0] = u->tls.desc[slot][1] = 0;
	} else {
		uint32_t f = d[3], base = d[1], limit = d[2] & 0xfffff;
		if (!(f & UD_32BIT) || UD_CONTENTS(f) > 1 || (f & UD_NOT_PRESENT)) return -EINVAL;
		uint32_t type = 1u | (f & UD_READ_ONLY ? 0 : 2u) | (UD_CONTENTS(f) << 2);
		u->tls.desc[slot][0] = (base << 16) | (limit & 0xffff);
		u->tls.desc[slot][1] = (base & 0xff000000u) | (f & UD_PAGES ? 1u << 23 : 0) | (1u << 22) |
			(f & UD_USEABLE ? 1u << 20 : 0) | (limit & 0xf0000u) | 0xf000u | (type << 8) | ((base >> 16) & 0xff);
	}
	d[0] = TLS_FIRST + (uint32_t)slot;
	arch_user_changed(u);
	return 0;
}

int arch_tls_get(const struct arch_user *u, uint32_t d[4])
{
	if (d[0] < TLS_FIRST || d[0] >= TLS_FIRST + 3) return -EINVAL;
	uint32_t lo = u->tls.desc[d[0] - TLS_FIRST][0], hi = u->tls.desc[d[0] - TLS_FIRST][1];

	d[1] = (lo >> 16) | ((hi & 0xff) << 16) | (hi & 0xff000000u);
	d[2] = (lo & 0xffff) | (hi & 0xf0000u);
	if (!hi) {
		d[3] = UD_READ_ONLY | UD_NOT_PRESENT;
		return 0;
	}
	d[3] = (hi & (1u << 22) ? UD_32BIT : 0) | (((hi >> 10) & 3) << 1) | (hi & 0x200u ? 0 : UD_READ_ONLY) |
		(hi & (1u << 23) ? UD_PAGES : 0) | (hi & 0x8000u ? 0 : UD_NOT_PRESENT) | (hi & (1u << 20) ? UD_USEABLE : 0);
	return 0;
}
