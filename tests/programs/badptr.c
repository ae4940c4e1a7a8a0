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
#define NR(kind, name, number, ...) {#name, number, kind, {__VA_ARGS__}} /* what not every C library names */

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
	ROW('o', sched_getparam, 0, BAD), ROW('i', sched_setscheduler, 0, 0, BAD), ROW('o', sched_getaffinity, 0, 4, BAD),
	NR('o', sched_rr_get_interval, 161, 0, BAD), NR('o', sched_rr_get_interval_time64, 423, 0, BAD), NR('o', getcpu, 318, BAD, 0, 0),
	ROW('i', get_thread_area, BAD), ROW('o', get_robust_list, 0, BAD, GOOD), NR('i', clone3, 435, BAD, 64), NR('o', getresuid, 165, BAD, GOOD, GOOD),
	NR('o', getresgid, 171, GOOD, GOOD, BAD), NR('i', setgroups, 81, 3, BAD), ROW('i', capget, BAD, 0), ROW('i', capset, BAD, GOOD),
	NR('i', rt_tgsigqueueinfo, 335, 1, 1, 0, BAD), NR('i', rt_sigtimedwait_time64, 421, BAD, 0, 0, 8), NR('i', rt_sigtimedwait_time64, 421, GOOD, 0, BAD, 8),
	NR('i', preadv, 333, FILE_FD, BAD, 1, 0, 0), NR('i', pwritev, 334, FILE_FD, BAD, 1, 0, 0), NR('i', preadv2, 378, FILE_FD, BAD, 1, 0, 0, 0),
	NR('i', pwritev2, 379, FILE_FD, BAD, 1, 0, 0, 0), NR('o', sendfile, 187, PIPE_OUT, FILE_FD, BAD, 5), NR('i', truncate, 92, BAD, 0),
	NR('i', copy_file_range, 377, FILE_FD, BAD, FILE_FD, 0, 1, 0), NR('i', select, 82, BAD), NR('i', pselect6_time64, 413, 0, 0, 0, 0, BAD, 0),
	NR('i', ppoll_time64, 414, GOOD, 0, BAD, 0, 8), NR('i', futex_time64, 422, BAD, 0, 0, 0), NR('i', inotify_add_watch, 292, EPOLL_FD, BAD, 2),
	NR('i', timerfd_settime, 325, PIPE_IN, 0, BAD, 0), NR('o', timerfd_gettime, 326, PIPE_IN, BAD), NR('i', socketcall, 102, 1, BAD),
	NR('i', socketcall, 102, 8, BAD), NR('i', connect, 362, SOCKET_FD, BAD, 16), NR('i', accept4, 364, SOCKET_FD, BAD, GOOD, 0),
	NR('o', getsockopt, 365, SOCKET_FD, 1, 3, BAD, GOOD), NR('o', getsockopt, 365, SOCKET_FD, 1, 3, GOOD, BAD), NR('i', setsockopt, 366, SOCKET_FD, 1, 2, BAD, 4),
	NR('o', getpeername, 368, SOCKET_FD, GOOD, BAD), NR('i', umount, 22, BAD), NR('i', stat, 106, BAD, GOOD), NR('o', stat, 106, NAME, BAD),
	NR('i', lstat, 107, BAD, GOOD), NR('o', fstat, 108, FILE_FD, BAD), NR('i', statfs, 99, BAD, GOOD), NR('o', fstatfs, 100, FILE_FD, BAD),
	NR('i', faccessat2, 439, AT, BAD, 0, 0), NR('i', lchown, 16, BAD, 0, 0), NR('i', chown, 182, BAD, 0, 0), NR('i', utime, 30, BAD, 0),
	NR('i', utime, 30, NAME, BAD), NR('i', futimesat, 299, AT, BAD, 0), NR('i', futimesat, 299, AT, NAME, BAD), NR('i', utimensat_time64, 412, AT, NAME, BAD, 0),
	NR('o', clock_getres_time64, 406, 1, BAD), NR('i', stime, 25, BAD), NR('i', settimeofday, 79, BAD, 0),
	NR('i', clock_settime, 264, 0, BAD), NR('i', clock_settime64, 404, 0, BAD), NR('i', clock_nanosleep_time64, 407, 1, 0, BAD, 0),
	NR('i', timer_create, 259, 1, BAD, GOOD), NR('o', timer_create, 259, 1, 0, BAD), NR('i', timer_settime, 260, 77, 0, BAD, 0),
	NR('i', timer_settime64, 409, 77, 0, BAD, 0), NR('o', timer_gettime, 261, 77, BAD), NR('o', getrlimit, 76, 7, BAD), NR('o', oldolduname, 59, BAD),
	NR('o', olduname, 109, BAD), NR('i', sethostname, 74, BAD, 3), NR('i', setdomainname, 121, BAD, 3),
	NR('i', epoll_wait, 256, EPOLL_FD, BAD, 0, 0), NR('i', epoll_pwait, 319, EPOLL_FD, GOOD, 1, 0, BAD, 8), NR('i', msgsnd, 400, 0, BAD, 4, 0),
	NR('i', wait4, 114, -1, BAD, 0, 0), NR('i', waitpid, 7, -1, BAD, 0),
	NR('i', madvise, 219, BAD, 4096, 4), NR('i', mincore, 218, BAD, 4096, GOOD), NR('i', msync, 144, BAD, 4096, 4),
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
