/* proc_wait - wait4, waitpid, waitid, exit, exit_group: what a parent learns. */
#include "children.h"

#include <sys/resource.h>

#define NOBODY_PID 4000000

static pid_t exits(int status)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(status);
	return pid;
}

static void errors(void)
{
	int s = -1;
	struct rusage u;

	T("wait4", "no children", syscall(SYS_wait4, -1, &s, 0, NULL));
	T("wait4", "no children, WNOHANG", syscall(SYS_wait4, -1, &s, WNOHANG, NULL));
	T("wait4", "not a child", syscall(SYS_wait4, 1, &s, 0, NULL));
	T("wait4", "no such process", syscall(SYS_wait4, NOBODY_PID, &s, 0, NULL));
	T("wait4", "itself", syscall(SYS_wait4, getpid(), &s, 0, NULL));
	T("wait4", "no such group", syscall(SYS_wait4, -NOBODY_PID, &s, 0, NULL));
	T("wait4", "pid INT_MIN", syscall(SYS_wait4, 0x80000000, &s, 0, NULL));
	T("wait4", "bad options", syscall(SYS_wait4, -1, &s, 0x100, NULL));
	T("wait4", "WEXITED", syscall(SYS_wait4, -1, &s, WEXITED, NULL));
	T("wait4", "WNOWAIT", syscall(SYS_wait4, -1, &s, WNOWAIT, NULL));
	T("wait4", "all options of its own", syscall(SYS_wait4, -1, &s, WNOHANG | WUNTRACED | WCONTINUED | __WALL | __WNOTHREAD, NULL));
	T("waitpid", "bad options", syscall(SYS_waitpid, -1, &s, 0x100));
	T("waitpid", "no children", syscall(SYS_waitpid, -1, &s, 0));
	note("wait4", "status untouched by errors", "%d", s);
	T("waitid", "no children", syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED, NULL));
	T("waitid", "no event asked for", syscall(SYS_waitid, P_ALL, 0, NULL, WNOHANG, NULL));
	T("waitid", "bad options", syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED | 0x100, NULL));
	T("waitid", "bad kind", syscall(SYS_waitid, 9, 0, NULL, WEXITED, NULL));
	T("waitid", "P_PID 0", syscall(SYS_waitid, P_PID, 0, NULL, WEXITED, NULL));
	T("waitid", "P_PID -1", syscall(SYS_waitid, P_PID, -1, NULL, WEXITED, NULL));
	T("waitid", "P_PGID -1", syscall(SYS_waitid, P_PGID, -1, NULL, WEXITED, NULL));
	T("waitid", "P_PGID 0, no children", syscall(SYS_waitid, P_PGID, 0, NULL, WEXITED, NULL));
	T("waitid", "P_PIDFD -1", syscall(SYS_waitid, 3, -1, NULL, WEXITED, NULL));
	T("waitid", "P_PIDFD of no descriptor", syscall(SYS_waitid, 3, NOFD, NULL, WEXITED, NULL));
	T("waitid", "P_PIDFD of a file", syscall(SYS_waitid, 3, 0, NULL, WEXITED, NULL));
	T("waitid", "no children, bad info", syscall(SYS_waitid, P_ALL, 0, BAD, WEXITED, NULL));
	siginfo_t info;
	memset(&info, 0xee, sizeof info);
	T("waitid", "no children, info given", syscall(SYS_waitid, P_ALL, 0, &info, WEXITED, NULL));
	note("waitid", "info after ECHILD", "sig %d errno %d code %d pid %d uid %d status %d beyond %x", info.si_signo, info.si_errno, info.si_code, info.si_pid, (int)info.si_uid,
	     info.si_status, ((unsigned char *)&info)[24]);
	pid_t pid = sleeper();
	T("wait4", "WNOHANG, none has ended", syscall(SYS_wait4, -1, &s, WNOHANG, &u));
	T("wait4", "WNOHANG, of another group", syscall(SYS_wait4, -pid, &s, WNOHANG, NULL));
	T("wait4", "WNOHANG, of the own group", syscall(SYS_wait4, 0, &s, WNOHANG, NULL));
	memset(&info, 0xee, sizeof info);
	T("waitid", "WNOHANG, none has ended", syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, NULL));
	note("waitid", "info when none has ended", "sig %d code %d pid %d", info.si_signo, info.si_code, info.si_pid);
	T("wait4", "__WCLONE does not see a plain child", syscall(SYS_wait4, -1, &s, __WCLONE | WNOHANG, NULL));
	end(pid);
	exits(0);
	T("wait4", "bad status pointer", syscall(SYS_wait4, -1, BAD, 0, NULL));
	T("wait4", "the child was reaped all the same", syscall(SYS_wait4, -1, NULL, 0, NULL));
	exits(0);
	T("wait4", "bad usage pointer", syscall(SYS_wait4, -1, &s, 0, BAD));
	exits(0);
	T("waitid", "bad info pointer", syscall(SYS_waitid, P_ALL, 0, BAD, WEXITED, NULL));
	T("waitid", "reaped all the same", syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED, NULL));
	exits(0);
	T("waitid", "bad usage pointer", syscall(SYS_waitid, P_ALL, 0, &info, WEXITED, BAD));
	OK("wait4", "no status wanted", (exits(3), syscall(SYS_wait4, -1, NULL, 0, NULL)));
}

static void statuses(void)
{
	static const int codes[] = {0, 1, 255, 256, 0x1ff, -1};
	char what[64];
	int s;

	for (unsigned i = 0; i < 6; i++) {
		snprintf(what, sizeof what, "status of _exit(%d)", codes[i]);
		pid_t pid = exits(codes[i]);
		waitpid(pid, &s, 0);
		note("exit_group", what, "%#x", s);
	}
	pid_t pid = fork();
	if (pid == 0)
		syscall(SYS_exit, 7);
	waitpid(pid, &s, 0);
	note("exit", "the only thread's status", "%#x", s);
	static const int sigs[] = {SIGTERM, SIGKILL, SIGSEGV, SIGQUIT, SIGABRT, SIGALRM};
	for (unsigned i = 0; i < 6; i++) {
		snprintf(what, sizeof what, "status of a child killed by %d", sigs[i]);
		pid = sleeper();
		kill(pid, sigs[i]);
		waitpid(pid, &s, 0);
		note("wait4", what, "%#x", s);
	}
	pid = sleeper();
	kill(pid, SIGSTOP);
	OK("wait4", "WUNTRACED", syscall(SYS_wait4, pid, &s, WUNTRACED, NULL));
	note("wait4", "status of a stopped child", "%#x", s);
	T("wait4", "WUNTRACED tells once", syscall(SYS_wait4, pid, &s, WUNTRACED | WNOHANG, NULL));
	kill(pid, SIGCONT);
	OK("wait4", "WCONTINUED", syscall(SYS_wait4, pid, &s, WCONTINUED, NULL));
	note("wait4", "status of a continued child", "%#x", s);
	T("wait4", "WCONTINUED tells once", syscall(SYS_wait4, pid, &s, WCONTINUED | WNOHANG, NULL));
	kill(pid, SIGCONT);
	T("wait4", "SIGCONT to a running child", syscall(SYS_wait4, pid, &s, WCONTINUED | WNOHANG, NULL));
	kill(pid, SIGTSTP);
	siginfo_t i = {.si_pid = 0};
	T("waitid", "WSTOPPED, WNOWAIT", syscall(SYS_waitid, P_PID, pid, &i, WSTOPPED | WNOWAIT, NULL));
	note("waitid", "a stopped child", "sig %d code %d status %d own %d", i.si_signo, i.si_code, i.si_status, i.si_pid == pid);
	T("waitid", "WSTOPPED again", syscall(SYS_waitid, P_PID, pid, &i, WSTOPPED, NULL));
	memset(&i, 0, sizeof i);
	T("waitid", "WSTOPPED a third time, WNOHANG", syscall(SYS_waitid, P_PID, pid, &i, WSTOPPED | WNOHANG, NULL));
	note("waitid", "nothing more to tell", "%d", i.si_pid);
	T("waitid", "WEXITED of a stopped child, WNOHANG", syscall(SYS_waitid, P_PID, pid, &i, WEXITED | WNOHANG, NULL));
	kill(pid, SIGCONT);
	T("waitid", "WCONTINUED", syscall(SYS_waitid, P_PID, pid, &i, WCONTINUED, NULL));
	note("waitid", "a continued child", "code %d status %d", i.si_code, i.si_status);
	kill(pid, SIGINT);
	T("waitid", "WEXITED, WNOWAIT", syscall(SYS_waitid, P_PID, pid, &i, WEXITED | WNOWAIT, NULL));
	note("waitid", "a killed child", "code %d status %d", i.si_code, i.si_status);
	T("waitid", "WSTOPPED of a zombie, WNOHANG", syscall(SYS_waitid, P_PID, pid, &i, WSTOPPED | WNOHANG, NULL));
	T("waitid", "WEXITED of the zombie", syscall(SYS_waitid, P_PID, pid, &i, WEXITED, NULL));
	T("waitid", "WEXITED of what is reaped", syscall(SYS_waitid, P_PID, pid, &i, WEXITED, NULL));
	pid = exits(77);
	memset(&i, 0xee, sizeof i);
	T("waitid", "an exited child", syscall(SYS_waitid, P_ALL, 12345, &i, WEXITED, NULL));
	note("waitid", "its info", "sig %d errno %d code %d status %d own %d uid %d beyond %x", i.si_signo, i.si_errno, i.si_code, i.si_status, i.si_pid == pid, (int)i.si_uid,
	     ((unsigned char *)&i)[24]);
}

static void groups(void)
{
	int s;
	pid_t a = fork();

	if (a == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(a, a);
	pid_t b = sleeper();
	kill(b, SIGKILL);
	siginfo_t i;
	waitid(P_PID, (id_t)b, &i, WEXITED | WNOWAIT);
	T("wait4", "a group whose members live", syscall(SYS_wait4, -a, &s, WNOHANG, NULL));
	T("wait4", "own group by its number", syscall(SYS_wait4, -getpgrp(), &s, WNOHANG, NULL) == b);
	kill(a, SIGKILL);
	T("wait4", "the other group", syscall(SYS_wait4, -a, &s, 0, NULL) == a);
	T("wait4", "nobody is left in it", syscall(SYS_wait4, -a, &s, 0, NULL));
	/* children of children are not one's own */
	int p[2];
	pipe(p);
	pid_t c = fork();
	if (c == 0) {
		pid_t g = sleeper();
		write(p[1], &g, sizeof g);
		for (;;)
			pause();
	}
	pid_t grand;
	read(p[0], &grand, sizeof grand);
	T("wait4", "a grandchild", syscall(SYS_wait4, grand, &s, WNOHANG, NULL));
	kill(grand, SIGKILL);
	end(c);
}

static void nothing(int sig) { (void)sig; }

static void interrupted(void)
{
	struct sigaction a = {.sa_handler = nothing};
	pid_t pid = sleeper();
	int s;

	sigaction(SIGALRM, &a, NULL);
	ualarm(30000, 30000);
	T("wait4", "a handler runs", syscall(SYS_wait4, pid, &s, 0, NULL));
	ualarm(0, 0);
	ualarm(30000, 30000);
	T("waitid", "a handler runs", syscall(SYS_waitid, P_PID, pid, NULL, WEXITED, NULL));
	ualarm(0, 0);
	a.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &a, NULL);
	pid_t killer = fork();
	if (killer == 0) {
		for (int i = 0; i < 10; i++)
			moment();
		kill(pid, SIGTERM);
		_exit(0);
	}
	ualarm(20000, 20000);
	T("wait4", "a handler with SA_RESTART", syscall(SYS_wait4, pid, &s, 0, NULL) == pid);
	ualarm(0, 0);
	waitpid(killer, NULL, 0);
}

static void usage(void)
{
	struct rusage u, c;
	pid_t pid = fork();

	if (pid == 0) {
		volatile unsigned n = 0;
		struct rusage me;
		do {
			for (int i = 0; i < 100000; i++)
				n++;
			getrusage(RUSAGE_SELF, &me);
		} while (me.ru_utime.tv_sec == 0 && me.ru_utime.tv_usec < 30000);
		_exit(0);
	}
	memset(&u, 0xee, sizeof u);
	OK("wait4", "with usage", syscall(SYS_wait4, pid, NULL, 0, &u));
	note("wait4", "usage of a child that computed", "user time %d, pages %d", u.ru_utime.tv_usec >= 30000 || u.ru_utime.tv_sec > 0, u.ru_maxrss > 0);
	T("getrusage", "children", syscall(SYS_getrusage, RUSAGE_CHILDREN, &c));
	note("getrusage", "children have used as much", "%d", c.ru_utime.tv_usec >= 30000 || c.ru_utime.tv_sec > 0);
	T("getrusage", "self", syscall(SYS_getrusage, RUSAGE_SELF, &c));
	T("getrusage", "thread", syscall(SYS_getrusage, 1, &c));
	T("getrusage", "who 2", syscall(SYS_getrusage, 2, &c));
	T("getrusage", "who -3", syscall(SYS_getrusage, -3, &c));
	T("getrusage", "bad pointer", syscall(SYS_getrusage, RUSAGE_SELF, BAD));
	T("getrusage", "who 2, bad pointer", syscall(SYS_getrusage, 2, BAD));
	T("getrusage", "across the end of memory", syscall(SYS_getrusage, RUSAGE_SELF, edge(40)));
}

/* Orphans go to init; a subreaper takes them first. */
static void orphans(void)
{
	int p[2];
	pid_t who[2];

	pipe(p);
	if (fork() == 0) {
		if (fork() == 0) {
			pid_t parent = getppid();
			for (int i = 0; i < 500 && getppid() == parent; i++)
				moment();
			pid_t now = getppid();
			write(p[1], &now, sizeof now);
			_exit(0);
		}
		_exit(0);
	}
	wait(NULL);
	read(p[0], &who[0], sizeof who[0]);
	note("getppid", "an orphan's parent is init", "%d", who[0] == 1);
	T("prctl", "PR_SET_CHILD_SUBREAPER", syscall(SYS_prctl, 36, 1, 0, 0, 0));
	int on = -1;
	T("prctl", "PR_GET_CHILD_SUBREAPER", syscall(SYS_prctl, 37, &on, 0, 0, 0));
	note("prctl", "subreaper is set", "%d", on);
	T("prctl", "PR_GET_CHILD_SUBREAPER, bad pointer", syscall(SYS_prctl, 37, BAD, 0, 0, 0));
	if (fork() == 0) {
		on = -1;
		syscall(SYS_prctl, 37, &on, 0, 0, 0);
		note("prctl", "subreaper is not inherited", "%d", on);
		if (fork() == 0) {
			pid_t parent = getppid();
			for (int i = 0; i < 500 && getppid() == parent; i++)
				moment();
			pid_t now = getppid();
			write(p[1], &now, sizeof now);
			_exit(9);
		}
		_exit(0);
	}
	wait(NULL);
	read(p[0], &who[0], sizeof who[0]);
	note("getppid", "an orphan's parent is the subreaper", "%d", who[0] == getpid());
	int s;
	OK("wait4", "the orphan is the subreaper's to reap", waitpid(-1, &s, 0));
	note("wait4", "the orphan's status", "%s", status_text(s));
}

const struct section sections[] = {{"errors", errors}, {"statuses", statuses}, {"groups", groups}, {"interrupted", interrupted}, {"usage", usage}, {"orphans", orphans}, {NULL, NULL}};
