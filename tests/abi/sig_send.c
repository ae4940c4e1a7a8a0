/* sig_send - kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo: who may send what to whom, and what arrives. */
#include "children.h"

#define NOBODY_PID 4000000 /* above every pid_max */

static volatile int got_code, got_pid_is_mine, got_uid, got_value, got_sig, count;

static void keep(int sig, siginfo_t *info, void *context)
{
	(void)context;
	count++;
	got_sig = sig;
	got_code = info->si_code;
	got_pid_is_mine = info->si_pid == getpid();
	got_uid = (int)info->si_uid;
	got_value = info->si_value.sival_int;
}

static void catch(int sig)
{
	struct sigaction a = {.sa_sigaction = keep, .sa_flags = SA_SIGINFO};

	sigaction(sig, &a, NULL);
}

static void kill_errors(void)
{
	pid_t me = getpid(), child;

	T("kill", "signal 0 to itself", syscall(SYS_kill, me, 0));
	T("kill", "no such process", syscall(SYS_kill, NOBODY_PID, SIGTERM));
	T("kill", "no such process, signal 0", syscall(SYS_kill, NOBODY_PID, 0));
	T("kill", "no such process, bad signal", syscall(SYS_kill, NOBODY_PID, 65));
	T("kill", "signal 65 to itself", syscall(SYS_kill, me, 65));
	T("kill", "signal -1 to itself", syscall(SYS_kill, me, -1));
	T("kill", "signal 0x80000000", syscall(SYS_kill, me, 0x80000000));
	T("kill", "no such group", syscall(SYS_kill, -NOBODY_PID, SIGTERM));
	T("kill", "own group, signal 0", syscall(SYS_kill, 0, 0));
	T("kill", "own group, bad signal", syscall(SYS_kill, 0, 65));
	T("kill", "pid INT_MIN", syscall(SYS_kill, 0x80000000, 0));
	T("kill", "init, signal 0", syscall(SYS_kill, 1, 0));
	child = fork();
	if (child == 0)
		_exit(0);
	siginfo_t info;
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	T("kill", "a zombie, signal 0", syscall(SYS_kill, child, 0));
	T("kill", "a zombie, SIGTERM", syscall(SYS_kill, child, SIGTERM));
	T("tkill", "a zombie, SIGTERM", syscall(SYS_tkill, child, SIGTERM));
	waitpid(child, NULL, 0);
	T("kill", "a reaped process", syscall(SYS_kill, child, 0));
	catch(SIGUSR1);
	T("kill", "itself with a handler", syscall(SYS_kill, me, SIGUSR1));
	note("kill", "siginfo at the handler", "sig %d code %d own pid %d uid %d", got_sig, got_code, got_pid_is_mine, got_uid);
}

static void kill_as_user(void)
{
	T("kill", "user: root's process", syscall(SYS_kill, getppid(), SIGTERM));
	T("kill", "user: root's process, signal 0", syscall(SYS_kill, getppid(), 0));
	T("kill", "user: init", syscall(SYS_kill, 1, SIGTERM));
	T("kill", "user: root's process, SIGCONT in the session", syscall(SYS_kill, getppid(), SIGCONT));
	T("kill", "user: root's process, bad signal", syscall(SYS_kill, getppid(), 65));
	T("tkill", "user: root's process", syscall(SYS_tkill, getppid(), SIGTERM));
	T("tgkill", "user: root's process", syscall(SYS_tgkill, getppid(), getppid(), SIGTERM));
	pid_t child = sleeper();
	T("kill", "user: own child", syscall(SYS_kill, child, SIGTERM));
	int status;
	waitpid(child, &status, 0);
	note("kill", "user: own child ended", "%s", status_text(status));
}

static void saved_uid(void)
{
	/* the sender's real or effective id is to be the target's real or saved one */
	pid_t child = fork();

	if (child == 0) {
		setresuid(100, 200, 300);
		for (;;)
			pause();
	}
	int p[2];
	pipe(p);
	for (int i = 0; i < 100 && access("/proc/self/status", R_OK) == 0; i++) {
		char path[64], text[2048];
		snprintf(path, sizeof path, "/proc/%d/status", child);
		int fd = open(path, O_RDONLY);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
		if (fd >= 0)
			close(fd);
		text[n > 0 ? n : 0] = 0;
		if (strstr(text, "Uid:\t100\t200\t300"))
			break;
		moment();
	}
	static const struct { const char *what; int uid, euid; } rows[] = {
		{"sender real = target real", 100, 999}, {"sender effective = target real", 999, 100},
		{"sender real = target effective only", 200, 999}, {"sender effective = target effective only", 999, 200},
		{"sender real = target saved", 300, 999}, {"sender effective = target saved", 999, 300},
	};
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		pid_t k = fork();
		if (k == 0) {
			setresuid((uid_t)rows[i].uid, (uid_t)rows[i].euid, 999);
			T("kill", rows[i].what, syscall(SYS_kill, child, 0));
			_exit(0);
		}
		waitpid(k, NULL, 0);
	}
	end(child);
}

static void threads(void)
{
	pid_t me = getpid();

	T("tkill", "tid 0", syscall(SYS_tkill, 0, 0));
	T("tkill", "tid -1", syscall(SYS_tkill, -1, 0));
	T("tkill", "no such thread", syscall(SYS_tkill, NOBODY_PID, 0));
	T("tkill", "no such thread, bad signal", syscall(SYS_tkill, NOBODY_PID, 65));
	T("tkill", "itself, signal 0", syscall(SYS_tkill, me, 0));
	T("tkill", "itself, signal 65", syscall(SYS_tkill, me, 65));
	T("tgkill", "group 0", syscall(SYS_tgkill, 0, me, 0));
	T("tgkill", "group -1", syscall(SYS_tgkill, -1, me, 0));
	T("tgkill", "thread 0", syscall(SYS_tgkill, me, 0, 0));
	T("tgkill", "thread -1", syscall(SYS_tgkill, me, -1, 0));
	T("tgkill", "thread of another group", syscall(SYS_tgkill, 1, me, 0));
	T("tgkill", "no such thread", syscall(SYS_tgkill, me, NOBODY_PID, 0));
	T("tgkill", "itself, signal 0", syscall(SYS_tgkill, me, me, 0));
	T("tgkill", "itself, signal 65", syscall(SYS_tgkill, me, me, 65));
	catch(SIGUSR1);
	T("tgkill", "itself, SIGUSR1", syscall(SYS_tgkill, me, me, SIGUSR1));
	note("tgkill", "siginfo at the handler", "sig %d code %d own pid %d", got_sig, got_code, got_pid_is_mine);
	T("tkill", "itself, SIGUSR1", syscall(SYS_tkill, me, SIGUSR1));
	note("tkill", "siginfo at the handler", "sig %d code %d own pid %d", got_sig, got_code, got_pid_is_mine);
}

static siginfo_t made(int code, int value)
{
	siginfo_t i;

	memset(&i, 0, sizeof i);
	i.si_code = code;
	i.si_pid = getpid();
	i.si_uid = 7;
	i.si_value.sival_int = value;
	return i;
}

static void queue(void)
{
	pid_t me = getpid();
	siginfo_t i = made(SI_QUEUE, 42);

	catch(SIGUSR1);
	catch(SIGRTMIN);
	T("rt_sigqueueinfo", "itself, SI_QUEUE", syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &i));
	note("rt_sigqueueinfo", "siginfo at the handler", "sig %d code %d own pid %d uid %d value %d", got_sig, got_code, got_pid_is_mine, got_uid, got_value);
	T("rt_sigqueueinfo", "signal 0", syscall(SYS_rt_sigqueueinfo, me, 0, &i));
	T("rt_sigqueueinfo", "signal 65", syscall(SYS_rt_sigqueueinfo, me, 65, &i));
	T("rt_sigqueueinfo", "signal -1", syscall(SYS_rt_sigqueueinfo, me, -1, &i));
	T("rt_sigqueueinfo", "no such process", syscall(SYS_rt_sigqueueinfo, NOBODY_PID, SIGUSR1, &i));
	T("rt_sigqueueinfo", "no such process, bad signal", syscall(SYS_rt_sigqueueinfo, NOBODY_PID, 65, &i));
	T("rt_sigqueueinfo", "pid 0", syscall(SYS_rt_sigqueueinfo, 0, SIGUSR1, &i));
	T("rt_sigqueueinfo", "pid -1", syscall(SYS_rt_sigqueueinfo, -1, SIGUSR1, &i));
	T("rt_sigqueueinfo", "bad pointer", syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, BAD));
	T("rt_sigqueueinfo", "bad pointer, no such process", syscall(SYS_rt_sigqueueinfo, NOBODY_PID, SIGUSR1, BAD));
	T("rt_sigqueueinfo", "info across the end of memory", syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, edge(64)));
	i = made(SI_USER, 43);
	T("rt_sigqueueinfo", "itself, SI_USER", syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &i));
	note("rt_sigqueueinfo", "SI_USER at the handler", "code %d", got_code);
	i = made(SI_TKILL, 44);
	T("rt_sigqueueinfo", "itself, SI_TKILL", syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, &i));
	note("rt_sigqueueinfo", "SI_TKILL at the handler", "code %d", got_code);
	pid_t child = sleeper();
	T("rt_sigqueueinfo", "another, SI_QUEUE, signal 0", syscall(SYS_rt_sigqueueinfo, child, 0, &(siginfo_t){.si_code = SI_QUEUE}));
	T("rt_sigqueueinfo", "another, SI_USER", syscall(SYS_rt_sigqueueinfo, child, 0, &(siginfo_t){.si_code = SI_USER}));
	T("rt_sigqueueinfo", "another, SI_TKILL", syscall(SYS_rt_sigqueueinfo, child, 0, &(siginfo_t){.si_code = SI_TKILL}));
	T("rt_sigqueueinfo", "another, SI_KERNEL", syscall(SYS_rt_sigqueueinfo, child, 0, &(siginfo_t){.si_code = SI_KERNEL}));
	T("rt_sigqueueinfo", "another, SI_TIMER", syscall(SYS_rt_sigqueueinfo, child, 0, &(siginfo_t){.si_code = SI_TIMER}));
	T("rt_sigqueueinfo", "another, SI_USER, no such process first", syscall(SYS_rt_sigqueueinfo, NOBODY_PID, 0, &(siginfo_t){.si_code = SI_USER}));
	end(child);
	i = made(SI_QUEUE, 50);
	T("rt_tgsigqueueinfo", "itself, SI_QUEUE", syscall(SYS_rt_tgsigqueueinfo, me, me, SIGUSR1, &i));
	note("rt_tgsigqueueinfo", "siginfo at the handler", "code %d value %d", got_code, got_value);
	T("rt_tgsigqueueinfo", "group 0", syscall(SYS_rt_tgsigqueueinfo, 0, me, SIGUSR1, &i));
	T("rt_tgsigqueueinfo", "thread -1", syscall(SYS_rt_tgsigqueueinfo, me, -1, SIGUSR1, &i));
	T("rt_tgsigqueueinfo", "wrong group", syscall(SYS_rt_tgsigqueueinfo, 1, me, SIGUSR1, &i));
	T("rt_tgsigqueueinfo", "no such thread", syscall(SYS_rt_tgsigqueueinfo, me, NOBODY_PID, SIGUSR1, &i));
	T("rt_tgsigqueueinfo", "signal 65", syscall(SYS_rt_tgsigqueueinfo, me, me, 65, &i));
	T("rt_tgsigqueueinfo", "bad pointer", syscall(SYS_rt_tgsigqueueinfo, me, me, SIGUSR1, BAD));
	T("rt_tgsigqueueinfo", "bad pointer, group 0", syscall(SYS_rt_tgsigqueueinfo, 0, me, SIGUSR1, BAD));
	i = made(SI_USER, 50);
	T("rt_tgsigqueueinfo", "itself, SI_USER", syscall(SYS_rt_tgsigqueueinfo, me, me, SIGUSR1, &i));
	T("rt_tgsigqueueinfo", "another thread's tid, SI_USER", syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), 0, &i));
}

static volatile int order[16], n_order;

static void note_order(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (n_order < 16)
		order[n_order++] = sig >= SIGRTMIN ? (sig - SIGRTMIN + 1) * 100 + info->si_value.sival_int : sig;
}

/* Real-time signals queue in order of sending, lower numbers first; standard ones coalesce. */
static void ordering(void)
{
	static const int sigs[] = {SIGUSR1, SIGUSR2, SIGTERM};
	struct sigaction a = {.sa_sigaction = note_order, .sa_flags = SA_SIGINFO};
	sigset_t all;

	sigfillset(&all);
	sigfillset(&a.sa_mask);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; i < 3; i++)
		sigaction(sigs[i], &a, NULL);
	sigaction(SIGRTMIN, &a, NULL);
	sigaction(SIGRTMIN + 1, &a, NULL);
	for (int i = 0; i < 3; i++) {
		union sigval v = {.sival_int = i};
		kill(getpid(), SIGUSR1);
		sigqueue(getpid(), SIGRTMIN + 1, v);
		sigqueue(getpid(), SIGRTMIN, v);
		kill(getpid(), SIGTERM);
		kill(getpid(), SIGUSR2);
	}
	sigset_t pending;
	sigpending(&pending);
	note("rt_sigpending", "five signals pending", "%d%d%d%d%d%d", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2), sigismember(&pending, SIGTERM),
	     sigismember(&pending, SIGRTMIN), sigismember(&pending, SIGRTMIN + 1), sigismember(&pending, SIGINT));
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* frames are stacked: the last one built runs first; the handler's mask holds back the others */
	char text[160] = "";
	for (int i = 0; i < n_order; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " %d", order[i]);
	note("rt_sigqueueinfo", "order of delivery", "%d:%s", n_order, text);
	n_order = 0;
	a.sa_mask = none;
	for (int i = 0; i < 3; i++)
		sigaction(sigs[i], &a, NULL);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; i < 3; i++)
		kill(getpid(), sigs[i]);
	sigprocmask(SIG_SETMASK, &none, NULL);
	text[0] = 0;
	for (int i = 0; i < n_order; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " %d", order[i]);
	note("kill", "order of three pending with open masks", "%d:%s", n_order, text);
}

/* kill(-1): everything that may be reached but init and oneself; run as a user that owns little. */
static void everybody(void)
{
	pid_t a = sleeper(), b = sleeper();
	int s;

	T("kill", "pid -1, signal 0, as a user", syscall(SYS_kill, -1, 0));
	T("kill", "pid -1, SIGTERM, as a user", syscall(SYS_kill, -1, SIGTERM));
	waitpid(a, &s, 0);
	note("kill", "pid -1 reached the first child", "%s", status_text(s));
	waitpid(b, &s, 0);
	note("kill", "pid -1 reached the second child", "%s", status_text(s));
	T("kill", "pid -1, nobody is left", syscall(SYS_kill, -1, SIGTERM));
	T("kill", "pid -1, bad signal", syscall(SYS_kill, -1, 65));
}

static void group(void)
{
	pid_t a = fork(), b;
	int s;

	if (a == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(a, a);
	b = fork();
	if (b == 0)
		for (;;)
			pause();
	setpgid(b, a);
	T("kill", "a group of two", syscall(SYS_kill, -a, SIGUSR2));
	waitpid(a, &s, 0);
	note("kill", "group: first", "%s", status_text(s));
	T("kill", "a group whose leader is gone, signal 0", syscall(SYS_kill, -a, 0));
	waitpid(b, &s, 0);
	note("kill", "group: second", "%s", status_text(s));
	T("kill", "a group that is gone", syscall(SYS_kill, -a, SIGUSR2));
}

static void user_sections(void)
{
	as_user(1000, 1000, kill_as_user);
	as_user(4242, 4242, everybody);
}

const struct section sections[] = {{"kill_errors", kill_errors}, {"user", user_sections}, {"saved_uid", saved_uid}, {"threads", threads},
	{"queue", queue}, {"ordering", ordering}, {"group", group}, {NULL, NULL}};
