/* capsule.c - a body packed into bytes and built again: registers, signal state, call record, areas. Pages travel apart.
 * Called by: depart.c (pack), arrive.c (unpack).
 * Never: a pointer or a native struct on the wire; a malformed capsule builds nothing.  */
#include "kernel/base/clock.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/ptime.h"
#include "kernel/proc/tracer.h"
#include "lib/str.h"

#define CAPSULE_VERSION 2
#define PART_MAX 1536u /* bytes of the longest part; parts are packed one by one through a buffer of this size */
#define PATH_KEPT 64u

/* A part is written to (or read from) the stream as one piece with its length before it. */
struct parts {
	struct stream *s;
	uint32_t at;
	uint8_t *buf;
	int error;
};

static void part_put(struct parts *p, const struct writer *w)
{
	uint32_t n = w->n;

	KASSERT(wr_ok(w));
	if (p->error) return;
	if (!stream_write(p->s, p->at, &n, 4) || !stream_write(p->s, p->at + 4, p->buf, n)) p->error = p->at > SYSCALL_SLICE - PART_MAX ? -E2BIG : -ENOMEM;
	p->at += 4 + n;
}

static bool part_get(struct parts *p, struct reader *r)
{
	uint32_t n = 0;

	rd_init(r, p->buf, 0);
	if (p->error || !stream_read(p->s, p->at, &n, 4) || n > PART_MAX || !stream_read(p->s, p->at + 4, p->buf, n)) {
		p->error = -EINVAL;
		return false;
	}
	p->at += 4 + n;
	rd_init(r, p->buf, n);
	return true;
}

static bool part_end(struct parts *p, const struct reader *r)
{
	if (!rd_done(r)) p->error = -EINVAL;
	return !p->error;
}

/* ---- registers */

static void pack_user(struct parts *p, struct arch_user *u)
{
	struct writer w;

	arch_user_sync(u);
	wr_init(&w, p->buf, PART_MAX);
	wr_u32(&w, CAPSULE_VERSION);
	wr_u32(&w, arch_cpu_features());
	const uint32_t *words = (const uint32_t *)&u->regs;
	for (uint32_t i = 0; i < sizeof(u->regs) / 4; i++) wr_u32(&w, words[i]);
	for (uint32_t i = 0; i < 3; i++) {
		wr_u32(&w, u->tls.desc[i][0]);
		wr_u32(&w, u->tls.desc[i][1]);
	}
	wr_bytes(&w, u->fpu.fxsave, sizeof(u->fpu.fxsave));
	part_put(p, &w);
}

/* Empty, or a segment (not a gate) of user mode: Intel SDM vol. 3, 3.4.5. */
static bool tls_sane(const struct arch_tls *tls)
{
	for (uint32_t i = 0; i < 3; i++)
		if ((tls->desc[i][0] || tls->desc[i][1]) && (tls->desc[i][1] >> 12 & 7) != 7) return false;
	return true;
}

static void unpack_user(struct parts *p, struct arch_user *u)
{
	struct reader r;

	if (!part_get(p, &r)) return;
	if (rd_u32(&r) != CAPSULE_VERSION) p->error = -EINVAL;
	rd_u32(&r);
	arch_user_init(u);
	uint32_t *words = (uint32_t *)&u->regs;
	for (uint32_t i = 0; i < sizeof(u->regs) / 4; i++) words[i] = rd_u32(&r);
	for (uint32_t i = 0; i < 3; i++) {
		u->tls.desc[i][0] = rd_u32(&r);
		u->tls.desc[i][1] = rd_u32(&r);
	}
	rd_bytes(&r, u->fpu.fxsave, sizeof(u->fpu.fxsave));
	if (part_end(p, &r) && !(tls_sane(&u->tls) && arch_user_sanitise(u))) p->error = -EINVAL;
}

/* ---- what else a body is */

static void pack_body(struct parts *p, struct task *t)
{
	const struct body *b = &t->body;
	struct figures used = task_figures(t);
	struct writer w;

	wr_init(&w, p->buf, PART_MAX);
	wr_u32(&w, b->pid);
	wr_u32(&w, b->tid);
	wr_u64(&w, b->mask);
	wr_u64(&w, b->saved_mask);
	wr_u8(&w, b->restore_mask);
	wr_u8(&w, b->poked);
	wr_u8(&w, t->has_home ? group_traced(t->home.group) : b->traced);
	wr_u32(&w, b->altstack_sp);
	wr_u32(&w, b->altstack_size);
	wr_u32(&w, b->altstack_flags);
	wr_u32(&w, b->clear_child_tid);
	wr_u32(&w, b->robust_list);
	wr_u32(&w, b->personality);
	wr_u64(&w, b->park_deadline_ns);
	wr_u32(&w, b->restart.row ? sysrow_index(b->restart.row) + 1 : 0);
	for (int i = 0; i < 6; i++) wr_u32(&w, b->restart.arg[i]);
	wr_bytes(&w, &b->taken, sizeof(b->taken));
	wr_bytes(&w, &b->forced, sizeof(b->forced));
	wr_u64(&w, b->expired);
	wr_u64(&w, t->has_home ? signal_pending_set(t) : b->pending_mirror);
	wr_u64(&w, ptime_monotonic(t));
	wr_u64(&w, (uint64_t)ptime_wall_offset(t));
	wr_u64(&w, b->clock_floor_ns);
	wr_u64(&w, b->vtimer_left_ns);
	wr_u64(&w, b->vtimer_interval_ns);
	wr_u64(&w, b->prof_left_ns);
	wr_u64(&w, b->prof_interval_ns);
	wr_u64(&w, used.user_ns);
	wr_u64(&w, used.system_ns);
	wr_u32(&w, used.min_faults);
	wr_u32(&w, used.maj_faults);
	wr_u64(&w, b->ended_ns);
	part_put(p, &w);
}

static void unpack_body(struct parts *p, struct body *b, uint16_t home)
{
	struct reader r;

	if (!part_get(p, &r)) return;
	b->pid = rd_u32(&r);
	b->tid = rd_u32(&r);
	b->mask = rd_u64(&r);
	b->saved_mask = rd_u64(&r);
	b->restore_mask = rd_u8(&r) != 0;
	b->poked = rd_u8(&r) != 0;
	b->traced = rd_u8(&r) != 0;
	b->altstack_sp = rd_u32(&r);
	b->altstack_size = rd_u32(&r);
	b->altstack_flags = rd_u32(&r);
	b->clear_child_tid = rd_u32(&r);
	b->robust_list = rd_u32(&r);
	b->personality = rd_u32(&r);
	b->park_deadline_ns = rd_u64(&r);
	uint32_t row = rd_u32(&r);
	b->restart.row = row ? sysrow_by_index(row - 1) : NULL;
	for (int i = 0; i < 6; i++) b->restart.arg[i] = rd_u32(&r);
	rd_bytes(&r, &b->taken, sizeof(b->taken));
	rd_bytes(&r, &b->forced, sizeof(b->forced));
	b->expired = rd_u64(&r);
	b->pending_mirror = rd_u64(&r);
	uint64_t home_now = rd_u64(&r);
	b->wall_offset_ns = (int64_t)rd_u64(&r);
	b->clock_floor_ns = rd_u64(&r);
	b->vtimer_left_ns = rd_u64(&r);
	b->vtimer_interval_ns = rd_u64(&r);
	b->prof_left_ns = rd_u64(&r);
	b->prof_interval_ns = rd_u64(&r);
	b->base.user_ns = rd_u64(&r);
	b->base.system_ns = rd_u64(&r);
	b->base.min_faults = rd_u32(&r);
	b->base.maj_faults = rd_u32(&r);
	b->ended_ns = rd_u64(&r);
	if (!part_end(p, &r)) return;
	if (b->taken.signo < 0 || b->taken.signo > 64 || b->forced.signo < 0 || b->forced.signo > 64) p->error = -EINVAL;
	b->home_node = home;
	/* what the source thought home's clock was will do until our own estimate is there */
	b->clock_offset_ns = home == this_node ? 0 : (int64_t)(home_now - clock_now_ns());
	cluster_clock_offset(home, &b->clock_offset_ns);
	if (home == this_node) b->wall_offset_ns = clock_wall_offset_ns();
}

static void pack_call(struct parts *p, const struct call *c)
{
	struct writer w;

	wr_init(&w, p->buf, PART_MAX);
	wr_u8(&w, (uint8_t)c->phase);
	wr_u32(&w, c->row ? sysrow_index(c->row) + 1 : 0);
	for (int i = 0; i < 6; i++) wr_u32(&w, c->arg[i]);
	wr_u32(&w, c->k);
	wr_u32(&w, (uint32_t)c->home_result);
	wr_u32(&w, c->done);
	wr_u32(&w, c->slice);
	wr_u8(&w, c->resumed);
	wr_u8(&w, c->inner);
	part_put(p, &w);
}

static void unpack_call(struct parts *p, struct call *c)
{
	struct reader r;

	if (!part_get(p, &r)) return;
	uint8_t phase = rd_u8(&r);
	uint32_t row = rd_u32(&r);
	*c = (struct call){.phase = phase, .row = row ? sysrow_by_index(row - 1) : NULL};
	for (int i = 0; i < 6; i++) c->arg[i] = rd_u32(&r);
	c->k = rd_u32(&r);
	c->home_result = (int32_t)rd_u32(&r);
	c->done = rd_u32(&r);
	c->slice = rd_u32(&r);
	c->resumed = rd_u8(&r) != 0;
	c->inner = rd_u8(&r) != 0;
	if (!part_end(p, &r)) return;
	bool needs_home = phase == CALL_HOME, needs_body = phase == CALL_BODY;
	if (phase > CALL_BODY || (phase != CALL_NONE && !c->row) || (needs_home && !c->row->home) || (needs_body && !c->row->body)) p->error = -EINVAL;
	if (p->error || phase == CALL_NONE) return;
	/* what only home can run has not begun when a body moves; a row without halves was resolved by its caller */
	if ((!c->row->home && !c->row->body) || ((c->row->flags & SYS_HOMEFIRST) && phase != CALL_START)) p->error = -EINVAL;
}

static void pack_actions(struct parts *p, const struct actions *a)
{
	struct writer w;

	wr_init(&w, p->buf, PART_MAX);
	for (uint32_t i = 0; i < ARRAY_LEN(a->act); i++) {
		wr_u32(&w, a->act[i].handler);
		wr_u32(&w, a->act[i].flags);
		wr_u32(&w, a->act[i].restorer);
		wr_u64(&w, a->act[i].mask);
	}
	part_put(p, &w);
}

static void unpack_actions(struct parts *p, struct actions *a)
{
	struct reader r;

	if (!part_get(p, &r)) return;
	for (uint32_t i = 0; i < ARRAY_LEN(a->act); i++) {
		a->act[i].handler = rd_u32(&r);
		a->act[i].flags = rd_u32(&r);
		a->act[i].restorer = rd_u32(&r);
		a->act[i].mask = rd_u64(&r);
	}
	part_end(p, &r);
}

/* ---- the space: figures, then one part per area */

#define SPACE_WORDS(s) \
	{&(s)->brk_start, &(s)->brk, &(s)->limit_as_pages, &(s)->limit_data_pages, &(s)->limit_stack_bytes, &(s)->code_start, &(s)->code_end, \
	 &(s)->data_start, &(s)->data_end, &(s)->stack_start, &(s)->arg_start, &(s)->arg_end, &(s)->env_start, &(s)->env_end, \
	 &(s)->lock_future, &(s)->barriers}

static void pack_space(struct parts *p, struct space *s)
{
	uint32_t *const words[] = SPACE_WORDS(s);
	struct writer w;

	wr_init(&w, p->buf, PART_MAX);
	for (uint32_t i = 0; i < ARRAY_LEN(words); i++) wr_u32(&w, *words[i]);
	wr_u32(&w, s->n_areas);
	part_put(p, &w);
}

/* The number that stands for a backing on the wire: home's pin. */
static int backing_number(struct task *t, struct backing *b, uint32_t *id)
{
	if (remote_backing_id(b, id)) return 0;
	if (!t->has_home) return -EPERM; /* a shared object made here: it has no other place */
	*id = unit_pin(t->home.unit, b);
	return *id ? 0 : -ENOMEM;
}

static void pack_area(struct parts *p, struct task *t, const struct area *a)
{
	char path[PATH_KEPT] = "";
	uint32_t id = 0;
	uint64_t size = 0;
	struct writer w;

	if (a->backing) {
		int r = backing_number(t, a->backing, &id);
		if (r) p->error = r;
		size = a->backing->ops->size(a->backing);
		if (a->backing->ops->describe) a->backing->ops->describe(a->backing, path, sizeof(path), NULL, NULL);
	}
	wr_init(&w, p->buf, PART_MAX);
	wr_u32(&w, a->start);
	wr_u32(&w, a->end);
	wr_u32(&w, a->prot);
	wr_u32(&w, a->flags);
	wr_u32(&w, id);
	wr_u32(&w, a->pgoff);
	wr_u64(&w, size);
	wr_text(&w, path);
	part_put(p, &w);
}

struct origin { struct unit *unit; uint16_t home; uint32_t id, epoch; };

static struct backing *find_backing(struct space *s, const struct origin *o, uint32_t id, uint64_t size, const char *path)
{
	struct area *a;
	uint32_t have;

	if (o->unit) return unit_pinned(o->unit, id);
	list_for_each(a, &s->areas, node)
	{
		if (!a->backing || !remote_backing_id(a->backing, &have) || have != id) continue;
		a->backing->ops->ref(a->backing);
		return a->backing;
	}
	return remote_backing(o->home, o->id, o->epoch, id, size, path);
}

static bool overlaps(struct space *s, uint32_t start, uint32_t end)
{
	struct area *a = space_first_after(s, start);
	return a && a->start < end;
}

static void unpack_area(struct parts *p, struct space *s, const struct origin *o)
{
	char path[PATH_KEPT];
	struct reader r;

	if (!part_get(p, &r)) return;
	uint32_t start = rd_u32(&r), end = rd_u32(&r), prot = rd_u32(&r), flags = rd_u32(&r), id = rd_u32(&r), pgoff = rd_u32(&r);
	uint64_t size = rd_u64(&r);
	rd_text(&r, path, sizeof(path));
	if (!part_end(p, &r)) return;
	bool sane = !((start | end) & PAGE_MASK) && start < end && start >= USER_START && end <= USER_END && prot <= 7 && !overlaps(s, start, end);
	struct backing *b = sane && id ? find_backing(s, o, id, size, path) : NULL;
	if (!sane || (id && !b)) {
		p->error = -EINVAL;
		return;
	}
	uint32_t map_flags = MAP_FIXED | (b ? MAP_PRIVATE : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	int32_t at = space_map(s, start, end - start, prot, map_flags, flags, b, pgoff);
	if (b) b->ops->unref(b);
	if ((uint32_t)at != start) p->error = at < 0 && at > -4096 ? at : -EINVAL;
}

static void unpack_space(struct parts *p, struct space *s, const struct origin *o)
{
	uint32_t *const words[] = SPACE_WORDS(s);
	uint32_t kept[ARRAY_LEN(words)];
	struct reader r;

	if (!part_get(p, &r)) return;
	for (uint32_t i = 0; i < ARRAY_LEN(words); i++) kept[i] = rd_u32(&r);
	uint32_t n = rd_u32(&r);
	if (!part_end(p, &r) || n > SPACE_AREAS_MAX) p->error = -EINVAL;
	while (!p->error && n--) unpack_area(p, s, o);
	if (p->error) return;
	for (uint32_t i = 0; i < ARRAY_LEN(words); i++) *words[i] = kept[i]; /* limits last: they were checked at home */
	if (s->brk_start > s->brk || s->brk >= USER_END) p->error = -EINVAL;
}

/* ---- all of it */

int capsule_pack(struct stream *s, struct task *t)
{
	struct parts p = {.s = s, .buf = kmalloc(PART_MAX)};
	struct area *a;

	if (!p.buf) return -ENOMEM;
	pack_user(&p, &t->body.user);
	pack_body(&p, t);
	pack_call(&p, &t->call);
	pack_actions(&p, t->body.actions);
	pack_space(&p, t->body.space);
	list_for_each(a, &t->body.space->areas, node) pack_area(&p, t, a);
	kfree(p.buf);
	return p.error;
}

int capsule_unpack(const struct stream *s, struct body *b, struct call *c, uint32_t *tid, struct unit *home_unit, uint16_t home, uint32_t unit, uint32_t epoch)
{
	struct parts p = {.s = (struct stream *)(uintptr_t)s, .buf = kmalloc(PART_MAX)};
	struct origin o = {.unit = home_unit, .home = home, .id = unit, .epoch = epoch};

	b->space = space_new();
	b->actions = kzalloc(sizeof(*b->actions));
	if (!p.buf || !b->space || !b->actions) p.error = -ENOMEM;
	if (!p.error) {
		b->actions->refs = 1;
		b->unit = unit;
		unpack_user(&p, &b->user);
		unpack_body(&p, b, home);
		unpack_call(&p, c);
		unpack_actions(&p, b->actions);
		unpack_space(&p, b->space, &o);
		if (!p.error && p.at != s->len) p.error = -EINVAL;
		*tid = b->tid;
	}
	kfree(p.buf);
	if (!p.error) return 0;
	if (b->space) space_unref(b->space);
	kfree(b->actions);
	b->space = NULL;
	b->actions = NULL;
	return p.error;
}
