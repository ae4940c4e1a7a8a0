/* deputy.c - the home thread while its body is away: serves the calls that come, keeps the last answer.
 * Called by: dispatch.c through the hallway, clusterd.c for each CALL.
 * Never: touches a body; the caller's memory is the parcel that came with the call.  */
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/sigmask.h"
#include "kernel/proc/tracer.h"
#include "lib/str.h"

struct deputy *deputy_of(struct task *t)
{
	struct deputy *d = t->home.deputy;

	if (d) return d;
	d = kzalloc(sizeof(*d));
	if (!d) return NULL;
	waitq_init(&d->wait);
	t->home.deputy = d;
	return d;
}

void deputy_forget(struct task *t)
{
	struct deputy *d = t->home.deputy;

	if (!d) return;
	inbox_free(d->request);
	parcel_clear(&d->parcel);
	kfree(d);
	t->home.deputy = NULL;
}

void deputy_lost(struct task *t)
{
	struct deputy *d = t->home.deputy;

	if (!d) return;
	d->lost = true;
	waitq_wake_all(&d->wait);
	thread_cut(&t->thread, CUT_DESTROY | CUT_SIGNAL); /* a home half that sleeps heeds at least one of them */
}

void deputy_on_call(struct task *t, const struct fx_message *m, const struct msg_call *c)
{
	struct deputy *d = t->home.deputy;

	if (!d || (d->busy && c->k == d->busy_k) || (d->request && c->k == d->busy_k)) {
		/* said again while its home half runs: the answer follows */
		for (uint32_t i = 0; i < m->n_pages; i++) frame_unref(m->pages[i]);
		return;
	}
#ifndef MUTANT_CALL_TWICE
	if (t->home.kept.valid && c->k == t->home.kept.k) {
		for (uint32_t i = 0; i < m->n_pages; i++) frame_unref(m->pages[i]);
		d->again = true;
		waitq_wake_all(&d->wait);
		return;
	}
#endif
	struct inbox *kept = inbox_keep(m);
	if (!kept) return; /* the guest asks again after its time-out */
	inbox_free(d->request);
	d->request = kept;
	if (!d->busy) d->busy_k = c->k;
	waitq_wake_all(&d->wait);
}

/* A first CALL of the new epoch may be here before the mover's thread has run: it asks for the answer of the home half that
 * stayed behind, which is not to run twice. */
void deputy_settle(struct task *t, bool in_call)
{
	struct deputy *d = t->home.deputy;
	bool answered = t->home.kept.valid && t->home.kept.k == t->call.k;
	struct msg_call c;

	if (in_call) {
		d->busy = !answered;
		d->busy_k = t->call.k;
	}
	if (d->request && msg_get_call(d->request->head, d->request->head_len, message_bytes(d->request->n_pages, d->request->last_len), &c) &&
	    c.k == t->call.k && (answered || d->busy)) {
		inbox_free(d->request);
		d->request = NULL;
		d->again = answered;
	}
	waitq_wake_all(&d->wait);
}

/* OUT bytes of the windows, back to back from the stream's start. */
static bool compact(struct parcel *p)
{
	struct stream packed = {0};
	uint8_t part[256];

	for (uint32_t i = 0; i < p->n; i++) {
		for (uint32_t n = 0; n < p->w[i].filled;) {
			uint32_t len = MIN(sizeof(part), p->w[i].filled - n);
			if (!stream_read(&p->out, p->w[i].out_base + n, part, len) || !stream_write(&packed, packed.len, part, len)) {
				stream_free(&packed);
				return false;
			}
			n += len;
		}
		p->w[i].out_base = packed.len - p->w[i].filled;
	}
	stream_free(&p->out);
	p->out = packed;
	return true;
}

static uint32_t windows_filled(const struct parcel *p)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < p->n; i++) n += p->w[i].filled;
	return n;
}

static void send_reply(struct task *t)
{
	struct deputy *d = t->home.deputy;
	struct unit *u = t->home.unit;
	struct parcel *p = &d->parcel;
	struct draft { uint8_t head[WIRE_HEAD_MAX], data[MSG_REPLY_ROOM]; } *w = kmalloc(sizeof(*w));
	if (!w) return; /* the guest asks again */
	struct msg_reply r = {
		.key = {.kind = MSG_REPLY, .home = this_node, .unit = u->id, .epoch = u->epoch},
		.tid = t->home.tid, .k = t->home.kept.k, .result = t->home.kept.result, .poke = signal_deliverable(t), .traced = group_traced(t->home.group), .pending = signal_pending_set(t), .n_windows = (uint8_t)p->n,
	};
	t->home.poke_epoch = 0; /* the answer tells it again */
	_Static_assert(sizeof(r.taken) == sizeof(t->home.taken_info), "a ksiginfo travels as msg_info");
	memcpy(&r.taken, &t->home.taken_info, sizeof(r.taken));
	if (p->out.len != windows_filled(p) && !compact(p)) {
		r.result = -ENOMEM;
		for (uint32_t i = 0; i < p->n; i++) p->w[i].filled = 0;
		stream_free(&p->out);
	}
	for (uint32_t i = 0; i < p->n; i++) r.filled[i] = p->w[i].filled;
	r.data_len = windows_filled(p);
	bool small = r.data_len <= sizeof(w->data) && stream_read(&p->out, 0, w->data, r.data_len);
	uint32_t n = msg_put_reply(w->head, &r, small ? w->data : NULL);
	uint32_t pages = small ? 0 : stream_pages(&p->out);
	if (!small) stream_ref_pages(&p->out);
	cluster_send_wait(u->route, pages ? LANE_BULK : LANE_CONTROL, w->head, n, p->out.pages, pages, small ? 0 : stream_last_len(&p->out), 0);
	kfree(w);
	if (!r.poke && !t->has_body && signal_deliverable(t)) hallway.poke(t); /* its POKE may have overtaken the answer */
}

static bool take_windows(struct parcel *p, const struct msg_call *c, struct inbox *i)
{
	uint32_t in = 0, out = 0;

	parcel_clear(p);
	p->n = c->n_windows;
	for (uint32_t k = 0; k < p->n; k++) {
		p->w[k].at = c->w[k].at;
		p->w[k].len = c->w[k].len;
		p->w[k].in = c->w[k].in;
		p->w[k].out = c->w[k].out;
		p->w[k].in_base = in;
		p->w[k].out_base = out;
		if (c->w[k].in) in += c->w[k].len;
		if (c->w[k].out) out += c->w[k].len;
	}
	if (c->data_inline) return stream_write(&p->in, 0, c->data_inline, c->data_len);
	for (uint32_t k = 0; k < i->n_pages; k++) p->in.pages[k] = i->pages[k];
	i->n_pages = 0;
	p->in.len = c->data_len;
	return true;
}

void deputy_learn(struct task *t, const struct msg_call *c)
{
	const struct msg_mirror *m = &c->mirror;
	const uint32_t w[6] = {
		(uint32_t)m->mask, (uint32_t)(m->mask >> 32), (uint32_t)m->ignored, (uint32_t)(m->ignored >> 32),
		(uint32_t)m->caught, (uint32_t)(m->caught >> 32),
	};

	mirror_apply(t, w);
	t->home.figures = (struct figures){c->used.user_ns, c->used.system_ns, c->used.min_faults, c->used.maj_faults, c->used.vm_pages, c->used.rss_pages, c->used.locked_pages};
}

static int32_t run_home_half(struct ucall *u, const struct sysrow *row)
{
	struct task *t = u->task;

	if (traced(t)) trace_enter(t, row, u->arg);
	int32_t result = row->home(u);
	if (!(row->flags & SYS_ENDS) && traced(t)) trace_exit(t, row, u->arg, result);
	if (t->home.taken_info.signo) trace_signal(t, &t->home.taken_info);
	return result;
}

static void serve_one(struct task *t)
{
	struct deputy *d = t->home.deputy;
	struct inbox *i = d->request;
	struct msg_call c;

	d->request = NULL;
	d->again = false;
	d->busy = true;
	KASSERT(msg_get_call(i->head, i->head_len, message_bytes(i->n_pages, i->last_len), &c)); /* decoded once already */
	const struct sysrow *row = sysrow_by_index(c.row);
	deputy_learn(t, &c);
	bool whole = take_windows(&d->parcel, &c, i);
	struct ucall u = {.task = t, .mem = &t->umem, .nonblock = c.nonblock, .skip = c.skip};
	memcpy(u.arg, c.arg, sizeof(u.arg));
	d->busy_k = c.k;
	inbox_free(i);
	t->umem.ops = &umem_deputy_ops;
	t->umem.ctx = &d->parcel;
	memset(&t->home.taken_info, 0, sizeof(t->home.taken_info));
	migrate_count.calls_served++;
	int32_t result = -ENOSYS;
	if (!whole)
		result = -ENOMEM;
	else if (row && row->home && !(row->flags & SYS_HOMEFIRST))
		result = run_home_half(&u, row);
	t->home.kept.k = c.k;
	t->home.kept.result = result;
	t->home.kept.valid = true;
	d->busy = false;
	if (!t->has_body) send_reply(t);
	if (row && (row->flags & SYS_ENDS)) task_end(t);
}

static NORETURN void end_lost(struct task *t)
{
	struct figures used = t->home.figures;

	klog(LOG_WARN, "process %u (%s) killed: its node %u is gone", t->home.group->pid, t->home.group->comm, t->home.unit->route);
	migrate_count.bodies_lost++;
	home_exit_group(t, SIGKILL, &used);
	task_end(t);
}

/* The body is here again: what the last home half stored goes into its memory. */
static void body_is_back(struct task *t)
{
	struct deputy *d = t->home.deputy;
	bool was_deputy = t->umem.ops == &umem_deputy_ops;

	umem_init_local(&t->umem, t->body.space, &t->body.space->moved);
	if (!was_deputy) return;
	if (t->home.kept.valid && t->call.phase == CALL_HOME && t->call.k == t->home.kept.k) {
		if (parcel_scatter(&d->parcel, &t->umem) && t->home.kept.result >= 0) t->home.kept.result = -EFAULT;
		if (t->home.taken_info.signo) t->body.taken = t->home.taken_info;
	}
	parcel_clear(&d->parcel);
}

void deputy_serve(struct task *t)
{
	struct deputy *d = deputy_of(t);

	t->parked = true;
	while (!t->exiting) {
		if (t->has_body) {
			if (!t->body.space->freeze) break;
			waitq_wake_all(&t->body.space->moved); /* the mover waits for us to be quiet */
			waitq_sleep(&t->body.space->moved, 0, FOREVER);
		} else if (d->lost) {
			end_lost(t);
		} else if (d->request) {
			serve_one(t);
		} else if (d->again) {
			d->again = false;
			send_reply(t);
		} else {
			waitq_sleep(&d->wait, 0, FOREVER);
		}
	}
	t->parked = false;
	if (!t->has_body) return;
	/* a call that was asked for and not begun: the body makes it here, it must not be made again when the body leaves */
	inbox_free(d->request);
	d->request = NULL;
	d->again = false;
	if (t->umem.ops == &umem_deputy_ops) body_is_back(t);
}

void deputy_result(struct task *t, int32_t result)
{
	t->home.kept.k = t->call.k;
	t->home.kept.result = result;
	t->home.kept.valid = true;
	if (t->home.deputy) ((struct deputy *)t->home.deputy)->busy = false;
	if (!t->has_body) {
		if (!(t->call.row->flags & SYS_ENDS) && traced(t)) trace_exit(t, t->call.row, t->call.arg, result);
		send_reply(t);
		if (t->call.row->flags & SYS_ENDS) task_end(t);
	}
	deputy_serve(t);
}
