/* self_user.c - the self-test's user mode: directories, calls, faults, slices, TLS, and a storm of interrupts.
 * Called by: selftest.c.
 * Never: part of the product. */
#include "tests/kernel/selftest.h"

#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame.h"
#include "lib/str.h"
#include "tests/kernel/entry_test.h"

#define CODE 0x08048000u
#define DATA 0x10000000u

static struct arch_pd pd;
static struct arch_user user[2];

/* mov eax, 77; mov ebx, 41; int 0x80; mov ebx, eax; mov eax, 1; int 0x80 */
static const uint8_t call_code[] = {0xb8, 77, 0, 0, 0, 0xbb, 41, 0, 0, 0, 0xcd, 0x80, 0x89, 0xc3, 0xb8, 1, 0, 0, 0, 0xcd, 0x80};
/* inc dword [DATA]; jmp back */
static const uint8_t spin_code[] = {0xff, 0x05, 0, 0, 0, 0x10, 0xeb, 0xf8};
/* mov eax, [0] : a fault; then ud2 after fix */
static const uint8_t null_code[] = {0xa1, 0, 0, 0, 0};
/* mov eax, 0x33; mov gs, ax; gs mov ebx, [0]; mov eax, 77; int 0x80; mov eax, 1; int 0x80 */
static const uint8_t tls_code[] = {0xb8, 0x33, 0, 0, 0, 0x8e, 0xe8, 0x65, 0x8b, 0x1d, 0, 0, 0, 0, 0xb8, 77, 0, 0, 0, 0xcd, 0x80,
                                   0xb8, 1, 0, 0, 0, 0xcd, 0x80};

static void enter_user(void *u)
{
	struct thread *t = thread_current();
	t->user = u;
	t->pd = &pd;
	thread_reload_user();
	arch_user_enter();
}

static void load_code(const uint8_t *code, uint32_t n)
{
	uint32_t f = PTE_FRAME(arch_pte_get(&pd, uaddr(CODE)));
	memset(frame_virt(f), 0x90, PAGE_SIZE);
	memcpy(frame_virt(f), code, n);
}

static void start_user(struct arch_user *u)
{
	arch_user_init(u);
	u->regs.eip = CODE;
	u->regs.esp = DATA + 4096;
}

static void run_user(const uint8_t *code, uint32_t n)
{
	static struct thread t;

	load_code(code, n);
	start_user(&user[0]);
	spawn(&t, "user", enter_user, &user[0]);
	join(&t);
}

static bool map_on_fault(const struct fault_info *f)
{
	if (f->address >> PAGE_SHIFT != (DATA + 8192) >> PAGE_SHIFT) return false;
	uint32_t z = frame_alloc_zero();
	return arch_pte_set(&pd, uaddr(DATA + 8192), z << PAGE_SHIFT | PTE_PRESENT | PTE_WRITE | PTE_USER) == 0;
}

static void test_directory(void)
{
	uint32_t code = frame_alloc_zero(), data = frame_alloc_zero();
	char buf[32];

	ok(arch_pd_new(&pd) == 0, "a page directory");
	KASSERT(arch_pte_set(&pd, uaddr(CODE), code << PAGE_SHIFT | PTE_PRESENT | PTE_USER) == 0);
	KASSERT(arch_pte_set(&pd, uaddr(DATA), data << PAGE_SHIFT | PTE_PRESENT | PTE_WRITE | PTE_USER) == 0);
	uaddr_t at = uaddr(0);
	bool found = arch_pte_next(&pd, &at, uaddr(USER_END));
	ok(found && at.v == CODE, "next entry");
	at.v += PAGE_SIZE;
	found = arch_pte_next(&pd, &at, uaddr(USER_END));
	ok(found && at.v == DATA, "and the next");
	at.v += PAGE_SIZE;
	ok(!arch_pte_next(&pd, &at, uaddr(USER_END)), "and no more: the trampoline is not a user's");

	thread_current()->pd = &pd;
	thread_reload_user();
	ok(arch_copy_to_user(uaddr(DATA + 100), "hello", 6) == 0 && arch_copy_from_user(buf, uaddr(DATA + 100), 6) == 0 &&
	   strcmp(buf, "hello") == 0, "user copies");
	ok(arch_strnlen_user(uaddr(DATA + 100), 100) == 5 && arch_strnlen_user(uaddr(DATA + 100), 3) == 3, "strnlen");
	ok(arch_copy_to_user(uaddr(DATA + 4090), "0123456789", 10) == 4, "a copy stops at the exact byte");
	ok(arch_copy_to_user(uaddr(CODE), "x", 1) == 1, "read-only pages hold against the kernel");
	ok(arch_copy_from_user(buf, uaddr(0xc0100000), 4) == 4, "kernel addresses are refused");
	ok(arch_strnlen_user(uaddr(5), 10) == -EFAULT, "strnlen of a bad address");
	ok(arch_zero_user(uaddr(DATA + 100), 8) == 0 && arch_copy_from_user(buf, uaddr(DATA + 100), 4) == 0 && !buf[0], "zero");
	on_kernel_fault = map_on_fault;
	ok(arch_copy_to_user(uaddr(DATA + 8192 - 4 + 4), "abcdefgh", 8) == 0, "a fault in a copy is resolved");
	on_kernel_fault = NULL;
	uint32_t pte = arch_pte_get(&pd, uaddr(DATA + 8192));
	ok((pte & PTE_DIRTY) && (pte & PTE_ACCESSED), "the CPU marks the page");
	KASSERT(arch_pte_set(&pd, uaddr(DATA + 8192), 0) == 0);
	frame_unref(PTE_FRAME(pte));
	ok(arch_copy_to_user(uaddr(DATA + 8192), "x", 1) == 1, "an unmapped page is gone at once");
	uint8_t tramp[8];
	memcpy(tramp, (void *)TRAMPOLINE, 8);
	ok(tramp[0] == 0x58 && tramp[1] == 0xb8 && tramp[2] == 0x77 && tramp[6] == 0xcd, "the trampoline page");
}

static void skip_mov(const struct fault_info *f, struct arch_user *u)
{
	UNUSED(f);
	u->regs.eip += 5;
	on_user_fault = NULL;
}

static void test_user(void)
{
	static struct thread a, b;

	run_user(call_code, sizeof call_code);
	ok(seen.n_syscalls == 2 && seen.last_nr == 1 && seen.last_arg == 42, "user code calls and gets a result");
	on_user_fault = skip_mov;
	load_code(null_code, sizeof null_code);
	uint8_t both[sizeof null_code + sizeof call_code];
	memcpy(both, null_code, sizeof null_code);
	memcpy(both + sizeof null_code, call_code, sizeof call_code);
	run_user(both, sizeof both);
	ok(seen.n_faults == 1 && seen.fault.vector == 14 && seen.fault.address == 0 && seen.fault.error == 4, "a user page fault");
	ok(seen.last_arg == 42, "and it goes on afterwards");
	static const uint8_t hlt[] = {0xf4};
	run_user(hlt, sizeof hlt);
	ok(seen.n_faults == 2 && seen.fault.vector == 13 && seen.fault.eip == CODE, "hlt is a protection fault");
	static const uint8_t brk[] = {0xcc};
	run_user(brk, sizeof brk);
	ok(seen.n_faults == 3 && seen.fault.vector == 3, "int3");
	static const uint8_t wild_int[] = {0xcd, 0x21};
	run_user(wild_int, sizeof wild_int);
	ok(seen.n_faults == 4 && seen.fault.vector == 13, "another int is a protection fault");
	static const uint8_t jump[] = {0x68, 0, 0, 0, 0xc0, 0xc3}; /* push 0xc0000000; ret */
	run_user(jump, sizeof jump);
	ok(seen.n_faults == 5 && seen.fault.vector == 14 && seen.fault.address == 0xc0000000, "kernel memory is out of reach");

	load_code(spin_code, sizeof spin_code);
	start_user(&user[0]);
	start_user(&user[1]);
	volatile uint32_t *count = frame_virt(PTE_FRAME(arch_pte_get(&pd, uaddr(DATA))));
	*count = 0;
	spawn(&a, "user a", enter_user, &user[0]);
	spawn(&b, "user b", enter_user, &user[1]);
	uint32_t n0 = seen.n_returns;
	sleep_ms(100);
	uint32_t n1 = *count;
	sleep_ms(50);
	ok(n1 > 1000 && *count > n1, "spinning user code is pre-empted and goes on");
	ok(seen.n_returns - n0 >= 4 && seen.n_returns - n0 < 100, "by slices");
	/* end them: the next fetch faults */
	uint32_t pte = arch_pte_get(&pd, uaddr(CODE));
	KASSERT(arch_pte_set(&pd, uaddr(CODE), 0) == 0);
	join(&a);
	join(&b);
	ok(seen.n_faults == 7 && thread_system_ns(&a) + thread_system_ns(&b) > 100 * NS_PER_MS, "an unmapped page stops both");
	KASSERT(arch_pte_set(&pd, uaddr(CODE), pte) == 0);
}

/* Four user threads that call all the time, each with its own FPU and registers, under a storm of timer interrupts that
 * wake a kernel thread each time: what a race in the ways in and out would spoil. */
#define N_STORM 4u
#define STORM_TICKS 500u
static struct waitq storm_wq = WAITQ_INIT(storm_wq);
static uint32_t n_ticks, n_wakes_seen;
static bool storm_over;

static void tick(struct ktimer *t)
{
	n_ticks++;
	waitq_wake_all(&storm_wq);
	if (!storm_over) ktimer_arm(t, clock_now_ns() + 20000 + n_ticks * 7919 % 60000);
}

static void storm_waker(void *unused)
{
	UNUSED(unused);
	while (!storm_over) {
		(void)waitq_sleep(&storm_wq, 0, clock_now_ns() + 5 * NS_PER_MS);
		n_wakes_seen++;
	}
}

static void test_storm(void)
{
	extern const uint8_t user_storm[], user_storm_end[];
	static struct thread t[N_STORM], w;
	static struct arch_user u[N_STORM];
	static struct ktimer timer;
	volatile uint32_t *data = frame_virt(PTE_FRAME(arch_pte_get(&pd, uaddr(DATA))));

	load_code(user_storm, (uint32_t)(user_storm_end - user_storm));
	data[0xff0 / 4] = data[0xff4 / 4] = 0;
	seen.n_bad_exits = seen.n_good_exits = 0;
	for (uint32_t i = 0; i < N_STORM; i++) {
		start_user(&u[i]);
		u[i].regs.ebx = 0x1234567 * (i + 1);
		u[i].regs.esp = DATA + 256 * (i + 1);
		spawn(&t[i], "storm", enter_user, &u[i]);
	}
	spawn_system(&w, "waker", storm_waker, NULL, true);
	ktimer_init(&timer, tick);
	ktimer_arm(&timer, clock_now_ns() + 50000);
	for (uint32_t i = 0; i < 40 && n_ticks <= STORM_TICKS; i++) sleep_ms(500); /* a busy host gives fewer in a time */
	data[0xff0 / 4] = 1;
	for (uint32_t i = 0; i < N_STORM; i++) join(&t[i]);
	storm_over = true;
	join(&w);
	ktimer_stop(&timer);
	klog(LOG_INFO, "# %u ticks, %u wakes, %u calls", n_ticks, n_wakes_seen, data[0xff4 / 4]);
	ok(seen.n_good_exits == N_STORM && seen.n_bad_exits == 0 && n_ticks > STORM_TICKS, "registers and FPU hold in a storm of interrupts");
}

static void test_tls_and_sanitise(void)
{
	static struct thread t;
	uint32_t desc[4] = {UINT32_MAX, DATA + 256, 0xfffff, 0x51}; /* 32 bit, pages, useable: as glibc asks */
	uint32_t *data = frame_virt(PTE_FRAME(arch_pte_get(&pd, uaddr(DATA))));

	load_code(tls_code, sizeof tls_code);
	start_user(&user[0]);
	ok(arch_tls_set(&user[0], desc) == 0 && desc[0] == 6, "a TLS slot");
	uint32_t back[4] = {6};
	ok(arch_tls_get(&user[0], back) == 0 && back[1] == desc[1] && back[2] == desc[2] && back[3] == desc[3], "reads back");
	data[64] = 0x1234;
	spawn(&t, "tls", enter_user, &user[0]);
	join(&t);
	ok(seen.last_arg == 0x1234, "gs reaches the thread's data");
	uint32_t bad[4] = {5, 0, 1, 0x51};
	ok(arch_tls_set(&user[0], bad) == -EINVAL, "no other slot");

	/* registers from outside: wild selectors, EFLAGS and MXCSR */
	load_code(call_code, sizeof call_code);
	start_user(&user[0]);
	user[0].regs.eflags = UINT32_MAX;
	user[0].regs.ds = 0x10;
	user[0].regs.es = 0x1234;
	user[0].regs.fs = 0x50;
	user[0].regs.gs = 0x3b; /* a slot that is empty */
	memset(user[0].fpu.fxsave + 24, 0xff, 4);
	arch_user_sanitise(&user[0]);
	user[0].regs.eflags &= ~0x40100u; /* TF would trap at once, AC is harmless */
	uint32_t n = seen.n_syscalls, faults = seen.n_faults;
	spawn(&t, "wild regs", enter_user, &user[0]);
	join(&t);
	ok(seen.n_syscalls == n + 2 && seen.n_faults == faults, "wild registers are made harmless");
	user[0].regs.cs = 0x08;
	ok(!arch_user_sanitise(&user[0]), "but a foreign code segment is refused");
	for (uint32_t i = 0; i < 2; i++) arch_user_forget(&user[i]);
}

static void tear_down(void)
{
	uint32_t e;

	thread_current()->pd = NULL;
	for (uaddr_t at = uaddr(0); arch_pte_next(&pd, &at, uaddr(USER_END));) {
		e = arch_pte_get(&pd, at);
		frame_unref(PTE_FRAME(e));
		KASSERT(arch_pte_set(&pd, at, 0) == 0);
	}
	arch_pd_free_tables(&pd, uaddr(0), uaddr(USER_END));
	ok(arch_pte_get(&pd, uaddr(CODE)) == 0, "tables are freed");
	arch_pd_free(&pd);
}

void test_user_mode(void)
{
	test_directory();
	test_user();
	test_storm();
	test_tls_and_sanitise();
	tear_down();
}
