/* msg_fuzz.c - throws mutated valid messages at every decoder of cluster/msg.c.
 * Called by: make test-host-msg (100,000 messages) and nightly (1,000,000); sanitizers watch.  msg_fuzz COUNT [SEED].
 * Never: checks what a refused message was refused for; one that is accepted must keep every promise that msg.h makes.  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/cluster/msgs.h"

static struct rng rng;
static unsigned long long n_accepted, n_refused;

static void promise(bool holds, const char *what)
{
	if (holds) return;
	fprintf(stderr, "not ok - a message was accepted though %s\n", what);
	abort();
}

static uint32_t nasty(void)
{
	static const uint32_t some[] = {0, 1, 3, 16, 17, 31, 32, 33, 64, 65, 0x7f, 0x80, 0xff, 0x100, 4095, 4096, 4097, 65535, 65536, 65537, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff};
	return rng_permille(&rng, 700) ? some[rng_below(&rng, sizeof(some) / sizeof(some[0]))] : rng_u32(&rng);
}

static void mutate(struct sample *s)
{
	for (uint32_t i = rng_below(&rng, 4); i > 0; i--) {
		uint32_t at = rng_below(&rng, s->n), v = nasty();
		if (rng_permille(&rng, 500)) at &= ~3u;
		switch (rng_below(&rng, 4)) {
		case 0: s->head[at] = (uint8_t)v; break;
		case 1: s->head[at] ^= (uint8_t)(1u << rng_below(&rng, 8)); break;
		case 2: memcpy(s->head + at, &v, MIN(4u, s->n - at)); break;
		default: memmove(s->head + at, s->head + rng_below(&rng, s->n), MIN(8u, s->n - at)); break;
		}
	}
	if (rng_permille(&rng, 100)) s->n = rng_below(&rng, s->n + 1);
	if (rng_permille(&rng, 50)) s->n = MIN(s->n + rng_below(&rng, 9), (uint32_t)WIRE_HEAD_MAX);
	if (rng_permille(&rng, 100)) {
		s->n_pages = rng_below(&rng, WIRE_PAGES_MAX + 1);
		s->page_bytes = s->n_pages ? (s->n_pages - 1) * WIRE_PAGE_BYTES + rng_range(&rng, 1, WIRE_PAGE_BYTES) : 0;
	}
}

/* ---- what an accepted message may be relied upon for */

static bool inside(const uint8_t *data, uint32_t len, const uint8_t *head, uint32_t n)
{
	return data >= head && len <= n && data + len <= head + n;
}

static void check_call(const struct msg_call *c, const uint8_t *head, const struct sample *s)
{
	uint64_t in = 0, out = 0;

	promise(c->n_windows <= MSG_WINDOWS_MAX, "it has too many windows");
	for (uint32_t i = 0; i < c->n_windows; i++) {
		promise((uint64_t)c->w[i].at + c->w[i].len <= 0xffffffffull, "a window runs over the end of memory");
		in += c->w[i].in ? c->w[i].len : 0;
		out += c->w[i].out ? c->w[i].len : 0;
	}
	promise(in <= 65536 && out <= 65536, "its windows hold more than 64 KiB");
	promise(c->data_len == in, "its data is not that of its windows");
	promise(c->data_inline ? inside(c->data_inline, c->data_len, head, s->n) : c->data_len == s->page_bytes, "its data is not there");
}

static void check_reply(const struct msg_reply *r, const uint8_t *head, const struct sample *s)
{
	uint64_t sum = 0;

	promise(r->n_windows <= MSG_WINDOWS_MAX, "it fills too many windows");
	for (uint32_t i = 0; i < r->n_windows; i++) sum += r->filled[i];
	promise(sum == r->data_len && sum <= 65536, "its data is not that of its windows");
	promise(r->taken.signo >= 0 && r->taken.signo <= 64, "there is no such signal");
	promise(r->data_inline ? inside(r->data_inline, r->data_len, head, s->n) : r->data_len == s->page_bytes, "its data is not there");
}

static void check(const struct sample *t, const uint8_t *head, const struct sample *s)
{
	const struct msg_key *k = &t->m.ctl.key;

	promise(k->kind == head[0] && k->home >= WIRE_NODE_MIN && k->home <= WIRE_NODE_MAX, "its key is none");
	/* questions and answers about pages share a decoder */
	switch (t->kind == MSG_PAGE_ASK || t->kind == MSG_PAGE_TELL ? k->kind : t->kind) {
	case MSG_CALL: check_call(&t->m.call, head, s); break;
	case MSG_REPLY: check_reply(&t->m.reply, head, s); break;
	case MSG_PAGES:
		promise(t->m.pages.n == s->n_pages && t->m.pages.n >= 1 && t->m.pages.n <= MSG_PIECE_PAGES, "its pages did not come");
		for (uint32_t i = 0; i < t->m.pages.n; i++) promise(!(t->m.pages.at[i] & (WIRE_PAGE_BYTES - 1)), "an address is no page's");
		break;
	case MSG_CAPSULE:
		promise(t->m.capsule.len == s->page_bytes && (uint64_t)t->m.capsule.offset + t->m.capsule.len <= t->m.capsule.total, "its piece is not of the whole");
		break;
	case MSG_PAGE_ASK: promise(t->m.page.n >= 1 && t->m.page.n <= MSG_PIECE_PAGES && s->n_pages == 0, "it asks for nothing"); break;
	case MSG_PAGE_TELL: promise(t->m.page.n == s->n_pages && (t->m.page.status || t->m.page.n), "it tells nothing"); break;
	default: promise(k->kind >= MSG_OFFER && k->kind <= MSG_CTL_LAST, "its kind is none"); break;
	}
}

/* What clusterd.c does with it: the head names its decoder. Now and then another one, as after a mistake there. */
static void decode(const struct sample *s)
{
	uint8_t *head = malloc(s->n ? s->n : 1); /* exactly as long: reading on is seen */
	struct sample like = {.kind = s->n ? s->head[0] : 0}, t;
	struct msg_key key;

	memcpy(head, s->head, s->n);
	if (rng_permille(&rng, 50)) like.kind = sample_kind(rng_u32(&rng));
	(void)msg_get_key(head, s->n, &key);
	if (sample_decode(&like, head, s->n, s->n_pages, s->page_bytes, &t)) {
		n_accepted++;
		check(&t, head, s);
		promise((t.kind <= MSG_CTL_LAST) == (key.kind <= MSG_CTL_LAST), "it is of another kind");
	} else {
		n_refused++;
	}
	free(head);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;

	rng_seed(&rng, seed);
	for (unsigned long i = 0; i < count; i++) {
		struct sample s;
		sample_make(&s, &rng, sample_kind(rng_permille(&rng, 500) ? rng_u32(&rng) : MSG_CTL_LAST + rng_below(&rng, 6)));
		mutate(&s);
		decode(&s);
	}
	printf("%s - %lu mutated messages (seed %lu): %llu accepted, %llu refused\n", n_accepted && n_refused ? "ok" : "not ok", count, seed, n_accepted, n_refused);
	return n_accepted && n_refused ? 0 : 1;
}
