/* selftest.c - boots the base alone and tries it: threads, sleeps, mutex, memory, directories, user code, faults.
 * Called by: build/selftest.elf; prints TAP lines on the log; ends by isa-debug-exit: status 1 all good, 3 not.
 *   selftest=overflow   runs a kernel stack over its guard page: must end in a clean panic
 *   selftest=wild       writes through a wild kernel pointer: the same
 *   selftest=text, null writes into the kernel's text, through NULL: the same
 *   selftest=poweroff   QEMU ends with status 0
 * Never: part of the product. */
#include "kernel/base/main.h"

#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/mutex.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"
#include "tests/kernel/entry_test.h"

static uint32_t n_tests, n_failed;

static void ok(bool good, const char *what)
{
	n_tests++;
	if (!good) n_failed++;
	klog(LOG_INFO, "%s %u - %s", good ? "ok" : "not ok", n_tests, what);
}

static void sleep_ms(uint32_t ms)
{
	struct waitq q = WAITQ_INIT(q);
	int r = waitq_sleep(&q, 0, clock_now_ns() + ms * NS_PER_MS);
	KASSERT(r == -ETIMEDOUT);
}

static struct thread *spawn_system(struct thread *t, const char *name, void (*entry)(void *), void *arg, bool system)
{
	*t = (struct thread){.system = system};
	int r = thread_init(t, name, entry, arg);
	KASSERT(r == 0);
	thread_start(t);
	return t;
}

static struct thread *spawn(struct thread *t, const char *name, void (*entry)(void *), void *arg)
{
	return spawn_system(t, name, entry, arg, false);
}

static void join(const struct thread *t)
{
	while (t->state != THREAD_DEAD) sleep_ms(1);
}

/* ---- sleep and wake ---- */

static struct waitq wq = WAITQ_INIT(wq);
static int sleeper_result;
static uint32_t sleepers_done;

static void sleeper(void *heeds)
{
	sleeper_result = waitq_sleep(&wq, (uint32_t)(uintptr_t)heeds, FOREVER);
	sleepers_done++;
}

static void test_sleep(void)
{
	static struct thread a, b;
	uint64_t t0 = clock_now_ns();

	sleep_ms(50);
	uint64_t took = clock_now_ns() - t0;
	ok(took >= 50 * NS_PER_MS && took < 2000 * NS_PER_MS, "a sleep of 50 ms takes 50 ms");
	t0 = clock_now_ns();
	sleep_ms(170);
	took = clock_now_ns() - t0;
	ok(took >= 170 * NS_PER_MS && took < 2000 * NS_PER_MS, "a sleep beyond the PIT's 54 ms");

	spawn(&a, "a", sleeper, NULL);
	spawn(&b, "b", sleeper, NULL);
	sleep_ms(2);
	waitq_wake_one(&wq);
	sleep_ms(2);
	ok(sleepers_done == 1 && sleeper_result == 0, "wake_one wakes one");
	waitq_wake_all(&wq);
	join(&a);
	join(&b);
	ok(sleepers_done == 2, "wake_all wakes the rest");

	spawn(&a, "cut", sleeper, (void *)CUT_FREEZE);
	sleep_ms(2);
	thread_cut(&a, CUT_SIGNAL);
	sleep_ms(2);
	ok(a.state == THREAD_ASLEEP, "a cut that is not heeded lets the sleep go on");
	thread_cut(&a, CUT_FREEZE);
	join(&a);
	ok(sleeper_result == -EINTR, "a heeded cut ends the sleep");
}

/* ---- scheduling ---- */

static volatile bool stop_spinning;

static void spinner(void *count)
{
	volatile uint32_t *n = count;
	while (!stop_spinning) {
		++*n;
		preempt_point();
	}
}

static uint32_t na, nb, at_wake;
static struct waitq slices_wq = WAITQ_INIT(slices_wq);

static void slices_tick(struct ktimer *t)
{
	UNUSED(t);
	at_wake = na + nb;
	waitq_wake_all(&slices_wq);
}

static void test_slices(void)
{
	static struct thread a, b;
	static struct ktimer timer;

	ktimer_init(&timer, slices_tick);
	uint64_t load0 = sched_load_integral_ns(), t0 = clock_now_ns();
	spawn(&a, "spin a", spinner, &na);
	spawn(&b, "spin b", spinner, &nb);
	uint32_t late = 0; /* measured in what others did meanwhile: a busy host takes the whole machine away at times */
	for (uint32_t i = 0; i < 20; i++) {
		ktimer_arm(&timer, clock_now_ns() + 10 * NS_PER_MS);
		(void)waitq_sleep(&slices_wq, 0, FOREVER);
		if (na + nb - at_wake > 4) late++;
	}
	stop_spinning = true;
	uint64_t load = (sched_load_integral_ns() - load0) * 100 / (clock_now_ns() - t0);
	join(&a);
	join(&b);
	klog(LOG_INFO, "# shares %llu us %llu us, sleeper late %u times of 20, load %llu/100", thread_system_ns(&a) / 1000,
	     thread_system_ns(&b) / 1000, late, load);
	ok(thread_system_ns(&a) > 60 * NS_PER_MS && thread_system_ns(&b) > 60 * NS_PER_MS, "two spinners share the CPU");
	ok(late == 0, "a sleeper comes before spinners");
	ok(load >= 190 && load <= 230, "the load integral counts both");
}

static struct waitq ping = WAITQ_INIT(ping), pong = WAITQ_INIT(pong);

static void player(void *own)
{
	struct waitq *mine = own, *other = mine == &ping ? &pong : &ping;
	while (!stop_spinning) {
		waitq_wake_all(other);
		(void)waitq_sleep(mine, 0, clock_now_ns() + NS_PER_MS);
	}
}

static void hog(void *unused)
{
	UNUSED(unused);
	while (!stop_spinning) sched_yield();
}

static void test_no_starvation(void)
{
	static struct thread a, b, s, h;
	static uint32_t n;

	stop_spinning = false;
	spawn(&s, "spin", spinner, &n);
	spawn(&a, "ping", player, &ping);
	spawn(&b, "pong", player, &pong);
	sleep_ms(200);
	stop_spinning = true;
	join(&s);
	join(&a);
	join(&b);
	klog(LOG_INFO, "# beside two that wake each other: %llu us of 200 ms", thread_system_ns(&s) / 1000);
	ok(thread_system_ns(&s) > 40 * NS_PER_MS, "threads that wake each other do not starve a spinner");

	stop_spinning = false;
	spawn(&s, "spin", spinner, &n);
	spawn_system(&h, "hog", hog, NULL, true);
	sleep_ms(200);
	stop_spinning = true;
	join(&s);
	join(&h);
	klog(LOG_INFO, "# beside a busy system thread: %llu us of 200 ms", thread_system_ns(&s) / 1000);
	ok(thread_system_ns(&s) > 40 * NS_PER_MS && thread_system_ns(&h) > 40 * NS_PER_MS, "nor does a busy system thread");
}

static struct mutex mutex;
static uint32_t in_mutex, mutex_rounds;

static void mutex_user(void *unused)
{
	UNUSED(unused);
	for (uint32_t i = 0; i < 5; i++) {
		mutex_lock(&mutex);
		KASSERT(++in_mutex == 1);
		sleep_ms(1);
		in_mutex--;
		mutex_rounds++;
		mutex_unlock(&mutex);
	}
}

static void test_mutex(void)
{
	static struct thread t[4];

	mutex_init(&mutex, MUTEX_LEAF);
	for (uint32_t i = 0; i < 4; i++) spawn(&t[i], "mutex", mutex_user, NULL);
	for (uint32_t i = 0; i < 4; i++) join(&t[i]);
	ok(mutex_rounds == 20, "a mutex holds across sleeps");
}

/* ---- memory ---- */

static void test_memory(void)
{
	static void *p[512];
	uint32_t used = kheap_used_bytes(), n = 0;

	sleep_ms(20); /* the stock fills */
	uint32_t free0 = frame_free_count();
	for (n = 0; n < 512; n++) {
		uint32_t size = 1 + n * 37 % 5000;
		p[n] = kmalloc(size);
		KASSERT2(p[n] && ((uintptr_t)p[n] & 7) == 0, n, size);
		memset(p[n], (int)n, size);
	}
	bool good = true;
	for (n = 0; n < 512; n++) {
		uint32_t size = 1 + n * 37 % 5000;
		const uint8_t *b = p[n];
		if (b[0] != (uint8_t)n || b[size - 1] != (uint8_t)n) good = false;
	}
	for (n = 0; n < 512; n++) kfree(p[n * 167 % 512]);
	ok(good, "heap objects do not overlap");
	ok(kheap_used_bytes() == used, "heap gives everything back");
	ok(free0 - frame_free_count() <= 17, "and its pages but one a class");
	void *run = kmalloc(32768);
	ok(run && ((uintptr_t)run & PAGE_MASK) == 0, "32 KiB in one piece");
	kfree(run);

	uint32_t z = frame_alloc_zero();
	const uint32_t *w = frame_virt(z);
	good = true;
	for (uint32_t i = 0; i < 1024; i++) good = good && !w[i];
	ok(good, "a zeroed frame is zero");
	frame_unref(z);

	uint32_t before = frame_free_count(), got = 0, list = 0, f;
	while ((f = frame_alloc()) != FRAME_NONE) {
		*(uint32_t *)frame_virt(f) = list;
		list = f;
		got++;
	}
	ok(got > 1000 && frame_alloc_reserve() != FRAME_NONE, "all memory but the reserve can be had");
	while (list) {
		f = list;
		list = *(uint32_t *)frame_virt(f);
		frame_unref(f);
	}
	ok(frame_free_count() == before - 1, "and given back");
	klog(LOG_INFO, "# %u frames, %u free", frame_total(), frame_free_count());
}

/* ---- user mode ---- */

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
	sleep_ms(500);
	data[0xff0 / 4] = 1;
	for (uint32_t i = 0; i < N_STORM; i++) join(&t[i]);
	storm_over = true;
	join(&w);
	ktimer_stop(&timer);
	klog(LOG_INFO, "# %u ticks, %u wakes, %u calls", n_ticks, n_wakes_seen, data[0xff4 / 4]);
	ok(seen.n_good_exits == N_STORM && seen.n_bad_exits == 0 && n_ticks > 500, "registers and FPU hold in a storm of interrupts");
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

static void test_stacks(void)
{
	static void *stack[64];
	uint32_t free0 = frame_free_count();

	for (uint32_t i = 0; i < 64; i++) {
		stack[i] = arch_kstack_alloc();
		KASSERT(stack[i]);
		memset(stack[i], 0xaa, KSTACK_BYTES);
	}
	for (uint32_t i = 0; i < 64; i++) arch_kstack_free(stack[i]);
	ok(free0 - frame_free_count() <= 32, "kernel stacks come back");
	const volatile uint8_t *vga = arch_map_device(paddr(0xb8000), 4000);
	ok(vga && (vga[0] | 1), "device memory");
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

/* ---- what must end in a panic ---- */

static void overflow(void *unused)
{
	UNUSED(unused);
	__asm__ volatile("1: pushl %%eax; jmp 1b" : : : "memory");
}

static void must_panic(const char *how)
{
	static struct thread t;

	if (strcmp(how, "poweroff") == 0) arch_poweroff();
	if (strcmp(how, "overflow") == 0) {
		spawn(&t, "overflow", overflow, NULL);
		sleep_ms(100);
	}
	volatile uintptr_t at = 0;
	if (strcmp(how, "wild") == 0) at = 0xf7000000;
	if (strcmp(how, "text") == 0) at = (uintptr_t)must_panic;
	if (strcmp(how, "null") == 0) at = 8;
	if (at) *(volatile uint32_t *)at = 1;
}

static void run(void *unused)
{
	char how[16];

	UNUSED(unused);
	if (bootopt_str("selftest", how, sizeof how)) must_panic(how);
	test_sleep();
	test_slices();
	test_no_starvation();
	test_mutex();
	test_memory();
	uint32_t free0 = frame_free_count();
	test_directory();
	test_user();
	test_storm();
	test_tls_and_sanitise();
	test_stacks();
	tear_down();
	ok(free0 - frame_free_count() <= 32, "no frame is lost");
	klog(LOG_INFO, "1..%u (%u failed), idle %llu ms of %llu", n_tests, n_failed, sched_idle_ns() / NS_PER_MS,
	     clock_now_ns() / NS_PER_MS);
	arch_debug_exit(n_failed ? 1 : 0);
}

void kmain(uint32_t loader_magic, uint32_t loader_info)
{
	static struct thread t;

	arch_init(loader_magic, loader_info);
	klog(LOG_INFO, "Godwit self-test: %s", bootopt_line());
	frame_init(boot_info.mem_bytes);
	arch_memory_init();
	clock_init();
	sched_init();
	sched_set_idle_work(frame_idle_work);
	spawn_system(&t, "selftest", run, NULL, true);
	sched_idle();
}
