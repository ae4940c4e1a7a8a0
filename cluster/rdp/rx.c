/* The receiving half of a lane: window, duplicates, acks owed, delivery in order.
 * Called by cluster/node.c for accepted DATA frames.
 * Never accepts a payload whose check was not right; never acks what it could not keep. */
#include "cluster/rdp/rdp.h"

uint16_t rdp_credit(const struct rdp_host *h, struct rdp_link *l, uint8_t lane, uint64_t now)
{
	struct rdp_lane *a = &l->lane[lane];
	uint32_t grant = RDP_CREDIT_CONTROL;

	if (lane == LANE_BULK) {
		grant = RDP_CREDIT_FIRST;
		if (now < l->active_until)
			grant = MIN(MAX(h->ring_credit / MAX(h->n_active, 1u), (uint32_t)RDP_CREDIT_FIRST),
				    (uint32_t)RDP_CREDIT_MAX);
	}
	if ((int32_t)(a->rcv_nxt + grant - a->promised) > 0)
		a->promised = a->rcv_nxt + grant;
	return (uint16_t)(a->promised - a->rcv_nxt);
}

static void owe_ack(struct rdp_lane *a, const struct packet *p)
{
	a->ack_now = true;
	if (p->flags & WIRE_F_AREQ)
		a->echo = p->stamp;
}

static bool is_dup(const struct rdp_lane *a, uint32_t seq)
{
	uint32_t ahead = seq - a->rcv_nxt;

	return (int32_t)ahead < 0 || (ahead > 0 && ahead <= 32 && (a->have >> (ahead - 1) & 1));
}

/* A frame that came before: the sender missed our ack. */
static bool refuse_dup(struct rdp_link *l, struct rdp_lane *a, const struct packet *p, struct rdp_place *out)
{
	l->count.dups++;
	owe_ack(a, p);
#ifdef MUTANT_DUP
	if (p->frag == 0 && p->n_pages == 0) {
		out->again = true;
		return true;
	}
#endif
	UNUSED(out);
	return false;
}

static bool part_begins(const struct rdp_lane *a, uint32_t seq)
{
	return !list_empty(&a->parts) && list_entry(a->parts.next, struct rdp_msg, node)->base == seq;
}

bool rdp_place(struct rdp_host *h, struct rdp_link *l, uint64_t now, const struct packet *p, struct rdp_place *out)
{
	uint8_t lane = p->flags & WIRE_F_LANE ? LANE_BULK : LANE_CONTROL;
	struct rdp_lane *a = &l->lane[lane];
	bool no_memory;

	*out = (struct rdp_place){ .part = NULL };
	l->count.rx_frames++;
	if (!reass_shape_ok(p)) {
		l->count.bad_shape++;
		return false;
	}
	if (lane == LANE_BULK)
		l->active_until = now + RDP_ACTIVE_US;
	if (is_dup(a, p->seq))
		return refuse_dup(l, a, p, out);
	if ((int32_t)(p->seq - a->promised) >= 0 || p->seq - a->rcv_nxt > 32) {
		l->count.out_of_window++;
		return false;
	}
	if (p->n_pages == 0 && p->seq == a->rcv_nxt && a->deliver == a->rcv_nxt && !part_begins(a, p->seq))
		return true; /* straight from the bounce buffer */
	out->part = reass_find(h, a, p, &out->page, &out->fresh, &no_memory);
	if (out->part == NULL && no_memory)
		l->count.no_memory++;
	else if (out->part == NULL)
		l->count.bad_shape++;
	return out->part != NULL;
}

static void deliver_one(struct rdp_host *h, struct rdp_link *l, struct fx_message *m)
{
	m->from = l->node;
	m->from_inc = l->inc;
	l->count.rx_msgs++;
	h->env->deliver(h->ctx, m);
}

static void deliver_bounce(struct rdp_host *h, struct rdp_link *l, uint8_t lane, const struct packet *p)
{
	struct fx_message m = { .lane = lane, .head_len = p->len, .head = h->bounce };

	deliver_one(h, l, &m);
}

/* Deliver every message that is whole and whose turn it is. */
static void deliver_parts(struct rdp_host *h, struct rdp_link *l, uint8_t lane)
{
	struct rdp_lane *a = &l->lane[lane];

	for (;;) {
		struct rdp_msg *part = list_first(&a->parts, struct rdp_msg, node);
		struct fx_message m;

		if (part == NULL || part->base != a->deliver || part->n_frags == 0)
			return;
		if ((int32_t)(a->rcv_nxt - (part->base + part->n_frags)) < 0)
			return;
		a->deliver = part->base + part->n_frags;
		m = (struct fx_message){ .lane = lane, .n_pages = part->n_pages, .last_len = part->last_len,
					 .head_len = part->head_len, .head = part->head, .pages = part->pages };
		deliver_one(h, l, &m);
		reass_release(h, part);
	}
}

/* Returns true when this frame shows a gap that was not reported within a round trip. */
static bool fresh_gap(struct rdp_link *l, struct rdp_lane *a, uint64_t now, bool ahead)
{
	uint32_t again_us = l->srtt_us != 0 ? l->srtt_us : 10000;

	if (!ahead)
		return false;
	if (a->nack_at != 0 && a->gap_seq == a->rcv_nxt && now - a->nack_at < again_us)
		return false;
	a->gap_seq = a->rcv_nxt;
	a->nack_at = now;
	return true;
}

static void advance(struct rdp_lane *a, uint32_t seq)
{
	uint32_t ahead = seq - a->rcv_nxt, bit;

	if (ahead > 0) {
		a->have |= 1u << (ahead - 1);
		return;
	}
	do {
		bit = a->have & 1;
		a->have >>= 1;
		a->rcv_nxt++;
	} while (bit);
}

static void decide_ack(struct rdp_link *l, struct rdp_lane *a, uint64_t now, const struct packet *p, bool ahead)
{
	a->unacked++;
	if (fresh_gap(l, a, now, ahead)) {
		a->nack = true;
		l->count.nacks++;
		owe_ack(a, p);
	} else if ((p->flags & WIRE_F_AREQ) || a->unacked >= MAX(2u, (a->promised - a->rcv_nxt + a->unacked) / 2)) {
		owe_ack(a, p);
	} else if (a->ack_at == 0) {
		a->ack_at = now + RDP_DELACK_US;
	}
}

void rdp_accept(struct rdp_host *h, struct rdp_link *l, uint64_t now, const struct packet *p,
		const struct rdp_place *place)
{
	uint8_t lane = p->flags & WIRE_F_LANE ? LANE_BULK : LANE_CONTROL;
	struct rdp_lane *a = &l->lane[lane];
	bool ahead = p->seq != a->rcv_nxt;

	if (place->again) {
		deliver_bounce(h, l, lane, p);
		return;
	}
	if (place->part != NULL)
		reass_mark(place->part, p, h->bounce);
	advance(a, p->seq);
	decide_ack(l, a, now, p, ahead);
	if (place->part == NULL) {
		a->deliver = p->seq + 1;
		deliver_bounce(h, l, lane, p);
	}
	deliver_parts(h, l, lane);
}

void rdp_refuse(struct rdp_host *h, const struct rdp_place *place)
{
	if (place->fresh)
		reass_drop(h, place->part);
}
