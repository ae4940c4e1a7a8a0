/* selftest.c - boots the base alone and tries it: threads, sleeps, mutex, memory; then user mode.
 * Called by: build/selftest.elf; prints TAP lines on the log; ends by isa-debug-exit: status 1 all good, 3 not.
 *   selftest=overflow   runs a kernel stack over its guard page: must end in a clean panic
 *   selftest=wild       writes through a wild kernel pointer: the same
 *   selftest=text, null writes into the kernel's text, through NULL: the same
 *   selftest=poweroff   QEMU ends with status 0
 *   User mode has a file of its own, self_user.c.
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
#include "tests/kernel/selftest.h"

static uint32_t n_tests, n_failed;

void ok(bool good, const char *what)
{
	n_tests++;
	if (!good) n_failed++;
	klog(LOG_INFO, "%s %u - %s", good ? "ok" : "not ok", n_tests, what);
}

void sleep_ms(uint32_t ms)
{
	struct waitq q = WAITQ_INIT(q);
	int r = waitq_sleep(&q, 0, clock_now_ns() + ms * NS_PER_MS);
	KASSERT(r == -ETIMEDOUT);
}

struct thread *spawn_system(struct thread *t, const char *name, void (*entry)(void *), void *arg, bool system)
{
	*t = (struct thread){.system = system};
	int r = thread_init(t, name, entry, arg);
	KASSERT(r == 0);
	thread_start(t);
	return t;
}

struct thread *spawn(struct thread *t, const char *name, void (*entry)(void *), void *arg)
{
	return spawn_system(t, name, entry, arg, false);
}

void join(const struct thread *t)
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
	test_user_mode();
	test_stacks();
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
