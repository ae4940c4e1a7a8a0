/* A few real nodes on a perfect wire under virtual time: the harness of the unit tests and the fuzzer.
 * Called by tests/host/cluster and tests/fuzz.
 * Never loses a frame unless told to. */
#include "tests/host/cluster/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	fprintf(stderr, "KASSERT(%s) %s:%d: %llu %llu\n", expr, file, line, (unsigned long long)a, (unsigned long long)b);
	abort();
}

static void die(const char *what)
{
	fprintf(stderr, "harness: %s\n", what);
	abort();
}

/* --- environment --- */

static bool env_send(void *ctx, const uint8_t *mac, const uint8_t *bytes, uint32_t n, const struct fx_part *part)
{
	struct pair_node *s = ctx;
	struct pair *p = s->p;
	struct pair_frame f = { .len = (uint16_t)n };

	if (s->card_busy > 0) {
		s->card_busy--;
		return false;
	}
	memcpy(f.mac, s->mac, WIRE_MAC_BYTES);
	memcpy(f.bytes, bytes, n);
	if (part != NULL) {
		memcpy(f.bytes + n, pair_page_bytes(s, part->handle) + part->offset, part->len);
		f.len = (uint16_t)(f.len + part->len);
	}
	p->n_by_type[bytes[WIRE_OFF_TYPE] & 15]++;
	p->n_sent_frames++;
	for (uint32_t to = 0; to < p->n_nodes; to++) {
		if (to == s->index || (mac[0] != 0xff && memcmp(mac, p->nodes[to]->mac, WIRE_MAC_BYTES) != 0))
			continue;
		f.to = (uint16_t)to;
		f.due = p->now + p->delay_us;
		if (p->filter != NULL && !p->filter(p, s->index, &f))
			continue;
		if (p->wire_put - p->wire_got >= PAIR_WIRE)
			die("wire is full");
		p->wire[p->wire_put++ % PAIR_WIRE] = f;
	}
	return true;
}

static void env_sums(void *ctx, uint8_t check, const struct fx_part *part, uint32_t *a, uint32_t *b)
{
	struct packet_sums sums = packet_check(check, pair_page_bytes(ctx, part->handle) + part->offset, part->len);

	*a = sums.a;
	*b = sums.b;
}

static bool env_alloc(void *ctx, uint32_t n, uint32_t *handles, bool urgent)
{
	struct pair_node *s = ctx;
	uint32_t got = 0;

	if (s->no_pages > 0) {
		s->no_pages--;
		return false;
	}
	if (PAIR_PAGES - s->n_used < n + (urgent ? 0 : WIRE_PAGES_MAX))
		return false;
	for (uint32_t i = 0; got < n; i++) {
		if (s->used[i])
			continue;
		s->used[i] = true;
		handles[got++] = 1000 + i;
	}
	s->n_used += n;
	return true;
}

static void env_free(void *ctx, uint32_t handle)
{
	struct pair_node *s = ctx;

	(void)pair_page_bytes(s, handle);
	s->used[handle - 1000] = false;
	s->n_used--;
}

static void env_deliver(void *ctx, const struct fx_message *m)
{
	struct pair_node *s = ctx;
	struct pair_got *g = &s->got[s->n_got++ % PAIR_GOT];

	*g = (struct pair_got){ .from = m->from, .head_len = m->head_len, .last_len = m->last_len, .lane = m->lane,
				.n_pages = m->n_pages };
	memcpy(g->head, m->head, MIN(m->head_len, sizeof g->head));
	for (uint32_t i = 0; i < m->n_pages; i++)
		env_free(s, m->pages[i]);
	if (s->echo && m->lane == LANE_CONTROL && m->from != s->index + 1
	    && cnode_send(&s->c, s->p->now, m->from, LANE_CONTROL, (const uint8_t *)"pong", 4, NULL, 0, 0, 0) != 0)
		s->echo = false;
}

static void env_up(void *ctx, uint16_t node, uint32_t inc)
{
	struct pair_node *s = ctx;

	UNUSED(node);
	UNUSED(inc);
	s->n_up++;
}

static void env_down(void *ctx, uint16_t node, uint32_t inc, enum fx_down why)
{
	struct pair_node *s = ctx;

	UNUSED(node);
	UNUSED(inc);
	s->n_down++;
	s->why = why;
	s->down_at = s->p->now;
}

/* The cookie holds the first page and their number, which pair_send() took in a row or not at all. */
static void env_done(void *ctx, uint64_t cookie, enum fx_sent how)
{
	struct pair_node *s = ctx;
	uint32_t n = (uint32_t)(cookie >> 32), first = (uint32_t)cookie;

	s->n_done[how]++;
	for (uint32_t i = 0; i < n && how != MSG_MOVED; i++)
		env_free(s, first + i);
}

static void env_room(void *ctx, uint16_t node, uint8_t lane)
{
	struct pair_node *s = ctx;

	UNUSED(node);
	UNUSED(lane);
	s->n_room++;
}

static void env_log(void *ctx, enum fx_log level, const char *text)
{
	struct pair_node *s = ctx;

	UNUSED(level);
	snprintf(s->log[s->n_log++ % PAIR_LOG], sizeof s->log[0], "%s", text);
	if (getenv("PAIR_VERBOSE") != NULL)
		fprintf(stderr, "%8llu node %u: %s\n", (unsigned long long)s->p->now, s->index + 1, text);
}

static const struct node_env pair_env = {
	.send_frame = env_send, .part_sums = env_sums, .deliver = env_deliver, .peer_up = env_up, .peer_down = env_down,
	.page_alloc = env_alloc, .page_free = env_free, .msg_done = env_done, .room = env_room, .log = env_log,
};

uint8_t *pair_page_bytes(void *ctx, uint32_t handle)
{
	struct pair_node *s = ctx;

	if (handle < 1000 || handle >= 1000 + PAIR_PAGES || !s->used[handle - 1000])
		die("a page that is not in use");
	return s->pages[handle - 1000];
}

/* --- life --- */

struct cnode_config pair_config(struct pair *p, uint32_t index)
{
	struct pair_node *s = p->nodes[index];
	struct cnode_config cfg = { .node = (uint16_t)(index + 1), .incarnation = 100, .nonce = 0x1111u * (index + 1) + p->now,
				    .cluster = "test", .seed = index + 1, .env = &pair_env, .ctx = s, .peers = s->peers,
				    .tx = s->tx, .rx = s->rx, .n_peers = ARRAY_LEN(s->peers), .n_tx = PAIR_TX, .n_rx = PAIR_RX };

	memcpy(cfg.mac, (uint8_t[]){ 0x52, 0x54, 0, 0, 0, (uint8_t)(index + 1) }, WIRE_MAC_BYTES);
	return cfg;
}

struct pair *pair_new(uint32_t n_nodes)
{
	struct pair *p = calloc(1, sizeof *p);

	p->now = 1000000;
	p->delay_us = 100;
	p->n_nodes = n_nodes;
	for (uint32_t i = 0; i < n_nodes; i++) {
		p->nodes[i] = calloc(1, sizeof *p->nodes[i]);
		p->nodes[i]->p = p;
		p->nodes[i]->index = i;
		p->nodes[i]->deadline = UINT64_MAX;
	}
	return p;
}

void pair_free(struct pair *p)
{
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		struct pair_node *s = p->nodes[i];

		if (s->c.started)
			cnode_stop(&s->c);
		if (s->n_used != 0 || s->c.host.n_tx_free != PAIR_TX || s->c.host.n_rx_free != PAIR_RX)
			die("something leaked");
		free(s);
	}
	free(p);
}

void pair_boot(struct pair *p, uint32_t index, const struct cnode_config *cfg)
{
	struct pair_node *s = p->nodes[index];

	if (s->c.started)
		cnode_stop(&s->c);
	memcpy(s->mac, cfg->mac, WIRE_MAC_BYTES);
	cnode_init(&s->c, cfg);
	cnode_start(&s->c, p->now);
	s->dead = false;
	s->deadline = p->now;
}

static bool all_linked(const struct pair *p)
{
	for (uint32_t i = 0; i < p->n_nodes; i++)
		for (uint32_t k = 0; k < p->n_nodes; k++)
			if (cnode_peer_state(&p->nodes[i]->c, (uint16_t)(k + 1)) != PEER_UP)
				return false;
	return true;
}

struct pair *pair_linked(uint32_t n_nodes)
{
	struct pair *p = pair_new(n_nodes);

	for (uint32_t i = 0; i < n_nodes; i++) {
		struct cnode_config cfg = pair_config(p, i);

		pair_boot(p, i, &cfg);
	}
	for (int i = 0; i < 100 && !all_linked(p); i++)
		pair_run(p, 10000);
	if (!all_linked(p))
		die("nodes do not link");
	pair_run(p, 300000);
	return p;
}

/* --- time --- */

static void receive(struct pair *p, const struct pair_frame *f)
{
	struct pair_node *s = p->nodes[f->to];

	if (s->c.started && !s->dead)
		pair_inject(s, f->mac, f->bytes, f->len);
}

void pair_inject(struct pair_node *s, const uint8_t *mac, const uint8_t *bytes, uint32_t len)
{
	uint8_t *exact = malloc(len + 1); /* its own block, so that an overrun shows */

	memcpy(exact, bytes, len);
	cnode_rx(&s->c, s->p->now, mac, exact, len, pair_page_bytes);
	free(exact);
	s->deadline = cnode_tick(&s->c, s->p->now);
}

static uint64_t next_event(const struct pair *p)
{
	uint64_t next = UINT64_MAX;

	if (p->wire_put != p->wire_got)
		next = p->wire[p->wire_got % PAIR_WIRE].due;
	for (uint32_t i = 0; i < p->n_nodes; i++)
		if (p->nodes[i]->c.started && !p->nodes[i]->dead)
			next = MIN(next, p->nodes[i]->deadline);
	return next;
}

static void run_event(struct pair *p)
{
	if (p->wire_put != p->wire_got && p->wire[p->wire_got % PAIR_WIRE].due <= p->now) {
		struct pair_frame f = p->wire[p->wire_got++ % PAIR_WIRE];

		receive(p, &f);
		return;
	}
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		struct pair_node *s = p->nodes[i];

		if (s->c.started && !s->dead && s->deadline <= p->now) {
			s->deadline = MAX(cnode_tick(&s->c, p->now), p->now + 1);
			return;
		}
	}
}

void pair_run(struct pair *p, uint64_t us)
{
	uint64_t end = p->now + us, next;

	while ((next = next_event(p)) <= end) {
		p->now = MAX(p->now, next);
		run_event(p);
	}
	p->now = end;
}

/* --- use --- */

static uint32_t take_row(struct pair_node *s, uint32_t n)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < PAIR_PAGES; i++) {
		run = s->used[i] ? 0 : run + 1;
		if (run == n) {
			memset(&s->used[i + 1 - n], true, n);
			s->n_used += n;
			return 1000 + i + 1 - n;
		}
	}
	return 0;
}

int pair_send(struct pair *p, uint32_t from, uint32_t to, uint8_t lane, uint8_t tag, uint32_t head_len, uint32_t n_pages,
	      uint32_t last_len)
{
	struct pair_node *s = p->nodes[from];
	uint32_t first = n_pages > 0 ? take_row(s, n_pages) : 0, pages[WIRE_PAGES_MAX] = { 0 };
	uint8_t head[WIRE_HEAD_MAX] = { tag };
	int err;

	if (n_pages > 0 && first == 0)
		return -1000;
	for (uint32_t i = 0; i < n_pages; i++) {
		pages[i] = first + i;
		memset(s->pages[first + i - 1000], tag, WIRE_PAGE_BYTES);
	}
	err = cnode_send(&s->c, p->now, (uint16_t)(to + 1), lane, head, head_len, pages, n_pages, last_len,
			 (uint64_t)n_pages << 32 | first);
	for (uint32_t i = 0; i < n_pages && err != 0; i++)
		env_free(s, first + i);
	s->deadline = MIN(s->deadline, p->now);
	return err;
}

bool pair_logged(const struct pair_node *s, const char *what)
{
	for (uint32_t i = 0; i < MIN(s->n_log, PAIR_LOG); i++)
		if (strstr(s->log[i], what) != NULL)
			return true;
	return false;
}
