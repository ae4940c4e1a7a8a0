/* abi_calls: fixed numbers of calls, switches, faults, forks and execs, their results checked.
 * Started by bench/abi.py as pid 1 of Godwit and of Linux, or by hand: abi_calls [ROUNDS [ROW]].
 * Never uses a file of the system but itself, /dev/zero, /dev/null and what it makes in /tmp. */
#define _GNU_SOURCE
#include "abi.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>

#define PAGE    4096
#define N_READY 100    /* descriptors of the select, poll and epoll rows */
#define FILE_AT "/tmp/abi-file"
#define FILE_PAGES 1024

static const char *self;

/* ---- calls of one process */

static void null_call(long times)
{
	pid_t parent = getppid();

	while (times-- > 0)
		check(syscall(SYS_getppid) == parent, "getppid");
}

static void read_zero(long times)
{
	int fd = open("/dev/zero", O_RDONLY);
	char c = 1;

	while (times-- > 0)
		check(read(fd, &c, 1) == 1 && c == 0, "read /dev/zero");
	close(fd);
}

static void write_null(long times)
{
	int fd = open("/dev/null", O_WRONLY);

	while (times-- > 0)
		check(write(fd, "x", 1) == 1, "write /dev/null");
	close(fd);
}

static void read_file(long times)
{
	int fd = open(FILE_AT, O_RDONLY);
	char c;

	for (long i = 0; i < times; i++)
		check(read(fd, &c, 1) == 1 && c == (char)(i / PAGE), "read of a file");
	close(fd);
}

static void open_close(long times)
{
	while (times-- > 0) {
		int fd = open(FILE_AT, O_RDONLY);

		check(fd >= 0 && close(fd) == 0, "open and close");
	}
}

static void stat_path(long times)
{
	struct stat st;

	while (times-- > 0)
		check(stat(FILE_AT, &st) == 0 && st.st_size == FILE_PAGES * PAGE, "stat");
}

static void map_unmap(long times)
{
	while (times-- > 0) {
		void *m = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		check(m != MAP_FAILED && munmap(m, 16 * PAGE) == 0, "mmap and munmap");
	}
}

/* ---- page faults: one a page; the mapping's two calls for 1024 pages are in it */

static void fault_anon(long times)
{
	volatile char *m = mmap(NULL, (size_t)times * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(m != MAP_FAILED, "mmap");
	for (long i = 0; i < times; i++) {
		check(m[i * PAGE] == 0 || i % 2, "fresh page");
		m[i * PAGE] = 1;
	}
	munmap((void *)m, (size_t)times * PAGE);
}

static void touch_file(long step, long times, int flags)
{
	int fd = open(FILE_AT, O_RDONLY);
	volatile char *m = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, flags, fd, 0);

	check(m != MAP_FAILED, "mmap of a file");
	for (long i = 0, page = 0; i < times; i++, page = (page + step) % FILE_PAGES)
		check(m[page * PAGE] == (char)page, "page of a file");
	munmap((void *)m, FILE_PAGES * PAGE);
	close(fd);
}

static void fault_file(long times) { touch_file(1, times, MAP_PRIVATE); }

static void fault_file_far(long times)
{
	for (; times > 0; times -= 32)
		touch_file(FILE_PAGES / 32 + 32, 32, MAP_SHARED); /* 64 pages apart: no neighbour is of use */
}

/* ---- signals */

static volatile sig_atomic_t handled;

static void handler(int sig) { handled += sig == SIGUSR1; }

static void signal_self(long times)
{
	struct sigaction act = {.sa_handler = handler};
	pid_t pid = getpid();
	long wanted = handled + times;

	sigaction(SIGUSR1, &act, NULL);
	while (times-- > 0)
		kill(pid, SIGUSR1);
	check(handled == wanted, "signals handled");
}

static void signal_install(long times)
{
	struct sigaction act = {.sa_handler = handler}, old;

	while (times-- > 0)
		check(sigaction(SIGUSR2, &act, &old) == 0, "sigaction");
}

/* ---- two processes and more */

/* A ring of n processes, this one included; a byte goes round; each hop is one switch. */
static void ring(int n, long hops)
{
	int ends[16][2];
	pid_t pid[16];
	char c = 'x';

	for (int i = 0; i < n; i++)
		check(pipe(ends[i]) == 0, "pipe");
	for (int i = 1; i < n; i++) {
		pid[i] = fork();
		check(pid[i] >= 0, "fork");
		if (pid[i] == 0) {
			for (long k = 0; k < hops / n; k++)
				if (read(ends[i - 1][0], &c, 1) != 1 || write(ends[i][1], &c, 1) != 1)
					_exit(1);
			_exit(0);
		}
	}
	for (long k = 0; k < hops / n; k++)
		check(write(ends[0][1], &c, 1) == 1 && read(ends[n - 1][0], &c, 1) == 1, "ring");
	for (int i = 0; i < n; i++) {
		if (i)
			reap(pid[i], "ring's process");
		close(ends[i][0]), close(ends[i][1]);
	}
}

static void pipe_turn(long times) { ring(2, 2 * times); }
static void switch_2(long times) { ring(2, times); }
static void switch_16(long times) { ring(16, times); }

static void pipe_64k(long times)
{
	static char data[65536];
	int ends[2];
	pid_t pid;

	check(pipe(ends) == 0 && (pid = fork()) >= 0, "pipe");
	if (pid == 0) {
		for (long i = 0; i < times; i++)
			if (write(ends[1], data, sizeof data) != sizeof data)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	long all = 0;
	for (ssize_t n; (n = read(ends[0], data, sizeof data)) > 0;)
		all += n;
	check(all == times * (long)sizeof data, "bytes through a pipe");
	close(ends[0]);
	reap(pid, "writer");
}

static void fork_wait(long times)
{
	while (times-- > 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		reap(pid, "child");
	}
}

#define LARGE (10 << 20)

static char *large;

static void get_large(void)
{
	large = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(large != MAP_FAILED, "mmap");
	memset(large, 1, LARGE);
}

static void drop_large(void) { munmap(large, LARGE); }

static void fork_exec(long times)
{
	while (times-- > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(self, self, "nothing", (char *)NULL);
			_exit(127);
		}
		reap(pid, "program");
	}
}

/* ---- waiting for many */

static int many[N_READY][2];

static void open_many(void)
{
	for (int i = 0; i < N_READY; i++)
		check(pipe(many[i]) == 0, "pipe");
	check(write(many[N_READY - 1][1], "x", 1) == 1, "write");
}

static void close_many(void)
{
	for (int i = 0; i < N_READY; i++)
		close(many[i][0]), close(many[i][1]);
}

static void select_100(long times)
{
	while (times-- > 0) {
		fd_set set;

		FD_ZERO(&set);
		for (int i = 0; i < N_READY; i++)
			FD_SET(many[i][0], &set);
		check(select(many[N_READY - 1][0] + 1, &set, NULL, NULL, NULL) == 1, "select");
	}
}

static void poll_100(long times)
{
	struct pollfd p[N_READY];

	for (int i = 0; i < N_READY; i++)
		p[i] = (struct pollfd){.fd = many[i][0], .events = POLLIN};
	while (times-- > 0)
		check(poll(p, N_READY, -1) == 1 && p[N_READY - 1].revents == POLLIN, "poll");
}

static int ep;

static void open_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN};

	open_many();
	ep = epoll_create1(0);
	for (int i = 0; i < N_READY; i++) {
		e.data.u32 = (uint32_t)i;
		check(epoll_ctl(ep, EPOLL_CTL_ADD, many[i][0], &e) == 0, "epoll_ctl");
	}
}

static void close_epoll(void)
{
	close(ep);
	close_many();
}

static void epoll_100(long times)
{
	struct epoll_event e;

	while (times-- > 0)
		check(epoll_wait(ep, &e, 1, -1) == 1 && e.data.u32 == N_READY - 1, "epoll_wait");
}

/* ---- files */

static void file_life(long times)
{
	static char page[PAGE];

	while (times-- > 0) {
		int fd = open("/tmp/abi-new", O_RDWR | O_CREAT | O_EXCL, 0600);

		check(fd >= 0 && write(fd, page, PAGE) == PAGE && lseek(fd, 0, SEEK_SET) == 0 && read(fd, page, PAGE) == PAGE &&
		      close(fd) == 0 && unlink("/tmp/abi-new") == 0, "a file's life");
	}
}

/* ---- futex: four threads and one lock that its holder keeps across a yield */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *contender(void *arg)
{
	for (long n = (long)arg; n > 0; n--) {
		pthread_mutex_lock(&lock);
		counter++;
		sched_yield();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void futex_four(long times)
{
	pthread_t thread[4];

	counter = 0;
	for (int i = 0; i < 4; i++)
		check(pthread_create(&thread[i], NULL, contender, (void *)(times / 4)) == 0, "thread");
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	check(counter == times / 4 * 4, "counted under a lock");
}

#define ROW(n, t, r)       {.name = n, .times = t, .run = r}
#define SET(n, t, r, b, a) {.name = n, .times = t, .run = r, .before = b, .after = a}

static const struct {
	const char *name;
	long times;
	void (*run)(long times);
	void (*before)(void), (*after)(void); /* not timed */
} rows[] = {
	ROW("getppid", 20000, null_call),
	ROW("read_zero", 10000, read_zero),
	ROW("write_null", 10000, write_null),
	ROW("read_file", 10000, read_file),
	ROW("open_close", 2000, open_close),
	ROW("stat", 4000, stat_path),
	ROW("pipe_turn", 500, pipe_turn),
	ROW("pipe_64k", 64, pipe_64k),
	ROW("switch_2", 1000, switch_2),
	ROW("switch_16", 1600, switch_16),
	ROW("fork", 20, fork_wait),
	SET("fork_10m", 5, fork_wait, get_large, drop_large),
	ROW("fork_exec", 20, fork_exec),
	ROW("fault_anon", 1024, fault_anon),
	ROW("fault_file", 1024, fault_file),
	ROW("fault_file_far", 512, fault_file_far),
	ROW("mmap", 2000, map_unmap),
	ROW("signal", 2000, signal_self),
	ROW("sigaction", 10000, signal_install),
	SET("select_100", 200, select_100, open_many, close_many),
	SET("poll_100", 200, poll_100, open_many, close_many),
	SET("epoll_100", 4000, epoll_100, open_epoll, close_epoll),
	ROW("file_life", 500, file_life),
	ROW("futex", 2000, futex_four),
};

static void make_file(void)
{
	static char page[PAGE];
	int fd = open(FILE_AT, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	for (int i = 0; i < FILE_PAGES; i++) {
		memset(page, i, PAGE);
		check(fd >= 0 && write(fd, page, PAGE) == PAGE, FILE_AT);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;
	int rounds = argc > 1 ? atoi(argv[1]) : 7;

	if (argc > 1 && !strcmp(argv[1], "nothing"))
		return 0;
	self = realpath(argv[0], NULL);
	check(self != NULL, argv[0]);
	if (getpid() == 1)
		first_program();
	make_file();
	mark("begin");
	for (int r = 0; r < rounds || r == 0; r++)
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			if (only && strcmp(only, rows[i].name))
				continue;
			if (rows[i].before)
				rows[i].before();
			measure(rows[i].name, r, rows[i].times, rows[i].run);
			if (rows[i].after)
				rows[i].after();
		}
	mark("end");
	while (getpid() == 1)
		pause();
	return 0;
}
