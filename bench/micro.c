/* micro: times small things a kernel does: calls, pipes, forks, execs, page faults.
 * Started by bench/bench.py on Godwit as a program and on Linux as pid 1; prints "NAME nanoseconds" lines.
 * Never uses more than one file of the system: itself. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS   7
#define ROUND_NS 50000000LL  /* a round lasts at least so long */
#define PAGE     4096

static const char *self;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void null_call(long times)
{
	while (times-- > 0)
		syscall(SYS_getppid);
}

static void clock_call(long times)
{
	int64_t t[2];

	while (times-- > 0)
		syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, t);
}

/* One byte there and one back, with another process. */
static void pipe_turn(long times)
{
	int there[2], back[2], status;
	char c = 'x';
	pid_t pid;

	if (pipe(there) || pipe(back) || (pid = fork()) < 0)
		fail("pipe");
	if (pid == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	while (times-- > 0)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			fail("pipe turn");
	close(there[0]), close(there[1]), close(back[0]), close(back[1]);
	waitpid(pid, &status, 0);
}

static void fork_exit(long times)
{
	while (times-- > 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			fail("fork");
	}
}

static void exec_exit(long times)
{
	while (times-- > 0) {
		pid_t pid = vfork();

		if (pid == 0) {
			execl(self, self, "nothing", (char *)NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			fail("exec");
	}
}

/* First writes into fresh pages, 256 to a mapping; the mapping's own calls are in it. */
static void page_fault(long times)
{
	while (times > 0) {
		long n = times < 256 ? times : 256;
		volatile char *m = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (m == MAP_FAILED)
			fail("mmap");
		for (long i = 0; i < n; i++)
			m[i * PAGE] = 1;
		munmap((void *)m, (size_t)n * PAGE);
		times -= n;
	}
}

/* 32 KiB at a time through a pipe, both ends in turn in one process: copying. */
static void pipe_copy(long times)
{
	static char data[32768];
	int ends[2];

	if (pipe(ends))
		fail("pipe");
	while (times-- > 0)
		if (write(ends[1], data, sizeof data) != sizeof data || read(ends[0], data, sizeof data) != sizeof data)
			fail("pipe copy");
	close(ends[0]), close(ends[1]);
}

static const struct {
	const char *name;
	void (*run)(long times);
} tests[] = {
	{"getppid", null_call},    {"clock_gettime", clock_call}, {"pipe_turn", pipe_turn},
	{"pipe_32k", pipe_copy},   {"page_fault", page_fault},    {"fork_exit", fork_exit},
	{"vfork_exec_exit", exec_exit},
};

/* Doubles the number of times until a round is long enough; then the fastest round: the host is shared. */
static void measure(const char *name, void (*run)(long times))
{
	int64_t best = INT64_MAX, start, took;
	long times = 1;

	for (;; times *= 2) {
		start = now_ns();
		run(times);
		if (now_ns() - start >= ROUND_NS || times >= 1L << 24)
			break;
	}
	for (int i = 0; i < ROUNDS; i++) {
		start = now_ns();
		run(times);
		took = (now_ns() - start) * 10 / times;
		if (took < best)
			best = took;
	}
	printf("%s %lld.%lld\n", name, (long long)best / 10, (long long)best % 10);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "nothing"))
		return 0;
	self = argv[0][0] == '/' ? argv[0] : "/bin/micro";
	if (getpid() == 1) {
		int fd = open("/dev/console", O_RDWR);

		for (int i = 0; i < 3 && fd >= 0; i++)
			dup2(fd, i);
	}
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		measure(tests[i].name, tests[i].run);
	printf("BENCH end\n");
	fflush(stdout);
	while (getpid() == 1)
		pause();
	return 0;
}
