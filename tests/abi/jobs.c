/* jobs - job control on a pty: controlling terminals, foreground groups, SIGTTIN and SIGTTOU, hangups, orphaned groups, modes. */
#include "abi.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

/* A session of our own with a pty as its terminal. */
static void begin(int control)
{
	pid_t pid = fork();

	if (pid) {
		int s;
		waitpid(pid, &s, 0);
		_exit(WIFEXITED(s) ? WEXITSTATUS(s) : 90);
	}
	setsid();
	master = must_open("/dev/ptmx", O_RDWR | O_NOCTTY, 0);
	int unlock = 0, n;
	must("TIOCSPTLCK", ioctl(master, TIOCSPTLCK, &unlock));
	must("TIOCGPTN", ioctl(master, TIOCGPTN, &n));
	char path[32];
	snprintf(path, sizeof path, "/dev/pts/%d", n);
	slave = must_open(path, O_RDWR | O_NOCTTY, 0);
	if (control)
		must("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
	signal(SIGHUP, SIG_IGN);
}

static void control(void)
{
	pid_t pgrp = -5;
	int n;

	begin(0);
	T("open", "/dev/tty without a terminal", open("/dev/tty", O_RDWR));
	T("ioctl", "TIOCGPGRP, not the own terminal", ioctl(slave, TIOCGPGRP, &pgrp));
	T("ioctl", "TIOCGSID, not the own terminal", ioctl(slave, TIOCGSID, &pgrp));
	T("ioctl", "TIOCSPGRP, not the own terminal", ioctl(slave, TIOCSPGRP, &(pid_t){getpid()}));
	T("ioctl", "TIOCNOTTY without a terminal", ioctl(slave, TIOCNOTTY, 0));
	T("ioctl", "TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
	T("ioctl", "TIOCSCTTY again", ioctl(slave, TIOCSCTTY, 0));
	T("ioctl", "TIOCGPGRP", ioctl(slave, TIOCGPGRP, &pgrp) == 0 && pgrp == getpid());
	T("ioctl", "TIOCGSID", ioctl(slave, TIOCGSID, &pgrp) == 0 && pgrp == getpid());
	T("ioctl", "TIOCGPGRP at the master", ioctl(master, TIOCGPGRP, &pgrp) == 0 && pgrp == getpid());
	T("ioctl", "TIOCGPGRP, bad pointer", ioctl(slave, TIOCGPGRP, BAD));
	T("ioctl", "TIOCSPGRP, bad pointer", ioctl(slave, TIOCSPGRP, BAD));
	T("ioctl", "TIOCSPGRP to -1", ioctl(slave, TIOCSPGRP, &(pid_t){-1}));
	T("ioctl", "TIOCSPGRP to a group that is not there", ioctl(slave, TIOCSPGRP, &(pid_t){4000000}));
	T("ioctl", "TIOCSPGRP to a group of another session", ioctl(slave, TIOCSPGRP, &(pid_t){getppid()}));
	T("ioctl", "TIOCSPGRP to the own group", ioctl(slave, TIOCSPGRP, &(pid_t){getpid()}));
	int tty = open("/dev/tty", O_RDWR);
	T("open", "/dev/tty with a terminal", tty >= 0);
	T("ioctl", "TIOCGPGRP of /dev/tty", ioctl(tty, TIOCGPGRP, &pgrp) == 0 && pgrp == getpid());
	T("ioctl", "TIOCSCTTY by a process that leads no session", ({ pid_t p = fork(); if (p == 0) _exit(ioctl(slave, TIOCSCTTY, 0) ? errno : 0); int s; waitpid(p, &s, 0); WEXITSTATUS(s); }));
	T("ioctl", "FIONREAD, nothing there", (ioctl(slave, FIONREAD, &n), n));
	write(master, "ab\ncd", 5);
	for (int i = 0; i < 200 && (ioctl(slave, FIONREAD, &n), n) < 3; i++)
		moment();
	T("ioctl", "FIONREAD, a line and a half", n);
	T("ioctl", "TIOCOUTQ", (ioctl(slave, TIOCOUTQ, &n), n));
	T("ioctl", "TCSBRK 1", ioctl(slave, TCSBRK, 1));
	T("ioctl", "TCFLSH 0", ioctl(slave, TCFLSH, 0));
	T("ioctl", "TCFLSH 3", ioctl(slave, TCFLSH, 3));
	T("ioctl", "TCXONC 4", ioctl(slave, TCXONC, 4));
	struct winsize w = {7, 8, 9, 10};
	T("ioctl", "TIOCSWINSZ", ioctl(slave, TIOCSWINSZ, &w));
	memset(&w, 0, sizeof w);
	ioctl(master, TIOCGWINSZ, &w);
	note("ioctl", "TIOCGWINSZ at the other end", "%u %u %u %u", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
	T("ioctl", "TIOCGWINSZ, bad pointer", ioctl(slave, TIOCGWINSZ, BAD));
	T("ioctl", "an unknown command", ioctl(slave, 0x5499, 0));
	T("ioctl", "TCGETS of a file", ioctl(0, TCGETS, &w));
	T("ioctl", "TIOCGSID of a file", ioctl(0, TIOCGSID, &n));
	T("ioctl", "TIOCNOTTY by the leader", ioctl(slave, TIOCNOTTY, 0));
	T("open", "/dev/tty after TIOCNOTTY", open("/dev/tty", O_RDWR));
	T("ioctl", "TIOCGPGRP after TIOCNOTTY", ioctl(slave, TIOCGPGRP, &pgrp));
}

static volatile int n_sig;

static void count(int sig)
{
	n_sig = sig;
}

/* In a background group of the session: what fn does, and what becomes of it. */
static void background(const char *call, const char *condition, void (*fn)(void))
{
	int s;
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		fn();
		_exit(0);
	}
	setpgid(pid, pid);
	waitpid(pid, &s, WUNTRACED);
	note(call, condition, "%s", status_text(s));
	kill(pid, SIGKILL);
	if (WIFSTOPPED(s))
		waitpid(pid, NULL, 0);
}

static char byte;
static struct termios modes;
static void bg_read(void) { read(slave, &byte, 1); }
static void bg_read_ignored(void) { signal(SIGTTIN, SIG_IGN); _exit(read(slave, &byte, 1) < 0 ? errno : 0); }
static void bg_read_blocked(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	_exit(read(slave, &byte, 1) < 0 ? errno : 0);
}
static void bg_read_caught(void)
{
	struct sigaction a = {.sa_handler = count};
	sigaction(SIGTTIN, &a, NULL);
	int r = (int)read(slave, &byte, 1);
	_exit(r < 0 && n_sig == SIGTTIN ? errno : 99);
}
static void bg_write(void) { _exit(write(slave, "x", 1) == 1 ? 0 : errno); }
static void bg_tcsets(void) { _exit(ioctl(slave, TCSETS, &modes) ? errno : 0); }
static void bg_tcsets_ignored(void) { signal(SIGTTOU, SIG_IGN); _exit(ioctl(slave, TCSETS, &modes) ? errno : 0); }
static void bg_tcgets(void) { _exit(ioctl(slave, TCGETS, &modes) ? errno : 0); }
static void bg_spgrp(void) { pid_t me = getpid(); _exit(ioctl(slave, TIOCSPGRP, &me) ? errno : 0); }
static void bg_spgrp_blocked(void)
{
	pid_t me = getpid();
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, NULL);
	_exit(ioctl(slave, TIOCSPGRP, &me) ? errno : 0);
}
static void bg_flush(void) { _exit(ioctl(slave, TCFLSH, 0) ? errno : 0); }

static void groups(void)
{
	pid_t me;

	begin(1);
	me = getpid();
	signal(SIGTTOU, SIG_IGN);
	ioctl(slave, TCGETS, &modes);
	signal(SIGTTOU, SIG_DFL);
	background("read", "a terminal from the background", bg_read);
	background("read", "a terminal from the background, SIGTTIN ignored", bg_read_ignored);
	background("read", "a terminal from the background, SIGTTIN blocked", bg_read_blocked);
	background("read", "a terminal from the background, SIGTTIN caught", bg_read_caught);
	background("write", "a terminal from the background", bg_write);
	modes.c_lflag |= TOSTOP;
	ioctl(slave, TCSETS, &modes);
	background("write", "a terminal from the background, TOSTOP", bg_write);
	modes.c_lflag &= ~(unsigned)TOSTOP;
	ioctl(slave, TCSETS, &modes);
	background("ioctl", "TCSETS from the background", bg_tcsets);
	background("ioctl", "TCSETS from the background, SIGTTOU ignored", bg_tcsets_ignored);
	background("ioctl", "TCGETS from the background", bg_tcgets);
	background("ioctl", "TCFLSH from the background", bg_flush);
	background("ioctl", "TIOCSPGRP from the background", bg_spgrp);
	background("ioctl", "TIOCSPGRP from the background, SIGTTOU blocked", bg_spgrp_blocked);
	signal(SIGTTOU, SIG_IGN);
	ioctl(slave, TIOCSPGRP, &me);
}

/* Signals of keys reach the foreground group. */
static void keys(void)
{
	static const struct { char key; const char *name; } list[] = {{3, "interrupt"}, {28, "quit"}, {26, "suspend"}};
	char what[48];

	begin(1);
	signal(SIGTTOU, SIG_IGN);
	for (int i = 0; i < 3; i++) {
		int s, p[2];
		char c;
		pipe(p);
		pid_t pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			pid_t me = getpid();
			ioctl(slave, TIOCSPGRP, &me);
			write(p[1], "x", 1);
			for (;;)
				pause();
		}
		read(p[0], &c, 1);
		write(master, &list[i].key, 1);
		waitpid(pid, &s, WUNTRACED);
		snprintf(what, sizeof what, "the %s key", list[i].name);
		note("write", what, "%s", status_text(s));
		kill(pid, SIGKILL);
		if (WIFSTOPPED(s))
			waitpid(pid, NULL, 0);
		close(p[0]);
		close(p[1]);
	}
}

/* A stopped group that loses its parent gets SIGHUP and SIGCONT; a group without a parent in the session does not stop at keys. */
static void orphans(void)
{
	int p[2];
	char c = 0;

	begin(1);
	pipe(p);
	pid_t middle = fork();
	if (middle == 0) {
		pid_t pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			struct sigaction a = {.sa_handler = count};
			sigaction(SIGHUP, &a, NULL);
			raise(SIGSTOP);
			for (int i = 0; i < 300 && !n_sig; i++)
				moment();
			c = n_sig == SIGHUP ? 'h' : 'n';
			write(p[1], &c, 1);
			_exit(0);
		}
		setpgid(pid, pid);
		int s;
		waitpid(pid, &s, WUNTRACED);
		_exit(0);
	}
	waitpid(middle, NULL, 0);
	read(p[0], &c, 1);
	note("kill", "a stopped group that is orphaned", "%c", c);
	middle = fork();
	if (middle == 0) {
		if (fork() == 0) {
			pid_t parent = getppid();
			setpgid(0, 0);
			for (int i = 0; i < 300 && getppid() == parent; i++)
				moment();
			raise(SIGTSTP);
			c = 'w';
			write(p[1], &c, 1);
			errno = 0;
			c = read(slave, &c, 1) < 0 && errno == EIO ? 'e' : 'n';
			write(p[1], &c, 1);
			_exit(0);
		}
		_exit(0);
	}
	waitpid(middle, NULL, 0);
	read(p[0], &c, 1);
	note("kill", "SIGTSTP to an orphaned group", "%c", c);
	read(p[0], &c, 1);
	note("read", "a terminal from an orphaned group", "%c", c);
}

/* The master closes: SIGHUP to the session's leader, EOF and EIO for all. */
static void hangup(void)
{
	begin(1);
	struct sigaction a = {.sa_handler = count};
	sigaction(SIGHUP, &a, NULL);
	n_sig = 0;
	close(master);
	for (int i = 0; i < 300 && !n_sig; i++)
		moment();
	note("close", "a pty's master: the leader gets", "%d", n_sig);
	char c;
	T("read", "a terminal that was hung up", read(slave, &c, 1));
	T("write", "a terminal that was hung up", write(slave, "x", 1));
	T("ioctl", "TCGETS of a terminal that was hung up", ioctl(slave, TCGETS, &modes));
	T("ioctl", "TIOCSPGRP of a terminal that was hung up", ioctl(slave, TIOCSPGRP, &(pid_t){getpid()}));
	struct pollfd f = {slave, POLLIN | POLLOUT, 0};
	TV("poll", "a terminal that was hung up", poll(&f, 1, 0), "%#x", f.revents);
	T("open", "/dev/tty after a hangup", open("/dev/tty", O_RDWR));
}

static void virtual_hangup(void)
{
	begin(0);
	T("vhangup", "without a terminal", syscall(SYS_vhangup));
	must("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
	struct sigaction a = {.sa_handler = count};
	sigaction(SIGHUP, &a, NULL);
	n_sig = 0;
	T("vhangup", "with a terminal", syscall(SYS_vhangup));
	note("vhangup", "the leader gets", "%d", n_sig);
	char c;
	T("read", "a terminal after vhangup", read(slave, &c, 1));
	T("write", "a terminal after vhangup", write(slave, "x", 1));
	T("open", "/dev/tty after vhangup", open("/dev/tty", O_RDWR));
}

/* The leader ends: its foreground group hears of it. */
static void leader_ends(void)
{
	int p[2], q[2];
	char c = 0;

	pipe(p);
	pipe(q);
	pid_t leader = fork();
	if (leader == 0) {
		begin(1);
		signal(SIGTTOU, SIG_IGN);
		if (fork() == 0) {
			struct sigaction a = {.sa_handler = count};
			sigaction(SIGHUP, &a, NULL);
			setpgid(0, 0);
			pid_t me = getpid();
			ioctl(slave, TIOCSPGRP, &me);
			write(q[1], "x", 1);
			for (int i = 0; i < 300 && !n_sig; i++)
				moment();
			c = n_sig == SIGHUP ? 'h' : 'n';
			write(p[1], &c, 1);
			c = open("/dev/tty", O_RDWR) < 0 && errno == ENXIO ? 'x' : 'o';
			write(p[1], &c, 1);
			_exit(0);
		}
		read(q[0], &c, 1);
		_exit(0);
	}
	waitpid(leader, NULL, 0);
	read(p[0], &c, 1);
	note("exit_group", "a session's leader: the foreground group gets", "%c", c);
	read(p[0], &c, 1);
	note("open", "/dev/tty after the leader's end", "%c", c);
}

static long timed_read(size_t n, int *errno_of)
{
	char buf[64];

	errno = 0;
	long r = read(slave, buf, n);
	*errno_of = errno;
	return r;
}

/* VMIN and VTIME in their four combinations. */
static void raw(void)
{
	int e;

	begin(1);
	ioctl(slave, TCGETS, &modes);
	modes.c_lflag &= ~(unsigned)(ICANON | ECHO | ISIG);
#define SET(min, time) (modes.c_cc[VMIN] = (min), modes.c_cc[VTIME] = (time), ioctl(slave, TCSETS, &modes))
	SET(0, 0);
	T("read", "VMIN 0 VTIME 0, nothing there", timed_read(10, &e));
	write(master, "abc", 3);
	for (int i = 0, n = 0; i < 200 && n < 3; i++, moment())
		ioctl(slave, FIONREAD, &n);
	T("read", "VMIN 0 VTIME 0, three there, two wanted", timed_read(2, &e));
	T("read", "VMIN 0 VTIME 0, the third", timed_read(10, &e));
	SET(0, 1);
	T("read", "VMIN 0 VTIME 1, nothing comes", timed_read(10, &e));
	write(master, "ab", 2);
	for (int i = 0, n = 0; i < 200 && n < 2; i++, moment())
		ioctl(slave, FIONREAD, &n);
	T("read", "VMIN 0 VTIME 1, two there", timed_read(10, &e));
	SET(3, 0);
	write(master, "abcd", 4);
	for (int i = 0, n = 0; i < 200 && n < 4; i++, moment())
		ioctl(slave, FIONREAD, &n);
	T("read", "VMIN 3 VTIME 0, four there", timed_read(10, &e));
	write(master, "ab", 2);
	for (int i = 0, n = 0; i < 200 && n < 2; i++, moment())
		ioctl(slave, FIONREAD, &n);
	struct pollfd f = {slave, POLLIN, 0};
	T("poll", "VMIN 3, two there", poll(&f, 1, 0));
	T("read", "VMIN 3 VTIME 0, two there, two wanted", timed_read(2, &e));
	SET(3, 1);
	write(master, "ab", 2);
	T("read", "VMIN 3 VTIME 1, two come", timed_read(10, &e));
	fcntl(slave, F_SETFL, O_NONBLOCK);
	SET(1, 0);
	T("read", "a raw terminal with O_NONBLOCK, nothing there", read(slave, &byte, 1));
	/* lines */
	fcntl(slave, F_SETFL, 0);
	modes.c_lflag |= ICANON;
	ioctl(slave, TCSETS, &modes);
	write(master, "one\ntwo\n", 8);
	T("read", "a line at a time", timed_read(60, &e));
	T("read", "part of a line", timed_read(2, &e));
	T("read", "the rest of the line", timed_read(60, &e));
	write(master, "\004", 1);
	T("read", "end of file", timed_read(60, &e));
	write(master, "ab\004", 3);
	T("read", "end of file behind bytes", timed_read(60, &e));
	write(master, "abc\177\177d\n", 7);
	T("read", "erased characters", timed_read(60, &e));
	write(master, "abc\025d\n", 6);
	T("read", "a killed line", timed_read(60, &e));
}

const struct section sections[] = {{"control", control}, {"groups", groups}, {"keys", keys}, {"orphans", orphans}, {"hangup", hangup}, {"virtual_hangup", virtual_hangup}, {"leader_ends", leader_ends}, {"raw", raw}, {NULL, NULL}};
