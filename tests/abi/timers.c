/* timers - alarm, setitimer, getitimer, timer_create and its kin. */
#include "abi.h"

#include <sys/time.h>
#include <time.h>

static volatile int n, code, value, overrun, tid_set;

static void count(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	n++;
	code = info->si_code;
	value = info->si_value.sival_int;
	overrun = info->si_overrun;
	tid_set = info->si_timerid;
}

static void catch(int sig)
{
	struct sigaction a = {.sa_sigaction = count, .sa_flags = SA_SIGINFO};

	sigaction(sig, &a, NULL);
}

static int soon(void)
{
	for (int i = 0; i < 1000 && !n; i++)
		moment();
	int r = n;
	n = 0;
	return r > 0;
}

static void alarms(void)
{
	catch(SIGALRM);
	T("alarm", "none was set", syscall(SYS_alarm, 100));
	OK("alarm", "100 was set", syscall(SYS_alarm, 1000) >= 90);
	T("alarm", "off", syscall(SYS_alarm, 0));
	T("alarm", "none again", syscall(SYS_alarm, 0));
	T("alarm", "4294967295", syscall(SYS_alarm, -1));
	OK("alarm", "what was left of that", syscall(SYS_alarm, 0) > 1000000);
	struct itimerval v = {{0, 0}, {50, 0}}, o;
	T("setitimer", "REAL", syscall(SYS_setitimer, 0, &v, NULL));
	OK("alarm", "what is left of ITIMER_REAL", syscall(SYS_alarm, 0) >= 49);
	v = (struct itimerval){{3, 4}, {50, 0}};
	syscall(SYS_setitimer, 0, &v, NULL);
	T("getitimer", "REAL", syscall(SYS_getitimer, 0, &o));
	note("getitimer", "REAL: interval", "%ld %ld", (long)o.it_interval.tv_sec, (long)o.it_interval.tv_usec);
	v = (struct itimerval){{3, 4}, {0, 0}};
	T("setitimer", "an interval but no value", syscall(SYS_setitimer, 0, &v, &o));
	syscall(SYS_getitimer, 0, &o);
	note("setitimer", "an interval without a value is not kept", "%ld %ld", (long)o.it_interval.tv_sec, (long)o.it_value.tv_sec);
	T("setitimer", "NULL", syscall(SYS_setitimer, 0, NULL, &o));
	T("setitimer", "which 3", syscall(SYS_setitimer, 3, &v, NULL));
	T("setitimer", "which -1", syscall(SYS_setitimer, -1, &v, NULL));
	T("setitimer", "which 3, bad pointer", syscall(SYS_setitimer, 3, BAD, NULL));
	T("setitimer", "bad pointer", syscall(SYS_setitimer, 0, BAD, NULL));
	T("setitimer", "bad old pointer", syscall(SYS_setitimer, 0, &v, BAD));
	v.it_value.tv_usec = 1000000;
	T("setitimer", "a million microseconds", syscall(SYS_setitimer, 0, &v, NULL));
	v.it_value.tv_usec = -1;
	T("setitimer", "negative microseconds", syscall(SYS_setitimer, 0, &v, NULL));
	v = (struct itimerval){{0, 1000000}, {1, 0}};
	T("setitimer", "a million microseconds of interval", syscall(SYS_setitimer, 0, &v, NULL));
	v = (struct itimerval){{0, 0}, {-1, 0}};
	T("setitimer", "negative seconds", syscall(SYS_setitimer, 0, &v, NULL));
	T("getitimer", "which 3", syscall(SYS_getitimer, 3, &o));
	T("getitimer", "which 3, bad pointer", syscall(SYS_getitimer, 3, BAD));
	T("getitimer", "bad pointer", syscall(SYS_getitimer, 0, BAD));
	T("getitimer", "VIRTUAL", syscall(SYS_getitimer, 1, &o));
	T("getitimer", "PROF", syscall(SYS_getitimer, 2, &o));
	v = (struct itimerval){{0, 5000}, {0, 5000}};
	syscall(SYS_setitimer, 0, &v, NULL);
	int first = soon(), second = soon();
	note("setitimer", "REAL comes again and again", "%d %d", first, second);
	pid_t pid = fork();
	if (pid == 0) {
		syscall(SYS_getitimer, 0, &o);
		note("fork", "timers are not inherited", "%d %d", (int)o.it_value.tv_sec, (int)o.it_value.tv_usec);
		_exit(0);
	}
	v = (struct itimerval){{0, 0}, {0, 0}};
	syscall(SYS_setitimer, 0, &v, NULL);
	waitpid(pid, NULL, 0);
	v = (struct itimerval){{0, 0}, {0, 20000}};
	catch(SIGVTALRM);
	n = 0;
	syscall(SYS_setitimer, 1, &v, NULL);
	while (!n)
		;
	syscall(SYS_getitimer, 1, &o);
	note("getitimer", "VIRTUAL after its end", "%ld %ld", (long)o.it_value.tv_sec, (long)o.it_value.tv_usec);
}

static const struct { int id; const char *name; } clock_list[] = {
	{0, "REALTIME"}, {1, "MONOTONIC"}, {2, "PROCESS_CPUTIME"}, {3, "THREAD_CPUTIME"}, {4, "MONOTONIC_RAW"}, {5, "REALTIME_COARSE"},
	{6, "MONOTONIC_COARSE"}, {7, "BOOTTIME"}, {10, "10"}, {11, "TAI"}, {12, "12"}, {16, "16"}, {100, "100"}, {-1, "-1"},
};

static void creating(void)
{
	int id = 99;
	struct sigevent e;

	for (unsigned i = 0; i < sizeof clock_list / sizeof clock_list[0]; i++)
		T("timer_create", clock_list[i].name, syscall(SYS_timer_create, clock_list[i].id, NULL, &id));
	memset(&e, 0, sizeof e);
	e.sigev_notify = SIGEV_SIGNAL;
	e.sigev_signo = 0;
	T("timer_create", "signal 0", syscall(SYS_timer_create, 1, &e, &id));
	e.sigev_signo = 65;
	T("timer_create", "signal 65", syscall(SYS_timer_create, 1, &e, &id));
	e.sigev_signo = SIGKILL;
	T("timer_create", "SIGKILL", syscall(SYS_timer_create, 1, &e, &id));
	e.sigev_signo = SIGUSR1;
	e.sigev_notify = 5;
	T("timer_create", "notify 5", syscall(SYS_timer_create, 1, &e, &id));
	e.sigev_notify = SIGEV_THREAD;
	T("timer_create", "SIGEV_THREAD", syscall(SYS_timer_create, 1, &e, &id));
	e.sigev_notify = SIGEV_NONE;
	e.sigev_signo = 99;
	T("timer_create", "SIGEV_NONE with signal 99", syscall(SYS_timer_create, 1, &e, &id));
	e.sigev_signo = SIGUSR1;
	e.sigev_notify = SIGEV_THREAD_ID;
	((int *)&e)[3] = getpid();
	T("timer_create", "SIGEV_THREAD_ID to itself", syscall(SYS_timer_create, 1, &e, &id));
	((int *)&e)[3] = 1;
	T("timer_create", "SIGEV_THREAD_ID to another process", syscall(SYS_timer_create, 1, &e, &id));
	((int *)&e)[3] = 4000000;
	T("timer_create", "SIGEV_THREAD_ID to nobody", syscall(SYS_timer_create, 1, &e, &id));
	T("timer_create", "bad event", syscall(SYS_timer_create, 1, BAD, &id));
	T("timer_create", "bad event and clock", syscall(SYS_timer_create, 100, BAD, &id));
	T("timer_create", "bad id pointer", syscall(SYS_timer_create, 1, NULL, BAD));
	T("timer_create", "NULL id pointer", syscall(SYS_timer_create, 1, NULL, NULL));
	struct itimerspec s = {{0, 0}, {100, 0}}, o;
	long long s64[4] = {0, 0, 100, 0}, o64[4];
	T("timer_settime", "no such timer", syscall(SYS_timer_settime, 12345, 0, &s, NULL));
	T("timer_settime", "timer -1", syscall(SYS_timer_settime, -1, 0, &s, NULL));
	T("timer_gettime", "no such timer", syscall(SYS_timer_gettime, 12345, &o));
	T("timer_getoverrun", "no such timer", syscall(SYS_timer_getoverrun, 12345));
	T("timer_delete", "no such timer", syscall(SYS_timer_delete, 12345));
	syscall(SYS_timer_create, 1, NULL, &id);
	T("timer_gettime", "not armed", syscall(SYS_timer_gettime, id, &o));
	note("timer_gettime", "not armed: times", "%ld %ld %ld %ld", (long)o.it_interval.tv_sec, o.it_interval.tv_nsec, (long)o.it_value.tv_sec, o.it_value.tv_nsec);
	T("timer_settime", "NULL", syscall(SYS_timer_settime, id, 0, NULL, &o));
	T("timer_settime", "bad pointer", syscall(SYS_timer_settime, id, 0, BAD, NULL));
	T("timer_settime", "bad old pointer", syscall(SYS_timer_settime, id, 0, &s, BAD));
	T("timer_settime", "100 s", syscall(SYS_timer_settime, id, 0, &s, &o));
	T("timer_gettime", "100 s", syscall(SYS_timer_gettime, id, &o));
	note("timer_gettime", "what is left of 100 s", "%d", o.it_value.tv_sec == 99);
	s.it_value.tv_nsec = 1000000000;
	T("timer_settime", "a billion nanoseconds", syscall(SYS_timer_settime, id, 0, &s, NULL));
	s.it_value.tv_nsec = -1;
	T("timer_settime", "negative nanoseconds", syscall(SYS_timer_settime, id, 0, &s, NULL));
	s = (struct itimerspec){{0, 1000000000}, {100, 0}};
	T("timer_settime", "a billion nanoseconds of interval", syscall(SYS_timer_settime, id, 0, &s, NULL));
	s = (struct itimerspec){{5, 0}, {0, 0}};
	T("timer_settime", "an interval only", syscall(SYS_timer_settime, id, 0, &s, NULL));
	syscall(SYS_timer_gettime, id, &o);
	note("timer_gettime", "an interval only", "%ld %ld", (long)o.it_interval.tv_sec, (long)o.it_value.tv_sec);
	T("timer_gettime", "bad pointer", syscall(SYS_timer_gettime, id, BAD));
	T("timer_settime64", "100 s", syscall(409, id, 0, s64, o64));
	T("timer_settime64", "bad pointer", syscall(409, id, 0, BAD, NULL));
	T("timer_settime64", "no such timer", syscall(409, 12345, 0, s64, NULL));
	s64[3] = 1000000000;
	T("timer_settime64", "a billion nanoseconds", syscall(409, id, 0, s64, NULL));
	T("timer_gettime64", "100 s", syscall(408, id, o64));
	T("timer_gettime64", "bad pointer", syscall(408, id, BAD));
	T("timer_gettime64", "no such timer", syscall(408, 12345, o64));
	T("timer_getoverrun", "none yet", syscall(SYS_timer_getoverrun, id));
	T("timer_delete", "success", syscall(SYS_timer_delete, id));
	T("timer_delete", "again", syscall(SYS_timer_delete, id));
	pid_t pid = fork();
	if (pid == 0) {
		T("timer_gettime", "a child has none of them", syscall(SYS_timer_gettime, 0, &o));
		T("timer_create", "a child's first", (syscall(SYS_timer_create, 1, NULL, &id), id));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void spin(long ms)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while ((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < ms);
}

static void firing(void)
{
	int id;
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
	struct itimerspec s = {{0, 0}, {0, 10000000}}, o;
	struct timespec now;
	sigset_t set;

	catch(SIGUSR1);
	catch(SIGALRM);
	catch(SIGRTMIN + 1);
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id);
	syscall(SYS_timer_settime, id, 0, &s, NULL);
	T("timer_settime", "a single shot comes", soon());
	note("timer_settime", "its info", "code %d value %d overrun %d id %d", code, value, overrun, tid_set == id);
	syscall(SYS_timer_gettime, id, &o);
	note("timer_gettime", "after a single shot", "%ld %ld", (long)o.it_value.tv_sec, o.it_value.tv_nsec);
	clock_gettime(CLOCK_MONOTONIC, &now);
	s.it_value = now;
	T("timer_settime", "absolute, a time that is past", syscall(SYS_timer_settime, id, TIMER_ABSTIME, &s, NULL));
	T("timer_settime", "it comes at once", soon());
	syscall(SYS_timer_delete, id);
	syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &id);
	s.it_value = (struct timespec){0, 1000000};
	syscall(SYS_timer_settime, id, 0, &s, NULL);
	T("timer_create", "without an event: SIGALRM", soon());
	note("timer_create", "without an event: value is the id", "code %d %d", code, value == id);
	syscall(SYS_timer_delete, id);
	/* blocked: one signal, what else came is counted */
	e.sigev_signo = SIGRTMIN + 1;
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s = (struct itimerspec){{0, 10000000}, {0, 10000000}};
	syscall(SYS_timer_settime, id, 0, &s, NULL);
	spin(105);
	n = 0;
	syscall(SYS_timer_gettime, id, &o);
	note("timer_gettime", "an interval that waits for its signal", "%d", o.it_value.tv_nsec > 0 && o.it_value.tv_nsec <= 10000000);
	siginfo_t info;
	struct timespec zero = {0, 0};
	int r = sigtimedwait(&set, &info, &zero);
	int over = (int)syscall(SYS_timer_getoverrun, id);
	note("timer_getoverrun", "a blocked timer of 10 ms after 105", "signal %d enough %d told %d", r == SIGRTMIN + 1, over >= 9 && over < 1000, info.si_overrun == over);
	s = (struct itimerspec){{0, 0}, {0, 0}};
	syscall(SYS_timer_settime, id, 0, &s, NULL);
	for (r = 0; sigtimedwait(&set, &info, &zero) > 0; r++)
		;
	note("timer_settime", "only one signal was queued at a time", "%d", r <= 1);
	T("timer_getoverrun", "after it was set anew", syscall(SYS_timer_getoverrun, id));
	syscall(SYS_timer_delete, id);
	while (sigtimedwait(&set, &info, &zero) > 0)
		;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* CPU clocks */
	e.sigev_signo = SIGUSR1;
	n = 0;
	syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &e, &id);
	s = (struct itimerspec){{0, 0}, {0, 20000000}};
	T("timer_settime", "20 ms of CPU time", syscall(SYS_timer_settime, id, 0, &s, NULL));
	for (int i = 0; i < 5; i++)
		moment();
	note("timer_settime", "sleeping does not use it up", "%d", n);
	while (!n)
		;
	note("timer_settime", "computing does", "%d code %d", n, code);
	syscall(SYS_timer_delete, id);
	/* nobody is told */
	e.sigev_notify = SIGEV_NONE;
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id);
	s = (struct itimerspec){{0, 0}, {0, 1000000}};
	syscall(SYS_timer_settime, id, 0, &s, NULL);
	spin(5);
	syscall(SYS_timer_gettime, id, &o);
	note("timer_gettime", "SIGEV_NONE, expired", "%ld %ld", (long)o.it_value.tv_sec, o.it_value.tv_nsec);
	/* ignored: it goes on all the same */
	e.sigev_notify = SIGEV_SIGNAL;
	signal(SIGUSR1, SIG_IGN);
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &id);
	s = (struct itimerspec){{0, 5000000}, {0, 5000000}};
	syscall(SYS_timer_settime, id, 0, &s, NULL);
	spin(30);
	n = 0;
	catch(SIGUSR1);
	T("timer_settime", "comes again once it is not ignored", soon());
	syscall(SYS_timer_delete, id);
}

const struct section sections[] = {{"alarms", alarms}, {"creating", creating}, {"firing", firing}, {NULL, NULL}};
