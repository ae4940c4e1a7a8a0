/* fcntl - dup, dup2, dup3, fcntl and fcntl64 with every command, record locks, leases, flock, pipes' sizes. */
#include "paths.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* What glibc's headers hide behind 64-bit names. */
#define K_GETLK 5
#define K_SETLK 6
#define K_SETLKW 7
#define K_GETLK64 12
#define K_SETLK64 13
#define K_SETLKW64 14

struct lock32 {
	short type, whence;
	long start, len;
	int pid;
};

struct lock64 {
	short type, whence;
	long long start, len;
	int pid;
} __attribute__((packed, aligned(4)));

FDC(dup, shut(syscall(SYS_dup, fd)))
FDC(dup2, syscall(SYS_dup2, fd, 50))
FDC(dup3, syscall(SYS_dup3, fd, 51, 0))
FDC(fcntl, syscall(SYS_fcntl, fd, F_GETFD, 0))
FDC(fcntl64, syscall(SYS_fcntl64, fd, F_GETFD, 0))
FDC(getfl, syscall(SYS_fcntl64, fd, F_GETFL, 0))
FDC(flock, syscall(SYS_flock, fd, LOCK_SH | LOCK_NB))

static long fc(int fd, int cmd, long arg)
{
	return syscall(SYS_fcntl64, fd, cmd, arg);
}

static void duplicates(void)
{
	struct rlimit few = {60, 4096};
	int fd;

	fd_errors("dup", f_dup);
	fd_errors("dup2", f_dup2);
	fd_errors("dup3", f_dup3);
	make_file("file", "0123456789");
	fd = must_open("file", O_RDONLY | O_CLOEXEC, 0);
	TV("dup", "shares the place", syscall(SYS_dup, fd), "at %ld cloexec %d", (long)lseek(fd + 1, 3, SEEK_SET), fcntl(fd + 1, F_GETFD));
	TV("dup2", "closes what was there", syscall(SYS_dup2, fd, fd + 1), "cloexec %d", fcntl(fd + 1, F_GETFD));
	TV("dup2", "onto itself", syscall(SYS_dup2, fd, fd), "cloexec %d", fcntl(fd, F_GETFD));
	T("dup2", "a closed one onto itself", syscall(SYS_dup2, NOFD, NOFD));
	T("dup2", "target -1", syscall(SYS_dup2, fd, -1));
	T("dup2", "target at the limit", syscall(SYS_dup2, fd, 1024));
	T("dup2", "target below the limit", syscall(SYS_dup2, fd, 1023));
	TV("dup3", "O_CLOEXEC", syscall(SYS_dup3, fd, 40, O_CLOEXEC), "cloexec %d", fcntl(40, F_GETFD));
	T("dup3", "onto itself", syscall(SYS_dup3, fd, fd, 0));
	T("dup3", "another flag", syscall(SYS_dup3, fd, 40, O_NONBLOCK));
	T("dup3", "target at the limit", syscall(SYS_dup3, fd, 1024, 0));
	T("fcntl64", "F_DUPFD", fc(fd, F_DUPFD, 45));
	TV("fcntl64", "F_DUPFD_CLOEXEC", fc(fd, F_DUPFD_CLOEXEC, 45), "cloexec %d", fcntl(46, F_GETFD));
	T("fcntl64", "F_DUPFD, negative", fc(fd, F_DUPFD, -1));
	T("fcntl64", "F_DUPFD at the limit", fc(fd, F_DUPFD, 1024));
	setrlimit(RLIMIT_NOFILE, &few);
	while (dup(fd) >= 0)
		;
	T("dup", "no descriptor left", syscall(SYS_dup, fd));
	T("fcntl64", "F_DUPFD, no descriptor left", fc(fd, F_DUPFD, 0));
	T("dup2", "over an open one with none left", syscall(SYS_dup2, fd, 5));
}

static void flags(void)
{
	int fd, p[2];

	fd_errors("fcntl", f_fcntl);
	fd_errors("fcntl64", f_fcntl64);
	T("fcntl64", "F_GETFL, O_PATH", (f_getfl(must_open(".", O_PATH, 0))));
	make_file("file", "0123456789");
	fd = must_open("file", O_RDWR, 0);
	T("fcntl64", "F_GETFD", fc(fd, F_GETFD, 0));
	TV("fcntl64", "F_SETFD", fc(fd, F_SETFD, FD_CLOEXEC), "%ld", fc(fd, F_GETFD, 0));
	TV("fcntl64", "F_SETFD, other bits", fc(fd, F_SETFD, -2), "%ld", fc(fd, F_GETFD, 0));
	T("fcntl64", "F_GETFL", fc(fd, F_GETFL, 0));
	TV("fcntl64", "F_SETFL O_APPEND|O_NONBLOCK|O_NOATIME", fc(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_NOATIME), "%lo", fc(fd, F_GETFL, 0));
	TV("fcntl64", "F_SETFL O_TRUNC|O_CREAT|O_SYNC is ignored", fc(fd, F_SETFL, O_TRUNC | O_CREAT | O_SYNC), "%lo", fc(fd, F_GETFL, 0));
	T("fcntl64", "F_SETFL O_DIRECT on tmpfs", fc(fd, F_SETFL, O_DIRECT));
	T("fcntl64", "F_SETFL of a directory", fc(must_open(".", O_RDONLY, 0), F_SETFL, O_APPEND));
	pipe(p);
	T("fcntl64", "F_SETFL O_DIRECT on a pipe", fc(p[1], F_SETFL, O_DIRECT));
	TV("fcntl64", "F_SETFL O_ASYNC on a pipe", fc(p[0], F_SETFL, O_ASYNC), "%lo", fc(p[0], F_GETFL, 0));
	T("fcntl64", "unknown command", fc(fd, 9999, 0));
	T("fcntl64", "command -1", fc(fd, -1, 0));
	T("fcntl", "F_GETFL", syscall(SYS_fcntl, fd, F_GETFL, 0));
	T("fcntl", "F_DUPFD", syscall(SYS_fcntl, fd, F_DUPFD, 70));
	T("fcntl", "unknown command", syscall(SYS_fcntl, fd, 9999, 0));
	T("fcntl", "F_GETLK64 is not its command", syscall(SYS_fcntl, fd, K_GETLK64, 0));
	T("fcntl", "F_SETLK64 is not its command", syscall(SYS_fcntl, fd, K_SETLK64, 0));
}

static void owners(void)
{
	struct {
		int type, pid;
	} ex = {0, 0};
	int fd, p[2];

	make_file("file", "0123456789");
	fd = must_open("file", O_RDWR, 0);
	pipe(p);
	T("fcntl64", "F_GETOWN of none", fc(p[0], F_GETOWN, 0));
	T("fcntl64", "F_SETOWN", fc(p[0], F_SETOWN, getpid()));
	note("fcntl64", "F_GETOWN after F_SETOWN", "%d", fc(p[0], F_GETOWN, 0) == getpid());
	T("fcntl64", "F_SETOWN of a group", fc(p[0], F_SETOWN, -getpgrp()));
	note("fcntl64", "F_GETOWN of a group", "%d", fcntl(p[0], F_GETOWN) == -getpgrp());
	TV("fcntl64", "F_GETOWN_EX of a group", fc(p[0], F_GETOWN_EX, (long)&ex), "%d %d", ex.type, ex.pid == getpgrp());
	ex.type = F_OWNER_TID;
	ex.pid = getpid();
	T("fcntl64", "F_SETOWN_EX", fc(p[0], F_SETOWN_EX, (long)&ex));
	ex.type = ex.pid = -1;
	TV("fcntl64", "F_GETOWN_EX", fc(p[0], F_GETOWN_EX, (long)&ex), "%d %d", ex.type, ex.pid == getpid());
	ex.type = 7;
	T("fcntl64", "F_SETOWN_EX, unknown kind", fc(p[0], F_SETOWN_EX, (long)&ex));
	T("fcntl64", "F_SETOWN_EX, bad pointer", fc(p[0], F_SETOWN_EX, (long)BAD));
	T("fcntl64", "F_GETOWN_EX, bad pointer", fc(p[0], F_GETOWN_EX, (long)BAD));
	T("fcntl64", "F_SETOWN of no such process", fc(fd, F_SETOWN, 30000));
	T("fcntl64", "F_SETOWN INT_MIN", fc(fd, F_SETOWN, (long)0x80000000));
	T("fcntl64", "F_SETSIG", fc(p[0], F_SETSIG, SIGUSR1));
	T("fcntl64", "F_GETSIG", fc(p[0], F_GETSIG, 0));
	T("fcntl64", "F_SETSIG, no such signal", fc(p[0], F_SETSIG, 65));
	T("fcntl64", "F_SETPIPE_SZ", fc(p[0], F_SETPIPE_SZ, 5000));
	T("fcntl64", "F_GETPIPE_SZ", fc(p[1], F_GETPIPE_SZ, 0));
	T("fcntl64", "F_SETPIPE_SZ 0", fc(p[1], F_SETPIPE_SZ, 0));
	T("fcntl64", "F_SETPIPE_SZ below what is in it", (fc(p[1], F_SETPIPE_SZ, 16384), write(p[1], edge(8000), 8000), fc(p[1], F_SETPIPE_SZ, 4096)));
	T("fcntl64", "F_SETPIPE_SZ of a file", fc(fd, F_SETPIPE_SZ, 4096));
	T("fcntl64", "F_GETPIPE_SZ of a file", fc(fd, F_GETPIPE_SZ, 0));
	T("fcntl64", "F_SETPIPE_SZ -1", fc(p[1], F_SETPIPE_SZ, -1));
	T("fcntl64", "F_NOTIFY of a file", fc(fd, F_NOTIFY, DN_CREATE));
	T("fcntl64", "F_GET_SEALS of a tmpfs file", fc(fd, F_GET_SEALS, 0));
	T("fcntl64", "F_ADD_SEALS of a tmpfs file", fc(fd, F_ADD_SEALS, F_SEAL_WRITE));
	T("fcntl64", "F_GET_SEALS of a pipe", fc(p[0], F_GET_SEALS, 0));
}

static void leases(void)
{
	int fd, wr, p[2];

	make_file("file", "0123456789");
	pipe(p);
	fd = must_open("file", O_RDONLY, 0);
	T("fcntl64", "F_GETLEASE of none", fc(fd, F_GETLEASE, 0));
	T("fcntl64", "F_SETLEASE, read", fc(fd, F_SETLEASE, F_RDLCK));
	T("fcntl64", "F_GETLEASE of a read lease", fc(fd, F_GETLEASE, 0));
	T("fcntl64", "F_SETLEASE, none", fc(fd, F_SETLEASE, F_UNLCK));
	T("fcntl64", "F_SETLEASE, unknown kind", fc(fd, F_SETLEASE, 9));
	T("fcntl64", "F_SETLEASE of a pipe", fc(p[0], F_SETLEASE, F_RDLCK));
	T("fcntl64", "F_SETLEASE, write", fc(fd, F_SETLEASE, F_WRLCK));
	fc(fd, F_SETLEASE, F_UNLCK);
	wr = must_open("file", O_RDWR, 0);
	T("fcntl64", "F_SETLEASE, read, open for writing", fc(fd, F_SETLEASE, F_RDLCK));
	T("fcntl64", "F_SETLEASE, write, open twice", fc(wr, F_SETLEASE, F_WRLCK));
	close(wr);
	T("fcntl64", "F_SETLEASE, none when there is none", fc(fd, F_SETLEASE, F_UNLCK));
	fc(fd, F_SETLEASE, F_RDLCK);
	T("open", "O_WRONLY|O_NONBLOCK of a file with a lease", (signal(SIGIO, SIG_IGN), shut(open("file", O_WRONLY | O_NONBLOCK))));
	T("open", "O_RDONLY of a file with a read lease", shut(open("file", O_RDONLY)));
	T("truncate", "a directory with no lease", truncate(".", 0));
}

/* "type whence start len own?" as F_GETLK tells in a child. */
static const char *seen(int fd, short type, long long start, long long len)
{
	static char text[80];
	struct lock64 l = {type, SEEK_SET, start, len, 0};
	int p[2];

	pipe(p);
	pid_t parent = getpid(), child = fork();
	if (child == 0) {
		if (fc(fd, K_GETLK64, (long)&l))
			dprintf(p[1], "%s", errno_name(errno));
		else if (l.type == F_UNLCK)
			dprintf(p[1], "free");
		else
			dprintf(p[1], "type=%d %lld+%lld %s", l.type, l.start, l.len, l.pid == parent ? "parent" : l.pid == -1 ? "-1" : "other");
		_exit(0);
	}
	waitpid(child, NULL, 0);
	close(p[1]);
	long n = read(p[0], text, sizeof text - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(p[0]);
	return text;
}

static long lock(int fd, int cmd, short type, short whence, long long start, long long len)
{
	struct lock64 l = {type, whence, start, len, 0};

	return fc(fd, cmd, (long)&l);
}

static int lock_fd;
static int result_pipe[2];

/* In a child: the result of a lock that its parent holds against it. */
static void try_write_lock(void)
{
	long r = lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 0, 10);

	note("fcntl64", "F_SETLK64 against another's lock", "%s", r ? errno_name(errno) : "0");
	r = lock(lock_fd, K_SETLK64, F_RDLCK, SEEK_SET, 0, 10);
	note("fcntl64", "F_SETLK64 for reading against another's write lock", "%s", r ? errno_name(errno) : "0");
	r = lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 20, 10);
	note("fcntl64", "F_SETLK64 beside another's lock", "%s", r ? errno_name(errno) : "0");
	r = syscall(SYS_fcntl, lock_fd, K_SETLK, &(struct lock32){F_WRLCK, SEEK_SET, 0, 10, 0});
	note("fcntl", "F_SETLK against another's lock", "%s", r ? errno_name(errno) : "0");
}

static void waiter(void)
{
	long r = lock(lock_fd, K_SETLKW64, F_WRLCK, SEEK_SET, 0, 10);

	dprintf(result_pipe[1], "%ld", r);
}

static void record_locks(void)
{
	struct lock32 l32 = {F_RDLCK, SEEK_SET, 2, 3, 0};
	char text[8] = "";
	int rd, wr;

	make_file("file", "0123456789");
	lock_fd = must_open("file", O_RDWR, 0);
	rd = must_open("file", O_RDONLY, 0);
	wr = must_open("file", O_WRONLY, 0);
	TV("fcntl64", "F_SETLK64, write", lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 0, 10), "%s", seen(lock_fd, F_RDLCK, 5, 1));
	in_child(try_write_lock);
	TV("fcntl64", "F_SETLK64, the middle unlocked", lock(lock_fd, K_SETLK64, F_UNLCK, SEEK_SET, 4, 2), "%s", seen(lock_fd, F_WRLCK, 0, 0));
	note("fcntl64", "F_GETLK64, the middle", "%s", seen(lock_fd, F_WRLCK, 4, 2));
	note("fcntl64", "F_GETLK64, the part behind", "%s", seen(lock_fd, F_WRLCK, 5, 0));
	TV("fcntl64", "F_SETLK64, read over a part", lock(lock_fd, K_SETLK64, F_RDLCK, SEEK_SET, 0, 2), "%s", seen(lock_fd, F_WRLCK, 0, 1));
	TV("fcntl64", "F_SETLK64 from the end, negative length", lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_END, 10, -5), "%s", seen(lock_fd, F_WRLCK, 12, 0));
	lseek(lock_fd, 7, SEEK_SET);
	TV("fcntl64", "F_SETLK64 from the place", lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_CUR, 100, 0), "%s", seen(lock_fd, F_WRLCK, 90, 0));
	T("fcntl64", "F_SETLK64 all unlocked", lock(lock_fd, K_SETLK64, F_UNLCK, SEEK_SET, 0, 0));
	note("fcntl64", "F_GETLK64 of none", "%s", seen(lock_fd, F_WRLCK, 0, 0));
	T("fcntl64", "F_SETLK64 before the start", lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, -5, 2));
	T("fcntl64", "F_SETLK64, negative length before the start", lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 2, -5));
	T("fcntl64", "F_SETLK64, unknown type", lock(lock_fd, K_SETLK64, 9, SEEK_SET, 0, 2));
	T("fcntl64", "F_SETLK64, unknown whence", lock(lock_fd, K_SETLK64, F_WRLCK, 9, 0, 2));
	T("fcntl64", "F_SETLK64, end above the largest file", lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 0x7fffffffffffffffll, 2));
	T("fcntl64", "F_SETLK64, write lock of a file opened for reading", lock(rd, K_SETLK64, F_WRLCK, SEEK_SET, 0, 2));
	T("fcntl64", "F_SETLK64, read lock of a file opened for writing", lock(wr, K_SETLK64, F_RDLCK, SEEK_SET, 0, 2));
	T("fcntl64", "F_SETLK64, bad pointer", fc(lock_fd, K_SETLK64, (long)BAD));
	T("fcntl64", "F_GETLK64, bad pointer", fc(lock_fd, K_GETLK64, (long)BAD));
	T("fcntl64", "F_SETLKW64, bad pointer", fc(lock_fd, K_SETLKW64, (long)BAD));
	T("fcntl64", "F_GETLK64, type F_UNLCK", lock(lock_fd, K_GETLK64, F_UNLCK, SEEK_SET, 0, 2));
	T("fcntl64", "F_SETLK64, closed descriptor", lock(NOFD, K_SETLK64, F_WRLCK, SEEK_SET, 0, 2));
	TV("fcntl", "F_SETLK, read", syscall(SYS_fcntl, lock_fd, K_SETLK, &l32), "%s", seen(lock_fd, F_WRLCK, 0, 0));
	TV("fcntl64", "F_SETLK (32 bits)", syscall(SYS_fcntl64, lock_fd, K_SETLK, &l32), "%s", seen(lock_fd, F_WRLCK, 0, 0));
	l32.type = F_WRLCK;
	TV("fcntl", "F_GETLK of one's own", syscall(SYS_fcntl, lock_fd, K_GETLK, &l32), "type=%d", l32.type);
	T("fcntl", "F_SETLK, bad pointer", syscall(SYS_fcntl, lock_fd, K_SETLK, BAD));
	T("fcntl", "F_SETLKW, bad pointer", syscall(SYS_fcntl, lock_fd, K_SETLKW, BAD));
	T("fcntl", "F_GETLK, bad pointer", syscall(SYS_fcntl, lock_fd, K_GETLK, BAD));
	lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 0, 10);
	close(rd);
	note("fcntl64", "any close drops the process's locks", "%s", seen(lock_fd, F_WRLCK, 0, 0));
	lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 0, 10);
	pipe(result_pipe);
	pid_t child = fork();
	if (child == 0) {
		alarm(10);
		waiter();
		_exit(0);
	}
	for (int i = 0; i < 5; i++)
		moment();
	lock(lock_fd, K_SETLK64, F_UNLCK, SEEK_SET, 0, 0);
	waitpid(child, NULL, 0);
	read(result_pipe[0], text, sizeof text - 1);
	note("fcntl64", "F_SETLKW64 waits until it is free", "%s", text);
	int p[2];
	pipe(p);
	T("fcntl64", "F_SETLK64 of a pipe", lock(p[0], K_SETLK64, F_RDLCK, SEEK_SET, 0, 0));
}

static void nothing(int number)
{
	(void)number;
}

static void interrupted_wait(void)
{
	struct sigaction sa = {.sa_handler = nothing};

	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	T("fcntl64", "F_SETLKW64, a signal comes", lock(lock_fd, K_SETLKW64, F_WRLCK, SEEK_SET, 0, 10));
}

/* Each of two waits for what the other has. */
static void dead_lock(void)
{
	int go[2], fd = must_open("deadly", O_RDWR | O_CREAT, 0644);
	char c;

	pipe(go);
	lock(fd, K_SETLK64, F_WRLCK, SEEK_SET, 0, 1);
	pid_t child = fork();
	if (child == 0) {
		alarm(10);
		lock(fd, K_SETLK64, F_WRLCK, SEEK_SET, 1, 1);
		write(go[1], "x", 1);
		_exit(lock(fd, K_SETLKW64, F_WRLCK, SEEK_SET, 0, 1) ? 1 : 0);
	}
	read(go[0], &c, 1);
	for (int i = 0; i < 30; i++)
		moment();
	T("fcntl64", "F_SETLKW64, a deadlock", lock(fd, K_SETLKW64, F_WRLCK, SEEK_SET, 1, 1));
	lock(fd, K_SETLK64, F_UNLCK, SEEK_SET, 0, 0);
	int status;
	waitpid(child, &status, 0);
	note("fcntl64", "F_SETLKW64, the other side of the deadlock", "%s", status_text(status));
}

static void lock_waits(void)
{
	make_file("file", "0123456789");
	lock_fd = must_open("file", O_RDWR, 0);
	lock(lock_fd, K_SETLK64, F_WRLCK, SEEK_SET, 0, 10);
	in_child(interrupted_wait);
	in_child(dead_lock);
}

static void ofd_child(void)
{
	int own = must_open("file", O_RDWR, 0);

	T("fcntl64", "F_OFD_SETLK by an inherited descriptor", lock(lock_fd, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 5));
	T("fcntl64", "F_OFD_SETLK by an opening of one's own", lock(own, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 5));
	T("fcntl64", "F_SETLK64 against a lock of an opening", lock(own, K_SETLK64, F_WRLCK, SEEK_SET, 0, 5));
	struct lock64 l = {F_WRLCK, SEEK_SET, 0, 5, 0};
	TV("fcntl64", "F_OFD_GETLK", fc(own, F_OFD_GETLK, (long)&l), "type=%d pid=%d %lld+%lld", l.type, l.pid, l.start, l.len);
	l = (struct lock64){F_WRLCK, SEEK_SET, 0, 5, 0};
	TV("fcntl64", "F_GETLK64 sees a lock of an opening", fc(own, K_GETLK64, (long)&l), "type=%d pid=%d", l.type, l.pid);
}

static void ofd_locks(void)
{
	make_file("file", "0123456789");
	lock_fd = must_open("file", O_RDWR, 0);
	T("fcntl64", "F_OFD_SETLK", lock(lock_fd, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 5));
	in_child(ofd_child);
	struct lock64 l = {F_WRLCK, SEEK_SET, 0, 5, 77};
	T("fcntl64", "F_OFD_SETLK with a pid", fc(lock_fd, F_OFD_SETLK, (long)&l));
	T("fcntl64", "F_OFD_GETLK with a pid", fc(lock_fd, F_OFD_GETLK, (long)&l));
	T("fcntl64", "F_OFD_SETLK, bad pointer", fc(lock_fd, F_OFD_SETLK, (long)BAD));
	int other = must_open("file", O_RDWR, 0);
	close(other);
	note("fcntl64", "another close keeps the lock of an opening", "%s", seen(must_open("file", O_RDWR, 0), F_WRLCK, 0, 0));
	T("fcntl64", "F_OFD_SETLKW of what is one's own", lock(lock_fd, F_OFD_SETLKW, F_RDLCK, SEEK_SET, 0, 5));
	T("fcntl64", "F_OFD_SETLK, unlock", lock(lock_fd, F_OFD_SETLK, F_UNLCK, SEEK_SET, 0, 0));
	T("fcntl", "F_OFD_SETLK", syscall(SYS_fcntl, lock_fd, F_OFD_SETLK, &(struct lock64){F_WRLCK, 0, 0, 0, 0}));
}

static void flocks(void)
{
	int fd, again, copy, p[2];

	fd_errors("flock", f_flock);
	make_file("file", "0123456789");
	fd = must_open("file", O_RDONLY, 0);
	again = must_open("file", O_RDWR, 0);
	copy = dup(fd);
	T("flock", "LOCK_EX", syscall(SYS_flock, fd, LOCK_EX));
	T("flock", "LOCK_EX by another opening", syscall(SYS_flock, again, LOCK_EX | LOCK_NB));
	T("flock", "LOCK_SH by another opening", syscall(SYS_flock, again, LOCK_SH | LOCK_NB));
	T("flock", "LOCK_EX by a copy of the descriptor", syscall(SYS_flock, copy, LOCK_EX | LOCK_NB));
	T("flock", "to LOCK_SH", syscall(SYS_flock, copy, LOCK_SH));
	T("flock", "LOCK_SH beside LOCK_SH", syscall(SYS_flock, again, LOCK_SH | LOCK_NB));
	T("flock", "LOCK_EX against LOCK_SH", syscall(SYS_flock, again, LOCK_EX | LOCK_NB));
	T("flock", "LOCK_UN", syscall(SYS_flock, again, LOCK_UN));
	T("flock", "LOCK_UN of none", syscall(SYS_flock, again, LOCK_UN));
	close(fd);
	T("flock", "one of two descriptors closed", syscall(SYS_flock, again, LOCK_EX | LOCK_NB));
	close(copy);
	T("flock", "both descriptors closed", syscall(SYS_flock, again, LOCK_EX | LOCK_NB));
	T("flock", "is apart from record locks", lock(again, K_SETLK64, F_WRLCK, SEEK_SET, 0, 0));
	T("flock", "unknown operation", syscall(SYS_flock, again, 16));
	T("flock", "no operation", syscall(SYS_flock, again, 0));
	T("flock", "LOCK_NB alone", syscall(SYS_flock, again, LOCK_NB));
	T("flock", "LOCK_MAND", syscall(SYS_flock, again, 32));
	pipe(p);
	T("flock", "a pipe", syscall(SYS_flock, p[0], LOCK_EX | LOCK_NB));
	T("flock", "a directory", syscall(SYS_flock, must_open(".", O_RDONLY, 0), LOCK_EX | LOCK_NB));
}

const struct section sections[] = {
	{"duplicates", duplicates}, {"flags", flags}, {"owners", owners}, {"leases", leases}, {"locks", record_locks}, {"waits", lock_waits},
	{"ofd", ofd_locks}, {"flocks", flocks}, {NULL, NULL},
};
