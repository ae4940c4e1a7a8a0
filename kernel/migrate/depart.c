/* depart.c - a body leaves this node: frozen at the user boundary, packed, sent, and released only when home says so.
 * Called by: unit.c and clusterd.c (orders), dispatch.c through the hallway (calls that only home can run).
 * Never: lets the copy here go, or run again, while home could think otherwise.  */
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define ANSWER_NS (5 * NS_PER_S)   /* for the target's answer to the offer */
#define QUIET_NS (3 * NS_PER_S)    /* for the tasks to come to the user boundary */
#define VERDICT_NS (2 * NS_PER_S)  /* then home is asked, and again */
#define BRING_AGAIN_NS (20 * NS_PER_MS) /* home had no room just now for a body that has to come */
#define LOOK_NS NS_PER_MS          /* a home half that copies is looked at again after this */

struct depart {
	struct job job;
	struct list_node node;
	struct source engine;
	struct waitq wait;
	struct waitq gone;        /* the task's thread waits here for the end before it goes itself */
	struct task *task;
	struct space *space;      /* referenced */
	struct stream capsule;
	struct parcel parcel;     /* windows of a home half that stays behind */
	bool stays_in_call, bring;
	uint32_t unit, n_pages;
};
static struct list_node departs = LIST_INIT(departs);

static struct depart *find(uint16_t home, uint32_t unit)
{
	struct depart *d;

	list_for_each(d, &departs, node)
		if (d->engine.home == home && d->unit == unit && d->engine.state != SOURCE_OVER) return d;
	return NULL;
}

static uint32_t epoch_of(const struct task *t)
{
	return t->has_home ? t->home.unit->epoch : ((struct guest *)t->guest)->epoch;
}

static struct msg_ctl message(const struct depart *d, uint8_t kind)
{
	return (struct msg_ctl){.key = {.kind = kind, .home = d->engine.home, .unit = d->unit, .epoch = d->engine.to}, .from_epoch = d->engine.epoch};
}

/* ---- events, in net context */

static void on_order(uint16_t from, const struct msg_ctl *m)
{
	struct guest *g = from == m->key.home ? guest_find(m->key.home, m->key.unit, 0) : NULL;
	int r = -ESRCH;

	if (g && g->epoch == m->key.epoch) r = depart_begin(g->task, m->node);
	if (r == 0) return;
	struct msg_ctl result = {.key = m->key, .status = r};
	result.key.kind = MSG_RESULT;
	cluster_ctl(from, &result);
}

void depart_on_ctl(uint16_t from, const struct msg_ctl *m)
{
	struct depart *d = find(m->key.home, m->key.unit);

	if (m->key.kind == MSG_ORDER) {
		on_order(from, m);
		return;
	}
	if (!d) return;
	if (m->key.kind == MSG_ANSWER && from == d->engine.target && m->key.epoch == d->engine.to) source_answer(&d->engine, m->status);
	if (m->key.kind == MSG_DONE && from == d->engine.home) source_verdict(&d->engine, true, m->key.epoch);
	/* a RESUME said twice must not end the next move: it names the attempt that it is about */
	if (m->key.kind == MSG_RESUME && from == d->engine.home && m->from_epoch == d->engine.to) source_verdict(&d->engine, false, m->key.epoch);
	waitq_wake_all(&d->wait);
}

void depart_peer_down(uint16_t node)
{
	struct depart *d;

	list_for_each(d, &departs, node)
	{
		source_peer_down(&d->engine, node);
		waitq_wake_all(&d->wait);
	}
}

/* ---- freezing */

static bool serves_parcel(const struct task *t)
{
	return t->umem.ops == &umem_deputy_ops;
}

/* A task is quiet when nothing here will change its body: at the boundary; in a home half that sleeps and copies nothing (one
 * that was only pre-empted may be between two copies); or in one that works for a body that came back meanwhile. */
static bool quiet(struct depart *d)
{
	struct task *t = d->task;

	if (t->parked) return true;
	if (!t->has_home || t->call.phase != CALL_HOME || (t->call.row->flags & (SYS_HOMEFIRST | SYS_ENDS))) return false;
	if (serves_parcel(t)) return true;
	if (t->umem.users || t->thread.state != THREAD_ASLEEP) return false;
	t->umem.frozen = true;
	return true;
}

/* vfork's child and its waiting parent: one unit, not moved yet. */
static bool is_shared(const struct space *s)
{
	return s->tasks.next != s->tasks.prev;
}

static int freeze(struct depart *d)
{
	uint64_t deadline = clock_now_ns() + QUIET_NS;

	d->space->freeze = true;
	thread_cut(&d->task->thread, CUT_FREEZE);
	while (!quiet(d)) {
		if (d->task->exiting || d->task->body.space != d->space) return -ESRCH;
		if (d->engine.state == SOURCE_OVER) return d->engine.error;
		if (clock_now_ns() > deadline || is_shared(d->space)) return -EBUSY;
		waitq_sleep(&d->space->moved, 0, clock_now_ns() + LOOK_NS);
	}
	if (d->task->exiting || d->task->body.space != d->space) return -ESRCH;
	return is_shared(d->space) ? -EBUSY : 0; /* a thread was made meanwhile */
}

static void thaw(struct depart *d)
{
	d->space->freeze = false;
	d->task->umem.frozen = false;
	d->task->thread.cuts &= ~CUT_FREEZE;
	waitq_wake_all(&d->space->moved);
}

/* What a home half stored before it fell asleep is in the body already; what it stores later goes to the parcel. A window's
 * bytes travel from its start, so the start is taken along. */
static int keep_outs(struct parcel *p, struct umem *mem)
{
	uint8_t part[256];

	for (uint32_t i = 0; i < p->n; i++) {
		for (uint32_t n = 0; p->w[i].out && !p->w[i].in && n < p->w[i].len;) {
			uint32_t len = MIN(sizeof(part), p->w[i].len - n);
			if (umem_fetch(mem, part, uaddr(p->w[i].at + n), len)) return -EFAULT;
			if (!stream_write(&p->out, p->w[i].out_base + n, part, len)) return -ENOMEM;
			n += len;
		}
	}
	p->outs_kept = true;
	return 0;
}

/* A home half that sleeps stays here as deputy: what it may read and where it may write is taken along now. */
static int capture_call(struct depart *d)
{
	struct task *t = d->task;
	struct umem local;
	uint32_t arg[6];

	if (t->parked || t->call.phase != CALL_HOME || serves_parcel(t)) return 0;
	d->stays_in_call = true;
	umem_init_local(&local, d->space, &d->space->moved);
	call_slice_args(&t->call, arg);
	int r = parcel_gather(&d->parcel, t->call.row, arg, t->call.done, &local, d->space);
	if (r == 0) r = keep_outs(&d->parcel, &local);
	if (t->call.row->flags & SYS_IOVEC) t->call.slice = parcel_slice(&d->parcel);
	return r;
}

/* ---- streaming */

static int send_capsule(struct depart *d)
{
	uint8_t head[MSG_SMALL_MAX];
	struct msg_capsule m = {.key = message(d, MSG_CAPSULE).key, .total = d->capsule.len, .len = d->capsule.len};
	uint32_t n = msg_put_capsule(head, &m);

	stream_ref_pages(&d->capsule);
	return cluster_send_wait(d->engine.target, LANE_BULK, head, n, d->capsule.pages, stream_pages(&d->capsule), stream_last_len(&d->capsule), 0);
}

static int send_batch(struct depart *d, struct msg_pages *m, const uint32_t *pfns)
{
	uint8_t head[MSG_SMALL_MAX];
	uint32_t n = msg_put_pages(head, m);
	int r = cluster_send_wait(d->engine.target, LANE_BULK, head, n, pfns, m->n, PAGE_SIZE, 0);

	migrate_count.pages_out += m->n;
	d->n_pages += m->n;
	m->n = 0;
	return r;
}

static int send_pages(struct depart *d)
{
	struct msg_pages m = {.key = message(d, MSG_PAGES).key};
	uint32_t pfns[MSG_PIECE_PAGES];
	uaddr_t at = uaddr(USER_START);
	int r = 0;

	for (; r == 0 && d->engine.state == SOURCE_STREAMING && arch_pte_next(&d->space->pd, &at, uaddr(USER_END)); at.v += PAGE_SIZE) {
		uint32_t e = arch_pte_get(&d->space->pd, at);
		if (!pte_resident(e) || (e & PTE_FILE)) continue; /* clean pages of files come from home, on fault */
		m.at[m.n] = at.v;
		pfns[m.n] = PTE_FRAME(e);
		frame_ref(pfns[m.n++]);
		if (m.n == MSG_PIECE_PAGES) r = send_batch(d, &m, pfns);
	}
	if (m.n && r == 0) return send_batch(d, &m, pfns);
	for (uint32_t i = 0; i < m.n; i++) frame_unref(pfns[i]);
	return r;
}

static void send_end(struct depart *d)
{
	struct msg_ctl end = message(d, MSG_END);
	uint8_t head[MSG_SMALL_MAX];

	end.pages = d->n_pages;
	uint32_t n = msg_put_ctl(head, &end);
	source_sent_all(&d->engine);
	if (d->engine.state == SOURCE_DOUBT) cluster_send_wait(d->engine.target, LANE_BULK, head, n, NULL, 0, 0, 0);
}

static int stream(struct depart *d)
{
	int r = capture_call(d);

	if (r == 0) r = capsule_pack(&d->capsule, d->task);
	if (r == 0) r = send_capsule(d);
	if (r == 0) r = send_pages(d);
	return r;
}

/* ---- the whole way */

static void await(struct depart *d, enum source_state while_state, uint64_t ns)
{
	uint64_t deadline = clock_now_ns() + ns;

	while (d->engine.state == while_state) {
		if (waitq_sleep(&d->wait, 0, deadline) == -ETIMEDOUT) {
			source_timeout(&d->engine);
			deadline = clock_now_ns() + ns;
		}
		if (!d->engine.ask_home) continue;
		d->engine.ask_home = false;
		struct msg_ctl ask = message(d, MSG_ASK);
		cluster_ctl(d->engine.home, &ask);
	}
}

static void offer_and_stream(struct depart *d)
{
	struct msg_ctl offer = message(d, MSG_OFFER);

	offer.pages = d->space->rss_pages;
	offer.features = arch_cpu_features();
	offer.status = d->bring;
	cluster_ctl(d->engine.target, &offer);
	await(d, SOURCE_OFFERED, ANSWER_NS);
	if (d->engine.state != SOURCE_STREAMING) return;
	int r = freeze(d);
	if (r == 0) r = stream(d);
	if (r) {
		source_fail(&d->engine, r);
		return;
	}
	send_end(d);
	await(d, SOURCE_DOUBT, VERDICT_NS);
}

/* Home said DONE: the copy here goes. At home the task becomes the deputy. */
static void body_left(struct depart *d)
{
	struct task *t = d->task;

	migrate_count.moves_out++;
	if (!t->has_home) {
		thread_cut(&t->thread, CUT_DESTROY);
		waitq_wake_all(&d->space->moved);
		return;
	}
	struct deputy *dep = deputy_of(t); /* made when the move began */
	if (!serves_parcel(t)) { /* else its home half, or the answer it left, is still about the parcel that is there */
		parcel_clear(&dep->parcel);
		dep->parcel = d->parcel;
		memset(&d->parcel, 0, sizeof(d->parcel));
		t->umem.ops = &umem_deputy_ops;
		t->umem.ctx = &dep->parcel;
	}
	task_free_body(t);
	t->umem.frozen = false;
	t->umem.thaw = &dep->wait;
	t->thread.cuts &= ~CUT_FREEZE;
	t->home.unit->return_to = 0;
	deputy_settle(t, d->stays_in_call);
	signal_update_cut(t);
	waitq_wake_all(&d->space->moved);
}

/* The epoch that home gave this body with RESUME: its files are asked for under that. */
static void renew_guest(struct task *t, uint32_t epoch)
{
	struct area *a;

	((struct guest *)t->guest)->epoch = epoch;
	if (!t->body.space) return;
	list_for_each(a, &t->body.space->areas, node)
		if (a->backing) remote_renew(a->backing, epoch);
}

static bool passes(int32_t error)
{
	return error == -EAGAIN || error == -EBUSY || error == -ETIMEDOUT;
}

static void body_stays(struct depart *d)
{
	struct task *t = d->task;

	migrate_count.moves_failed++;
	if (d->engine.abort_target) {
		struct msg_ctl m = message(d, MSG_ABORT);
		cluster_ctl(d->engine.target, &m);
	}
	if (!t->has_home) renew_guest(t, d->engine.epoch);
	if (d->bring && t->call.phase == CALL_START && !passes(d->engine.error)) { /* the call that needs home cannot be made */
		t->call.phase = CALL_NONE;
		t->body.user.regs.eax = (uint32_t)(d->engine.error == -ENOMEM ? -ENOMEM : -EAGAIN);
	}
	thaw(d);
}

static void tell_home(struct depart *d)
{
	struct msg_ctl m = message(d, MSG_RESULT);

	m.status = d->engine.error;
	m.key.epoch = d->engine.epoch;
	cluster_ctl(d->engine.home, &m);
}

static void run(struct job *j)
{
	struct depart *d = container_of(j, struct depart, job);
	struct task *t = d->task;

	offer_and_stream(d);
	switch (d->engine.end) {
	case SOURCE_GONE: body_left(d); break;
	case SOURCE_DESTROYED:
		thread_cut(&t->thread, CUT_DESTROY);
		waitq_wake_all(&d->space->moved);
		break;
	default:
		body_stays(d);
		tell_home(d);
		if (t->has_home) t->home.unit->return_to = 0; /* it stays where it is */
	}
	list_remove(&d->node);
	waitq_wake_all(&d->gone);
	stream_free(&d->capsule);
	parcel_clear(&d->parcel);
	d->space->mover = NULL;
	waitq_wake_all(&d->space->moved);
	space_unref(d->space);
}

static int begin(struct task *t, uint16_t target, bool bring)
{
	const char *why;

	if (!t->has_body || t->exiting || !t->body.space) return -ESRCH;
	struct space *s = t->body.space;
	if (s->mover || is_shared(s)) return -EBUSY;
	if (!space_is_movable(s, &why)) return -EPERM;
	if (target == this_node) return 0;
	if (t->has_home && (!unit_home_of(t->home.unit) || !deputy_of(t))) return -ENOMEM;
	struct depart *d = kzalloc(sizeof(*d));
	if (!d) return -ENOMEM;
	list_init(&d->node);
	waitq_init(&d->wait);
	waitq_init(&d->gone);
	d->task = t;
	d->space = s;
	d->bring = bring;
	d->unit = t->body.unit;
	uint32_t epoch = epoch_of(t), to = epoch + 1;
	if (t->has_home) {
		struct unit_home *h = t->home.unit->commit;
		to = h->tried = MAX(MAX(epoch, h->commit.void_epoch), h->tried) + 1;
	} else {
		struct guest *g = t->guest;
		to = g->tried = MAX(epoch, g->tried) + 1;
	}
	source_begin(&d->engine, this_node, t->body.home_node, target, epoch, to);
	space_ref(s);
	s->mover = d;
	list_push_back(&departs, &d->node);
	int r = job_start(&d->job, "depart", run);
	if (r == 0) return 0;
	list_remove(&d->node);
	s->mover = NULL;
	space_unref(s);
	kfree(d);
	return r;
}

int depart_begin(struct task *t, uint16_t target)
{
	return begin(t, target, false);
}

void depart_forget(struct task *t)
{
	struct depart *d;

again:
	list_for_each(d, &departs, node)
	{
		if (d->task != t) continue;
		source_fail(&d->engine, -ESRCH);
		waitq_wake_all(&d->wait);
		waitq_sleep(&d->gone, 0, clock_now_ns() + 10 * NS_PER_MS);
		goto again;
	}
}

/* ---- the hallway's side */

void depart_park(struct task *t)
{
	if (t->has_home) {
		deputy_serve(t);
		return;
	}
	struct space *s = t->body.space;
	t->parked = true;
	waitq_wake_all(&s->moved);
	while (s->freeze && !(t->thread.cuts & CUT_DESTROY)) waitq_sleep(&s->moved, CUT_DESTROY, FOREVER);
	t->parked = false;
}

/* Until the move that was begun is over, one way or the other. */
static void await_move(struct task *t, struct space *s)
{
	while (s->mover && !s->freeze && !(t->thread.cuts & CUT_DESTROY)) waitq_sleep(&s->moved, CUT_DESTROY | CUT_FREEZE, clock_now_ns() + 100 * NS_PER_MS);
}

void depart_bring_home(struct task *t)
{
	struct space *s = t->body.space;
	int r = begin(t, t->body.home_node, true);

	if (r == 0) migrate_count.brought_home++;
	if (r && r != -EBUSY) {
		t->call.phase = CALL_NONE;
		t->body.user.regs.eax = (uint32_t)-ENOMEM;
		return;
	}
	t->thread.cuts &= ~CUT_FREEZE;
	await_move(t, s);
	if (s->mover || t->call.phase != CALL_START) return;
	waitq_sleep(&s->moved, CUT_DESTROY | CUT_FREEZE, clock_now_ns() + BRING_AGAIN_NS); /* the boundary comes back here */
}

void depart_send_back(struct task *t)
{
	struct unit *u = t->home.unit;
	struct space *s = t->body.space;
	uint16_t to = u->return_to;

	u->return_to = 0;
	if (!cluster_peer_up(to) || begin(t, to, false)) return;
	await_move(t, s);
}
