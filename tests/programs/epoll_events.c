/* epoll_events.c - epoll sets by level, edge and once, nested; event counters; timers as files.
 * Run by: tests/qemu/test_ipc.py, at home, moved, and on the host; the output is the same everywhere.
 * Never: prints a time or a descriptor's number. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long r)
{
	if (r < 0)
		printf("%s %ld %s\n", what, r, strerror(errno));
	else
		printf("%s %ld\n", what, r);
}

static int control(int ep, int op, int fd, uint32_t events, uint32_t tag)
{
	struct epoll_event e = {.events = events, .data.u32 = tag};

	return epoll_ctl(ep, op, fd, &e);
}

static void wait_for(const char *what, int ep, int ms)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, 8, ms);

	printf("%s %d", what, n);
	if (n < 0) printf(" %s", strerror(errno));
	for (int i = 0; i < n; i++) printf(" %u:%x", e[i].data.u32, e[i].events);
	printf("\n");
}

static void test_errors(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), p[2], file = open("/proc/self/exe", O_RDONLY), inner[7];
	struct epoll_event e;

	pipe(p);
	say("size 0", epoll_create(0));
	say("flags", epoll_create1(77));
	printf("cloexec %d\n", fcntl(ep, F_GETFD));
	say("bad set", control(999, EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
	say("bad fd", control(ep, EPOLL_CTL_ADD, 999, EPOLLIN, 0));
	say("no set", control(p[0], EPOLL_CTL_ADD, p[1], EPOLLIN, 0));
	say("itself", control(ep, EPOLL_CTL_ADD, ep, EPOLLIN, 0));
	say("regular", control(ep, EPOLL_CTL_ADD, file, EPOLLIN, 0));
	say("op", control(ep, 9, p[0], EPOLLIN, 0));
	say("mod", control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 0));
	say("del", control(ep, EPOLL_CTL_DEL, p[0], EPOLLIN, 0));
	say("add", control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
	say("again", control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
	say("fault", epoll_ctl(ep, EPOLL_CTL_MOD, p[0], (void *)16));
	say("max", epoll_wait(ep, &e, 0, 0));
	say("wait on a pipe", epoll_wait(p[0], &e, 1, 0));
	say("wait on nothing", epoll_wait(999, &e, 1, 0));
	say("read", read(ep, &e, 1));
	for (int i = 0; i < 7; i++) inner[i] = epoll_create1(0);
	for (int i = 0; i < 6; i++) say("nest", control(inner[i + 1], EPOLL_CTL_ADD, inner[i], EPOLLIN, 0));
	say("circle", control(inner[0], EPOLL_CTL_ADD, inner[1], EPOLLIN, 0));
	for (int i = 0; i < 7; i++) close(inner[i]);
	close(p[0]);
	close(p[1]);
	close(ep);
	close(file);
}

static void test_level(void)
{
	int ep = epoll_create(1), p[2], q[2];
	char c[10];

	pipe(p);
	pipe(q);
	control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1);
	control(ep, EPOLL_CTL_ADD, q[0], EPOLLIN, 2);
	control(ep, EPOLL_CTL_ADD, q[1], EPOLLOUT, 3);
	wait_for("writable", ep, 0);
	control(ep, EPOLL_CTL_MOD, q[1], 0, 3);
	wait_for("nothing", ep, 10);
	write(p[1], "ab", 2);
	wait_for("level", ep, -1);
	read(p[0], c, 1);
	wait_for("still", ep, -1);
	read(p[0], c, 1);
	wait_for("empty", ep, 0);
	write(q[1], "x", 1);
	close(q[1]);
	wait_for("end", ep, -1);
	read(q[0], c, 1);
	wait_for("hup", ep, -1);
	int copy = dup(q[0]);
	close(q[0]);
	wait_for("copy keeps it", ep, 0);
	close(copy);
	wait_for("gone", ep, 0);
	struct pollfd f = {.fd = ep, .events = POLLIN};
	printf("poll %d\n", poll(&f, 1, 0));
	write(p[1], "y", 1);
	printf("poll %d", poll(&f, 1, 0));
	printf(" %x\n", f.revents);
	close(p[0]);
	close(p[1]);
	close(ep);
}

static void test_edge(void)
{
	int ep = epoll_create(1), p[2], sv[2];
	char c[10];

	pipe(p);
	control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET, 1);
	write(p[1], "ab", 2);
	wait_for("edge", ep, -1);
	wait_for("no more", ep, 0);
	write(p[1], "c", 1);
	wait_for("new bytes", ep, -1);
	read(p[0], c, 1);
	wait_for("read some", ep, 0);
	control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 4);
	wait_for("modified", ep, 0);
	control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 5);
	wait_for("once", ep, 0);
	write(p[1], "d", 1);
	wait_for("not twice", ep, 0);
	control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 6);
	wait_for("armed again", ep, 0);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	control(ep, EPOLL_CTL_ADD, sv[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 7);
	wait_for("socket", ep, 0);
	write(sv[1], "x", 1);
	wait_for("readable", ep, 0);
	shutdown(sv[1], SHUT_WR);
	wait_for("rdhup", ep, 0);
	close(sv[1]);
	wait_for("hup", ep, 0);
	int outer = epoll_create(1);
	control(outer, EPOLL_CTL_ADD, ep, EPOLLIN, 8);
	wait_for("nested empty", outer, 0);
	control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 9);
	wait_for("nested", outer, 0);
	wait_for("inner", ep, 0);
	close(outer);
	close(ep);
	close(sv[0]);
	close(p[0]);
	close(p[1]);
}

static void test_sleep(void)
{
	int ep = epoll_create(1), p[2], status;

	pipe(p);
	control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1);
	pid_t pid = fork();
	if (pid == 0) {
		usleep(50000);
		write(p[1], "x", 1);
		_exit(0);
	}
	wait_for("woken", ep, 5000);
	waitpid(pid, &status, 0);
	sigset_t set;
	sigemptyset(&set);
	struct epoll_event e;
	char c;
	read(p[0], &c, 1);
	say("pwait", epoll_pwait(ep, &e, 1, 10, &set));
	close(ep);
	close(p[0]);
	close(p[1]);
}

static void alarmed(int sig)
{
	(void)sig;
}

static void test_interrupt(void)
{
	struct sigaction a = {.sa_handler = alarmed, .sa_flags = SA_RESTART};
	int ep = epoll_create(1);

	sigaction(SIGALRM, &a, NULL);
	alarm(1);
	wait_for("interrupted", ep, 5000);
	close(ep);
}

static void put(const char *what, int fd, uint64_t v)
{
	say(what, write(fd, &v, sizeof v));
}

static void get(const char *what, int fd)
{
	uint64_t v = 0;
	ssize_t r = read(fd, &v, sizeof v);

	if (r < 0)
		say(what, r);
	else
		printf("%s %zd %llu\n", what, r, (unsigned long long)v);
}

static int events(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	poll(&p, 1, 0);
	return p.revents;
}

static void test_counters(void)
{
	int e = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC), s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK), b = eventfd(0, 0);
	char small[4];

	say("flags", eventfd(0, 77777));
	printf("events %x\n", events(e));
	get("first", e);
	get("empty", e);
	printf("events %x\n", events(e));
	put("add", e, 5);
	put("add", e, 6);
	get("sum", e);
	put("most", e, UINT64_MAX - 1);
	printf("events %x\n", events(e));
	put("too much", e, 1);
	put("never", e, UINT64_MAX);
	get("all", e);
	say("short", read(e, small, 4));
	say("short", write(e, small, 4));
	get("one", s);
	get("one", s);
	get("none", s);
	if (fork() == 0) {
		usleep(20000);
		uint64_t v = 42;
		_exit(write(b, &v, sizeof v) != sizeof v);
	}
	get("waited", b);
	wait(NULL);
	close(e);
	close(s);
	close(b);
}

static void test_timers(void)
{
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), ep = epoll_create(1), b;
	struct itimerspec set = {.it_value = {0, 20000000}}, old;

	say("clock", timerfd_create(77, 0));
	say("flags", timerfd_create(CLOCK_REALTIME, 77));
	get("off", t);
	say("bad", timerfd_settime(t, 99, &set, NULL));
	say("no timer", timerfd_settime(0, 0, &set, NULL));
	control(ep, EPOLL_CTL_ADD, t, EPOLLIN, 1);
	say("set", timerfd_settime(t, 0, &set, &old));
	printf("old %ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
	get("early", t);
	wait_for("fires", ep, 5000);
	get("once", t);
	get("no more", t);
	say("left", timerfd_gettime(t, &old));
	printf("left %ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
	b = timerfd_create(CLOCK_REALTIME, 0);
	clock_gettime(CLOCK_REALTIME, &set.it_value);
	set.it_interval.tv_sec = 1000;
	say("absolute, past", timerfd_settime(b, TFD_TIMER_ABSTIME, &set, NULL));
	get("at once", b);
	say("left", timerfd_gettime(b, &old));
	printf("about %d, every %ld\n", old.it_value.tv_sec >= 990 && old.it_value.tv_sec <= 1000, (long)old.it_interval.tv_sec);
	set.it_interval = (struct timespec){0, 10000000};
	set.it_value = (struct timespec){0, 10000000};
	timerfd_settime(b, 0, &set, NULL);
	usleep(55000);
	uint64_t v = 0;
	printf("periodic %d %d\n", (int)read(b, &v, 8), v >= 4);
	memset(&set, 0, sizeof set);
	say("disarm", timerfd_settime(b, 0, &set, NULL));
	printf("events %x\n", events(b));
	say("write", write(b, &v, 8));
	close(t);
	close(b);
	close(ep);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_errors();
	test_level();
	test_edge();
	test_sleep();
	test_interrupt();
	test_counters();
	test_timers();
	return 0;
}
