/* Throws frames at a linked node: recorded ones, mutated and then given right checks, incarnation
 * and epoch, so that they reach deep; and plain rubbish.
 * Called by make test-fuzz; the first argument says how many frames, the second is a seed; sanitizers watch.
 * Never checks answers: only that nothing breaks, nothing leaks and the node still links. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/cluster/pair.h"

#define RECORDS 512
#define ROUND   2000 /* frames until the nodes are stopped and searched for leaks */

static struct {
	struct pair_frame f[RECORDS];
	uint32_t n;
} record;

static struct rng rng;
static unsigned long long n_deep, n_flat, n_rubbish, n_relinks;

static bool keep_frame(struct pair *p, uint32_t from, struct pair_frame *f)
{
	UNUSED(p);
	if (from == 1)
		record.f[record.n++ % RECORDS] = *f;
	return true;
}

static const struct pair_frame *any_record(void)
{
	return &record.f[rng_below(&rng, MIN(record.n, RECORDS))];
}

/* --- a valid frame with something changed --- */

static uint32_t near(uint32_t at)
{
	return at + rng_range(&rng, 0, 40) - 4;
}

static void change_field(struct packet *h, const struct rdp_link *l)
{
	const struct rdp_lane *a = &l->lane[h->flags & WIRE_F_LANE ? 1 : 0];

	switch (rng_below(&rng, 14)) {
	case 0: h->type = (uint8_t)rng_range(&rng, 0, 9); break;
	case 1: h->flags ^= (uint8_t)(1u << rng_below(&rng, 8)); break;
	case 2: h->frag = (uint8_t)rng_range(&rng, 0, 50); break;
	case 3: h->n_pages = (uint8_t)rng_range(&rng, 0, 18); break;
	case 4: h->seq = near(a->rcv_nxt); break;
	case 5: h->seq = rng_u32(&rng); break;
	case 6: h->ack = near(a->una); break;
	case 7: h->ack = rng_u32(&rng); break;
	case 8: h->sack = rng_u32(&rng); break;
	case 9: h->credit = (uint16_t)rng_u32(&rng); break;
	case 10: h->echo = rng_permille(&rng, 500) ? a->areq_stamp : (uint16_t)rng_u32(&rng); break;
	case 11: h->len = (uint16_t)rng_range(&rng, 0, 1500); break;
	case 12: h->service = (uint16_t)rng_u32(&rng); break;
	default: h->seq = near(a->rcv_nxt); h->frag = (uint8_t)rng_range(&rng, 0, 6); break;
	}
}

/* A frame as a sender might write it that is right in every part but does not fit the last ones. */
static void make_plausible(struct packet *h, const struct rdp_link *l)
{
	const struct rdp_lane *a;
	uint32_t place;

	h->type = WIRE_DATA;
	h->flags = (uint8_t)(rng_u32(&rng) & (WIRE_F_LANE | WIRE_F_AREQ));
	a = &l->lane[h->flags & WIRE_F_LANE ? 1 : 0];
	h->seq = near(a->rcv_nxt);
	h->ack = a->una;
	h->n_pages = (uint8_t)rng_range(&rng, 0, 3);
	h->frag = (uint8_t)rng_range(&rng, 0, 3u * h->n_pages);
	place = h->frag == 0 ? 0 : (h->frag - 1u) % 3;
	h->len = (uint16_t)(h->frag == 0 ? rng_range(&rng, 0, WIRE_HEAD_MAX) : place == 2 ? 1232 : 1432);
	if (h->frag == 0)
		h->flags |= WIRE_F_FIRST;
	if (h->frag == 3u * h->n_pages || (h->frag + 2u >= 3u * h->n_pages && rng_permille(&rng, 300)))
		h->flags |= WIRE_F_LAST;
}

static void change_payload(struct pair_frame *f, const struct packet *h, const struct cnode *victim)
{
	uint8_t *payload = f->bytes + WIRE_HEADER_BYTES;
	struct packet_hello hello;

	if (h->len > 0 && h->len <= WIRE_PAYLOAD_MAX)
		for (uint32_t i = rng_below(&rng, 4); i > 0; i--)
			payload[rng_below(&rng, h->len)] = (uint8_t)rng_u32(&rng);
	if (rng_permille(&rng, 300) || !packet_decode_hello(payload, WIRE_HELLO_BYTES, &hello))
		return;
	if (h->type != WIRE_HELLO && h->type != WIRE_HELLO_ACK && h->type != WIRE_RESET)
		return;
	hello.cluster = victim->cluster_hash;
	hello.peer_nonce = victim->nonce;
	hello.reason = (uint8_t)rng_range(&rng, 0, 7);
	hello.known_inc = victim->host.inc + rng_below(&rng, 3);
	if (rng_permille(&rng, 500))
		hello.nonce = cnode_find_peer(victim, 2) != NULL ? cnode_find_peer(victim, 2)->nonce : 1;
	packet_encode_hello(&hello, payload);
}

static void mutate_deep(struct pair_frame *f, const struct cnode *victim)
{
	const struct peer *peer = cnode_find_peer(victim, 2);
	struct packet h;
	struct packet_sums sums;

	if (peer == NULL || packet_decode(f->bytes, f->len, f->len - WIRE_HEADER_BYTES, &h) != PACKET_OK)
		return;
	if (rng_permille(&rng, 300))
		make_plausible(&h, &peer->link);
	for (uint32_t i = rng_below(&rng, 3); i > 0; i--)
		change_field(&h, &peer->link);
	h.src_inc = peer->link.inc;
	h.dst_inc = victim->host.inc;
	h.epoch = peer->link.epoch;
	if (rng_permille(&rng, 20))
		h.epoch += (uint16_t)rng_range(&rng, 0, 2);
	if (rng_permille(&rng, 10))
		h.src_inc += rng_range(&rng, 0, 2) - 1;
	if (rng_permille(&rng, 10))
		h.src = (uint16_t)rng_range(&rng, 0, 4);
	if (rng_permille(&rng, 100))
		h.check = WIRE_CHECK_CRC32;
	change_payload(f, &h, victim);
	f->len = (uint16_t)(WIRE_HEADER_BYTES + MIN(h.len, WIRE_PAYLOAD_MAX));
	sums = packet_check(h.check, f->bytes + WIRE_HEADER_BYTES, f->len - WIRE_HEADER_BYTES);
	h.sum_a = sums.a;
	h.sum_b = sums.b;
	packet_encode(&h, f->bytes);
	n_deep++;
}

static void mutate_flat(struct pair_frame *f)
{
	for (uint32_t i = rng_range(&rng, 1, 8); i > 0; i--)
		f->bytes[rng_below(&rng, f->len)] = (uint8_t)rng_u32(&rng);
	if (rng_permille(&rng, 200))
		f->len = (uint16_t)rng_below(&rng, f->len + 1u);
	n_flat++;
}

static void rubbish(struct pair_frame *f)
{
	f->len = (uint16_t)rng_below(&rng, sizeof f->bytes);
	for (uint32_t i = 0; i < f->len; i++)
		f->bytes[i] = (uint8_t)rng_u32(&rng);
	if (rng_permille(&rng, 500))
		f->bytes[0] = WIRE_MAGIC;
	n_rubbish++;
}

static void throw_one(struct pair *p)
{
	struct pair_frame f = *any_record();
	uint8_t mac[WIRE_MAC_BYTES];
	uint32_t kind = rng_below(&rng, 100);

	memcpy(mac, f.mac, sizeof mac);
	if (kind < 75)
		mutate_deep(&f, &p->nodes[0]->c);
	else if (kind < 90)
		mutate_flat(&f);
	else
		rubbish(&f);
	if (rng_permille(&rng, 10))
		mac[5] ^= 8;
	pair_inject(p->nodes[0], mac, f.bytes, f.len);
}

/* --- the nodes go on with their work meanwhile --- */

static void work(struct pair *p)
{
	uint32_t from = rng_below(&rng, 2), pages = rng_permille(&rng, 300) ? rng_range(&rng, 1, 4) : 0;

	UNUSED(pair_send(p, from, 1 - from, rng_below(&rng, 2) & 1, 1, rng_below(&rng, 200), pages,
			 pages > 0 ? rng_range(&rng, 1, 4096) : 0));
	pair_run(p, rng_range(&rng, 50, 3000));
}

static struct pair *fresh(void)
{
	struct pair *p = pair_linked(2);

	p->filter = keep_frame;
	for (int i = 0; i < 40; i++)
		work(p);
	n_relinks++;
	return p;
}

static bool linked(struct pair *p)
{
	for (int i = 0; i < 10 && cnode_peer_state(&p->nodes[0]->c, 2) != PEER_UP && !p->nodes[0]->c.alone; i++)
		pair_run(p, 100000);
	return cnode_peer_state(&p->nodes[0]->c, 2) == PEER_UP;
}

int main(int argc, char **argv)
{
	unsigned long long n = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000, seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct pair *p;

	rng_seed(&rng, seed);
	p = fresh();
	for (unsigned long long i = 1; i <= n; i++) {
		if (i % ROUND == 0 || !linked(p)) {
			pair_free(p); /* dies when anything leaked */
			p = fresh();
		}
		if (i % 5 == 0)
			work(p);
		throw_one(p);
	}
	pair_free(p);
	printf("%s - frame_fuzz: %llu frames: %llu mutated and made right, %llu mutated, %llu rubbish; %llu fresh links\n",
	       2 * n_deep >= n ? "ok" : "not ok", n, n_deep, n_flat, n_rubbish, n_relinks);
	return 2 * n_deep < n;
}
