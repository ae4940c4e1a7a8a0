/* sched_calls - nice values, scheduling policies, CPU sets, getcpu, sched_yield, ioprio. */
#include "abi.h"

#include <sched.h>
#include <sys/resource.h>

#define NOBODY_PID 4000000
struct attr { unsigned size, policy; unsigned long long flags; int nice; unsigned priority; unsigned long long a, b, c; unsigned d, e; } __attribute__((packed));

static void nice_calls(void)
{
	T("nice", "by 0", syscall(SYS_nice, 0));
	T("nice", "by 5", syscall(SYS_nice, 5));
	T("getpriority", "after nice 5", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	T("nice", "by 100", syscall(SYS_nice, 100));
	T("getpriority", "at the end", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	T("nice", "by -100 as root", syscall(SYS_nice, -100));
	T("getpriority", "at the other end", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	T("setpriority", "to 3", syscall(SYS_setpriority, PRIO_PROCESS, 0, 3));
	T("getpriority", "its own pid", syscall(SYS_getpriority, PRIO_PROCESS, getpid()));
	T("setpriority", "to 77", syscall(SYS_setpriority, PRIO_PROCESS, 0, 77));
	T("getpriority", "after 77", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	T("setpriority", "to -77", syscall(SYS_setpriority, PRIO_PROCESS, 0, -77));
	T("getpriority", "after -77", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	syscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
	T("getpriority", "own group", syscall(SYS_getpriority, PRIO_PGRP, 0));
	T("getpriority", "no such process", syscall(SYS_getpriority, PRIO_PROCESS, NOBODY_PID));
	T("getpriority", "no such group", syscall(SYS_getpriority, PRIO_PGRP, NOBODY_PID));
	T("getpriority", "a user without processes", syscall(SYS_getpriority, PRIO_USER, 54321));
	T("getpriority", "which 3", syscall(SYS_getpriority, 3, 0));
	T("getpriority", "which -1", syscall(SYS_getpriority, -1, 0));
	T("setpriority", "no such process", syscall(SYS_setpriority, PRIO_PROCESS, NOBODY_PID, 0));
	T("setpriority", "no such group", syscall(SYS_setpriority, PRIO_PGRP, NOBODY_PID, 0));
	T("setpriority", "a user without processes", syscall(SYS_setpriority, PRIO_USER, 54321, 0));
	T("setpriority", "which 3", syscall(SYS_setpriority, 3, 0, 0));
	pid_t pid = fork();
	if (pid == 0) {
		syscall(SYS_nice, 7);
		T("getpriority", "a child is its own", syscall(SYS_getpriority, PRIO_PROCESS, 0));
		T("setpriority", "the whole group to 4", syscall(SYS_setpriority, PRIO_PGRP, 0, 4));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	T("getpriority", "after a group's change", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	syscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
}

static void nice_user(void)
{
	struct rlimit r = {25, 25};

	T("nice", "user: by -1", syscall(SYS_nice, -1));
	T("nice", "user: by 1", syscall(SYS_nice, 1));
	T("nice", "user: by -1 after 1", syscall(SYS_nice, -1));
	T("setpriority", "user: lower again", syscall(SYS_setpriority, PRIO_PROCESS, 0, 0));
	T("setpriority", "user: the same", syscall(SYS_setpriority, PRIO_PROCESS, 0, 1));
	T("setpriority", "user: root's process", syscall(SYS_setpriority, PRIO_PROCESS, 1, 5));
	T("getpriority", "user: root's process", syscall(SYS_getpriority, PRIO_PROCESS, 1) > 0);
	T("sched_setscheduler", "user: SCHED_FIFO", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &(int){1}));
	T("sched_setscheduler", "user: SCHED_BATCH", syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &(int){0}));
	T("sched_setscheduler", "user: SCHED_IDLE", syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &(int){0}));
	T("sched_setscheduler", "user: back from SCHED_IDLE", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &(int){0}));
	T("sched_setscheduler", "user: root's process", syscall(SYS_sched_setscheduler, 1, SCHED_BATCH, &(int){0}));
	T("sched_setparam", "user: root's process", syscall(SYS_sched_setparam, 1, &(int){0}));
	T("sched_getscheduler", "user: root's process", syscall(SYS_sched_getscheduler, 1));
	T("sched_setaffinity", "user: root's process", syscall(SYS_sched_setaffinity, 1, 4, &(unsigned){1}));
	T("setrlimit", "user: RLIMIT_NICE up", syscall(SYS_setrlimit, RLIMIT_NICE, &r));
}

static void nice_limited(void)
{
	T("nice", "user: RLIMIT_NICE 25, to -5", syscall(SYS_nice, -5));
	T("nice", "user: RLIMIT_NICE 25, to -6", syscall(SYS_nice, -1));
	T("setpriority", "user: RLIMIT_NICE 25, to -6", syscall(SYS_setpriority, PRIO_PROCESS, 0, -6));
	T("sched_setscheduler", "user: RLIMIT_RTPRIO 5, FIFO 5", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &(int){5}));
	T("sched_setscheduler", "user: RLIMIT_RTPRIO 5, FIFO 6", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &(int){6}));
	T("sched_setscheduler", "user: RLIMIT_RTPRIO 5, back", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &(int){0}));
}

static void users(void)
{
	struct rlimit n = {25, 25}, p = {5, 5};

	as_user(1000, 1000, nice_user);
	setrlimit(RLIMIT_NICE, &n);
	setrlimit(RLIMIT_RTPRIO, &p);
	as_user(1000, 1000, nice_limited);
}

static void policies(void)
{
	static const int all[] = {0, 1, 2, 3, 4, 5, 6, 7, -1};
	char what[64];
	int param, zero = 0, ten = 10;

	for (unsigned i = 0; i < 9; i++) {
		snprintf(what, sizeof what, "policy %d", all[i]);
		T("sched_get_priority_max", what, syscall(SYS_sched_get_priority_max, all[i]));
		T("sched_get_priority_min", what, syscall(SYS_sched_get_priority_min, all[i]));
		if (all[i] == 6)
			continue;
		snprintf(what, sizeof what, "policy %d, priority 0", all[i]);
		T("sched_setscheduler", what, syscall(SYS_sched_setscheduler, 0, all[i], &zero));
		snprintf(what, sizeof what, "policy %d, priority 10", all[i]);
		T("sched_setscheduler", what, syscall(SYS_sched_setscheduler, 0, all[i], &ten));
		snprintf(what, sizeof what, "after policy %d", all[i]);
		T("sched_getscheduler", what, syscall(SYS_sched_getscheduler, 0));
		TV("sched_getparam", what, syscall(SYS_sched_getparam, 0, &param), "%d", param);
		syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &zero);
	}
	T("sched_setscheduler", "priority 100", syscall(SYS_sched_setscheduler, 0, SCHED_RR, &(int){100}));
	T("sched_setscheduler", "priority -1", syscall(SYS_sched_setscheduler, 0, SCHED_RR, &(int){-1}));
	T("sched_setscheduler", "no such process", syscall(SYS_sched_setscheduler, NOBODY_PID, SCHED_OTHER, &zero));
	T("sched_setscheduler", "no such process, bad policy", syscall(SYS_sched_setscheduler, NOBODY_PID, 77, &zero));
	T("sched_setscheduler", "pid -1", syscall(SYS_sched_setscheduler, -1, SCHED_OTHER, &zero));
	T("sched_setscheduler", "NULL", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL));
	T("sched_setscheduler", "bad pointer", syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, BAD));
	T("sched_setscheduler", "bad pointer, no such process", syscall(SYS_sched_setscheduler, NOBODY_PID, SCHED_OTHER, BAD));
	T("sched_getscheduler", "pid -1", syscall(SYS_sched_getscheduler, -1));
	T("sched_getscheduler", "no such process", syscall(SYS_sched_getscheduler, NOBODY_PID));
	T("sched_getscheduler", "own pid", syscall(SYS_sched_getscheduler, getpid()));
	T("sched_getparam", "NULL", syscall(SYS_sched_getparam, 0, NULL));
	T("sched_getparam", "bad pointer", syscall(SYS_sched_getparam, 0, BAD));
	T("sched_getparam", "pid -1", syscall(SYS_sched_getparam, -1, &param));
	T("sched_getparam", "no such process", syscall(SYS_sched_getparam, NOBODY_PID, &param));
	T("sched_setparam", "0 for SCHED_OTHER", syscall(SYS_sched_setparam, 0, &zero));
	T("sched_setparam", "10 for SCHED_OTHER", syscall(SYS_sched_setparam, 0, &ten));
	T("sched_setparam", "NULL", syscall(SYS_sched_setparam, 0, NULL));
	T("sched_setparam", "bad pointer", syscall(SYS_sched_setparam, 0, BAD));
	T("sched_setparam", "pid -1", syscall(SYS_sched_setparam, -1, &zero));
	T("sched_setparam", "no such process", syscall(SYS_sched_setparam, NOBODY_PID, &zero));
	T("sched_setscheduler", "SCHED_RR with reset on fork", syscall(SYS_sched_setscheduler, 0, SCHED_RR | 0x40000000, &ten));
	T("sched_getscheduler", "with reset on fork", syscall(SYS_sched_getscheduler, 0));
	T("sched_setparam", "20 for SCHED_RR", syscall(SYS_sched_setparam, 0, &(int){20}));
	T("sched_setparam", "0 for SCHED_RR", syscall(SYS_sched_setparam, 0, &zero));
	pid_t pid = fork();
	if (pid == 0) {
		T("sched_getscheduler", "a child after reset on fork", syscall(SYS_sched_getscheduler, 0));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	struct timespec ts;
	T("sched_rr_get_interval", "SCHED_RR", syscall(SYS_sched_rr_get_interval, 0, &ts));
	note("sched_rr_get_interval", "of SCHED_RR", "%ld %ld", (long)ts.tv_sec, ts.tv_nsec);
	syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &ten);
	syscall(SYS_sched_rr_get_interval, 0, &ts);
	note("sched_rr_get_interval", "of SCHED_FIFO", "%ld %ld", (long)ts.tv_sec, ts.tv_nsec);
	syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &zero);
	T("sched_rr_get_interval", "SCHED_OTHER", syscall(SYS_sched_rr_get_interval, 0, &ts));
	T("sched_rr_get_interval", "bad pointer", syscall(SYS_sched_rr_get_interval, 0, BAD));
	T("sched_rr_get_interval", "pid -1", syscall(SYS_sched_rr_get_interval, -1, &ts));
	T("sched_rr_get_interval", "no such process", syscall(SYS_sched_rr_get_interval, NOBODY_PID, &ts));
	long long ts64[2];
	T("sched_rr_get_interval_time64", "success", syscall(423, 0, ts64));
	T("sched_rr_get_interval_time64", "bad pointer", syscall(423, 0, BAD));
	T("sched_rr_get_interval_time64", "no such process", syscall(423, NOBODY_PID, ts64));
	T("sched_yield", "success", syscall(SYS_sched_yield));
}

static void attributes(void)
{
	struct attr a, b;
	char big[5000];

	memset(&a, 0, sizeof a);
	T("sched_getattr", "success", syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
	note("sched_getattr", "of a plain process", "size %u policy %u flags %llu nice %d priority %u", a.size, a.policy, a.flags, a.nice, a.priority);
	T("sched_getattr", "size 48", syscall(SYS_sched_getattr, 0, &b, 48, 0));
	note("sched_getattr", "size told for 48", "%u", b.size);
	T("sched_getattr", "size 47", syscall(SYS_sched_getattr, 0, &b, 47, 0));
	T("sched_getattr", "size 4096", syscall(SYS_sched_getattr, 0, big, 4096, 0));
	note("sched_getattr", "size told for 4096", "%u", ((struct attr *)big)->size);
	T("sched_getattr", "size 4097", syscall(SYS_sched_getattr, 0, big, 4097, 0));
	T("sched_getattr", "flags 1", syscall(SYS_sched_getattr, 0, &a, sizeof a, 1));
	T("sched_getattr", "NULL", syscall(SYS_sched_getattr, 0, NULL, sizeof a, 0));
	T("sched_getattr", "bad pointer", syscall(SYS_sched_getattr, 0, BAD, sizeof a, 0));
	T("sched_getattr", "pid -1", syscall(SYS_sched_getattr, -1, &a, sizeof a, 0));
	T("sched_getattr", "no such process", syscall(SYS_sched_getattr, NOBODY_PID, &a, sizeof a, 0));
	a = (struct attr){.size = sizeof a, .policy = SCHED_OTHER, .nice = 6};
	T("sched_setattr", "nice 6", syscall(SYS_sched_setattr, 0, &a, 0));
	T("getpriority", "after sched_setattr nice 6", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	a.nice = 100;
	T("sched_setattr", "nice 100", syscall(SYS_sched_setattr, 0, &a, 0));
	T("getpriority", "after sched_setattr nice 100", syscall(SYS_getpriority, PRIO_PROCESS, 0));
	a.nice = 0;
	a.policy = 77;
	T("sched_setattr", "policy 77", syscall(SYS_sched_setattr, 0, &a, 0));
	a.policy = (unsigned)-1;
	T("sched_setattr", "policy -1", syscall(SYS_sched_setattr, 0, &a, 0));
	a.policy = SCHED_RR;
	T("sched_setattr", "SCHED_RR without priority", syscall(SYS_sched_setattr, 0, &a, 0));
	a.priority = 9;
	a.flags = 1;
	T("sched_setattr", "SCHED_RR 9 with reset on fork", syscall(SYS_sched_setattr, 0, &a, 0));
	syscall(SYS_sched_getattr, 0, &b, sizeof b, 0);
	note("sched_getattr", "of SCHED_RR 9", "policy %u flags %llu nice %d priority %u", b.policy, b.flags, b.nice, b.priority);
	a.flags = 1ull << 40;
	T("sched_setattr", "unknown flag", syscall(SYS_sched_setattr, 0, &a, 0));
	a.flags = 0;
	a.size = 0;
	T("sched_setattr", "size 0", syscall(SYS_sched_setattr, 0, &a, 0));
	a.size = 47;
	T("sched_setattr", "size 47", syscall(SYS_sched_setattr, 0, &a, 0));
	note("sched_setattr", "size told after 47", "%u", a.size);
	memset(big, 0, sizeof big);
	a.size = 100;
	memcpy(big, &a, sizeof a);
	T("sched_setattr", "size 100, the rest zero", syscall(SYS_sched_setattr, 0, big, 0));
	big[80] = 1;
	T("sched_setattr", "size 100, something in the rest", syscall(SYS_sched_setattr, 0, big, 0));
	a.size = sizeof a;
	T("sched_setattr", "flags argument", syscall(SYS_sched_setattr, 0, &a, 1));
	T("sched_setattr", "NULL", syscall(SYS_sched_setattr, 0, NULL, 0));
	T("sched_setattr", "bad pointer", syscall(SYS_sched_setattr, 0, BAD, 0));
	T("sched_setattr", "pid -1", syscall(SYS_sched_setattr, -1, &a, 0));
	T("sched_setattr", "no such process", syscall(SYS_sched_setattr, NOBODY_PID, &a, 0));
	syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &(int){0});
}

static void sets(void)
{
	unsigned mask[64] = {1}, none[64] = {0};

	T("sched_getaffinity", "4 bytes", syscall(SYS_sched_getaffinity, 0, 4, mask));
	note("sched_getaffinity", "one CPU", "%#x", mask[0]);
	T("sched_getaffinity", "128 bytes", syscall(SYS_sched_getaffinity, 0, 128, mask));
	T("sched_getaffinity", "0 bytes", syscall(SYS_sched_getaffinity, 0, 0, mask));
	T("sched_getaffinity", "3 bytes", syscall(SYS_sched_getaffinity, 0, 3, mask));
	T("sched_getaffinity", "6 bytes", syscall(SYS_sched_getaffinity, 0, 6, mask));
	T("sched_getaffinity", "bad pointer", syscall(SYS_sched_getaffinity, 0, 4, BAD));
	T("sched_getaffinity", "no such process", syscall(SYS_sched_getaffinity, NOBODY_PID, 4, mask));
	T("sched_getaffinity", "pid -1", syscall(SYS_sched_getaffinity, -1, 4, mask));
	T("sched_setaffinity", "CPU 0", syscall(SYS_sched_setaffinity, 0, 4, mask));
	T("sched_setaffinity", "no CPU", syscall(SYS_sched_setaffinity, 0, 4, none));
	none[0] = 2;
	T("sched_setaffinity", "CPU 1", syscall(SYS_sched_setaffinity, 0, 4, none));
	none[0] = 3;
	T("sched_setaffinity", "CPUs 0 and 1", syscall(SYS_sched_setaffinity, 0, 4, none));
	T("sched_setaffinity", "1 byte", syscall(SYS_sched_setaffinity, 0, 1, mask));
	T("sched_setaffinity", "0 bytes", syscall(SYS_sched_setaffinity, 0, 0, mask));
	T("sched_setaffinity", "128 bytes", syscall(SYS_sched_setaffinity, 0, 128, mask));
	T("sched_setaffinity", "bad pointer", syscall(SYS_sched_setaffinity, 0, 4, BAD));
	T("sched_setaffinity", "bad pointer, no such process", syscall(SYS_sched_setaffinity, NOBODY_PID, 4, BAD));
	T("sched_setaffinity", "no such process", syscall(SYS_sched_setaffinity, NOBODY_PID, 4, mask));
	unsigned cpu = 9, node = 9;
	T("getcpu", "both", syscall(SYS_getcpu, &cpu, &node, NULL));
	note("getcpu", "the only one", "%u %u", cpu, node);
	T("getcpu", "none asked", syscall(SYS_getcpu, NULL, NULL, NULL));
	T("getcpu", "bad cpu pointer", syscall(SYS_getcpu, BAD, NULL, NULL));
	T("getcpu", "bad node pointer", syscall(SYS_getcpu, NULL, BAD, NULL));
	T("ioprio_get", "itself", syscall(SYS_ioprio_get, 1, 0));
	T("ioprio_set", "best effort 4", syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 4));
	T("ioprio_get", "after best effort 4", syscall(SYS_ioprio_get, 1, 0));
	T("ioprio_set", "idle", syscall(SYS_ioprio_set, 1, 0, 3 << 13));
	T("ioprio_get", "after idle", syscall(SYS_ioprio_get, 1, 0));
	T("ioprio_set", "class 4", syscall(SYS_ioprio_set, 1, 0, 4 << 13));
	T("ioprio_set", "best effort 8", syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 8));
	T("ioprio_set", "no class with data", syscall(SYS_ioprio_set, 1, 0, 3));
	T("ioprio_set", "which 0", syscall(SYS_ioprio_set, 0, 0, 2 << 13));
	T("ioprio_get", "which 0", syscall(SYS_ioprio_get, 0, 0));
	T("ioprio_get", "which 4", syscall(SYS_ioprio_get, 4, 0));
	T("ioprio_get", "no such process", syscall(SYS_ioprio_get, 1, NOBODY_PID));
	T("ioprio_set", "no such process", syscall(SYS_ioprio_set, 1, NOBODY_PID, 2 << 13));
}

const struct section sections[] = {{"nice_calls", nice_calls}, {"users", users}, {"policies", policies}, {"attributes", attributes}, {"sets", sets}, {NULL, NULL}};
