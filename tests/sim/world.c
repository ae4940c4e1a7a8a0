/* N nodes, their clocks, their workload and their misfortunes, drawn from one seed.
 * Called by main.c, once per seed.
 * Never looks at anything but the seed: the same seed gives the same run, byte for byte. */
#include "tests/sim/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_US 20000000u

enum action { SEND, CUT, MEND, PAUSE, RESUME, POWER_OFF, POWER_ON, FREE_KEPT, HEAL };

struct deed {
	struct timerq_node node;
	uint32_t magic; /* not the wire's */
	enum action what;
	uint32_t a, b;
};

void sim_fail(struct sim_world *w, const char *what, const char *file, int line)
{
	if (w->failed != NULL)
		return;
	w->failed = what;
	printf("not ok - seed %llu at %llu us: %s (%s:%d)\n# replay: build/tests/sim --seed %llu --verbose\n",
	       (unsigned long long)w->seed, (unsigned long long)w->now, what, file, line, (unsigned long long)w->seed);
}

void sim_trace(struct sim_world *w, const char *format, ...)
{
	va_list args;

	if (!w->verbose)
		return;
	printf("%10llu  ", (unsigned long long)w->now);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

uint64_t sim_local_time(const struct sim_node *s, uint64_t now)
{
	return now + (uint64_t)s->clock_skew_us + (uint64_t)((int64_t)now * s->drift_ppm / 1000000);
}

static void rearm(struct sim_node *s, uint64_t local)
{
	struct sim_world *w = s->w;
	uint64_t here = sim_local_time(s, w->now);

	timerq_remove(&w->events, &s->tick);
	timerq_add(&w->events, &s->tick, local <= here ? w->now + 5 : w->now + MIN(local - here, (uint64_t)10000000) + 1);
}

/* After every step: invariants, and the timer where the node wants it. */
void sim_node_step_done(struct sim_node *s)
{
	s->w->n_steps++;
	rearm(s, cnode_tick(&s->c, sim_local_time(s, s->w->now)));
	check_node(s);
}

static void plan_draw(struct sim_world *w)
{
	struct rng *r = &w->rng;
	struct sim_plan *p = &w->plan;

	p->n_nodes = rng_range(r, 2, SIM_NODES);
	p->loss = rng_permille(r, 300) ? 0 : rng_range(r, 0, 300);
	p->dup = rng_permille(r, 300) ? 0 : rng_range(r, 0, 150);
	p->reorder = rng_permille(r, 300) ? 0 : rng_range(r, 0, 300);
	p->corrupt = rng_permille(r, 300) ? 0 : rng_range(r, 0, 80);
	p->straggle = rng_permille(r, 500) ? 0 : rng_range(r, 0, 20);
	p->busy_card = rng_permille(r, 500) ? 0 : rng_range(r, 0, 50);
	p->no_pages = rng_permille(r, 500) ? 0 : rng_range(r, 0, 200);
	p->n_cuts = rng_permille(r, 500) ? 0 : rng_range(r, 1, 4);
	p->n_pauses = rng_permille(r, 500) ? 0 : rng_range(r, 1, 4);
	p->n_restarts = rng_permille(r, 400) ? 0 : rng_range(r, 1, 5);
	p->deadtime_ms = rng_permille(r, 500) ? 3000 : rng_range(r, 1500, 4000);
	p->chaos_ms = rng_range(r, 3000, 9000);
	p->send_gap_us = rng_range(r, 8000, 60000);
	p->service_us = rng_range(r, 5, 400);
}

static void deed_add(struct sim_world *w, enum action what, uint64_t at, uint32_t a, uint32_t b)
{
	struct deed *d = calloc(1, sizeof *d);

	d->what = what;
	d->a = a;
	d->b = b;
	timerq_add(&w->events, &d->node, at);
}

/* --- power --- */

static void power_on(struct sim_node *s)
{
	struct sim_world *w = s->w;
	struct cnode_config cfg = { .node = (uint16_t)(s->index + 1), .cluster = "sim", .deadtime_ms = w->plan.deadtime_ms,
				    .seed = rng_u64(&w->rng), .nonce = rng_u64(&w->rng) | 1, .env = &sim_env, .ctx = s,
				    .peers = s->peers, .tx = s->tx, .rx = s->rx, .n_peers = SIM_PEERS, .n_tx = SIM_TX,
				    .n_rx = SIM_RX, .ring_frames = SIM_RING };

	if (s->on || s->life + 1 >= SIM_LIVES)
		return;
	s->life++;
	cfg.incarnation = s->rtc + (uint32_t)(w->now / 1000000) - (rng_permille(&w->rng, 200) ? 5 : 0);
	sim_mac(s->index, cfg.mac);
	memset(s->next_number, 0, sizeof s->next_number);
	memset(s->last, 0, sizeof s->last);
	memset(s->up_inc, 0, sizeof s->up_inc);
	memset(s->up_epoch, 0, sizeof s->up_epoch);
	memset(s->wait_room, 0, sizeof s->wait_room);
	s->ring_used = 0;
	s->on = true;
	s->paused = false;
	s->clock_skew_us = rng_range(&w->rng, 0, 2000000000);
	sim_trace(w, "node %u: power on, life %d, incarnation %u", s->index + 1, s->life, cfg.incarnation);
	cnode_init(&s->c, &cfg);
	cnode_start(&s->c, sim_local_time(s, w->now));
	sim_node_step_done(s);
}

static void give_kept(struct sim_node *s)
{
	for (; s->n_keep > 0; s->n_keep--)
		sim_pages_give(s, s->keep[s->n_keep - 1].pages, s->keep[s->n_keep - 1].n);
}

static void power_off(struct sim_node *s)
{
	if (!s->on)
		return;
	sim_trace(s->w, "node %u: power off", s->index + 1);
	s->on = false;
	s->w->n_stops++;
	cnode_stop(&s->c);
	give_kept(s);
	memset(s->up, 0, sizeof s->up);
	timerq_remove(&s->w->events, &s->tick);
	SIM_CHECK(s->w, s->n_used_pages == 0);
	SIM_CHECK(s->w, s->c.host.n_tx_free == SIM_TX && s->c.host.n_rx_free == SIM_RX);
}

/* --- workload --- */

static struct sim_msg *ledger_add(struct sim_world *w)
{
	if (w->n_ledger == w->cap_ledger) {
		w->cap_ledger = w->cap_ledger == 0 ? 1024 : 2 * w->cap_ledger;
		w->ledger = realloc(w->ledger, w->cap_ledger * sizeof w->ledger[0]);
	}
	memset(&w->ledger[w->n_ledger], 0, sizeof w->ledger[0]);
	return &w->ledger[w->n_ledger++];
}

static void draw_sizes(struct sim_world *w, struct sim_msg *e)
{
	uint32_t kind = rng_below(&w->rng, 10);

	e->head_len = (uint16_t)(kind < 6 ? rng_range(&w->rng, 4, 100) : rng_range(&w->rng, 4, WIRE_HEAD_MAX));
	e->lane = kind >= 5;
	if (kind >= 7)
		e->n_pages = (uint8_t)(kind == 9 ? WIRE_PAGES_MAX : rng_range(&w->rng, 1, kind == 7 ? 2 : WIRE_PAGES_MAX));
	if (e->n_pages > 0)
		e->last_len = (uint16_t)(rng_permille(&w->rng, 500) ? WIRE_PAGE_BYTES : rng_range(&w->rng, 1, WIRE_PAGE_BYTES));
}

static void send_one(struct sim_node *s)
{
	struct sim_world *w = s->w;
	uint32_t key = w->n_ledger;
	struct sim_msg *e = ledger_add(w);
	uint8_t head[WIRE_HEAD_MAX];
	int err;

	e->src = (uint16_t)(s->index + 1);
	e->src_life = (uint16_t)s->life;
	e->src_inc = cnode_incarnation(&s->c);
	e->dst = (uint16_t)rng_range(&w->rng, 1, w->plan.n_nodes);
	draw_sizes(w, e);
	if (!sim_pages_take(s, e->n_pages, e->pages, SIM_RESERVE)) {
		w->n_ledger--;
		return;
	}
	memcpy(head, &key, 4);
	sim_fill(head + 4, e->head_len - 4u, key);
	for (uint32_t i = 0; i < e->n_pages; i++)
		sim_fill(sim_page(s, e->pages[i]), i + 1u == e->n_pages ? e->last_len : WIRE_PAGE_BYTES, key + i + 1);
	err = cnode_send(&s->c, sim_local_time(s, w->now), e->dst, e->lane, head, e->head_len, e->pages, e->n_pages, e->last_len,
			 key);
	if (err == 0) {
		e->number = s->next_number[e->dst - 1][e->lane]++;
	} else {
		SIM_CHECK(w, err == -EAGAIN || (err == -EHOSTUNREACH && e->dst != e->src));
		if (err == -EAGAIN)
			s->wait_room[e->dst - 1][e->lane] = true;
		sim_pages_give(s, e->pages, e->n_pages);
		w->n_ledger--;
	}
	sim_node_step_done(s);
}

/* A node sends in bursts, so that windows fill and queues refuse. */
static void send_some(struct sim_world *w, uint32_t index)
{
	struct sim_node *s = &w->nodes[index];
	uint32_t n = rng_permille(&w->rng, 100) ? 12 : rng_range(&w->rng, 1, 3);

	for (; n > 0 && s->on && !s->paused && w->failed == NULL; n--)
		send_one(s);
	if (!w->healed)
		deed_add(w, SEND, w->now + rng_range(&w->rng, 100, 2 * w->plan.send_gap_us), index, 0);
}

/* --- misfortunes --- */

static void draw_misfortunes(struct sim_world *w)
{
	uint32_t chaos = w->plan.chaos_ms * 1000;

	for (uint32_t i = 0; i < w->plan.n_cuts; i++) {
		uint32_t a = rng_below(&w->rng, w->plan.n_nodes), at = rng_below(&w->rng, chaos);
		uint32_t b = rng_permille(&w->rng, 300) ? 0xffff : 1u << rng_below(&w->rng, w->plan.n_nodes);

		deed_add(w, CUT, at, a, b);
		deed_add(w, MEND, at + rng_range(&w->rng, 100000, 6000000), a, b);
	}
	for (uint32_t i = 0; i < w->plan.n_pauses; i++) {
		uint32_t a = rng_below(&w->rng, w->plan.n_nodes), at = rng_below(&w->rng, chaos);

		deed_add(w, PAUSE, at, a, 0);
		deed_add(w, RESUME, at + rng_range(&w->rng, 50000, 6000000), a, 0);
	}
	for (uint32_t i = 0; i < w->plan.n_restarts; i++) {
		uint32_t a = rng_below(&w->rng, w->plan.n_nodes), at = rng_below(&w->rng, chaos);
		uint32_t off = rng_permille(&w->rng, 500) ? rng_range(&w->rng, 1000, 300000) : rng_range(&w->rng, 1000, 6000000);

		deed_add(w, POWER_OFF, at, a, 0);
		deed_add(w, POWER_ON, at + off, a, 0);
	}
}

/* The rest of the run has a good wire and no misfortune. */
static void heal(struct sim_world *w)
{
	w->healed = true;
	w->plan.loss = w->plan.dup = w->plan.reorder = w->plan.corrupt = w->plan.straggle = 0;
	w->plan.busy_card = w->plan.no_pages = 0;
	memset(w->cut, 0, sizeof w->cut);
	for (uint32_t i = 0; i < w->plan.n_nodes; i++) {
		w->nodes[i].paused = false;
		power_on(&w->nodes[i]);
		give_kept(&w->nodes[i]);
	}
	sim_trace(w, "healed");
}

static void act(struct sim_world *w, struct deed *d)
{
	struct sim_node *s = &w->nodes[d->a];

	if (w->healed && d->what != FREE_KEPT)
		return;
	switch (d->what) {
	case SEND: send_some(w, d->a); break;
	case CUT: w->cut[d->a] |= (uint16_t)d->b; sim_trace(w, "cut %u -> %x", d->a + 1, d->b); break;
	case MEND: w->cut[d->a] &= (uint16_t)~d->b; break;
	case PAUSE: s->paused = true; sim_trace(w, "pause %u", d->a + 1); break;
	case RESUME: s->paused = false; break;
	case POWER_OFF: power_off(s); break;
	case POWER_ON: power_on(s); break;
	case HEAL: heal(w); break;
	case FREE_KEPT:
		for (uint32_t i = 0; i < w->plan.n_nodes; i++)
			give_kept(&w->nodes[i]);
		deed_add(w, FREE_KEPT, w->now + 300000, 0, 0);
		break;
	}
}

static void dispatch(struct sim_world *w, struct timerq_node *event)
{
	for (uint32_t i = 0; i < w->plan.n_nodes; i++) {
		struct sim_node *s = &w->nodes[i];

		if (event != &s->tick)
			continue;
		if (s->paused)
			timerq_add(&w->events, &s->tick, w->now + 10000);
		else
			sim_node_step_done(s);
		return;
	}
	if (net_is_event(event)) {
		net_event(w, event);
		return;
	}
	act(w, container_of(event, struct deed, node));
	free(container_of(event, struct deed, node));
}

static void begin(struct sim_world *w)
{
	plan_draw(w);
	w->nodes = calloc(w->plan.n_nodes, sizeof w->nodes[0]);
	for (uint32_t i = 0; i < w->plan.n_nodes; i++) {
		struct sim_node *s = &w->nodes[i];

		s->w = w;
		s->index = i;
		s->salt = rng_u32(&w->rng) & ~0xffu;
		s->rtc = rng_range(&w->rng, 1000, 2000);
		s->drift_ppm = (int32_t)rng_range(&w->rng, 0, 200) - 100;
		s->life = -1;
		deed_add(w, POWER_ON, rng_below(&w->rng, 500000), i, 0);
		deed_add(w, SEND, 600000 + rng_below(&w->rng, w->plan.send_gap_us), i, 0);
	}
	draw_misfortunes(w);
	deed_add(w, FREE_KEPT, 300000, 0, 0);
	deed_add(w, HEAL, w->plan.chaos_ms * 1000ull, 0, 0);
}

static void end(struct sim_world *w)
{
	struct timerq_node *event;

	for (uint32_t i = 0; i < w->plan.n_nodes; i++) {
		for (uint32_t k = 0; k < w->nodes[i].c.n_used; k++)
			w->n_rexmit += w->nodes[i].peers[k].link.count.rexmit;
		power_off(&w->nodes[i]);
	}
	while ((event = timerq_pop_due(&w->events, UINT64_MAX)) != NULL) {
		if (net_is_event(event))
			net_event(w, event); /* the node is off: freed */
		else
			free(container_of(event, struct deed, node));
	}
	free(w->nodes);
	free(w->ledger);
}

bool sim_run(uint64_t seed, bool verbose, struct sim_world *out)
{
	struct sim_world *w = calloc(1, sizeof *w);
	struct timerq_node *event;
	uint64_t last;

	w->seed = seed;
	w->verbose = verbose;
	rng_seed(&w->rng, seed);
	timerq_init(&w->events);
	begin(w);
	last = w->plan.chaos_ms * 1000ull + SETTLE_US;
	while (w->failed == NULL && (event = timerq_first(&w->events)) != NULL && event->at <= last) {
		w->now = event->at;
		timerq_remove(&w->events, event);
		dispatch(w, event);
	}
	w->now = last;
	for (uint32_t i = 0; i < w->plan.n_nodes; i++)
		give_kept(&w->nodes[i]);
	if (w->failed == NULL)
		check_end(w);
	end(w);
	*out = *w;
	free(w);
	return out->failed == NULL;
}
