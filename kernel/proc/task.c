/* task.c - one kernel thread and the halves of a process that are on this node: made, started, taken apart.
 * Called by: fork.c, init.c, entry.c, kernel/migrate.
 * Never: knows files or what a signal means.  */
#include "kernel/proc/task.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/ids.h"
#include "kernel/proc/ptime.h"
#include "kernel/proc/robust.h"
#include "lib/fmt.h"
#include "lib/str.h"

struct hallway hallway;
#define COMPUTES_NS (5 * NS_PER_MS) /* of CPU time within the last second or two: it is not asleep */

static struct list_node all_tasks = LIST_INIT(all_tasks);
static uint64_t ended_user_ns; /* of tasks that are no more */

struct task *task_of_thread(struct thread *t)
{
	return t->entry == task_start ? container_of(t, struct task, thread) : NULL;
}

struct task *task_current(void)
{
	return task_of_thread(thread_current());
}

/* In another thread's context, interrupts off. */
static void reap(struct thread *th)
{
	struct task *t = container_of(th, struct task, thread);

	ended_user_ns += thread_user_ns(th);
	list_remove(&t->in_all);
	arch_kstack_free(th->stack);
	kfree(t);
}

static struct task *alloc(const char *name)
{
	struct task *t = kzalloc(sizeof *t);

	if (!t) return NULL;
	list_init(&t->home.in_group);
	list_init(&t->home.in_unit);
	list_init(&t->home.in_tids);
	list_init(&t->home.pending.items);
	list_init(&t->body.in_space);
	if (thread_init(&t->thread, name, task_start, t)) {
		kfree(t);
		return NULL;
	}
	list_push_back(&all_tasks, &t->in_all);
	t->thread.reap = reap;
	t->thread.user = &t->body.user;
	t->has_body = true;
	arch_user_init(&t->body.user);
	t->body.altstack_flags = SS_DISABLE;
	return t;
}

static void link_home(struct task *t, struct group *g, struct unit *u, uint32_t tid)
{
	t->has_home = true;
	t->home.group = g;
	group_ref(g);
	t->home.tid = tid;
	str_copy(t->home.comm, sizeof t->home.comm, g->comm);
	list_push_back(&g->tasks, &t->home.in_group);
	g->n_tasks++;
	tid_enter(t);
	unit_join(u, t);
	t->thread.nice = g->nice;
	t->body.home_node = this_node;
	t->body.unit = u->id;
	t->body.pid = g->pid;
	t->body.tid = tid;
}

struct task *task_new(struct group *g, struct unit *u, uint32_t tid)
{
	struct unit *made = u ? NULL : unit_new();

	if (!u && !made) return NULL;
	struct task *t = alloc(g->comm);
	if (t) link_home(t, g, u ? u : made, tid);
	if (made) unit_unref(made); /* the task holds it now */
	return t;
}

struct task *task_new_guest(void)
{
	return alloc("guest");
}

/* ---- the body half */
void task_take_space(struct task *t, struct space *s)
{
	struct space *old = t->body.space;

	list_remove(&t->body.in_space);
	t->body.space = s;
	list_push_back(&s->tasks, &t->body.in_space);
	if (t->umem.ops)
		t->umem.ctx = s, t->umem.thaw = &s->moved;
	else
		umem_init_local(&t->umem, s, &s->moved);
	t->thread.pd = &s->pd;
	if (thread_current() == &t->thread) thread_reload_user();
	if (!old) return;
	waitq_wake_all(&old->moved); /* a mover counts the tasks of a space */
	space_unref(old);
}

void task_free_body(struct task *t)
{
	struct space *s = t->body.space;

	if (!t->has_body) return;
	if (t->has_home) t->home.figures = task_figures(t);
	t->home.heard_ns = 0;
	t->has_body = false;
	t->body.space = NULL;
	list_remove(&t->body.in_space);
	arch_user_forget(&t->body.user);
	t->thread.user = NULL;
	t->thread.pd = NULL;
	if (thread_current() == &t->thread) thread_reload_user();
	if (t->body.actions) actions_unref(t->body.actions);
	t->body.actions = NULL;
	if (!s) return;
	waitq_wake_all(&s->moved);
	space_unref(s);
}

/* ---- running */
void task_start(void *task)
{
	UNUSED(task); /* the boundary looks at the current task: it goes on with a call that came with the body */
	kernel_user_return();
	arch_user_enter();
}

static void unlink_home(struct task *t)
{
	struct group *g = t->home.group;

	if (!t->has_home) return;
	if (hallway.forget_task) hallway.forget_task(t);
	if (list_linked(&t->home.in_group)) {
		g->n_tasks--;
		waitq_wake_all(&g->task_ended);
	}
	list_remove(&t->home.in_group);
	list_remove(&t->home.in_tids);
	list_remove(&t->home.in_unit);
	sigqueue_clear(&t->home.pending);
	waitq_wake_all(&t->home.unit->changed);
	unit_unref(t->home.unit);
	t->home.unit = NULL;
	t->has_home = false;
	group_unref(g);
}

/* The process's CPU clock goes on counting what this thread has used: another one keeps it. */
static void leave_time(struct task *t)
{
	struct body *b;

	list_for_each(b, &t->body.space->tasks, in_space) {
		if (b == &t->body || b->pid != t->body.pid || b->home_node != t->body.home_node) continue;
		b->ended_ns += ptime_cpu_all(t) + t->body.ended_ns;
		return;
	}
}

void task_end(struct task *t)
{
	KASSERT(thread_current() == &t->thread);
	exec_plan_free(t->plan);
	t->plan = NULL;
	kfree(t->trace_kept);
	t->trace_kept = NULL;
	if (t->map_backing) t->map_backing->ops->unref(t->map_backing);
	t->map_backing = NULL;
	if (t->has_body && t->exiting && !(t->thread.cuts & CUT_DESTROY)) {
		task_leave_memory(t);
		leave_time(t);
	}
	task_free_body(t);
	t->thread.name = "ended";
	if (!t->has_home && hallway.forget_task) hallway.forget_task(t);
	unlink_home(t);
	thread_exit();
}

void task_discard(struct task *t)
{
	task_free_body(t);
	unlink_home(t);
	list_remove(&t->in_all);
	thread_discard(&t->thread);
	kfree(t);
}

struct task *task_next_here(struct task *t)
{
	struct list_node *n = t ? t->in_all.next : all_tasks.next;

	return n == &all_tasks ? NULL : container_of(n, struct task, in_all);
}

uint64_t task_user_total_ns(void)
{
	uint64_t sum = ended_user_ns;
	struct task *t;

	list_for_each(t, &all_tasks, in_all) sum += thread_user_ns(&t->thread);
	return sum;
}

/* ---- what home knows of a body */
void task_set_comm(struct task *t, const char *name)
{
	char text[sizeof t->home.comm] = "";

	str_copy(text, sizeof text, name);
	memcpy(t->home.comm, text, sizeof text);
	if (t->home.tid == t->home.group->pid) memcpy(t->home.group->comm, text, sizeof text);
}

void task_set_nice(struct task *t, int32_t nice)
{
	t->thread.nice = (int8_t)nice;
	if (t->home.tid == t->home.group->pid) t->home.group->nice = (int8_t)nice;
}

void figures_add(struct figures *sum, const struct figures *f)
{
	sum->user_ns += f->user_ns;
	sum->system_ns += f->system_ns;
	sum->min_faults += f->min_faults;
	sum->maj_faults += f->maj_faults;
	sum->vm_pages = MAX(sum->vm_pages, f->vm_pages);
	sum->rss_pages = MAX(sum->rss_pages, f->rss_pages);
	sum->locked_pages = MAX(sum->locked_pages, f->locked_pages);
}

struct figures task_figures(const struct task *t)
{
	if (!t->has_body) return t->home.figures;

	struct figures f = t->body.base;
	f.user_ns += thread_user_ns(&t->thread);
	f.system_ns += thread_system_ns(&t->thread);
	if (!t->body.space) return f;
	f.min_faults += t->body.space->min_faults;
	f.maj_faults += t->body.space->maj_faults;
	f.vm_pages = t->body.space->total_pages;
	f.rss_pages = t->body.space->rss_pages;
	f.locked_pages = t->body.space->locked_pages;
	return f;
}

bool task_computes_away(const struct task *t)
{
	if (t->has_body) return false;
	/* a home half sleeps so that signals reach it; a deputy without one does not */
	if (t->thread.state == THREAD_ASLEEP && (t->thread.heeds & CUT_SIGNAL)) return false;
	if (!t->home.heard_ns) return t->call.phase == CALL_NONE;
	return t->home.figures.user_ns + t->home.figures.system_ns - t->home.heard_cpu_ns >= COMPUTES_NS;
}

static bool add_word(char *out, uint32_t size, const char *word)
{
	uint32_t n = (uint32_t)strlen(out);
	return fmt_snprintf(out + n, size - n, "%s%s", n ? " " : "", word) < size - n;
}

void unit_cantmove(struct unit *u, char *out, uint32_t size)
{
	struct task *t;
	uint32_t n = 0;
	const char *why = "";

	out[0] = 0;
	list_for_each(t, &u->tasks, home.in_unit) {
		n++;
		if (t->home.group->pid == 1) add_word(out, size, "init");
		if (t->has_body && t->body.space && !space_is_movable(t->body.space, &why) && n == 1) add_word(out, size, why);
	}
	if (n > 1) add_word(out, size, "threads");
}
