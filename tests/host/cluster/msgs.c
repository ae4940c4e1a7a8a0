/* msgs.c - random valid messages for tests of cluster/msg.c.
 * Called by: msg_test.c, tests/fuzz/msg_fuzz.c.  See msgs.h.
 * Never: linked into the kernel.  */
#include "tests/host/cluster/msgs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	fprintf(stderr, "%s:%d: %s (%llu, %llu)\n", file, line, expr, (unsigned long long)a, (unsigned long long)b);
	abort();
}

uint8_t sample_kind(uint32_t i)
{
	i %= SAMPLE_KINDS;
	return (uint8_t)(i < MSG_CTL_LAST ? MSG_OFFER + i : MSG_CAPSULE + (i - MSG_CTL_LAST));
}

static void make_key(struct msg_key *k, struct rng *rng, uint8_t kind)
{
	*k = (struct msg_key){.kind = kind, .home = (uint16_t)rng_range(rng, WIRE_NODE_MIN, WIRE_NODE_MAX), .unit = rng_u32(rng), .epoch = rng_u32(rng)};
}

static void make_ctl(struct msg_ctl *m, struct rng *rng)
{
	m->node = (uint16_t)rng_u32(rng);
	m->from_epoch = rng_u32(rng);
	m->tid = rng_u32(rng);
	m->pages = rng_u32(rng);
	m->features = rng_u32(rng);
	m->status = (int32_t)rng_u32(rng);
}

/* Lengths of n windows that stay within room together. */
static uint32_t window_len(struct rng *rng, uint32_t *room)
{
	uint32_t len = rng_permille(rng, 700) ? rng_below(rng, 40) : rng_below(rng, 9000);

	len = MIN(len, *room);
	*room -= len;
	return len;
}

static void make_data(struct sample *s, struct rng *rng, uint32_t len, uint32_t room)
{
	s->data_inline = len <= room && (len == 0 || rng_permille(rng, 800));
	for (uint32_t i = 0; s->data_inline && i < len; i++) s->data[i] = (uint8_t)rng_u32(rng);
	s->page_bytes = s->data_inline ? 0 : len;
	s->n_pages = (s->page_bytes + WIRE_PAGE_BYTES - 1) / WIRE_PAGE_BYTES;
}

static void make_call(struct sample *s, struct rng *rng)
{
	struct msg_call *c = &s->m.call;
	uint32_t in = 65536, out = 65536;

	c->tid = rng_u32(rng);
	c->k = rng_u32(rng);
	c->skip = rng_u32(rng);
	c->row = (uint16_t)rng_u32(rng);
	c->nonblock = rng_permille(rng, 500);
	for (int i = 0; i < 6; i++) c->arg[i] = rng_u32(rng);
	c->mirror = (struct msg_mirror){rng_u64(rng), rng_u64(rng), rng_u64(rng)};
	c->used = (struct msg_figures){rng_u64(rng), rng_u64(rng), rng_u32(rng), rng_u32(rng), rng_u32(rng), rng_u32(rng), rng_u32(rng)};
	c->n_windows = (uint8_t)(rng_permille(rng, 800) ? rng_below(rng, 4) : rng_below(rng, MSG_WINDOWS_MAX + 1));
	for (uint32_t i = 0; i < c->n_windows; i++) {
		struct msg_window *w = &c->w[i];
		w->in = rng_permille(rng, 500);
		w->out = !w->in || rng_permille(rng, 200);
		uint32_t both = MIN(w->in ? in : 65536, w->out ? out : 65536);
		uint32_t room = both;
		w->len = window_len(rng, &room);
		w->at = rng_below(rng, 0xc0000000u - 65536);
		if (w->in) in -= w->len;
		if (w->out) out -= w->len;
	}
	c->data_len = 65536 - in;
	make_data(s, rng, c->data_len, MSG_CALL_ROOM);
}

static void make_reply(struct sample *s, struct rng *rng)
{
	struct msg_reply *r = &s->m.reply;
	uint32_t room = 65536;

	r->tid = rng_u32(rng);
	r->k = rng_u32(rng);
	r->result = (int32_t)rng_u32(rng);
	r->poke = rng_permille(rng, 500);
	r->traced = rng_permille(rng, 100);
	r->pending = rng_u64(rng);
	r->taken = (struct msg_info){.signo = (int32_t)rng_below(rng, 65), .code = (int32_t)rng_u32(rng), .err = (int32_t)rng_u32(rng), .pid = rng_u32(rng),
				     .uid = rng_u32(rng), .status = (int32_t)rng_u32(rng), .value = rng_u32(rng), .addr = rng_u32(rng)};
	r->n_windows = (uint8_t)(rng_permille(rng, 800) ? rng_below(rng, 4) : rng_below(rng, MSG_WINDOWS_MAX + 1));
	for (uint32_t i = 0; i < r->n_windows; i++) r->filled[i] = window_len(rng, &room);
	r->data_len = 65536 - room;
	make_data(s, rng, r->data_len, MSG_REPLY_ROOM);
}

static void make_pages(struct sample *s, struct rng *rng)
{
	s->m.pages.n = s->n_pages = rng_range(rng, 1, MSG_PIECE_PAGES);
	s->page_bytes = s->n_pages * WIRE_PAGE_BYTES;
	for (uint32_t i = 0; i < s->n_pages; i++) s->m.pages.at[i] = rng_u32(rng) & ~(WIRE_PAGE_BYTES - 1);
}

static void make_capsule(struct sample *s, struct rng *rng)
{
	struct msg_capsule *c = &s->m.capsule;

	c->len = s->page_bytes = rng_range(rng, 1, 65536);
	s->n_pages = (s->page_bytes + WIRE_PAGE_BYTES - 1) / WIRE_PAGE_BYTES;
	c->offset = rng_below(rng, 100000);
	c->total = c->offset + c->len + rng_below(rng, 100000);
}

static void make_page(struct sample *s, struct rng *rng)
{
	struct msg_page_ask *p = &s->m.page;

	p->ask = rng_u32(rng);
	p->backing = rng_u32(rng);
	p->index = rng_u32(rng);
	p->n = rng_range(rng, 1, MSG_PIECE_PAGES);
	if (s->kind == MSG_PAGE_ASK) return;
	p->status = rng_permille(rng, 200) ? -5 : 0;
	if (p->status) p->n = 0;
	s->n_pages = p->n;
	s->page_bytes = p->n * WIRE_PAGE_BYTES;
}

void sample_make(struct sample *s, struct rng *rng, uint8_t kind)
{
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	make_key(&s->m.ctl.key, rng, kind); /* every message begins with its key */
	switch (kind) {
	case MSG_CALL: make_call(s, rng); break;
	case MSG_REPLY: make_reply(s, rng); break;
	case MSG_PAGES: make_pages(s, rng); break;
	case MSG_CAPSULE: make_capsule(s, rng); break;
	case MSG_PAGE_ASK:
	case MSG_PAGE_TELL: make_page(s, rng); break;
	default: make_ctl(&s->m.ctl, rng); break;
	}
	s->n = sample_encode(s);
}

uint32_t sample_encode(struct sample *s)
{
	const uint8_t *data = s->data_inline ? s->data : NULL;

	switch (s->kind) {
	case MSG_CALL: return msg_put_call(s->head, &s->m.call, data);
	case MSG_REPLY: return msg_put_reply(s->head, &s->m.reply, data);
	case MSG_PAGES: return msg_put_pages(s->head, &s->m.pages);
	case MSG_CAPSULE: return msg_put_capsule(s->head, &s->m.capsule);
	case MSG_PAGE_ASK:
	case MSG_PAGE_TELL: return msg_put_page(s->head, &s->m.page);
	default: return msg_put_ctl(s->head, &s->m.ctl);
	}
}

/* The decoder points into the head: keep the data, the head may go. */
static bool keep_data(struct sample *s, const uint8_t *data, uint32_t len)
{
	s->data_inline = data != NULL;
	if (data && len) memcpy(s->data, data, len);
	return true;
}

bool sample_decode(const struct sample *like, const uint8_t *head, uint32_t n, uint32_t n_pages, uint32_t page_bytes, struct sample *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = like->kind;
	switch (like->kind) {
	case MSG_CALL: return msg_get_call(head, n, page_bytes, &out->m.call) && keep_data(out, out->m.call.data_inline, out->m.call.data_len);
	case MSG_REPLY: return msg_get_reply(head, n, page_bytes, &out->m.reply) && keep_data(out, out->m.reply.data_inline, out->m.reply.data_len);
	case MSG_PAGES: return msg_get_pages(head, n, n_pages, &out->m.pages);
	case MSG_CAPSULE: return msg_get_capsule(head, n, page_bytes, &out->m.capsule);
	case MSG_PAGE_ASK:
	case MSG_PAGE_TELL: return msg_get_page(head, n, n_pages, &out->m.page);
	default: return msg_get_ctl(head, n, &out->m.ctl);
	}
}
