/* The wire: loses, doubles, delays, reorders and corrupts frames; a receive ring that overflows.
 * Called by world.c's event loop and by a node's send_frame.
 * Never knows what is inside a frame. */
#include "tests/sim/world.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_WIRE 0x57495245u

enum stage { ON_WIRE, IN_RING };

/* A frame on its way to one node: on the wire, then in its ring. */
struct flight {
	struct timerq_node node;
	uint32_t magic;
	enum stage stage;
	uint32_t to;
	uint8_t mac[WIRE_MAC_BYTES];
	uint32_t len;
	uint8_t *bytes; /* exactly len bytes, so that an overrun shows */
};

void sim_mac(uint32_t index, uint8_t *mac)
{
	memcpy(mac, (uint8_t[]){ 0x52, 0x54, 0, 0x12, 0x34, (uint8_t)(index + 1) }, WIRE_MAC_BYTES);
}

static void flight_free(struct flight *f)
{
	free(f->bytes);
	free(f);
}

static void corrupt(struct sim_world *w, struct flight *f)
{
	uint32_t flips = rng_range(&w->rng, 1, 3);

	w->n_corrupt++;
	if (rng_permille(&w->rng, 100)) {
		f->len = rng_below(&w->rng, f->len); /* cut short */
		f->bytes = realloc(f->bytes, f->len + 1);
		return;
	}
	while (flips-- > 0)
		f->bytes[rng_below(&w->rng, f->len)] ^= (uint8_t)(1u << rng_below(&w->rng, 8));
}

static void launch(struct sim_node *from, uint32_t to, const uint8_t *bytes, uint32_t len)
{
	struct sim_world *w = from->w;
	uint64_t delay = rng_range(&w->rng, 20, 400);
	struct flight *f;

	w->n_frames++;
	if ((w->cut[from->index] >> to & 1) || rng_permille(&w->rng, w->plan.loss)) {
		w->n_dropped++;
		return;
	}
	f = calloc(1, sizeof *f);
	f->magic = EVENT_WIRE;
	f->to = to;
	f->len = len;
	f->bytes = malloc(len);
	memcpy(f->bytes, bytes, len);
	sim_mac(from->index, f->mac);
	if (rng_permille(&w->rng, w->plan.corrupt))
		corrupt(w, f);
	if (rng_permille(&w->rng, w->plan.reorder))
		delay += rng_range(&w->rng, 0, 20000);
	if (rng_permille(&w->rng, w->plan.straggle))
		delay += rng_range(&w->rng, 100000, 5000000);
	timerq_add(&w->events, &f->node, w->now + delay);
}

bool net_send(struct sim_node *from, const uint8_t *mac, const uint8_t *bytes, uint32_t n, const uint8_t *part, uint32_t part_len)
{
	struct sim_world *w = from->w;
	uint8_t frame[WIRE_HEADER_BYTES + WIRE_PAYLOAD_MAX];
	bool all = mac[0] == 0xff;

	SIM_CHECK(w, n + part_len <= sizeof frame);
	if (rng_permille(&w->rng, w->plan.busy_card))
		return false;
	memcpy(frame, bytes, n);
	if (part_len > 0)
		memcpy(frame + n, part, part_len);
	for (uint32_t to = 0; to < w->plan.n_nodes; to++) {
		if (to == from->index || (!all && mac[5] != to + 1))
			continue;
		launch(from, to, frame, n + part_len);
		if (rng_permille(&w->rng, w->plan.dup))
			launch(from, to, frame, n + part_len);
	}
	return true;
}

static void enter_ring(struct sim_node *s, struct flight *f)
{
	struct sim_world *w = s->w;
	uint64_t start = s->busy_until > w->now ? s->busy_until : w->now;

	if (!s->on || s->ring_used >= SIM_RING) {
		w->n_dropped++;
		flight_free(f);
		return;
	}
	s->ring_used++;
	f->stage = IN_RING;
	s->busy_until = start + w->plan.service_us;
	timerq_add(&w->events, &f->node, s->busy_until);
}

static void leave_ring(struct sim_node *s, struct flight *f)
{
	struct sim_world *w = s->w;

	if (s->on && s->paused) {
		timerq_add(&w->events, &f->node, w->now + 10000);
		return;
	}
	if (s->ring_used > 0)
		s->ring_used--;
	if (s->on) {
		cnode_rx(&s->c, sim_local_time(s, w->now), f->mac, f->bytes, f->len, sim_page_bytes);
		sim_node_step_done(s);
	}
	flight_free(f);
}

bool net_is_event(const struct timerq_node *event)
{
	return container_of(event, struct flight, node)->magic == EVENT_WIRE;
}

void net_event(struct sim_world *w, struct timerq_node *event)
{
	struct flight *f = container_of(event, struct flight, node);

	if (f->stage == ON_WIRE)
		enter_ring(&w->nodes[f->to], f);
	else
		leave_ring(&w->nodes[f->to], f);
}
