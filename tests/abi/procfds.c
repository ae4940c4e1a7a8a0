/* procfds - signalfd, pidfd_open and its kin, waitid on a pidfd. */
#include "abi.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>

#define NOBODY_PID 4000000

static void signals(void)
{
	unsigned long long set = 1ull << (SIGUSR1 - 1) | 1ull << 32 | 1ull << (SIGCHLD - 1), other = 1ull << (SIGUSR2 - 1), all = ~0ull;
	struct signalfd_siginfo s[4];
	int fd, bad = must_open("file", O_RDWR | O_CREAT, 0644);

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	T("signalfd4", "size 4", syscall(SYS_signalfd4, -1, &set, 4, 0));
	T("signalfd4", "bad pointer", syscall(SYS_signalfd4, -1, BAD, 8, 0));
	T("signalfd4", "bad flags", syscall(SYS_signalfd4, -1, &set, 8, 1));
	T("signalfd4", "bad pointer and flags", syscall(SYS_signalfd4, -1, BAD, 8, 1));
	T("signalfd4", "no such descriptor", syscall(SYS_signalfd4, NOFD, &set, 8, 0));
	T("signalfd4", "descriptor -2", syscall(SYS_signalfd4, -2, &set, 8, 0));
	T("signalfd4", "a file's descriptor", syscall(SYS_signalfd4, bad, &set, 8, 0));
	T("signalfd", "size 16", syscall(SYS_signalfd, -1, &set, 16));
	OK("signalfd", "success", close((int)syscall(SYS_signalfd, -1, &set, 8)));
	OK("signalfd4", "success", fd = (int)syscall(SYS_signalfd4, -1, &set, 8, SFD_NONBLOCK | SFD_CLOEXEC));
	TV("fcntl64", "F_GETFL of a signalfd", 0 * fcntl(fd, F_GETFL), "%#x", fcntl(fd, F_GETFL) & ~0100000);
	T("fcntl64", "F_GETFD of a signalfd with SFD_CLOEXEC", fcntl(fd, F_GETFD));
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};
	TV("poll", "a signalfd, nothing is pending", poll(&p, 1, 0), "%#x", p.revents);
	T("read", "a signalfd, nothing is pending", read(fd, s, sizeof s));
	T("read", "a signalfd, 127 bytes", read(fd, s, 127));
	T("write", "a signalfd", write(fd, s, 128));
	T("lseek", "a signalfd", lseek(fd, 0, SEEK_SET));
	raise(SIGUSR1);
	raise(SIGUSR1);
	TV("poll", "a signalfd, one is pending", poll(&p, 1, 0), "%#x", p.revents);
	int ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN}, got;
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	T("epoll_wait", "a signalfd, one is pending", epoll_wait(ep, &got, 1, 0));
	T("read", "a signalfd, bad pointer", syscall(SYS_read, fd, BAD, 128));
	raise(SIGUSR1);
	T("read", "a signalfd, a coalesced signal", read(fd, s, sizeof s));
	note("read", "what a signalfd says of raise", "signo %u errno %d code %d own %d uid %u", s[0].ssi_signo, s[0].ssi_errno, s[0].ssi_code, s[0].ssi_pid == (unsigned)getpid(), s[0].ssi_uid);
	sigqueue(getpid(), 33, (union sigval){.sival_int = -5});
	sigqueue(getpid(), 33, (union sigval){.sival_int = 6});
	raise(SIGUSR2);
	raise(SIGUSR1);
	memset(s, 0, sizeof s);
	T("read", "a signalfd, a queue", read(fd, s, sizeof s));
	for (int i = 0; i < 3; i++) {
		char what[48];
		snprintf(what, sizeof what, "what a signalfd says of entry %d", i);
		note("read", what, "signo %u code %d int %d ptr %#llx", s[i].ssi_signo, s[i].ssi_code, s[i].ssi_int, (unsigned long long)s[i].ssi_ptr);
	}
	T("signalfd4", "another set", syscall(SYS_signalfd4, fd, &other, 8, 0) == fd);
	T("read", "a signalfd with another set", read(fd, s, sizeof s));
	note("read", "what the other set brought", "signo %u", s[0].ssi_signo);
	syscall(SYS_signalfd4, fd, &set, 8, 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(7);
	p.events = POLLIN;
	T("poll", "a signalfd, a child ends", poll(&p, 1, 5000));
	T("read", "a signalfd, SIGCHLD", read(fd, s, sizeof s));
	note("read", "what a signalfd says of SIGCHLD", "signo %u code %d child %d status %d", s[0].ssi_signo, s[0].ssi_code, s[0].ssi_pid == (unsigned)pid, s[0].ssi_status);
	waitpid(pid, NULL, 0);
	/* a reader that waits, and a child that reads its own */
	int block = (int)syscall(SYS_signalfd4, -1, &set, 8, 0);
	struct itimerspec t = {.it_value = {0, 20000000}};
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 9};
	int id;
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id);
	syscall(SYS_timer_settime, id, 0, &t, NULL);
	T("read", "a signalfd that waits for a timer", read(block, s, 128));
	note("read", "what a signalfd says of a timer", "signo %u code %d tid %d overrun %u int %d", s[0].ssi_signo, s[0].ssi_code, (int)s[0].ssi_tid == id, s[0].ssi_overrun, s[0].ssi_int);
	raise(SIGUSR1);
	pid = fork();
	if (pid == 0) {
		T("read", "a child does not see its parent's signals", read(fd, s, 128));
		raise(SIGUSR1);
		T("read", "a child reads its own", read(fd, s, 128));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void processes(void)
{
	int fd, status;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	T("pidfd_open", "flags 1", syscall(434, pid, 1));
	T("pidfd_open", "pid 0", syscall(434, 0, 0));
	T("pidfd_open", "pid -1", syscall(434, -1, 0));
	T("pidfd_open", "no such process", syscall(434, NOBODY_PID, 0));
	OK("pidfd_open", "a child", fd = (int)syscall(434, pid, 0));
	T("fcntl64", "F_GETFD of a pidfd", fcntl(fd, F_GETFD));
	struct pollfd p = {fd, POLLIN, 0};
	T("poll", "a pidfd of a living process", poll(&p, 1, 0));
	char c;
	T("read", "a pidfd", read(fd, &c, 1));
	T("pidfd_send_signal", "signal 0", syscall(424, fd, 0, NULL, 0));
	T("pidfd_send_signal", "flags", syscall(424, fd, 0, NULL, 1));
	T("pidfd_send_signal", "signal 65", syscall(424, fd, 65, NULL, 0));
	T("pidfd_send_signal", "no descriptor", syscall(424, NOFD, 0, NULL, 0));
	T("pidfd_send_signal", "a file", syscall(424, 0, 0, NULL, 0));
	T("pidfd_send_signal", "bad info", syscall(424, fd, SIGTERM, BAD, 0));
	info = (siginfo_t){.si_signo = SIGUSR1, .si_code = SI_QUEUE};
	T("pidfd_send_signal", "info of another signal", syscall(424, fd, SIGTERM, &info, 0));
	info = (siginfo_t){.si_signo = SIGTERM, .si_code = SI_USER};
	T("pidfd_send_signal", "SI_USER to another", syscall(424, fd, SIGTERM, &info, 0));
	T("waitid", "P_PIDFD, WNOHANG, alive", syscall(SYS_waitid, 3, fd, &info, WEXITED | WNOHANG, NULL));
	int nb = (int)syscall(434, pid, O_NONBLOCK);
	T("waitid", "P_PIDFD without blocking, alive", syscall(SYS_waitid, 3, nb, &info, WEXITED, NULL));
	T("pidfd_getfd", "flags", syscall(438, fd, 1, 1));
	T("pidfd_getfd", "no descriptor", syscall(438, NOFD, 1, 0));
	T("pidfd_getfd", "a file", syscall(438, 0, 1, 0));
	T("pidfd_getfd", "not open there", syscall(438, fd, NOFD, 0));
	OK("pidfd_getfd", "success", syscall(438, fd, 1, 0));
	T("pidfd_send_signal", "SIGTERM", syscall(424, fd, SIGTERM, NULL, 0));
	TV("poll", "a pidfd, the process ends", poll(&p, 1, 5000), "%#x", p.revents);
	T("waitid", "P_PIDFD, ended", syscall(SYS_waitid, 3, fd, &info, WEXITED, NULL));
	note("waitid", "P_PIDFD: info", "own %d code %d status %d", info.si_pid == pid, info.si_code, info.si_status);
	T("waitid", "P_PIDFD, reaped", syscall(SYS_waitid, 3, fd, &info, WEXITED, NULL));
	T("pidfd_send_signal", "a process that is gone", syscall(424, fd, 0, NULL, 0));
	T("pidfd_getfd", "a process that is gone", syscall(438, fd, 1, 0));
	T("poll", "a pidfd of a process that is gone", poll(&p, 1, 0));
	fd = (int)syscall(434, 1, 0);
	T("waitid", "P_PIDFD of init", syscall(SYS_waitid, 3, fd, &info, WEXITED, NULL));
	/* made with the child */
	int made = -1;
	pid = (pid_t)syscall(SYS_clone, 0x1000 | SIGCHLD, NULL, &made, NULL, NULL);
	if (pid == 0)
		_exit(4);
	note("clone", "CLONE_PIDFD", "%d", made > 2);
	T("waitid", "P_PIDFD of CLONE_PIDFD", syscall(SYS_waitid, 3, made, &info, WEXITED, NULL));
	T("clone", "CLONE_PIDFD and CLONE_PARENT_SETTID", syscall(SYS_clone, 0x1000 | 0x100000 | SIGCHLD, NULL, &made, NULL, NULL));
	T("clone", "CLONE_PIDFD and CLONE_DETACHED", syscall(SYS_clone, 0x1000 | 0x400000 | SIGCHLD, NULL, &made, NULL, NULL));
	while (waitpid(-1, &status, 0) > 0)
		;
}

static int root_fd;

static void process_user(void)
{
	T("pidfd_send_signal", "user: root's process", syscall(424, root_fd, 0, NULL, 0));
	T("pidfd_getfd", "user: root's process", syscall(438, root_fd, 1, 0));
}

static void users(void)
{
	root_fd = (int)syscall(434, getpid(), 0);
	as_user(1000, 1000, process_user);
}

const struct section sections[] = {{"signals", signals}, {"processes", processes}, {"users", users}, {NULL, NULL}};
