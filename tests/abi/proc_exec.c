/* proc_exec - fork, vfork, clone, clone3, unshare, execve, execveat: how programs and processes begin. */
#include "abi.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

static char *const no_env[] = {NULL};
static char *const args[] = {"busybox", "true", NULL};

static void copy_to(const char *from, const char *to, int mode)
{
	int in = must_open(from, O_RDONLY, 0), out = must_open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	static char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof buf)) > 0)
		must("copy", write(out, buf, (size_t)n));
	fchmod(out, (mode_t)mode);
	close(in);
	close(out);
}

static void exec_errors(void)
{
	make_file("text", "echo no interpreter line\n");
	make_file("noexec", "#!/bin/sh\n");
	make_file("empty", "");
	make_file("bad", "#!/no/such/interpreter\n");
	make_file("dirint", "#!/bin\n");
	make_file("blank", "#!   \n");
	make_file("cut", "\177ELF\1\1\1");
	chmod("text", 0755);
	chmod("empty", 0755);
	chmod("bad", 0755);
	chmod("dirint", 0755);
	chmod("blank", 0755);
	chmod("cut", 0755);
	mkdir("dir", 0755);
	symlink("loop", "loop");
	symlink("nowhere", "dangling");
	copy_to("/bin/busybox", "prog", 0755);
	T("execve", "no such file", syscall(SYS_execve, "absent", args, no_env));
	T("execve", "empty path", syscall(SYS_execve, "", args, no_env));
	T("execve", "a file in the path", syscall(SYS_execve, "text/x", args, no_env));
	T("execve", "a directory", syscall(SYS_execve, "dir", args, no_env));
	T("execve", "not executable", syscall(SYS_execve, "noexec", args, no_env));
	T("execve", "a device", syscall(SYS_execve, "/dev/null", args, no_env));
	T("execve", "text", syscall(SYS_execve, "text", args, no_env));
	T("execve", "an empty file", syscall(SYS_execve, "empty", args, no_env));
	T("execve", "the beginning of an ELF header", syscall(SYS_execve, "cut", args, no_env));
	T("execve", "an interpreter that is not there", syscall(SYS_execve, "bad", args, no_env));
	T("execve", "a directory as interpreter", syscall(SYS_execve, "dirint", args, no_env));
	T("execve", "an interpreter line of blanks", syscall(SYS_execve, "blank", args, no_env));
	T("execve", "a loop of links", syscall(SYS_execve, "loop", args, no_env));
	T("execve", "a dangling link", syscall(SYS_execve, "dangling", args, no_env));
	T("execve", "a name of 256", syscall(SYS_execve, long_name(256), args, no_env));
	T("execve", "a path of 4096", syscall(SYS_execve, long_name(4096), args, no_env));
	T("execve", "bad path pointer", syscall(SYS_execve, BAD, args, no_env));
	T("execve", "bad argv", syscall(SYS_execve, "prog", BAD, no_env));
	T("execve", "bad envp", syscall(SYS_execve, "prog", args, BAD));
	T("execve", "a bad string in argv", syscall(SYS_execve, "prog", ((char *[]){"busybox", BAD, NULL}), no_env));
	T("execve", "a bad string in envp", syscall(SYS_execve, "prog", args, ((char *[]){BAD, NULL})));
	int fd = must_open("prog", O_RDWR, 0);
	T("execve", "a program that is open for writing", syscall(SYS_execve, "prog", args, no_env));
	close(fd);
	char *big = mmap(NULL, 200000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(big, 'x', 140000);
	T("execve", "a string of 140000", syscall(SYS_execve, "prog", ((char *[]){"busybox", big, NULL}), no_env));
	make_file("s1", "#!s2\n");
	make_file("s2", "#!s3\n");
	make_file("s3", "#!s4\n");
	make_file("s4", "#!s5\n");
	make_file("s5", "#!s6\n");
	make_file("s6", "#!prog\n");
	for (int i = 1; i <= 6; i++)
		chmod((char[]){'s', (char)('0' + i), 0}, 0755);
	T("execve", "six scripts deep", syscall(SYS_execve, "s1", args, no_env));
	T("execveat", "bad flags", syscall(SYS_execveat, AT_FDCWD, "prog", args, no_env, 1));
	T("execveat", "no such directory descriptor", syscall(SYS_execveat, NOFD, "prog", args, no_env, 0));
	int dir = must_open("dir", O_RDONLY | O_DIRECTORY, 0), file = must_open("text", O_RDONLY, 0);
	T("execveat", "a file as directory", syscall(SYS_execveat, file, "prog", args, no_env, 0));
	T("execveat", "no such file there", syscall(SYS_execveat, dir, "prog", args, no_env, 0));
	T("execveat", "empty path without AT_EMPTY_PATH", syscall(SYS_execveat, file, "", args, no_env, 0));
	T("execveat", "empty path, no descriptor", syscall(SYS_execveat, NOFD, "", args, no_env, AT_EMPTY_PATH));
	T("execveat", "empty path, a directory", syscall(SYS_execveat, dir, "", args, no_env, AT_EMPTY_PATH));
	T("execveat", "empty path, text", syscall(SYS_execveat, file, "", args, no_env, AT_EMPTY_PATH));
	symlink("prog", "link");
	T("execveat", "a link, AT_SYMLINK_NOFOLLOW", syscall(SYS_execveat, AT_FDCWD, "link", args, no_env, AT_SYMLINK_NOFOLLOW));
	T("execveat", "bad path pointer", syscall(SYS_execveat, AT_FDCWD, BAD, args, no_env, 0));
}

static void run(void (*fn)(void), const char *call, const char *condition)
{
	int p[2];
	char text[256];

	pipe(p);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		fn();
		_exit(99);
	}
	close(p[1]);
	ssize_t n = 0, got;
	while ((got = read(p[0], text + n, sizeof text - 1 - (size_t)n)) > 0)
		n += got;
	close(p[0]);
	text[n] = 0;
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ',';
	int s;
	waitpid(pid, &s, 0);
	note(call, condition, "%s: [%s]", status_text(s), text);
}

static void do_plain(void) { execve("busybox", ((char *[]){"busybox", "echo", "a", "b", NULL}), no_env); }
static void do_null_argv(void) { execve("busybox", NULL, NULL); }
static void do_env(void) { execve("busybox", ((char *[]){"busybox", "env", NULL}), ((char *[]){"A=1", "B=2", NULL})); }
static void do_script(void) { execve("script", ((char *[]){"zero", "one", "two", NULL}), no_env); }
static void do_script2(void) { execve("script2", ((char *[]){"zero", "one", NULL}), no_env); }
static void do_at(void) { syscall(SYS_execveat, open(".", O_RDONLY), "busybox", ((char *[]){"busybox", "echo", "at", NULL}), no_env, 0); }
static void do_empty(void) { syscall(SYS_execveat, open("busybox", O_RDONLY | O_CLOEXEC), "", ((char *[]){"busybox", "echo", "fd", NULL}), no_env, AT_EMPTY_PATH); }
static void do_path_fd(void) { syscall(SYS_execveat, open("busybox", O_PATH), "", ((char *[]){"busybox", "cat", "/proc/self/comm", NULL}), no_env, AT_EMPTY_PATH); }
static void do_script_fd(void) { int fd = open("script3", O_RDONLY); dup2(fd, 9); syscall(SYS_execveat, 9, "", ((char *[]){"zero", "one", NULL}), no_env, AT_EMPTY_PATH); }
static void do_script_cloexec(void) { int fd = open("script", O_RDONLY); dup3(fd, 9, O_CLOEXEC); syscall(SYS_execveat, 9, "", ((char *[]){"zero", "one", NULL}), no_env, AT_EMPTY_PATH); _exit(errno == ENOENT ? 50 : 51); }
static void do_comm(void) { execve("busybox", ((char *[]){"busybox", "cat", "/proc/self/comm", NULL}), no_env); }
static void do_long_comm(void) { execve("a_program_with_a_long_name", ((char *[]){"busybox", "cat", "/proc/self/comm", NULL}), no_env); }

static void on_signal(int sig) { (void)sig; }

/* What stays and what goes: handlers, ignored signals, mask, pending, alarm, nice, umask, descriptors. */
static void do_keeps(void)
{
	sigset_t m;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, on_signal);
	sigemptyset(&m);
	sigaddset(&m, SIGHUP);
	sigaddset(&m, SIGTERM);
	sigprocmask(SIG_SETMASK, &m, NULL);
	raise(SIGTERM);
	execve("busybox", ((char *[]){"busybox", "grep", "-E", "^Sig(Blk|Ign|Cgt)|^ShdPnd", "/proc/self/status", NULL}), no_env);
}

static void do_cloexec(void)
{
	dup2(2, 20);
	dup3(2, 21, O_CLOEXEC);
	execve("busybox", ((char *[]){"busybox", "sh", "-c", "for f in 20 21; do [ -e /proc/self/fd/$f ] && echo $f; done", NULL}), no_env);
}

static void exec_works(void)
{
	copy_to("/bin/busybox", "busybox", 0755);
	copy_to("/bin/busybox", "a_program_with_a_long_name", 0755);
	make_file("script", "#!./busybox cat  \nrest\n");
	make_file("script2", "#! ./busybox \t echo   two words\t\n");
	chmod("script", 0755);
	chmod("script2", 0755);
	make_file("script3", "#!./busybox echo\n");
	chmod("script3", 0755);
	run(do_plain, "execve", "arguments");
	run(do_null_argv, "execve", "NULL for argv");
	run(do_env, "execve", "environment");
	run(do_script, "execve", "a script with one argument");
	run(do_script2, "execve", "a script with an argument of two words");
	run(do_comm, "execve", "comm is the file's name");
	run(do_long_comm, "execve", "comm is cut off");
	run(do_keeps, "execve", "signals that stay");
	run(do_cloexec, "execve", "descriptors that stay");
	run(do_at, "execveat", "relative to a descriptor");
	run(do_empty, "execveat", "a descriptor with FD_CLOEXEC");
	run(do_path_fd, "execveat", "an O_PATH descriptor: comm");
	run(do_script_fd, "execveat", "a script by descriptor");
	run(do_script_cloexec, "execveat", "a script by a descriptor with FD_CLOEXEC");
}

/* ---- set-id */

static void do_ids(void) { execve("suid", ((char *[]){"busybox", "grep", "-E", "^(Uid|Gid|CapEff|CapPrm)", "/proc/self/status", NULL}), no_env); }
static void do_gids(void) { execve("sgid", ((char *[]){"busybox", "grep", "-E", "^(Uid|Gid)", "/proc/self/status", NULL}), no_env); }
static void do_no_new(void) { syscall(SYS_prctl, 38, 1, 0, 0, 0); do_ids(); }
static void do_script_suid(void) { execve("sscript", ((char *[]){"sscript", NULL}), no_env); }
static void set_id_user(void)
{
	run(do_ids, "execve", "a set-user-id program of another user");
	run(do_gids, "execve", "a set-group-id program");
	run(do_no_new, "execve", "a set-user-id program with no_new_privs");
	run(do_script_suid, "execve", "a set-user-id script");
}

static void set_id_user_root(void)
{
	run(do_ids, "execve", "a set-user-id program of root");
}

static void set_id_root(void)
{
	run(do_ids, "execve", "root: a set-user-id program of another user");
}

static void set_ids(void)
{
	copy_to("/bin/busybox", "suid", 0755);
	copy_to("/bin/busybox", "sgid", 0755);
	make_file("sscript", "#!/bin/busybox sh\nexec grep -E ^Uid /proc/self/status\n");
	chown("suid", 77, 77);
	chown("sgid", 77, 88);
	chown("sscript", 77, 77);
	chmod("suid", 04755);
	chmod("sgid", 02755);
	chmod("sscript", 04755);
	as_user(1000, 1000, set_id_user);
	set_id_root();
	chown("suid", 0, 0);
	chmod("suid", 04755);
	as_user(1000, 1000, set_id_user_root);
}

/* ---- beginnings */

struct clone_args_k { unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };

static void clone_case(const char *condition, unsigned long flags)
{
	long r = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);

	if (r == 0)
		_exit(0);
	int e = errno;
	if (r > 0)
		waitpid((pid_t)r, NULL, __WALL);
	errno = e;
	OK("clone", condition, r);
}

static void clones(void)
{
	clone_case("SIGCHLD", SIGCHLD);
	clone_case("no signal", 0);
	clone_case("signal 200", 200);
	clone_case("CLONE_NEWNS with CLONE_FS", CLONE_NEWNS | CLONE_FS | SIGCHLD);
	clone_case("CLONE_NEWUSER with CLONE_FS", CLONE_NEWUSER | CLONE_FS | SIGCHLD);
	clone_case("CLONE_FILES", CLONE_FILES | SIGCHLD);
	clone_case("CLONE_FS", CLONE_FS | SIGCHLD);
	clone_case("CLONE_VFORK", CLONE_VFORK | SIGCHLD);
	clone_case("CLONE_PARENT", SIGCHLD | CLONE_PTRACE | CLONE_UNTRACED);
	OK("fork", "success", ({ pid_t p = (pid_t)syscall(SYS_fork); if (p == 0) _exit(0); waitpid(p, NULL, 0); p; }));
	int ptid = -1;
	long r = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, NULL, &ptid, NULL, NULL);
	if (r == 0)
		_exit(0);
	waitpid((pid_t)r, NULL, 0);
	note("clone", "CLONE_PARENT_SETTID", "%d", ptid == r);
	r = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, NULL, BAD, NULL, NULL);
	if (r == 0)
		_exit(0);
	int s;
	waitpid((pid_t)r, &s, 0);
	note("clone", "CLONE_PARENT_SETTID to no memory", "%d %s", r > 0, status_text(s));
	struct clone_args_k a = {.exit_signal = SIGCHLD};
#define C3(condition, size) \
	do { \
		long r3 = syscall(435, &a, size); \
		if (r3 == 0) \
			_exit(0); \
		int e3 = errno; \
		if (r3 > 0) \
			waitpid((pid_t)r3, NULL, __WALL); \
		errno = e3; \
		OK("clone3", condition, r3); \
		a = (struct clone_args_k){.exit_signal = SIGCHLD}; \
	} while (0)
	C3("success", sizeof a);
	C3("size 64", 64);
	C3("size 63", 63);
	C3("size 0", 0);
	C3("size 4097", 4097);
	a.flags = CLONE_DETACHED;
	C3("CLONE_DETACHED", sizeof a);
	a.flags = SIGCHLD;
	C3("a signal in the flags", sizeof a);
	a.flags = 1ull << 40;
	C3("an unknown flag", sizeof a);
	a.exit_signal = 65;
	C3("exit signal 65", sizeof a);
	a.exit_signal = 256;
	C3("exit signal 256", sizeof a);
	a.exit_signal = 0;
	C3("no exit signal", sizeof a);
	a.stack = 4096;
	C3("a stack without a size", sizeof a);
	a.stack_size = 4096;
	C3("a size without a stack", sizeof a);
	a.flags = CLONE_SIGHAND | CLONE_VM | 1ull << 32;
	C3("CLONE_SIGHAND and CLONE_CLEAR_SIGHAND", sizeof a);
	a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	C3("CLONE_THREAD with an exit signal", sizeof a);
	a.set_tid_size = 33;
	a.set_tid = (uintptr_t)&a;
	C3("33 tids", sizeof a);
	a.set_tid_size = 1;
	C3("a tid count without tids", sizeof a);
	T("clone3", "bad pointer", syscall(435, BAD, sizeof a));
	T("clone3", "NULL", syscall(435, NULL, sizeof a));
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	a.flags = 1ull << 32;
	r = syscall(435, &a, sizeof a);
	if (r == 0) {
		struct sigaction u1, u2;
		sigaction(SIGUSR1, NULL, &u1);
		sigaction(SIGUSR2, NULL, &u2);
		_exit((u1.sa_handler == SIG_DFL) * 2 + (u2.sa_handler == SIG_IGN));
	}
	waitpid((pid_t)r, &s, 0);
	note("clone3", "CLONE_CLEAR_SIGHAND", "%s", status_text(s));
	T("unshare", "nothing", syscall(SYS_unshare, 0));
	T("unshare", "CLONE_FILES", syscall(SYS_unshare, CLONE_FILES));
	T("unshare", "CLONE_FS", syscall(SYS_unshare, CLONE_FS));
	T("unshare", "CLONE_SYSVSEM", syscall(SYS_unshare, CLONE_SYSVSEM));
	T("unshare", "CLONE_VM, alone", syscall(SYS_unshare, CLONE_VM));
	T("unshare", "CLONE_THREAD, alone", syscall(SYS_unshare, CLONE_THREAD));
	T("unshare", "CLONE_VFORK", syscall(SYS_unshare, CLONE_VFORK));
	T("unshare", "unknown bits", syscall(SYS_unshare, 1));
}

static void user_clone(void)
{
	clone_case("user: CLONE_NEWUTS", CLONE_NEWUTS | SIGCHLD);
	T("unshare", "user: CLONE_NEWNS", syscall(SYS_unshare, CLONE_NEWNS));
	struct rlimit r = {1, 1};
	setrlimit(RLIMIT_NPROC, &r);
	T("fork", "RLIMIT_NPROC 1", fork());
	T("vfork", "RLIMIT_NPROC 1", syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL));
}

static void sharing(void)
{
	int fd, s;
	long r = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);

	if (r == 0)
		_exit(dup2(2, 77) == 77 ? 0 : 1);
	waitpid((pid_t)r, &s, 0);
	T("clone", "CLONE_FILES: a child's descriptor is seen", fcntl(77, F_GETFD));
	close(77);
	r = syscall(SYS_clone, CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL);
	if (r == 0) {
		umask(077);
		_exit(chdir("/") ? 1 : 0);
	}
	waitpid((pid_t)r, &s, 0);
	char cwd[64];
	note("clone", "CLONE_FS: a child's directory and umask are seen", "%s %o", getcwd(cwd, sizeof cwd), umask(022));
	r = syscall(SYS_clone, CLONE_FS | CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (r == 0) {
		syscall(SYS_unshare, CLONE_FS | CLONE_FILES);
		chdir("/proc");
		_exit(dup2(2, 77) == 77 ? 0 : 1);
	}
	waitpid((pid_t)r, &s, 0);
	note("unshare", "CLONE_FS and CLONE_FILES: what follows is not seen", "%s %d", getcwd(cwd, sizeof cwd), fcntl(77, F_GETFD));
	fd = must_open("/dev/null", O_RDONLY, 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(close(fd));
	waitpid(pid, &s, 0);
	T("fork", "a child's close is its own", fcntl(fd, F_GETFD));
	as_user(1000, 1000, user_clone);
}

const struct section sections[] = {{"exec_errors", exec_errors}, {"exec_works", exec_works}, {"set_ids", set_ids}, {"clones", clones}, {"sharing", sharing}, {NULL, NULL}};
