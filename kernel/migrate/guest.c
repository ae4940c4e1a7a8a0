/* guest.c - a body's way to its home half when that is a node away: calls, answers, pokes.
 * Called by: dispatch.c through the hallway, clusterd.c for what comes from home.
 * Never: runs a home half here.  */
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/sigmask.h"
#include "lib/str.h"
#include "net/netdev.h"

#define ASK_AGAIN_NS (2 * NS_PER_S) /* home had no memory for the message: ask again; it answers each call once */

#define NO_MEMORY_NS (50 * NS_PER_MS)

struct list_node guests = LIST_INIT(guests);

int guest_attach(struct task *t, uint32_t epoch)
{
	struct guest *g = kzalloc(sizeof(*g));

	if (!g) return -ENOMEM;
	waitq_init(&g->wait);
	g->task = t;
	g->epoch = epoch;
	t->guest = g;
	list_push_back(&guests, &g->node);
	return 0;
}

void guest_forget(struct task *t)
{
	struct guest *g = t->guest;

	if (!g) return;
	list_remove(&g->node);
	inbox_free(g->reply);
	kfree(g);
	t->guest = NULL;
}

struct guest *guest_find(uint16_t home, uint32_t unit, uint32_t tid)
{
	struct guest *g;

	list_for_each(g, &guests, node)
	{
		const struct body *b = &g->task->body;
		if (g->task->thread.cuts & CUT_DESTROY) continue; /* it left, and the body may be here again already */
		if (b->home_node == home && b->unit == unit && (tid == 0 || b->tid == tid)) return g;
	}
	return NULL;
}

void guest_on_reply(const struct fx_message *m, const struct msg_reply *r)
{
	struct guest *g = guest_find(r->key.home, r->key.unit, r->tid);

	if (!g || r->k != g->task->call.k || g->task->call.phase != CALL_HOME || g->reply) {
		for (uint32_t i = 0; i < m->n_pages; i++) frame_unref(m->pages[i]);
		return;
	}
	g->reply = inbox_keep(m);
	/* now, and not when the thread runs: a POKE behind this answer counts. With pages it came in the bulk lane, and one may have
	 * overtaken it. */
	if (g->reply && (r->poke || m->n_pages == 0)) g->task->body.poked = r->poke;
	if (g->reply) g->task->body.pending_mirror = r->pending;
	if (g->reply) g->task->body.traced = r->traced;
	if (!g->task->body.poked) g->task->thread.cuts &= ~CUT_SIGNAL;
	waitq_wake_all(&g->wait);
}

void guest_on_poke(const struct msg_ctl *m)
{
	struct guest *g = guest_find(m->key.home, m->key.unit, m->tid);

	if (!g) return;
	g->task->body.poked = true;
	thread_cut(&g->task->thread, CUT_SIGNAL);
}

static void destroy(struct guest *g)
{
	migrate_count.guests_lost++;
	thread_cut(&g->task->thread, CUT_DESTROY);
	if (g->task->body.space) waitq_wake_all(&g->task->body.space->moved);
}

void guest_on_kill(const struct msg_ctl *m)
{
	struct guest *g = guest_find(m->key.home, m->key.unit, 0);

	if (!g || g->epoch != m->key.epoch) return;
	if (g->task->body.space && g->task->body.space->freeze) return; /* on its way: how that ended home is asked by the mover */
	klog(LOG_WARN, "guest %u of node %u destroyed: home says that epoch %u is over", g->task->body.pid, m->key.home, m->key.epoch);
	destroy(g);
}

void guest_peer_down(uint16_t node)
{
	struct guest *g;

	list_for_each(g, &guests, node)
	{
		if (g->task->body.home_node != node) continue;
		klog(LOG_WARN, "guest %u of node %u destroyed: its home is gone", g->task->body.pid, node);
		destroy(g);
	}
}

static void fill_mirror(struct task *t, struct msg_mirror *m)
{
	uint32_t w[6];

	mirror_pack(&t->body, w);
	t->body.discard = false;
	m->mask = (uint64_t)w[1] << 32 | w[0];
	m->ignored = (uint64_t)w[3] << 32 | w[2];
	m->caught = (uint64_t)w[5] << 32 | w[4];
}

static void fill_figures(struct task *t, struct msg_figures *f)
{
	struct figures used = task_figures(t);

	*f = (struct msg_figures){used.user_ns, used.system_ns, used.min_faults, used.maj_faults, used.vm_pages, used.rss_pages, used.locked_pages};
}

static int gather(struct task *t, struct parcel *p)
{
	uint32_t arg[6];

	call_slice_args(&t->call, arg);
	int r = parcel_gather(p, t->call.row, arg, t->call.done, &t->umem, t->body.space);
	if (t->call.row->flags & SYS_IOVEC) t->call.slice = parcel_slice(p);
	return r;
}

/* What every message to home carries: who we are, the mirror and the figures. */
static void begin_call(struct task *t, struct msg_call *c)
{
	struct guest *g = t->guest;

	*c = (struct msg_call){.key = {.kind = MSG_CALL, .home = t->body.home_node, .unit = t->body.unit, .epoch = g->epoch}, .tid = t->body.tid};
	fill_mirror(t, &c->mirror);
	fill_figures(t, &c->used);
	t->body.mirror_stale = false;
	g->told_ns = clock_now_ns();
}

/* Room for an encoded message and for data on its way into it. */
struct draft { uint8_t head[WIRE_HEAD_MAX], data[MSG_CALL_ROOM]; };

static void fill_call(struct task *t, const struct parcel *p, struct msg_call *c)
{
	begin_call(t, c);
	c->k = t->call.k;
	c->row = (uint16_t)sysrow_index(t->call.row);
	c->n_windows = (uint8_t)p->n;
	c->nonblock = t->call.done > 0 && (t->call.row->flags & SYS_SLICE_READ);
	c->skip = t->call.done;
	c->data_len = p->in.len;
	call_slice_args(&t->call, c->arg);
	for (uint32_t i = 0; i < p->n; i++) c->w[i] = (struct msg_window){p->w[i].at, p->w[i].len, p->w[i].in, p->w[i].out};
}

static int send_call(struct task *t, struct parcel *p)
{
	struct draft *d = kmalloc(sizeof(*d));
	struct msg_call c;

	if (!d) return -ENOMEM;
	fill_call(t, p, &c);
	bool small = p->in.len <= sizeof(d->data) && stream_read(&p->in, 0, d->data, p->in.len);
	uint32_t n = msg_put_call(d->head, &c, small ? d->data : NULL);
	uint32_t pages = small ? 0 : stream_pages(&p->in);
	if (!small) stream_ref_pages(&p->in);
	migrate_count.calls_away++;
	int r = cluster_send_wait(t->body.home_node, pages ? LANE_BULK : LANE_CONTROL, d->head, n, p->in.pages, pages,
				  small ? 0 : stream_last_len(&p->in), CUT_FREEZE | CUT_DESTROY);
	if (r == -EINTR)
		for (uint32_t i = 0; i < pages; i++) frame_unref(p->in.pages[i]);
	kfree(d);
	if (r == 0) ((struct guest *)t->guest)->asked_k = c.k;
	return r;
}

/* Wait for the answer to call k; -EINTR: the body is to leave, or to end. */
static int await_reply(struct task *t, struct parcel *p)
{
	struct guest *g = t->guest;

	for (;;) {
		int r = send_call(t, p);
		if (r == -EINTR) return r;
		if (r) { /* no memory just now, or the verdict that home is dead follows and destroys us */
			r = waitq_sleep(&g->wait, CUT_FREEZE | CUT_DESTROY, clock_now_ns() + ASK_AGAIN_NS);
			if (r == -EINTR) return r;
			continue;
		}
		uint64_t deadline = clock_now_ns() + ASK_AGAIN_NS;
		while (!g->reply) {
			r = waitq_sleep(&g->wait, CUT_FREEZE | CUT_DESTROY, deadline);
			if (r == -EINTR && !g->reply) return r;
			if (r == -ETIMEDOUT) break;
		}
		if (g->reply) return 0;
	}
}

static int32_t apply_reply(struct task *t, struct parcel *p)
{
	struct guest *g = t->guest;
	struct inbox *i = g->reply;
	struct msg_reply r;
	uint32_t at = 0;

	KASSERT(msg_get_reply(i->head, i->head_len, message_bytes(i->n_pages, i->last_len), &r));
	g->reply = NULL;
	stream_free(&p->out);
	if (r.data_inline) {
		if (!stream_write(&p->out, 0, r.data_inline, r.data_len)) r.result = -ENOMEM;
	} else {
		for (uint32_t k = 0; k < i->n_pages; k++) p->out.pages[k] = i->pages[k];
		i->n_pages = 0;
		p->out.len = r.data_len;
	}
	for (uint32_t k = 0; k < p->n && k < r.n_windows; k++) {
		if (r.filled[k] > p->w[k].len) r.filled[k] = 0;
		p->w[k].filled = r.filled[k];
		p->w[k].out_base = at;
		at += r.filled[k];
	}
	if (parcel_scatter(p, &t->umem) && r.result >= 0) r.result = -EFAULT;
	if (r.taken.signo) memcpy(&t->body.taken, &r.taken, sizeof(t->body.taken));
	inbox_free(i);
	return r.result;
}

/* Ask home and wait. -EAGAIN: no memory here to do so. */
static int call_once(struct task *t, int32_t *result)
{
	struct parcel *p = kzalloc(sizeof(*p));
	int r = p && gather(t, p) == 0 ? 0 : -EAGAIN;

	if (r == 0) r = await_reply(t, p);
	if (r == 0) *result = apply_reply(t, p);
	if (p) parcel_clear(p);
	kfree(p);
	return r;
}

int32_t guest_call_home(struct task *t, bool *parked)
{
	struct guest *g = t->guest;
	int32_t result = -ENOMEM;

	inbox_free(g->reply);
	g->reply = NULL;
	int r = call_once(t, &result);
	/* home runs the call already, asked from another node: it cannot be given up */
	while (r == -EAGAIN && g->asked_k == t->call.k) {
		if (waitq_sleep(&g->wait, CUT_FREEZE | CUT_DESTROY, clock_now_ns() + NO_MEMORY_NS) == -EINTR) r = -EINTR;
		else r = call_once(t, &result);
	}
	*parked = r == -EINTR;
	return result;
}

#define TELL_MIRROR_NS (10 * NS_PER_MS)
#define TELL_FIGURES_NS NS_PER_S

void guest_mirror(struct task *t)
{
	if (t->body.mirror_stale) return;
	t->body.mirror_stale = true; /* rides on the next request, else guests_step tells it */
	net_kick();
}

static void tell(struct task *t)
{
	uint8_t head[256];
	struct msg_call c;

	begin_call(t, &c);
	uint32_t n = msg_put_call(head, &c, head);
	if (cluster_send(t->body.home_node, LANE_CONTROL, head, n, NULL, 0, 0) == -EAGAIN) t->body.mirror_stale = true;
}

void guest_report(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result)
{
	uint8_t head[256];
	struct msg_call c;

	begin_call(t, &c);
	c.row = (uint16_t)sysrow_index(row);
	memcpy(c.arg, arg, sizeof(c.arg));
	c.skip = (uint32_t)result;
	uint32_t n = msg_put_call(head, &c, head);
	(void)cluster_send_wait(t->body.home_node, LANE_CONTROL, head, n, NULL, 0, 0, CUT_FREEZE | CUT_DESTROY);
}

/* The home's clock drifts from ours: follow it (ptime.c never shows it going back). */
static void follow_clock(struct body *b)
{
	cluster_clock_offset(b->home_node, &b->clock_offset_ns);
}

uint64_t guests_step(uint64_t now_ns)
{
	uint64_t next = UINT64_MAX;
	struct guest *g;

	list_for_each(g, &guests, node)
	{
		struct task *t = g->task;
		if (!t->body.space) continue; /* its body is not committed yet */
		uint64_t due = g->told_ns + (t->body.mirror_stale ? TELL_MIRROR_NS : TELL_FIGURES_NS);
		if (due <= now_ns && !t->body.space->freeze) {
			follow_clock(&t->body);
			tell(t);
			due = now_ns + TELL_FIGURES_NS;
		}
		next = MIN(next, MAX(due, now_ns + NS_PER_MS));
	}
	return next;
}
