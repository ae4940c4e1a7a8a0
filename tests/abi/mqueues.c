/* mqueues: POSIX message queues by their system calls (names have no slash there). */
#include "raw.h"
#include <mqueue.h>
#include <poll.h>

#define OPEN(name, flags, attr) sc(SYS_mq_open, name, flags, 0600, attr)
static long snd(int q, const char *t, unsigned prio, const void *time) { return sc(SYS_mq_timedsend, q, t, strlen(t), prio, time); }
static const char *rcv(int q, unsigned room, const void *time)
{
	static char out[80];
	char b[9000] = "";
	unsigned prio = 99;
	long r = sc(SYS_mq_timedreceive, q, b, room, &prio, time);
	if (r < 0) return errno_name((int)-r);
	snprintf(out, sizeof out, "%ld \"%.20s\" priority %u", r, b, prio);
	return out;
}

static void plain(void)
{
	struct { long flags, maxmsg, msgsize, cur, r[4]; } a = {0, 11, 100, 0, {0}}, b = {0, 10, 8193, 0, {0}};
	put("mq_open", "root's, no permission", OPEN("q", O_RDWR, NULL));
	put("mq_open", "too many messages, not root", OPEN("mine", O_CREAT | O_RDWR, &a));
	put("mq_open", "messages too long, not root", OPEN("mine", O_CREAT | O_RDWR, &b));
	put("mq_unlink", "root's, not root", sc(SYS_mq_unlink, "q"));
	ok("mq_open", "not root", OPEN("mine", O_CREAT | O_RDWR, NULL));
	put("mq_unlink", "mine, not root", sc(SYS_mq_unlink, "mine"));
}

static void opening(void)
{
	struct { long flags, maxmsg, msgsize, cur, r[4]; } a = {0, 3, 16, 0, {0}}, bad = {0, 0, 16, 0, {0}}, neg = {0, 3, -1, 0, {0}}, big = {0, 70000, 16, 0, {0}}, o;
	int q, r;
	struct stat st;

	put("mq_open", "no such queue", OPEN("q", O_RDWR, NULL));
	put("mq_open", "empty name", OPEN("", O_CREAT | O_RDWR, NULL));
	put("mq_open", "a slash in the name", OPEN("a/b", O_CREAT | O_RDWR, NULL));
	put("mq_open", "name of 256", OPEN(long_name(256), O_CREAT | O_RDWR, NULL));
	put("mq_open", "bad name pointer", OPEN(BAD, O_CREAT | O_RDWR, NULL));
	put("mq_open", "bad attribute pointer", OPEN("q", O_CREAT | O_RDWR, BAD));
	put("mq_open", "no messages", OPEN("q", O_CREAT | O_RDWR, &bad));
	put("mq_open", "negative size", OPEN("q", O_CREAT | O_RDWR, &neg));
	put("mq_open", "70000 messages", OPEN("q", O_CREAT | O_RDWR, &big));
	q = (int)ok("mq_open", "create", OPEN("q", O_CREAT | O_RDWR | O_NONBLOCK, &a));
	put("mq_open", "exclusive, it is there", OPEN("q", O_CREAT | O_EXCL | O_RDWR, &a));
	r = (int)ok("mq_open", "again, for reading", OPEN("q", O_RDONLY, NULL));
	put("mq_open", "access mode 3", OPEN("q", 3, NULL));
	note("fcntl", "a queue's flags", "%d %x", fcntl(q, F_GETFD), fcntl(q, F_GETFL));
	fstat(q, &st);
	note("fstat", "a queue", "%o links %u", st.st_mode, (unsigned)st.st_nlink);
	as_user(1000, 1000, plain);
	put("mq_getsetattr", "asks", sc(SYS_mq_getsetattr, q, NULL, &o));
	note("mq_getsetattr", "what it tells", "%lx %ld %ld %ld", o.flags, o.maxmsg, o.msgsize, o.cur);
	o.flags = 0, o.maxmsg = 77;
	put("mq_getsetattr", "sets", sc(SYS_mq_getsetattr, q, &o, &o));
	note("mq_getsetattr", "the old ones", "%lx %ld", o.flags, o.maxmsg);
	o.flags = O_APPEND;
	put("mq_getsetattr", "unknown flag", sc(SYS_mq_getsetattr, q, &o, NULL));
	put("mq_getsetattr", "bad pointer", sc(SYS_mq_getsetattr, q, BAD, NULL));
	put("mq_getsetattr", "bad old pointer", sc(SYS_mq_getsetattr, q, NULL, BAD));
	put("mq_getsetattr", "bad fd", sc(SYS_mq_getsetattr, NOFD, NULL, &o));
	put("mq_getsetattr", "no queue", sc(SYS_mq_getsetattr, 0, NULL, &o));
	put("mq_timedsend", "open for reading", snd(r, "x", 1, NULL));
	int def = (int)OPEN("default", O_CREAT | O_WRONLY, NULL);
	sc(SYS_mq_getsetattr, def, NULL, &o);
	note("mq_open", "default attributes", "%ld %ld", o.maxmsg, o.msgsize);
	note("mq_timedreceive", "open for writing", "%s", rcv(def, 8192, NULL));
	put("mq_unlink", "no such queue", sc(SYS_mq_unlink, "absent"));
	put("mq_unlink", "bad pointer", sc(SYS_mq_unlink, BAD));
	put("mq_unlink", "empty name", sc(SYS_mq_unlink, ""));
	put("mq_unlink", "name of 256", sc(SYS_mq_unlink, long_name(256)));
	put("mq_unlink", "success", sc(SYS_mq_unlink, "q"));
	put("mq_open", "after mq_unlink", OPEN("q", O_RDWR, NULL));
	put("mq_timedsend", "unlinked but open", snd(q, "still", 1, NULL));
	put("mq_unlink", "the other", sc(SYS_mq_unlink, "default"));
	put("lseek", "a queue", sc(SYS_lseek, q, 0, 0));
	put("write", "a queue", sc(SYS_write, q, "x", 1));
}

static void sending(void)
{
	struct { long flags, maxmsg, msgsize, cur, r[4]; } a = {0, 3, 16, 0, {0}};
	int q = (int)must("mq_open", OPEN("s", O_CREAT | O_RDWR | O_NONBLOCK, &a)), w, st;
	struct timespec past = {1, 0}, bad = {0, 1000000000};
	long long t64[2] = {1, 0};
	struct pollfd p = {q, POLLIN | POLLOUT, 0};

	note("poll", "an empty queue", "%d %x", poll(&p, 1, 0), p.revents);
	note("mq_timedreceive", "empty, nonblocking", "%s", rcv(q, 16, NULL));
	put("mq_timedsend", "priority 1", snd(q, "one", 1, NULL));
	put("mq_timedsend", "priority 5", snd(q, "five", 5, NULL));
	put("mq_timedsend", "priority 1 again", snd(q, "uno", 1, NULL));
	put("mq_timedsend", "full, nonblocking", snd(q, "x", 1, NULL));
	p.revents = 0;
	note("poll", "a full queue", "%d %x", poll(&p, 1, 0), p.revents);
	w = (int)OPEN("s", O_RDWR, NULL);
	put("mq_timedsend", "full, times out", snd(w, "x", 1, &past));
	put("mq_timedsend", "full, bad time", snd(w, "x", 1, &bad));
	put("mq_timedsend", "bad time pointer", snd(w, "x", 1, BAD));
	put("mq_timedsend", "priority 32768", snd(q, "x", 32768, NULL));
	put("mq_timedsend", "too long", snd(q, "12345678901234567", 1, NULL));
	put("mq_timedsend", "bad pointer", sc(SYS_mq_timedsend, q, BAD, 4, 1, NULL));
	put("mq_timedsend", "bad fd", snd(NOFD, "x", 1, NULL));
	put("mq_timedsend", "no queue", snd(0, "x", 1, NULL));
	note("mq_timedreceive", "too little room", "%s", rcv(q, 15, NULL));
	note("mq_timedreceive", "the highest priority", "%s", rcv(q, 16, NULL));
	note("mq_timedreceive", "the older one", "%s", rcv(q, 9000, NULL));
	note("mq_timedreceive", "the younger one", "%s", rcv(q, 16, NULL));
	note("mq_timedreceive", "times out", "%s", rcv(w, 16, &past));
	note("mq_timedreceive", "bad time", "%s", rcv(w, 16, &bad));
	note("mq_timedreceive", "bad fd", "%s", rcv(NOFD, 16, NULL));
	note("mq_timedreceive", "no queue", "%s", rcv(0, 16, NULL));
	put("mq_timedsend", "nothing in it", snd(q, "", 32767, NULL));
	note("mq_timedreceive", "nothing in it", "%s", rcv(q, 16, NULL));
	put("mq_timedreceive_time64", "times out", sc(419, w, edge(16), 16, NULL, t64));
	put("mq_timedsend_time64", "success", sc(418, w, "abc", 3, 0, t64));
	put("mq_timedreceive_time64", "success", sc(419, w, edge(16), 16, NULL, t64));
	t64[1] = -1;
	put("mq_timedsend_time64", "bad time", sc(418, w, "abc", 3, 0, t64));
	put("mq_timedreceive_time64", "bad time pointer", sc(419, w, edge(16), 16, NULL, BAD));
	pid_t pid = fork();
	if (!pid) _exit(strcmp(rcv(w, 16, NULL), "3 \"hey\" priority 7") ? 6 : 5);
	put("mq_timedsend", "to one that may wait", snd(q, "hey", 7, NULL));
	waitpid(pid, &st, 0);
	note("mq_timedreceive", "another process", "%s", status_text(st));
	sc(SYS_mq_unlink, "s");
}

static volatile int sig_code, sig_value, sig_from_me;
static void told(int s, siginfo_t *i, void *c) { (void)s, (void)c; sig_code = i->si_code, sig_value = i->si_value.sival_int, sig_from_me = i->si_pid == getpid(); }
static void other_notify(void) { struct sigevent e = {.sigev_notify = SIGEV_NONE}; put("mq_notify", "somebody else is registered", sc(SYS_mq_notify, (int)OPEN("n", O_RDONLY, NULL), &e)); }

static void notifying(void)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 55}};
	struct sigaction a = {.sa_sigaction = told, .sa_flags = SA_SIGINFO};
	int q = (int)must("mq_open", OPEN("n", O_CREAT | O_RDWR | O_NONBLOCK, NULL));

	sigaction(SIGUSR1, &a, NULL);
	put("mq_notify", "bad pointer", sc(SYS_mq_notify, q, BAD));
	put("mq_notify", "bad fd", sc(SYS_mq_notify, NOFD, &e));
	put("mq_notify", "no queue", sc(SYS_mq_notify, 0, &e));
	put("mq_notify", "nothing to end", sc(SYS_mq_notify, q, NULL));
	e.sigev_notify = 9;
	put("mq_notify", "unknown kind", sc(SYS_mq_notify, q, &e));
	e.sigev_notify = SIGEV_SIGNAL, e.sigev_signo = 99;
	put("mq_notify", "unknown signal", sc(SYS_mq_notify, q, &e));
	e.sigev_signo = SIGUSR1;
	put("mq_notify", "a signal", sc(SYS_mq_notify, q, &e));
	put("mq_notify", "twice", sc(SYS_mq_notify, q, &e));
	in_child(other_notify);
	snd(q, "x", 1, NULL);
	note("mq_notify", "a message came", "code %d value %d me %d", sig_code, sig_value, sig_from_me);
	sig_code = 0;
	put("mq_notify", "again, a message is there", sc(SYS_mq_notify, q, &e));
	snd(q, "y", 1, NULL);
	note("mq_notify", "the queue was not empty", "code %d", sig_code);
	put("mq_notify", "ends it", sc(SYS_mq_notify, q, NULL));
	rcv(q, 8192, NULL), rcv(q, 8192, NULL);
	snd(q, "z", 1, NULL);
	note("mq_notify", "ended", "code %d", sig_code);
	e.sigev_notify = SIGEV_NONE;
	put("mq_notify", "nothing to be done", sc(SYS_mq_notify, q, &e));
	close(q);
	q = (int)OPEN("n", O_RDWR, NULL);
	put("mq_notify", "closing ended it", sc(SYS_mq_notify, q, &e));
	sc(SYS_mq_unlink, "n");
}

const struct section sections[] = {{"opening", opening}, {"sending", sending}, {"notifying", notifying}, {NULL, NULL}};
