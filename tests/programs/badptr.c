/* badptr: gives each call that takes a pointer one that is wrong in four ways, and prints the error's number.
 * Run on the host, at home and away by tests/qemu; argument: an empty directory.  Waits for a line on stdin first.
 * Never prints anything that differs between machines. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_clock_gettime32 /* musl's names of the old calls */
#define SYS_gettimeofday SYS_gettimeofday_time32
#define SYS_clock_gettime SYS_clock_gettime32
#define SYS_clock_getres SYS_clock_getres_time32
#define SYS_clock_nanosleep SYS_clock_nanosleep_time32
#endif

#define BAD  0x7ffff001L /* stands for the pointer under test */
#define GOOD 0x7ffff002L /* a page that is readable and writable, full of zeros */
#define NAME 0x7ffff003L /* "file", which exists */
#define FILE_FD 20
#define DIR_FD 21
#define PIPE_IN 22
#define PIPE_OUT 23
#define SOCKET_FD 24
#define EPOLL_FD 25
#define AT AT_FDCWD

struct row {
	const char *name;
	int number;
	char kind; /* i: read by the kernel; o: written, so that a read-only page is wrong too */
	long a[6];
};

#define ROW(kind, name, ...) {#name, SYS_##name, kind, {__VA_ARGS__}}

static const struct row rows[] = {
	ROW('i', open, BAD, O_RDONLY), ROW('i', creat, BAD, 0600), ROW('i', link, BAD, NAME), ROW('i', link, NAME, BAD),
	ROW('i', unlink, BAD), ROW('i', execve, BAD, 0, 0), ROW('i', chdir, BAD), ROW('i', mknod, BAD, 0100600, 0),
	ROW('i', chmod, BAD, 0600), ROW('i', access, BAD, 0), ROW('i', rename, BAD, NAME), ROW('i', rename, NAME, BAD),
	ROW('i', mkdir, BAD, 0700), ROW('i', rmdir, BAD), ROW('i', symlink, BAD, NAME), ROW('i', symlink, NAME, BAD),
	ROW('i', lchown32, BAD, 0, 0), ROW('i', chown32, BAD, 0, 0), ROW('i', chroot, BAD), ROW('i', umount2, BAD, 0),
	ROW('i', truncate64, BAD, 0, 0), ROW('i', statfs64, BAD, 84, GOOD), ROW('o', statfs64, NAME, 84, BAD),
	ROW('o', fstatfs64, FILE_FD, 84, BAD), ROW('i', stat64, BAD, GOOD), ROW('o', stat64, NAME, BAD), ROW('i', lstat64, BAD, GOOD),
	ROW('o', lstat64, NAME, BAD), ROW('o', fstat64, FILE_FD, BAD), ROW('i', fstatat64, AT, BAD, GOOD, 0),
	ROW('o', fstatat64, AT, NAME, BAD, 0), ROW('i', statx, AT, BAD, 0, 0x7ff, GOOD), ROW('o', statx, AT, NAME, 0, 0x7ff, BAD),
	ROW('i', readlink, BAD, GOOD, 100), ROW('o', readlink, NAME, BAD, 100), ROW('i', openat, AT, BAD, 0), ROW('i', mkdirat, AT, BAD, 0700),
	ROW('i', mknodat, AT, BAD, 0100600, 0), ROW('i', fchownat, AT, BAD, 0, 0, 0), ROW('i', unlinkat, AT, BAD, 0),
	ROW('i', renameat, AT, BAD, AT, NAME), ROW('i', renameat, AT, NAME, AT, BAD), ROW('i', renameat2, AT, BAD, AT, NAME, 0),
	ROW('i', linkat, AT, BAD, AT, NAME, 0), ROW('i', linkat, AT, NAME, AT, BAD, 0), ROW('i', symlinkat, BAD, AT, NAME),
	ROW('i', symlinkat, NAME, AT, BAD), ROW('i', readlinkat, AT, BAD, GOOD, 100), ROW('i', fchmodat, AT, BAD, 0600),
	ROW('i', faccessat, AT, BAD, 0), ROW('i', utimensat, AT, BAD, GOOD, 0), ROW('i', utimensat, AT, NAME, BAD, 0), ROW('i', utimes, NAME, BAD),
	ROW('o', read, FILE_FD, BAD, 5), ROW('i', write, FILE_FD, BAD, 5), ROW('i', readv, FILE_FD, BAD, 2), ROW('i', writev, FILE_FD, BAD, 2),
	ROW('o', pread64, FILE_FD, BAD, 5, 0, 0), ROW('i', pwrite64, FILE_FD, BAD, 5, 0, 0), ROW('o', read, PIPE_IN, BAD, 5),
	ROW('i', write, PIPE_OUT, BAD, 5), ROW('o', getdents64, DIR_FD, BAD, 4000), ROW('o', getdents, DIR_FD, BAD, 4000),
	ROW('o', getcwd, BAD, 4000), ROW('o', pipe, BAD), ROW('o', pipe2, BAD, 0), ROW('o', _llseek, FILE_FD, 0, 0, BAD, 0),
	ROW('o', sendfile64, PIPE_OUT, FILE_FD, BAD, 5), ROW('o', ioctl, PIPE_IN, 0x541B, BAD), ROW('i', ioctl, FILE_FD, 0x5421, BAD),
	ROW('i', fcntl64, FILE_FD, F_GETLK, BAD), ROW('i', fcntl64, FILE_FD, F_SETLK, BAD), ROW('o', poll, BAD, 1, 0),
	ROW('o', _newselect, 30, BAD, 0, 0, GOOD), ROW('i', _newselect, 0, 0, 0, 0, BAD), ROW('i', pselect6, 0, 0, 0, 0, BAD, 0),
	ROW('i', ppoll, GOOD, 0, BAD, 0, 8), ROW('o', gettimeofday, BAD, 0), ROW('o', gettimeofday, 0, BAD), ROW('o', time, BAD), ROW('o', times, BAD),
	ROW('o', clock_gettime, 1, BAD), ROW('o', clock_getres, 1, BAD), ROW('o', clock_gettime64, 1, BAD), ROW('i', nanosleep, BAD, 0),
	ROW('i', clock_nanosleep, 1, 0, BAD, 0), ROW('i', setitimer, 0, BAD, 0), ROW('o', setitimer, 0, GOOD, BAD), ROW('o', getitimer, 0, BAD),
	ROW('o', getrusage, 0, BAD), ROW('o', sysinfo, BAD), ROW('o', uname, BAD), ROW('i', setgroups32, 3, BAD), ROW('i', rt_sigaction, 10, BAD, 0, 8),
	ROW('o', rt_sigaction, 10, 0, BAD, 8), ROW('i', rt_sigprocmask, 0, BAD, 0, 8), ROW('o', rt_sigprocmask, 0, 0, BAD, 8),
	ROW('o', rt_sigpending, BAD, 8), ROW('i', rt_sigsuspend, BAD, 8), ROW('i', rt_sigtimedwait, BAD, 0, 0, 8), ROW('i', rt_sigtimedwait, GOOD, 0, BAD, 8),
	ROW('i', sigaction, 10, BAD, 0), ROW('o', sigpending, BAD), ROW('i', sigprocmask, 0, BAD, 0), ROW('i', sigaltstack, BAD, 0),
	ROW('o', sigaltstack, 0, BAD), ROW('o', ugetrlimit, 7, BAD), ROW('i', setrlimit, 7, BAD), ROW('i', prlimit64, 0, 7, BAD, 0),
	ROW('o', prlimit64, 0, 7, 0, BAD), ROW('i', set_thread_area, BAD), ROW('o', getresuid32, BAD, GOOD, GOOD), ROW('o', getresgid32, GOOD, GOOD, BAD),
	ROW('i', sched_setaffinity, 0, 4, BAD), ROW('o', getrandom, BAD, 16, 0), ROW('i', futex, BAD, 0, 0, 0), ROW('i', prctl, 15, BAD),
	ROW('o', prctl, 16, BAD), ROW('o', socketpair, AF_UNIX, SOCK_STREAM, 0, BAD), ROW('i', sendto, SOCKET_FD, BAD, 5, 0, 0, 0),
	ROW('o', recvfrom, SOCKET_FD, BAD, 5, 0, 0, 0), ROW('o', getsockname, SOCKET_FD, GOOD, BAD), ROW('i', bind, SOCKET_FD, BAD, 20),
	ROW('i', sendmsg, SOCKET_FD, BAD, 0), ROW('i', recvmsg, SOCKET_FD, BAD, 0), ROW('i', epoll_ctl, EPOLL_FD, 1, PIPE_IN, BAD),
	ROW('i', mount, GOOD, BAD, GOOD, 0, 0), ROW('i', rt_sigqueueinfo, 1, 0, BAD),
};

static char *page, *locked, *fixed;

static long value(long a, long bad)
{
	switch (a) {
	case BAD: return bad;
	case GOOD: return (long)page;
	case NAME: return (long)"file";
	default: return a;
	}
}

static void show(const struct row *r, const char *how, long bad)
{
	long a[6], result;

	for (int i = 0; i < 6; i++)
		a[i] = value(r->a[i], bad);
	memset(page, 0, 4096);
	result = syscall(r->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	printf(" %s %s", how, result >= 0 ? "done" : "");
	if (result < 0)
		printf("%d", errno);
}

static void place(int fd, int wanted)
{
	if (fd < 0 || dup2(fd, wanted) != wanted) {
		perror("badptr");
		exit(1);
	}
}

static void prepare(const char *dir)
{
	int ends[2], pair[2];

	page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	locked = page + 4096;
	fixed = page + 2 * 4096;
	mprotect(locked, 4096, PROT_NONE);
	mprotect(fixed, 4096, PROT_READ);
	if (chdir(dir) || pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		exit(1);
	place(open("file", O_RDWR | O_CREAT, 0600), FILE_FD);
	place(open(".", O_RDONLY), DIR_FD);
	place(ends[0], PIPE_IN);
	place(ends[1], PIPE_OUT);
	place(pair[0], SOCKET_FD);
	place((int)syscall(SYS_epoll_create1, 0), EPOLL_FD);
	if (write(FILE_FD, "0123456789", 10) != 10 || lseek(FILE_FD, 0, SEEK_SET) || write(PIPE_OUT, "0123456789", 10) != 10 || write(pair[1], "0123456789", 10) != 10)
		exit(1);
}

int main(int argc, char **argv)
{
	char line[8];

	if (argc != 2 || read(0, line, sizeof line) < 0)
		return 1;
	prepare(argv[1]);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s %zu:", rows[i].name, i);
		show(&rows[i], "low", 16);
		show(&rows[i], "beyond", (long)0xFFFFF010);
		show(&rows[i], "locked", (long)locked);
		if (rows[i].kind == 'o')
			show(&rows[i], "fixed", (long)fixed);
		printf("\n");
	}
	return 0;
}
