/* The environment of a simulated node, and everything that must hold in it.
 * Called by the nodes (as their environment) and after every step.
 * Never repairs: the first broken invariant ends the run with the seed. */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- pages --- */

static uint32_t page_index(struct sim_node *s, uint32_t handle)
{
	uint32_t index = handle ^ s->salt;

	SIM_CHECK(s->w, index < SIM_PAGES && s->used[index]);
	return index;
}

uint8_t *sim_page(struct sim_node *s, uint32_t handle)
{
	return s->pages[page_index(s, handle)];
}

uint8_t *sim_page_bytes(void *ctx, uint32_t handle)
{
	return sim_page(ctx, handle);
}

bool sim_pages_take(struct sim_node *s, uint32_t n, uint32_t *handles, uint32_t keep_free)
{
	uint32_t got = 0;

	if (SIM_PAGES - s->n_used_pages < n + keep_free)
		return false;
	for (uint32_t i = 0; got < n; i++) {
		if (s->used[i])
			continue;
		s->used[i] = true;
		handles[got++] = i ^ s->salt;
	}
	s->n_used_pages += n;
	return true;
}

void sim_pages_give(struct sim_node *s, const uint32_t *handles, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t index = page_index(s, handles[i]);

		memset(s->pages[index], 0xdd, 64); /* who still reads it, reads nonsense */
		s->used[index] = false;
		s->n_used_pages--;
	}
}

static uint32_t next_word(uint32_t key)
{
	return key * 1664525 + 1013904223;
}

/* Words of a generator; the last one may be cut. */
void sim_fill(uint8_t *to, uint32_t n, uint32_t key)
{
	for (; n >= 4; n -= 4, to += 4) {
		key = next_word(key);
		memcpy(to, &key, 4);
	}
	key = next_word(key);
	memcpy(to, &key, n);
}

static bool filled(const uint8_t *at, uint32_t n, uint32_t key)
{
	uint32_t have, wrong = 0;

	for (; n >= 4; n -= 4, at += 4) {
		key = next_word(key);
		memcpy(&have, at, 4);
		wrong |= have ^ key;
	}
	key = next_word(key);
	return wrong == 0 && memcmp(at, &key, n) == 0;
}

/* --- the environment --- */

static bool env_send_frame(void *ctx, const uint8_t *mac, const uint8_t *bytes, uint32_t n, const struct fx_part *part)
{
	struct sim_node *s = ctx;

	if (part == NULL)
		return net_send(s, mac, bytes, n, NULL, 0);
	SIM_CHECK(s->w, part->offset + part->len <= WIRE_PAGE_BYTES && part->len > 0);
	return net_send(s, mac, bytes, n, sim_page(s, part->handle) + part->offset, part->len);
}

static void env_part_sums(void *ctx, uint8_t check, const struct fx_part *part, uint32_t *a, uint32_t *b)
{
	struct packet_sums sums = packet_check(check, sim_page(ctx, part->handle) + part->offset, part->len);

	*a = sums.a;
	*b = sums.b;
}

static struct sim_msg *ledger_of(struct sim_node *s, const struct fx_message *m)
{
	uint32_t index = 0;

	SIM_CHECK(s->w, m->head_len >= 4);
	if (m->head_len >= 4)
		memcpy(&index, m->head, 4);
	SIM_CHECK(s->w, index < s->w->n_ledger);
	return &s->w->ledger[index < s->w->n_ledger ? index : 0];
}

static void check_content(struct sim_node *s, const struct fx_message *m, const struct sim_msg *e)
{
	uint32_t key = (uint32_t)(e - s->w->ledger);

	SIM_CHECK(s->w, m->head_len == e->head_len && m->n_pages == e->n_pages && m->last_len == e->last_len);
	SIM_CHECK(s->w, m->lane == e->lane && m->from == e->src && e->dst == s->index + 1);
	SIM_CHECK(s->w, filled(m->head + 4, m->head_len - 4u, key));
	for (uint32_t i = 0; i < m->n_pages && s->w->failed == NULL; i++) {
		uint32_t n = i + 1u == m->n_pages ? m->last_len : WIRE_PAGE_BYTES;

		SIM_CHECK(s->w, filled(sim_page(s, m->pages[i]), n, key + i + 1));
	}
}

/* In order, none twice; what was left out must have been reported lost before. */
static void check_order(struct sim_node *s, struct sim_msg *e)
{
	struct sim_world *w = s->w;
	uint32_t index = (uint32_t)(e - w->ledger);
	uint32_t *last = &s->last[e->src - 1][e->src_life][e->lane];

	SIM_CHECK(w, e->delivered == 0);
	SIM_CHECK(w, index + 1 > *last);
	for (uint32_t i = *last; i < index; i++) {
		const struct sim_msg *o = &w->ledger[i];

		if (o->src == e->src && o->src_life == e->src_life && o->dst == e->dst && o->lane == e->lane && !o->delivered)
			SIM_CHECK(w, o->state == SIM_LOST);
	}
	*last = index + 1;
	e->delivered++;
	w->n_delivered++;
}

static void keep_pages(struct sim_node *s, const struct fx_message *m)
{
	uint32_t at;

	if (m->n_pages == 0)
		return;
	if (s->n_keep == SIM_KEEP || rng_permille(&s->w->rng, 500)) {
		sim_pages_give(s, m->pages, m->n_pages);
		return;
	}
	at = s->n_keep++;
	s->keep[at].n = m->n_pages;
	memcpy(s->keep[at].pages, m->pages, m->n_pages * sizeof m->pages[0]);
}

static void env_deliver(void *ctx, const struct fx_message *m)
{
	struct sim_node *s = ctx;
	struct sim_msg *e = ledger_of(s, m);

	check_content(s, m, e);
	check_order(s, e);
	if (m->from != s->index + 1) {
		SIM_CHECK(s->w, s->up[m->from - 1] && s->up_inc[m->from - 1] == m->from_inc);
		SIM_CHECK(s->w, e->src_inc == m->from_inc);
	}
	if (s->w->failed == NULL)
		keep_pages(s, m);
}

static void env_peer_up(void *ctx, uint16_t node, uint32_t inc)
{
	struct sim_node *s = ctx;
	const struct peer *peer = cnode_find_peer(&s->c, node);

	SIM_CHECK(s->w, node >= 1 && node <= s->w->plan.n_nodes && !s->up[node - 1]);
	SIM_CHECK(s->w, inc >= s->up_inc[node - 1]);
	if (inc == s->up_inc[node - 1])
		SIM_CHECK(s->w, peer->link.epoch > s->up_epoch[node - 1]); /* one verdict for each epoch */
	s->up[node - 1] = true;
	s->up_inc[node - 1] = inc;
	s->up_epoch[node - 1] = peer->link.epoch;
	s->promised[node - 1][0] = s->promised[node - 1][1] = RDP_SEQ_FIRST + RDP_CREDIT_FIRST;
	s->w->n_ups++;
}

static void env_peer_down(void *ctx, uint16_t node, uint32_t inc, enum fx_down why)
{
	struct sim_node *s = ctx;

	UNUSED(why);
	SIM_CHECK(s->w, s->up[node - 1] && s->up_inc[node - 1] == inc);
	s->up[node - 1] = s->owed_down[node - 1] = false;
	if (why == DOWN_RENAMED)
		s->up_epoch[node - 1] = 0; /* a new pair of incarnations begins at epoch 1 */
	s->wait_room[node - 1][0] = s->wait_room[node - 1][1] = false;
	s->w->n_downs++;
}

static bool env_page_alloc(void *ctx, uint32_t n, uint32_t *handles, bool urgent)
{
	struct sim_node *s = ctx;

	if (rng_permille(&s->w->rng, s->w->plan.no_pages))
		return false;
	return sim_pages_take(s, n, handles, urgent ? 0 : SIM_RESERVE);
}

static void env_page_free(void *ctx, uint32_t handle)
{
	sim_pages_give(ctx, &handle, 1);
}

static void env_msg_done(void *ctx, uint64_t cookie, enum fx_sent how)
{
	struct sim_node *s = ctx;
	struct sim_msg *e = &s->w->ledger[cookie];

	SIM_CHECK(s->w, cookie < s->w->n_ledger && e->src == s->index + 1 && (int32_t)e->src_life == s->life);
	SIM_CHECK(s->w, e->state == SIM_QUEUED);
	SIM_CHECK(s->w, (how == MSG_MOVED) == (e->dst == e->src && e->delivered));
	if (how == MSG_SENT)
		SIM_CHECK(s->w, e->delivered == 1);
	if (how == MSG_LOST && s->on)
		s->owed_down[e->dst - 1] = true;
	e->state = how == MSG_SENT ? SIM_SENT : how == MSG_LOST ? SIM_LOST : SIM_MOVED;
	s->w->n_lost += how == MSG_LOST;
	s->w->n_sent += how == MSG_SENT;
	if (how != MSG_MOVED)
		sim_pages_give(s, e->pages, e->n_pages);
}

static void env_room(void *ctx, uint16_t node, uint8_t lane)
{
	struct sim_node *s = ctx;

	SIM_CHECK(s->w, s->wait_room[node - 1][lane]);
	s->wait_room[node - 1][lane] = false;
}

static void env_log(void *ctx, enum fx_log level, const char *text)
{
	struct sim_node *s = ctx;

	UNUSED(level);
	sim_trace(s->w, "node %u: %s", s->index + 1, text);
}

const struct node_env sim_env = {
	.send_frame = env_send_frame, .part_sums = env_part_sums, .deliver = env_deliver, .peer_up = env_peer_up,
	.peer_down = env_peer_down, .page_alloc = env_page_alloc, .page_free = env_page_free, .msg_done = env_msg_done,
	.room = env_room, .log = env_log,
};

/* --- after every step --- */

static uint32_t list_length(const struct list_node *head)
{
	uint32_t n = 0;

	for (const struct list_node *at = head->next; at != head; at = at->next)
		n++;
	return n;
}

static void check_lane(struct sim_node *s, const struct rdp_link *l, int i, uint32_t *n_tx, uint32_t *n_rx)
{
	const struct rdp_lane *a = &l->lane[i];
	uint32_t *promised = &s->promised[l->node - 1][i];

	SIM_CHECK(s->w, (int32_t)(a->next - a->una) >= 0 && (int32_t)(a->end - a->next) >= 0);
	SIM_CHECK(s->w, a->next - a->una <= RDP_SLOTS && (int32_t)(a->limit - a->next) >= 0);
	SIM_CHECK(s->w, (int32_t)(a->promised - a->rcv_nxt) >= 0);
	SIM_CHECK(s->w, (int32_t)(a->promised - *promised) >= 0); /* credit is never taken back */
	SIM_CHECK(s->w, (int32_t)(a->rcv_nxt - a->deliver) >= 0);
	SIM_CHECK(s->w, a->una == a->next || a->rto_at != 0);     /* whatever is out has a timer */
	SIM_CHECK(s->w, list_length(&a->queue) == a->n_queued);
	*promised = a->promised;
	*n_tx += a->n_queued;
	*n_rx += list_length(&a->parts);
}

/* What we may send is what the other side promised (same incarnations and epoch on both). */
static void check_credit(struct sim_node *s, const struct peer *peer)
{
	const struct rdp_link *l = &peer->link;
	const struct sim_node *o = &s->w->nodes[l->node - 1];
	const struct peer *back = o->on ? cnode_find_peer(&o->c, (uint16_t)(s->index + 1)) : NULL;

	if (back == NULL || !back->link.open || back->nonce != s->c.nonce || peer->nonce != o->c.nonce || back->link.inc != s->c.host.inc || l->inc != o->c.host.inc
	    || back->link.epoch != l->epoch)
		return;
	for (int i = 0; i < LANES; i++)
		SIM_CHECK(s->w, (int32_t)(back->link.lane[i].promised - l->lane[i].limit) >= 0);
}

static void check_clock(struct sim_node *s, const struct peer *peer)
{
	const struct sim_node *o = &s->w->nodes[peer->link.node - 1];
	uint64_t ours = sim_local_time(s, s->w->now), theirs = sim_local_time(o, s->w->now);
	int64_t offset, off_by;
	uint32_t err;

	if (!o->on || peer->nonce != o->c.nonce || !cnode_clock(&s->c, ours, peer->link.node, &offset, &err))
		return;
	off_by = (int64_t)(theirs - ours) - offset;
	SIM_CHECK(s->w, off_by <= (int64_t)err + 2 && off_by >= -(int64_t)err - 2);
	if (s->w->healed && s->w->now > 12000000u + s->w->plan.chaos_ms * 1000ull)
		SIM_CHECK(s->w, err < 5000);
}

void check_node(struct sim_node *s)
{
	uint32_t n_tx = s->c.n_loop, n_rx = 0;

	SIM_CHECK(s->w, !s->c.host.busy && !s->c.rx.pending);
	for (uint32_t i = 0; i < s->c.n_used; i++) {
		const struct peer *peer = &s->c.peers[i];

		SIM_CHECK(s->w, peer->link.open == (peer->state == PEER_UP));
		if (!peer->link.open)
			continue;
		SIM_CHECK(s->w, s->up[peer->link.node - 1]);
		for (int lane = 0; lane < LANES; lane++)
			check_lane(s, &peer->link, lane, &n_tx, &n_rx);
		check_credit(s, peer);
		check_clock(s, peer);
	}
	SIM_CHECK(s->w, n_tx + s->c.host.n_tx_free == SIM_TX && list_length(&s->c.host.tx_free) == s->c.host.n_tx_free);
	SIM_CHECK(s->w, n_rx + s->c.host.n_rx_free == SIM_RX && list_length(&s->c.host.rx_free) == s->c.host.n_rx_free);
	for (uint32_t i = 0; i < s->w->plan.n_nodes; i++)
		SIM_CHECK(s->w, !s->owed_down[i]); /* lost messages and the verdict come together */
}

/* After the wire was good for long enough: everybody sees everybody, nothing is left over. */
void check_end(struct sim_world *w)
{
	for (uint32_t i = 0; i < w->n_ledger; i++)
		SIM_CHECK(w, w->ledger[i].state != SIM_QUEUED);
	for (uint32_t i = 0; i < w->plan.n_nodes; i++) {
		struct sim_node *s = &w->nodes[i];

		SIM_CHECK(w, s->n_used_pages == 0);
		SIM_CHECK(w, s->c.host.n_tx_free == SIM_TX && s->c.host.n_rx_free == SIM_RX);
		for (uint32_t k = 0; k < w->plan.n_nodes; k++)
			if (k != i)
				SIM_CHECK(w, s->up[k] && cnode_peer_state(&s->c, (uint16_t)(k + 1)) == PEER_UP);
	}
}
