/* settings - prctl, personality, names of the machine, sysinfo, syslog, reboot's refusals, random bytes, thread ids. */
#include "abi.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define PR(condition, ...) T("prctl", condition, syscall(SYS_prctl, __VA_ARGS__))

static void small(void)
{
	char name[17] = {0};
	int v = -1;

	PR("PR_SET_NAME", 15, "a name that is too long", 0, 0, 0);
	TV("prctl", "PR_GET_NAME", syscall(SYS_prctl, 16, name, 0, 0, 0), "[%s]", name);
	PR("PR_SET_NAME, bad pointer", 15, BAD, 0, 0, 0);
	PR("PR_GET_NAME, bad pointer", 16, BAD, 0, 0, 0);
	PR("PR_SET_PDEATHSIG", 1, SIGUSR1, 0, 0, 0);
	TV("prctl", "PR_GET_PDEATHSIG", syscall(SYS_prctl, 2, &v, 0, 0, 0), "%d", v);
	PR("PR_SET_PDEATHSIG 65", 1, 65, 0, 0, 0);
	PR("PR_SET_PDEATHSIG -1", 1, -1, 0, 0, 0);
	PR("PR_GET_PDEATHSIG, bad pointer", 2, BAD, 0, 0, 0);
	pid_t pid = fork();
	if (pid == 0) {
		syscall(SYS_prctl, 2, &v, 0, 0, 0);
		note("prctl", "PR_SET_PDEATHSIG is not inherited", "%d", v);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	PR("PR_SET_PDEATHSIG 0", 1, 0, 0, 0, 0);
	PR("PR_GET_DUMPABLE", 3, 0, 0, 0, 0);
	PR("PR_SET_DUMPABLE 0", 4, 0, 0, 0, 0);
	PR("PR_GET_DUMPABLE after 0", 3, 0, 0, 0, 0);
	PR("PR_SET_DUMPABLE 1", 4, 1, 0, 0, 0);
	PR("PR_SET_DUMPABLE 2", 4, 2, 0, 0, 0);
	PR("PR_SET_UNALIGN", 6, 1, 0, 0, 0);
	PR("PR_GET_KEEPCAPS at first", 7, 0, 0, 0, 0);
	PR("PR_SET_FPEMU", 10, 1, 0, 0, 0);
	PR("PR_GET_TIMING", 13, 0, 0, 0, 0);
	PR("PR_SET_TIMING 0", 14, 0, 0, 0, 0);
	PR("PR_SET_TIMING 1", 14, 1, 0, 0, 0);
	PR("PR_GET_ENDIAN", 19, &v, 0, 0, 0);
	PR("PR_GET_SECCOMP", 21, 0, 0, 0, 0);
	PR("PR_SET_SECCOMP 77", 22, 77, 0, 0, 0);
	TV("prctl", "PR_GET_TSC", syscall(SYS_prctl, 25, &v, 0, 0, 0), "%d", v);
	PR("PR_SET_TSC 1", 26, 1, 0, 0, 0);
	PR("PR_SET_TSC 0", 26, 0, 0, 0, 0);
	PR("PR_GET_TSC, bad pointer", 25, BAD, 0, 0, 0);
	PR("PR_GET_SECUREBITS", 27, 0, 0, 0, 0);
	PR("PR_GET_TIMERSLACK", 30, 0, 0, 0, 0);
	PR("PR_SET_TIMERSLACK 1000", 29, 1000, 0, 0, 0);
	PR("PR_GET_TIMERSLACK after 1000", 30, 0, 0, 0, 0);
	PR("PR_SET_TIMERSLACK 0", 29, 0, 0, 0, 0);
	PR("PR_GET_TIMERSLACK after 0", 30, 0, 0, 0, 0);
	PR("PR_TASK_PERF_EVENTS_DISABLE", 31, 0, 0, 0, 0);
	PR("PR_TASK_PERF_EVENTS_ENABLE", 32, 0, 0, 0, 0);
	PR("PR_GET_NO_NEW_PRIVS", 39, 0, 0, 0, 0);
	PR("PR_GET_NO_NEW_PRIVS with more", 39, 1, 0, 0, 0);
	PR("PR_SET_NO_NEW_PRIVS 0", 38, 0, 0, 0, 0);
	PR("PR_SET_NO_NEW_PRIVS 1 with more", 38, 1, 1, 0, 0);
	PR("PR_SET_NO_NEW_PRIVS 1", 38, 1, 0, 0, 0);
	PR("PR_GET_NO_NEW_PRIVS after", 39, 0, 0, 0, 0);
	PR("PR_GET_THP_DISABLE", 42, 0, 0, 0, 0);
	PR("PR_SET_THP_DISABLE 1", 41, 1, 0, 0, 0);
	PR("PR_GET_THP_DISABLE after", 42, 0, 0, 0, 0);
	PR("PR_SET_THP_DISABLE with more", 41, 1, 1, 0, 0);
	PR("option 0", 0, 0, 0, 0, 0);
	PR("option 9999", 9999, 0, 0, 0, 0);
	PR("option -1", -1, 0, 0, 0, 0);
	int tid_at = 5, *at = NULL;
	OK("set_tid_address", "success", syscall(SYS_set_tid_address, &tid_at));
	T("prctl", "PR_GET_TID_ADDRESS", syscall(SYS_prctl, 40, &at, 0, 0, 0));
	note("prctl", "PR_GET_TID_ADDRESS is what was set", "%d", at == &tid_at);
	OK("set_tid_address", "NULL", syscall(SYS_set_tid_address, NULL));
	OK("gettid", "the first thread's is the pid", syscall(SYS_gettid) == getpid());
	OK("getpid", "success", syscall(SYS_getpid));
	OK("getppid", "success", syscall(SYS_getppid));
	T("personality", "asked", syscall(SYS_personality, 0xffffffff));
	T("personality", "ADDR_NO_RANDOMIZE", syscall(SYS_personality, 0x0040000));
	T("personality", "asked after", syscall(SYS_personality, 0xffffffff));
	pid = fork();
	if (pid == 0) {
		T("personality", "a child's", syscall(SYS_personality, 0xffffffff));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	T("personality", "back", syscall(SYS_personality, 0));
}

static void death(void)
{
	int p[2];
	char c = 0;

	/* a child hears of its parent's death */
	pipe(p);
	if (fork() == 0) {
		if (fork() == 0) {
			sigset_t s;
			sigemptyset(&s);
			sigaddset(&s, SIGUSR1);
			sigprocmask(SIG_BLOCK, &s, NULL);
			syscall(SYS_prctl, 1, SIGUSR1, 0, 0, 0);
			write(p[1], "r", 1);
			siginfo_t i;
			int sig = sigwaitinfo(&s, &i);
			c = sig == SIGUSR1 ? 'd' : 'x';
			write(p[1], &c, 1);
			_exit(0);
		}
		for (;;)
			pause();
	}
	read(p[0], &c, 1);
	kill(-getpgrp(), 0);
	/* the parent is the only other child of ours */
	pid_t parent = -1;
	for (pid_t k = getpid() + 1; k < getpid() + 3 && parent < 0; k++)
		if (waitpid(k, NULL, WNOHANG) == 0)
			parent = k;
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	read(p[0], &c, 1);
	note("prctl", "PR_SET_PDEATHSIG comes", "%c", c);
}

static void machine(void)
{
	struct utsname u;
	char old[5 * 65], oldold[5 * 9], name[70];
	struct sysinfo si;

	T("uname", "success", syscall(SYS_uname, &u));
	note("uname", "system and machine", "%s %s", u.sysname, u.machine);
	T("uname", "bad pointer", syscall(SYS_uname, BAD));
	T("olduname", "success", syscall(SYS_olduname, old));
	T("olduname", "bad pointer", syscall(SYS_olduname, BAD));
	T("oldolduname", "success", syscall(SYS_oldolduname, oldold));
	T("oldolduname", "bad pointer", syscall(SYS_oldolduname, BAD));
	memset(name, 'h', sizeof name);
	strcpy(name, u.nodename);
	T("sethostname", "65 bytes", syscall(SYS_sethostname, name, 65));
	T("sethostname", "-1 bytes", syscall(SYS_sethostname, name, -1));
	T("sethostname", "bad pointer", syscall(SYS_sethostname, BAD, 5));
	T("sethostname", "success", syscall(SYS_sethostname, "abihost", 7));
	syscall(SYS_uname, &u);
	note("sethostname", "uname tells it", "%s", u.nodename);
	T("sethostname", "back", syscall(SYS_sethostname, name, strlen(name)));
	T("setdomainname", "success", syscall(SYS_setdomainname, "abidomain", 9));
	syscall(SYS_uname, &u);
	note("setdomainname", "uname tells it", "%s", u.domainname);
	T("setdomainname", "65 bytes", syscall(SYS_setdomainname, name, 65));
	T("setdomainname", "bad pointer", syscall(SYS_setdomainname, BAD, 5));
	T("setdomainname", "back", syscall(SYS_setdomainname, "(none)", 6));
	T("sysinfo", "success", syscall(SYS_sysinfo, &si));
	note("sysinfo", "sane", "%d %d %u", si.totalram > si.freeram, si.procs > 1, si.mem_unit);
	T("sysinfo", "bad pointer", syscall(SYS_sysinfo, BAD));
	T("reboot", "bad first magic", syscall(SYS_reboot, 1, 672274793, 0, NULL));
	T("reboot", "bad second magic", syscall(SYS_reboot, 0xfee1dead, 1, 0, NULL));
	T("reboot", "an unknown command", syscall(SYS_reboot, 0xfee1dead, 672274793, 12345, NULL));
	T("reboot", "CAD off", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
	char buf[64];
	T("syslog", "open", syscall(SYS_syslog, 1, NULL, 0));
	T("syslog", "close", syscall(SYS_syslog, 0, NULL, 0));
	T("syslog", "read all, NULL", syscall(SYS_syslog, 3, NULL, 10));
	T("syslog", "read all, -1 bytes", syscall(SYS_syslog, 3, buf, -1));
	T("syslog", "read all, 0 bytes", syscall(SYS_syslog, 3, buf, 0));
	T("syslog", "read, NULL", syscall(SYS_syslog, 2, NULL, 10));
	T("syslog", "console level 0", syscall(SYS_syslog, 8, NULL, 0));
	T("syslog", "console level 9", syscall(SYS_syslog, 8, NULL, 9));
	OK("syslog", "size of the buffer", syscall(SYS_syslog, 10, NULL, 0));
	T("syslog", "type 11", syscall(SYS_syslog, 11, NULL, 0));
	T("syslog", "type -1", syscall(SYS_syslog, -1, NULL, 0));
	T("getrandom", "16 bytes", syscall(SYS_getrandom, buf, 16, 0));
	T("getrandom", "no bytes", syscall(SYS_getrandom, buf, 0, 0));
	T("getrandom", "nonblocking", syscall(SYS_getrandom, buf, 16, 1));
	T("getrandom", "flags 8", syscall(SYS_getrandom, buf, 16, 8));
	T("getrandom", "random and insecure", syscall(SYS_getrandom, buf, 16, 6));
	T("getrandom", "bad pointer", syscall(SYS_getrandom, BAD, 16, 0));
	T("getrandom", "across the end of memory", syscall(SYS_getrandom, edge(8), 16, 0) <= 8);
}

static void machine_user(void)
{
	T("sethostname", "user", syscall(SYS_sethostname, "x", 1));
	T("sethostname", "user, 65 bytes", syscall(SYS_sethostname, "x", 65));
	T("setdomainname", "user", syscall(SYS_setdomainname, "x", 1));
	T("reboot", "user, bad magic", syscall(SYS_reboot, 1, 1, 0, NULL));
	T("syslog", "user: clear", syscall(SYS_syslog, 5, NULL, 0));
	T("vhangup", "user", syscall(SYS_vhangup));
	T("prctl", "PR_GET_DUMPABLE after a change of ids", syscall(SYS_prctl, 3, 0, 0, 0, 0));
}

static void users(void)
{
	as_user(1000, 1000, machine_user);
}

const struct section sections[] = {{"small", small}, {"death", death}, {"machine", machine}, {"users", users}, {NULL, NULL}};
