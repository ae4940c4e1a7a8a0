/* clocks - clock_*, gettimeofday, settimeofday, time, stime, times, adjtimex, nanosleep, clock_nanosleep. */
#include "abi.h"

#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>

#define NOBODY_PID 4000000
#define CPU_CLOCK(pid, kind) ((int)((~(unsigned)(pid)) << 3 | (unsigned)(kind)))

static const struct { int id; const char *name; } clocks[] = {
	{0, "REALTIME"}, {1, "MONOTONIC"}, {2, "PROCESS_CPUTIME"}, {3, "THREAD_CPUTIME"}, {4, "MONOTONIC_RAW"}, {5, "REALTIME_COARSE"},
	{6, "MONOTONIC_COARSE"}, {7, "BOOTTIME"}, {10, "10"}, {11, "TAI"}, {12, "12"}, {15, "15"}, {16, "16"}, {100, "100"}, {-1, "-1"},
};
#define N_CLOCKS (sizeof clocks / sizeof clocks[0])

static void reading(void)
{
	struct timespec ts;
	long long ts64[2];
	char what[64];

	for (unsigned i = 0; i < N_CLOCKS; i++) {
		T("clock_gettime", clocks[i].name, syscall(SYS_clock_gettime, clocks[i].id, &ts));
		T("clock_gettime64", clocks[i].name, syscall(403, clocks[i].id, ts64));
		TV("clock_getres", clocks[i].name, (ts.tv_nsec = 0, syscall(SYS_clock_getres, clocks[i].id, &ts)), "%ld", ts.tv_nsec);
		T("clock_getres_time64", clocks[i].name, syscall(406, clocks[i].id, ts64));
		snprintf(what, sizeof what, "%s, bad pointer", clocks[i].name);
		T("clock_settime", what, syscall(SYS_clock_settime, clocks[i].id, BAD));
		snprintf(what, sizeof what, "%s, bad nanoseconds", clocks[i].name);
		T("clock_settime", what, syscall(SYS_clock_settime, clocks[i].id, &(struct timespec){1000000000, 1000000000}));
		snprintf(what, sizeof what, "%s, no time at all", clocks[i].name);
		if (clocks[i].id != 2)
			T("clock_nanosleep", what, syscall(SYS_clock_nanosleep, clocks[i].id, 0, &(struct timespec){0, 0}, NULL));
		snprintf(what, sizeof what, "%s, a past time", clocks[i].name);
		if (clocks[i].id != 2)
			T("clock_nanosleep", what, syscall(SYS_clock_nanosleep, clocks[i].id, TIMER_ABSTIME, &(struct timespec){0, 1}, NULL));
	}
	T("clock_gettime", "bad pointer", syscall(SYS_clock_gettime, 0, BAD));
	T("clock_gettime", "bad clock and pointer", syscall(SYS_clock_gettime, 100, BAD));
	T("clock_gettime64", "bad pointer", syscall(403, 1, BAD));
	T("clock_getres", "bad pointer", syscall(SYS_clock_getres, 0, BAD));
	T("clock_getres", "no pointer", syscall(SYS_clock_getres, 0, NULL));
	T("clock_getres", "no pointer, bad clock", syscall(SYS_clock_getres, 100, NULL));
	T("clock_gettime", "its own process", syscall(SYS_clock_gettime, CPU_CLOCK(getpid(), 2), &ts));
	T("clock_gettime", "its own process as 0", syscall(SYS_clock_gettime, CPU_CLOCK(0, 2), &ts));
	T("clock_gettime", "its own thread", syscall(SYS_clock_gettime, CPU_CLOCK(getpid(), 6), &ts));
	T("clock_gettime", "a process that is not there", syscall(SYS_clock_gettime, CPU_CLOCK(NOBODY_PID, 2), &ts));
	T("clock_gettime", "a thread of another process", syscall(SYS_clock_gettime, CPU_CLOCK(1, 6), &ts));
	T("clock_gettime", "kind 3 of CPU clocks", syscall(SYS_clock_gettime, CPU_CLOCK(getpid(), 3), &ts));
	T("clock_getres", "its own process", syscall(SYS_clock_getres, CPU_CLOCK(getpid(), 2), &ts));
	T("clock_settime", "its own process", syscall(SYS_clock_settime, CPU_CLOCK(0, 2), &ts));
	struct timeval tv;
	struct timezone tz = {77, 77};
	T("gettimeofday", "time and zone", syscall(SYS_gettimeofday, &tv, &tz));
	note("gettimeofday", "the zone", "%d %d", tz.tz_minuteswest, tz.tz_dsttime);
	T("gettimeofday", "nothing", syscall(SYS_gettimeofday, NULL, NULL));
	T("gettimeofday", "bad time", syscall(SYS_gettimeofday, BAD, NULL));
	T("gettimeofday", "bad zone", syscall(SYS_gettimeofday, NULL, BAD));
	int t;
	OK("time", "success", syscall(SYS_time, &t));
	OK("time", "NULL", syscall(SYS_time, NULL));
	T("time", "bad pointer", syscall(SYS_time, BAD));
	struct tms tms;
	OK("times", "success", syscall(SYS_times, &tms) >= 0);
	OK("times", "NULL", syscall(SYS_times, NULL) != 0);
	T("times", "bad pointer", syscall(SYS_times, BAD));
}

static void setting(void)
{
	struct timespec now, then = {0, 5}, past = {-1, 0};
	struct timeval tv;

	clock_gettime(CLOCK_REALTIME, &now);
	T("clock_settime", "the time that it is", syscall(SYS_clock_settime, 0, &now));
	T("clock_settime", "before the start", syscall(SYS_clock_settime, 0, &then));
	T("clock_settime", "negative", syscall(SYS_clock_settime, 0, &past));
	T("clock_settime64", "the time that it is", syscall(404, 0, (long long[2]){now.tv_sec, now.tv_nsec}));
	T("clock_settime64", "bad nanoseconds", syscall(404, 0, (long long[2]){now.tv_sec, 1000000000}));
	T("clock_settime64", "bad pointer", syscall(404, 0, BAD));
	gettimeofday(&tv, NULL);
	T("settimeofday", "the time that it is", syscall(SYS_settimeofday, &tv, NULL));
	T("settimeofday", "nothing", syscall(SYS_settimeofday, NULL, NULL));
	T("settimeofday", "a million microseconds", syscall(SYS_settimeofday, &(struct timeval){tv.tv_sec, 1000001}, NULL));
	T("settimeofday", "negative microseconds", syscall(SYS_settimeofday, &(struct timeval){tv.tv_sec, -1}, NULL));
	T("settimeofday", "bad time", syscall(SYS_settimeofday, BAD, NULL));
	T("settimeofday", "bad zone", syscall(SYS_settimeofday, NULL, BAD));
	T("settimeofday", "a zone of 16 hours", syscall(SYS_settimeofday, NULL, &(struct timezone){16 * 60, 0}));
	T("settimeofday", "a zone of -16 hours", syscall(SYS_settimeofday, NULL, &(struct timezone){-16 * 60, 0}));
	long t = time(NULL);
	T("stime", "the time that it is", syscall(SYS_stime, &t));
	T("stime", "bad pointer", syscall(SYS_stime, BAD));
}

static void setting_user(void)
{
	struct timespec now;
	struct timex x = {.modes = 0};

	clock_gettime(CLOCK_REALTIME, &now);
	T("clock_settime", "user", syscall(SYS_clock_settime, 0, &now));
	T("clock_settime", "user, bad nanoseconds", syscall(SYS_clock_settime, 0, &(struct timespec){0, -1}));
	T("clock_settime", "user, bad clock", syscall(SYS_clock_settime, 100, &now));
	T("settimeofday", "user", syscall(SYS_settimeofday, &(struct timeval){now.tv_sec, 0}, NULL));
	T("settimeofday", "user, nothing", syscall(SYS_settimeofday, NULL, NULL));
	T("settimeofday", "user, a zone of 16 hours", syscall(SYS_settimeofday, NULL, &(struct timezone){16 * 60, 0}));
	T("stime", "user", syscall(SYS_stime, &(long){now.tv_sec}));
	T("adjtimex", "user, reading", syscall(SYS_adjtimex, &x));
	x.modes = ADJ_MAXERROR;
	T("adjtimex", "user, ADJ_MAXERROR", syscall(SYS_adjtimex, &x));
	x.modes = ADJ_TICK;
	x.tick = 1;
	T("adjtimex", "user, ADJ_TICK of 1", syscall(SYS_adjtimex, &x));
	x.modes = 0xa001;
	T("adjtimex", "user, reading adjtime's rest", syscall(SYS_adjtimex, &x));
	x.modes = 0x8001;
	T("adjtimex", "user, adjtime", syscall(SYS_adjtimex, &x));
}

static void adjusting(void)
{
	struct timex x = {.modes = 0};
	unsigned char wide[208] = {0};

	T("adjtimex", "reading", syscall(SYS_adjtimex, &x));
	note("adjtimex", "what it says", "offset %ld freq %ld status %#x precision %ld tolerance %ld tick %ld tai %d", x.offset, x.freq, x.status, x.precision, x.tolerance, x.tick, x.tai);
	T("adjtimex", "bad pointer", syscall(SYS_adjtimex, BAD));
	x.modes = ADJ_TICK;
	x.tick = 8999;
	T("adjtimex", "a tick of 8999", syscall(SYS_adjtimex, &x));
	x.tick = 11001;
	T("adjtimex", "a tick of 11001", syscall(SYS_adjtimex, &x));
	x.modes = 0x8000;
	T("adjtimex", "adjtime without an offset", syscall(SYS_adjtimex, &x));
	x.modes = ADJ_SETOFFSET;
	x.time.tv_sec = 0;
	x.time.tv_usec = 1000000;
	T("adjtimex", "a step of a million microseconds", syscall(SYS_adjtimex, &x));
	x.time.tv_usec = -1;
	T("adjtimex", "a step of -1 microseconds", syscall(SYS_adjtimex, &x));
	x.modes = ADJ_MAXERROR | ADJ_ESTERROR;
	x.maxerror = 1234567;
	x.esterror = 765432;
	T("adjtimex", "errors set", syscall(SYS_adjtimex, &x));
	x.modes = 0;
	T("clock_adjtime", "REALTIME, reading", syscall(SYS_clock_adjtime, 0, &x));
	note("clock_adjtime", "the estimated error is kept", "%ld", x.esterror);
	T("clock_adjtime", "MONOTONIC", syscall(SYS_clock_adjtime, 1, &x));
	T("clock_adjtime", "clock 100", syscall(SYS_clock_adjtime, 100, &x));
	T("clock_adjtime", "bad pointer", syscall(SYS_clock_adjtime, 0, BAD));
	T("clock_adjtime", "clock 100, bad pointer", syscall(SYS_clock_adjtime, 100, BAD));
	T("clock_adjtime64", "REALTIME, reading", syscall(405, 0, wide));
	note("clock_adjtime64", "tick", "%d", *(int *)(wide + 88));
	T("clock_adjtime64", "bad pointer", syscall(405, 0, BAD));
}

static void nothing(int sig) { (void)sig; }

static int waited(const struct timespec *from, long ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000 >= ms;
}

static void sleeping(void)
{
	struct timespec ms20 = {0, 20000000}, rest = {7, 7}, start, at;
	struct sigaction a = {.sa_handler = nothing, .sa_flags = SA_RESTART};

	clock_gettime(CLOCK_MONOTONIC, &start);
	T("nanosleep", "20 ms", syscall(SYS_nanosleep, &ms20, &rest));
	note("nanosleep", "it took as long, and the rest is untouched", "%d %ld", waited(&start, 20), (long)rest.tv_sec);
	T("nanosleep", "bad request", syscall(SYS_nanosleep, BAD, NULL));
	T("nanosleep", "a billion nanoseconds", syscall(SYS_nanosleep, &(struct timespec){0, 1000000000}, NULL));
	T("nanosleep", "negative nanoseconds", syscall(SYS_nanosleep, &(struct timespec){0, -1}, NULL));
	T("nanosleep", "negative seconds", syscall(SYS_nanosleep, &(struct timespec){-1, 0}, NULL));
	T("nanosleep", "nothing, bad rest", syscall(SYS_nanosleep, &(struct timespec){0, 0}, BAD));
	sigaction(SIGALRM, &a, NULL);
	ualarm(20000, 20000);
	T("nanosleep", "a handler, SA_RESTART", syscall(SYS_nanosleep, &(struct timespec){30, 0}, &rest));
	ualarm(0, 0);
	note("nanosleep", "what is left", "%d", rest.tv_sec == 29);
	ualarm(20000, 20000);
	T("nanosleep", "a handler, bad rest", syscall(SYS_nanosleep, &(struct timespec){30, 0}, BAD));
	ualarm(0, 0);
	ualarm(20000, 20000);
	T("clock_nanosleep", "relative, a handler", syscall(SYS_clock_nanosleep, 1, 0, &(struct timespec){30, 0}, &rest));
	ualarm(0, 0);
	note("clock_nanosleep", "what is left", "%d", rest.tv_sec == 29);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += 30;
	rest.tv_sec = 3;
	ualarm(20000, 20000);
	T("clock_nanosleep", "absolute, a handler", syscall(SYS_clock_nanosleep, 1, TIMER_ABSTIME, &at, &rest));
	ualarm(0, 0);
	note("clock_nanosleep", "absolute: the rest is untouched", "%ld", (long)rest.tv_sec);
	clock_gettime(CLOCK_REALTIME, &at);
	clock_gettime(CLOCK_MONOTONIC, &start);
	at.tv_nsec += 20000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	T("clock_nanosleep", "absolute on the wall clock", syscall(SYS_clock_nanosleep, 0, TIMER_ABSTIME, &at, NULL));
	T("clock_nanosleep", "bad flags are not looked at", syscall(SYS_clock_nanosleep, 1, 2, &(struct timespec){0, 1}, NULL));
	T("clock_nanosleep", "bad request", syscall(SYS_clock_nanosleep, 1, 0, BAD, NULL));
	T("clock_nanosleep", "bad request and clock", syscall(SYS_clock_nanosleep, 100, 0, BAD, NULL));
	T("clock_nanosleep", "a billion nanoseconds", syscall(SYS_clock_nanosleep, 1, 0, &(struct timespec){0, 1000000000}, NULL));
	T("clock_nanosleep", "its own thread's CPU clock", syscall(SYS_clock_nanosleep, CPU_CLOCK(0, 6), 0, &(struct timespec){0, 1}, NULL));
	ualarm(20000, 20000);
	T("clock_nanosleep", "the process's CPU clock, a handler", syscall(SYS_clock_nanosleep, 2, 0, &(struct timespec){5, 0}, NULL));
	ualarm(0, 0);
	T("clock_nanosleep", "the process's CPU clock, a past time", syscall(SYS_clock_nanosleep, 2, TIMER_ABSTIME, &(struct timespec){0, 0}, NULL));
	T("clock_nanosleep_time64", "1 ms", syscall(407, 1, 0, (long long[2]){0, 1000000}, NULL));
	T("clock_nanosleep_time64", "a billion nanoseconds", syscall(407, 1, 0, (long long[2]){0, 1000000000}, NULL));
	T("clock_nanosleep_time64", "bad request", syscall(407, 1, 0, BAD, NULL));
	T("clock_nanosleep_time64", "clock 100", syscall(407, 100, 0, (long long[2]){0, 0}, NULL));
	/* a stop and SIGCONT do not end the sleep */
	pid_t pid = fork();
	if (pid == 0) {
		clock_gettime(CLOCK_MONOTONIC, &start);
		int r = nanosleep(&(struct timespec){0, 200000000}, NULL);
		_exit(r == 0 && waited(&start, 200) ? 0 : 1);
	}
	for (int i = 0; i < 3; i++)
		moment();
	int s;
	kill(pid, SIGSTOP);
	waitpid(pid, &s, WUNTRACED);
	kill(pid, SIGCONT);
	waitpid(pid, &s, 0);
	note("nanosleep", "goes on after a stop", "%s", status_text(s));
}

static void users(void)
{
	as_user(1000, 1000, setting_user);
}

const struct section sections[] = {{"reading", reading}, {"setting", setting}, {"users", users}, {"adjusting", adjusting}, {"sleeping", sleeping}, {NULL, NULL}};
