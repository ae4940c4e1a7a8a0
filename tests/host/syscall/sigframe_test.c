/* sigframe_test.c - the signal frames as programs find them, and back: ABI 2.3's offsets, registers, masks, FPU state.
 * Run by: make test-host-syscall.
 * Never: delivers a signal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/proc/sigframe.h"
#include "tests/host/syscall/fake_umem.h"

static bool sane;
void arch_user_sync(struct arch_user *u) { (void)u; }
void arch_user_changed(struct arch_user *u) { (void)u; }
bool arch_user_sanitise(struct arch_user *u) { return (void)u, sane; }

#define SP (FAKE_USER + 0x8000u)
static struct body body;
static const struct ksiginfo info = {.signo = SIGUSR1, .code = SI_QUEUE, .pid = 77, .uid = 5, .value = 0x1234};

static uint32_t word(uint32_t at)
{
	uint32_t v;
	memcpy(&v, fake_at(at), 4);
	return v;
}

static int setup(void **state)
{
	(void)state;
	memset(fake_bytes, 0xee, sizeof fake_bytes);
	memset(&body, 0, sizeof body);
	sane = true;
	body.user.regs = (struct user_regs){
		.ebx = 1, .ecx = 2, .edx = 3, .esi = 4, .edi = 5, .ebp = 6, .eax = 7, .ds = USER_DS, .es = USER_DS, .gs = 0x33,
		.vector = 0x80, .error = 3, .eip = 0x8048000, .cs = USER_CS, .eflags = 0x602, .esp = SP, .ss = USER_DS,
	};
	for (int i = 0; i < 512; i++) body.user.fpu.fxsave[i] = 0;
	body.user.fpu.fxsave[0] = 0x7f;
	body.user.fpu.fxsave[1] = 3;
	memcpy(body.user.fpu.fxsave + 160, "xmm registers", 13);
	body.mask = SIGBIT(SIGHUP) | SIGBIT(40);
	body.altstack_flags = SS_DISABLE;
	return 0;
}

static void the_old_frame_is_as_measured(void **state)
{
	(void)state;
	struct linux_sigaction_k act = {.handler = 0x8050000};
	assert_int_equal(sigframe_build(&body, SIGUSR1, &act, &info, body.mask, &fake_umem), 0);
	uint32_t f = body.user.regs.esp;
	assert_int_equal((f + 4) % 16, 0);
	assert_int_equal(word(f), TRAMPOLINE);
	assert_int_equal(word(f + 4), SIGUSR1);
	assert_int_equal(word(f + 8 + 0), 0x33);           /* gs */
	assert_int_equal(word(f + 8 + 28), SP);
	assert_int_equal(word(f + 8 + 44), 7);             /* eax */
	assert_int_equal(word(f + 8 + 56), 0x8048000);
	assert_int_equal(word(f + 8 + 80), (uint32_t)body.mask);
	assert_int_equal(word(f + 720), (uint32_t)(body.mask >> 32));
	assert_memory_equal(fake_at(f + 724), "\x58\xb8\x77\0\0\0\xcd\x80", 8);
	uint32_t fp = word(f + 8 + 76);
	assert_true(fp >= f + OLD_BYTES && fp + FPSTATE_BYTES <= SP);
	assert_int_equal(word(fp + 108) >> 16, 0);         /* magic: FXSAVE follows */
	assert_memory_equal(fake_at(fp + 112), body.user.fpu.fxsave, 2);
	assert_memory_equal(fake_at(fp + 112 + 160), "xmm registers", 13);
	assert_int_equal(body.user.regs.eip, 0x8050000);
	assert_int_equal(body.user.regs.eax, SIGUSR1);
	assert_int_equal(body.user.regs.edx, 0);
	assert_int_equal(body.user.regs.ecx, 0);
	assert_int_equal(body.user.regs.eflags & 0x400, 0); /* DF clear */
}

static void the_rt_frame_is_as_measured(void **state)
{
	(void)state;
	struct linux_sigaction_k act = {.handler = 0x8050000, .flags = SA_SIGINFO | SA_RESTORER, .restorer = 0x8060000};
	assert_int_equal(sigframe_build(&body, SIGUSR1, &act, &info, body.mask, &fake_umem), 0);
	uint32_t f = body.user.regs.esp;
	assert_int_equal((f + 4) % 16, 0);
	assert_int_equal(word(f), 0x8060000);
	assert_int_equal(word(f + 4), SIGUSR1);
	assert_int_equal(word(f + 8), f + 16);
	assert_int_equal(word(f + 12), f + 144);
	assert_int_equal(word(f + 16), SIGUSR1);
	assert_int_equal((int32_t)word(f + 24), SI_QUEUE);
	assert_int_equal(word(f + 28), 77);
	assert_int_equal(word(f + 36), 0x1234);
	assert_int_equal(word(f + 144 + 12), SS_DISABLE);
	assert_int_equal(word(f + 144 + 20 + 28), SP);
	assert_int_equal(word(f + 144 + 108), (uint32_t)body.mask);
	assert_int_equal(word(f + 144 + 112), (uint32_t)(body.mask >> 32));
	assert_int_equal(body.user.regs.edx, f + 16);
	assert_int_equal(body.user.regs.ecx, f + 144);
}

static void back_again(bool rt)
{
	struct linux_sigaction_k act = {.handler = 0x8050000, .flags = rt ? SA_SIGINFO : 0};
	struct user_regs before = body.user.regs;
	struct arch_fpu fpu = body.user.fpu;
	sigset64 mask = body.mask;
	assert_int_equal(sigframe_build(&body, SIGUSR1, &act, &info, mask, &fake_umem), 0);
	body.mask = 0;
	memset(body.user.fpu.fxsave + 160, 9, 16);
	body.user.regs.esp += rt ? 4 : 8; /* the handler's ret, and the trampoline's pop */
	assert_int_equal(sigframe_return(&body, rt, &fake_umem), 0);
	before.error = UINT32_MAX; /* no longer in a call */
	before.eflags = (before.eflags & 0x50dd5) | (body.user.regs.eflags & ~0x50dd5u);
	assert_memory_equal(&body.user.regs, &before, sizeof before);
	assert_memory_equal(body.user.fpu.fxsave, fpu.fxsave, 416);
	assert_int_equal(body.mask, mask);
}

static void sigreturn_restores_all(void **state) { (void)state; back_again(false); }
static void rt_sigreturn_restores_all(void **state) { (void)state; back_again(true); }

static void the_alternate_stack_is_used_once(void **state)
{
	(void)state;
	struct linux_sigaction_k act = {.handler = 0x8050000, .flags = SA_ONSTACK};
	body.altstack_sp = FAKE_USER + 0x10000;
	body.altstack_flags = 0;
	body.altstack_size = 0x4000;
	assert_int_equal(sigframe_build(&body, SIGUSR1, &act, &info, 0, &fake_umem), 0);
	uint32_t first = body.user.regs.esp;
	assert_true(first > FAKE_USER + 0x10000 && first < FAKE_USER + 0x14000);
	assert_int_equal(sigframe_build(&body, SIGUSR2, &act, &info, 0, &fake_umem), 0);
	assert_true(body.user.regs.esp < first && body.user.regs.esp > FAKE_USER + 0x10000);
	while (sigframe_build(&body, SIGUSR2, &act, &info, 0, &fake_umem) == 0) {}
	assert_true(body.user.regs.esp > FAKE_USER + 0x10000); /* full: refused, not run over */
}

static void a_bad_stack_is_refused(void **state)
{
	(void)state;
	struct linux_sigaction_k act = {.handler = 0x8050000};
	struct user_regs before = body.user.regs;
	for (uint32_t sp = 0; sp < 0x1000; sp += 511) {
		body.user.regs.esp = before.esp = sp;
		assert_int_equal(sigframe_build(&body, SIGUSR1, &act, &info, 0, &fake_umem), -EFAULT);
		assert_memory_equal(&body.user.regs, &before, sizeof before);
	}
	sane = false;
	body.user.regs.esp = SP;
	assert_int_equal(sigframe_return(&body, false, &fake_umem), -EFAULT);
	body.user.regs.esp = 4;
	assert_int_equal(sigframe_return(&body, true, &fake_umem), -EFAULT);
}

/* A value, zero, infinity and an empty register, at every rotation of the stack. */
static void fpu_tags_follow_the_stack(void **state)
{
	(void)state;
	for (uint32_t top = 0; top < 8; top++) {
		uint8_t fx[512] = {0}, back[512] = {0};
		uint32_t image[28];
		fx[3] = (uint8_t)(top << 3);
		fx[4] = (uint8_t)(1u << top | 1u << ((top + 1) & 7) | 1u << ((top + 2) & 7));
		memcpy(fx + 32, "\0\0\0\0\0\0\0\x80\xff\x3f", 10);       /* st0 = 1.0 */
		memcpy(fx + 64, "\0\0\0\0\0\0\0\x80\xff\x7f", 10);       /* st2 = infinity; st1 = 0 */
		fpstate_from_fxsave(fx, image);
		for (uint32_t i = 0; i < 8; i++) {
			uint32_t st = (i - top) & 7, want = st == 0 ? 0 : st == 1 ? 1 : st == 2 ? 2 : 3;
			assert_int_equal(image[2] >> (2 * i) & 3, want);
		}
		fpstate_to_fxsave(image, back);
		assert_memory_equal(fx, back, 160);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_old_frame_is_as_measured, setup),
		cmocka_unit_test_setup(the_rt_frame_is_as_measured, setup),
		cmocka_unit_test_setup(sigreturn_restores_all, setup),
		cmocka_unit_test_setup(rt_sigreturn_restores_all, setup),
		cmocka_unit_test_setup(the_alternate_stack_is_used_once, setup),
		cmocka_unit_test_setup(a_bad_stack_is_refused, setup),
		cmocka_unit_test_setup(fpu_tags_follow_the_stack, setup),
	};
	return cmocka_run_group_tests_name("sigframe", tests, NULL, NULL);
}
