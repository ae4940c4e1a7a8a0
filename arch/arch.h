/* arch.h - the contract between Godwit and a machine: all that any kernel file may ask of arch/i386.
 * Included by: kernel/base and, through it, everything above.
 * Never: shows a descriptor, a port number or an instruction.  */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include "arch/i386/regs.h" /* struct user_regs: what a trap from user mode saves; struct arch_fpu; struct arch_tls */
#include "lib/base.h"

/* ---- boot, in this order ------------------------------------------------------------------------ */
void arch_init(uint32_t loader_magic, uint32_t loader_info); /* descriptor tables, PIC; fills boot_info and the options */
void arch_memory_init(void);         /* after frame_init: final kernel mappings, interrupt stack, FPU and CR4 */
void arch_clock_init(void);          /* calibrates the TSC (50 ms), or takes tsc= */
void arch_early_putc(char c);        /* COM1, polled: the log's sink until a driver registers one */

/* ---- interrupts ------------------------------------------------------------------------------ */
uint32_t irq_save(void);            /* disable interrupts, return the state before */
void irq_restore(uint32_t state);
bool irq_enabled(void);
void arch_idle(void);               /* atomically enable interrupts and wait for one; returns with them enabled */
void arch_irq_unmask(uint32_t line); /* PIC lines 0..15; the cascade is arch's own business */

/* ---- kernel threads --------------------------------------------------------------------------- */
struct arch_context { uint32_t esp; };
/** Prepare a fresh stack so that the first switch to ctx calls entry(arg) with interrupts enabled. entry never returns. */
void arch_context_init(struct arch_context *ctx, void *stack_top, void (*entry)(void *), void *arg);
/** Save the caller in *from, continue *to. Interrupts must be off; they are off in the continued thread too. */
void arch_context_switch(struct arch_context *from, struct arch_context *to);
/** Return addresses of a stopped thread (n at most), innermost first, by frame pointer walk; returns how many. */
uint32_t arch_backtrace(const struct arch_context *ctx, uint32_t *out, uint32_t n);
uint32_t arch_backtrace_self(uint32_t *out, uint32_t n);
/** panic(): log the registers of the kernel fault that led here (of this moment when none did); backtrace from there, or from here. */
void arch_panic_registers(void);
uint32_t arch_panic_backtrace(uint32_t *out, uint32_t n);

/* ---- the user half of a thread: registers, FPU, TLS --------------------------------------------
 * A trap from user mode saves straight into u->regs (the TSS's esp0 points at its end) and then runs on the
 * thread's kernel stack, so a body's registers never live on a kernel stack. */
struct arch_user {
	struct arch_fpu fpu;     /* 512 bytes, 16-aligned: valid when the thread is not the loaded one: see arch_user_sync */
	struct user_regs regs;   /* always valid while the thread runs in the kernel */
	struct arch_tls tls;     /* three descriptors of set_thread_area */
} __attribute__((aligned(16)));

/** Fresh state as execve leaves it: FCW 0x37f, MXCSR 0x1f80, no TLS, flat selectors, IF set, all registers 0.
 *  u may be the loaded one: then FPU and TLS are reset at once. */
void arch_user_init(struct arch_user *u);
/** Make u (NULL: none) the state that the next return to user mode uses, with its kernel stack. Eager FPU and TLS switch,
 *  skipped when u is loaded already. Called by the scheduler with interrupts off. */
void arch_user_load(struct arch_user *u, void *kstack_top);
/** Bring u->fpu up to date if u is the loaded one (before copying or packing it). */
void arch_user_sync(struct arch_user *u);
/** u->fpu (or u->tls) was changed in memory: reload it before the next return to user mode. */
void arch_user_changed(struct arch_user *u);
/** u is going to be freed: forget it if it is loaded. */
void arch_user_forget(struct arch_user *u);
/** Leave the kernel with the loaded user's registers. The caller is the thread's outermost frame; does not return. */
NORETURN void arch_user_enter(void);
/** Make registers that came from outside (sigreturn, a capsule) harmless: selectors, EFLAGS, MXCSR. Returns false if
 *  they cannot be (then the caller sends SIGSEGV). */
bool arch_user_sanitise(struct arch_user *u);

/* TLS: user_desc of set_thread_area(2) as four words {entry, base, limit, flags}. Errors: -EINVAL, -ESRCH no free slot. */
int arch_tls_set(struct arch_user *u, uint32_t desc[4]);       /* writes desc[0] back when it was -1 */
int arch_tls_get(const struct arch_user *u, uint32_t desc[4]); /* get_thread_area */

/* ---- page directories ---------------------------------------------------------------------------
 * User mappings only (below USER_END); the kernel's part is shared by all directories. Table pages come from the frame
 * allocator; they and the directory are freed by arch_pd_free. A 32-bit entry word that is not present is the owner's
 * to use (low bit clear): owed pages are described there. */
struct arch_pd { uint32_t phys; };
#define PTE_PRESENT 1u
#define PTE_WRITE 2u
#define PTE_USER 4u
#define PTE_ACCESSED 0x20u
#define PTE_DIRTY 0x40u
#define PTE_COW 0x200u      /* ours: writable by its area, page shared until written */
#define PTE_FILE 0x400u     /* ours: the frame belongs to a backing's page cache */
#define PTE_FRAME(e) ((e) >> PAGE_SHIFT)
MUST_CHECK int arch_pd_new(struct arch_pd *pd);                     /* -ENOMEM */
void arch_pd_free(struct arch_pd *pd);                              /* all entries must be clear already */
uint32_t arch_pte_get(const struct arch_pd *pd, uaddr_t at);        /* 0 when there is no table */
MUST_CHECK int arch_pte_set(struct arch_pd *pd, uaddr_t at, uint32_t pte); /* -ENOMEM for a table; flushes if needed */
/** The entries from that of `at` to the end of its table, *n of them: to be read and changed in place, for many at once; not kept
 *  across a sleep. NULL: there is no table. Each that was present and is changed is told: arch_pte_changed. */
uint32_t *arch_pte_slots(const struct arch_pd *pd, uaddr_t at, uint32_t *n);
void arch_pte_changed(const struct arch_pd *pd, uaddr_t at);
MUST_CHECK int arch_pte_make(struct arch_pd *pd, uaddr_t at);       /* see that there is a table for it; -ENOMEM */
/** Next address >= at and < end with a non-zero entry; false when there is none. Skips absent tables quickly. */
bool arch_pte_next(const struct arch_pd *pd, uaddr_t *at, uaddr_t end);
void arch_pd_free_tables(struct arch_pd *pd, uaddr_t from, uaddr_t to); /* free tables wholly inside [from,to) that are empty */
void arch_pd_load(const struct arch_pd *pd);                        /* skipped when it is loaded already */
void arch_pd_load_kernel(void);                                     /* before a loaded directory is freed */

/* ---- user memory: the only instructions that touch it -------------------------------------------
 * The current directory must be the owner's. A fault inside goes to kernel_fault(); unresolved, the copy stops.
 * Return: bytes NOT copied (0: all). May sleep (page faults). arch_user_range_ok first: addresses below USER_END. */
uint32_t arch_copy_from_user(void *dst, uaddr_t src, uint32_t n);
uint32_t arch_copy_to_user(uaddr_t dst, const void *src, uint32_t n);
/** Length without NUL, or -EFAULT, or max when no NUL within max. */
int32_t arch_strnlen_user(uaddr_t s, uint32_t max);
uint32_t arch_zero_user(uaddr_t dst, uint32_t n);

#define USER_START 0x00001000u
#define USER_END 0xbffff000u      /* first address that is not user memory; the trampoline page lies here */
#define TRAMPOLINE 0xbffff000u    /* read-exec for user mode: sigreturn at +0, rt_sigreturn at +16 */
#define STACK_TOP 0xbffff000u
#define MMAP_TOP 0xb7000000u
#define TASK_SIZE 0xc0000000u

static inline bool user_range_ok(uaddr_t at, uint32_t n) { return n <= USER_END && at.v <= USER_END - n; }

/* ---- physical memory ---------------------------------------------------------------------------- */
#define KERNEL_BASE 0xc0000000u
#define DIRECT_MAX_BYTES (896u << 20)
static inline void *phys_to_virt(paddr_t p) { return (void *)(uintptr_t)(p.v + KERNEL_BASE); }
static inline paddr_t virt_to_phys(const void *v) { return paddr((uint32_t)(uintptr_t)v - KERNEL_BASE); }
void arch_zero_page(void *page);
void arch_copy_page(void *dst, const void *src);

/** Kernel stacks: KSTACK_BYTES of mapped memory with an unmapped guard page below, from the kernel mapping area.
 *  Cached. Returns the lowest address, or NULL. */
#define KSTACK_BYTES 8192u
void *arch_kstack_alloc(void);
void arch_kstack_free(void *stack);
/** Map device memory (uncached) into the kernel mapping area for ever; NULL when there is no room. */
void *arch_map_device(paddr_t at, uint32_t bytes);

/* ---- time ---------------------------------------------------------------------------------------- */
uint64_t arch_tsc(void);
uint32_t arch_tsc_khz(void);                 /* calibrated at boot against the PIT, or tsc= */
void arch_timer_arm(uint32_t us);            /* one shot, 1..54000 us; raises irq 0 */
/** Twice a second an interrupt on HEARTBEAT_IRQ that does not depend on the timer; arch_heartbeat_ack lets the next one come. */
#define HEARTBEAT_IRQ 8u
void arch_heartbeat_start(void);
void arch_heartbeat_ack(void);
uint64_t arch_rtc_seconds(void);             /* CMOS wall clock, UTC, seconds since 1970 */
uint32_t arch_cpu_features(void);            /* CPUID.1 EDX, masked to what this kernel enables; AT_HWCAP */
uint64_t arch_random_seed(void);             /* whatever entropy the machine has at boot */

/* ---- power ---------------------------------------------------------------------------------------- */
NORETURN void arch_halt(void);
NORETURN void arch_reboot(void);
NORETURN void arch_poweroff(void);           /* QEMU's ACPI port, else isa-debug-exit, else a halt that says so */
NORETURN void arch_debug_exit(uint8_t code); /* isa-debug-exit: QEMU ends with status code * 2 + 1; else arch_halt */

/* ---- calls up: the three entries, written by kernel/syscall/entry.c ------------------------------- */
struct fault_info {
	uint32_t vector;      /* 0..31 */
	uint32_t error;       /* hardware error code; page fault: bit 0 present, 1 write, 2 user */
	uint32_t address;     /* page fault: CR2 */
	uint32_t eip;
	bool from_user;
};
/** A fault. From user mode it always returns (after a signal was posted if need be). From kernel mode only page faults of
 *  the user copies come here (anything else panics): true if it was resolved (retry); false: the copy stops there.
 *  Interrupts on if they were. */
bool kernel_fault(const struct fault_info *f);
/** An interrupt, on the interrupt stack, interrupts off. */
void kernel_irq(uint32_t line);
/** int 0x80 from user mode, on the thread's kernel stack, interrupts on; registers in the loaded user's regs. */
void kernel_syscall(void);
/** Called with interrupts on before every return to user mode (after kernel_syscall, kernel_fault from user, or kernel_irq
 *  that interrupted user mode): slices, signals, freezing. Returns with interrupts off when nothing more is pending. */
void kernel_user_return(void);
/* After an interrupt that hit a kernel thread nothing is called: kernel code is not pre-empted. */

#endif
