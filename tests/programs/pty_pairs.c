/* pty_pairs.c - pseudo-terminals: locks, echo, canonical input, sizes, end of either side, a session with signals.
 * Run by: tests/qemu/test_ipc.py, at home, moved, and on the host; the output is the same everywhere.
 * Never: prints a number that depends on who else has terminals. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void say(const char *what, long r)
{
	printf("%s %ld%s%s\n", what, r, r < 0 ? " " : "", r < 0 ? strerror(errno) : "");
}

static void say_bytes(const char *what, const char *bytes, long n)
{
	printf("%s %ld \"", what, n);
	for (long i = 0; i < n; i++) {
		if (bytes[i] >= ' ' && bytes[i] < 127)
			putchar(bytes[i]);
		else
			printf("\\x%02x", (unsigned char)bytes[i]);
	}
	printf("\"\n");
}

static void read_some(const char *what, int fd)
{
	char bytes[200];
	struct pollfd p = {.fd = fd, .events = POLLIN};

	poll(&p, 1, 2000);
	ssize_t n = read(fd, bytes, sizeof bytes);

	if (n < 0)
		say(what, n);
	else
		say_bytes(what, bytes, n);
}

static int events(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	poll(&p, 1, 0);
	return p.revents;
}

static int open_slave(int master, int flags)
{
	char *name = ptsname(master);

	return name ? open(name, flags | O_NOCTTY) : -1;
}

static int pair(int *slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	grantpt(master);
	unlockpt(master);
	*slave = open_slave(master, O_RDWR);
	return master;
}

static void test_open(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), number = -1, lock = -1;
	struct stat a, b;

	say("openpt", master < 0 ? -1 : 0);
	say("number", ioctl(master, TIOCGPTN, &number));
	printf("has a name %d\n", number >= 0 && !strncmp(ptsname(master), "/dev/pts/", 9) && atoi(ptsname(master) + 9) == number);
	say("get lock", ioctl(master, TIOCGPTLCK, &lock));
	say("locked", lock);
	say("open locked", open_slave(master, O_RDWR));
	say("unlock", unlockpt(master));
	int slave = open_slave(master, O_RDWR);
	say("open", slave < 0 ? -1 : 0);
	fstat(slave, &a);
	stat(ptsname(master), &b);
	printf("node %o %d same %d\n", a.st_mode & S_IFMT, (int)(a.st_rdev >> 8), a.st_ino == b.st_ino && a.st_rdev == b.st_rdev);
	printf("tty %d %d\n", isatty(master), isatty(slave));
	printf("ttyname %d\n", !strcmp(ttyname(slave), ptsname(master)));
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	say("peer", peer < 0 ? -1 : 0);
	say("peer of a slave", ioctl(slave, TIOCGPTPEER, O_RDWR) < 0 ? -1 : 0);
	close(peer);
	close(slave);
	char name[64];
	strcpy(name, ptsname(master));
	close(master);
	say("gone", open(name, O_RDWR | O_NOCTTY));
}

static void test_bytes(void)
{
	int slave, master = pair(&slave);
	struct termios t;

	say("write slave", write(slave, "hello\n", 6));
	read_some("master", master);
	say("type", write(master, "ab\x7f" "c\n", 5));
	read_some("slave", slave);
	read_some("echo", master);
	say("type eof", write(master, "x\004\004", 3));
	read_some("slave", slave);
	read_some("slave", slave);
	read_some("echo", master);
	tcgetattr(slave, &t);
	printf("flags %o %o %o %o\n", t.c_iflag, t.c_oflag, t.c_cflag & CSIZE, t.c_lflag);
	cfmakeraw(&t);
	say("raw", tcsetattr(master, TCSANOW, &t));
	say("type raw", write(master, "\x03\x04z", 3));
	read_some("slave", slave);
	say("write raw", write(slave, "a\nb", 3));
	read_some("master", master);
	int n = -1;
	write(slave, "12345", 5);
	poll(&(struct pollfd){.fd = master, .events = POLLIN}, 1, 2000);
	printf("fionread %d\n", ioctl(master, FIONREAD, &n));
	read_some("master", master);
	close(slave);
	close(master);
}

static void test_sizes(void)
{
	int slave, master = pair(&slave);
	struct winsize w = {.ws_row = 9, .ws_col = 9};

	say("size", ioctl(slave, TIOCGWINSZ, &w));
	printf("%d %d\n", w.ws_row, w.ws_col);
	w.ws_row = 50;
	w.ws_col = 132;
	say("set", ioctl(master, TIOCSWINSZ, &w));
	memset(&w, 0, sizeof w);
	ioctl(slave, TIOCGWINSZ, &w);
	printf("%d %d\n", w.ws_row, w.ws_col);
	close(slave);
	close(master);
}

static void test_ends(void)
{
	int slave, master = pair(&slave), flags;

	printf("events %x %x\n", events(master), events(slave));
	write(slave, "last", 4);
	close(slave);
	printf("events %x\n", events(master));
	read_some("master", master);
	read_some("master", master);
	printf("events %x\n", events(master));
	slave = open_slave(master, O_RDWR);
	say("again", slave < 0 ? -1 : 0);
	printf("events %x\n", events(master));
	flags = fcntl(master, F_GETFL);
	fcntl(master, F_SETFL, flags | O_NONBLOCK);
	read_some("nothing", master);
	close(master);
	read_some("slave", slave);
	say("write", write(slave, "x", 1));
	printf("events %x\n", events(slave));
	struct termios t;
	say("tcgetattr", tcgetattr(slave, &t));
	close(slave);
}

/* In packet mode a read begins with what happened. */
static void test_packets(void)
{
	int slave, master = pair(&slave), on = 1, off = 0, is = -1;
	struct termios t;

	say("packet mode", ioctl(master, TIOCPKT, &on));
	say("get", ioctl(master, TIOCGPKT, &is));
	say("is on", is);
	say("of a slave", ioctl(slave, TIOCPKT, &on));
	say("bad pointer", ioctl(master, TIOCPKT, (void *)16));
	write(slave, "data\n", 5);
	read_some("data", master);
	tcflush(slave, TCIFLUSH);
	printf("events %x\n", events(master));
	read_some("input flushed", master);
	tcflush(slave, TCIOFLUSH);
	read_some("both flushed", master);
	tcgetattr(slave, &t);
	t.c_iflag &= ~(tcflag_t)IXON;
	tcsetattr(slave, TCSANOW, &t);
	read_some("no stop", master);
	tcsetattr(slave, TCSANOW, &t);
	t.c_iflag |= IXON;
	tcsetattr(slave, TCSAFLUSH, &t);
	read_some("stop, flushed", master);
	tcflow(slave, TCOOFF);
	read_some("stopped", master);
	tcflow(slave, TCOOFF);
	tcflow(slave, TCOON);
	read_some("started", master);
	tcflow(slave, TCOOFF);
	tcflow(slave, TCOON);
	read_some("started last", master);
	t.c_lflag |= EXTPROC;
	tcsetattr(slave, TCSANOW, &t);
	read_some("external", master);
	t.c_lflag &= ~(tcflag_t)EXTPROC;
	tcsetattr(slave, TCSANOW, &t);
	read_some("not external", master);
	tcflush(slave, TCIFLUSH);
	say("off", ioctl(master, TIOCPKT, &off));
	printf("events %x\n", events(master));
	write(slave, "plain", 5);
	read_some("plain", master);
	close(slave);
	close(master);
}

static void test_signals(void)
{
	int slave, master = pair(&slave);

	say("a signal that is none of a terminal's", ioctl(master, TIOCSIG, SIGHUP));
	say("no group", ioctl(master, TIOCSIG, SIGINT));
	say("on a slave", ioctl(slave, TIOCSIG, SIGINT));
	say("lock of a slave", ioctl(slave, TIOCSPTLCK, &(int){0}));
	close(slave);
	close(master);
}

static volatile sig_atomic_t got;

static void note(int sig)
{
	got = sig;
}

static void child_session(int master, const char *name)
{
	sigset_t set, old;
	char line[20];

	close(master);
	setsid();
	int fd = open(name, O_RDWR);
	struct sigaction a = {.sa_handler = note};
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGHUP, &a, NULL);
	sigaction(SIGWINCH, &a, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, &old);
	dprintf(fd, "foreground %d session %d tty %d\n", tcgetpgrp(fd) == getpid(), tcgetsid(fd) == getpid(), open("/dev/tty", O_RDWR) >= 0);
	for (int i = 0; i < 2; i++) {
		got = 0;
		while (!got) sigsuspend(&old);
		dprintf(fd, "signal %d\n", got);
	}
	got = 0;
	while (!got) sigsuspend(&old);
	ssize_t n = read(fd, line, sizeof line);
	_exit(got == SIGHUP && n == 0 ? 7 : 8);
}

static void test_session(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), status;
	struct winsize w = {.ws_row = 24, .ws_col = 80};

	unlockpt(master);
	pid_t pid = fork();
	if (pid == 0) child_session(master, ptsname(master));
	read_some("child", master);
	write(master, "\003", 1);
	char all[100];
	size_t used = 0;
	while (used < sizeof all - 1 && !memchr(all, '\n', used)) {
		ssize_t n = read(master, all + used, sizeof all - 1 - used);
		if (n <= 0) break;
		used += (size_t)n;
	}
	say_bytes("after ^C", all, (long)used);
	say("winsize", ioctl(master, TIOCSWINSZ, &w));
	read_some("after resize", master);
	int group = 0;
	say("group", ioctl(master, TIOCGPGRP, &group));
	printf("is the child's %d\n", group == pid);
	close(master);
	waitpid(pid, &status, 0);
	printf("child %x\n", status);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGHUP, SIG_IGN);
	test_open();
	test_bytes();
	test_sizes();
	test_ends();
	test_packets();
	test_signals();
	test_session();
	return 0;
}
