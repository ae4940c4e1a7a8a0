/* The frame header: bytes to fields and back, and the payload checks.
 * Called by the node for every frame, by drivers' glue for the checks, by tests.
 * Never keeps anything; never reads beyond the length it is given. */
#include "cluster/rdp/packet.h"

#include "lib/codec.h"
#include "lib/str.h"

#define HEADER_SUM_SEED 0x57444f47u
#define SUM_MUL 0x9e3779b1u  /* odd, bits well mixed: 2^32 over the golden ratio */
#define HEADER_WORDS (WIRE_HEADER_BYTES / 4)

static uint32_t load_word(const uint8_t *p)
{
	uint32_t w;

	__builtin_memcpy(&w, p, 4); /* one load: both our targets are little-endian and forgive alignment */
	return w;
}

static uint32_t turn_left(uint32_t v, int by)
{
	return v << by | v >> (32 - by);
}

/* Over every word of the header but the check itself; both sums of check_sums(), folded.  The test
 * tries every one and every two flipped bits. */
static uint32_t header_sum(const uint8_t *header)
{
	uint32_t a = 0, b = HEADER_SUM_SEED;

	for (int i = 0; i < HEADER_WORDS; i++) {
		uint32_t word = i == WIRE_OFF_HSUM / 4 ? 0 : load_word(header + 4 * i);

		a += word;
		b = (turn_left(b, 13) + word) * SUM_MUL;
	}
	b = (turn_left(b, 13) + a) * SUM_MUL;
	return b ^ b >> 15;
}

void packet_encode(const struct packet *h, uint8_t *out)
{
	struct writer w;

	wr_init(&w, out, WIRE_HEADER_BYTES);
	wr_u8(&w, WIRE_MAGIC);
	wr_u8(&w, WIRE_VERSION);
	wr_u8(&w, WIRE_HEADER_BYTES);
	wr_u8(&w, h->check);
	wr_u8(&w, h->type);
	wr_u8(&w, h->flags);
	wr_u16(&w, h->len);
	wr_u16(&w, h->src);
	wr_u16(&w, h->dst);
	wr_u32(&w, h->src_inc);
	wr_u32(&w, h->dst_inc);
	wr_u16(&w, h->epoch);
	wr_u8(&w, h->frag);
	wr_u8(&w, h->n_pages);
	wr_u32(&w, h->seq);
	wr_u32(&w, h->ack);
	wr_u32(&w, h->sack);
	wr_u16(&w, h->credit);
	wr_u16(&w, h->service);
	wr_u16(&w, h->stamp);
	wr_u16(&w, h->echo);
	wr_u32(&w, h->sum_a);
	wr_u32(&w, h->sum_b);
	wr_u32(&w, 0);
	wr_zeros(&w, 8);
	KASSERT2(wr_ok(&w) && w.n == WIRE_HEADER_BYTES, w.n, w.bad);
	wr_patch_u32(&w, WIRE_OFF_HSUM, header_sum(out));
}

static void read_fields(const uint8_t *bytes, struct packet *h)
{
	struct reader r;

	rd_init(&r, bytes, WIRE_HEADER_BYTES);
	rd_skip(&r, WIRE_OFF_CHECK);
	h->check = rd_u8(&r);
	h->type = rd_u8(&r);
	h->flags = rd_u8(&r);
	h->len = rd_u16(&r);
	h->src = rd_u16(&r);
	h->dst = rd_u16(&r);
	h->src_inc = rd_u32(&r);
	h->dst_inc = rd_u32(&r);
	h->epoch = rd_u16(&r);
	h->frag = rd_u8(&r);
	h->n_pages = rd_u8(&r);
	h->seq = rd_u32(&r);
	h->ack = rd_u32(&r);
	h->sack = rd_u32(&r);
	h->credit = rd_u16(&r);
	h->service = rd_u16(&r);
	h->stamp = rd_u16(&r);
	h->echo = rd_u16(&r);
	h->sum_a = rd_u32(&r);
	h->sum_b = rd_u32(&r);
}

static bool len_fits_type(const struct packet *h)
{
	switch (h->type) {
	case WIRE_HELLO:
	case WIRE_HELLO_ACK:
	case WIRE_RESET:
		return h->len >= WIRE_HELLO_BYTES;
	case WIRE_PROBE:
	case WIRE_PROBE_ACK:
		return h->len >= WIRE_PROBE_BYTES;
	case WIRE_ACK:
		return h->len == 0;
	case WIRE_DATA:
	case WIRE_GOSSIP:
		return true;
	default:
		return false;
	}
}

static bool shape_ok(const struct packet *h)
{
	if (h->check != WIRE_CHECK_SUMS && h->check != WIRE_CHECK_CRC32)
		return false;
	if (h->len > WIRE_PAYLOAD_MAX || !len_fits_type(h))
		return false;
	if (h->src < WIRE_NODE_MIN || h->src > WIRE_NODE_MAX || h->dst < WIRE_NODE_MIN)
		return false;
	return h->dst != WIRE_NODE_ALL || h->type == WIRE_HELLO || h->type == WIRE_GOSSIP;
}

enum packet_verdict packet_decode(const uint8_t *bytes, uint32_t n, uint32_t payload, struct packet *out)
{
	struct packet h = { .check = 0 };

	*out = h;
	if (n < WIRE_HEADER_BYTES)
		return PACKET_SHORT;
	if (bytes[WIRE_OFF_MAGIC] != WIRE_MAGIC)
		return PACKET_FOREIGN;
	if (bytes[WIRE_OFF_VERSION] != WIRE_VERSION)
		return PACKET_VERSION;
	if (header_sum(bytes) != load_word(bytes + WIRE_OFF_HSUM))
		return PACKET_BROKEN;
	if (bytes[WIRE_OFF_HLEN] != WIRE_HEADER_BYTES)
		return PACKET_SHAPE;
	read_fields(bytes, &h);
	if (!shape_ok(&h))
		return PACKET_SHAPE;
	if (h.len > payload)
		return PACKET_SHORT;
	*out = h;
	return PACKET_OK;
}

/* The last 1..3 bytes as a word. */
static uint32_t load_tail(const uint8_t *p, uint32_t n)
{
	uint32_t w = 0;

	for (uint32_t i = 0; i < n; i++)
		w |= (uint32_t)p[i] << 8 * i;
	return w;
}

/* A plain sum, and one that turns and multiplies.  What cancels in the first (one bit up, the same
 * bit down) does not in the second, and the other way round.  Plain sums alone, turning sums alone
 * and two multiplying sums over half the words each all let pairs of flipped bits pass: the
 * simulator found such pairs within 400 seeds.  Five instructions a word. */
static struct packet_sums check_sums(const uint8_t *p, uint32_t n)
{
	uint32_t a = n, b = ~n, word;

	for (; n >= 4; n -= 4, p += 4) {
		word = load_word(p);
		a += word;
		b = (turn_left(b, 13) + word) * SUM_MUL;
	}
	if (n > 0) {
		word = load_tail(p, n);
		a += word;
		b = (turn_left(b, 13) + word) * SUM_MUL;
	}
	return (struct packet_sums){ a, b };
}

/* Four bits at a time; polynomial of IEEE 802.3, reflected. */
static uint32_t crc32(const uint8_t *p, uint32_t n)
{
	static const uint32_t step[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = 0xffffffffu;

	for (; n > 0; n--, p++) {
		crc ^= *p;
		crc = crc >> 4 ^ step[crc & 15];
		crc = crc >> 4 ^ step[crc & 15];
	}
	return ~crc;
}

struct packet_sums packet_check(uint8_t kind, const void *bytes, uint32_t n)
{
	if (kind == WIRE_CHECK_SUMS)
		return check_sums(bytes, n);
	if (kind == WIRE_CHECK_CRC32)
		return (struct packet_sums){ crc32(bytes, n), 0 };
	return (struct packet_sums){ 0, 0 };
}

void packet_encode_hello(const struct packet_hello *h, uint8_t *out)
{
	struct writer w;

	wr_init(&w, out, WIRE_HELLO_BYTES);
	wr_u64(&w, h->nonce);
	wr_u64(&w, h->cluster);
	wr_u64(&w, h->peer_nonce);
	wr_u32(&w, h->known_inc);
	wr_u8(&w, h->reason);
	wr_u8(&w, h->version);
	wr_u16(&w, 0);
	KASSERT2(wr_ok(&w) && w.n == WIRE_HELLO_BYTES, w.n, w.bad);
}

bool packet_decode_hello(const uint8_t *bytes, uint32_t n, struct packet_hello *out)
{
	struct reader r;

	rd_init(&r, bytes, n);
	out->nonce = rd_u64(&r);
	out->cluster = rd_u64(&r);
	out->peer_nonce = rd_u64(&r);
	out->known_inc = rd_u32(&r);
	out->reason = rd_u8(&r);
	out->version = rd_u8(&r);
	rd_skip(&r, 2);
	return rd_ok(&r);
}

void packet_encode_probe(const struct packet_probe *p, uint8_t *out)
{
	struct writer w;

	wr_init(&w, out, WIRE_PROBE_BYTES);
	wr_u64(&w, p->asked);
	wr_u64(&w, p->heard);
	wr_u64(&w, p->answered);
	KASSERT2(wr_ok(&w) && w.n == WIRE_PROBE_BYTES, w.n, w.bad);
}

bool packet_decode_probe(const uint8_t *bytes, uint32_t n, struct packet_probe *out)
{
	struct reader r;

	rd_init(&r, bytes, n);
	out->asked = rd_u64(&r);
	out->heard = rd_u64(&r);
	out->answered = rd_u64(&r);
	return rd_ok(&r);
}

uint64_t packet_name_hash(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
	return hash;
}
