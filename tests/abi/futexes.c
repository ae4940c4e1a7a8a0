/* futexes: futex(2) by every operation, robust lists, thread areas, thread ends. */
#include "raw.h"
#include <linux/futex.h>
#include <sched.h>
#include <pthread.h>
#include <asm/ldt.h>

static long fx(volatile void *at, int op, uint32_t val, const void *time, volatile void *at2, uint32_t val3)
{
	return sc(SYS_futex, at, op, val, time, at2, val3);
}
static volatile uint32_t *words;
static void waiter(int n) { _exit((int)-fx(words + n, FUTEX_WAIT, 0, NULL, NULL, 0)); }
static pid_t start_waiter(int n) { pid_t p = fork(); if (!p) waiter(n); return p; }
/* Until so many wait at word n: a requeue to itself counts them. */
static void until(int n, int want)
{
	for (int i = 0; i < 1000 && fx(words + n, FUTEX_REQUEUE, 0, (void *)100, words + n, 0) < want; i++) moment();
}
static const char *end_of(pid_t p)
{
	int st;
	waitpid(p, &st, 0);
	return WIFEXITED(st) ? errno_name(WEXITSTATUS(st)) : status_text(st);
}

static void errors(void)
{
	uint32_t w[4] = {5, 6, 7, 8};
	struct timespec ms = {0, 5000000}, bad = {0, 1000000000}, neg = {-1, 0}, zero = {0, 0};
	struct { long long s, n; } ms64 = {0, 5000000}, bad64 = {0, 1000000000};
	static const struct { int op; const char *n; } known[] = {{FUTEX_FD, "FD"}, {13, "13 (LOCK_PI2)"}, {14, "14"}, {99, "99"}, {-1, "-1"}};
	char cond[64];

	put("futex", "WAIT, other value", fx(w, FUTEX_WAIT, 1, NULL, NULL, 0));
	put("futex", "WAIT, times out", fx(w, FUTEX_WAIT, 5, &ms, NULL, 0));
	put("futex", "WAIT, time 0", fx(w, FUTEX_WAIT, 5, &zero, NULL, 0));
	put("futex", "WAIT, bad time", fx(w, FUTEX_WAIT, 5, &bad, NULL, 0));
	put("futex", "WAIT, negative time", fx(w, FUTEX_WAIT, 5, &neg, NULL, 0));
	put("futex", "WAIT, bad time, other value", fx(w, FUTEX_WAIT, 1, &bad, NULL, 0));
	put("futex", "WAIT, bad time pointer", fx(w, FUTEX_WAIT, 5, (void *)16, NULL, 0));
	put("futex", "WAIT, not aligned", fx((char *)w + 1, FUTEX_WAIT, 5, NULL, NULL, 0));
	put("futex", "WAIT, bad pointer", fx((void *)16, FUTEX_WAIT, 5, NULL, NULL, 0));
	put("futex", "WAIT, kernel's pointer", fx(KERNEL, FUTEX_WAIT, 5, NULL, NULL, 0));
	put("futex", "WAIT private, bad pointer", fx((void *)16, FUTEX_WAIT_PRIVATE, 5, NULL, NULL, 0));
	put("futex", "WAIT, bad pointer not aligned", fx((void *)17, FUTEX_WAIT, 5, NULL, NULL, 0));
	put("futex", "WAIT with FUTEX_CLOCK_REALTIME", fx(w, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 5, &ms, NULL, 0));
	put("futex", "WAIT_BITSET, no bits", fx(w, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0));
	put("futex", "WAIT_BITSET, a time that is over", fx(w, FUTEX_WAIT_BITSET, 5, &ms, NULL, 1));
	put("futex", "WAIT_BITSET, realtime that is over", fx(w, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &ms, NULL, 1));
	put("futex", "WAIT_BITSET, other value", fx(w, FUTEX_WAIT_BITSET, 1, NULL, NULL, 1));
	put("futex", "WAKE, nobody", fx(w, FUTEX_WAKE, 1, NULL, NULL, 0));
	put("futex", "WAKE, not aligned", fx((char *)w + 2, FUTEX_WAKE, 1, NULL, NULL, 0));
	put("futex", "WAKE, bad pointer", fx((void *)16, FUTEX_WAKE, 1, NULL, NULL, 0));
	put("futex", "WAKE private, bad pointer", fx((void *)16, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	put("futex", "WAKE private, kernel's pointer", fx(KERNEL, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	put("futex", "WAKE_BITSET, no bits", fx(w, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	put("futex", "WAKE with FUTEX_CLOCK_REALTIME", fx(w, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
	put("futex", "REQUEUE, nobody", fx(w, FUTEX_REQUEUE, 1, (void *)1, w + 1, 0));
	put("futex", "REQUEUE, negative count", fx(w, FUTEX_REQUEUE, (uint32_t)-1, (void *)1, w + 1, 0));
	put("futex", "REQUEUE, negative second count", fx(w, FUTEX_REQUEUE, 1, (void *)-1, w + 1, 0));
	put("futex", "REQUEUE, second not aligned", fx(w, FUTEX_REQUEUE, 1, (void *)1, (char *)w + 1, 0));
	put("futex", "REQUEUE, second bad pointer", fx(w, FUTEX_REQUEUE, 1, (void *)1, (void *)16, 0));
	put("futex", "CMP_REQUEUE, other value", fx(w, FUTEX_CMP_REQUEUE, 1, (void *)1, w + 1, 1));
	put("futex", "CMP_REQUEUE, bad pointer", fx((void *)16, FUTEX_CMP_REQUEUE, 1, (void *)1, w + 1, 1));
	put("futex", "CMP_REQUEUE, nobody", fx(w, FUTEX_CMP_REQUEUE, 1, (void *)1, w + 1, 5));
	put("futex", "WAKE_OP, add", fx(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 6)));
	note("futex", "WAKE_OP, add: the word", "%u", w[1]);
	fx(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP(FUTEX_OP_SET, -1, FUTEX_OP_CMP_EQ, 6));
	note("futex", "WAKE_OP, set -1: the word", "%u", w[1]);
	fx(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP(FUTEX_OP_ANDN, 0xf0, FUTEX_OP_CMP_NE, 6));
	note("futex", "WAKE_OP, andn: the word", "%x", w[1]);
	fx(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP(FUTEX_OP_XOR, 0xff, FUTEX_OP_CMP_LT, 6));
	note("futex", "WAKE_OP, xor: the word", "%x", w[1]);
	w[1] = 1;
	fx(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 4, FUTEX_OP_CMP_GE, 6));
	note("futex", "WAKE_OP, or shifted: the word", "%x", w[1]);
	put("futex", "WAKE_OP, unknown operation", fx(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP(5, 3, FUTEX_OP_CMP_EQ, 6)));
	put("futex", "WAKE_OP, unknown comparison", fx(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP(FUTEX_OP_ADD, 3, 6, 6)));
	put("futex", "WAKE_OP, bad second pointer", fx(w, FUTEX_WAKE_OP, 1, (void *)1, (void *)16, 0));
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
		snprintf(cond, sizeof cond, "operation %s", known[i].n);
		if (known[i].op != 13) put("futex", cond, fx(w, known[i].op, 0, NULL, NULL, 0));
	}
	put("futex_time64", "WAIT, other value", sc(422, w, FUTEX_WAIT, 1, NULL, NULL, 0));
	put("futex_time64", "WAIT, times out", sc(422, w, FUTEX_WAIT, 5, &ms64, NULL, 0));
	put("futex_time64", "WAIT, bad time", sc(422, w, FUTEX_WAIT, 5, &bad64, NULL, 0));
	put("futex_time64", "WAIT, bad time pointer", sc(422, w, FUTEX_WAIT, 5, 16, NULL, 0));
	put("futex_time64", "WAKE, nobody", sc(422, w, FUTEX_WAKE, 1, NULL, NULL, 0));
	char *ro = mmap(0, PG, PROT_READ, ANON, -1, 0), *none = mmap(0, PG, PROT_NONE, ANON, -1, 0);
	put("futex", "WAIT private, read-only page", fx(ro, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0));
	put("futex", "WAIT, read-only private page", fx(ro, FUTEX_WAIT, 1, NULL, NULL, 0));
	put("futex", "WAIT, PROT_NONE", fx(none, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0));
	put("futex", "WAKE_OP, read-only second", fx(w, FUTEX_WAKE_OP, 1, (void *)1, ro, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 6)));
}

static void between(void)
{
	pid_t a, b, c;
	words = mmap(0, PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	a = start_waiter(0);
	until(0, 1);
	put("futex", "WAKE, one of one", fx(words, FUTEX_WAKE, 5, NULL, NULL, 0));
	note("futex", "WAIT: woken", "%s", end_of(a));
	a = start_waiter(0), until(0, 1), b = start_waiter(0), until(0, 2), c = start_waiter(0), until(0, 3);
	put("futex", "WAKE, two of three", fx(words, FUTEX_WAKE, 2, NULL, NULL, 0));
	note("futex", "WAKE: in order", "%s %s", end_of(a), end_of(b));
	put("futex", "WAKE private does not meet the shared", fx(words, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
	put("futex", "WAKE of 0 wakes one", fx(words, FUTEX_WAKE, 0, NULL, NULL, 0));
	note("futex", "WAIT: woken by 0", "%s", end_of(c));
	a = start_waiter(0), until(0, 1), b = start_waiter(0), until(0, 2), c = start_waiter(0), until(0, 3);
	put("futex", "CMP_REQUEUE, one woken, one moved", fx(words, FUTEX_CMP_REQUEUE, 1, (void *)1, words + 1, 0));
	put("futex", "WAKE of the moved", fx(words + 1, FUTEX_WAKE, 9, NULL, NULL, 0));
	put("futex", "WAKE of the one that stayed", fx(words, FUTEX_WAKE, 9, NULL, NULL, 0));
	note("futex", "all three", "%s %s %s", end_of(a), end_of(b), end_of(c));
	a = start_waiter(0), until(0, 1), b = start_waiter(1), until(1, 1);
	words[1] = 0;
	put("futex", "WAKE_OP wakes at both", fx(words, FUTEX_WAKE_OP, 1, (void *)1, words + 1, FUTEX_OP(FUTEX_OP_SET, 3, FUTEX_OP_CMP_EQ, 0)));
	note("futex", "both woken", "%s %s %u", end_of(a), end_of(b), words[1]);
	a = fork();
	if (!a) _exit((int)-fx(words, FUTEX_WAIT_BITSET, 0, NULL, NULL, 4));
	until(0, 1);
	put("futex", "WAKE_BITSET, other bits", fx(words, FUTEX_WAKE_BITSET, 9, NULL, NULL, 3));
	put("futex", "WAKE_BITSET, its bit", fx(words, FUTEX_WAKE_BITSET, 9, NULL, NULL, 6));
	note("futex", "WAIT_BITSET: woken", "%s", end_of(a));
	/* a file shared by two mappings at different places */
	int fd = must_open("f", O_RDWR | O_CREAT, 0600);
	must("ftruncate", ftruncate(fd, PG));
	volatile uint32_t *x = mmap(0, PG, RW, MAP_SHARED, fd, 0);
	words = mmap(0, PG, RW, MAP_SHARED, fd, 0);
	a = start_waiter(3);
	until(3, 1);
	put("futex", "WAKE through another mapping of the file", fx(x + 3, FUTEX_WAKE, 1, NULL, NULL, 0));
	note("futex", "WAIT in a file: woken", "%s", end_of(a));
}

static void interrupted(int sig) { (void)sig; }
static void signals(void)
{
	struct sigaction a = {.sa_handler = interrupted};
	uint32_t w = 0;
	struct timespec t = {20, 0};
	sigaction(SIGALRM, &a, NULL);
	ualarm(20000, 20000); /* again and again: one may come before the wait */
	put("futex", "WAIT, a signal, no SA_RESTART", fx(&w, FUTEX_WAIT, 0, NULL, NULL, 0));
	put("futex", "WAIT with a time, a signal", fx(&w, FUTEX_WAIT, 0, &t, NULL, 0));
	t.tv_sec = 0, t.tv_nsec = 60000000;
	a.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &a, NULL);
	put("futex", "WAIT with a time, a signal, SA_RESTART", fx(&w, FUTEX_WAIT, 0, &t, NULL, 0));
}

static char stack[3][65536];
static volatile uint32_t lock_word, child_tid, robust_word;
static struct { struct robust_list_head head; struct robust_list node; uint32_t word; } robust;
static int dies_holding(void *arg)
{
	(void)arg;
	robust.head.list.next = &robust.node;
	robust.node.next = &robust.head.list;
	robust.head.futex_offset = (char *)&robust.word - (char *)&robust.node;
	robust.head.list_op_pending = NULL;
	syscall(SYS_set_robust_list, &robust.head, sizeof robust.head);
	robust.word = (uint32_t)syscall(SYS_gettid) | FUTEX_WAITERS;
	syscall(SYS_exit, 0);
	return 0;
}
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID)

static void robust_lists(void)
{
	void *head = (void *)1;
	size_t len = 7;
	static struct robust_list_head mine;

	put("set_robust_list", "wrong size", sc(SYS_set_robust_list, &mine, 11));
	put("set_robust_list", "success", sc(SYS_set_robust_list, &mine, sizeof mine));
	put("get_robust_list", "itself", sc(SYS_get_robust_list, 0, &head, &len));
	note("get_robust_list", "itself: what it tells", "%s %u", head == &mine ? "same" : "other", (unsigned)len);
	put("get_robust_list", "bad pointer", sc(SYS_get_robust_list, 0, 16, &len));
	put("get_robust_list", "bad length pointer", sc(SYS_get_robust_list, 0, &head, 16));
	put("get_robust_list", "no such thread", sc(SYS_get_robust_list, 0x3fffffff, &head, &len));
	put("get_robust_list", "negative", sc(SYS_get_robust_list, -1, &head, &len));
	child_tid = 1;
	ok("clone", "a thread by hand", clone(dies_holding, stack[0] + 65536, THREAD, NULL, &child_tid, NULL, &child_tid));
	for (int i = 0; i < 1000 && child_tid; i++) fx(&child_tid, FUTEX_WAIT, child_tid, &(struct timespec){0, 10000000}, NULL, 0);
	note("exit", "CLONE_CHILD_CLEARTID", "%u", child_tid);
	note("exit", "robust list: owner died", "%x", robust.word & (FUTEX_OWNER_DIED | FUTEX_WAITERS | FUTEX_TID_MASK));
	note("set_tid_address", "tells its thread", "%d", sc(SYS_set_tid_address, &child_tid) == syscall(SYS_gettid));
}

static void areas(void)
{
	struct user_desc d, e;
	memset(&d, 0, sizeof d);
	d.entry_number = (unsigned)-1, d.base_addr = 0x1000, d.limit = 0xfffff, d.seg_32bit = 1, d.limit_in_pages = 1, d.useable = 1;
	put("set_thread_area", "a free one", sc(SYS_set_thread_area, &d));
	note("set_thread_area", "its number", "%u", d.entry_number);
	memset(&e, 0x55, sizeof e);
	e.entry_number = d.entry_number;
	put("get_thread_area", "what was set", sc(SYS_get_thread_area, &e));
	note("get_thread_area", "what it tells", "base %lx limit %x 32bit %d contents %d ro %d pages %d np %d useable %d", (unsigned long)e.base_addr, e.limit,
	     e.seg_32bit, e.contents, e.read_exec_only, e.limit_in_pages, e.seg_not_present, e.useable);
	d.entry_number = 8, d.contents = 2;
	put("set_thread_area", "a code segment", sc(SYS_set_thread_area, &d));
	d.contents = 1;
	put("set_thread_area", "grows down", sc(SYS_set_thread_area, &d));
	d.contents = 0, d.seg_32bit = 0;
	put("set_thread_area", "16 bit", sc(SYS_set_thread_area, &d));
	d.seg_32bit = 1, d.entry_number = 5;
	put("set_thread_area", "number 5", sc(SYS_set_thread_area, &d));
	d.entry_number = 9;
	put("set_thread_area", "number 9", sc(SYS_set_thread_area, &d));
	d.entry_number = 8, d.seg_not_present = 1;
	put("set_thread_area", "not present", sc(SYS_set_thread_area, &d));
	d.seg_not_present = 0;
	put("set_thread_area", "number 8", sc(SYS_set_thread_area, &d));
	d.entry_number = (unsigned)-1;
	put("set_thread_area", "none free", sc(SYS_set_thread_area, &d));
	memset(&d, 0, sizeof d);
	d.entry_number = 8, d.read_exec_only = 1, d.seg_not_present = 1;
	put("set_thread_area", "clears", sc(SYS_set_thread_area, &d));
	e.entry_number = 8;
	put("get_thread_area", "a cleared one", sc(SYS_get_thread_area, &e));
	note("get_thread_area", "a cleared one: what it tells", "base %lx limit %x ro %d np %d", (unsigned long)e.base_addr, e.limit, e.read_exec_only, e.seg_not_present);
	memset(&d, 0, sizeof d);
	d.entry_number = 8;
	put("set_thread_area", "all zero", sc(SYS_set_thread_area, &d));
	put("set_thread_area", "bad pointer", sc(SYS_set_thread_area, 16));
	put("get_thread_area", "bad pointer", sc(SYS_get_thread_area, 16));
	e.entry_number = 5;
	put("get_thread_area", "number 5", sc(SYS_get_thread_area, &e));
	e.entry_number = (unsigned)-1;
	put("get_thread_area", "number -1", sc(SYS_get_thread_area, &e));
}

static void *ends_thread(void *arg) { (void)arg; pthread_exit(NULL); }
static void *ends_all(void *arg) { (void)arg; _exit(7); }
static void *kills(void *arg) { (void)arg; raise(SIGUSR1); return NULL; }
static void *execs(void *arg) { (void)arg; execl("/proc/self/exe", "futexes", "no-such-section", (char *)0); return NULL; }
static volatile int handled_by;
static void note_tid(int s) { (void)s; handled_by = (int)syscall(SYS_gettid); }
static void *gets(void *arg) { *(volatile int *)arg = (int)syscall(SYS_gettid); while (!handled_by) moment(); return NULL; }
static void t_main_ends(void) { pthread_t t; pthread_create(&t, NULL, ends_thread, NULL); pthread_exit(NULL); }
static void t_exit_group(void) { pthread_t t; pthread_create(&t, NULL, ends_all, NULL); for (;;) pause(); }
static void t_raise(void) { pthread_t t; pthread_create(&t, NULL, kills, NULL); for (;;) pause(); }
static void t_exec(void) { pthread_t t; pthread_create(&t, NULL, execs, NULL); for (;;) pause(); }
static void t_fault(void) { pthread_t t; pthread_create(&t, NULL, (void *(*)(void *))(uintptr_t)16, NULL); for (;;) pause(); }

static void threads(void)
{
	pthread_t t;
	volatile int tid = 0;
	struct sigaction a = {.sa_handler = note_tid};

	ends("exit", "the first thread ends before the others", t_main_ends);
	ends("exit_group", "from another thread", t_exit_group);
	ends("tgkill", "a thread's own signal kills all", t_raise);
	ends("execve", "from another thread", t_exec);
	ends("clone", "a thread's fault kills all", t_fault);
	sigaction(SIGUSR2, &a, NULL);
	pthread_create(&t, NULL, gets, (void *)&tid);
	while (!tid) moment();
	put("tgkill", "to a thread", sc(SYS_tgkill, getpid(), tid, SIGUSR2));
	pthread_join(t, NULL);
	note("tgkill", "handled by that thread", "%d", handled_by == tid);
	put("clone", "CLONE_THREAD, not CLONE_SIGHAND", sc(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0));
	put("clone", "CLONE_SIGHAND, not CLONE_VM", sc(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
	put("clone", "CLONE_FS and CLONE_NEWNS", sc(SYS_clone, CLONE_FS | CLONE_NEWNS, 0, 0, 0, 0));
	put("clone", "CLONE_SETTLS, bad pointer", sc(SYS_clone, CLONE_VM | CLONE_SETTLS | SIGCHLD, stack[1] + 65000, 0, 16, 0));
}

const struct section sections[] = {
	{"errors", errors}, {"between", between}, {"signals", signals}, {"robust_lists", robust_lists}, {"areas", areas}, {"threads", threads},
	{NULL, NULL},
};
