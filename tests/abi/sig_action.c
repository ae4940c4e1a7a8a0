/* sig_action - sigaction and signal with their flags, masks, pending sets, sigsuspend, sigtimedwait, sigaltstack. */
#include "abi.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

struct ksigaction { void *handler; unsigned long flags; void *restorer; unsigned long mask[2]; };
struct old_action { void *handler; unsigned long mask; unsigned long flags; void *restorer; };
#define KRESTORER 0x04000000ul

static volatile int n, depth, deepest, last;
static uintptr_t last_sp;

static void count(int sig)
{
	n++;
	last = sig;
}

static void errors(void)
{
	struct ksigaction a = {.handler = SIG_IGN}, old;

	T("rt_sigaction", "ask only", syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
	T("rt_sigaction", "both NULL", syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 8));
	T("rt_sigaction", "size 4", syscall(SYS_rt_sigaction, SIGUSR1, &a, NULL, 4));
	T("rt_sigaction", "size 16", syscall(SYS_rt_sigaction, SIGUSR1, &a, NULL, 16));
	T("rt_sigaction", "size 0", syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 0));
	T("rt_sigaction", "signal 0", syscall(SYS_rt_sigaction, 0, &a, NULL, 8));
	T("rt_sigaction", "signal 65", syscall(SYS_rt_sigaction, 65, &a, NULL, 8));
	T("rt_sigaction", "signal -1", syscall(SYS_rt_sigaction, -1, &a, NULL, 8));
	T("rt_sigaction", "signal 64", syscall(SYS_rt_sigaction, 64, &a, NULL, 8));
	T("rt_sigaction", "signal 32", syscall(SYS_rt_sigaction, 32, &a, NULL, 8));
	T("rt_sigaction", "SIGKILL ignored", syscall(SYS_rt_sigaction, SIGKILL, &a, NULL, 8));
	T("rt_sigaction", "SIGSTOP ignored", syscall(SYS_rt_sigaction, SIGSTOP, &a, NULL, 8));
	T("rt_sigaction", "SIGKILL asked", syscall(SYS_rt_sigaction, SIGKILL, NULL, &old, 8));
	a.handler = SIG_DFL;
	T("rt_sigaction", "SIGKILL default", syscall(SYS_rt_sigaction, SIGKILL, &a, NULL, 8));
	T("rt_sigaction", "bad new pointer", syscall(SYS_rt_sigaction, SIGUSR1, BAD, NULL, 8));
	T("rt_sigaction", "bad new pointer and signal", syscall(SYS_rt_sigaction, 65, BAD, NULL, 8));
	T("rt_sigaction", "new across the end of memory", syscall(SYS_rt_sigaction, SIGUSR1, edge(12), NULL, 8));
	T("rt_sigaction", "bad old pointer", syscall(SYS_rt_sigaction, SIGUSR1, NULL, BAD, 8));
	a.handler = SIG_IGN;
	T("rt_sigaction", "bad old pointer, new given", syscall(SYS_rt_sigaction, SIGUSR1, &a, BAD, 8));
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8);
	note("rt_sigaction", "new took effect though old faulted", "%d", old.handler == SIG_IGN);
	a = (struct ksigaction){(void *)count, 0xffffffff, NULL, {0xffffffff, 0xffffffff}};
	T("rt_sigaction", "all flags", syscall(SYS_rt_sigaction, SIGUSR2, &a, NULL, 8));
	syscall(SYS_rt_sigaction, SIGUSR2, NULL, &old, 8);
	note("rt_sigaction", "flags and mask that are kept", "%#lx %#lx %#lx", old.flags, old.mask[0], old.mask[1]);
	struct old_action o = {.handler = SIG_IGN, .mask = 0x123}, oo;
	T("sigaction", "ignore", syscall(SYS_sigaction, SIGUSR1, &o, NULL));
	T("sigaction", "ask", syscall(SYS_sigaction, SIGUSR1, NULL, &oo));
	note("sigaction", "what was asked", "%d %#lx %#lx", oo.handler == SIG_IGN, oo.mask, oo.flags);
	T("sigaction", "signal 0", syscall(SYS_sigaction, 0, &o, NULL));
	T("sigaction", "signal 65", syscall(SYS_sigaction, 65, &o, NULL));
	T("sigaction", "signal 64", syscall(SYS_sigaction, 64, &o, NULL));
	T("sigaction", "SIGSTOP", syscall(SYS_sigaction, SIGSTOP, &o, NULL));
	T("sigaction", "bad new pointer", syscall(SYS_sigaction, SIGUSR1, BAD, NULL));
	T("sigaction", "bad old pointer", syscall(SYS_sigaction, SIGUSR1, NULL, BAD));
	T("signal", "first use: old was default", syscall(SYS_signal, SIGTERM, SIG_IGN));
	T("signal", "back: old was ignored", syscall(SYS_signal, SIGTERM, SIG_DFL));
	T("signal", "signal 0", syscall(SYS_signal, 0, SIG_IGN));
	T("signal", "signal 65", syscall(SYS_signal, 65, SIG_IGN));
	T("signal", "SIGKILL", syscall(SYS_signal, SIGKILL, SIG_IGN));
	syscall(SYS_signal, SIGTERM, count);
	syscall(SYS_rt_sigaction, SIGTERM, NULL, &old, 8);
	note("signal", "flags of the action", "%#lx", old.flags);
}

static void nest(int sig)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (n++ < 2)
		raise(sig);
	depth--;
}

static void set(int sig, void (*fn)(int), unsigned long flags)
{
	struct sigaction a = {.sa_handler = fn, .sa_flags = (int)flags};

	sigaction(sig, &a, NULL);
}

static void with_flags(void)
{
	struct sigaction a;

	set(SIGUSR1, nest, 0);
	raise(SIGUSR1);
	note("rt_sigaction", "signal in its own handler waits", "n %d deepest %d", n, deepest);
	n = deepest = 0;
	set(SIGUSR1, nest, SA_NODEFER);
	raise(SIGUSR1);
	note("rt_sigaction", "SA_NODEFER nests", "n %d deepest %d", n, deepest);
	n = 0;
	set(SIGUSR1, count, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &a);
	note("rt_sigaction", "SA_RESETHAND", "n %d default %d flags %#x", n, a.sa_handler == SIG_DFL, (unsigned)a.sa_flags & ~0x04000000u);
	/* both: the second raise, nested, meets the default action */
	sigset_t set1;
	sigemptyset(&set1);
	struct sigaction m = {.sa_handler = count};
	sigaddset(&m.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &m, NULL);
	sigaction(SIGUSR2, &m, NULL);
	n = 0;
	raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &set1);
	note("rt_sigaction", "mask after the handler", "n %d %d %d", n, sigismember(&set1, SIGUSR1), sigismember(&set1, SIGUSR2));
}

static sigset_t in_handler;

static void keep_mask(int sig)
{
	(void)sig;
	sigprocmask(SIG_BLOCK, NULL, &in_handler);
}

static void handler_masks(void)
{
	struct sigaction a = {.sa_handler = keep_mask};

	sigaddset(&a.sa_mask, SIGUSR2);
	sigaddset(&a.sa_mask, SIGKILL);
	sigaddset(&a.sa_mask, SIGSTOP);
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	note("rt_sigaction", "mask in the handler", "USR1 %d USR2 %d KILL %d STOP %d TERM %d", sigismember(&in_handler, SIGUSR1), sigismember(&in_handler, SIGUSR2),
	     sigismember(&in_handler, SIGKILL), sigismember(&in_handler, SIGSTOP), sigismember(&in_handler, SIGTERM));
	a.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	note("rt_sigaction", "mask in the handler, SA_NODEFER", "USR1 %d USR2 %d", sigismember(&in_handler, SIGUSR1), sigismember(&in_handler, SIGUSR2));
}

/* What an ignored or default action does to what is pending. */
static void discards(void)
{
	sigset_t s, p;

	sigfillset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	set(SIGUSR1, count, 0);
	raise(SIGUSR1);
	set(SIGUSR1, SIG_IGN, 0);
	sigpending(&p);
	note("rt_sigaction", "ignoring discards what is pending", "%d", sigismember(&p, SIGUSR1));
	raise(SIGUSR1);
	sigpending(&p);
	note("rt_sigpending", "an ignored blocked signal", "%d", sigismember(&p, SIGUSR1));
	set(SIGUSR1, SIG_IGN, 0);
	sigpending(&p);
	note("rt_sigaction", "ignoring again discards", "%d", sigismember(&p, SIGUSR1));
	set(SIGCHLD, count, 0);
	raise(SIGCHLD);
	set(SIGCHLD, SIG_DFL, 0);
	sigpending(&p);
	note("rt_sigaction", "SIGCHLD to default discards", "%d", sigismember(&p, SIGCHLD));
	raise(SIGURG);
	sigpending(&p);
	note("rt_sigpending", "blocked SIGURG with default action", "%d", sigismember(&p, SIGURG));
	set(SIGURG, SIG_DFL, 0);
	sigpending(&p);
	note("rt_sigaction", "SIGURG to default again discards", "%d", sigismember(&p, SIGURG));
	raise(SIGTERM);
	set(SIGTERM, SIG_DFL, 0);
	sigpending(&p);
	note("rt_sigaction", "SIGTERM to default keeps", "%d", sigismember(&p, SIGTERM));
	raise(SIGTSTP);
	raise(SIGCONT);
	sigpending(&p);
	note("rt_sigpending", "SIGCONT takes SIGTSTP back", "%d %d", sigismember(&p, SIGTSTP), sigismember(&p, SIGCONT));
	raise(SIGTSTP);
	sigpending(&p);
	note("rt_sigpending", "SIGTSTP takes SIGCONT back", "%d %d", sigismember(&p, SIGTSTP), sigismember(&p, SIGCONT));
}

static void masks(void)
{
	unsigned long long m = 1ull << (SIGUSR1 - 1), o;
	unsigned long o32;

	T("rt_sigprocmask", "block", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &m, NULL, 8));
	T("rt_sigprocmask", "ask", syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &o, 8));
	note("rt_sigprocmask", "what is blocked", "%#llx", o);
	T("rt_sigprocmask", "bad how", syscall(SYS_rt_sigprocmask, 3, &m, NULL, 8));
	T("rt_sigprocmask", "how -1", syscall(SYS_rt_sigprocmask, -1, &m, NULL, 8));
	T("rt_sigprocmask", "bad how, nothing to set", syscall(SYS_rt_sigprocmask, 99, NULL, &o, 8));
	T("rt_sigprocmask", "size 4", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &m, NULL, 4));
	T("rt_sigprocmask", "size 128", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &m, NULL, 128));
	T("rt_sigprocmask", "bad set", syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD, NULL, 8));
	T("rt_sigprocmask", "bad set and how", syscall(SYS_rt_sigprocmask, 9, BAD, NULL, 8));
	T("rt_sigprocmask", "set across the end of memory", syscall(SYS_rt_sigprocmask, SIG_BLOCK, edge(4), NULL, 8));
	T("rt_sigprocmask", "bad old", syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, BAD, 8));
	m = ~0ull;
	T("rt_sigprocmask", "set all", syscall(SYS_rt_sigprocmask, SIG_SETMASK, &m, NULL, 8));
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &o, 8);
	note("rt_sigprocmask", "all but KILL and STOP", "%#llx", o);
	m = 0;
	unsigned long m32 = 0x80000000ul;
	T("sigprocmask", "set the first 32", syscall(SYS_sigprocmask, SIG_SETMASK, &m32, &o32));
	note("sigprocmask", "old first 32", "%#lx", o32);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &o, 8);
	note("sigprocmask", "the upper 32 stay", "%#llx", o);
	m32 = 0xff;
	T("sigprocmask", "block", syscall(SYS_sigprocmask, SIG_BLOCK, &m32, NULL));
	T("sigprocmask", "unblock", syscall(SYS_sigprocmask, SIG_UNBLOCK, &m32, NULL));
	T("sigprocmask", "bad how", syscall(SYS_sigprocmask, 7, &m32, NULL));
	T("sigprocmask", "bad set", syscall(SYS_sigprocmask, SIG_BLOCK, BAD, NULL));
	T("sigprocmask", "bad old", syscall(SYS_sigprocmask, SIG_BLOCK, NULL, BAD));
	note("ssetmask", "returns the old one", "%#lx", (unsigned long)syscall(SYS_ssetmask, 0x103));
	note("sgetmask", "without KILL", "%#lx", (unsigned long)syscall(SYS_sgetmask));
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &o, 8);
	note("ssetmask", "clears the upper 32", "%#llx", o);
	T("rt_sigpending", "none", syscall(SYS_rt_sigpending, &o, 8));
	note("rt_sigpending", "the empty set", "%#llx", o);
	T("rt_sigpending", "size 9", syscall(SYS_rt_sigpending, &o, 9));
	o = ~0ull;
	T("rt_sigpending", "size 4", syscall(SYS_rt_sigpending, &o, 4));
	note("rt_sigpending", "four bytes of it", "%#llx", o);
	T("rt_sigpending", "size 0, bad pointer", syscall(SYS_rt_sigpending, BAD, 0));
	T("rt_sigpending", "bad pointer", syscall(SYS_rt_sigpending, BAD, 8));
	T("sigpending", "none", syscall(SYS_sigpending, &o32));
	T("sigpending", "bad pointer", syscall(SYS_sigpending, BAD));
	/* what was pending is delivered before the unblocking call returns */
	set(SIGUSR2, count, 0);
	m = ~0ull;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &m, NULL, 8);
	raise(SIGUSR2);
	n = 0;
	m = 0;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &m, NULL, 8);
	note("rt_sigprocmask", "pending ones are delivered at once", "%d", n);
}

static void later(int ms, int sig)
{
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig};
	struct itimerspec s = {.it_value = {0, ms * 1000000}};
	timer_t t;

	timer_create(CLOCK_MONOTONIC, &e, &t);
	timer_settime(t, 0, &s, NULL);
}

static void suspends(void)
{
	unsigned long long none = 0, o, all = ~0ull;

	T("rt_sigsuspend", "size 4", syscall(SYS_rt_sigsuspend, &none, 4));
	T("rt_sigsuspend", "bad pointer", syscall(SYS_rt_sigsuspend, BAD, 8));
	set(SIGUSR1, count, SA_RESTART);
	set(SIGUSR2, SIG_IGN, 0);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	raise(SIGUSR1);
	T("rt_sigsuspend", "one is pending, SA_RESTART", syscall(SYS_rt_sigsuspend, &none, 8));
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &o, 8);
	note("rt_sigsuspend", "the old mask is back", "n %d %#llx", n, o);
	n = 0;
	raise(SIGUSR1);
	T("sigsuspend", "one is pending", syscall(SYS_sigsuspend, 0, 0, 0));
	note("sigsuspend", "handler ran", "%d", n);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	set(SIGALRM, count, SA_RESTART);
	n = 0;
	later(20, SIGALRM);
	T("pause", "a handler with SA_RESTART", syscall(SYS_pause));
	note("pause", "handler ran", "%d %d", n, last);
}

static void timedwait(void)
{
	unsigned long long set8 = 1ull << (SIGUSR1 - 1) | 1ull << (SIGRTMIN - 1), all = ~0ull;
	struct timespec zero = {0, 0}, bad = {0, 1000000000}, neg = {-1, 0}, some = {0, 20000000};
	long long zero64[2] = {0, 0}, bad64[2] = {0, 1000000000};
	siginfo_t i;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	T("rt_sigtimedwait", "none pending, no time", syscall(SYS_rt_sigtimedwait, &set8, &i, &zero, 8));
	T("rt_sigtimedwait", "none pending, some time", syscall(SYS_rt_sigtimedwait, &set8, &i, &some, 8));
	T("rt_sigtimedwait", "size 4", syscall(SYS_rt_sigtimedwait, &set8, &i, &zero, 4));
	T("rt_sigtimedwait", "bad set", syscall(SYS_rt_sigtimedwait, BAD, &i, &zero, 8));
	T("rt_sigtimedwait", "bad time pointer", syscall(SYS_rt_sigtimedwait, &set8, &i, BAD, 8));
	T("rt_sigtimedwait", "a billion nanoseconds", syscall(SYS_rt_sigtimedwait, &set8, &i, &bad, 8));
	T("rt_sigtimedwait", "negative seconds", syscall(SYS_rt_sigtimedwait, &set8, &i, &neg, 8));
	raise(SIGUSR1);
	T("rt_sigtimedwait", "bad time though one is pending", syscall(SYS_rt_sigtimedwait, &set8, &i, &bad, 8));
	T("rt_sigtimedwait", "one is pending", syscall(SYS_rt_sigtimedwait, &set8, &i, &zero, 8));
	note("rt_sigtimedwait", "its info", "sig %d code %d own %d", i.si_signo, i.si_code, i.si_pid == getpid());
	raise(SIGUSR1);
	T("rt_sigtimedwait", "bad info pointer", syscall(SYS_rt_sigtimedwait, &set8, BAD, &zero, 8));
	T("rt_sigtimedwait", "it was taken all the same", syscall(SYS_rt_sigtimedwait, &set8, &i, &zero, 8));
	raise(SIGUSR1);
	T("rt_sigtimedwait", "no info asked for", syscall(SYS_rt_sigtimedwait, &set8, NULL, NULL, 8));
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1});
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 2});
	raise(SIGUSR1);
	T("rt_sigtimedwait", "the lower number comes first", syscall(SYS_rt_sigtimedwait, &set8, &i, NULL, 8));
	for (int k = 1; k <= 2; k++) {
		char what[32];
		snprintf(what, sizeof what, "then number %d of the queue", k);
		TV("rt_sigtimedwait", what, syscall(SYS_rt_sigtimedwait, &set8, &i, &zero, 8), "value %d", i.si_value.sival_int);
	}
	T("rt_sigtimedwait_time64", "none pending, no time", syscall(421, &set8, &i, zero64, 8));
	T("rt_sigtimedwait_time64", "a billion nanoseconds", syscall(421, &set8, &i, bad64, 8));
	T("rt_sigtimedwait_time64", "bad time pointer", syscall(421, &set8, &i, BAD, 8));
	T("rt_sigtimedwait_time64", "bad set", syscall(421, BAD, &i, zero64, 8));
	T("rt_sigtimedwait_time64", "size 16", syscall(421, &set8, &i, zero64, 16));
	raise(SIGUSR1);
	T("rt_sigtimedwait_time64", "one is pending", syscall(421, &set8, &i, zero64, 8));
	/* another signal with a handler ends the wait */
	unsigned long long usr2 = 1ull << (SIGUSR2 - 1);
	set(SIGUSR2, count, SA_RESTART);
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &usr2, NULL, 8);
	n = 0;
	later(30, SIGUSR2);
	T("rt_sigtimedwait", "another signal's handler", syscall(SYS_rt_sigtimedwait, &set8, &i, NULL, 8));
	note("rt_sigtimedwait", "the handler ran", "%d", n);
	unsigned long long kill_only = 1ull << (SIGKILL - 1);
	T("rt_sigtimedwait", "SIGKILL is not waited for", syscall(SYS_rt_sigtimedwait, &kill_only, &i, &zero, 8));
}

static stack_t seen;
static unsigned uc_flags, uc_size;

static void on_stack(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	n++;
	sigaltstack(NULL, &seen);
	uc_flags = (unsigned)uc->uc_stack.ss_flags;
	uc_size = uc->uc_stack.ss_size;
	last_sp = (uintptr_t)__builtin_frame_address(0);
	stack_t other = {.ss_sp = seen.ss_sp, .ss_size = 65536, .ss_flags = 0};
	errno = 0;
	last = sigaltstack(&other, NULL) ? errno : 0;
}

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static void altstack(void)
{
	static char room[32768] __attribute__((aligned(16)));
	stack_t s = {.ss_sp = room, .ss_size = sizeof room}, o;
	struct sigaction a = {.sa_sigaction = on_stack, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	T("sigaltstack", "ask, none is set", syscall(SYS_sigaltstack, NULL, &o));
	note("sigaltstack", "none is set", "%d flags %#x size %u", o.ss_sp == NULL, (unsigned)o.ss_flags, (unsigned)o.ss_size);
	T("sigaltstack", "set", syscall(SYS_sigaltstack, &s, NULL));
	T("sigaltstack", "both NULL", syscall(SYS_sigaltstack, NULL, NULL));
	T("sigaltstack", "bad new pointer", syscall(SYS_sigaltstack, BAD, NULL));
	T("sigaltstack", "bad old pointer", syscall(SYS_sigaltstack, NULL, BAD));
	s.ss_size = 2047;
	T("sigaltstack", "2047 bytes", syscall(SYS_sigaltstack, &s, NULL));
	s.ss_size = 2048;
	T("sigaltstack", "2048 bytes", syscall(SYS_sigaltstack, &s, NULL));
	s.ss_flags = 4;
	T("sigaltstack", "flags 4", syscall(SYS_sigaltstack, &s, NULL));
	s.ss_flags = 3;
	T("sigaltstack", "SS_ONSTACK and SS_DISABLE", syscall(SYS_sigaltstack, &s, NULL));
	s.ss_flags = SS_ONSTACK;
	T("sigaltstack", "SS_ONSTACK", syscall(SYS_sigaltstack, &s, NULL));
	sigaltstack(NULL, &o);
	note("sigaltstack", "SS_ONSTACK is not kept", "%#x", (unsigned)o.ss_flags);
	s = (stack_t){.ss_flags = (int)(SS_DISABLE | SS_AUTODISARM), .ss_sp = room, .ss_size = 77};
	T("sigaltstack", "disable and autodisarm", syscall(SYS_sigaltstack, &s, NULL));
	sigaltstack(NULL, &o);
	note("sigaltstack", "disabled with autodisarm", "%d flags %#x size %u", o.ss_sp == NULL, (unsigned)o.ss_flags, (unsigned)o.ss_size);
	s = (stack_t){.ss_sp = room, .ss_size = sizeof room};
	sigaltstack(&s, NULL);
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	note("sigaltstack", "in the handler", "on it %d flags %#x change: %s uc flags %#x size %u", last_sp - (uintptr_t)room < sizeof room,
	     (unsigned)seen.ss_flags, errno_name(last), uc_flags, uc_size);
	a.sa_flags = SA_SIGINFO;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	note("sigaltstack", "handler without SA_ONSTACK", "on it %d flags %#x change: %s", last_sp - (uintptr_t)room < sizeof room,
	     (unsigned)seen.ss_flags, errno_name(last));
	sigaltstack(NULL, &o);
	note("sigaltstack", "sigreturn brings the old one back", "%u", (unsigned)o.ss_size);
	s = (stack_t){.ss_sp = room, .ss_size = sizeof room, .ss_flags = (int)SS_AUTODISARM};
	T("sigaltstack", "autodisarm", syscall(SYS_sigaltstack, &s, NULL));
	a.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	note("sigaltstack", "autodisarm in the handler", "on it %d flags %#x change: %s uc flags %#x size %u", last_sp - (uintptr_t)room < sizeof room,
	     (unsigned)seen.ss_flags, errno_name(last), uc_flags, uc_size);
	sigaltstack(NULL, &o);
	note("sigaltstack", "armed again after the handler", "flags %#x size %u", (unsigned)o.ss_flags, (unsigned)o.ss_size);
	s = (stack_t){.ss_flags = SS_DISABLE};
	T("sigaltstack", "disable", syscall(SYS_sigaltstack, &s, &o));
	s = (stack_t){.ss_sp = room, .ss_size = sizeof room};
	sigaltstack(&s, NULL);
	pid_t pid = fork();
	if (pid == 0) {
		sigaltstack(NULL, &o);
		note("fork", "the alternate stack is inherited", "flags %#x size %u", (unsigned)o.ss_flags, (unsigned)o.ss_size);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static sigjmp_buf back;

static void jump(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static int deep(int n_left)
{
	volatile char room[4096];

	room[0] = 1;
	return n_left > 0 ? deep(n_left - 1) + room[0] : 0;
}

static void overflow(void)
{
	static char room[32768];
	stack_t s = {.ss_sp = room, .ss_size = sizeof room};

	sigaltstack(&s, NULL);
	set(SIGSEGV, jump, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		deep(1 << 20);
	_exit(7);
}

static void overflow_without(void)
{
	set(SIGSEGV, jump, 0);
	if (sigsetjmp(back, 1) == 0)
		deep(1 << 20);
	_exit(7);
}

static void tiny_alt(void)
{
	/* the frame does not fit the alternate stack: SIGSEGV, by its default action */
	static char room[4096];
	stack_t s = {.ss_sp = room + 1024, .ss_size = 2048};

	sigaltstack(&s, NULL);
	set(SIGUSR1, count, SA_ONSTACK);
	munmap((void *)((uintptr_t)room & ~4095ul), 4096);
	raise(SIGUSR1);
	_exit(8);
}

static void blocked_segv(void)
{
	sigset_t s;

	sigfillset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	set(SIGSEGV, count, 0);
	*(volatile int *)16 = 1;
	_exit(9);
}

static void ignored_segv(void)
{
	set(SIGSEGV, SIG_IGN, 0);
	*(volatile int *)16 = 1;
	_exit(9);
}

static void sent_segv_ignored(void)
{
	set(SIGSEGV, SIG_IGN, 0);
	raise(SIGSEGV);
	_exit(9);
}

static void bad_return(void)
{
	__asm__ volatile("movl $16, %%esp\n\tmovl $119, %%eax\n\tint $0x80" : : : "memory");
	_exit(9);
}

static void bad_rt_return(void)
{
	__asm__ volatile("movl $16, %%esp\n\tmovl $173, %%eax\n\tint $0x80" : : : "memory");
	_exit(9);
}

static void stacks(void)
{
	ends("sigaltstack", "stack overflow, handler on it", overflow);
	ends("rt_sigaction", "stack overflow, no alternate stack", overflow_without);
	ends("sigaltstack", "frame where no memory is", tiny_alt);
	ends("rt_sigaction", "SIGSEGV by a fault while blocked", blocked_segv);
	ends("rt_sigaction", "SIGSEGV by a fault while ignored", ignored_segv);
	ends("rt_sigaction", "SIGSEGV sent while ignored", sent_segv_ignored);
	ends("sigreturn", "stack pointer in no memory", bad_return);
	ends("rt_sigreturn", "stack pointer in no memory", bad_rt_return);
}

static void default_of(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(3);
}

/* The default action of every standard signal (the stops: see jobs). */
static void defaults(void)
{
	static const int stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};

	for (int sig = 1; sig <= 64; sig++) {
		char what[48];
		int skip = 0;
		for (unsigned i = 0; i < 4; i++)
			skip |= sig == stops[i];
		if (skip || sig == 32 || sig == 33 || (sig > 36 && sig < 63))
			continue;
		snprintf(what, sizeof what, "default action of signal %d", sig);
		ends_with("rt_sigaction", what, default_of, sig);
	}
}

const struct section sections[] = {{"errors", errors}, {"flags", with_flags}, {"handler_masks", handler_masks}, {"discards", discards}, {"masks", masks},
	{"suspends", suspends}, {"timedwait", timedwait}, {"altstack", altstack}, {"stacks", stacks}, {"defaults", defaults}, {NULL, NULL}};
