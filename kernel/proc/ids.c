/* ids.c - numbers of processes, threads and units, and how to find what bears one.
 * Called by: kernel/proc, sys_proc.c, kernel/migrate.
 * Never: owns what it finds.  */
#include "kernel/proc/ids.h"
#include "kernel/mm/kheap.h"

#define PID_FIRST_AGAIN 300u /* after a wrap the first ones are left to the services of boot, as Linux does */
#define TID_BUCKETS 64u

uint16_t this_node;
struct list_node all_groups = LIST_INIT(all_groups);
struct list_node all_units = LIST_INIT(all_units);
static struct list_node tids[TID_BUCKETS];
static uint32_t last_pid, last_unit, n_made;

void ids_init(void)
{
	for (uint32_t i = 0; i < TID_BUCKETS; i++) list_init(&tids[i]);
}

/* ---- pids */
static bool pid_used(uint32_t pid)
{
	struct group *g;

	if (task_find(pid)) return true;
	list_for_each(g, &all_groups, in_all)
		if (g->pid == pid || g->pgrp == pid || g->session->id == pid) return true;
	return false;
}

uint32_t pid_alloc(void)
{
	for (uint32_t tries = 0; tries < PID_MAX; tries++) {
		last_pid = last_pid >= PID_MAX - 1 ? PID_FIRST_AGAIN : last_pid + 1;
		if (pid_used(last_pid)) continue;
		n_made++;
		return last_pid;
	}
	return 0;
}

uint32_t pid_last(void)
{
	return last_pid;
}

struct group *group_find(uint32_t pid)
{
	struct group *g;

	list_for_each(g, &all_groups, in_all)
		if (g->pid == pid) return g;
	return NULL;
}

struct group *group_next(uint32_t after_pid)
{
	struct group *g, *best = NULL;

	list_for_each(g, &all_groups, in_all)
		if (g->pid > after_pid && (!best || g->pid < best->pid)) best = g;
	return best;
}

uint32_t pids_made(void)
{
	return n_made;
}

/* ---- threads */
struct task *task_find(uint32_t tid)
{
	struct task *t;

	list_for_each(t, &tids[tid % TID_BUCKETS], home.in_tids)
		if (t->home.tid == tid) return t;
	return NULL;
}

void tid_enter(struct task *t)
{
	list_push_back(&tids[t->home.tid % TID_BUCKETS], &t->home.in_tids);
}

/* ---- units */
struct unit *unit_find(uint32_t id)
{
	struct unit *u;

	list_for_each(u, &all_units, node)
		if (u->id == id) return u;
	return NULL;
}

struct unit *unit_new(void)
{
	struct unit *u = kzalloc(sizeof *u);

	if (!u) return NULL;
	u->id = ++last_unit;
	u->refs = 1;
	u->route = this_node;
	list_init(&u->tasks);
	waitq_init(&u->changed);
	list_push_back(&all_units, &u->node);
	return u;
}

void unit_ref(struct unit *u)
{
	u->refs++;
}

void unit_unref(struct unit *u)
{
	KASSERT2(u->refs > 0, u->refs, u->id);
	if (--u->refs) return;
	if (hallway.forget_unit) hallway.forget_unit(u);
	list_remove(&u->node);
	kfree(u);
}

void unit_join(struct unit *u, struct task *t)
{
	struct unit *old = t->home.unit;

	unit_ref(u);
	list_remove(&t->home.in_unit);
	list_push_back(&u->tasks, &t->home.in_unit);
	t->home.unit = u;
	waitq_wake_all(&u->changed);
	if (!old) return;
	waitq_wake_all(&old->changed);
	unit_unref(old);
}
