/* Unit tests of cluster/rdp/packet.c and cluster/member/clockoff.c.
 * Called by make test-host.
 * Never sends anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cluster/member/clockoff.h"
#include "cluster/rdp/packet.h"
#include "lib/rng.h"

static const struct packet sample = {
	.check = WIRE_CHECK_SUMS, .type = WIRE_DATA, .flags = WIRE_F_FIRST | WIRE_F_LANE, .frag = 0, .n_pages = 3, .len = 100,
	.src = 7, .dst = 65534, .epoch = 5, .src_inc = 0x11223344, .dst_inc = 0x55667788, .seq = 0x99aabbcc, .ack = 0xddeeff00,
	.sack = 0x12345678, .credit = 9, .service = 10, .stamp = 11, .echo = 12, .sum_a = 13, .sum_b = 14,
};

static void header_round_trip(void **state)
{
	uint8_t bytes[WIRE_HEADER_BYTES];
	struct packet back;

	UNUSED(state);
	packet_encode(&sample, bytes);
	assert_int_equal(packet_decode(bytes, sizeof bytes, 100, &back), PACKET_OK);
	assert_memory_equal(&back, &sample, sizeof back);
	assert_int_equal(bytes[WIRE_OFF_MAGIC], WIRE_MAGIC);
	assert_int_equal(bytes[WIRE_OFF_VERSION], 1);
	assert_int_equal(bytes[WIRE_OFF_HLEN], 64);
	assert_int_equal(bytes[WIRE_OFF_SRC], 7);
	assert_int_equal(bytes[WIRE_OFF_SEQ], 0xcc);
	for (int i = 0; i < 8; i++)
		assert_int_equal(bytes[WIRE_OFF_AUTH + i], 0);
}

static void every_flipped_bit_is_seen(void **state)
{
	uint8_t bytes[WIRE_HEADER_BYTES];
	struct packet back;

	UNUSED(state);
	packet_encode(&sample, bytes);
	for (uint32_t a = 0; a < 8 * sizeof bytes; a++) {
		bytes[a / 8] ^= (uint8_t)(1 << a % 8);
		assert_int_not_equal(packet_decode(bytes, sizeof bytes, 1432, &back), PACKET_OK);
		for (uint32_t b = a + 1; b < 8 * sizeof bytes; b++) {
			bytes[b / 8] ^= (uint8_t)(1 << b % 8);
			assert_int_not_equal(packet_decode(bytes, sizeof bytes, 1432, &back), PACKET_OK);
			bytes[b / 8] ^= (uint8_t)(1 << b % 8);
		}
		bytes[a / 8] ^= (uint8_t)(1 << a % 8);
	}
}

/* Each refusal by its own reason. */
static void refusals(void **state)
{
	uint8_t bytes[WIRE_HEADER_BYTES];
	struct packet p = sample, back;

	UNUSED(state);
	packet_encode(&p, bytes);
	assert_int_equal(packet_decode(bytes, 63, 100, &back), PACKET_SHORT);
	assert_int_equal(packet_decode(bytes, 64, 99, &back), PACKET_SHORT);
	bytes[0] = 0;
	assert_int_equal(packet_decode(bytes, 64, 100, &back), PACKET_FOREIGN);
	bytes[0] = WIRE_MAGIC;
	bytes[1] = 2;
	assert_int_equal(packet_decode(bytes, 64, 100, &back), PACKET_VERSION);
	bytes[1] = 1;
	bytes[63] = 1; /* the tag is part of the check */
	assert_int_equal(packet_decode(bytes, 64, 100, &back), PACKET_BROKEN);
}

static void expect(uint8_t type, uint16_t dst, uint16_t len, enum packet_verdict want)
{
	struct packet p = { .check = WIRE_CHECK_SUMS, .type = type, .src = 1, .dst = dst, .len = len }, back;
	uint8_t bytes[WIRE_HEADER_BYTES];

	packet_encode(&p, bytes);
	assert_int_equal(packet_decode(bytes, 64, 1500, &back), want);
}

static void shapes(void **state)
{
	UNUSED(state);
	expect(WIRE_DATA, 2, 0, PACKET_OK);
	expect(WIRE_DATA, 2, 1432, PACKET_OK);
	expect(WIRE_DATA, 2, 1433, PACKET_SHAPE);
	expect(0, 2, 0, PACKET_SHAPE);
	expect(9, 2, 0, PACKET_SHAPE);
	expect(WIRE_GOSSIP, WIRE_NODE_ALL, 0, PACKET_OK);
	expect(WIRE_ACK, 2, 0, PACKET_OK);
	expect(WIRE_ACK, 2, 1, PACKET_SHAPE);
	expect(WIRE_HELLO, 2, 31, PACKET_SHAPE);
	expect(WIRE_HELLO, WIRE_NODE_ALL, 32, PACKET_OK);
	expect(WIRE_HELLO_ACK, WIRE_NODE_ALL, 32, PACKET_SHAPE);
	expect(WIRE_RESET, 2, 32, PACKET_OK);
	expect(WIRE_PROBE, 2, 23, PACKET_SHAPE);
	expect(WIRE_PROBE_ACK, 2, 24, PACKET_OK);
	expect(WIRE_DATA, WIRE_NODE_ALL, 0, PACKET_SHAPE);
	expect(WIRE_DATA, 0, 0, PACKET_SHAPE);
}

static void expect_from(uint16_t src, uint8_t check, enum packet_verdict want)
{
	struct packet p = { .check = check, .type = WIRE_DATA, .src = src, .dst = 2 }, back;
	uint8_t bytes[WIRE_HEADER_BYTES];

	packet_encode(&p, bytes);
	assert_int_equal(packet_decode(bytes, 64, 1500, &back), want);
}

static void sources_and_checks(void **state)
{
	UNUSED(state);
	expect_from(1, WIRE_CHECK_SUMS, PACKET_OK);
	expect_from(1, WIRE_CHECK_CRC32, PACKET_OK);
	expect_from(1, WIRE_CHECK_NONE, PACKET_SHAPE); /* loopback never comes over the wire */
	expect_from(1, 3, PACKET_SHAPE);
	expect_from(0, WIRE_CHECK_SUMS, PACKET_SHAPE);
	expect_from(65535, WIRE_CHECK_SUMS, PACKET_SHAPE);
}

/* Changes of one and of two bits anywhere in a full frame (pairs: a sample). */
static void sums_see_single_and_double_changes(void **state)
{
	uint8_t bytes[WIRE_PAYLOAD_MAX];
	struct packet_sums right, now;
	struct rng r;

	UNUSED(state);
	rng_seed(&r, 1);
	for (uint32_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)rng_u32(&r);
	right = packet_check(WIRE_CHECK_SUMS, bytes, sizeof bytes);
	for (uint32_t i = 0; i < 60000; i++) {
		uint32_t a = i < 8 * sizeof bytes ? i : rng_below(&r, 8 * sizeof bytes), b = rng_below(&r, 8 * sizeof bytes);

		bytes[a / 8] ^= (uint8_t)(1 << a % 8);
		if (i >= 8 * sizeof bytes && a != b)
			bytes[b / 8] ^= (uint8_t)(1 << b % 8);
		now = packet_check(WIRE_CHECK_SUMS, bytes, sizeof bytes);
		assert_true(now.a != right.a || now.b != right.b);
		bytes[a / 8] ^= (uint8_t)(1 << a % 8);
		if (i >= 8 * sizeof bytes && a != b)
			bytes[b / 8] ^= (uint8_t)(1 << b % 8);
	}
}

/* Same bit in two words 32 apart: what plain turning sums missed (the simulator's seed 211). */
static void sums_see_one_bit_column(void **state)
{
	uint8_t bytes[WIRE_PAYLOAD_MAX] = { 0 };
	struct packet_sums right, now;

	UNUSED(state);
	memset(bytes, 0x0f, sizeof bytes);
	right = packet_check(WIRE_CHECK_SUMS, bytes, sizeof bytes);
	for (uint32_t bit = 0; bit < 32; bit++)
		for (uint32_t word = 1; word < sizeof bytes / 4; word++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			bytes[4 * word + bit / 8] ^= (uint8_t)(1 << bit % 8);
			now = packet_check(WIRE_CHECK_SUMS, bytes, sizeof bytes);
			assert_true(now.a != right.a || now.b != right.b);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			bytes[4 * word + bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
}

static void checks_of_all_lengths(void **state)
{
	uint8_t bytes[16] = "123456789";

	UNUSED(state);
	assert_int_equal(packet_check(WIRE_CHECK_CRC32, bytes, 9).a, 0xcbf43926);
	assert_int_equal(packet_check(WIRE_CHECK_NONE, bytes, 9).a, 0);
	for (uint32_t n = 1; n < 16; n++) { /* a zero byte more is another text */
		struct packet_sums a, b;

		memset(bytes, 0, sizeof bytes);
		a = packet_check(WIRE_CHECK_SUMS, bytes, n);
		b = packet_check(WIRE_CHECK_SUMS, bytes, n - 1);
		assert_true(a.a != b.a || a.b != b.b);
	}
}

static void hello_and_probe_round_trip(void **state)
{
	struct packet_hello h = { .nonce = 1, .cluster = 2, .peer_nonce = 3, .known_inc = 4, .reason = 5, .version = 6 }, h2;
	struct packet_probe p = { .asked = 1u << 31, .heard = (uint64_t)1 << 40, .answered = 7 }, p2;
	uint8_t bytes[WIRE_HELLO_BYTES];

	UNUSED(state);
	packet_encode_hello(&h, bytes);
	assert_true(packet_decode_hello(bytes, WIRE_HELLO_BYTES, &h2));
	assert_true(h2.nonce == 1 && h2.cluster == 2 && h2.peer_nonce == 3 && h2.known_inc == 4 && h2.reason == 5 && h2.version == 6);
	assert_false(packet_decode_hello(bytes, WIRE_HELLO_BYTES - 1, &h2));
	packet_encode_probe(&p, bytes);
	assert_true(packet_decode_probe(bytes, WIRE_PROBE_BYTES, &p2));
	assert_memory_equal(&p, &p2, sizeof p);
	assert_false(packet_decode_probe(bytes, WIRE_PROBE_BYTES - 1, &p2));
	assert_true(packet_name_hash("") != packet_name_hash("a") && packet_name_hash("a") != packet_name_hash("b"));
}

static void clock_takes_the_quickest_exchange(void **state)
{
	struct clockoff c;
	int64_t offset;
	uint32_t err;

	UNUSED(state);
	clockoff_init(&c);
	assert_false(clockoff_get(&c, 0, &offset, &err));
	clockoff_add(&c, 1000, 500000 + 1900, 500000 + 1950, 3000); /* 2 ms round trip, lopsided */
	clockoff_add(&c, 4000, 500000 + 4100, 500000 + 4110, 4210);
	assert_true(clockoff_get(&c, 4210, &offset, &err));
	assert_in_range(offset, 500000 - 1, 500000 + 1);
	assert_in_range(err, 90, 110);
	clockoff_add(&c, 9000, 1, 2, 8000);  /* back before asked */
	clockoff_add(&c, 9000, 20, 10, 9100);/* answered before heard */
	clockoff_add(&c, 9000, 0, 5000, 9100); /* longer there than away */
	assert_int_equal(c.n, 2);
	assert_true(clockoff_get(&c, 10004210, &offset, &err)); /* 10 s later: 200 ppm of drift on top */
	assert_in_range(err, 2000, 2200);
}

static void clock_behind_ours(void **state)
{
	struct clockoff c;
	int64_t offset;
	uint32_t err;

	UNUSED(state);
	clockoff_init(&c);
	clockoff_add(&c, 5000000, 1000100, 1000100, 5000200);
	assert_true(clockoff_get(&c, 5000200, &offset, &err));
	assert_true(offset == -4000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_round_trip), cmocka_unit_test(every_flipped_bit_is_seen), cmocka_unit_test(refusals),
		cmocka_unit_test(shapes), cmocka_unit_test(sources_and_checks), cmocka_unit_test(sums_see_single_and_double_changes),
		cmocka_unit_test(sums_see_one_bit_column), cmocka_unit_test(checks_of_all_lengths),
		cmocka_unit_test(hello_and_probe_round_trip), cmocka_unit_test(clock_takes_the_quickest_exchange),
		cmocka_unit_test(clock_behind_ours),
	};

	return cmocka_run_group_tests_name("cluster/packet", tests, NULL, NULL);
}
