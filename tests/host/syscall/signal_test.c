/* signal_test.c - the home side of signals: queues, permissions, who is interrupted, TAKE, stop and continue.
 * Run by: make test-host-syscall.
 * Never: delivers; there is no body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/itimer.h"
#include "kernel/proc/rows.h"
#include "kernel/proc/sigmask.h"
#include "kernel/syscall/ucall.h"

static uint32_t pokes, reports;
static int last_report, (*on_sleep)(void);
static int pieces;
static uint64_t now_ns;
uint64_t clock_now_ns(void) { return now_ns; }
struct list_node all_groups = LIST_INIT(all_groups);
static void poke(struct task *t) { (void)t; pokes++; }
struct hallway hallway = {.poke = poke};
void *kmalloc(uint32_t n) { pieces++; return __builtin_malloc(n); }
void kfree(void *p) { pieces--; __builtin_free(p); }
void thread_cut(struct thread *t, uint32_t cut) { t->cuts |= cut; }
void waitq_wake_all(struct waitq *q) { (void)q; }
int waitq_sleep(struct waitq *q, uint32_t heeds, uint64_t d) { (void)q; (void)heeds; (void)d; return on_sleep(); }
void ptimer_taken(struct group *g, struct ksiginfo *info) { (void)g; (void)info; }
bool pgrp_orphaned(uint32_t pgrp) { return pgrp == 666; }
void home_report_stop(struct group *g, int code, int sig) { (void)g; (void)sig; reports++; last_report = code; }

static struct group g;
static struct task t;

static int setup(void **state)
{
	(void)state;
	memset(&g, 0, sizeof g);
	memset(&t, 0, sizeof t);
	pokes = reports = 0;
	list_init(&g.tasks);
	list_init(&all_groups);
	list_push_back(&all_groups, &g.in_all);
	list_push_back(&g.tasks, &t.home.in_group);
	g.pid = g.pgrp = 10;
	g.rlimits[RLIMIT_SIGPENDING].cur = 3;
	t.home.group = &g;
	t.has_home = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sigqueue_clear(&g.pending);
	sigqueue_clear(&t.home.pending);
	assert_int_equal(pieces, 0);
	return 0;
}

static int post(int sig, int code, uint32_t value)
{
	struct ksiginfo i = {.signo = sig, .code = code, .value = value};
	return signal_post_group(&g, &i);
}

static void standard_signals_coalesce_and_keep_the_first(void **state)
{
	(void)state;
	struct ksiginfo i;
	assert_int_equal(post(SIGTERM, SI_QUEUE, 1), 0);
	assert_int_equal(post(SIGTERM, SI_QUEUE, 2), 0);
	assert_true(signal_take(&t, 0, &i));
	assert_int_equal(i.value, 1);
	assert_false(signal_take(&t, 0, &i));
}

static void realtime_signals_queue_in_order_up_to_the_limit(void **state)
{
	(void)state;
	struct ksiginfo i;
	for (uint32_t k = 0; k < 3; k++) assert_int_equal(post(40, SI_QUEUE, k), 0);
	assert_int_equal(post(40, SI_QUEUE, 9), -EAGAIN);
	assert_int_equal(post(40, SI_USER, 9), 0); /* kill(2) never fails so */
	for (uint32_t k = 0; k < 3; k++) {
		assert_true(signal_take(&t, 0, &i));
		assert_int_equal(i.value, k);
	}
	assert_false(signal_take(&t, 0, &i));
}

static void the_mask_decides_who_is_cut(void **state)
{
	(void)state;
	struct ksiginfo i;
	t.home.mask_mirror = SIGBIT(SIGTERM);
	post(SIGTERM, SI_USER, 0);
	assert_int_equal(t.thread.cuts, 0);
	assert_false(signal_take(&t, SIGBIT(SIGTERM), &i));
	post(SIGHUP, SI_USER, 0);
	assert_int_equal(t.thread.cuts, CUT_SIGNAL);
	assert_int_equal(pokes, 1); /* the body is away */
	assert_true(signal_take(&t, SIGBIT(SIGTERM), &i));
	assert_int_equal(i.signo, SIGHUP);
	assert_int_equal(t.thread.cuts, 0);
	const uint32_t open[6] = {0};
	mirror_apply(&t, open);
	assert_int_equal(t.thread.cuts, CUT_SIGNAL);
	assert_true(signal_take(&t, 0, &i));
}

static void ignored_signals_vanish_unless_blocked(void **state)
{
	(void)state;
	post(SIGCHLD, SI_USER, 0);
	post(SIGWINCH, SI_USER, 0);
	assert_int_equal(g.pending.set, 0);
	g.caught_mirror = SIGBIT(SIGCHLD);
	post(SIGCHLD, SI_USER, 0);
	assert_int_equal(g.pending.set, SIGBIT(SIGCHLD));
	g.ignored_mirror = SIGBIT(SIGUSR1);
	t.home.mask_mirror = SIGBIT(SIGUSR1);
	post(SIGUSR1, SI_USER, 0);
	assert_true(g.pending.set & SIGBIT(SIGUSR1));
	/* ignoring what is pending discards it */
	const uint32_t ignore_chld[6] = {0, 0, (uint32_t)(SIGBIT(SIGCHLD) | SIGBIT(SIGUSR1)), 0, 0, 0};
	g.ignored_mirror = 0;
	mirror_apply(&t, ignore_chld);
	assert_int_equal(g.pending.set, 0);
}

static void mirror_flags_travel_in_kill_and_stop(void **state)
{
	(void)state;
	const uint32_t m[6] = {UINT32_MAX, UINT32_MAX, (uint32_t)(MIRROR_NOCLDWAIT | MIRROR_NOCLDSTOP), 0, 0, 0};
	mirror_apply(&t, m);
	assert_true(g.nocldwait && g.nocldstop);
	assert_int_equal(g.ignored_mirror, 0);
	assert_int_equal(t.home.mask_mirror & SIG_UNBLOCKABLE, 0);
	post(SIGKILL, SI_USER, 0);
	assert_int_equal(t.thread.cuts, CUT_SIGNAL);
}

static void an_away_bodys_word_brings_its_time(void **state)
{
	const uint32_t m[6] = {0};
	(void)state;
	now_ns = NS_PER_S;
	t.home.figures.user_ns = 7;
	mirror_apply(&t, m);
	assert_int_equal(t.home.heard_cpu_ns, 0); /* it left while it computed */
	t.home.figures.user_ns = 500;
	now_ns += NS_PER_S / 2;
	mirror_apply(&t, m);
	assert_int_equal(t.home.heard_cpu_ns, 0);
	now_ns += NS_PER_S / 2;
	mirror_apply(&t, m);
	assert_int_equal(t.home.heard_cpu_ns, 500);
	t.home.heard_ns = 0;
	t.call.phase = CALL_HOME;
	mirror_apply(&t, m);
	assert_int_equal(t.home.heard_cpu_ns, 500);
	t.has_body = true;
	t.home.heard_ns = 0;
	mirror_apply(&t, m);
	assert_int_equal(t.home.heard_ns, 0);
}

static void init_is_not_killed(void **state)
{
	(void)state;
	g.pid = 1;
	post(SIGKILL, SI_USER, 0);
	post(SIGTERM, SI_USER, 0);
	assert_int_equal(g.pending.set, 0);
	g.caught_mirror = SIGBIT(SIGTERM);
	post(SIGTERM, SI_USER, 0);
	assert_int_equal(g.pending.set, SIGBIT(SIGTERM));
}

static int sleeps;
static int continue_at_second_sleep(void)
{
	if (++sleeps == 2) post(SIGCONT, SI_USER, 0);
	assert_true(sleeps <= 2);
	return 0;
}

static int32_t stop(int sig)
{
	struct ucall c = {.task = &t, .arg = {(uint32_t)sig}};
	return home_stop(&c);
}

static void stop_sleeps_until_continue(void **state)
{
	(void)state;
	struct ksiginfo i;
	sleeps = 0;
	on_sleep = continue_at_second_sleep;
	post(SIGTSTP, SI_USER, 0);
	assert_true(signal_take(&t, 0, &i));
	assert_int_equal(stop(SIGTSTP), 0);
	assert_int_equal(sleeps, 2);
	assert_int_equal(reports, 2);
	assert_int_equal(last_report, CLD_CONTINUED);
	assert_int_equal(g.state, RUN_RUNNING);
}

static void continue_between_take_and_stop_wins(void **state)
{
	(void)state;
	struct ksiginfo i;
	post(SIGSTOP, SI_USER, 0);
	assert_true(signal_take(&t, 0, &i));
	post(SIGCONT, SI_USER, 0);
	assert_int_equal(stop(SIGSTOP), 0);
	assert_int_equal(reports, 0);
}

static void stop_and_continue_cancel_each_other_in_the_queues(void **state)
{
	(void)state;
	g.caught_mirror = SIGBIT(SIGCONT) | SIGBIT(SIGTSTP);
	post(SIGCONT, SI_USER, 0);
	post(SIGTSTP, SI_USER, 0);
	assert_int_equal(g.pending.set, SIGBIT(SIGTSTP));
	post(SIGCONT, SI_USER, 0);
	assert_int_equal(g.pending.set, SIGBIT(SIGCONT));
}

static void orphans_do_not_stop_but_for_sigstop(void **state)
{
	(void)state;
	struct ksiginfo i;
	g.pgrp = 666;
	post(SIGTTIN, SI_USER, 0);
	assert_true(signal_take(&t, 0, &i));
	assert_int_equal(stop(SIGTTIN), 0);
	assert_int_equal(reports, 0);
}

static void kill_is_taken_first_and_wakes_the_stopped(void **state)
{
	(void)state;
	struct ksiginfo i;
	g.state = RUN_STOPPED;
	post(SIGHUP, SI_USER, 0);
	assert_int_equal(g.state, RUN_STOPPED);
	post(SIGKILL, SI_USER, 0);
	assert_int_equal(g.state, RUN_RUNNING);
	assert_true(signal_take(&t, ~0ull, &i));
	assert_int_equal(i.signo, SIGKILL);
}

static void who_may_send(void **state)
{
	(void)state;
	struct cred root = {.effective = CAP_ALL}, user = {.uid = 5, .euid = 5, .suid = 5}, other = {.uid = 6, .euid = 6, .suid = 6};
	g.cred = user;
	assert_true(signal_may(NULL, &g, SIGTERM));
	assert_true(signal_may(&root, &g, SIGTERM));
	assert_true(signal_may(&user, &g, SIGTERM));
	assert_false(signal_may(&other, &g, SIGTERM));
	struct ksiginfo i = {.signo = SIGTERM};
	assert_int_equal(signal_post_pgrp(10, &i, &other), -EPERM);
	assert_int_equal(signal_post_pgrp(11, &i, &user), -ESRCH);
	assert_int_equal(signal_post_pgrp(10, &i, &user), 0);
	i.signo = 65;
	assert_int_equal(signal_post_group(&g, &i), -EINVAL);
}

static void taken_once(void **state)
{
	(void)state;
	struct ucall c = {.task = &t};
	post(SIGTERM, SI_USER, 0);
	c.home_result = home_take(&c);
	assert_int_equal(c.home_result, 1);
	assert_int_equal(body_take(&c), 1);
	assert_int_equal(t.body.taken.signo, SIGTERM);
	assert_int_equal(t.home.taken_info.signo, 0);
	assert_int_equal(home_take(&c), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(standard_signals_coalesce_and_keep_the_first),
		T(realtime_signals_queue_in_order_up_to_the_limit),
		T(the_mask_decides_who_is_cut),
		T(ignored_signals_vanish_unless_blocked),
		T(mirror_flags_travel_in_kill_and_stop),
		T(an_away_bodys_word_brings_its_time),
		T(init_is_not_killed),
		T(stop_sleeps_until_continue),
		T(continue_between_take_and_stop_wins),
		T(stop_and_continue_cancel_each_other_in_the_queues),
		T(orphans_do_not_stop_but_for_sigstop),
		T(kill_is_taken_first_and_wakes_the_stopped),
		T(who_may_send),
		T(taken_once),
	};
	return cmocka_run_group_tests_name("signal", tests, NULL, NULL);
}
