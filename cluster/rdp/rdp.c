/* The sending half of a lane: queue, window, look-ahead ack request, retransmission; and the life
 * of a link.  ack.c hears the answers.
 * Called by cluster/node.c.  Never waits for an answer to send the next frame inside the window. */
#include "cluster/rdp/rdp.h"

#include "abi/linux_errno.h"
#include "cluster/rdp/rdp_priv.h"
#include "lib/str.h"

#define CLEAN_FRAMES     64    /* frames without loss before the pacing gap shrinks */
#define PACE_FIRST_US    100
#define BACKOFF_MAX      5

static uint16_t stamp_of(uint64_t now)
{
	uint16_t stamp = (uint16_t)(now >> 8);

	return stamp == 0 ? 1 : stamp;
}

/* --- life --- */

static void lane_open(struct rdp_lane *a)
{
	*a = (struct rdp_lane){ .una = RDP_SEQ_FIRST, .next = RDP_SEQ_FIRST, .end = RDP_SEQ_FIRST,
				.limit = RDP_SEQ_FIRST + RDP_CREDIT_FIRST,
				.rcv_nxt = RDP_SEQ_FIRST, .deliver = RDP_SEQ_FIRST,
				.promised = RDP_SEQ_FIRST + RDP_CREDIT_FIRST,
				.window = RDP_WINDOW_START, .dist = 2, .next_order = 1 };
	list_init(&a->queue);
	list_init(&a->parts);
}

void rdp_link_open(struct rdp_link *l)
{
	for (int i = 0; i < LANES; i++)
		lane_open(&l->lane[i]);
	l->srtt_us = l->rttvar_us = l->n_samples = 0;
	l->sample_at = l->bulk_at = l->active_until = 0;
	l->service_us = l->gap_us = 0;
	l->clean_frames = 0;
	l->dirty = l->paced = false;
	l->open = true;
}

void rdp_msg_finish(struct rdp_host *h, struct rdp_lane *a, struct rdp_msg *m, enum fx_sent how)
{
	uint64_t cookie = m->cookie;

	list_remove(&m->node);
	list_push_front(&h->tx_free, &m->node);
	h->n_tx_free++;
	a->n_queued--;
	h->env->msg_done(h->ctx, cookie, how);
}

static void lane_close(struct rdp_host *h, struct rdp_lane *a)
{
	while (!list_empty(&a->parts))
		reass_drop(h, list_first(&a->parts, struct rdp_msg, node));
	while (!list_empty(&a->queue))
		rdp_msg_finish(h, a, list_first(&a->queue, struct rdp_msg, node), MSG_LOST);
}

void rdp_link_close(struct rdp_host *h, struct rdp_link *l)
{
	if (!l->open)
		return;
	l->open = false;
	for (int i = 0; i < LANES; i++)
		lane_close(h, &l->lane[i]);
}

/* --- queueing --- */

static bool queue_has_room(const struct rdp_host *h, const struct rdp_lane *a, uint8_t lane)
{
	if (lane == LANE_CONTROL)
		return a->n_queued < RDP_QUEUE_CONTROL && h->n_tx_free > 0;
	return a->n_queued < RDP_QUEUE_BULK && h->n_tx_free > RDP_TX_RESERVE;
}

bool rdp_has_room(const struct rdp_host *h, const struct rdp_link *l, uint8_t lane)
{
	return l->open && queue_has_room(h, &l->lane[lane], lane);
}

int rdp_send(struct rdp_host *h, struct rdp_link *l, const struct fx_message *m, uint64_t cookie)
{
	struct rdp_lane *a = &l->lane[m->lane];
	struct rdp_msg *q;

	if (!queue_has_room(h, a, m->lane)) {
		a->refused = true;
		return -EAGAIN;
	}
	q = list_first(&h->tx_free, struct rdp_msg, node);
	list_remove(&q->node);
	h->n_tx_free--;
	q->cookie = cookie;
	q->base = a->end;
	q->lane = m->lane;
	q->head_len = m->head_len;
	q->n_pages = m->n_pages;
	q->last_len = m->last_len;
	q->n_frags = rdp_n_frags(m->n_pages, m->last_len);
	if (m->head_len > 0)
		memcpy(q->head, m->head, m->head_len);
	for (uint32_t i = 0; i < m->n_pages; i++)
		q->pages[i] = m->pages[i];
	list_push_back(&a->queue, &q->node);
	a->n_queued++;
	a->end += q->n_frags;
	l->count.tx_msgs++;
	l->dirty = true;
	return 0;
}

/* --- frames out --- */

static bool put_frame(struct rdp_host *h, const uint8_t *mac, struct packet *p, uint32_t n, const struct fx_part *part)
{
	p->src = h->node;
	p->src_inc = h->inc;
	p->service = h->service;
	packet_encode(p, h->frame);
	if (h->env->send_frame(h->ctx, mac, h->frame, WIRE_HEADER_BYTES + n, part))
		return true;
	h->blocked = true;
	return false;
}

void rdp_send_plain(struct rdp_host *h, const uint8_t *mac, struct packet *p, uint32_t n)
{
	struct packet_sums sums = packet_check(WIRE_CHECK_SUMS, h->frame + WIRE_HEADER_BYTES, n);

	p->check = WIRE_CHECK_SUMS;
	p->len = (uint16_t)n;
	p->sum_a = sums.a;
	p->sum_b = sums.b;
	(void)put_frame(h, mac, p, n, NULL); /* no room: lost, as on any wire; whoever needs it asks again */
}

static void fill_link(const struct rdp_link *l, struct packet *p, uint64_t now)
{
	p->check = WIRE_CHECK_SUMS;
	p->dst = l->node;
	p->dst_inc = l->inc;
	p->epoch = l->epoch;
	p->stamp = stamp_of(now);
}

static void fill_ack(const struct rdp_host *h, struct rdp_link *l, uint8_t lane, uint64_t now, struct packet *p)
{
	const struct rdp_lane *a = &l->lane[lane];

	if (lane == LANE_BULK)
		p->flags |= WIRE_F_LANE;
	if (a->nack)
		p->flags |= WIRE_F_NACK;
	p->credit = rdp_credit(h, l, lane, now);
	p->ack = a->rcv_nxt;
	p->sack = a->have;
	p->echo = a->echo;
}

static void ack_is_out(struct rdp_lane *a)
{
	a->ack_now = a->nack = false;
	a->unacked = a->echo = 0;
	a->ack_at = 0;
}

static void send_ack(struct rdp_host *h, struct rdp_link *l, uint8_t lane, uint64_t now)
{
	struct packet p = { .type = WIRE_ACK };
	struct packet_sums none = packet_check(WIRE_CHECK_SUMS, NULL, 0);

	fill_link(l, &p, now);
	fill_ack(h, l, lane, now, &p);
	p.sum_a = none.a;
	p.sum_b = none.b;
	if (!put_frame(h, l->mac, &p, 0, NULL))
		return;
	l->count.acks++;
	ack_is_out(&l->lane[lane]);
}

/* The payload of one frame: inline bytes of the head, or a part of a page. */
static uint32_t fill_payload(struct rdp_host *h, const struct rdp_msg *m, uint32_t frag, struct packet *p,
			     struct fx_part *part)
{
	uint32_t page, offset, page_len;

	if (frag == 0) {
		struct packet_sums sums;

		memcpy(h->frame + WIRE_HEADER_BYTES, m->head, m->head_len);
		sums = packet_check(WIRE_CHECK_SUMS, m->head, m->head_len);
		p->sum_a = sums.a;
		p->sum_b = sums.b;
		p->len = m->head_len;
		return m->head_len;
	}
	page = (frag - 1) / WIRE_PAGE_FRAMES;
	offset = (frag - 1) % WIRE_PAGE_FRAMES * WIRE_PAYLOAD_MAX;
	page_len = page == m->n_pages - 1u ? m->last_len : WIRE_PAGE_BYTES;
	*part = (struct fx_part){ .handle = m->pages[page], .offset = (uint16_t)offset,
				  .len = (uint16_t)MIN(WIRE_PAYLOAD_MAX, page_len - offset) };
	h->env->part_sums(h->ctx, WIRE_CHECK_SUMS, part, &p->sum_a, &p->sum_b);
	p->len = part->len;
	return 0;
}

static void note_sent(struct rdp_link *l, struct rdp_lane *a, uint64_t now, uint32_t seq, const struct packet *p)
{
	a->sent_us[slot(seq)] = (uint32_t)now;
	a->order[slot(seq)] = a->next_order++;
	if (p->flags & WIRE_F_AREQ) {
		a->areq_out = true;
		a->areq_stamp = p->stamp;
		a->areq_us = (uint32_t)now;
		a->since_areq = 0;
		l->count.areqs++;
	} else {
		a->since_areq++;
	}
	l->count.tx_frames++;
	ack_is_out(a);
}

static bool send_data(struct rdp_host *h, struct rdp_link *l, uint64_t now, const struct rdp_msg *m, uint32_t seq,
		      uint8_t flags)
{
	uint32_t frag = seq - m->base, n;
	struct packet p = { .type = WIRE_DATA, .flags = flags, .frag = (uint8_t)frag, .n_pages = m->n_pages, .seq = seq };
	struct fx_part part;

	if (frag == 0)
		p.flags |= WIRE_F_FIRST;
	if (frag == m->n_frags - 1u)
		p.flags |= WIRE_F_LAST;
	fill_link(l, &p, now);
	fill_ack(h, l, m->lane, now, &p);
	n = fill_payload(h, m, frag, &p, &part);
	if (!put_frame(h, l->mac, &p, n, frag == 0 ? NULL : &part))
		return false;
	note_sent(l, &l->lane[m->lane], now, seq, &p);
	return true;
}

/* --- what may go --- */

static struct rdp_msg *msg_of(struct rdp_lane *a, uint32_t seq)
{
	struct rdp_msg *m;

	list_for_each(m, &a->queue, node)
		if (seq - m->base < m->n_frags)
			return m;
	KASSERT2(false, seq, a->una);
	return NULL;
}

static uint32_t rto_us(const struct rdp_link *l, const struct rdp_lane *a)
{
	uint32_t rto = l->n_samples == 0 ? RDP_RTO_FIRST_US : l->srtt_us + 4 * l->rttvar_us;

	rto = MAX(rto, (uint32_t)RDP_RTO_MIN_US);
	return MIN(MIN(rto, (uint32_t)RDP_RTO_MAX_US) << a->backoff, (uint32_t)RDP_RTO_MAX_US);
}

/* The look-ahead rule: ask early enough that the answer is here before the window closes. */
static bool wants_areq(const struct rdp_link *l, const struct rdp_lane *a, uint8_t lane, uint64_t now)
{
	uint32_t window = window_of(a), inflight = a->next + 1 - a->una;
	uint32_t free_slots = window - MIN(inflight, window);
	bool unsure = l->n_samples < AREQ_SAMPLES || now - l->sample_at > RDP_SAMPLE_AGE_US;

	if (window <= 2 || (unsure && !a->areq_out))
		return true;
	if (lane == LANE_BULK && a->next + 1 == a->end)
		return true;
	if (free_slots > a->dist)
		return false;
	return !a->areq_out || (uint32_t)a->since_areq + 1 >= window - MIN((uint32_t)a->dist, window - 1);
}

static void note_stall(struct rdp_link *l, struct rdp_lane *a, uint64_t now)
{
	uint32_t window = window_of(a);

	if (a->stalled_at != 0)
		return;
	a->stalled_at = now;
	l->count.stalls++;
	if (a->areq_out && a->dist < window / 2)
		a->dist++; /* not further: a sender without wire time stalls at any distance */
}

static void note_moving(struct rdp_link *l, struct rdp_lane *a, uint64_t now)
{
	if (a->stalled_at == 0)
		return;
	l->count.stall_us += (uint32_t)(now - a->stalled_at);
	a->stalled_at = 0;
}

/* Bulk frames keep their distance after the receiver's ring overflowed. */
static bool paced_out(struct rdp_link *l, uint8_t lane, uint64_t now)
{
	if (lane != LANE_BULK || l->bulk_at == 0)
		return false;
	if (now < l->bulk_at) {
		l->paced = true;
		return true;
	}
	l->bulk_at = 0;
	return false;
}

static void note_pace(struct rdp_link *l, uint8_t lane, uint64_t now)
{
	if (lane != LANE_BULK || l->gap_us == 0)
		return;
	l->bulk_at = now + l->gap_us;
	if (++l->clean_frames >= CLEAN_FRAMES) {
		l->clean_frames = 0;
		l->gap_us = l->gap_us < 16 ? 0 : l->gap_us - l->gap_us / 8;
	}
}

void rdp_widen_gap(struct rdp_link *l)
{
	uint32_t first = l->service_us != 0 ? l->service_us : PACE_FIRST_US;

	l->gap_us = MIN(MAX(2 * l->gap_us, first), (uint32_t)RDP_PACE_MAX_US);
	l->clean_frames = 0;
}

void rdp_arm_rto(const struct rdp_link *l, struct rdp_lane *a, uint64_t now)
{
	if (a->rto_at == 0)
		a->rto_at = now + rto_us(l, a);
}

static bool send_lost(struct rdp_host *h, struct rdp_link *l, uint8_t lane, uint64_t now)
{
	struct rdp_lane *a = &l->lane[lane];

#ifdef MUTANT_NO_REXMIT
	a->lost = 0;
#endif
	for (uint32_t seq = a->una; a->lost != 0 && seq != a->next; seq++) {
		if (!(a->lost & slot_bit(seq)))
			continue;
		if (paced_out(l, lane, now))
			return true;
		if (!send_data(h, l, now, msg_of(a, seq), seq, WIRE_F_REXMIT | WIRE_F_AREQ))
			return false;
		a->lost &= ~slot_bit(seq);
		a->resent |= slot_bit(seq);
		l->count.rexmit++;
		rdp_arm_rto(l, a, now);
		note_pace(l, lane, now);
	}
	return true;
}

static bool send_new(struct rdp_host *h, struct rdp_link *l, uint8_t lane, uint64_t now)
{
	struct rdp_lane *a = &l->lane[lane];
	struct rdp_msg *m = a->next == a->end ? NULL : msg_of(a, a->next);

	while (m != NULL && a->next - a->una < window_of(a)) {
		uint8_t flags = wants_areq(l, a, lane, now) ? WIRE_F_AREQ : 0;

		if (paced_out(l, lane, now))
			return true;
		if (!send_data(h, l, now, m, a->next, flags))
			return false;
		a->sacked &= ~slot_bit(a->next);
		a->resent &= ~slot_bit(a->next);
		a->next++;
		note_moving(l, a, now);
		rdp_arm_rto(l, a, now);
		note_pace(l, lane, now);
		if (a->next - m->base == m->n_frags)
			m = a->next == a->end ? NULL : list_entry(m->node.next, struct rdp_msg, node);
	}
	if (m != NULL)
		note_stall(l, a, now);
	return true;
}

void rdp_pump(struct rdp_host *h, struct rdp_link *l, uint64_t now)
{
	l->dirty = l->paced = false;
	if (!l->open)
		return;
	for (uint8_t lane = 0; lane < LANES; lane++) {
		if (send_lost(h, l, lane, now) && send_new(h, l, lane, now))
			continue;
		l->dirty = true;
		return;
	}
	for (uint8_t lane = 0; lane < LANES; lane++)
		if (l->lane[lane].ack_now)
			send_ack(h, l, lane, now);
	l->dirty = l->lane[LANE_CONTROL].ack_now || l->lane[LANE_BULK].ack_now;
}

/* --- timers --- */

static void retransmit_timeout(struct rdp_link *l, struct rdp_lane *a, uint64_t now)
{
	l->count.rtos++;
	a->lost |= slot_bit(a->una);
	a->backoff = (uint8_t)MIN(a->backoff + 1, BACKOFF_MAX);
	a->window = (uint16_t)MAX(a->window / 2, 2);
	a->clean = 0;
	a->areq_out = false;
	a->rto_at = now + rto_us(l, a);
	rdp_widen_gap(l);
}

void rdp_timers(struct rdp_link *l, uint64_t now)
{
	if (!l->open)
		return;
	for (int i = 0; i < LANES; i++) {
		struct rdp_lane *a = &l->lane[i];

		if (a->rto_at != 0 && now >= a->rto_at) {
			retransmit_timeout(l, a, now);
			l->dirty = true;
		}
		if (a->ack_at != 0 && now >= a->ack_at) {
			a->ack_at = 0;
			a->ack_now = true;
			l->dirty = true;
		}
	}
	if (l->paced && now >= l->bulk_at)
		l->dirty = true;
}

uint64_t rdp_deadline(const struct rdp_link *l)
{
	uint64_t next = UINT64_MAX;

	if (!l->open)
		return next;
	for (int i = 0; i < LANES; i++) {
		const struct rdp_lane *a = &l->lane[i];

		if (a->rto_at != 0)
			next = MIN(next, a->rto_at);
		if (a->ack_at != 0)
			next = MIN(next, a->ack_at);
	}
	if (l->paced)
		next = MIN(next, l->bulk_at);
	return next;
}
