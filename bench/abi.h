/* abi.h - what abi_calls.c and abi_whole.c share: clocks, rounds of fixed work, being the first program of a machine.
 * Prints "ROW name round times clock_ns ticks"; bench/abi.py reads it.  Both programs run on Godwit and on Linux.
 * Never: measures for as long as it takes; every row is a fixed amount of work whose result is checked. */
#ifndef BENCH_ABI_H
#define BENCH_ABI_H
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* With QEMU's -icount, the counter is the guest's clock in nanoseconds since power on. */
static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static void fail(const char *what)
{
	printf("FAIL %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void check(int good, const char *what)
{
	if (!good)
		fail(what);
}

static void reap(pid_t pid, const char *what)
{
	int status;

	check(waitpid(pid, &status, 0) == pid && status == 0, what);
}

/* One round of one row. */
static void measure(const char *name, int round, long times, void (*run)(long times))
{
	int64_t start = now_ns(), took;
	uint64_t from = ticks(), counted;

	run(times);
	counted = ticks() - from;
	took = now_ns() - start;
	printf("ROW %s %d %ld %lld %llu\n", name, round, times, (long long)took, (unsigned long long)counted);
	fflush(stdout);
}

static void first_program(void)
{
	int fd = open("/dev/console", O_RDWR);

	for (int i = 0; i < 3 && fd >= 0; i++)
		dup2(fd, i);
	if (access("/dev/zero", F_OK)) { /* Linux begins with the root's own two devices */
		mknod("/dev/zero", S_IFCHR | 0666, makedev(1, 5));
		mknod("/dev/urandom", S_IFCHR | 0666, makedev(1, 9));
	}
	if (access("/proc/self", F_OK))
		mount("proc", "/proc", "proc", 0, NULL);
	setenv("PATH", "/bin:/usr/bin:/sbin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
}

/* The two lines between which the machine's lateness is taken: host's time less guest's. */
static void mark(const char *what)
{
	printf("BENCH %s %llu\n", what, (unsigned long long)ticks());
	fflush(stdout);
}
#endif
