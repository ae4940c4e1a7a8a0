/* group.c - a process as its user sees it: identity, environment, session; and what files may ask about it.
 * Called by: fork.c, exit.c, init.c, sys_proc.c; fs through proc_caller_ops.
 * Never: knows where the body is.  */
#include "fs/pages.h"
#include "fs/tty.h"
#include "kernel/proc/ipc.h"
#include "kernel/base/clock.h"
#include "kernel/proc/cred.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/ids.h"
#include "kernel/proc/oom.h"
#include "kernel/proc/procfs_rows.h"
#include "kernel/proc/tracer.h"
#include "lib/str.h"

/* ---- sessions */
struct session *session_new(uint32_t id)
{
	struct session *s = kzalloc(sizeof *s);

	if (!s) return NULL;
	s->refs = 1;
	s->id = id;
	return s;
}

void session_ref(struct session *s)
{
	s->refs++;
}

void session_unref(struct session *s)
{
	if (--s->refs == 0) kfree(s);
}

/* ---- making and letting go */
static const struct linux_rlimit64 first_limits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_FSIZE] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_DATA] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_STACK] = {8u << 20, RLIM_INFINITY},
	[RLIMIT_CORE] = {0, RLIM_INFINITY},
	[RLIMIT_RSS] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_NPROC] = {1024, 1024},
	[RLIMIT_NOFILE] = {1024, FD_MAX},
	[RLIMIT_MEMLOCK] = {8u << 20, 8u << 20},
	[RLIMIT_AS] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_LOCKS] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_SIGPENDING] = {1024, 1024},
	[RLIMIT_MSGQUEUE] = {819200, 819200},
	[RLIMIT_NICE] = {0, 0},
	[RLIMIT_RTPRIO] = {0, 0},
	[RLIMIT_RTTIME] = {RLIM_INFINITY, RLIM_INFINITY},
};

static char *copy_text(const char *text, uint32_t len)
{
	char *p = len ? kmalloc(len) : NULL;

	if (p) memcpy(p, text, len);
	return p;
}

void group_set_exe(struct group *g, struct name *exe)
{
	if (exe) exe->inode->n_exec++;
	if (g->exe) {
		g->exe->inode->n_exec--;
		name_unref(g->exe);
	}
	g->exe = exe;
}

static int inherit(struct group *g, struct group *parent)
{
	g->fds = fdtable_copy(parent->fds);
	if (!g->fds) return -ENOMEM;
	g->pgrp = parent->pgrp;
	g->session = parent->session;
	session_ref(g->session);
	g->who = parent->who;
	g->cred = parent->cred;
	cred_hold(&g->cred);
	name_ref(g->who.root);
	name_ref(g->who.cwd);
	memcpy(g->rlimits, parent->rlimits, sizeof g->rlimits);
	memcpy(g->comm, parent->comm, sizeof g->comm);
	if (parent->exe) name_ref(parent->exe);
	group_set_exe(g, parent->exe);
	g->cmdline = copy_text(parent->cmdline, parent->cmdline_len);
	g->cmdline_len = g->cmdline ? parent->cmdline_len : 0;
	g->environ = copy_text(parent->environ, parent->environ_len);
	g->environ_len = g->environ ? parent->environ_len : 0;
	g->nice = parent->nice;
	g->no_new_privs = parent->no_new_privs;
	g->undumpable = parent->undumpable;
	g->keepcaps = parent->keepcaps;
	g->no_thp = parent->no_thp;
	g->timer_slack_ns = parent->timer_slack_ns;
	g->ignored_mirror = parent->ignored_mirror;
	g->caught_mirror = parent->caught_mirror;
	g->nocldwait = parent->nocldwait;
	g->nocldstop = parent->nocldstop;
	g->traced = parent->traced;
	return 0;
}

static int first(struct group *g)
{
	g->session = session_new(0);
	g->fds = fdtable_new();
	if (!g->session || !g->fds) return -ENOMEM;
	g->fds->limit = (uint32_t)first_limits[RLIMIT_NOFILE].cur;
	memcpy(g->rlimits, first_limits, sizeof g->rlimits);
	g->cred.effective = g->cred.permitted = g->cred.bounding = CAP_ALL;
	g->who = (struct fs_caller){.umask = 022, .root = name_root(), .cwd = name_root(), .fsize_limit = UINT64_MAX};
	name_ref(g->who.root);
	name_ref(g->who.cwd);
	return 0;
}

struct group *group_new(struct group *parent)
{
	struct group *g = kzalloc(sizeof *g);

	if (!g) return NULL;
	list_init(&g->in_all);
	list_init(&g->siblings);
	list_init(&g->children);
	list_init(&g->tasks);
	list_init(&g->pending.items);
	list_init(&g->posix_timers);
	list_init(&g->fs_sharers);
	waitq_init(&g->child_event);
	waitq_init(&g->ended);
	waitq_init(&g->task_ended);
	g->refs = 1;
	g->exit_signal = SIGCHLD;
	g->start_ns = clock_now_ns();
	if (parent ? inherit(g, parent) : first(g)) {
		group_unref(g);
		return NULL;
	}
	g->who.cred = &g->cred;
	g->who.owner = g->fds;
	g->who.ops = &proc_caller_ops;
	g->who.task = g;
	g->parent = parent;
	if (parent) list_push_back(&parent->children, &g->siblings);
	list_push_back(&all_groups, &g->in_all);
	if (parent) tracer_inherit(g, parent);
	return g;
}

/* ---- sharing: clone's CLONE_FILES and CLONE_FS between processes */
void group_share_files(struct group *g, struct group *from)
{
	fdtable_unref(g->fds);
	g->fds = from->fds;
	fdtable_ref(g->fds);
	g->who.owner = g->fds;
}

int group_own_files(struct group *g)
{
	struct fdtable *shared = g->fds;

	if (shared->refs < 2) return 0;
	struct fdtable *own = fdtable_copy(shared);
	if (!own) return -ENOMEM;
	g->fds = own;
	g->who.owner = own;
	fdtable_unref(shared);
	return 0;
}

void group_share_fs(struct group *g, struct group *from)
{
	list_insert_after(&from->fs_sharers, &g->fs_sharers);
}

void group_own_fs(struct group *g)
{
	list_remove(&g->fs_sharers);
}

static void put_name(struct name **slot, struct name *n)
{
	struct name *old = *slot;

	*slot = n;
	name_unref(old);
}

#define FOR_EACH_SHARER(o, g) \
	for (struct list_node *node = (g)->fs_sharers.next; \
	     node != &(g)->fs_sharers && (o = list_entry(node, struct group, fs_sharers)); node = node->next)

void group_set_cwd(struct group *g, struct name *n)
{
	struct group *o;

	FOR_EACH_SHARER(o, g) {
		name_ref(n);
		put_name(&o->who.cwd, n);
	}
	put_name(&g->who.cwd, n);
}

void group_set_root(struct group *g, struct name *n)
{
	struct group *o;

	FOR_EACH_SHARER(o, g) {
		name_ref(n);
		put_name(&o->who.root, n);
	}
	put_name(&g->who.root, n);
}

void group_set_umask(struct group *g, uint32_t umask)
{
	struct group *o;

	FOR_EACH_SHARER(o, g) o->who.umask = umask;
	g->who.umask = umask;
}

void group_ref(struct group *g)
{
	g->refs++;
}

void group_drop_environment(struct group *g)
{
	struct fdtable *fds = g->fds;
	struct name *root = g->who.root, *cwd = g->who.cwd;

	g->fds = NULL;
	g->who.root = g->who.cwd = NULL;
	list_remove(&g->fs_sharers);
	if (fds) fdtable_unref(fds);
	name_unref(cwd);
	name_unref(root);
	group_set_exe(g, NULL);
	kfree(g->cmdline);
	kfree(g->environ);
	g->cmdline = g->environ = NULL;
	g->cmdline_len = g->environ_len = 0;
}

void group_unref(struct group *g)
{
	KASSERT2(g->refs > 0, g->refs, g->pid);
	if (--g->refs) return;
	tracer_leave(g);
	group_drop_environment(g);
	sigqueue_clear(&g->pending);
	cred_drop(&g->cred);
	list_remove(&g->siblings);
	list_remove(&g->in_all);
	if (g->session) session_unref(g->session);
	kfree(g);
}

bool group_visible(const struct group *g)
{
	return g->state != RUN_DEAD;
}

struct task *group_task(const struct group *g)
{
	struct task *t;

	list_for_each(t, &g->tasks, home.in_group)
		if (&t->thread == thread_current()) return t;
	return list_empty(&g->tasks) ? NULL : list_entry(g->tasks.next, struct task, home.in_group);
}

struct figures group_figures(const struct group *g)
{
	struct figures sum = g->dead_tasks;
	const struct space *seen = NULL;
	struct task *t;

	list_for_each(t, &g->tasks, home.in_group) {
		struct figures f = task_figures(t);
		if (t->has_body && seen && t->body.space == seen) f.min_faults = f.maj_faults = 0; /* the space counts them */
		if (t->has_body) seen = t->body.space;
		figures_add(&sum, &f);
	}
	return sum;
}

bool pgrp_orphaned(uint32_t pgrp)
{
	struct group *g;

	list_for_each(g, &all_groups, in_all) {
		if (g->pgrp != pgrp || g->state == RUN_ZOMBIE || g->state == RUN_DEAD || !g->parent) continue;
		if (g->parent->pid == 1) continue;
		if (g->parent->pgrp != pgrp && g->parent->session == g->session) return false;
	}
	return true;
}

/* ---- what a file may ask */
static const struct group *asker(const struct fs_caller *c)
{
	return c->task;
}

static uint32_t ask_tid(const struct fs_caller *c)
{
	const struct task *t = group_task(asker(c));
	return t ? t->home.tid : asker(c)->pid;
}

static uint32_t ask_pid(const struct fs_caller *c) { return asker(c)->pid; }
static uint32_t ask_pgrp(const struct fs_caller *c) { return asker(c)->pgrp; }
static uint32_t ask_session(const struct fs_caller *c) { return asker(c)->session->id; }
static bool ask_leader(const struct fs_caller *c) { return asker(c)->session->id == asker(c)->pid; }

/* A terminal that was hung up since belongs to nobody, or to another session. */
static struct tty *ask_ctty(const struct fs_caller *c)
{
	const struct session *s = asker(c)->session;

	return s->tty && tty_session(s->tty) == s->id ? s->tty : NULL;
}

static bool ask_orphaned(const struct fs_caller *c) { return pgrp_orphaned(asker(c)->pgrp); }

static int set_ctty(const struct fs_caller *c, struct tty *t)
{
	struct session *s = asker(c)->session;

	if (t && (!ask_leader(c) || (ask_ctty(c) && s->tty != t))) return -EPERM;
	s->tty = t;
	return 0;
}

static bool ignored_or_blocked(const struct fs_caller *c, int sig)
{
	struct task *t = group_task(asker(c));

	return (asker(c)->ignored_mirror & SIGBIT(sig)) || (t && (t->home.mask_mirror & SIGBIT(sig)));
}

static void raise(const struct fs_caller *c, int sig)
{
	const struct ksiginfo info = {.signo = sig, .code = SI_USER, .pid = asker(c)->pid, .uid = asker(c)->cred.uid};
	struct task *t = group_task(asker(c));

	if (t) signal_post_task(t, &info);
}

static void signal_pgrp(uint32_t pgrp, int sig)
{
	const struct ksiginfo info = {.signo = sig, .code = SI_KERNEL};

	if (pgrp) signal_post_pgrp(pgrp, &info, NULL);
}

static void signal_pid(uint32_t pid, int sig)
{
	const struct ksiginfo info = {.signo = sig, .code = SI_KERNEL};
	struct group *g = group_find(pid);

	if (g) signal_post_group(g, &info);
}

static void raise_pgrp(const struct fs_caller *c, int sig)
{
	signal_pgrp(asker(c)->pgrp, sig);
}

static bool pgrp_in_session(uint32_t pgrp, uint32_t session)
{
	struct group *g;

	list_for_each(g, &all_groups, in_all)
		if (g->pgrp == pgrp && g->session->id == session) return true;
	return false;
}

static bool pgrp_exists(uint32_t pgrp)
{
	struct group *g;

	list_for_each(g, &all_groups, in_all)
		if (g->pgrp == pgrp) return true;
	return false;
}

const struct fs_caller_ops proc_caller_ops = {
	.pid = ask_pid,
	.tid = ask_tid,
	.pgrp = ask_pgrp,
	.session = ask_session,
	.is_session_leader = ask_leader,
	.ctty = ask_ctty,
	.set_ctty = set_ctty,
	.signal_ignored_or_blocked = ignored_or_blocked,
	.pgrp_orphaned = ask_orphaned,
	.raise = raise,
	.raise_pgrp = raise_pgrp,
	.pgrp_in_session = pgrp_in_session,
	.pgrp_exists = pgrp_exists,
};

void proc_init(void)
{
	ids_init();
	fs_signal_pgrp = signal_pgrp;
	fs_signal_pid = signal_pid;
	space_shared_backing = tmpfs_shared_backing;
	oom_init();
	procfs_rows_init();
	sysfs_rows_init();
	ipc_init();
	tracer_init();
}
