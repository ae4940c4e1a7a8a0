/* calls: makes the calls that are served away, and prints what each returned.
 * Run on the host, at home and away by tests/qemu; argument: an empty directory.  Waits for a line on stdin first.
 * Never prints pids, times, inode numbers or anything else that differs between machines. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t caught, caught_code, alarms;

/* The result as it is, or the error's number: equal on every Linux. */
static void show(const char *what, long r)
{
	if (r < 0)
		printf("%s: errno %d\n", what, errno);
	else
		printf("%s: %ld\n", what, r);
}

static uint32_t sum(const char *data, size_t n)
{
	uint32_t s = 5381;

	for (size_t i = 0; i < n; i++)
		s = s * 33 + (uint8_t)data[i];
	return s;
}

static void files(void)
{
	static char big[100000], back[100000];
	struct iovec v[4] = {{"one ", 4}, {"two ", 4}, {NULL, 0}, {"three\n", 6}};
	char a[5], b[7];
	struct iovec w[2] = {{a, sizeof a}, {b, sizeof b}};
	int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640), other;
	ssize_t n;

	show("open new", fd >= 0 ? 0 : -1);
	show("open again", open("file", O_RDWR | O_CREAT | O_EXCL, 0640));
	show("open absent", open("absent", O_RDONLY));
	show("open in a file", open("file/x", O_RDONLY));
	show("write", write(fd, "hello, world\n", 13));
	show("writev", writev(fd, v, 4));
	show("lseek", lseek(fd, -6, SEEK_END));
	n = read(fd, a, sizeof a);
	printf("read: %ld %.*s\n", (long)n, (int)n, a);
	show("lseek start", lseek(fd, 7, SEEK_SET));
	n = readv(fd, w, 2);
	printf("readv: %ld %.5s|%.7s\n", (long)n, a, b);
	show("lseek wrong", lseek(fd, -100, SEEK_SET));
	show("lseek whence", lseek(fd, 0, 77));
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 + i / 251);
	show("pwrite", pwrite(fd, big, sizeof big, 1000));
	show("pread", pread(fd, back, sizeof back, 1000));
	printf("same: %d\n", !memcmp(big, back, sizeof big));
	show("pread end", pread(fd, back, 100, 100990));
	show("read wrong fd", read(99, back, 1));
	show("read bad memory", syscall(SYS_read, fd, 16, 100));
	show("write bad memory", syscall(SYS_write, fd, 16, 100));
	other = dup(fd);
	show("dup", other >= 0 ? 0 : -1);
	show("dup shares", lseek(other, 0, SEEK_CUR) - lseek(fd, 0, SEEK_CUR));
	show("dup2", dup2(fd, 50));
	show("dup3 same", dup3(fd, fd, 0));
	show("fcntl fl", fcntl(50, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	show("fcntl append", fcntl(50, F_SETFL, O_APPEND));
	show("fcntl seen", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	show("append", write(fd, "!", 1));
	show("size", lseek(fd, 0, SEEK_CUR));
	show("dupfd", fcntl(fd, F_DUPFD_CLOEXEC, 60));
	show("cloexec", fcntl(60, F_GETFD));
	show("truncate", ftruncate(fd, 20));
	show("close", close(fd));
	show("close again", close(fd));
	n = read(other, back, sizeof back);
	show("at end", n);
	show("rewind", lseek(other, 0, SEEK_SET));
	n = read(other, back, sizeof back);
	printf("content: %ld %08x\n", (long)n, sum(back, (size_t)n));
	close(other);
	close(50);
	close(60);
}

static void show_stat(const char *what, int r, const struct stat *s)
{
	if (r < 0)
		show(what, r);
	else
		printf("%s: mode %o links %ld size %ld blocks %d\n", what, s->st_mode, (long)s->st_nlink,
		       S_ISDIR(s->st_mode) ? 0L : (long)s->st_size, s->st_blocks >= 0);
}

static void names(void)
{
	static const char *const order[] = {"..", ".", "dir", "file", "hard", "link"};
	char text[100];
	struct dirent *e;
	struct stat s;
	unsigned seen = 0, strange = 0;
	DIR *d;
	ssize_t n;

	show("mkdir", mkdir("dir", 0750));
	show("mkdir again", mkdir("dir", 0750));
	show("symlink", symlink("file", "link"));
	show("link", link("file", "hard"));
	n = readlink("link", text, sizeof text);
	printf("readlink: %.*s\n", (int)n, text);
	show("readlink file", readlink("file", text, sizeof text));
	show_stat("stat", stat("link", &s), &s);
	show_stat("lstat", lstat("link", &s), &s);
	show_stat("stat dir", stat("dir", &s), &s);
	show_stat("stat absent", stat("absent", &s), &s);
	show_stat("fstatat", fstatat(AT_FDCWD, "hard", &s, AT_SYMLINK_NOFOLLOW), &s);
	show("chmod", chmod("file", 0604));
	show_stat("stat hard", stat("hard", &s), &s);
	show("access", access("file", R_OK));
	show("access absent", access("absent", F_OK));
	d = opendir(".");
	while (d && (e = readdir(d)) != NULL) {
		unsigned i = 0;
		while (i < 6 && strcmp(e->d_name, order[i]))
			i++;
		if (i == 6 || seen & (1u << i))
			strange++;
		else
			seen |= 1u << i;
	}
	printf("directory: %02x, %u strange\n", seen, strange);
	if (d)
		closedir(d);
	show("chdir", chdir("dir"));
	printf("cwd: %s\n", getcwd(text, sizeof text) ? strrchr(text, '/') : "none");
	show("chdir up", chdir(".."));
	show("rename", rename("hard", "dir/moved"));
	show("rmdir full", rmdir("dir"));
	show("unlink dir", unlink("dir") < 0 ? 0 : 1);
	show("unlink", unlink("dir/moved"));
	show("rmdir", rmdir("dir"));
	show("unlink link", unlink("link"));
	show("umask", umask(027));
	show("umask seen", umask(022));
	show("utimensat", utimensat(AT_FDCWD, "file", (struct timespec[]){{1000000, 0}, {2000000, 0}}, 0));
	printf("mtime: %ld\n", stat("file", &s) ? -1L : (long)s.st_mtime);
}

static void pipes(void)
{
	struct pollfd p[2];
	struct timeval soon = {0, 20000};
	char buffer[100];
	int ends[2];
	fd_set set;
	ssize_t n;

	show("pipe", pipe(ends));
	p[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
	p[1] = (struct pollfd){.fd = ends[1], .events = POLLOUT};
	show("poll empty", poll(p, 2, 0));
	printf("revents: %x %x\n", p[0].revents, p[1].revents);
	show("write pipe", write(ends[1], "through", 7));
	show("poll full", poll(p, 2, 1000));
	printf("revents: %x %x\n", p[0].revents, p[1].revents);
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	show("select", select(ends[0] + 1, &set, NULL, NULL, &soon));
	show("fionread", ioctl(ends[0], FIONREAD, &n) ? -1 : (long)(int)n);
	n = read(ends[0], buffer, sizeof buffer);
	printf("read pipe: %.*s\n", (int)n, buffer);
	show("poll timeout", poll(p, 1, 30));
	show("nonblock", fcntl(ends[0], F_SETFL, O_NONBLOCK));
	show("read empty", read(ends[0], buffer, 1));
	show("lseek pipe", lseek(ends[0], 0, SEEK_SET));
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	show("write closed", write(ends[1], "x", 1));
	close(ends[1]);
	show("isatty", isatty(0));
	show("tcgets", tcgetattr(0, &(struct termios){0}));
	show("winsize", ioctl(0, TIOCGWINSZ, &(struct winsize){0}));
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	caught = number;
	caught_code = info->si_code;
}

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static void signals(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	/* again and again: on a busy machine the first may come before the wait has begun */
	struct itimerval beat = {{0, 30000}, {0, 30000}}, off = {{0, 0}, {0, 0}};
	sigset_t set, old, pending;
	int status, ends[2];
	char c;
	pid_t pid;

	sigaction(SIGUSR1, &action, NULL);
	show("kill self", kill(getpid(), SIGUSR1));
	printf("caught: %d code %d\n", caught == SIGUSR1, caught_code == SI_USER);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	caught = 0;
	raise(SIGUSR1);
	sigpending(&pending);
	printf("pending: %d caught: %d\n", sigismember(&pending, SIGUSR1), (int)caught);
	sigprocmask(SIG_SETMASK, &old, NULL);
	printf("then: %d\n", caught == SIGUSR1);
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &beat, NULL);
	errno = 0;
	show("pause", pause());
	setitimer(ITIMER_REAL, &off, NULL);
	printf("alarms: %d\n", alarms > 0);
	action.sa_handler = on_alarm;
	action.sa_flags = 0; /* no restart: the read is interrupted */
	sigaction(SIGALRM, &action, NULL);
	if (pipe(ends))
		return;
	setitimer(ITIMER_REAL, &beat, NULL);
	show("read interrupted", read(ends[0], &c, 1));
	setitimer(ITIMER_REAL, &off, NULL);
	show("kill absent", kill(0x3ffffff, 0));
	pid = fork();
	if (pid == 0) {
		if (read(ends[0], &c, 1) != 1)
			_exit(1);
		kill(getppid(), SIGUSR1);
		_exit(c);
	}
	caught = 0;
	show("write to child", write(ends[1], "\x2a", 1));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	printf("child: %d, caught %d\n", WEXITSTATUS(status), caught == SIGUSR1);
	show("wait none", wait(&status));
}

static void times_and_ids(pid_t me, pid_t parent)
{
	struct timespec a, b, nap = {0, 20000000};
	struct timeval t;
	struct utsname u;

	clock_gettime(CLOCK_MONOTONIC, &a);
	show("nanosleep", nanosleep(&nap, NULL));
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("slept: %d\n", (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec >= 20000000);
	gettimeofday(&t, NULL);
	printf("clocks agree: %d\n", labs((long)(time(NULL) - t.tv_sec)) <= 1 && t.tv_sec > 1600000000);
	printf("same pid: %d, parent: %d\n", getpid() == me, getppid() == parent);
	printf("ids: %d %d %d\n", getuid() == geteuid(), getgid() == getegid(), getpgrp() == getpgid(0));
	printf("sid: %d\n", getsid(0) > 0);
	show("uname", uname(&u));
	printf("sysname: %s\n", u.sysname);
	show("clock wrong", clock_gettime(9999, &a));
}

int main(int argc, char **argv)
{
	pid_t me = getpid(), parent = getppid();
	char line[10];

	if (argc != 2 || chdir(argv[1])) {
		fprintf(stderr, "usage: calls DIRECTORY\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	printf("go? %ld\n", (long)read(0, line, sizeof line));
	files();
	names();
	pipes();
	times_and_ids(me, parent);
	signals();
	fprintf(stderr, "all done\n");
	return 33;
}
