/* ids - user and group ids in both sizes, groups, process groups and sessions, capabilities. */
#include "abi.h"

#include <grp.h>

#define NOBODY_PID 4000000

static void show(const char *call, const char *condition)
{
	unsigned r, e, s, R, E, S;

	syscall(SYS_getresuid32, &r, &e, &s);
	syscall(SYS_getresgid32, &R, &E, &S);
	unsigned f = (unsigned)syscall(SYS_setfsuid32, -1), F = (unsigned)syscall(SYS_setfsgid32, -1);
	note(call, condition, "uid %d %d %d %d gid %d %d %d %d", (int)r, (int)e, (int)s, (int)f, (int)R, (int)E, (int)S, (int)F);
}

#define CASE(call, condition, ...) \
	do { \
		pid_t pid_ = fork(); \
		if (pid_ == 0) { \
			__VA_ARGS__; \
			show(call, condition ": ids then"); \
			_exit(0); \
		} \
		waitpid(pid_, NULL, 0); \
	} while (0)

static void as_root(void)
{
	CASE("setuid32", "root to 5", T("setuid32", "root to 5", syscall(SYS_setuid32, 5)));
	CASE("setgid32", "root to 6", T("setgid32", "root to 6", syscall(SYS_setgid32, 6)));
	CASE("setreuid32", "root 5 6", T("setreuid32", "root 5 6", syscall(SYS_setreuid32, 5, 6)));
	CASE("setreuid32", "root -1 6", T("setreuid32", "root -1 6", syscall(SYS_setreuid32, -1, 6)));
	CASE("setreuid32", "root 5 -1", T("setreuid32", "root 5 -1", syscall(SYS_setreuid32, 5, -1)));
	CASE("setreuid32", "root -1 -1", T("setreuid32", "root -1 -1", syscall(SYS_setreuid32, -1, -1)));
	CASE("setregid32", "root 5 6", T("setregid32", "root 5 6", syscall(SYS_setregid32, 5, 6)));
	CASE("setregid32", "root -1 6", T("setregid32", "root -1 6", syscall(SYS_setregid32, -1, 6)));
	CASE("setresuid32", "root 5 6 7", T("setresuid32", "root 5 6 7", syscall(SYS_setresuid32, 5, 6, 7)));
	CASE("setresuid32", "root -1 6 -1", T("setresuid32", "root -1 6 -1", syscall(SYS_setresuid32, -1, 6, -1)));
	CASE("setresgid32", "root 5 6 7", T("setresgid32", "root 5 6 7", syscall(SYS_setresgid32, 5, 6, 7)));
	CASE("setfsuid32", "root 9", T("setfsuid32", "root 9", syscall(SYS_setfsuid32, 9)));
	CASE("setfsgid32", "root 9", T("setfsgid32", "root 9", syscall(SYS_setfsgid32, 9)));
	CASE("setuid", "root to 5", T("setuid", "root to 5", syscall(SYS_setuid, 5)));
	CASE("setuid", "root to 0xffff", T("setuid", "root to 0xffff", syscall(SYS_setuid, 0xffff)));
	CASE("setuid", "root to 0x10005", T("setuid", "root to 0x10005", syscall(SYS_setuid, 0x10005)));
	CASE("setgid", "root to 5", T("setgid", "root to 5", syscall(SYS_setgid, 5)));
	CASE("setreuid", "root 5 0xffff", T("setreuid", "root 5 0xffff", syscall(SYS_setreuid, 5, 0xffff)));
	CASE("setregid", "root 0xffff 5", T("setregid", "root 0xffff 5", syscall(SYS_setregid, 0xffff, 5)));
	CASE("setresuid", "root 1 2 3", T("setresuid", "root 1 2 3", syscall(SYS_setresuid, 1, 2, 3)));
	CASE("setresgid", "root 1 2 3", T("setresgid", "root 1 2 3", syscall(SYS_setresgid, 1, 2, 3)));
	CASE("setfsuid", "root 9", T("setfsuid", "root 9", syscall(SYS_setfsuid, 9)));
	CASE("setfsgid", "root 9", T("setfsgid", "root 9", syscall(SYS_setfsgid, 9)));
	T("setuid32", "root to -1", syscall(SYS_setuid32, -1));
	T("setgid32", "root to -1", syscall(SYS_setgid32, -1));
	CASE("setuid32", "root to 70000", T("setuid32", "root to 70000", syscall(SYS_setuid32, 70000)); T("getuid", "an id of 17 bits", syscall(SYS_getuid));
	     T("geteuid", "an id of 17 bits", syscall(SYS_geteuid)));
	CASE("setgid32", "root to 70000", T("setgid32", "root to 70000", syscall(SYS_setgid32, 70000)); T("getgid", "an id of 17 bits", syscall(SYS_getgid));
	     T("getegid", "an id of 17 bits", syscall(SYS_getegid)));
	unsigned short s16[3];
	unsigned s32[3];
	T("getresuid", "success", syscall(SYS_getresuid, &s16[0], &s16[1], &s16[2]));
	T("getresgid", "success", syscall(SYS_getresgid, &s16[0], &s16[1], &s16[2]));
	T("getresuid32", "bad first pointer", syscall(SYS_getresuid32, BAD, &s32[1], &s32[2]));
	T("getresuid32", "bad third pointer", syscall(SYS_getresuid32, &s32[0], &s32[1], BAD));
	T("getresgid32", "bad second pointer", syscall(SYS_getresgid32, &s32[0], BAD, &s32[2]));
	T("getresuid", "bad second pointer", syscall(SYS_getresuid, &s16[0], BAD, &s16[2]));
	T("getresgid", "bad first pointer", syscall(SYS_getresgid, BAD, &s16[1], &s16[2]));
	T("getuid32", "root", syscall(SYS_getuid32));
	T("geteuid32", "root", syscall(SYS_geteuid32));
	T("getgid32", "root", syscall(SYS_getgid32));
	T("getegid32", "root", syscall(SYS_getegid32));
}

static void a_user(void)
{
	CASE("setuid32", "user to 0", T("setuid32", "user to 0", syscall(SYS_setuid32, 0)));
	CASE("setuid32", "user to itself", T("setuid32", "user to itself", syscall(SYS_setuid32, 1000)));
	CASE("setgid32", "user to 0", T("setgid32", "user to 0", syscall(SYS_setgid32, 0)));
	CASE("setreuid32", "user -1 0", T("setreuid32", "user -1 0", syscall(SYS_setreuid32, -1, 0)));
	CASE("setreuid32", "user 0 -1", T("setreuid32", "user 0 -1", syscall(SYS_setreuid32, 0, -1)));
	CASE("setresuid32", "user -1 -1 0", T("setresuid32", "user -1 -1 0", syscall(SYS_setresuid32, -1, -1, 0)));
	CASE("setregid32", "user 0 0", T("setregid32", "user 0 0", syscall(SYS_setregid32, 0, 0)));
	CASE("setresgid32", "user 0 -1 -1", T("setresgid32", "user 0 -1 -1", syscall(SYS_setresgid32, 0, -1, -1)));
	CASE("setfsuid32", "user 0", T("setfsuid32", "user 0", syscall(SYS_setfsuid32, 0)));
	CASE("setfsgid32", "user 0", T("setfsgid32", "user 0", syscall(SYS_setfsgid32, 0)));
	T("setgroups32", "user", syscall(SYS_setgroups32, 0, NULL));
	T("setgroups32", "user, bad size too", syscall(SYS_setgroups32, 65537, NULL));
}

static void three_ids(void)
{
	/* real 100, effective 200, saved 300 */
	if (setresgid(100, 200, 300) || setresuid(100, 200, 300))
		_exit(1);
	CASE("setuid32", "100,200,300 to 100", T("setuid32", "100,200,300 to 100", syscall(SYS_setuid32, 100)));
	CASE("setuid32", "100,200,300 to 200", T("setuid32", "100,200,300 to 200", syscall(SYS_setuid32, 200)));
	CASE("setuid32", "100,200,300 to 300", T("setuid32", "100,200,300 to 300", syscall(SYS_setuid32, 300)));
	CASE("setgid32", "100,200,300 to 200", T("setgid32", "100,200,300 to 200", syscall(SYS_setgid32, 200)));
	CASE("setreuid32", "100,200,300: 200 100", T("setreuid32", "100,200,300: 200 100", syscall(SYS_setreuid32, 200, 100)));
	CASE("setreuid32", "100,200,300: 300 -1", T("setreuid32", "100,200,300: 300 -1", syscall(SYS_setreuid32, 300, -1)));
	CASE("setreuid32", "100,200,300: -1 300", T("setreuid32", "100,200,300: -1 300", syscall(SYS_setreuid32, -1, 300)));
	CASE("setreuid32", "100,200,300: -1 100", T("setreuid32", "100,200,300: -1 100", syscall(SYS_setreuid32, -1, 100)));
	CASE("setregid32", "100,200,300: 200 300", T("setregid32", "100,200,300: 200 300", syscall(SYS_setregid32, 200, 300)));
	CASE("setresuid32", "100,200,300: 300 100 200", T("setresuid32", "100,200,300: 300 100 200", syscall(SYS_setresuid32, 300, 100, 200)));
	CASE("setresuid32", "100,200,300: 1 -1 -1", T("setresuid32", "100,200,300: 1 -1 -1", syscall(SYS_setresuid32, 1, -1, -1)));
	CASE("setresgid32", "100,200,300: 300 100 200", T("setresgid32", "100,200,300: 300 100 200", syscall(SYS_setresgid32, 300, 100, 200)));
	CASE("setfsuid32", "100,200,300: 300", T("setfsuid32", "100,200,300: 300", syscall(SYS_setfsuid32, 300)));
	CASE("setfsuid32", "100,200,300: 400", T("setfsuid32", "100,200,300: 400", syscall(SYS_setfsuid32, 400)));
}

static void groups(void)
{
	unsigned g[70], h[70];
	unsigned short s[70];

	for (int i = 0; i < 70; i++)
		g[i] = (unsigned)(1000 - i);
	T("setgroups32", "none", syscall(SYS_setgroups32, 0, NULL));
	T("getgroups32", "none", syscall(SYS_getgroups32, 0, NULL));
	T("setgroups32", "three", syscall(SYS_setgroups32, 3, g));
	T("getgroups32", "how many", syscall(SYS_getgroups32, 0, BAD));
	T("getgroups32", "three", syscall(SYS_getgroups32, 70, h));
	note("getgroups32", "they are sorted", "%u %u %u", h[0], h[1], h[2]);
	T("getgroups32", "room for two", syscall(SYS_getgroups32, 2, h));
	T("getgroups32", "size -1", syscall(SYS_getgroups32, -1, h));
	T("getgroups32", "bad pointer", syscall(SYS_getgroups32, 3, BAD));
	T("getgroups", "three", syscall(SYS_getgroups, 70, s));
	T("getgroups", "room for two", syscall(SYS_getgroups, 2, s));
	T("getgroups", "bad pointer", syscall(SYS_getgroups, 3, BAD));
	T("setgroups32", "bad pointer", syscall(SYS_setgroups32, 3, BAD));
	T("setgroups32", "65537", syscall(SYS_setgroups32, 65537, g));
	T("setgroups32", "size -1", syscall(SYS_setgroups32, -1, g));
	T("setgroups32", "an id of -1", syscall(SYS_setgroups32, 1, &(unsigned){-1u}));
	T("setgroups32", "seventy", syscall(SYS_setgroups32, 70, g));
	T("getgroups32", "seventy", syscall(SYS_getgroups32, 70, h));
	s[0] = 7;
	s[1] = 6;
	T("setgroups", "two", syscall(SYS_setgroups, 2, s));
	T("getgroups", "two", syscall(SYS_getgroups, 70, s));
	T("setgroups", "bad pointer", syscall(SYS_setgroups, 3, BAD));
	T("setgroups", "65537", syscall(SYS_setgroups, 65537, s));
}

static void process_groups(void)
{
	pid_t me = getpid(), child;
	int p[2], q[2];
	char c;

	T("getpgid", "itself is its own group", syscall(SYS_getpgid, 0) == me);
	T("getpgid", "no such process", syscall(SYS_getpgid, NOBODY_PID));
	T("getpgid", "pid -1", syscall(SYS_getpgid, -1));
	T("getpgrp", "the same", syscall(SYS_getpgrp) == me);
	T("getsid", "no such process", syscall(SYS_getsid, NOBODY_PID));
	T("getsid", "pid -1", syscall(SYS_getsid, -1));
	T("getsid", "itself and its parent", syscall(SYS_getsid, 0) == syscall(SYS_getsid, getppid()));
	T("setpgid", "itself to itself", syscall(SYS_setpgid, 0, 0));
	T("setpgid", "pgid -1", syscall(SYS_setpgid, 0, -1));
	T("setpgid", "no such process", syscall(SYS_setpgid, NOBODY_PID, 0));
	T("setpgid", "pid -1", syscall(SYS_setpgid, -1, 0));
	T("setpgid", "its parent", syscall(SYS_setpgid, getppid(), 0));
	T("setpgid", "init", syscall(SYS_setpgid, 1, 0));
	T("setpgid", "to a group that is not there", syscall(SYS_setpgid, 0, NOBODY_PID));
	T("setpgid", "to init's number", syscall(SYS_setpgid, 0, 1));
	T("setsid", "a group's leader", syscall(SYS_setsid));
	pipe(p);
	pipe(q);
	child = fork();
	if (child == 0) {
		OK("setsid", "a child", syscall(SYS_setsid));
		T("setsid", "again", syscall(SYS_setsid));
		T("setpgid", "a session's leader", syscall(SYS_setpgid, 0, 0));
		T("getsid", "its own number", syscall(SYS_getsid, 0) == getpid());
		write(p[1], "x", 1);
		read(q[0], &c, 1);
		_exit(0);
	}
	read(p[0], &c, 1);
	T("setpgid", "a child in another session", syscall(SYS_setpgid, child, 0));
	T("getsid", "a child in another session", syscall(SYS_getsid, child) == child);
	write(q[1], "x", 1);
	waitpid(child, NULL, 0);
	child = fork();
	if (child == 0) {
		read(q[0], &c, 1);
		execl("/bin/busybox", "sh", "-c", "echo x >&3; read x", (char *)NULL);
		_exit(1);
	}
	T("setpgid", "a child before its exec", syscall(SYS_setpgid, child, 0));
	T("setpgid", "a child back", syscall(SYS_setpgid, child, me));
	dup2(p[1], 3);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	int up[2];
	pipe(up);
	child = fork();
	if (child == 0) {
		dup2(q[0], 0);
		fcntl(up[1], F_SETFD, FD_CLOEXEC);
		execl("/bin/busybox", "cat", (char *)NULL);
		_exit(1);
	}
	close(up[1]);
	read(up[0], &c, 1); /* its end: the exec is done */
	T("setpgid", "a child after its exec", syscall(SYS_setpgid, child, 0));
	kill(child, SIGKILL);
	siginfo_t info;
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	T("getpgid", "a zombie", syscall(SYS_getpgid, child) == me);
	waitpid(child, NULL, 0);
}

/* ---- capabilities */

struct head { unsigned version; int pid; };
struct data { unsigned effective, permitted, inheritable; };
#define V1 0x19980330
#define V2 0x20071026
#define V3 0x20080522

static void cap_line(const char *condition)
{
	struct head h = {V3, 0};
	struct data d[2];

	memset(d, 0xee, sizeof d);
	T("capget", condition, syscall(SYS_capget, &h, d));
	char what[80];
	snprintf(what, sizeof what, "%s: sets", condition);
	note("capget", what, "%x %x %x  %x %x %x", d[0].effective, d[0].permitted, d[0].inheritable, d[1].effective, d[1].permitted, d[1].inheritable);
}

static void cap_user(void)
{
	struct head h = {V3, 0};
	struct data d[2] = {{0}};

	cap_line("a user");
	T("capset", "user: nothing", syscall(SYS_capset, &h, d));
	d[0].effective = d[0].permitted = 1;
	T("capset", "user: CAP_CHOWN", syscall(SYS_capset, &h, d));
	T("prctl", "PR_CAPBSET_DROP as a user", syscall(SYS_prctl, 24, 0, 0, 0, 0));
}

static void dropped(void)
{
	struct head h = {V3, 0};
	struct data d[2];

	syscall(SYS_capget, &h, d);
	d[0].effective &= ~(1u << 6 | 1u << 18); /* SETGID, SYS_CHROOT */
	T("capset", "root: without SETGID and SYS_CHROOT in effect", syscall(SYS_capset, &h, d));
	T("setgid32", "root without CAP_SETGID", syscall(SYS_setgid32, 5));
	T("chroot", "root without CAP_SYS_CHROOT", syscall(SYS_chroot, "/"));
	T("setuid32", "root with CAP_SETUID", syscall(SYS_setuid32, 0));
	d[0].effective |= 1u << 6;
	T("capset", "root: SETGID in effect again", syscall(SYS_capset, &h, d));
	T("setgid32", "root with CAP_SETGID", syscall(SYS_setgid32, 5));
	d[0].permitted &= ~(1u << 6);
	T("capset", "effective beyond permitted", syscall(SYS_capset, &h, d));
	d[0].effective &= ~(1u << 6);
	T("capset", "root: SETGID given up", syscall(SYS_capset, &h, d));
	d[0].permitted |= 1u << 6;
	T("capset", "root: SETGID wanted back", syscall(SYS_capset, &h, d));
	cap_line("root without SETGID");
}

static void kept(void)
{
	T("prctl", "PR_SET_KEEPCAPS 1", syscall(SYS_prctl, 8, 1, 0, 0, 0));
	T("prctl", "PR_GET_KEEPCAPS", syscall(SYS_prctl, 7, 0, 0, 0, 0));
	T("prctl", "PR_SET_KEEPCAPS 2", syscall(SYS_prctl, 8, 2, 0, 0, 0));
	syscall(SYS_setresuid32, 9, 9, 9);
	cap_line("a user that kept capabilities");
	syscall(SYS_setresuid32, 9, 9, 9);
}

static void caps(void)
{
	struct head h = {V3, 0};
	struct data d[2];

	cap_line("root");
	h.version = V1;
	T("capget", "version 1", syscall(SYS_capget, &h, d));
	h.version = V2;
	T("capget", "version 2", syscall(SYS_capget, &h, d));
	h.version = 77;
	T("capget", "version 77", syscall(SYS_capget, &h, d));
	note("capget", "version that is preferred", "%x", h.version);
	h.version = 77;
	T("capget", "version 77 without data", syscall(SYS_capget, &h, NULL));
	h = (struct head){V3, -1};
	T("capget", "pid -1", syscall(SYS_capget, &h, d));
	h.pid = NOBODY_PID;
	T("capget", "no such process", syscall(SYS_capget, &h, d));
	h.pid = 1;
	T("capget", "init", syscall(SYS_capget, &h, d));
	T("capget", "bad header", syscall(SYS_capget, BAD, d));
	h.pid = 0;
	T("capget", "bad data", syscall(SYS_capget, &h, BAD));
	T("capget", "no data", syscall(SYS_capget, &h, NULL));
	syscall(SYS_capget, &h, d);
	h.pid = 1;
	T("capset", "another process", syscall(SYS_capset, &h, d));
	h = (struct head){77, 0};
	T("capset", "version 77", syscall(SYS_capset, &h, d));
	h = (struct head){V3, 0};
	T("capset", "bad header", syscall(SYS_capset, BAD, d));
	T("capset", "bad data", syscall(SYS_capset, &h, BAD));
	T("capset", "NULL data", syscall(SYS_capset, &h, NULL));
	T("capset", "root: what it has", syscall(SYS_capset, &h, d));
	T("prctl", "PR_CAPBSET_READ 0", syscall(SYS_prctl, 23, 0, 0, 0, 0));
	T("prctl", "PR_CAPBSET_READ 40", syscall(SYS_prctl, 23, 40, 0, 0, 0));
	T("prctl", "PR_CAPBSET_READ 41", syscall(SYS_prctl, 23, 41, 0, 0, 0));
	T("prctl", "PR_CAPBSET_DROP 64", syscall(SYS_prctl, 24, 64, 0, 0, 0));
	T("prctl", "PR_CAPBSET_DROP 3", syscall(SYS_prctl, 24, 3, 0, 0, 0));
	T("prctl", "PR_CAPBSET_READ of one dropped", syscall(SYS_prctl, 23, 3, 0, 0, 0));
	as_user(1000, 1000, cap_user);
	in_child(dropped);
	in_child(kept);
}

static void all_users(void)
{
	as_user(1000, 1000, a_user);
	in_child(three_ids);
}

const struct section sections[] = {{"as_root", as_root}, {"users", all_users}, {"groups", groups}, {"process_groups", process_groups}, {"caps", caps}, {NULL, NULL}};
