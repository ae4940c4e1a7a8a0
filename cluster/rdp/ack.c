/* The acks that a lane hears: round trips, what arrived, what was lost, what is finished.
 * Called by cluster/node.c for every accepted DATA and ACK frame.
 * Never sends: it marks, rdp_pump() acts. */
#include "cluster/rdp/rdp.h"

#include "cluster/rdp/rdp_priv.h"

#define SPARE_ACKS 64 /* acks in a row with free slots before the distance shrinks */

static void take_sample(struct rdp_link *l, uint32_t rtt_us, uint64_t now)
{
	uint32_t off;

	if (l->n_samples == 0) {
		l->srtt_us = rtt_us;
		l->rttvar_us = rtt_us / 2;
	} else {
		off = rtt_us > l->srtt_us ? rtt_us - l->srtt_us : l->srtt_us - rtt_us;
		l->rttvar_us = l->rttvar_us - l->rttvar_us / 4 + off / 4;
		l->srtt_us = l->srtt_us - l->srtt_us / 8 + rtt_us / 8;
	}
	l->n_samples++;
	l->sample_at = now;
}

/* The distance that a first measurement suggests; from there the stalls tune it. */
static void seed_distance(const struct rdp_link *l, struct rdp_lane *a)
{
	if (l->n_samples == AREQ_SAMPLES && l->service_us != 0)
		a->dist = (uint8_t)MIN(MAX(l->srtt_us / l->service_us + 1, 1u), a->window / 2u);
}

static void hear_echo(struct rdp_link *l, struct rdp_lane *a, const struct packet *p, uint64_t now)
{
	l->service_us = p->service * 8u;
	if (p->echo == 0 || !a->areq_out || p->echo != a->areq_stamp)
		return;
	a->areq_out = false;
	take_sample(l, (uint32_t)now - a->areq_us, now);
	seed_distance(l, a);
}

/* Give up the frames below `ack`.  Returns the latest sending order among those sent again: what
 * was sent before it and is still missing has had its chance. */
static uint32_t free_acked(struct rdp_lane *a, uint32_t ack)
{
	uint32_t order = 0;

	for (; a->una != ack; a->una++) {
		uint32_t bit = slot_bit(a->una);

		if ((a->resent & bit) && a->order[slot(a->una)] > order)
			order = a->order[slot(a->una)];
		a->sacked &= ~bit;
		a->lost &= ~bit;
		if (++a->clean >= a->window) {
			a->clean = 0;
			a->window = (uint16_t)MIN(a->window + 1, RDP_WINDOW_MAX);
		}
	}
	return order;
}

/* Mark what the peer has; returns the latest sending order among it. */
static uint32_t hear_sack(struct rdp_lane *a, const struct packet *p)
{
	uint32_t order = 0;

	for (uint32_t k = 0; k < 32 && p->sack >> k != 0; k++) {
		uint32_t seq = p->ack + 1 + k;

		if (!(p->sack >> k & 1) || (int32_t)(seq - a->next) >= 0)
			continue;
		a->sacked |= slot_bit(seq);
		a->lost &= ~slot_bit(seq);
		order = MAX(order, a->order[slot(seq)]);
	}
	return order;
}

/* Lost is what was sent before something that arrived.  A LAN does not reorder much; a frame sent
 * again gets a round trip's time before the same conclusion. */
static void mark_lost(struct rdp_link *l, struct rdp_lane *a, uint32_t sack_order, uint32_t again_order, uint64_t now)
{
	if (sack_order == 0 && again_order == 0)
		return;
	for (uint32_t seq = a->una; seq != a->next; seq++) {
		uint32_t bit = slot_bit(seq), age = (uint32_t)now - a->sent_us[slot(seq)];
		uint32_t order = a->order[slot(seq)];
		bool aged = age >= MAX(l->srtt_us, 1000u);

		if ((a->sacked | a->lost) & bit)
			continue;
		if ((order < sack_order && (aged || !(a->resent & bit))) || (order < again_order && aged))
			a->lost |= bit;
	}
	if (a->lost != 0)
		a->clean = 0;
}

static void finish_acked(struct rdp_host *h, struct rdp_lane *a)
{
	for (;;) {
		struct rdp_msg *m = list_first(&a->queue, struct rdp_msg, node);

		if (m == NULL || (int32_t)(a->una - (m->base + m->n_frags)) < 0)
			return;
		rdp_msg_finish(h, a, m, MSG_SENT);
	}
}

static void tune_down(struct rdp_lane *a)
{
	bool spare = window_of(a) >= a->next - a->una + 2;

	a->spare_run = spare ? a->spare_run + 1 : 0;
	if (a->spare_run < SPARE_ACKS)
		return;
	a->spare_run = 0;
	if (a->dist > 1)
		a->dist--;
}

void rdp_hear_ack(struct rdp_host *h, struct rdp_link *l, uint64_t now, const struct packet *p)
{
	uint8_t lane = p->flags & WIRE_F_LANE ? LANE_BULK : LANE_CONTROL;
	struct rdp_lane *a = &l->lane[lane];
	uint32_t again, order;
	bool progress;

	if ((int32_t)(p->ack - a->next) > 0) {
		l->count.bad_ack++;
		return;
	}
	if ((int32_t)(p->ack - a->una) < 0)
		return; /* an older one, overtaken */
	hear_echo(l, a, p, now);
	if ((int32_t)(p->ack + p->credit - a->limit) > 0)
		a->limit = p->ack + p->credit;
	tune_down(a);
	progress = p->ack != a->una;
	again = free_acked(a, p->ack);
	order = hear_sack(a, p);
	mark_lost(l, a, order, again, now);
	if (p->flags & WIRE_F_NACK)
		rdp_widen_gap(l);
	if (progress) {
		a->backoff = 0;
		a->rto_at = 0;
		if (a->una != a->next)
			rdp_arm_rto(l, a, now);
		else
			a->areq_out = false;
	}
	finish_acked(h, a);
}
