/* unit.c - home's record of what moves as one: where it is, which files it maps, and the orders to move it.
 * Called by: clusterd.c for messages, /proc/PID/{where,goto,...}, capsule.c for pins.
 * Never: touches a body.  */
#include "fs/synth.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define ORDER_TIMEOUT_NS (30 * NS_PER_S)
#define BUSY_NS (5 * NS_PER_MS)

struct unit_home *unit_home_of(struct unit *u)
{
	struct unit_home *h = u->commit;

	if (h) return h;
	h = kzalloc(sizeof(*h));
	if (!h) return NULL;
	commit_init(&h->commit, this_node);
	h->commit.epoch = u->epoch;
	list_init(&h->pins);
	waitq_init(&h->order_done);
	u->commit = h;
	return h;
}

void unit_forget(struct unit *u)
{
	if (!u->commit) return;
	unit_drop_pins(u);
	kfree(u->commit);
	u->commit = NULL;
}

/* ---- pins: files that an away body maps */

uint32_t unit_pin(struct unit *u, struct backing *b)
{
	struct unit_home *h = unit_home_of(u);
	struct pin *p;

	if (!h) return 0;
	list_for_each(p, &h->pins, node)
		if (p->backing == b) return p->id;
	p = kmalloc(sizeof(*p));
	if (!p) return 0;
	p->id = ++h->next_pin;
	p->backing = b;
	b->ops->ref(b);
	list_push_back(&h->pins, &p->node);
	return p->id;
}

struct backing *unit_pinned(struct unit *u, uint32_t id)
{
	struct unit_home *h = u->commit;
	struct pin *p;

	if (!h) return NULL;
	list_for_each(p, &h->pins, node)
	{
		if (p->id != id) continue;
		p->backing->ops->ref(p->backing);
		return p->backing;
	}
	return NULL;
}

void unit_drop_pins(struct unit *u)
{
	struct unit_home *h = u->commit;
	struct list_node *n;

	if (!h) return;
	while ((n = list_pop_front(&h->pins))) {
		struct pin *p = list_entry(n, struct pin, node);
		p->backing->ops->unref(p->backing);
		kfree(p);
	}
}

/* ---- the commit rule's messages */

/* about: the epoch that a RESUME is the answer to; for GO and KILL the epoch that the attempt leaves. */
static void obey(struct unit *u, const struct commit_out *out, uint32_t about)
{
	static const uint8_t kinds[] = {[COMMIT_GO] = MSG_GO, [COMMIT_KILL] = MSG_KILL, [COMMIT_DONE] = MSG_DONE, [COMMIT_RESUME] = MSG_RESUME};
	struct unit_home *h = u->commit;
	struct task_home *th;

	if (out->moved) {
		klog(LOG_INFO, "unit %u: commit epoch %u on node %u, from node %u", u->id, h->commit.epoch, h->commit.route, u->route);
		u->route = h->commit.route;
		u->epoch = h->commit.epoch;
		u->n_moves++;
	}
	for (uint32_t i = 0; i < out->n; i++) {
		struct msg_ctl m = {.key = {.kind = kinds[out->msg[i].kind], .home = this_node, .unit = u->id, .epoch = out->msg[i].epoch}, .from_epoch = about};
		cluster_ctl(out->msg[i].node, &m);
	}
	if (!out->lost) return;
	h->lost = true;
	list_for_each(th, &u->tasks, in_unit) deputy_lost(container_of(th, struct task, home));
	unit_order_over(u, -EHOSTDOWN);
}

/* The body runs there: the order is carried out, and a signal that came while nobody could be poked is announced. */
static void on_started(struct unit *u)
{
	struct task_home *th;

	unit_order_over(u, 0);
	list_for_each(th, &u->tasks, in_unit)
	{
		struct task *t = container_of(th, struct task, home);
		th->poke_epoch = 0;
		if (!t->has_body && signal_deliverable(t)) hallway.poke(t);
	}
}

bool unit_accept(struct unit *u, uint16_t from, uint32_t epoch)
{
	struct unit_home *h = u->commit;
	struct commit_out out;

	bool known = h && h->commit.started;
	if (!h || !commit_accept(&h->commit, from, epoch, &out)) return false;
	obey(u, &out, 0);
	if (!known) on_started(u); /* whatever its first message is: another lane may be faster */
	return true;
}

void unit_order_over(struct unit *u, int32_t status)
{
	struct unit_home *h = u->commit;

	if (!h || h->order_status != 1) return;
	h->order_status = status;
	waitq_wake_all(&h->order_done);
}

static void on_ready(struct unit *u, uint16_t from, const struct msg_ctl *m)
{
	struct unit_home *h = u->commit;
	struct commit_out out;

	if (h->lost) {
		struct msg_ctl kill = {.key = m->key, .from_epoch = m->from_epoch};
		kill.key.kind = MSG_KILL;
		cluster_ctl(from, &kill);
		return;
	}
	commit_ready(&h->commit, from, m->node, m->from_epoch, m->key.epoch, &out);
	obey(u, &out, m->from_epoch);
}

void unit_on_ctl(uint16_t from, const struct msg_ctl *m)
{
	struct unit *u = m->key.home == this_node ? unit_find(m->key.unit) : NULL;
	struct commit_out out;

	if (!u || !u->commit) {
		struct msg_ctl kill = {.key = m->key, .from_epoch = m->key.kind == MSG_READY ? m->from_epoch : 0};
		kill.key.kind = m->key.kind == MSG_ASK ? MSG_DONE : MSG_KILL;
		if (m->key.kind == MSG_READY || m->key.kind == MSG_STARTED || m->key.kind == MSG_ASK) cluster_ctl(from, &kill);
		return;
	}
	struct unit_home *h = u->commit;
	switch (m->key.kind) {
	case MSG_READY: on_ready(u, from, m); break;
	case MSG_STARTED: unit_accept(u, from, m->key.epoch); break;
	case MSG_ASK:
		commit_ask(&h->commit, from, m->key.epoch, &out);
		obey(u, &out, m->key.epoch);
		break;
	case MSG_RESULT:
		if (from == h->order_to) unit_order_over(u, m->status);
		break;
	default: break;
	}
}

void unit_peer_down(uint16_t node)
{
	struct unit *u;
	struct commit_out out;

	list_for_each(u, &all_units, node)
	{
		struct unit_home *h = u->commit;
		if (!h) continue;
		uint32_t epoch = h->commit.epoch;
		commit_peer_down(&h->commit, node, &out);
		obey(u, &out, epoch);
	}
}

/* ---- orders */

static struct task *first_task(struct unit *u)
{
	struct task_home *th = list_first(&u->tasks, struct task_home, in_unit);
	return th ? container_of(th, struct task, home) : NULL;
}

static int give_order(struct unit *u, uint16_t node)
{
	struct task *t = first_task(u);

	if (!t) return -ESRCH;
	((struct unit_home *)u->commit)->order_to = u->route;
	if (u->route == this_node) return depart_begin(t, node);
	struct msg_ctl m = {.key = {.kind = MSG_ORDER, .home = this_node, .unit = u->id, .epoch = u->epoch}, .node = node};
	cluster_ctl(u->route, &m);
	return 0;
}

/* One order, until it is carried out or refused. */
static int order_once(struct unit *u, struct unit_home *h, uint16_t node, uint64_t deadline)
{
	h->order_status = 1;
	int r = give_order(u, node);
	while (r == 0 && h->order_status == 1) {
		r = waitq_sleep(&h->order_done, CUT_SIGNAL | CUT_DESTROY, deadline);
		if (r == -EINTR) r = -ERESTARTSYS;
	}
	if (r == 0) r = h->order_status;
	h->order_status = 0;
	return r;
}

static int move_checked(struct unit *u, uint16_t node)
{
	uint64_t deadline = clock_now_ns() + ORDER_TIMEOUT_NS;
	char why[64];

	for (;;) {
		if (u->route == node) {
			if (node == this_node) u->return_to = 0; /* here for one call: now it stays */
			return 0;
		}
		unit_cantmove(u, why, sizeof(why));
		if (why[0]) return -EPERM;
		if (!cluster_peer_up(node)) return -EHOSTUNREACH;
		struct unit_home *h = unit_home_of(u);
		if (!h) return -ENOMEM;
		int r = order_once(u, h, node, deadline);
		/* on its way by itself (a call that only home can run): the order stands until that is over */
		bool again = r == 0 || r == -EBUSY || r == -EAGAIN || (r == -ESRCH && !list_empty(&u->tasks));
		if (r == 0 && u->route == node) return 0; /* else it started, but elsewhere: brought home meanwhile */
		if (!again || clock_now_ns() > deadline) return r;
		if (waitq_sleep(&u->changed, CUT_SIGNAL | CUT_DESTROY, clock_now_ns() + BUSY_NS) == -EINTR) return -ERESTARTSYS;
	}
}

int unit_move(struct unit *u, uint16_t node)
{
	if (u->moving) return -EBUSY;
	u->moving = true;
	unit_ref(u);
	int r = move_checked(u, node);
	u->moving = false;
	unit_unref(u);
	waitq_wake_all(&u->changed);
	return r;
}

int unit_fetch(struct unit *u)
{
	uint16_t from = u->route;
	int r = unit_move(u, this_node);

	if (r == 0 && from != this_node) u->return_to = from;
	return r;
}

/* ---- /proc/PID */

static struct unit *unit_of_pid(uint32_t pid)
{
	struct group *g = group_find(pid);
	struct task_home *th = g ? list_first(&g->tasks, struct task_home, in_group) : NULL;
	return th ? th->unit : NULL;
}

static int show_where(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct unit *u = unit_of_pid(pid);

	UNUSED(who);
	if (!u) return -ESRCH;
	sink_printf(s, "%u\n", u->route == this_node ? 0 : u->route);
	return 0;
}

static int show_nmigs(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct unit *u = unit_of_pid(pid);

	UNUSED(who);
	if (!u) return -ESRCH;
	sink_printf(s, "%u\n", u->n_moves);
	return 0;
}

static int show_cantmove(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct unit *u = unit_of_pid(pid);
	char why[64];

	UNUSED(who);
	if (!u) return -ESRCH;
	unit_cantmove(u, why, sizeof(why));
	if (why[0]) sink_printf(s, "%s\n", why);
	return 0;
}

static int show_goto(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	UNUSED(who);
	if (!unit_of_pid(pid)) return -ESRCH;
	sink_printf(s, "\n");
	return 0;
}

/* "home" or a node number; 0 means home too. */
static bool parse_node(const char *text, uint32_t *node)
{
	uint32_t v = 0, i = 0;

	if (strncmp(text, "home", 4) == 0 && (text[4] == 0 || text[4] == '\n')) {
		*node = this_node;
		return true;
	}
	for (; text[i] >= '0' && text[i] <= '9' && i < 6; i++) v = v * 10 + (uint32_t)(text[i] - '0');
	*node = v ? v : this_node;
	return i > 0 && (text[i] == 0 || text[i] == '\n') && v <= WIRE_NODE_MAX;
}

static int store_goto(uint32_t pid, const char *text, uint32_t n, const struct fs_caller *who)
{
	struct unit *u = unit_of_pid(pid);
	struct group *g = group_find(pid);
	uint32_t node;

	UNUSED(n);
	if (!u || !g) return -ESRCH;
	if (!capable(who) && who->cred->euid != g->cred.uid) return -EPERM;
	if (!parse_node(text, &node)) return -EINVAL;
	return unit_move(u, (uint16_t)node);
}

void unit_rows_register(void)
{
	static struct pid_row where = {.name = "where", .mode = 0444, .show = show_where};
	static struct pid_row nmigs = {.name = "nmigs", .mode = 0444, .show = show_nmigs};
	static struct pid_row cantmove = {.name = "cantmove", .mode = 0444, .show = show_cantmove};
	static struct pid_row go = {.name = "goto", .mode = 0644, .show = show_goto, .store = store_goto};

	proc_register_pid(&where);
	proc_register_pid(&nmigs);
	proc_register_pid(&cantmove);
	proc_register_pid(&go);
}
