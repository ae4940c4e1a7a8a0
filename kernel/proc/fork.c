/* fork.c - fork(2), vfork(2), and what clone.c asks for: the child's home half, then its body, then both set going.
 * Called by: dispatch.c through the table.
 * Never: gives a thread files or a cwd of its own: they are its process's, with or without CLONE_FILES and CLONE_FS.  */
#include "kernel/proc/fork.h"
#include "kernel/base/clock.h"
#include "kernel/proc/altstack.h"
#include "kernel/proc/exit.h"
#include "kernel/proc/itimer.h"
#include "kernel/proc/rows.h"
#include "kernel/proc/task.h"
#include "kernel/syscall/ucall.h"
#include "lib/str.h"

#define FLAGS_FORK ((uint32_t)SIGCHLD)
#define FLAGS_VFORK ((uint32_t)SIGCHLD | CLONE_VM | CLONE_VFORK)
#define VFORK_LOOK_NS (100 * NS_PER_MS) /* how often a vfork parent with a signal pending looks whether it is SIGKILL */

/* ---- home */
static bool too_many(const struct group *g)
{
	const struct group *o;
	uint64_t n = 0;

	if (g->cred.uid == 0 || cred_may(&g->cred, CAP_SYS_RESOURCE) || cred_may(&g->cred, CAP_SYS_ADMIN)) return false;
	list_for_each(o, &all_groups, in_all)
		if (o->cred.uid == g->cred.uid) n += MAX(o->n_tasks, 1u);
	return n >= g->rlimits[RLIMIT_NPROC].cur;
}

/* The sibling's way: the caller's parent is the child's too, and hears of its end as it will of the caller's. */
static void give_to_grandparent(struct group *g, struct group *from)
{
	list_remove(&g->siblings);
	g->parent = from->parent;
	list_push_back(&g->parent->children, &g->siblings);
	g->exit_signal = from->exit_signal;
}

/* A process of its own, with number pid. NULL: no memory. */
static struct group *new_process(struct task *parent, uint32_t flags, uint32_t pid)
{
	struct group *from = parent->home.group, *g = group_new(from);

	if (!g) return NULL;
	g->pid = pid;
	g->exit_signal = (int)(flags & CSIGNAL);
	memcpy(g->comm, parent->home.comm, sizeof g->comm);
	if (flags & CLONE_PARENT) give_to_grandparent(g, from);
	if (flags & CLONE_FILES) group_share_files(g, from);
	if (flags & CLONE_FS) group_share_fs(g, from);
	return g;
}

/* SCHED_RESET_ON_FORK: the child is an ordinary one, and no nicer to itself than others. */
static void inherit_sched(struct task *t, const struct task *parent)
{
	bool reset = parent->home.sched.reset_on_fork;
	bool better = reset && (parent->home.sched.policy == SCHED_FIFO || parent->home.sched.policy == SCHED_RR || parent->thread.nice < 0);

	t->home.sched = parent->home.sched;
	t->home.ioprio = parent->home.ioprio;
	task_set_nice(t, better ? 0 : parent->thread.nice);
	t->home.sched.reset_on_fork = false;
	if (better) t->home.sched = (struct sched_kept){.policy = SCHED_OTHER};
}

int32_t home_fork(struct task *parent, uint32_t flags, struct task **child)
{
	struct group *from = parent->home.group, *g = from;
	bool thread = (flags & CLONE_THREAD) != 0;
	uint32_t id;

	if (task_is_killed(parent)) return -ERESTARTNOINTR; /* nobody is born into a process that is being ended */
	if ((flags & CLONE_PARENT) && (!from->parent || from->pid == 1)) return -EINVAL;
	if (too_many(from)) return -EAGAIN;
	id = pid_alloc();
	if (!id) return -EAGAIN;
	if (!thread) g = new_process(parent, flags, id);
	if (!g) return -ENOMEM;
	struct task *t = task_new(g, (flags & CLONE_VM) ? parent->home.unit : NULL, id);
	if (!t) {
		if (!thread) group_release(g);
		return -ENOMEM;
	}
	memcpy(t->home.comm, parent->home.comm, sizeof t->home.comm);
	inherit_sched(t, parent);
	t->home.mask_mirror = parent->home.mask_mirror;
	if (flags & CLONE_VFORK) t->home.vfork_child_of = parent;
	*child = t;
	return (int32_t)id;
}

void fork_undo(struct task *child)
{
	struct group *g = child->home.group;
	bool thread = child->home.tid != g->pid;

	group_ref(g);
	task_discard(child);
	if (!thread) group_release(g);
	group_unref(g);
}

/* SIGKILL is the only signal that ends this sleep: the child runs on our stack. */
static void wait_for_child(struct task *parent, uint32_t pid)
{
	struct unit *u = parent->home.unit;
	struct task *child;

	unit_ref(u);
	while ((child = task_find(pid)) && child->home.vfork_child_of == parent) {
		if (task_is_killed(parent)) {
			child->home.vfork_child_of = NULL;
			break;
		}
		bool quiet = !(parent->thread.cuts & CUT_SIGNAL);
		(void)waitq_sleep(&u->changed, quiet ? CUT_SIGNAL : 0, quiet ? FOREVER : clock_now_ns() + VFORK_LOOK_NS);
	}
	unit_unref(u);
}

int32_t fork_finish(struct ucall *c, uint32_t flags)
{
	uint32_t pid = (uint32_t)c->home_result;
	struct task *child = task_find(pid);

	KASSERT2(child, pid, c->body_result);
	if (c->body_result < 0) {
		fork_undo(child);
		return c->body_result;
	}
	cpu_limit_watch(child->home.group);
	signal_update_cut(child); /* its process may be being stopped or ended */
	thread_start(&child->thread);
	if (flags & CLONE_VFORK) wait_for_child(c->task, pid);
	return (int32_t)pid;
}

/* ---- body */
static int copy_tls(struct task *parent, struct task *child, uint32_t at)
{
	uint32_t desc[4];

	if (umem_fetch(&parent->umem, desc, uaddr(at), sizeof desc)) return -EFAULT;
	if (desc[0] == UINT32_MAX) return -EINVAL; /* must name the slot that %gs uses */
	return arch_tls_set(&child->body.user, desc);
}

static void copy_body(const struct body *p, struct body *y, uint32_t stack)
{
	y->user = p->user;
	y->user.regs.eax = 0;
	if (stack) y->user.regs.esp = stack;
	y->mask = p->mask;
	y->personality = p->personality;
	y->altstack_sp = p->altstack_sp;
	y->altstack_size = p->altstack_size;
	y->altstack_flags = p->altstack_flags;
	y->clock_offset_ns = p->clock_offset_ns;
	y->wall_offset_ns = p->wall_offset_ns;
	y->clock_floor_ns = p->clock_floor_ns;
}

int body_fork(struct task *parent, struct task *child, uint32_t flags, uint32_t stack, uint32_t tls)
{
	struct space *s = parent->body.space;
	int err = 0;

	if (flags & CLONE_SIGHAND) {
		child->body.actions = parent->body.actions;
		child->body.actions->refs++;
	} else {
		child->body.actions = actions_copy(parent->body.actions);
		if (!child->body.actions) return -ENOMEM;
	}
	if (flags & CLONE_VM) {
		space_ref(s);
	} else {
		s = space_new();
		if (!s) return -ENOMEM;
		err = space_copy(parent->body.space, s);
	}
	task_take_space(child, s); /* also when the copy failed: undo lets go of it */
	if (err) return err;
	arch_user_sync(&parent->body.user);
	copy_body(&parent->body, &child->body, stack);
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) altstack_none(&child->body);
	return (flags & CLONE_SETTLS) ? copy_tls(parent, child, tls) : 0;
}

static int32_t build(struct ucall *c, uint32_t flags, uint32_t stack, uint32_t tls, struct task **child)
{
	*child = task_find((uint32_t)c->home_result);
	KASSERT2(*child, c->home_result, flags);
	return body_fork(c->task, *child, flags, stack, tls);
}

/* ---- rows */
int32_t home_row_fork(struct ucall *c)
{
	struct task *child;
	return home_fork(c->task, FLAGS_FORK, &child);
}

int32_t body_row_fork(struct ucall *c)
{
	struct task *child;
	return build(c, FLAGS_FORK, 0, 0, &child);
}

int32_t finish_row_fork(struct ucall *c)
{
	return fork_finish(c, FLAGS_FORK);
}

int32_t home_row_vfork(struct ucall *c)
{
	struct task *child;
	return home_fork(c->task, FLAGS_VFORK, &child);
}

int32_t body_row_vfork(struct ucall *c)
{
	struct task *child;
	return build(c, FLAGS_VFORK, 0, 0, &child);
}

int32_t finish_row_vfork(struct ucall *c)
{
	return fork_finish(c, FLAGS_VFORK);
}
