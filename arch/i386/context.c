/* context.c - what a thread keeps while it does not run: kernel stack pointer, user registers, FPU and TLS.
 * Called by: the scheduler, fork, exec, signals, capsules.
 * Never: uses the FPU for the kernel's own work. */
#include "arch/i386/i386.h"

#include "lib/str.h"

#define CR0_TS 8u
#define CR4_PGE (1u << 7)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CPUID_SSE (1u << 25)
/* FPU TSC CX8 CMOV MMX FXSR SSE SSE2: what user mode finds working */
#define FEATURES ((1u << 0) | (1u << 4) | (1u << 8) | (1u << 15) | (1u << 23) | (1u << 24) | (1u << 25) | (1u << 26))

#define FX_FCW 0u
#define FX_MXCSR 24u
#define FX_MXCSR_MASK 28u
#define MXCSR_DEFAULT 0x1f80u
#define MXCSR_MASK_DEFAULT 0xffbfu

/* CF PF AF ZF SF TF DF OF AC ID: what a program may have set by itself */
#define EFLAGS_USER 0x240dd5u

/* A trap from user mode writes at most one nested frame below regs before it changes stacks (an NMI's): that lands in the
 * bytes of fxsave that neither fxsave nor fxrstor uses (288..511 without 64-bit mode). */
_Static_assert(offsetof(struct arch_user, regs) == sizeof(struct arch_fpu), "regs lie right above the FPU area");

static struct arch_user *loaded;
static struct arch_fpu fpu_start;
static uint32_t mxcsr_mask = MXCSR_MASK_DEFAULT;
static uint32_t features;

static uint32_t fx_get(const struct arch_fpu *f, uint32_t at)
{
	uint32_t v;
	memcpy(&v, f->fxsave + at, sizeof v);
	return v;
}

static void fx_put(struct arch_fpu *f, uint32_t at, uint32_t v) { memcpy(f->fxsave + at, &v, sizeof v); }

static void fpu_save(struct arch_fpu *f) { __asm__ volatile("fxsave %0" : "=m"(*f)); }

/* A reserved MXCSR bit would fault: bytes that came from a program or the wire are cut to what the CPU knows. */
static void fpu_load(struct arch_fpu *f)
{
	fx_put(f, FX_MXCSR, fx_get(f, FX_MXCSR) & mxcsr_mask);
	__asm__ volatile("fxrstor %0" : : "m"(*f));
}

void context_init(void)
{
	uint32_t id[4], cr4, cr0;

	cpuid(1, id);
	features = id[3] & FEATURES;
	__asm__ volatile("movl %%cr4, %0" : "=r"(cr4));
	cr4 |= CR4_PGE | CR4_OSFXSR | (id[3] & CPUID_SSE ? CR4_OSXMMEXCPT : 0);
	__asm__ volatile("movl %0, %%cr4" : : "r"(cr4) : "memory");
	__asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("movl %0, %%cr0" : : "r"(cr0 & ~CR0_TS) : "memory");

	static struct arch_fpu probe;
	__asm__ volatile("fninit");
	fpu_save(&probe);
	if (fx_get(&probe, FX_MXCSR_MASK)) mxcsr_mask = fx_get(&probe, FX_MXCSR_MASK);
	fpu_start = (struct arch_fpu){.fxsave = {[FX_FCW] = 0x7f, [FX_FCW + 1] = 0x03}};
	fx_put(&fpu_start, FX_MXCSR, MXCSR_DEFAULT);
}

uint32_t arch_cpu_features(void) { return features; }

void arch_context_init(struct arch_context *ctx, void *stack_top, void (*entry)(void *), void *arg)
{
	extern void context_start(void);
	uint32_t *sp = stack_top;

	*--sp = 0;
	*--sp = (uint32_t)(uintptr_t)context_start;
	*--sp = 0;                          /* ebp: backtraces end */
	*--sp = (uint32_t)(uintptr_t)entry; /* ebx */
	*--sp = (uint32_t)(uintptr_t)arg;   /* esi */
	*--sp = 0;                          /* edi */
	ctx->esp = (uint32_t)(uintptr_t)sp;
}

/* Frame pointers, followed as long as they point at mapped memory: a lost stack must not stop a panic's words. */
static uint32_t walk(uint32_t ebp, uint32_t *out, uint32_t done, uint32_t n)
{
	while (done < n && !(ebp & 3) && paging_readable(ebp) && paging_readable(ebp + 4)) {
		const uint32_t *frame = (const uint32_t *)(uintptr_t)ebp;
		if (!frame[1] || frame[0] == ebp) break;
		out[done++] = frame[1];
		ebp = frame[0];
	}
	return done;
}

uint32_t arch_backtrace(const struct arch_context *ctx, uint32_t *out, uint32_t n)
{
	const uint32_t *sp = (const uint32_t *)(uintptr_t)ctx->esp;
	if (!n) return 0;
	out[0] = sp[4];
	return walk(sp[3], out, 1, n);
}

uint32_t arch_backtrace_self(uint32_t *out, uint32_t n)
{
	return walk((uint32_t)(uintptr_t)__builtin_frame_address(0), out, 0, n);
}

uint32_t context_backtrace_from(uint32_t ebp, uint32_t *out, uint32_t n) { return walk(ebp, out, 0, n); }

/* ---- the user half ---- */

static void load_tls(const struct arch_user *u)
{
	tables_set_tls(&u->tls);
	/* whatever they name is loaded anew on the way out */
	__asm__ volatile("movl %0, %%fs\n\tmovl %0, %%gs" : : "r"(0));
}

void arch_user_init(struct arch_user *u)
{
	*u = (struct arch_user){
		.fpu = fpu_start,
		.regs = {.ds = USER_DS, .es = USER_DS, .cs = USER_CS, .ss = USER_DS, .error = UINT32_MAX,
		         .eflags = EFLAGS_FIXED | EFLAGS_IF},
	};
	arch_user_changed(u);
}

void arch_user_load(struct arch_user *u, void *kstack_top)
{
	if (!u) return; /* never returns to user mode: what is loaded may stay */
	user_kstack_top = (uint32_t)(uintptr_t)kstack_top;
	if (u == loaded) return;
	if (loaded) fpu_save(&loaded->fpu);
	fpu_load(&u->fpu);
	load_tls(u);
	tables_set_esp0((uint32_t)(uintptr_t)(&u->regs + 1));
	user_regs_loaded = (uint32_t)(uintptr_t)&u->regs;
	loaded = u;
}

void arch_user_sync(struct arch_user *u)
{
	uint32_t s = irq_save();
	if (u == loaded) fpu_save(&u->fpu);
	irq_restore(s);
}

void arch_user_changed(struct arch_user *u)
{
	uint32_t s = irq_save();
	if (u == loaded) {
		fpu_load(&u->fpu);
		load_tls(u);
	}
	irq_restore(s);
}

void arch_user_forget(struct arch_user *u)
{
	uint32_t s = irq_save();
	if (u == loaded) loaded = NULL;
	irq_restore(s);
}

bool arch_user_sanitise(struct arch_user *u)
{
	struct user_regs *r = &u->regs;

	fx_put(&u->fpu, FX_MXCSR, fx_get(&u->fpu, FX_MXCSR) & mxcsr_mask);
	r->eflags = (r->eflags & EFLAGS_USER) | EFLAGS_FIXED | EFLAGS_IF;
	r->cs |= 3;
	r->ss |= 3;
	r->ds &= 0xffff;
	r->es &= 0xffff;
	r->fs &= 0xffff;
	r->gs &= 0xffff;
	return r->cs == USER_CS && r->ss == USER_DS;
}

/* A selector that was good when loaded may name a TLS slot that is empty now: popping it would fault in the kernel. */
void context_fix_selectors(struct user_regs *r)
{
	if (!tables_selector_ok(r->ds, false)) r->ds = 0;
	if (!tables_selector_ok(r->es, false)) r->es = 0;
	if (!tables_selector_ok(r->fs, false)) r->fs = 0;
	if (!tables_selector_ok(r->gs, false)) r->gs = 0;
	if (!tables_selector_ok(r->ss, true)) r->ss = USER_DS;
	r->cs = USER_CS;
	r->eflags = (r->eflags | EFLAGS_IF | EFLAGS_FIXED) & ~0x23000u; /* IOPL and VM never */
}
