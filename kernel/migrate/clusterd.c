/* clusterd.c - joins the pure node (cluster/node.c) to this machine: frames, pages, clock, and who gets which message.
 * Called by: the net thread (frames, timers), and by kernel/migrate to send.
 * Never: decides anything about a body; it hands messages to unit, depart, arrive, deputy, guest and pager.  */
#include "cluster/node.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/migrate/stats.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"
#include "net/netdev.h"

#define CTL_LATER_MAX 256 /* control messages that wait for room: a few for each unit that moves, a POKE for each task away */
#define FRAMES_KEPT 64    /* frames left for others when a message out of order asks */

static struct cnode node;
static struct peer peers[CNODE_PEERS];
static struct rdp_msg tx_slots[CNODE_TX_SLOTS], rx_slots[CNODE_RX_SLOTS];
static struct netdev *card;
static struct net_stepper stepper;
static struct waitq room_waiters;
static struct { uint16_t to; struct msg_ctl m; } later[CTL_LATER_MAX];
static uint32_t n_later;
struct migrate_counters migrate_count;

static uint64_t now_us(void)
{
	return clock_now_ns() / NS_PER_US;
}

/* ---- messages in */

uint32_t message_bytes(uint32_t n_pages, uint32_t last_len)
{
	return n_pages ? (n_pages - 1) * PAGE_SIZE + last_len : 0;
}

static void free_pages(const uint32_t *pages, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) frame_unref(pages[i]);
}

struct inbox *inbox_keep(const struct fx_message *m)
{
	struct inbox *i = kmalloc(sizeof(*i) + m->head_len);

	if (!i) {
		klog(LOG_ERR, "cluster: no memory for a message of %u bytes from node %u", m->head_len, m->from);
		free_pages(m->pages, m->n_pages);
		return NULL;
	}
	list_init(&i->node);
	i->from = m->from;
	i->head_len = m->head_len;
	i->last_len = m->last_len;
	i->n_pages = m->n_pages;
	for (uint32_t k = 0; k < m->n_pages; k++) i->pages[k] = m->pages[k];
	memcpy(i->head, m->head, m->head_len);
	return i;
}

void inbox_free(struct inbox *i)
{
	if (!i) return;
	free_pages(i->pages, i->n_pages);
	kfree(i);
}

static void deliver_ctl(const struct fx_message *m)
{
	struct msg_ctl c;

	if (!msg_get_ctl(m->head, m->head_len, &c)) return;
	switch (c.key.kind) {
	case MSG_OFFER: arrive_on_offer(m->from, &c); break;
	case MSG_ABORT:
	case MSG_GO: arrive_on_ctl(m->from, &c); break;
	case MSG_KILL:
		if (c.from_epoch)
			arrive_on_ctl(m->from, &c);
		else if (m->from == c.key.home)
			guest_on_kill(&c);
		break;
	case MSG_ANSWER:
	case MSG_DONE:
	case MSG_RESUME:
	case MSG_ORDER: depart_on_ctl(m->from, &c); break;
	case MSG_POKE:
		if (m->from == c.key.home) guest_on_poke(&c);
		break;
	default: unit_on_ctl(m->from, &c); break;
	}
}

static void refuse_stale(uint16_t to, const struct msg_key *key)
{
	struct msg_ctl kill = {.key = *key};

	kill.key.kind = MSG_KILL;
	migrate_count.stale++;
	cluster_ctl(to, &kill);
}

/* A call that a traced guest made where it is: only a row without a home half is told so. */
static void hear_report(struct task *t, const struct msg_call *c)
{
	const struct sysrow *row = c->row ? sysrow_by_index(c->row) : NULL;

	if (row && row->body && !row->home) trace_report(t, row, c->arg, (int32_t)c->skip);
}

static void deliver_call(const struct fx_message *m)
{
	struct msg_call c;

	if (!msg_get_call(m->head, m->head_len, message_bytes(m->n_pages, m->last_len), &c)) {
		free_pages(m->pages, m->n_pages);
		return;
	}
	struct task *t = c.key.home == this_node ? task_find(c.tid) : NULL;
	struct unit *u = t ? t->home.unit : NULL;
	if (!u || u->id != c.key.unit || !unit_accept(u, m->from, c.key.epoch)) {
		free_pages(m->pages, m->n_pages);
		if (c.key.home == this_node) refuse_stale(m->from, &c.key);
		return;
	}
	if (c.k == 0) {
		free_pages(m->pages, m->n_pages);
		deputy_learn(t, &c);
		hear_report(t, &c);
		return;
	}
	deputy_on_call(t, m, &c);
}

static void deliver_reply(const struct fx_message *m)
{
	struct msg_reply r;

	if (msg_get_reply(m->head, m->head_len, message_bytes(m->n_pages, m->last_len), &r) && m->from == r.key.home)
		guest_on_reply(m, &r);
	else
		free_pages(m->pages, m->n_pages);
}

static void deliver_page(const struct fx_message *m)
{
	struct msg_page_ask p;

	if (!msg_get_page(m->head, m->head_len, m->n_pages, &p))
		free_pages(m->pages, m->n_pages);
	else if (p.key.kind == MSG_PAGE_ASK)
		pager_on_ask(m);
	else
		guest_on_page(m, &p);
}

static void on_deliver(void *ctx, const struct fx_message *m)
{
	struct msg_key key;

	UNUSED(ctx);
	if (!msg_get_key(m->head, m->head_len, &key)) {
		free_pages(m->pages, m->n_pages);
		return;
	}
	switch (key.kind) {
	case MSG_END:
	case MSG_CAPSULE:
	case MSG_PAGES: arrive_on_bulk(m, &key); break;
	case MSG_CALL: deliver_call(m); break;
	case MSG_REPLY: deliver_reply(m); break;
	case MSG_PAGE_ASK:
	case MSG_PAGE_TELL: deliver_page(m); break;
	default:
		if (m->n_pages == 0)
			deliver_ctl(m);
		else
			free_pages(m->pages, m->n_pages);
	}
}

static void on_peer_up(void *ctx, uint16_t peer, uint32_t inc)
{
	UNUSED(ctx);
	UNUSED(peer);
	UNUSED(inc); /* the node itself logs it */
}

static void on_peer_down(void *ctx, uint16_t peer, uint32_t inc, enum fx_down why)
{
	UNUSED(ctx);
	UNUSED(inc);
	UNUSED(why);
	unit_peer_down(peer);
	depart_peer_down(peer);
	arrive_peer_down(peer);
	guest_peer_down(peer);
	remote_peer_down(peer);
	waitq_wake_all(&room_waiters);
}

/* ---- frames and pages */

static bool on_send_frame(void *ctx, const uint8_t *mac, const uint8_t *bytes, uint32_t n, const struct fx_part *part)
{
	uint8_t eth[ETH_HLEN];
	struct netdev_seg segs[3] = {{eth, ETH_HLEN}, {(void *)(uintptr_t)bytes, n}, {NULL, 0}};

	UNUSED(ctx);
	if (!card) return true;
	memcpy(eth, mac, ETH_ALEN);
	memcpy(eth + 6, card->mac, ETH_ALEN);
	eth[12] = WIRE_ETHERTYPE >> 8;
	eth[13] = WIRE_ETHERTYPE & 0xff;
	if (part) segs[2] = (struct netdev_seg){(uint8_t *)frame_virt(part->handle) + part->offset, part->len};
	return card->ops->tx(card, segs, part ? 3 : 2) != -EAGAIN;
}

static void on_part_sums(void *ctx, uint8_t check, const struct fx_part *part, uint32_t *a, uint32_t *b)
{
	UNUSED(ctx);
	struct packet_sums s = packet_check(check, (const uint8_t *)frame_virt(part->handle) + part->offset, part->len);
	*a = s.a;
	*b = s.b;
}

static bool on_page_alloc(void *ctx, uint32_t n, uint32_t *handles, bool urgent)
{
	UNUSED(ctx);
	if (!urgent && frame_free_count() < n + FRAMES_KEPT) return false;
	for (uint32_t i = 0; i < n; i++) {
		handles[i] = frame_alloc_reserve();
		if (handles[i] != FRAME_NONE) continue;
		free_pages(handles, i);
		return false;
	}
	return true;
}

static void on_page_free(void *ctx, uint32_t handle)
{
	UNUSED(ctx);
	frame_unref(handle);
}

struct sent { uint32_t n, pages[WIRE_PAGES_MAX]; };

static void on_msg_done(void *ctx, uint64_t cookie, enum fx_sent how)
{
	struct sent *s = (struct sent *)(uintptr_t)cookie;

	UNUSED(ctx);
	if (!s) return;
	if (how != MSG_MOVED) free_pages(s->pages, s->n);
	kfree(s);
}

static void send_later(void)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n_later; i++) {
		uint8_t head[MSG_SMALL_MAX];
		uint32_t n = msg_put_ctl(head, &later[i].m);
		if (cnode_send(&node, now_us(), later[i].to, LANE_CONTROL, head, n, NULL, 0, 0, 0) == -EAGAIN) later[kept++] = later[i];
	}
	n_later = kept;
}

static void on_room(void *ctx, uint16_t peer, uint8_t lane)
{
	UNUSED(ctx);
	UNUSED(peer);
	UNUSED(lane);
	send_later();
	waitq_wake_all(&room_waiters);
}

static void on_log(void *ctx, enum fx_log level, const char *text)
{
	static const enum log_level map[] = {[FX_ERROR] = LOG_ERR, [FX_WARN] = LOG_WARN, [FX_INFO] = LOG_INFO, [FX_DEBUG] = LOG_DEBUG};
	UNUSED(ctx);
	klog(map[level], "cluster: %s", text);
}

static const struct node_env env = {
	.send_frame = on_send_frame, .part_sums = on_part_sums, .deliver = on_deliver, .peer_up = on_peer_up,
	.peer_down = on_peer_down, .page_alloc = on_page_alloc, .page_free = on_page_free, .msg_done = on_msg_done,
	.room = on_room, .log = on_log,
};

/* ---- messages out */

static void after_sending(void)
{
	uint64_t next = cnode_tick(&node, now_us());
	uint64_t next_ns = next == UINT64_MAX ? next : next * NS_PER_US;

	if (next_ns < stepper.deadline_ns) {
		stepper.deadline_ns = next_ns;
		net_kick();
	}
}

int cluster_send(uint16_t to, uint8_t lane, const uint8_t *head, uint32_t head_len, const uint32_t *pages, uint32_t n_pages, uint32_t last_len)
{
	struct sent *s = NULL;
	bool nested = net_inside();

	if (n_pages) {
		s = kmalloc(sizeof(*s));
		if (!s) {
			free_pages(pages, n_pages);
			return -ENOMEM;
		}
		s->n = n_pages;
		memcpy(s->pages, pages, n_pages * sizeof(pages[0]));
	}
	if (!nested) net_enter();
	int r = cnode_send(&node, now_us(), to, lane, head, head_len, pages, n_pages, last_len, (uintptr_t)s);
	if (r == 0 && !nested) after_sending();
	if (!nested) net_leave();
	if (r && s) {
		free_pages(s->pages, s->n);
		kfree(s);
	}
	return r == -EHOSTUNREACH ? -EHOSTDOWN : r;
}

int cluster_send_wait(uint16_t to, uint8_t lane, const uint8_t *head, uint32_t head_len, const uint32_t *pages, uint32_t n_pages, uint32_t last_len, uint32_t heeds)
{
	for (;;) {
		for (uint32_t i = 0; i < n_pages; i++) frame_ref(pages[i]);
		int r = cluster_send(to, lane, head, head_len, pages, n_pages, last_len);
		if (r == -EAGAIN || r == -ENOMEM) {
			/* room comes with acks; the deadline covers a peer that dies meanwhile and memory that comes back */
			r = waitq_sleep(&room_waiters, heeds, clock_now_ns() + 50 * NS_PER_MS);
			if (r == -EINTR) return r;
			continue;
		}
		free_pages(pages, n_pages);
		return r;
	}
}

void cluster_ctl(uint16_t to, const struct msg_ctl *m)
{
	uint8_t head[MSG_SMALL_MAX];
	uint32_t n = msg_put_ctl(head, m);

	if (n_later == 0 && cluster_send(to, LANE_CONTROL, head, n, NULL, 0, 0) != -EAGAIN) return;
	if (n_later == CTL_LATER_MAX) {
		klog(LOG_ERR, "cluster: message of kind %u to node %u lost: %u others wait for room", m->key.kind, to, n_later);
		return;
	}
	later[n_later].to = to;
	later[n_later].m = *m;
	n_later++;
}

bool cluster_peer_up(uint16_t peer)
{
	return peer == this_node || cnode_peer_state(&node, peer) == PEER_UP;
}

bool cluster_clock_offset(uint16_t peer, int64_t *offset_ns)
{
	int64_t us;
	uint32_t err;

	if (peer == this_node || !cnode_clock(&node, now_us(), peer, &us, &err)) return false;
	*offset_ns = us * (int64_t)NS_PER_US;
	return true;
}

/* ---- the card */

static void input(struct netdev *d, const uint8_t head[NETDEV_PEEK], uint32_t len)
{
	struct cnode_place place;
	uint32_t from = ETH_HLEN + WIRE_HEADER_BYTES;
	uint32_t payload = len > from ? len - from : 0;
	uint64_t now = now_us();

	enum cnode_rx where = CNODE_RX_DROP;
	if (len >= from) where = cnode_rx_header(&node, now, head + ETH_ALEN, head + ETH_HLEN, WIRE_HEADER_BYTES, payload, &place);
	if (where == CNODE_RX_DROP) {
		d->ops->rx_skip(d);
		return;
	}
	uint8_t *to = where == CNODE_RX_PAGE ? (uint8_t *)frame_virt(place.handle) + place.offset : place.bytes;
	struct netdev_seg seg = {to, place.len};
	bool good = d->ops->rx_take(d, from, &seg, place.len ? 1 : 0);
	struct packet_sums sums = packet_check(place.check, to, place.len);
	if (!good) sums.a = ~sums.a; /* the ring was damaged: a frame that never came */
	cnode_rx_commit(&node, now, sums);
}

static void tx_room(struct netdev *d)
{
	UNUSED(d);
	net_kick();
}

static uint64_t step(uint64_t now_ns)
{
	send_later();
	uint64_t tell = guests_step(now_ns);
	uint64_t next = cnode_tick(&node, now_ns / NS_PER_US);
	return MIN(tell, next == UINT64_MAX ? next : next * NS_PER_US);
}

/* ---- jobs */

static void job_main(void *arg)
{
	struct job *j = arg;
	j->run(j);
	thread_exit();
}

static void job_reap(struct thread *t)
{
	struct job *j = container_of(t, struct job, thread);
	arch_kstack_free(t->stack);
	kfree(j);
}

int job_start(struct job *j, const char *name, void (*run)(struct job *j))
{
	memset(&j->thread, 0, sizeof(j->thread));
	j->run = run;
	int r = thread_init(&j->thread, name, job_main, j);
	if (r) return r;
	j->thread.reap = job_reap;
	j->thread.system = true;
	thread_start(&j->thread);
	return 0;
}

static void node_start(void)
{
	char name[CNODE_NAME_MAX] = "";
	bootopt_str("cluster", name, sizeof(name));
	struct cnode_config cfg = {
		.node = this_node, .incarnation = (uint32_t)clock_boot_incarnation(), .nonce = arch_random_seed() | 1, .cluster = name,
		.deadtime_ms = bootopt_u32("deadtime", 0), .ring_frames = (uint16_t)card->rx_ring_frames, .seed = arch_random_seed(),
		.env = &env, .peers = peers, .tx = tx_slots, .rx = rx_slots,
		.n_peers = CNODE_PEERS, .n_tx = CNODE_TX_SLOTS, .n_rx = CNODE_RX_SLOTS,
	};
	memcpy(cfg.mac, card->mac, ETH_ALEN);
	cnode_init(&node, &cfg);
	cnode_start(&node, now_us());
}

const struct cnode *cluster_node(void)
{
	return &node;
}

void clusterd_start(void)
{
	static struct netdev_proto proto = {.ethertype = ETHERTYPE_GODWIT, .input = input, .tx_room = tx_room};
	static const uint8_t no_mac[ETH_ALEN] = {0};
	static struct netdev none;

	waitq_init(&room_waiters);
	card = netdev_first();
	if (!card) { /* alone, but messages to oneself still work */
		memcpy(none.mac, no_mac, ETH_ALEN);
		card = &none;
		node_start();
		card = NULL;
	} else {
		node_start();
		netdev_add_proto(&proto);
	}
	stepper.step = step;
	net_add_stepper(&stepper);
	stats_register();
}
