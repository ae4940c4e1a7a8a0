/* i386.h - what the files of arch/i386 share among themselves.
 * Included by: arch/i386 only.
 * Never: seen above arch.h.  */
#ifndef ARCH_I386_I386_H
#define ARCH_I386_I386_H

#include "arch/arch.h"

#define KERNEL_CS 0x08u
#define KERNEL_DS 0x10u
#define TLS_FIRST 6u         /* GDT entries 6, 7, 8 */
#define TSS_SELECTOR 0x48u
#define DF_TSS_SELECTOR 0x50u

#define VECTOR_DEBUG 1u
#define VECTOR_NMI 2u
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_PAGE_FAULT 14u
#define VECTOR_FAULTS 32u    /* 0..31 */
#define VECTOR_IRQ 0x20u     /* 0x20..0x2f */
#define VECTOR_SYSCALL 0x80u

#define EFLAGS_FIXED 0x2u
#define EFLAGS_TF 0x100u
#define EFLAGS_IF 0x200u

struct tss {
	uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
	uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs, ldt;
	uint16_t trap, iomap;
};
_Static_assert(sizeof(struct tss) == 104, "fixed by the CPU");

/* tables.c */
void tables_init(void);
void tables_set_esp0(uint32_t esp0);
void tables_set_tls(const struct arch_tls *tls);
bool tables_selector_ok(uint32_t selector, bool stack); /* may user mode load it into a data (stack) register? */
const struct tss *tables_tss(void);

/* context.c */
void context_init(void);              /* CR4 and the FPU's start state */
uint32_t context_backtrace_from(uint32_t ebp, uint32_t *out, uint32_t n);
void context_fix_selectors(struct user_regs *r);

/* paging.c */
extern uint32_t boot_page_directory[1024];
extern uint32_t paging_n_flush;       /* user translations that changed and may still be in the TLB */
void paging_flush(void);
bool paging_readable(uint32_t at);    /* is this kernel address mapped? */

/* pic_pit.c */
void pic_init(void);
bool pic_begin(uint32_t line);        /* false: spurious, not to be handled */
void pic_end(uint32_t line);
void pit_calibrate(void);

/* multiboot.c */
void multiboot_read(uint32_t magic, uint32_t info_phys);

/* stubs.asm */
extern uint32_t irq_stack_top;        /* interrupts run on this stack */
extern uint32_t user_kstack_top;      /* where a trap from user mode continues */
extern uint32_t user_regs_loaded;     /* &loaded->regs: what the way out pops */
void call_on_irq_stack(void (*fn)(uint32_t), uint32_t arg);
extern const uint32_t trap_vectors[VECTOR_FAULTS + 16];
void trap_syscall_vector(void);

/* trap.c; called by stubs.asm */
void trap_user(struct user_regs *r);
void trap_kernel(struct user_regs *r); /* esp and ss are not there: use eip..eflags at most */
void trap_leave(void);
NORETURN void trap_double_fault(void);

static inline void cli(void) { __asm__ volatile("cli" : : : "memory"); }
static inline void sti(void) { __asm__ volatile("sti" : : : "memory"); }
static inline uint32_t read_cr2(void)
{
	uint32_t v;
	__asm__ volatile("movl %%cr2, %0" : "=r"(v));
	return v;
}
static inline void write_cr3(uint32_t v) { __asm__ volatile("movl %0, %%cr3" : : "r"(v) : "memory"); }
static inline void invlpg(uint32_t at) { __asm__ volatile("invlpg (%0)" : : "r"(at) : "memory"); }
static inline void cpuid(uint32_t leaf, uint32_t out[4])
{
	__asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

#endif
