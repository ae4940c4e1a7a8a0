/* away: times what the cluster does: moves of a process that has so much dirty memory, calls served from home.
 * Started by bench/bench.py on node 1 of two; prints "NAME nanoseconds" lines.
 * Never runs alone: without node 2 it fails. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5
#define CALLS  500
#define PAGE   4096

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "away: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The fastest round: the host is shared. */
static void report(const char *name, const int64_t took[ROUNDS])
{
	int64_t best = took[0];

	for (int i = 1; i < ROUNDS; i++)
		if (took[i] < best)
			best = took[i];
	printf("%s %lld\n", name, (long long)best);
	fflush(stdout);
}

/* Orders a process to another node; returns how long that took. */
static int64_t move(pid_t pid, const char *node)
{
	char path[64];
	int64_t start;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/goto", (int)pid);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		fail(path);
	start = now_ns();
	if (write(fd, node, strlen(node)) < 0)
		fail("goto");
	start = now_ns() - start;
	close(fd);
	return start;
}

/* A child that has written to so many pages and then computes without a call. */
static pid_t dirty_child(long kib)
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe(ready) || (pid = fork()) < 0)
		fail("fork");
	if (pid == 0) {
		volatile char *m = mmap(NULL, (size_t)kib * 1024 + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (long i = 0; i < kib / 4; i++)
			for (int j = 0; j < PAGE; j += 64)
				m[i * PAGE + j] = (char)(i + j + 1);
		c = 'r';
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			m[0]++;
	}
	if (read(ready[0], &c, 1) != 1)
		fail("child");
	close(ready[0]), close(ready[1]);
	return pid;
}

static void moves(const char *name, long kib)
{
	int64_t out[ROUNDS], home[ROUNDS];
	char text[64];

	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = dirty_child(kib);

		out[i] = move(pid, "2");
		home[i] = move(pid, "home");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	snprintf(text, sizeof text, "move_out_%s", name);
	report(text, out);
	snprintf(text, sizeof text, "move_home_%s", name);
	report(text, home);
}

static void call_getuid(void)
{
	if (syscall(SYS_getuid) != 0)
		_exit(9);
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_umask(void)
{
	umask(022);
}

static int null_fd, zero_fd;

static void call_write(void)
{
	if (write(null_fd, "x", 1) != 1)
		_exit(9);
}

static void call_read4k(void)
{
	static char data[PAGE];

	if (read(zero_fd, data, PAGE) != PAGE)
		_exit(9);
}

static void call_stat(void)
{
	struct stat s;

	if (stat("/bin/busybox", &s))
		_exit(9);
}

static void call_open_close(void)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 || close(fd))
		_exit(9);
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{"getuid", call_getuid},     {"getppid", call_getppid}, {"umask", call_umask},           {"write_1", call_write},
	{"read_4k", call_read4k},    {"stat", call_stat},       {"open_close", call_open_close},
};

/* Times every call on the node it runs on; where is "here" or "away". */
static void time_calls(const char *where)
{
	for (size_t k = 0; k < sizeof calls / sizeof calls[0]; k++) {
		int64_t took[ROUNDS];
		char text[64];

		for (int i = 0; i < ROUNDS; i++) {
			int64_t start = now_ns();

			for (int n = 0; n < CALLS; n++)
				calls[k].call();
			took[i] = (now_ns() - start) / CALLS;
		}
		snprintf(text, sizeof text, "%s_%s", where, calls[k].name);
		report(text, took);
	}
}

static void forwarded(void)
{
	int go[2], status;
	char c = 'g';
	pid_t pid;

	null_fd = open("/dev/null", O_RDWR);
	zero_fd = open("/dev/zero", O_RDONLY);
	time_calls("here");
	if (pipe(go) || (pid = fork()) < 0)
		fail("fork");
	if (pid == 0) {
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		time_calls("away");
		_exit(0);
	}
	move(pid, "2");
	if (write(go[1], &c, 1) != 1)
		fail("pipe");
	if (waitpid(pid, &status, 0) != pid || status != 0)
		fail("the child away");
}

/* A byte there and back between a process at home and one away. */
static void pipe_between(void)
{
	int there[2], back[2];
	int64_t took[ROUNDS];
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
	move(pid, "2");
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns();

		for (int n = 0; n < CALLS; n++)
			if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
				fail("pipe turn");
		took[i] = (now_ns() - start) / CALLS;
	}
	close(there[1]);
	waitpid(pid, NULL, 0);
	report("away_pipe_turn", took);
}

int main(void)
{
	forwarded();
	pipe_between();
	moves("64k", 64);
	moves("1m", 1024);
	moves("8m", 8192);
	printf("BENCH end\n");
	return 0;
}
