/* threads_futex.c - futex(2) and clone(2) by themselves, and what the libraries build on the rarer parts of them.
 * Run by tests/qemu/test_threads.py here and on the host.
 * Never: prints what depends on who runs first. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* linux/futex.h, which musl does not bring */
enum {
	FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE = 3, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_WAIT_BITSET = 9, FUTEX_WAKE_BITSET,
	PRIVATE = 128, FUTEX_CLOCK_REALTIME = 256,
	FUTEX_WAIT_PRIVATE = FUTEX_WAIT | PRIVATE, FUTEX_WAKE_PRIVATE = FUTEX_WAKE | PRIVATE, FUTEX_REQUEUE_PRIVATE = FUTEX_REQUEUE | PRIVATE,
	FUTEX_CMP_REQUEUE_PRIVATE = FUTEX_CMP_REQUEUE | PRIVATE, FUTEX_WAKE_OP_PRIVATE = FUTEX_WAKE_OP | PRIVATE,
	FUTEX_WAIT_BITSET_PRIVATE = FUTEX_WAIT_BITSET | PRIVATE, FUTEX_WAKE_BITSET_PRIVATE = FUTEX_WAKE_BITSET | PRIVATE,
};
enum { OP_SET, OP_ADD, OP_OR, OP_ANDN, OP_XOR, OP_SHIFT = 8 };
enum { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };
#define FUTEX_OP(op, arg, cmp, cmparg) ((int)((unsigned)(op) << 28 | (unsigned)(cmp) << 24 | ((arg) & 0xfffu) << 12 | ((cmparg) & 0xfffu)))

static int futex(void *at, int op, int val, void *time, void *at2, int val3)
{
	long r = syscall(SYS_futex, at, op, val, time, at2, val3);

	return r < 0 ? -errno : (int)r;
}

/* With a time: the old call's is of two words, whatever the C library calls a timespec. */
static int timed(void *at, int op, int val, const struct timespec *t, int val3)
{
	int words[2] = {(int)t->tv_sec, (int)t->tv_nsec};

	return futex(at, op, val, words, NULL, val3);
}

static int word, word2;

static void nap(int ms)
{
	struct timespec t = {.tv_nsec = ms * 1000000L};
	nanosleep(&t, NULL);
}

static long now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- errors and timeouts */
static void errors(void)
{
	struct timespec bad = {.tv_nsec = 2000000000}, zero = {0}, past = {.tv_sec = 5};

	printf("wait other value %d\n", futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
	printf("wait timeout 0 %d\n", timed(&word, FUTEX_WAIT, 0, &zero, 0));
	printf("wait bad time %d\n", timed(&word, FUTEX_WAIT, 0, &bad, 0));
	printf("wait unaligned %d\n", futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0));
	printf("wait wild %d\n", futex((void *)64, FUTEX_WAIT, 0, NULL, NULL, 0));
	printf("wake wild shared %d\n", futex((void *)64, FUTEX_WAKE, 1, NULL, NULL, 0));
	printf("wake nobody %d\n", futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	printf("wake unaligned %d\n", futex((char *)&word + 2, FUTEX_WAKE, 1, NULL, NULL, 0));
	printf("bitset 0 %d %d\n", futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	printf("bitset past %d\n", timed(&word, FUTEX_WAIT_BITSET, 0, &past, -1));
	printf("realtime past %d\n", timed(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, -1));
	printf("realtime with wait %d\n", futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
	printf("cmp_requeue other %d\n", futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &word2, 5));
	printf("requeue negative %d\n", futex(&word, FUTEX_CMP_REQUEUE, -1, (void *)1, &word2, 0));
	printf("unknown %d\n", futex(&word, 77, 1, NULL, NULL, 0));
}

static void timeouts(void)
{
	struct timespec t = {.tv_nsec = 60000000};
	long start = now_ms(CLOCK_MONOTONIC);

	int r = timed(&word, FUTEX_WAIT_PRIVATE, 0, &t, 0);
	long took = now_ms(CLOCK_MONOTONIC) - start;
	printf("relative %d, not early %d, not late %d\n", r, took >= 59, took < 2000);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += (t.tv_nsec + 60000000) / 1000000000;
	t.tv_nsec = (t.tv_nsec + 60000000) % 1000000000;
	start = now_ms(CLOCK_MONOTONIC);
	r = timed(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &t, -1);
	took = now_ms(CLOCK_MONOTONIC) - start;
	printf("absolute real %d, not early %d, not late %d\n", r, took >= 58, took < 2000);
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (t.tv_nsec + 60000000) / 1000000000;
	t.tv_nsec = (t.tv_nsec + 60000000) % 1000000000;
	start = now_ms(CLOCK_MONOTONIC);
	r = timed(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &t, -1);
	took = now_ms(CLOCK_MONOTONIC) - start;
	printf("absolute monotonic %d, not early %d, not late %d\n", r, took >= 59, took < 2000);
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t c = PTHREAD_COND_INITIALIZER;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec = (t.tv_nsec + 40000000) % 1000000000;
	pthread_mutex_lock(&m);
	r = pthread_cond_timedwait(&c, &m, &t);
	printf("cond_timedwait %d\n", r);
	sem_t s;
	sem_init(&s, 0, 0);
	r = sem_timedwait(&s, &t);
	printf("sem_timedwait %d %d\n", r, errno);
}

/* ---- several waiters */
static int waiting, results[8];

static void *wait_word(void *arg)
{
	int i = (int)(long)arg;

	__sync_fetch_and_add(&waiting, 1);
	results[i] = i < 4 ? futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) : futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, 1 << i);
	__sync_fetch_and_sub(&waiting, 1);
	return NULL;
}

static void settle(int n)
{
	while (waiting != n) nap(1);
	nap(20);
}

static void gather(pthread_t *t, int from, int to)
{
	waiting = 0;
	for (long i = from; i < to; i++) pthread_create(&t[i], NULL, wait_word, (void *)i);
	settle(to - from);
}

static void waking(void)
{
	pthread_t t[8];

	gather(t, 0, 4);
	printf("wake 1: %d\n", futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	settle(3);
	printf("wake in the shared form: %d\n", futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
	printf("requeue: %d\n", futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)5, &word2, 0));
	settle(2);
	printf("wake first word: %d\n", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
	printf("wake second word: %d\n", futex(&word2, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
	for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
	gather(t, 4, 8);
	printf("bitset other: %d\n", futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 1));
	printf("bitset two: %d\n", futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 1 << 5 | 1 << 6));
	settle(2);
	printf("bitset rest: %d\n", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
	for (int i = 4; i < 8; i++) pthread_join(t[i], NULL);
	gather(t, 0, 2);
	printf("requeue onto itself: %d\n", futex(&word, FUTEX_REQUEUE_PRIVATE, 0, (void *)7, &word, 0));
	word2 = 6;
	printf("wake_op add, gt: %d", futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &word2, FUTEX_OP(OP_ADD, 3, CMP_GT, 9)));
	printf(" word2 %d\n", word2);
	settle(1);
	printf("wake_op set, eq: %d", futex(&word2, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &word, FUTEX_OP(OP_SET, 0, CMP_EQ, 0)));
	printf(" word %d\n", word);
	for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
	printf("wake_op shift, andn: %d", futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &word2, FUTEX_OP(OP_OR | OP_SHIFT, 6, CMP_LE, 9)));
	printf(" %d", word2);
	printf(" %d", futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &word2, FUTEX_OP(OP_ANDN, 1, CMP_NE, -1)));
	printf(" %d\n", word2);
	printf("wake_op unknown: %d\n", futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &word2, (int)(7u << 28)));
	for (int i = 0; i < 8; i++) printf("%d ", results[i]);
	printf("\n");
}

/* ---- interrupted: restarted without a handler's SA_RESTART or not */
static void nothing(int sig) { (void)sig; }

static void *interrupted(void *arg)
{
	struct timespec t = {.tv_sec = 20};

	__sync_fetch_and_add(&waiting, 1);
	results[0] = arg ? timed(&word, FUTEX_WAIT_PRIVATE, 0, &t, 0) : futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

static void interrupting(void)
{
	for (int restart = 0; restart < 2; restart++) {
		for (long limit = 0; limit < 2; limit++) {
			struct sigaction a = {.sa_handler = nothing, .sa_flags = restart ? SA_RESTART : 0};
			pthread_t t;
			sigaction(SIGUSR1, &a, NULL);
			waiting = 0;
			pthread_create(&t, NULL, interrupted, (void *)limit);
			settle(1);
			pthread_kill(t, SIGUSR1);
			nap(20);
			futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
			pthread_join(t, NULL);
			printf("signal: restart %d, timeout %ld: %d\n", restart, limit, results[0]);
		}
	}
}

/* ---- between processes */
static void shared(void)
{
	int *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status;

	fflush(stdout);
	pid_t c = fork();
	if (!c) {
		p[1] = 1;
		_exit(-futex(p, FUTEX_WAIT, 0, NULL, NULL, 0));
	}
	while (!p[1]) nap(1);
	nap(20);
	printf("private form misses: %d", futex(p, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	printf(", shared wakes: %d", futex(p, FUTEX_WAKE, 1, NULL, NULL, 0));
	waitpid(c, &status, 0);
	printf(", status %d\n", status);
	sem_t *s = (sem_t *)(p + 16), *d = (sem_t *)(p + 32);
	sem_init(s, 1, 0);
	sem_init(d, 1, 0);
	c = fork();
	if (!c) {
		for (int i = 0; i < 100; i++) {
			sem_wait(s);
			p[2]++;
			sem_post(d);
		}
		_exit(0);
	}
	for (int i = 0; i < 100; i++) {
		sem_post(s);
		sem_wait(d);
	}
	waitpid(c, &status, 0);
	printf("semaphores between processes: %d\n", p[2]);
	pthread_mutexattr_t a;
	pthread_mutex_t *m = (pthread_mutex_t *)(p + 64);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &a);
	c = fork();
	if (!c) {
		pthread_mutex_lock(m);
		sem_post(d);
		nap(30);
		_exit(0);
	}
	sem_wait(d);
	int r = pthread_mutex_lock(m);
	waitpid(c, &status, 0);
	printf("robust: lock %d", r);
	printf(", consistent %d", pthread_mutex_consistent(m));
	printf(", unlock %d", pthread_mutex_unlock(m));
	printf(", again %d\n", pthread_mutex_lock(m));
	pthread_mutex_unlock(m);
}

static pthread_mutex_t robust;

static void *dies(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&robust);
	return NULL;
}

static void robust_threads(void)
{
	pthread_mutexattr_t a;
	pthread_t t;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &a);
	pthread_create(&t, NULL, dies, NULL);
	pthread_join(t, NULL);
	int r = pthread_mutex_lock(&robust);
	printf("robust in one process: %d, trylock", r);
	pthread_mutex_unlock(&robust); /* not made consistent: unusable for ever */
	printf(" %d\n", pthread_mutex_trylock(&robust));
}

/* ---- clone by itself */
static char stack[65536] __attribute__((aligned(16)));
static volatile int cell;
static int ptid, ctid;

static int body(void *arg)
{
	int what = (int)(long)arg;

	cell = what;
	if (what == 2) close(3);
	if (what == 3 && chdir("/proc")) return 1;
	if (what == 3) umask(011);
	if (what == 4) signal(SIGUSR2, SIG_IGN);
	return what;
}

static int run(int flags, int what)
{
	int status = -1;

	cell = 0;
	pid_t c = clone(body, stack + sizeof stack, flags | SIGCHLD, (void *)(long)what, &ptid, NULL, &ctid);
	if (c < 0) return -errno;
	waitpid(c, &status, 0);
	if (flags & CLONE_PARENT_SETTID) printf("[ptid %d] ", ptid == c);
	return WEXITSTATUS(status);
}

struct clone_args {
	unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static int clone3(struct clone_args *a, unsigned size)
{
	long r = syscall(SYS_clone3, a, size);

	return r < 0 ? -errno : (int)r;
}

static void clones(void)
{
	struct sigaction a;
	char cwd[64];

	printf("no sharing: %d", run(0, 1));
	printf(" cell %d\n", cell);
	printf("vm: %d", run(CLONE_VM, 1));
	printf(" cell %d\n", cell);
	printf("vm vfork: %d", run(CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID, 5));
	printf(" cell %d\n", cell);
	for (int share = 0; share < 2; share++) {
		int fd = open("/", O_RDONLY);
		if (fd != 3) dup2(fd, 3);
		int r = run(share ? CLONE_FILES : 0, 2);
		printf("files shared %d: %d, open %d\n", share, r, fcntl(3, F_GETFD) >= 0);
		close(3);
	}
	for (int share = 0; share < 2; share++) {
		if (chdir("/")) exit(3);
		umask(022);
		int r = run(share ? CLONE_FS : 0, 3);
		printf("fs shared %d: %d, cwd %s, umask %03o\n", share, r, getcwd(cwd, sizeof cwd), umask(022));
	}
	for (int share = 0; share < 2; share++) {
		signal(SIGUSR2, SIG_DFL);
		int r = run(CLONE_VM | (share ? CLONE_SIGHAND : 0), 4);
		sigaction(SIGUSR2, NULL, &a);
		printf("sighand shared %d: %d, ignored %d\n", share, r, a.sa_handler == SIG_IGN);
		if (share) kill(getpid(), SIGUSR2); /* home knows too */
	}
	struct clone_args args = {.exit_signal = SIGCHLD};
	fflush(stdout);
	pid_t c = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (!c) _exit(23);
	int status = -1;
	waitpid(c, &status, 0);
	printf("clone3: %d\n", WEXITSTATUS(status));
	printf("clone3 wrong: %d", clone3(&args, 8));
	printf(" %d", clone3((void *)16, sizeof args));
	args.exit_signal = 99;
	printf(" %d", clone3(&args, sizeof args));
	args.exit_signal = SIGCHLD;
	args.stack = 4096;
	printf(" %d", clone3(&args, sizeof args));
	args.stack = 0;
	args.flags = CLONE_THREAD;
	printf(" %d", clone3(&args, sizeof args));
	args.exit_signal = 0;
	printf(" %d\n", clone3(&args, sizeof args));
	printf("unshare: %d %d", unshare(CLONE_FILES), unshare(CLONE_FS));
	printf(" %d %d\n", unshare(CLONE_PARENT_SETTID), errno);
	printf("sighand without vm: %d\n", run(CLONE_SIGHAND, 1));
	printf("thread without sighand: %d\n", run(CLONE_THREAD | CLONE_VM, 1));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	errors();
	timeouts();
	waking();
	interrupting();
	shared();
	robust_threads();
	clones();
	return 0;
}
