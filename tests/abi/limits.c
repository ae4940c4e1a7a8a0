/* limits - getrlimit, setrlimit, prlimit64, and that each limit acts. */
#include "abi.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#define NOBODY_PID 4000000

static void calls(void)
{
	struct rlimit r, o;
	struct rlimit64 r64, o64;
	char what[48];

	for (int i = 0; i < 16; i++) {
		snprintf(what, sizeof what, "resource %d", i);
		T("ugetrlimit", what, syscall(SYS_ugetrlimit, i, &r));
		T("setrlimit", what, syscall(SYS_setrlimit, i, &r));
	}
	T("ugetrlimit", "resource 16", syscall(SYS_ugetrlimit, 16, &r));
	T("ugetrlimit", "resource -1", syscall(SYS_ugetrlimit, -1, &r));
	T("ugetrlimit", "bad pointer", syscall(SYS_ugetrlimit, 7, BAD));
	T("getrlimit", "resource 16", syscall(SYS_getrlimit, 16, &r));
	r = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	syscall(SYS_setrlimit, RLIMIT_RSS, &r);
	TV("getrlimit", "no limit, as the first one told it", syscall(SYS_getrlimit, RLIMIT_RSS, &o), "%#lx %#lx", (unsigned long)o.rlim_cur, (unsigned long)o.rlim_max);
	T("getrlimit", "bad pointer", syscall(SYS_getrlimit, 7, BAD));
	T("setrlimit", "resource 16", syscall(SYS_setrlimit, 16, &r));
	T("setrlimit", "bad pointer", syscall(SYS_setrlimit, 7, BAD));
	r = (struct rlimit){20, 10};
	T("setrlimit", "soft above hard", syscall(SYS_setrlimit, RLIMIT_RSS, &r));
	r = (struct rlimit){10, 20};
	T("setrlimit", "success", syscall(SYS_setrlimit, RLIMIT_RSS, &r));
	T("prlimit64", "itself", syscall(SYS_prlimit64, 0, RLIMIT_RSS, NULL, &o64));
	note("prlimit64", "what was set", "%llu %llu", (unsigned long long)o64.rlim_cur, (unsigned long long)o64.rlim_max);
	r64 = (struct rlimit64){11, 1ull << 33};
	T("prlimit64", "a hard limit of 8 GiB", syscall(SYS_prlimit64, getpid(), RLIMIT_RSS, &r64, &o64));
	note("prlimit64", "the old one", "%llu %llu", (unsigned long long)o64.rlim_cur, (unsigned long long)o64.rlim_max);
	syscall(SYS_prlimit64, 0, RLIMIT_RSS, NULL, &o64);
	note("prlimit64", "8 GiB are no limit", "%llu %d", (unsigned long long)o64.rlim_cur, o64.rlim_max == RLIM64_INFINITY);
	T("prlimit64", "resource 16", syscall(SYS_prlimit64, 0, 16, NULL, &o64));
	T("prlimit64", "no such process", syscall(SYS_prlimit64, NOBODY_PID, RLIMIT_RSS, NULL, &o64));
	T("prlimit64", "pid -1", syscall(SYS_prlimit64, -1, RLIMIT_RSS, NULL, &o64));
	T("prlimit64", "bad new", syscall(SYS_prlimit64, 0, RLIMIT_RSS, BAD, NULL));
	T("prlimit64", "bad new, no such process", syscall(SYS_prlimit64, NOBODY_PID, RLIMIT_RSS, BAD, NULL));
	T("prlimit64", "bad old", syscall(SYS_prlimit64, 0, RLIMIT_RSS, NULL, BAD));
	T("prlimit64", "nothing", syscall(SYS_prlimit64, 0, RLIMIT_RSS, NULL, NULL));
	r64 = (struct rlimit64){20, 10};
	T("prlimit64", "soft above hard", syscall(SYS_prlimit64, 0, RLIMIT_RSS, &r64, NULL));
	r64 = (struct rlimit64){1 << 20, (1 << 20) + 1};
	T("prlimit64", "more descriptors than a system has", syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &r64, NULL));
}

static void calls_user(void)
{
	struct rlimit r = {5, 5};

	T("setrlimit", "user: lower", syscall(SYS_setrlimit, RLIMIT_RSS, &r));
	r.rlim_max = 6;
	T("setrlimit", "user: the hard limit up", syscall(SYS_setrlimit, RLIMIT_RSS, &r));
	r = (struct rlimit){0, 5};
	T("setrlimit", "user: the soft limit down", syscall(SYS_setrlimit, RLIMIT_RSS, &r));
	r.rlim_cur = 5;
	T("setrlimit", "user: the soft limit up again", syscall(SYS_setrlimit, RLIMIT_RSS, &r));
	T("prlimit64", "user: root's process", syscall(SYS_prlimit64, 1, RLIMIT_RSS, NULL, NULL));
	T("prlimit64", "user: its own pid", syscall(SYS_prlimit64, getpid(), RLIMIT_RSS, NULL, NULL));
}

static void limit_to(int which, unsigned long soft, unsigned long hard)
{
	struct rlimit r = {soft, hard};

	setrlimit((unsigned)which, &r);
}

static volatile int caught, caught_code;

static void keep(int sig, siginfo_t *info, void *context)
{
	(void)context;
	caught = sig;
	caught_code = info->si_code;
}

static void catch(int sig)
{
	struct sigaction a = {.sa_sigaction = keep, .sa_flags = SA_SIGINFO};

	sigaction(sig, &a, NULL);
}

static void files(void)
{
	limit_to(RLIMIT_NOFILE, 10, 10);
	int last = -1, fd;
	while ((fd = dup(0)) >= 0)
		last = fd;
	note("dup", "RLIMIT_NOFILE 10", "last %d then %s", last, errno_name(errno));
	T("dup2", "beyond RLIMIT_NOFILE", dup2(0, 10));
	T("dup2", "within RLIMIT_NOFILE", dup2(0, 9));
	T("fcntl64", "F_DUPFD beyond RLIMIT_NOFILE", fcntl(0, F_DUPFD, 10));
	T("open", "RLIMIT_NOFILE reached", open("/dev/null", O_RDONLY));
	int p[2];
	close(9);
	T("pipe", "one descriptor is left", pipe(p));
	T("socketpair", "one descriptor is left", syscall(360, 1, 1, 0, p));
	T("epoll_create1", "one descriptor is left", syscall(SYS_epoll_create1, 0));
	T("eventfd2", "no descriptor is left", syscall(SYS_eventfd2, 0, 0));
	T("timerfd_create", "no descriptor is left", syscall(SYS_timerfd_create, 1, 0));
}

static void sizes(void)
{
	char block[4096] = {0};
	int fd = must_open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

	catch(SIGXFSZ);
	limit_to(RLIMIT_FSIZE, 5000, RLIM_INFINITY);
	T("write", "within RLIMIT_FSIZE", write(fd, block, 4096));
	T("write", "partly beyond RLIMIT_FSIZE", write(fd, block, 4096));
	note("write", "across RLIMIT_FSIZE: signal", "%d", caught);
	T("write", "beyond RLIMIT_FSIZE", write(fd, block, 1));
	note("write", "beyond RLIMIT_FSIZE: signal", "%d code %d", caught, caught_code);
	caught = 0;
	T("pwrite64", "beyond RLIMIT_FSIZE", pwrite64(fd, block, 1, 6000));
	note("pwrite64", "beyond RLIMIT_FSIZE: signal", "%d", caught);
	caught = 0;
	T("ftruncate64", "beyond RLIMIT_FSIZE", ftruncate64(fd, 6000));
	note("ftruncate64", "beyond RLIMIT_FSIZE: signal", "%d", caught);
	T("truncate64", "to RLIMIT_FSIZE", truncate64("f", 5000));
	T("fallocate", "beyond RLIMIT_FSIZE", syscall(SYS_fallocate, fd, 0, 0, 0, 6000, 0));
	signal(SIGXFSZ, SIG_IGN);
	T("write", "beyond RLIMIT_FSIZE, SIGXFSZ ignored", pwrite(fd, block, 1, 5000));
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_DFL);
		pwrite(fd, block, 1, 5000);
		_exit(1);
	}
	int s;
	waitpid(pid, &s, 0);
	note("pwrite64", "beyond RLIMIT_FSIZE, SIGXFSZ by default", "%s", status_text(s));
}

static void burn(void)
{
	for (;;)
		;
}

static void cpu_soft(void)
{
	limit_to(RLIMIT_CPU, 1, RLIM_INFINITY);
	burn();
}

static void cpu_hard(void)
{
	signal(SIGXCPU, SIG_IGN);
	limit_to(RLIMIT_CPU, 1, 1);
	burn();
}

static void cpu_caught(void)
{
	catch(SIGXCPU);
	limit_to(RLIMIT_CPU, 1, 3);
	while (!caught)
		;
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	_exit(t.tv_sec >= 1 && caught_code == SI_KERNEL ? 0 : 1);
}

static void times(void)
{
	ends("setrlimit", "RLIMIT_CPU, the soft one", cpu_soft);
	ends("setrlimit", "RLIMIT_CPU, the hard one", cpu_hard);
	ends("setrlimit", "RLIMIT_CPU, SIGXCPU caught", cpu_caught);
}

static void *map(size_t n, int flags)
{
	return mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

#define MB 1048576u

static void address_space(void)
{
	limit_to(RLIMIT_AS, 20 * MB, 20 * MB);
	note("mmap2", "RLIMIT_AS 20 MiB", "10: %s 30: %s", map(10 * MB, 0) == MAP_FAILED ? errno_name(errno) : "0", map(30 * MB, 0) == MAP_FAILED ? errno_name(errno) : "0");
	note("brk", "RLIMIT_AS 20 MiB", "%s", sbrk(30 * MB) == (void *)-1 ? errno_name(errno) : "0");
	char *p = map(MB, 0);
	note("mremap", "RLIMIT_AS 20 MiB", "%s", mremap(p, MB, 30 * MB, MREMAP_MAYMOVE) == MAP_FAILED ? errno_name(errno) : "0");
}

static void data(void)
{
	limit_to(RLIMIT_DATA, 8 * MB, 8 * MB);
	note("brk", "RLIMIT_DATA 8 MiB", "4: %s 16: %s", sbrk(4 * MB) == (void *)-1 ? errno_name(errno) : "0", sbrk(16 * MB) == (void *)-1 ? errno_name(errno) : "0");
	note("mmap2", "RLIMIT_DATA 8 MiB, private memory", "%s", map(16 * MB, 0) == MAP_FAILED ? errno_name(errno) : "0");
}

static int use(int n_left)
{
	volatile char room[4096];

	room[0] = 1;
	return n_left > 0 ? use(n_left - 1) + room[0] : 0;
}

static void stack_small(void)
{
	limit_to(RLIMIT_STACK, 256 * 1024, 256 * 1024);
	use(200);
	_exit(0);
}

static void stack_fits(void)
{
	limit_to(RLIMIT_STACK, 2 * MB, 2 * MB);
	use(200);
	_exit(0);
}

static void queued(void)
{
	union sigval v = {0};
	sigset_t all;
	int n = 0;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	limit_to(RLIMIT_SIGPENDING, 5, 5);
	while (n < 20 && sigqueue(getpid(), SIGRTMIN, v) == 0)
		n++;
	note("rt_sigqueueinfo", "RLIMIT_SIGPENDING 5", "%d then %s", n, errno_name(errno));
	T("kill", "RLIMIT_SIGPENDING reached, a standard signal", kill(getpid(), SIGUSR1));
	T("kill", "RLIMIT_SIGPENDING reached, a real-time signal", kill(getpid(), SIGRTMIN + 1));
	T("tkill", "RLIMIT_SIGPENDING reached, a real-time signal", syscall(SYS_tkill, getpid(), SIGRTMIN + 2));
	T("rt_sigqueueinfo", "RLIMIT_SIGPENDING reached, a standard signal", sigqueue(getpid(), SIGUSR2, v));
}

static void core_status(const char *condition, unsigned long limit, int dumpable)
{
	pid_t pid = fork();

	if (pid == 0) {
		limit_to(RLIMIT_CORE, limit, limit);
		if (!dumpable)
			syscall(SYS_prctl, 4, 0, 0, 0, 0);
		raise(SIGQUIT);
		_exit(1);
	}
	int s;
	waitpid(pid, &s, 0);
	note("wait4", condition, "%#x", s);
}

static void memory(void)
{
	in_child(address_space);
	in_child(data);
	ends("setrlimit", "RLIMIT_STACK 256 KiB, 800 KiB used", stack_small);
	ends("setrlimit", "RLIMIT_STACK 2 MiB, 800 KiB used", stack_fits);
	in_child(queued);
	core_status("status without RLIMIT_CORE", 0, 1);
}

static void users(void)
{
	as_user(1000, 1000, calls_user);
}

const struct section sections[] = {{"calls", calls}, {"users", users}, {"files", files}, {"sizes", sizes}, {"times", times}, {"memory", memory}, {NULL, NULL}};
