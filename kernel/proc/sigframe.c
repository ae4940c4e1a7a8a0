/* sigframe.c - the two signal frames of i386: built on the program's stack, taken down by sigreturn.
 * Called by: sigdeliver.c (build), sys_signal.c (return).
 * Never: decides whether a signal is delivered; trusts what it reads back.  Source: ABI 2.3. */
#include "kernel/proc/sigframe.h"
#include "kernel/proc/altstack.h"
#include "kernel/proc/siginfo.h"
#include "lib/str.h"

#define FLAG_TF 0x100u
#define FLAG_DF 0x400u
#define FLAG_RF 0x10000u
#define FLAGS_FROM_USER 0x00050dd5u /* AC RF OF DF TF SF ZF AF PF CF: what sigreturn may set */

static void save_context(const struct body *b, uint32_t fpstate, sigset64 old_mask, const struct ksiginfo *info, struct sigcontext32 *sc)
{
	const struct user_regs *r = &b->user.regs;

	*sc = (struct sigcontext32){
		.gs = r->gs & 0xffff, .fs = r->fs & 0xffff, .es = r->es & 0xffff, .ds = r->ds & 0xffff,
		.edi = r->edi, .esi = r->esi, .ebp = r->ebp, .esp = r->esp, .ebx = r->ebx, .edx = r->edx, .ecx = r->ecx, .eax = r->eax,
		.trapno = r->vector < 32 ? r->vector : 0, .err = r->vector < 32 && r->error != UINT32_MAX ? r->error : 0,
		.eip = r->eip, .cs = r->cs & 0xffff, .eflags = r->eflags, .esp_at_signal = r->esp, .ss = r->ss & 0xffff,
		.fpstate = fpstate, .oldmask = (uint32_t)old_mask, .cr2 = r->vector == 14 ? info->addr : 0,
	};
}

/* ---- where the frame goes */

/* Top of the stack to use. */
static uint32_t stack_for(const struct body *b, uint32_t flags)
{
	uint32_t sp = b->user.regs.esp;

	if ((flags & SA_ONSTACK) && b->altstack_size && !altstack_in_use(b, sp)) return b->altstack_sp + b->altstack_size;
	return sp;
}

struct place { uint32_t frame, fpstate; };

static bool find_place(const struct body *b, uint32_t flags, uint32_t bytes, struct place *p)
{
	uint32_t sp = stack_for(b, flags);
	bool alt = sp != b->user.regs.esp || altstack_in_use(b, sp);

	if (sp < FPSTATE_BYTES + bytes + 256 || sp > USER_END) return false;
	p->fpstate = ((sp - 512) & ~63u) - FPSTATE_FXSAVE;
	p->frame = ((p->fpstate - bytes + 4) & ~15u) - 4;
	return !alt || altstack_holds(b, p->frame + 1); /* it may have run over */
}

/* ---- building */

static int put_fpstate(struct body *b, uint32_t at, struct umem *mem)
{
	uint32_t front[FPSTATE_FXSAVE / 4];

	arch_user_sync(&b->user);
	fpstate_from_fxsave(b->user.fpu.fxsave, front);
	int err = umem_store(mem, uaddr(at), front, sizeof front);
	return err ? err : umem_store(mem, uaddr(at + FPSTATE_FXSAVE), b->user.fpu.fxsave, sizeof b->user.fpu.fxsave);
}

/* A handler starts with a fresh FPU. */
static void fresh_fpu(struct body *b)
{
	static const uint16_t control = 0x37f;
	static const uint32_t mxcsr = 0x1f80;
	uint8_t *fx = b->user.fpu.fxsave;

	memset(fx, 0, sizeof b->user.fpu.fxsave);
	memcpy(fx, &control, sizeof control);
	memcpy(fx + 24, &mxcsr, sizeof mxcsr);
	arch_user_changed(&b->user);
}

static uint32_t return_to(const struct linux_sigaction_k *act, bool rt)
{
	if (act->flags & SA_RESTORER) return act->restorer;
	return TRAMPOLINE + (rt ? 16u : 0u);
}

static int put_old(struct body *b, const struct place *p, int sig, const struct linux_sigaction_k *act, const struct ksiginfo *info,
		   sigset64 old_mask, struct umem *mem)
{
	struct {
		uint32_t ret, sig;
		struct sigcontext32 sc;
	} head = {.ret = return_to(act, false), .sig = (uint32_t)sig};
	struct {
		uint32_t high;
		uint8_t code[8];
	} tail = {(uint32_t)(old_mask >> 32), {0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80}};
	_Static_assert(sizeof head == OLD_CONTEXT + sizeof head.sc && OLD_EXTRAMASK + sizeof tail == OLD_BYTES, "two runs of bytes");

	save_context(b, p->fpstate, old_mask, info, &head.sc);
	int err = umem_store(mem, uaddr(p->frame), &head, sizeof head);
	return err ? err : umem_store(mem, uaddr(p->frame + OLD_EXTRAMASK), &tail, sizeof tail);
}

static int put_rt(struct body *b, const struct place *p, int sig, const struct linux_sigaction_k *act, const struct ksiginfo *info,
		  sigset64 old_mask, struct umem *mem)
{
	static const uint8_t code[8] = {0xb8, 0xad, 0, 0, 0, 0xcd, 0x80, 0};
	uint32_t head[4] = {return_to(act, true), (uint32_t)sig, p->frame + RT_INFO, p->frame + RT_UCONTEXT};
	struct ucontext32 uc = {
		.stack = {b->altstack_sp, (int32_t)b->altstack_flags, b->altstack_size},
		.sigmask = {(uint32_t)old_mask, (uint32_t)(old_mask >> 32)},
	};
	struct linux_siginfo si;

	siginfo_pack(info, &si);
	save_context(b, p->fpstate, old_mask, info, &uc.mcontext);
	int err = umem_store(mem, uaddr(p->frame), head, sizeof head);
	if (!err) err = umem_store(mem, uaddr(p->frame + RT_INFO), &si, sizeof si);
	if (!err) err = umem_store(mem, uaddr(p->frame + RT_UCONTEXT), &uc, sizeof uc);
	if (!err) err = umem_store(mem, uaddr(p->frame + RT_RETCODE), code, sizeof code);
	return err;
}

int sigframe_build(struct body *b, int sig, const struct linux_sigaction_k *act, const struct ksiginfo *info, sigset64 old_mask, struct umem *mem)
{
	bool rt = (act->flags & SA_SIGINFO) != 0;
	struct user_regs *r = &b->user.regs;
	struct place p;

	if (!find_place(b, act->flags, rt ? RT_BYTES : OLD_BYTES, &p)) return -EFAULT;
	int err = put_fpstate(b, p.fpstate, mem);
	if (!err) err = rt ? put_rt(b, &p, sig, act, info, old_mask, mem) : put_old(b, &p, sig, act, info, old_mask, mem);
	if (err) return err;
	if (b->altstack_flags & SS_AUTODISARM) altstack_none(b);
	fresh_fpu(b);
	r->esp = p.frame;
	r->eip = act->handler;
	r->eax = (uint32_t)sig; /* for handlers compiled with register arguments */
	r->edx = rt ? p.frame + RT_INFO : 0;
	r->ecx = rt ? p.frame + RT_UCONTEXT : 0;
	r->cs = USER_CS;
	r->ds = r->es = r->ss = USER_DS;
	r->eflags &= ~(FLAG_TF | FLAG_DF | FLAG_RF);
	r->error = UINT32_MAX; /* no longer in a call */
	return 0;
}

/* ---- return */

static int get_fpstate(struct body *b, uint32_t at, struct umem *mem)
{
	uint32_t front[FPSTATE_FXSAVE / 4];
	int err = umem_fetch(mem, front, uaddr(at), sizeof front);

	arch_user_sync(&b->user);
	/* magic 0: the FXSAVE image is there too; a frame of another maker has the old image alone */
	if (!err && !(front[27] >> 16)) err = umem_fetch(mem, b->user.fpu.fxsave, uaddr(at + FPSTATE_FXSAVE), sizeof b->user.fpu.fxsave);
	if (!err) fpstate_to_fxsave(front, b->user.fpu.fxsave);
	arch_user_changed(&b->user);
	return err;
}

static int load_context(struct body *b, const struct sigcontext32 *sc, struct umem *mem)
{
	struct user_regs *r = &b->user.regs;
	int err = 0;

	r->gs = sc->gs & 0xffff;
	r->fs = sc->fs & 0xffff;
	r->es = sc->es & 0xffff;
	r->ds = sc->ds & 0xffff;
	r->edi = sc->edi;
	r->esi = sc->esi;
	r->ebp = sc->ebp;
	r->esp = sc->esp;
	r->ebx = sc->ebx;
	r->edx = sc->edx;
	r->ecx = sc->ecx;
	r->eax = sc->eax;
	r->eip = sc->eip;
	r->cs = (sc->cs & 0xffff) | 3;
	r->ss = (sc->ss & 0xffff) | 3;
	r->eflags = (r->eflags & ~FLAGS_FROM_USER) | (sc->eflags & FLAGS_FROM_USER);
	r->error = UINT32_MAX; /* the restored eax is not a call's result */
	if (sc->fpstate)
		err = get_fpstate(b, sc->fpstate, mem);
	else
		fresh_fpu(b);
	if (!arch_user_sanitise(&b->user) && !err) err = -EINVAL;
	return err;
}

static int return_old(struct body *b, uint32_t frame, struct umem *mem)
{
	struct sigcontext32 sc;
	uint32_t high;
	int err = umem_fetch(mem, &sc, uaddr(frame + OLD_CONTEXT), sizeof sc);

	if (!err) err = umem_fetch_u32(mem, uaddr(frame + OLD_EXTRAMASK), &high);
	if (err) return err;
	b->mask = (sigset64)high << 32 | sc.oldmask;
	return load_context(b, &sc, mem);
}

static int return_rt(struct body *b, uint32_t frame, struct umem *mem)
{
	struct ucontext32 uc;
	int err = umem_fetch(mem, &uc, uaddr(frame + RT_UCONTEXT), sizeof uc);

	if (err) return err;
	b->mask = (sigset64)uc.sigmask[1] << 32 | uc.sigmask[0];
	err = load_context(b, &uc.mcontext, mem);
	if (!err) (void)altstack_change(b, &uc.stack, b->user.regs.esp); /* one that is no good is no error */
	return err;
}

int sigframe_return(struct body *b, bool rt, struct umem *mem)
{
	uint32_t sp = b->user.regs.esp;

	return rt ? return_rt(b, sp - 4, mem) : return_old(b, sp - 8, mem);
}
