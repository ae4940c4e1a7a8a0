/* arrive.c - a body comes to this node: admitted, received, built, and started only when its home has committed the move.
 * Called by: clusterd.c for the messages; each arrival is built by its own thread.
 * Never: runs a body before GO, keeps anything of one that was refused.  */
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/task.h"
#include "lib/str.h"

#define TABLE_PAGES 16u    /* page tables, the capsule and small objects of a body, beside its pages */
#define ARRIVALS_MAX 8u
#define FRAMES_LEFT 64u    /* a body that grew since it was offered takes no frame beyond this */
#define SILENCE_NS (20 * NS_PER_S)
#define VERDICT_NS (2 * NS_PER_S)  /* then READY is said again */

struct arrival {
	struct job job;
	struct list_node node, inbox;
	struct target engine;
	struct waitq wait;
	uint32_t unit, reserved, n_pages;
	bool brought;             /* it comes for one call and goes back */
	bool ended;               /* the END was received and all pages were there */
	bool built;
	int error;
	struct stream capsule;
	struct body body;
	struct call call;
	uint32_t tid;
	struct task *guest;       /* the task made for it, when home is elsewhere */
};
static struct list_node arrivals = LIST_INIT(arrivals);
static uint32_t n_arrivals;

static struct arrival *find(uint16_t home, uint32_t unit, uint32_t to)
{
	struct arrival *a;

	list_for_each(a, &arrivals, node)
		if (a->engine.home == home && a->unit == unit && a->engine.to == to) return a;
	return NULL;
}

static void say(const struct arrival *a, uint16_t to, uint8_t kind, int32_t status)
{
	struct msg_ctl m = {
		.key = {.kind = kind, .home = a->engine.home, .unit = a->unit, .epoch = a->engine.to},
		.node = a->engine.source, .from_epoch = a->engine.from_epoch, .status = status,
	};
	cluster_ctl(to, &m);
}

/* Part of what was promised is taken, or not wanted any more. */
static void unreserve(struct arrival *a, uint32_t n)
{
	n = MIN(n, a->reserved);
	a->reserved -= n;
	frame_unreserve(n);
}

/* ---- building */

static int build_capsule(struct arrival *a, struct inbox *i, const struct msg_capsule *m)
{
	struct unit *u = a->engine.home == this_node ? unit_find(a->unit) : NULL;

	if (a->built || m->offset != 0 || m->len != m->total) return -EINVAL;
	if (a->engine.home == this_node && !u) return -ESRCH;
	unreserve(a, TABLE_PAGES); /* they are taken from now on */
	for (uint32_t k = 0; k < i->n_pages; k++) a->capsule.pages[k] = i->pages[k];
	i->n_pages = 0;
	a->capsule.len = m->total;
	int r = capsule_unpack(&a->capsule, &a->body, &a->call, &a->tid, u, a->engine.home, a->unit, a->engine.to);
	stream_free(&a->capsule);
	a->built = r == 0;
	return r;
}

static int build_pages(struct arrival *a, struct inbox *i, const struct msg_pages *m)
{
	if (!a->built) return -EINVAL;
	for (uint32_t k = 0; k < m->n; k++) {
		if (m->at[k] < USER_START || m->at[k] >= USER_END || !space_find(a->body.space, m->at[k])) return -EINVAL;
		uint32_t pfn = i->pages[k];
		int r = space_install(a->body.space, m->at[k], pfn);
		if (r) return r;
		i->pages[k] = FRAME_NONE;
		a->n_pages++;
	}
	return 0;
}

static int build(struct arrival *a, struct inbox *i)
{
	struct msg_capsule c;
	struct msg_pages p;
	struct msg_ctl end;

	if (msg_get_capsule(i->head, i->head_len, message_bytes(i->n_pages, i->last_len), &c)) return build_capsule(a, i, &c);
	if (msg_get_pages(i->head, i->head_len, i->n_pages, &p)) return i->last_len == PAGE_SIZE ? build_pages(a, i, &p) : -EINVAL;
	if (!msg_get_ctl(i->head, i->head_len, &end) || end.key.kind != MSG_END) return -EINVAL;
	a->ended = a->built && end.pages == a->n_pages;
	return a->ended ? 0 : -EINVAL;
}

static void drop_inbox(struct inbox *i)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->n_pages; k++)
		if (i->pages[k] != FRAME_NONE) i->pages[n++] = i->pages[k];
	i->n_pages = (uint8_t)n;
	inbox_free(i);
}

/* ---- starting */

static void move_body(struct task *t, struct arrival *a)
{
	t->body = a->body;
	list_init(&t->body.in_space);
	list_push_back(&a->body.space->tasks, &t->body.in_space);
	t->call = a->call;
	t->thread.pd = &t->body.space->pd;
	t->thread.user = &t->body.user;
	arch_user_changed(&t->body.user);
	a->built = false; /* the task has it now */
}

static int make_guest(struct arrival *a)
{
	struct task *t = task_new_guest();

	if (!t) return -ENOMEM;
	int r = guest_attach(t, a->engine.to);
	if (r) {
		task_discard(t);
		return r;
	}
	a->guest = t;
	return 0;
}

static void start_guest(struct arrival *a)
{
	struct task *t = a->guest;

	a->guest = NULL;
	move_body(t, a);
	umem_init_local(&t->umem, t->body.space, &t->body.space->moved);
	if (t->call.phase == CALL_HOME) ((struct guest *)t->guest)->asked_k = t->call.k;
	say(a, a->engine.home, MSG_STARTED, 0);
	if (!cluster_peer_up(a->engine.home)) thread_cut(&t->thread, CUT_DESTROY); /* the verdict fell since GO */
	thread_start(&t->thread);
}

/* The body comes home: its task is the deputy that waits for it. */
static void start_at_home(struct arrival *a)
{
	struct task *t = task_find(a->tid);

	if (!t || t->has_body || t->home.unit->id != a->unit) return;
	struct deputy *d = deputy_of(t);
	move_body(t, a);
	t->body.base.user_ns -= thread_user_ns(&t->thread);
	t->body.base.system_ns -= thread_system_ns(&t->thread);
	unit_drop_pins(t->home.unit); /* the areas hold the files now */
	t->home.unit->return_to = a->brought ? a->engine.source : 0;
	t->has_body = true;
	say(a, this_node, MSG_STARTED, 0);
	mirror_update(t);
	signal_update_cut(t);
	waitq_wake_all(&d->wait);
}

static void drop(struct arrival *a)
{
	if (a->built) {
		space_unref(a->body.space);
		actions_unref(a->body.actions);
	}
	if (a->guest) {
		guest_forget(a->guest);
		a->guest->has_body = false;
		task_discard(a->guest);
	}
	if (a->engine.state == TARGET_DEAD) klog(LOG_INFO, "arrival of unit %u of node %u given up", a->unit, a->engine.home);
}

/* ---- the thread */

static void receive(struct arrival *a)
{
	uint64_t deadline = clock_now_ns() + SILENCE_NS;

	while (a->engine.state == TARGET_RECEIVING && !a->error && !a->ended) {
		struct list_node *n = list_pop_front(&a->inbox);
		if (!n) {
			if (waitq_sleep(&a->wait, 0, deadline) == -ETIMEDOUT) a->error = -ETIMEDOUT;
			continue;
		}
		struct inbox *i = list_entry(n, struct inbox, node);
		int r = build(a, i);
		if (!a->error) a->error = r;
		drop_inbox(i);
		deadline = clock_now_ns() + SILENCE_NS;
	}
}

static void run(struct job *j)
{
	struct arrival *a = container_of(j, struct arrival, job);
	struct list_node *n;

	receive(a);
	if (!a->error && a->engine.state == TARGET_RECEIVING && a->engine.home != this_node) a->error = make_guest(a);
	if (a->error) {
		klog(LOG_WARN, "arrival of unit %u of node %u failed: error %d", a->unit, a->engine.home, -a->error);
		target_fail(&a->engine); /* the source hears nothing, asks home, and gets its body back */
	} else if (target_complete(&a->engine)) {
		say(a, a->engine.home, MSG_READY, 0);
	}
	while (a->engine.state == TARGET_READY)
		if (waitq_sleep(&a->wait, 0, clock_now_ns() + VERDICT_NS) == -ETIMEDOUT) say(a, a->engine.home, MSG_READY, 0);
	if (a->engine.state == TARGET_RUNS) {
		klog(LOG_INFO, "unit %u of node %u runs here, epoch %u, in %s", a->unit, a->engine.home, a->engine.to,
		     a->call.phase == CALL_NONE ? "user mode" : "a call");
		migrate_count.moves_in++;
		migrate_count.pages_in += a->n_pages;
		if (a->engine.home == this_node)
			start_at_home(a);
		else
			start_guest(a);
	}
	drop(a);
	list_remove(&a->node);
	n_arrivals--;
	unreserve(a, a->reserved);
	while ((n = list_pop_front(&a->inbox))) drop_inbox(list_entry(n, struct inbox, node));
}

/* ---- events, in net context */

static int admit(uint16_t from, const struct msg_ctl *m)
{
	if (find(m->key.home, m->key.unit, m->key.epoch)) return -EBUSY;
	if (m->features & ~arch_cpu_features()) return -ENOEXEC;
	if (n_arrivals >= ARRIVALS_MAX) return -EAGAIN;
	if (m->key.home == this_node && !unit_find(m->key.unit)) return -ESRCH;
	if (m->key.home != this_node && !cluster_peer_up(m->key.home)) return -EHOSTUNREACH; /* nobody would ever say GO */
	if (m->pages > frame_total() || !frame_reserve(m->pages + TABLE_PAGES)) return -ENOMEM;
	struct arrival *a = kzalloc(sizeof(*a));
	if (!a) {
		frame_unreserve(m->pages + TABLE_PAGES);
		return -ENOMEM;
	}
	list_init(&a->inbox);
	waitq_init(&a->wait);
	a->unit = m->key.unit;
	a->reserved = m->pages + TABLE_PAGES;
	a->brought = m->status != 0;
	target_begin(&a->engine, this_node, m->key.home, from, m->from_epoch, m->key.epoch);
	list_push_back(&arrivals, &a->node);
	n_arrivals++;
	int r = job_start(&a->job, "arrive", run);
	if (r == 0) return 0;
	list_remove(&a->node);
	n_arrivals--;
	frame_unreserve(a->reserved);
	kfree(a);
	return r;
}

void arrive_on_offer(uint16_t from, const struct msg_ctl *m)
{
	struct msg_ctl answer = *m;

	answer.key.kind = MSG_ANSWER;
	answer.status = admit(from, m);
	cluster_ctl(from, &answer);
}

static void free_pages(const struct fx_message *m)
{
	for (uint32_t k = 0; k < m->n_pages; k++) frame_unref(m->pages[k]);
}

void arrive_on_bulk(const struct fx_message *m, const struct msg_key *key)
{
	struct arrival *a = find(key->home, key->unit, key->epoch);
	struct inbox *i = NULL;

	if (a && a->engine.source == m->from && a->engine.state == TARGET_RECEIVING) {
		bool promised = a->reserved >= m->n_pages; /* else it is larger than was offered */
		unreserve(a, m->n_pages); /* the frames of this message */
		if (promised || frame_free_count() > FRAMES_LEFT)
			i = inbox_keep(m);
		else
			free_pages(m);
		if (!i) a->error = -ENOMEM;
	} else {
		free_pages(m);
	}
	if (i) list_push_back(&a->inbox, &i->node);
	if (a) waitq_wake_all(&a->wait);
}

void arrive_on_ctl(uint16_t from, const struct msg_ctl *m)
{
	struct arrival *a = find(m->key.home, m->key.unit, m->key.epoch);

	if (!a) return;
	if (m->key.kind == MSG_ABORT && from == a->engine.source) target_fail(&a->engine);
	if (m->key.kind == MSG_GO && from == a->engine.home) target_go(&a->engine, m->from_epoch, m->key.epoch);
	if (m->key.kind == MSG_KILL && from == a->engine.home) target_kill(&a->engine, m->from_epoch, m->key.epoch);
	waitq_wake_all(&a->wait);
}

void arrive_peer_down(uint16_t node)
{
	struct arrival *a;

	list_for_each(a, &arrivals, node)
	{
		target_peer_down(&a->engine, node);
		waitq_wake_all(&a->wait);
	}
}
