/* mqueues: POSIX message queues: names, rights, order, waiting, being told; what is refused.
 * Run on the host and on nodes by tests/qemu; argument: root, when it may become somebody else.
 * Never leaves a queue behind; makes the calls itself: not every libc has them in its main library. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long r)
{
	printf("%s: %ld%s%s\n", what, r < 0 ? -1 : r, r < 0 ? " " : "", r < 0 ? strerror(errno) : "");
	fflush(stdout);
}

struct attr { int flags, maxmsg, msgsize, curmsgs, reserved[4]; };

static int mopen(const char *name, int flags, int mode, const void *attr) { return (int)syscall(SYS_mq_open, name, flags, mode, attr); }
static long munlink(const char *name) { return syscall(SYS_mq_unlink, name); }
static long msend(int q, const void *p, size_t n, unsigned prio, const void *until) { return syscall(SYS_mq_timedsend, q, p, n, prio, until); }
static long mreceive(int q, void *p, size_t n, unsigned *prio, const void *until) { return syscall(SYS_mq_timedreceive, q, p, n, prio, until); }
static long mattr(int q, const struct attr *new, struct attr *old) { return syscall(SYS_mq_getsetattr, q, new, old); }

static int q;
static char name[32];

static void names(void)
{
	static char text[300];
	struct attr bad = {.maxmsg = 0, .msgsize = 10};

	say("none", mopen("test-none", O_RDWR, 0, NULL));
	say("empty name", mopen("", O_RDWR | O_CREAT, 0600, NULL));
	say("slash", mopen("/x", O_RDWR | O_CREAT, 0600, NULL));
	say("dots", mopen("..", O_RDWR | O_CREAT, 0600, NULL));
	memset(text, 'n', 256);
	say("long name", mopen(text, O_RDWR | O_CREAT, 0600, NULL));
	say("no messages", mopen("test-mq-bad", O_RDWR | O_CREAT, 0600, &bad));
	bad.maxmsg = -1;
	say("negative", mopen("test-mq-bad", O_RDWR | O_CREAT, 0600, &bad));
	say("bad attr", mopen("test-mq-bad", O_RDWR | O_CREAT, 0600, (void *)8));
	say("bad name", mopen((void *)8, O_RDWR, 0, NULL));
	say("unlink none", munlink("test-none"));
}

static void show(const char *what)
{
	struct attr a;

	if (mattr(q, NULL, &a))
		say(what, -1);
	else
		printf("%s: flags %o max %d size %d now %d\n", what, a.flags, a.maxmsg, a.msgsize, a.curmsgs);
}

static void order(void)
{
	char text[64] = "";
	unsigned prio = 99;
	static const struct { const char *text; unsigned prio; } all[] = {{"low", 1}, {"high", 9}, {"high too", 9}, {"middle", 5}};

	for (int i = 0; i < 4; i++)
		say("send", msend(q, all[i].text, strlen(all[i].text) + 1, all[i].prio, NULL));
	show("four");
	for (int i = 0; i < 4; i++) {
		say("receive", mreceive(q, text, sizeof text, &prio, NULL));
		printf("%s, %u\n", text, prio);
	}
	say("empty message", msend(q, "", 0, 0, NULL));
	say("receive", mreceive(q, text, sizeof text, NULL, NULL));
}

static void refused(void)
{
	struct timespec past = {1, 0}, bad = {0, 1000000000};
	struct attr block = {.flags = O_NONBLOCK}, strange = {.flags = O_APPEND};
	char text[64] = "";
	int r = mopen(name, O_RDONLY, 0, NULL), w = mopen(name, O_WRONLY, 0, NULL);

	say("exists", mopen(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
	say("too long", msend(q, text, 65 - 1 + 1, 0, NULL));
	say("too little room", mreceive(q, text, 63, NULL, NULL));
	say("priority", msend(q, text, 1, 32768, NULL));
	say("send on reader", msend(r, text, 1, 0, NULL));
	say("receive on writer", mreceive(w, text, 64, NULL, NULL));
	say("no queue", msend(0, text, 1, 0, NULL));
	say("no descriptor", mreceive(99, text, 64, NULL, NULL));
	say("late", mreceive(q, text, 64, NULL, &past));
	say("no time", mreceive(q, text, 64, NULL, &bad));
	say("bad time", mreceive(q, text, 64, NULL, (void *)8));
	say("strange flags", mattr(q, &strange, NULL));
	say("nonblock", mattr(q, &block, NULL));
	show("nonblocking");
	say("empty", mreceive(q, text, 64, NULL, NULL));
	for (int i = 0; i < 3; i++)
		say("fill", msend(q, text, 1, 0, NULL));
	say("full", msend(q, text, 1, 0, NULL));
	say("bad memory", msend(q, (void *)8, 1, 0, NULL));
	struct pollfd p = {q, POLLIN | POLLOUT, 0};
	say("poll", poll(&p, 1, 0));
	printf("ready %x, close on exec %d\n", p.revents, fcntl(q, F_GETFD));
	while (mreceive(q, text, 64, NULL, NULL) >= 0)
		;
	say("poll", poll(&p, 1, 0));
	printf("ready %x\n", p.revents);
	block.flags = 0;
	mattr(q, &block, NULL);
	close(r);
	close(w);
}

static volatile sig_atomic_t told, code, value;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	told = number;
	code = info->si_code;
	value = info->si_value.sival_int;
}

static void notices(void)
{
	struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
	char text[64];

	sigaction(SIGUSR1, &act, NULL);
	say("notify", syscall(SYS_mq_notify, q, &ev));
	say("again", syscall(SYS_mq_notify, q, &ev));
	say("send", msend(q, "x", 1, 0, NULL));
	printf("told %d code %d value %d\n", told == SIGUSR1, code, value);
	told = 0;
	say("send", msend(q, "y", 1, 0, NULL));
	printf("told %d\n", told);
	mreceive(q, text, 64, NULL, NULL);
	mreceive(q, text, 64, NULL, NULL);
	say("notify", syscall(SYS_mq_notify, q, &ev));
	say("no more", syscall(SYS_mq_notify, q, NULL));
	say("send", msend(q, "z", 1, 0, NULL));
	printf("told %d\n", told);
	mreceive(q, text, 64, NULL, NULL);
	ev.sigev_signo = 65;
	say("bad signal", syscall(SYS_mq_notify, q, &ev));
	ev.sigev_notify = 9;
	say("bad kind", syscall(SYS_mq_notify, q, &ev));
}

/* One waits for a message, one for room; a signal ends a wait. */
static void waits(void)
{
	char text[64] = "";
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		usleep(20000);
		msend(q, "woken", 6, 3, NULL);
		for (int i = 0; i < 4; i++)
			msend(q, "more", 5, 0, NULL);
		_exit(0);
	}
	say("waited", mreceive(q, text, 64, NULL, NULL));
	puts(text);
	usleep(20000);
	for (int i = 0; i < 4; i++)
		mreceive(q, text, 64, NULL, NULL);
	waitpid(pid, &status, 0);
	printf("the sender ended with %d\n", status);
	show("after it");
	struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	sigaction(SIGALRM, &act, NULL);
	ualarm(30000, 0);
	say("interrupted", mreceive(q, text, 64, NULL, NULL));
}

static void rights(void)
{
	struct stat st;
	int status;

	say("fstat", fstat(q, &st));
	printf("mode %o size %d\n", st.st_mode, (int)st.st_size);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct attr many = {.maxmsg = 11, .msgsize = 10};
		struct rlimit none = {0, 0};

		if (setgid(65534) || setuid(65534))
			_exit(1);
		say("not ours", mopen(name, O_RDWR, 0, NULL));
		say("to read", mopen(name, O_RDONLY, 0, NULL));
		say("to unlink", munlink(name));
		say("too many", mopen("test-mq-bad", O_RDWR | O_CREAT, 0600, &many));
		setrlimit(RLIMIT_MSGQUEUE, &none);
		say("over the limit", mopen("test-mq-bad", O_RDWR | O_CREAT, 0600, NULL));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	char text[100] = "";
	ssize_t n = read(q, text, sizeof text);
	printf("%zd: %s", n, text);
}

int main(int argc, char **argv)
{
	struct attr a = {.maxmsg = 3 + 1, .msgsize = 64};

	umask(022);
	snprintf(name, sizeof name, "test-mq-%d", getpid()); /* one for all who test on this machine */
	names();
	q = mopen(name, O_RDWR | O_CREAT, 0666, &a);
	show("new");
	order();
	close(q);
	munlink(name);
	a.maxmsg = 3;
	q = mopen(name, O_RDWR | O_CREAT | O_EXCL, 0664, &a);
	refused();
	notices();
	waits();
	if (argc > 1 && !strcmp(argv[1], "root"))
		rights();
	say("unlink", munlink(name));
	say("unlinked", mopen(name, O_RDWR, 0, NULL));
	show("still there");
	return 0;
}
