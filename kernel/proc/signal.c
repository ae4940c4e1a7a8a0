/* signal.c - the home side of signals: who may send, what is queued, who is woken; TAKE and the stopped state.
 * Called by: kill and its kin, tty, timers, exit, the inner rows.
 * Never: touches a body: it goes by the mirrors, and POKEs.  Source: signal(7), kill(2); DESIGN 1b "The hallway". */
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/itimer.h"
#include "kernel/proc/rows.h"
#include "kernel/proc/sigmask.h"
#include "kernel/syscall/ucall.h"

#define HEAR_NS (900 * NS_PER_MS)

struct sigitem { struct list_node node; struct ksiginfo info; };

/* All stopped processes sleep here: SIGCONT and SIGKILL are rare, each looks for itself. */
static struct waitq continued = WAITQ_INIT(continued);
struct waitq signals_queued = WAITQ_INIT(signals_queued);

static bool dead(const struct group *g)
{
	return g->state == RUN_ZOMBIE || g->state == RUN_DEAD;
}

/* ---- queues */

void sigqueue_clear(struct sigqueue *q)
{
	struct list_node *n;

	q->set = 0;
	if (!q->items.next) return; /* never used */
	while ((n = list_pop_front(&q->items))) kfree(list_entry(n, struct sigitem, node));
}

static void queue_drop(struct sigqueue *q, sigset64 which)
{
	struct sigitem *i, *next;

	if (!(q->set & which)) return;
	q->set &= ~which;
	list_for_each_safe(i, next, &q->items, node) {
		if (!(SIGBIT(i->info.signo) & which)) continue;
		list_remove(&i->node);
		kfree(i);
	}
}

void signal_drop(struct group *g, sigset64 which)
{
	struct task *t;

	queue_drop(&g->pending, which);
	list_for_each(t, &g->tasks, home.in_group)
		queue_drop(&t->home.pending, which);
}

/* Never used: no list yet. */
static uint32_t queue_length(const struct sigqueue *q)
{
	struct sigitem *i;
	uint32_t n = 0;

	if (!q->items.next) return 0;
	list_for_each(i, &q->items, node) n++;
	return n;
}

/* RLIMIT_SIGPENDING counts what is queued for all processes of the receiver's user. */
static uint64_t queued_for_user(const struct group *to)
{
	const struct group *g;
	const struct task *t;
	uint64_t n = 0;

	list_for_each(g, &all_groups, in_all) {
		if (g->cred.uid != to->cred.uid) continue;
		n += queue_length(&g->pending);
		list_for_each(t, &g->tasks, home.in_group) n += queue_length(&t->home.pending);
	}
	return n;
}

/* Standard signals coalesce; real-time ones queue up to the limit, then -EAGAIN. Without memory the bare number is kept. */
static int queue_add(struct sigqueue *q, const struct ksiginfo *info, const struct group *to)
{
	sigset64 bit = SIGBIT(info->signo);

	if (!q->items.next) list_init(&q->items);
	if (info->signo < SIGRTMIN && (q->set & bit) && info->code != SI_TIMER) return 0;
	if (info->signo >= SIGRTMIN && info->code != SI_TIMER && queued_for_user(to) >= to->rlimits[RLIMIT_SIGPENDING].cur) {
		if (info->code != SI_USER) return -EAGAIN;
		q->set |= bit;
		return 0;
	}
	struct sigitem *i = kmalloc(sizeof *i);
	if (i) {
		i->info = *info;
		list_push_back(&q->items, &i->node);
	} else if (info->code < 0 && info->signo >= SIGRTMIN) {
		return -EAGAIN;
	}
	q->set |= bit;
	return 0;
}

static int first_of(sigset64 set)
{
	static const sigset64 synchronous = SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) | SIGBIT(SIGFPE) | SIGBIT(SIGSYS);

	if (set & SIGBIT(SIGKILL)) return SIGKILL;
	if (set & synchronous) set &= synchronous;
	return set ? __builtin_ctzll(set) + 1 : 0;
}

/* Take the oldest of one number; its bit stays while others of it are queued. */
static bool queue_take(struct sigqueue *q, sigset64 allowed, struct ksiginfo *out)
{
	struct sigitem *i, *next, *found = NULL;
	bool more = false;
	int sig = first_of(q->set & allowed);

	if (!sig) return false;
	list_for_each_safe(i, next, &q->items, node) {
		if (i->info.signo != sig) continue;
		if (found) {
			more = true;
			break;
		}
		found = i;
	}
	*out = found ? found->info : (struct ksiginfo){.signo = sig, .code = SI_USER};
	if (!more) q->set &= ~SIGBIT(sig);
	if (!found) return true;
	list_remove(&found->node);
	kfree(found);
	return true;
}

/* ---- who is interrupted */

sigset64 signal_pending_set(const struct task *t)
{
	return t->home.pending.set | t->home.group->pending.set;
}

bool signal_deliverable(const struct task *t)
{
	sigset64 blocked = t->home.mask_mirror & ~t->home.wait_set & ~SIG_UNBLOCKABLE;

	if (!t->home.group) return false;
	return t->home.group->state == RUN_STOPPED || (signal_pending_set(t) & ~blocked);
}

void signal_update_cut(struct task *t)
{
	bool now = signal_deliverable(t);

	if (now)
		thread_cut(&t->thread, CUT_SIGNAL);
	else
		t->thread.cuts &= ~CUT_SIGNAL;
	if (t->has_body)
		t->body.poked = now;
	else if (now && hallway.poke)
		hallway.poke(t);
}

static bool wants(const struct task *t, int sig)
{
	return sig == SIGKILL || !(t->home.mask_mirror & SIGBIT(sig)) || (t->home.wait_set & SIGBIT(sig));
}

/* A signal for the group interrupts one willing task; a fatal one or a stop concerns all. */
static void wake_group(struct group *g, int sig)
{
	struct task *t;

	list_for_each(t, &g->tasks, home.in_group) {
		if (!wants(t, sig)) continue;
		signal_update_cut(t);
		if (sig != SIGKILL) return;
	}
}

void signal_retarget(struct group *g)
{
	for (sigset64 left = g->pending.set; left; left &= left - 1) wake_group(g, __builtin_ctzll(left) + 1);
}

static void update_all(struct group *g)
{
	struct task *t;

	list_for_each(t, &g->tasks, home.in_group)
		signal_update_cut(t);
}

/* ---- posting */

/* Would it do nothing? A blocked signal is kept: its action may change before it is let in. */
static bool is_ignored(const struct group *g, const struct task *t, int sig)
{
	sigset64 bit = SIGBIT(sig);

	if (t && ((t->home.mask_mirror | t->home.wait_set) & bit)) return false;
	if (g->caught_mirror & bit) return false;
	if (g->ignored_mirror & bit) return true;
	if (g->pid == 1) return true; /* init has no default actions but those of its own faults */
	return (bit & SIG_IGNORED_BY_DEFAULT) != 0;
}

static struct task *first_task(const struct group *g)
{
	return list_empty(&g->tasks) ? NULL : list_entry(g->tasks.next, struct task, home.in_group);
}

static void resume(struct group *g)
{
	struct task *t;

	list_for_each(t, &g->tasks, home.in_group)
		t->home.stop_dequeued = false;
	if (g->state != RUN_STOPPED) return;
	g->state = RUN_RUNNING;
	waitq_wake_all(&continued);
	update_all(g);
}

/* What a signal does at once, whoever it is queued for and whatever its action. */
static void at_once(struct group *g, int sig)
{
	bool stopped = g->state == RUN_STOPPED;

	if (SIGBIT(sig) & SIG_STOPS) signal_drop(g, SIGBIT(SIGCONT));
	if (sig == SIGCONT) signal_drop(g, SIG_STOPS);
	if (sig == SIGCONT || sig == SIGKILL) resume(g);
	if (sig == SIGCONT && stopped) home_report_stop(g, CLD_CONTINUED, SIGCONT);
}

static int post(struct group *g, struct task *t, const struct ksiginfo *info)
{
	int sig = info->signo;

	if (sig < 1 || sig > LINUX_NSIG) return sig ? -EINVAL : 0;
	if (dead(g)) return 0;
	at_once(g, sig);
	if (is_ignored(g, t ? t : first_task(g), sig)) return 0;
	int err = queue_add(t ? &t->home.pending : &g->pending, info, g);
	if (err) return err;
	waitq_wake_all(&signals_queued);
	if (t)
		signal_update_cut(t);
	else
		wake_group(g, sig);
	return 0;
}

void signal_kill_others(struct task *t)
{
	const struct ksiginfo kill = {.signo = SIGKILL, .code = SI_KERNEL};
	struct task *o;

	list_for_each(o, &t->home.group->tasks, home.in_group) {
		if (o == t) continue;
		(void)queue_add(&o->home.pending, &kill, o->home.group);
		signal_update_cut(o);
	}
	waitq_wake_all(&continued);
}

int signal_post_task(struct task *t, const struct ksiginfo *info)
{
	return post(t->home.group, t, info);
}

int signal_post_group(struct group *g, const struct ksiginfo *info)
{
	return post(g, NULL, info);
}

bool signal_post_timer(struct group *g, struct task *t, const struct ksiginfo *info)
{
	if (dead(g) || is_ignored(g, t ? t : first_task(g), info->signo)) return false;
	return post(g, t, info) == 0;
}

bool signal_may(const struct cred *from, const struct group *to, int sig)
{
	UNUSED(sig);
	return !from || cred_may(from, CAP_KILL) || from->euid == to->cred.suid || from->euid == to->cred.uid ||
	       from->uid == to->cred.suid || from->uid == to->cred.uid;
}

int signal_post_pgrp(uint32_t pgrp, const struct ksiginfo *info, const struct cred *from)
{
	struct group *g;
	int r = -ESRCH;

	list_for_each(g, &all_groups, in_all) {
		if (g->pgrp != pgrp || dead(g)) continue;
		if (!signal_may(from, g, info->signo)) {
			if (r == -ESRCH) r = -EPERM;
			continue;
		}
		int err = signal_post_group(g, info);
		if (r != 0) r = err;
	}
	return r;
}

/* ---- TAKE */

bool signal_take_from(struct task *t, sigset64 allowed, struct ksiginfo *out)
{
	struct group *g = t->home.group;
	bool kill_group = (g->pending.set & SIGBIT(SIGKILL)) && !(t->home.pending.set & SIGBIT(SIGKILL));
	bool got = !kill_group && queue_take(&t->home.pending, allowed, out);

	if (!got) got = queue_take(&g->pending, allowed, out);
	if (got && (SIGBIT(out->signo) & SIG_STOPS)) t->home.stop_dequeued = true;
	if (got && out->code == SI_TIMER) ptimer_taken(g, out);
	signal_update_cut(t);
	return got;
}

bool signal_take(struct task *t, sigset64 mask, struct ksiginfo *out)
{
	return signal_take_from(t, ~mask | SIG_UNBLOCKABLE, out);
}

static bool to_be_killed(const struct task *t)
{
	return (signal_pending_set(t) & SIGBIT(SIGKILL)) != 0;
}

/* A stopped process sleeps at home, at its boundary, until SIGCONT or SIGKILL. */
static void sleep_stopped(struct task *t)
{
	while (t->home.group->state == RUN_STOPPED && !to_be_killed(t) && !(t->thread.cuts & CUT_DESTROY))
		(void)waitq_sleep(&continued, CUT_DESTROY, FOREVER);
}

int32_t home_take(struct ucall *c)
{
	struct task *t = c->task;

	sleep_stopped(t);
	t->home.taken_info.signo = 0;
	return signal_take(t, (sigset64)c->arg[1] << 32 | c->arg[0], &t->home.taken_info);
}

/* The local half of the answer; an away body finds it in the reply. */
int32_t body_take(struct ucall *c)
{
	struct task *t = c->task;

	if (!t->has_home) return c->home_result;
	if (c->home_result) t->body.taken = t->home.taken_info;
	t->home.taken_info.signo = 0; /* delivered once */
	return c->home_result;
}

/* ---- STOP: the default action of a stop signal that was taken */

int32_t home_stop(struct ucall *c)
{
	struct task *t = c->task;
	struct group *g = t->home.group;
	int sig = (int)c->arg[0];

	if (!t->home.stop_dequeued || to_be_killed(t)) return 0; /* SIGCONT came in between */
	t->home.stop_dequeued = false;
	if (sig != SIGSTOP && pgrp_orphaned(g->pgrp)) return 0;
	if (g->state == RUN_RUNNING) {
		g->state = RUN_STOPPED;
		update_all(g); /* the other threads stop at their boundaries */
		home_report_stop(g, CLD_STOPPED, sig);
	}
	sleep_stopped(t);
	signal_update_cut(t);
	return 0;
}

/* ---- mirrors */

/* Every word from an away body comes with its CPU time: what it was a second ago tells whether the body computes now. */
static void hear(struct task *t)
{
	struct task_home *h = &t->home;
	uint64_t now = clock_now_ns();
	bool first = !h->heard_ns;

	if (!first && now - h->heard_ns < HEAR_NS) return;
	h->heard_ns = now;
	h->heard_cpu_ns = first && t->call.phase == CALL_NONE ? 0 : h->figures.user_ns + h->figures.system_ns; /* it left computing */
}

/* Signals whose action is to do nothing. */
static sigset64 do_nothing(const struct group *g)
{
	return g->ignored_mirror | (SIG_IGNORED_BY_DEFAULT & ~g->caught_mirror);
}

void mirror_mask(struct task *t, sigset64 mask)
{
	struct group *g = t->home.group;
	sigset64 was_blocked = t->home.mask_mirror;

	t->home.mask_mirror = mask & ~SIG_UNBLOCKABLE;
	signal_update_cut(t);
	if (g->pending.set & t->home.mask_mirror & ~was_blocked) signal_retarget(g);
}

void mirror_apply(struct task *t, const uint32_t arg[6])
{
	struct group *g = t->home.group;
	sigset64 mask = (sigset64)arg[1] << 32 | arg[0], ignored = (sigset64)arg[3] << 32 | arg[2], was = do_nothing(g);

	g->nocldwait = (ignored & MIRROR_NOCLDWAIT) != 0;
	g->nocldstop = (ignored & MIRROR_NOCLDSTOP) != 0;
	g->ignored_mirror = ignored & ~SIG_UNBLOCKABLE;
	g->caught_mirror = ((sigset64)arg[5] << 32 | arg[4]) & ~SIG_UNBLOCKABLE;
	/* ignoring a signal discards what is pending of it: sigaction(2) */
	signal_drop(g, do_nothing(g) & ((mask & MIRROR_DISCARD) ? ~0ull : ~was));
	mirror_mask(t, mask);
	if (!t->has_body) hear(t);
}

int32_t home_mirror(struct ucall *c)
{
	mirror_apply(c->task, c->arg);
	return 0;
}
