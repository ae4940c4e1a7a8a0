/* exit.c - the end of a process at home: what it held is let go, its children and groups are seen to, its parent is told.
 * Called by: the exit rows, the signal code for fatal signals, kernel/migrate when a body's node died.
 * Never: frees the body; its thread does, in task_end.  */
#include "kernel/proc/exit.h"
#include "fs/tty.h"
#include "kernel/proc/ipc.h"
#include "kernel/base/log.h"
#include "kernel/proc/itimer.h"
#include "kernel/proc/robust.h"
#include "kernel/proc/task.h"
#include "kernel/proc/tracer.h"

static struct ksiginfo child_info(const struct group *g, int code, int status)
{
	return (struct ksiginfo){.signo = SIGCHLD, .code = code, .pid = g->pid, .uid = g->cred.uid, .status = status};
}

int wait_code(int32_t wait_status, int *status)
{
	int sig = wait_status & 0x7f;

	*status = sig ? sig : (wait_status >> 8) & 0xff;
	if (!sig) return CLD_EXITED;
	return (wait_status & WSTATUS_CORE) ? CLD_DUMPED : CLD_KILLED;
}

void group_release(struct group *g)
{
	g->state = RUN_DEAD;
	list_remove(&g->in_all);
	list_remove(&g->siblings);
	group_unref(g);
}

/* g is a zombie, g->parent its (perhaps new) parent. g may be gone afterwards. */
static void tell_parent(struct group *g)
{
	struct group *p = g->parent;
	bool ignored = (p->ignored_mirror & SIGBIT(SIGCHLD)) != 0;
	bool unwanted = g->exit_signal == SIGCHLD && (ignored || p->nocldwait);
	int status, code = wait_code(g->exit_status, &status);

	if (g->exit_signal) {
		struct ksiginfo info = child_info(g, code, status);
		info.signo = g->exit_signal;
		signal_post_group(p, &info);
	}
	if (unwanted) group_release(g);
	waitq_wake_all(&p->child_event);
}

void home_report_stop(struct group *g, int code, int sig)
{
	struct group *p = g->parent;

	g->stop_report = code == CLD_STOPPED ? (uint32_t)sig : STOP_REPORT_CONTINUED;
	if (!p) return;
	if (!p->nocldstop) {
		const struct ksiginfo info = child_info(g, code, sig);
		signal_post_group(p, &info);
	}
	waitq_wake_all(&p->child_event);
}

/* ---- process groups that nobody minds any more: Linux's rule, setpgid(2), "orphaned process group" */
static bool has_stopped(uint32_t pgrp)
{
	struct group *g;

	list_for_each(g, &all_groups, in_all)
		if (g->pgrp == pgrp && g->state == RUN_STOPPED) return true;
	return false;
}

static void wake_orphans(uint32_t pgrp)
{
	const struct ksiginfo hup = {.signo = SIGHUP, .code = SI_KERNEL}, cont = {.signo = SIGCONT, .code = SI_KERNEL};

	if (!has_stopped(pgrp) || !pgrp_orphaned(pgrp)) return;
	signal_post_pgrp(pgrp, &hup, NULL);
	signal_post_pgrp(pgrp, &cont, NULL);
}

/* Did g's parent keep g's process group from being orphaned? */
static bool is_link(const struct group *g)
{
	return g->parent && g->parent->pgrp != g->pgrp && g->parent->session == g->session;
}

static void adopt(struct group *c, struct group *init)
{
	list_remove(&c->siblings);
	c->parent = init;
	list_push_back(&init->children, &c->siblings);
	c->exit_signal = SIGCHLD;
	if (c->pdeath_signal) {
		const struct ksiginfo info = {.signo = c->pdeath_signal, .code = SI_KERNEL};
		signal_post_group(c, &info);
	}
	if (c->state == RUN_ZOMBIE) tell_parent(c);
}

/* The nearest ancestor that asked for orphans (PR_SET_CHILD_SUBREAPER), else init. */
static struct group *next_parent(const struct group *g)
{
	struct group *p = g->parent;

	while (p && (!p->subreaper || list_empty(&p->tasks))) p = p->parent;
	return p ? p : group_find(1);
}

static void give_children_away(struct group *g)
{
	struct group *init = next_parent(g);

	while (!list_empty(&g->children)) {
		struct group *c = list_entry(g->children.next, struct group, siblings);
		bool was_link = is_link(c);
		uint32_t pgrp = c->pgrp;
		adopt(c, init);
		if (was_link) wake_orphans(pgrp);
	}
}

/* ---- the end */
static void leave_session(struct group *g)
{
	struct session *s = g->session;
	struct tty *t = s->tty;

	if (s->id != g->pid || !t) return;
	s->tty = NULL;
	tty_session_end(t, s->id);
}

/* The last task of g is ending. May sleep (files are closed). */
static void end_group(struct group *g)
{
	bool was_link;

	if (g->pid == 1) panic("init (pid 1, %s) ended with status 0x%x: there is nobody to run this node", g->comm, (unsigned)g->exit_status);
	timers_exit(g);
	ipc_exit(g->pid);
	group_drop_environment(g);
	leave_session(g);
	was_link = is_link(g);
	give_children_away(g);
	g->state = RUN_ZOMBIE;
	waitq_wake_all(&g->ended);
	if (was_link) wake_orphans(g->pgrp);
	tell_parent(g);
}

void home_release_vfork(struct task *t)
{
	struct task *parent = t->home.vfork_child_of;

	if (!parent) return;
	t->home.vfork_child_of = NULL;
	waitq_wake_all(&parent->home.unit->changed); /* after exec the child has a unit of its own */
}

static void retire(struct task *t, int32_t wait_status, const struct figures *used)
{
	struct group *g = t->home.group;
	struct figures own = used ? *used : task_figures(t);

	if (g->n_tasks > 1 && t->has_body) own.min_faults = own.maj_faults = 0; /* the space counts them, for those who are left */
	figures_add(&g->dead_tasks, &own);
	list_remove(&t->home.in_group);
	list_remove(&t->home.in_tids);
	g->n_tasks--;
	tracer_task_ends(t, wait_status, g->n_tasks == 0);
	t->exiting = true;
	home_release_vfork(t);
	signal_retarget(g);
	waitq_wake_all(&g->task_ended);
}

/* Before the parent is told: what it then finds of shared memory and of free memory is without the process. */
static void give_memory_back(struct task *t)
{
	if (!t->has_body || !t->body.space || thread_current() != &t->thread || (t->thread.cuts & CUT_DESTROY)) return;
	task_leave_memory(t);
	if (t->body.space->refs == 1) space_empty(t->body.space);
}

void home_exit_group(struct task *t, int32_t wait_status, const struct figures *used)
{
	struct group *g = t->home.group;

	if (!list_linked(&t->home.in_group)) return; /* it has ended already */
	group_ref(g);
	/* no cores are written; the bit says that one would have been: core(5) */
	if ((g->rlimits[RLIMIT_CORE].cur == 0 || g->undumpable) && (wait_status & 0x7f)) wait_status &= ~WSTATUS_CORE;
	if (!g->exiting) g->exit_status = wait_status;
	g->exiting = true;
	retire(t, g->exit_status, used);
	if (g->n_tasks == 0) {
		give_memory_back(t);
		end_group(g);
	}
	group_unref(g);
}

void home_exit_task(struct task *t, int32_t wait_status)
{
	struct group *g = t->home.group;

	if (!list_linked(&t->home.in_group)) return; /* it has ended already */
	if (g->n_tasks <= 1) { /* the process's status is its last thread's, as Linux has it since 5.19 */
		home_exit_group(t, wait_status, NULL);
		return;
	}
	retire(t, wait_status, NULL);
}
