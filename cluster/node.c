/* One node of the cluster: frames in, effects out; the wiring of membership and links.
 * Called by kernel/migrate/clusterd.c (in net context) and by the simulator: the same object.
 * Never allocates, sleeps, or looks at a clock. */
#include "cluster/node.h"

#include <stdarg.h>

#include "abi/linux_errno.h"
#include "cluster/member/member.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define RING_FRAMES     18   /* full frames in QEMU's NE2000 ring */
#define RING_RESERVE    2    /* for HELLO and probes */
#define LOOP_MAX        16
#define BLOCKED_US      1000 /* look again for room in the card, unless called earlier */
#define LOG_BYTES       160

void cnode_log(struct cnode *n, enum fx_log level, const char *format, ...)
{
	char text[LOG_BYTES];
	va_list args;

	va_start(args, format);
	fmt_vsnprintf(text, sizeof text, format, args);
	va_end(args);
	n->host.env->log(n->host.ctx, level, text);
}

/* --- life --- */

static void fill_pool(struct list_node *pool, struct rdp_msg *slots, uint32_t n)
{
	list_init(pool);
	for (uint32_t i = 0; i < n; i++) {
		list_init(&slots[i].node);
		list_push_back(pool, &slots[i].node);
	}
}

static void init_host(struct rdp_host *h, const struct cnode_config *cfg)
{
	uint16_t ring = cfg->ring_frames != 0 ? cfg->ring_frames : RING_FRAMES;

	h->env = cfg->env;
	h->ctx = cfg->ctx;
	h->node = cfg->node;
	h->inc = MAX(cfg->incarnation, 1u);
	h->ring_credit = ring > RING_RESERVE + 1 ? ring - RING_RESERVE : 1;
	fill_pool(&h->tx_free, cfg->tx, cfg->n_tx);
	fill_pool(&h->rx_free, cfg->rx, cfg->n_rx);
	h->n_tx_free = cfg->n_tx;
	h->n_rx_free = cfg->n_rx;
}

void cnode_init(struct cnode *n, const struct cnode_config *cfg)
{
	KASSERT2(cfg->node >= WIRE_NODE_MIN && cfg->node <= WIRE_NODE_MAX, cfg->node, 0);
	KASSERT2(cfg->n_tx >= RDP_TX_RESERVE + 2 && cfg->n_rx >= RDP_RX_RESERVE + 2, cfg->n_tx, cfg->n_rx);
	memset(n, 0, sizeof *n);
	init_host(&n->host, cfg);
	memcpy(n->mac, cfg->mac, WIRE_MAC_BYTES);
	n->nonce = cfg->nonce;
	n->cluster_hash = packet_name_hash(cfg->cluster);
	str_copy(n->cluster, sizeof n->cluster, cfg->cluster);
	n->deadtime_ms = cfg->deadtime_ms != 0 ? cfg->deadtime_ms : CNODE_DEADTIME_MS;
	rng_seed(&n->rng, cfg->seed);
	n->peers = cfg->peers;
	n->n_peers = cfg->n_peers;
	list_init(&n->loop);
	memset(n->peers, 0, n->n_peers * sizeof n->peers[0]);
}

void cnode_start(struct cnode *n, uint64_t now)
{
	n->started = true;
	member_start(n, now);
}

static struct rdp_msg *loop_pop(struct cnode *n)
{
	struct rdp_msg *m = list_first(&n->loop, struct rdp_msg, node);

	if (m != NULL) {
		list_remove(&m->node);
		n->n_loop--;
	}
	return m;
}

static void loop_release(struct cnode *n, struct rdp_msg *m, enum fx_sent how)
{
	uint64_t cookie = m->cookie;

	list_push_front(&n->host.tx_free, &m->node);
	n->host.n_tx_free++;
	n->host.env->msg_done(n->host.ctx, cookie, how);
}

static void rx_abandon(struct cnode *n)
{
	if (n->rx.pending && n->rx.p.type == WIRE_DATA)
		rdp_refuse(&n->host, &n->rx.place);
	n->rx.pending = false;
}

void cnode_stop(struct cnode *n)
{
	struct rdp_msg *m;

	n->started = false;
	n->host.busy = true;
	rx_abandon(n);
	for (uint32_t i = 0; i < n->n_used; i++) {
		n->peers[i].state = PEER_NONE;
		rdp_link_close(&n->host, &n->peers[i].link);
	}
	while ((m = loop_pop(n)) != NULL)
		loop_release(n, m, MSG_LOST);
	n->host.busy = false;
}

/* --- the end of every step: send what became sendable, tell who waits for room --- */

static void pump_all(struct cnode *n)
{
	for (uint32_t i = 0; i < n->n_used && !n->host.blocked; i++)
		if (n->peers[i].link.open && n->peers[i].link.dirty)
			rdp_pump(&n->host, &n->peers[i].link, n->now);
}

static void tell_room(struct cnode *n, struct rdp_link *l, uint8_t lane)
{
	if (!l->lane[lane].refused || !rdp_has_room(&n->host, l, lane))
		return;
	l->lane[lane].refused = false;
	n->host.env->room(n->host.ctx, l->node, lane);
}

static bool loop_has_room(const struct cnode *n, uint8_t lane)
{
	return n->n_loop < LOOP_MAX && n->host.n_tx_free > (lane == LANE_BULK ? RDP_TX_RESERVE : 0);
}

static void tell_all_room(struct cnode *n)
{
	for (uint8_t lane = 0; lane < LANES; lane++) {
		for (uint32_t i = 0; i < n->n_used; i++)
			if (n->peers[i].link.open)
				tell_room(n, &n->peers[i].link, lane);
		if (n->loop_refused[lane] && loop_has_room(n, lane)) {
			n->loop_refused[lane] = false;
			n->host.env->room(n->host.ctx, n->host.node, lane);
		}
	}
}

static void step_begin(struct cnode *n, uint64_t now)
{
	KASSERT2(!n->host.busy, now, n->now);
	n->now = MAX(n->now, now);
	n->host.busy = true;
}

static void step_end(struct cnode *n)
{
	tell_all_room(n);
	n->host.busy = false;
	pump_all(n);
}

/* --- time --- */

/* Messages to ourselves that were queued before this step. */
static void run_loop(struct cnode *n)
{
	for (uint32_t left = n->n_loop; left > 0; left--) {
		struct rdp_msg *q = loop_pop(n);
		struct fx_message m = { .from = n->host.node, .from_inc = n->host.inc, .lane = q->lane,
					.n_pages = q->n_pages, .last_len = q->last_len, .head_len = q->head_len,
					.head = q->head, .pages = q->pages };

		n->host.env->deliver(n->host.ctx, &m);
		loop_release(n, q, MSG_MOVED);
	}
}

static void run_links(struct cnode *n)
{
	uint16_t active = 0;

	for (uint32_t i = 0; i < n->n_used; i++) {
		struct rdp_link *l = &n->peers[i].link;

		if (!l->open)
			continue;
		active += n->now < l->active_until;
		rdp_timers(l, n->now);
	}
	n->host.n_active = active;
}

static uint64_t next_deadline(const struct cnode *n)
{
	uint64_t next = member_deadline(n);

	if (n->host.blocked)
		next = MIN(next, n->now + BLOCKED_US);
	if (!list_empty(&n->loop))
		next = n->now;
	for (uint32_t i = 0; i < n->n_used; i++)
		next = MIN(next, rdp_deadline(&n->peers[i].link));
	return next;
}

uint64_t cnode_tick(struct cnode *n, uint64_t now)
{
	if (!n->started)
		return UINT64_MAX;
	n->host.blocked = false;
	step_begin(n, now);
	member_timers(n, n->now);
	run_links(n);
	run_loop(n);
	step_end(n);
	return next_deadline(n);
}

/* --- receiving --- */

static void count_verdict(struct cnode *n, enum packet_verdict v)
{
	struct cnode_counters *c = &n->count;
	uint32_t *const by_verdict[] = { [PACKET_SHORT] = &c->short_frames, [PACKET_FOREIGN] = &c->foreign,
					 [PACKET_VERSION] = &c->version, [PACKET_BROKEN] = &c->header_check,
					 [PACKET_SHAPE] = &c->shape };

	(*by_verdict[v])++;
}

static enum cnode_rx place_inline(struct cnode *n, const struct packet *p, struct cnode_place *out)
{
	*out = (struct cnode_place){ .check = p->check, .len = p->len, .bytes = n->host.bounce };
	n->rx.pending = true;
	return CNODE_RX_INLINE;
}

static enum cnode_rx place_data(struct cnode *n, const struct packet *p, struct cnode_place *out)
{
	if (!rdp_place(&n->host, &n->rx.peer->link, n->now, p, &n->rx.place)) {
		rdp_hear_ack(&n->host, &n->rx.peer->link, n->now, p);
		n->rx.peer->link.dirty = true;
		return CNODE_RX_DROP;
	}
	if (n->rx.place.part == NULL || p->frag == 0)
		return place_inline(n, p, out);
	*out = (struct cnode_place){ .check = p->check, .len = p->len, .handle = n->rx.place.page.handle,
				     .offset = n->rx.place.page.offset };
	n->rx.pending = true;
	return CNODE_RX_PAGE;
}

static enum cnode_rx place_of(struct cnode *n, const uint8_t *mac, const struct packet *p, struct cnode_place *out)
{
	switch (p->type) {
	case WIRE_HELLO:
	case WIRE_HELLO_ACK:
	case WIRE_RESET:
		return place_inline(n, p, out);
	case WIRE_PROBE:
	case WIRE_PROBE_ACK:
	case WIRE_ACK:
	case WIRE_DATA:
		break;
	default:
		return CNODE_RX_DROP; /* GOSSIP: nobody listens yet */
	}
	n->rx.peer = member_admit(n, n->now, mac, p);
	if (n->rx.peer == NULL)
		return CNODE_RX_DROP;
	if (p->type == WIRE_DATA)
		return place_data(n, p, out);
	if (p->type != WIRE_ACK)
		return place_inline(n, p, out);
	rdp_hear_ack(&n->host, &n->rx.peer->link, n->now, p);
	n->rx.peer->link.dirty = true;
	return CNODE_RX_DROP;
}

enum cnode_rx cnode_rx_header(struct cnode *n, uint64_t now, const uint8_t *mac, const uint8_t *header, uint32_t n_bytes,
			      uint32_t payload, struct cnode_place *out)
{
	enum packet_verdict v = packet_decode(header, n_bytes, payload, &n->rx.p);
	enum cnode_rx where = CNODE_RX_DROP;

	rx_abandon(n);
	if (!n->started || n->alone)
		return CNODE_RX_DROP;
	step_begin(n, now);
	if (v != PACKET_OK) {
		count_verdict(n, v);
		if (v == PACKET_VERSION)
			member_rx_version(n, n->now, mac, header[WIRE_OFF_VERSION], header[WIRE_OFF_TYPE],
					  (uint16_t)(header[WIRE_OFF_SRC] | header[WIRE_OFF_SRC + 1] << 8));
	} else if (n->rx.p.dst != n->host.node && n->rx.p.dst != WIRE_NODE_ALL) {
		n->count.not_for_us++;
	} else {
		memcpy(n->rx.mac, mac, WIRE_MAC_BYTES);
		where = place_of(n, mac, &n->rx.p, out);
	}
	step_end(n);
	return where;
}

static void commit_hello(struct cnode *n, const struct packet *p)
{
	struct packet_hello h;

	if (!packet_decode_hello(n->host.bounce, p->len, &h))
		return;
	if (p->type == WIRE_RESET)
		member_rx_reset(n, n->now, n->rx.mac, p, &h);
	else
		member_rx_hello(n, n->now, n->rx.mac, p, &h);
}

static void commit_probe(struct cnode *n, const struct packet *p)
{
	struct packet_probe probe;

	if (packet_decode_probe(n->host.bounce, p->len, &probe))
		member_rx_probe(n, n->now, n->rx.peer, p, &probe);
}

static void commit_data(struct cnode *n, const struct packet *p)
{
	struct rdp_link *l = &n->rx.peer->link;

	rdp_hear_ack(&n->host, l, n->now, p);
	rdp_accept(&n->host, l, n->now, p, &n->rx.place);
	l->dirty = true;
}

static bool sums_right(const struct packet *p, struct packet_sums sums)
{
#ifdef MUTANT_NO_CHECK
	UNUSED(p);
	UNUSED(sums);
	return true;
#else
	return sums.a == p->sum_a && sums.b == p->sum_b;
#endif
}

void cnode_rx_commit(struct cnode *n, uint64_t now, struct packet_sums sums)
{
	const struct packet *p = &n->rx.p;

	KASSERT(n->rx.pending);
	if (!sums_right(p, sums)) {
		n->count.payload_check++;
		rx_abandon(n);
		return;
	}
	n->rx.pending = false;
	step_begin(n, now);
	if (p->type == WIRE_DATA)
		commit_data(n, p);
	else if (p->type == WIRE_PROBE || p->type == WIRE_PROBE_ACK)
		commit_probe(n, p);
	else
		commit_hello(n, p);
	step_end(n);
}

void cnode_rx(struct cnode *n, uint64_t now, const uint8_t *mac, const uint8_t *frame, uint32_t len,
	      uint8_t *(*page_bytes)(void *ctx, uint32_t handle))
{
	uint32_t payload = len > WIRE_HEADER_BYTES ? len - WIRE_HEADER_BYTES : 0;
	struct cnode_place place;
	uint8_t *to;

	switch (cnode_rx_header(n, now, mac, frame, len, payload, &place)) {
	case CNODE_RX_INLINE:
		to = place.bytes;
		break;
	case CNODE_RX_PAGE:
		to = page_bytes == NULL ? NULL : page_bytes(n->host.ctx, place.handle);
		if (to == NULL) {
			rx_abandon(n);
			return;
		}
		to += place.offset;
		break;
	default:
		return;
	}
	memcpy(to, frame + WIRE_HEADER_BYTES, place.len);
	cnode_rx_commit(n, now, packet_check(place.check, to, place.len));
}

/* --- sending --- */

static bool lengths_ok(const struct fx_message *m, uint32_t head_len, uint32_t n_pages, uint32_t last_len)
{
	if (m->lane >= LANES || head_len > WIRE_HEAD_MAX || n_pages > WIRE_PAGES_MAX)
		return false;
	return n_pages == 0 ? last_len == 0 : last_len >= 1 && last_len <= WIRE_PAGE_BYTES;
}

static int send_loop(struct cnode *n, const struct fx_message *m, uint64_t cookie)
{
	struct rdp_msg *q;

	if (!loop_has_room(n, m->lane)) {
		n->loop_refused[m->lane] = true;
		return -EAGAIN;
	}
	q = list_first(&n->host.tx_free, struct rdp_msg, node);
	list_remove(&q->node);
	n->host.n_tx_free--;
	q->cookie = cookie;
	q->lane = m->lane;
	q->head_len = m->head_len;
	q->n_pages = m->n_pages;
	q->last_len = m->last_len;
	if (m->head_len > 0)
		memcpy(q->head, m->head, m->head_len);
	for (uint32_t i = 0; i < m->n_pages; i++)
		q->pages[i] = m->pages[i];
	list_push_back(&n->loop, &q->node);
	n->n_loop++;
	return 0;
}

int cnode_send(struct cnode *n, uint64_t now, uint16_t node, uint8_t lane, const uint8_t *head, uint32_t head_len,
	       const uint32_t *pages, uint32_t n_pages, uint32_t last_len, uint64_t cookie)
{
	struct fx_message m = { .lane = lane, .head = head, .head_len = (uint16_t)head_len, .pages = pages,
				.n_pages = (uint8_t)n_pages, .last_len = (uint16_t)last_len };
	struct peer *peer;
	int err;

	if (!lengths_ok(&m, head_len, n_pages, last_len))
		return -EINVAL;
	if (!n->started)
		return -EHOSTUNREACH;
	if (node == n->host.node)
		return send_loop(n, &m, cookie);
	peer = cnode_find_peer(n, node);
	if (peer == NULL || peer->state != PEER_UP || !peer->link.open)
		return -EHOSTUNREACH;
	err = rdp_send(&n->host, &peer->link, &m, cookie);
	if (err != 0 || n->host.busy || n->host.blocked)
		return err;
	n->now = MAX(n->now, now);
	rdp_pump(&n->host, &peer->link, n->now);
	return 0;
}

void cnode_set_service(struct cnode *n, uint32_t us)
{
	n->host.service = (uint16_t)MIN(us / 8, (uint32_t)UINT16_MAX);
}

/* --- questions --- */

struct peer *cnode_find_peer(const struct cnode *n, uint16_t node)
{
	for (uint32_t i = 0; i < n->n_used; i++)
		if (n->peers[i].state != PEER_NONE && n->peers[i].link.node == node)
			return &n->peers[i];
	return NULL;
}

enum peer_state cnode_peer_state(const struct cnode *n, uint16_t node)
{
	const struct peer *peer = cnode_find_peer(n, node);

	if (node == n->host.node)
		return PEER_UP;
	return peer == NULL ? PEER_NONE : peer->state;
}

bool cnode_clock(const struct cnode *n, uint64_t now, uint16_t node, int64_t *offset_us, uint32_t *err_us)
{
	const struct peer *peer = cnode_find_peer(n, node);

	*offset_us = 0;
	*err_us = 0;
	if (node == n->host.node)
		return true;
	return peer != NULL && clockoff_get(&peer->clock, now, offset_us, err_us);
}

bool cnode_peer_next(const struct cnode *n, uint32_t *at, struct cnode_peer_info *out)
{
	const struct peer *peer;

	while (*at < n->n_used && n->peers[*at].state == PEER_NONE)
		(*at)++;
	if (*at >= n->n_used)
		return false;
	peer = &n->peers[(*at)++];
	*out = (struct cnode_peer_info){ .node = peer->link.node, .epoch = peer->link.epoch, .state = peer->state,
					 .inc = peer->link.inc, .heard_at = peer->heard_at,
					 .srtt_us = peer->link.srtt_us, .service_us = peer->link.service_us,
					 .gap_us = peer->link.gap_us, .count = peer->link.count };
	memcpy(out->mac, peer->link.mac, WIRE_MAC_BYTES);
	for (int i = 0; i < LANES; i++) {
		out->dist[i] = peer->link.lane[i].dist;
		out->window[i] = peer->link.lane[i].window;
		out->queued[i] = peer->link.lane[i].n_queued;
	}
	return true;
}
