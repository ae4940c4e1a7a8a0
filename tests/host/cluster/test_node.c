/* Unit tests of cluster/node.c, member and rdp on a perfect wire: what happens, and with how many frames.
 * Called by make test-host.
 * Never random: the simulator does that. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/cluster/pair.h"

#define DATA(p) ((p)->n_by_type[WIRE_DATA])
#define ACKS(p) ((p)->n_by_type[WIRE_ACK])

static struct rdp_counters counters(struct pair *p, uint32_t of, uint16_t peer)
{
	return cnode_find_peer(&p->nodes[of]->c, peer)->link.count;
}

static void nodes_find_each_other(void **state)
{
	struct pair *p = pair_linked(3);

	UNUSED(state);
	for (int i = 0; i < 3; i++)
		assert_int_equal(p->nodes[i]->n_up, 2);
	assert_true(pair_logged(p->nodes[0], "node 2 is up (incarnation 100, link 1)"));
	pair_free(p);
}

/* Request and answer cost two frames: acks ride along. */
static void rpc_costs_two_frames(void **state)
{
	struct pair *p = pair_linked(2);
	uint32_t before;

	UNUSED(state);
	p->nodes[1]->echo = true;
	for (int i = 0; i < 20; i++) { /* the first ones ask for acks to learn the round trip */
		assert_int_equal(pair_send(p, 0, 1, LANE_CONTROL, 1, 40, 0, 0), 0);
		pair_run(p, 1000);
	}
	before = p->n_sent_frames;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pair_send(p, 0, 1, LANE_CONTROL, 1, 40, 0, 0), 0);
		pair_run(p, 1000);
	}
	assert_int_equal(p->nodes[0]->n_got, 120);
	assert_in_range(p->n_sent_frames - before, 200, 208); /* and the odd probe */
	pair_free(p);
}

static void page_travels_in_three_frames(void **state)
{
	struct pair *p = pair_linked(2);

	UNUSED(state);
	assert_int_equal(pair_send(p, 0, 1, LANE_BULK, 7, 16, 1, 4096), 0);
	pair_run(p, 100000);
	assert_int_equal(DATA(p), 4);
	assert_int_equal(p->nodes[1]->n_got, 1);
	assert_int_equal(p->nodes[1]->got[0].n_pages, 1);
	assert_int_equal(p->nodes[1]->got[0].last_len, 4096);
	assert_int_equal(p->nodes[0]->n_done[MSG_SENT], 1);
	pair_free(p);
}

static void every_last_length_arrives(void **state)
{
	static const uint16_t len[] = { 1, 2, 1431, 1432, 1433, 2863, 2864, 2865, 4095, 4096 };
	struct pair *p = pair_linked(2);

	UNUSED(state);
	for (uint32_t i = 0; i < ARRAY_LEN(len); i++) {
		assert_int_equal(pair_send(p, 0, 1, i & 1, (uint8_t)i, i * 100, 1 + i % 3, len[i]), 0);
		pair_run(p, 50000);
		assert_int_equal(p->nodes[1]->n_got, i + 1);
		assert_int_equal(p->nodes[1]->got[i].last_len, len[i]);
		assert_int_equal(p->nodes[1]->got[i].n_pages, 1 + i % 3);
		assert_int_equal(p->nodes[1]->got[i].head_len, i * 100);
	}
	pair_free(p);
}

/* 1 MiB on a good wire: nothing sent twice, at most one ack frame for three data frames. */
static void stream_without_loss_repeats_nothing(void **state)
{
	struct pair *p = pair_linked(2);
	uint32_t sent = 0, data, acks;

	UNUSED(state);
	data = DATA(p);
	acks = ACKS(p);
	while (sent < 16) {
		if (pair_send(p, 0, 1, LANE_BULK, (uint8_t)sent, 64, 16, 4096) == 0)
			sent++;
		pair_run(p, 1000);
	}
	pair_run(p, 500000);
	assert_int_equal(p->nodes[1]->n_got, 16);
	assert_int_equal(DATA(p) - data, 16 * 49);
	assert_int_equal(counters(p, 0, 2).rexmit, 0);
	assert_true(3 * (ACKS(p) - acks) <= DATA(p) - data);
	pair_free(p);
}

static void message_to_self_moves_its_pages(void **state)
{
	struct pair *p = pair_linked(2);
	uint32_t frames = DATA(p);

	UNUSED(state);
	assert_int_equal(pair_send(p, 0, 0, LANE_BULK, 3, 5, 2, 100), 0);
	assert_int_equal(p->nodes[0]->n_got, 0); /* not from inside the call */
	pair_run(p, 10);
	assert_int_equal(p->nodes[0]->n_got, 1);
	assert_int_equal(p->nodes[0]->got[0].from, 1);
	assert_int_equal(p->nodes[0]->n_done[MSG_MOVED], 1);
	assert_int_equal(DATA(p), frames);
	pair_free(p);
}

static void full_queue_refuses_and_tells_room(void **state)
{
	struct pair *p = pair_linked(2);
	uint32_t n = 0;

	UNUSED(state);
	p->nodes[1]->dead = true;
	while (pair_send(p, 0, 1, LANE_BULK, 1, 8, 1, 4096) == 0)
		n++;
	assert_int_equal(n, RDP_QUEUE_BULK);
	assert_int_equal(pair_send(p, 0, 1, LANE_BULK, 1, 8, 0, 0), -EAGAIN);
	assert_int_equal(pair_send(p, 0, 1, LANE_CONTROL, 1, 8, 0, 0), 0); /* the other lane has its own */
	p->nodes[1]->dead = false;
	pair_run(p, 3000000);
	assert_int_equal(p->nodes[0]->n_room, 1);
	assert_int_equal(p->nodes[1]->n_got, n + 1);
	pair_free(p);
}

static void wrong_lengths_are_refused(void **state)
{
	struct pair *p = pair_linked(2);
	struct cnode *c = &p->nodes[0]->c;
	uint8_t head[4] = { 0 };
	uint32_t pages[17] = { 0 };

	UNUSED(state);
	assert_int_equal(cnode_send(c, p->now, 2, 2, head, 4, NULL, 0, 0, 0), -EINVAL);
	assert_int_equal(cnode_send(c, p->now, 2, 0, head, WIRE_HEAD_MAX + 1, NULL, 0, 0, 0), -EINVAL);
	assert_int_equal(cnode_send(c, p->now, 2, 0, head, 4, pages, 17, 1, 0), -EINVAL);
	assert_int_equal(cnode_send(c, p->now, 2, 0, head, 4, pages, 1, 0, 0), -EINVAL);
	assert_int_equal(cnode_send(c, p->now, 2, 0, head, 4, pages, 1, 4097, 0), -EINVAL);
	assert_int_equal(cnode_send(c, p->now, 2, 0, head, 4, NULL, 0, 5, 0), -EINVAL);
	assert_int_equal(cnode_send(c, p->now, 9, 0, head, 4, NULL, 0, 0, 0), -EHOSTUNREACH);
	pair_free(p);
}

static void silent_peer_dies_once_after_deadtime(void **state)
{
	struct pair *p = pair_linked(2);
	uint64_t cut = p->now;

	UNUSED(state);
	assert_int_equal(pair_send(p, 0, 1, LANE_BULK, 1, 8, 4, 4096), 0);
	p->nodes[1]->dead = true;
	pair_run(p, 20000000);
	assert_int_equal(p->nodes[0]->n_down, 1);
	assert_int_equal(p->nodes[0]->why, DOWN_SILENT);
	assert_in_range(p->nodes[0]->down_at - cut, 2900000, 3600000);
	assert_int_equal(p->nodes[0]->n_done[MSG_LOST], 1);
	assert_int_equal(pair_send(p, 0, 1, LANE_BULK, 1, 8, 0, 0), -EHOSTUNREACH);
	pair_free(p);
}

/* The prober itself was stopped for longer than deadtime: no verdict. */
static void late_prober_starts_again(void **state)
{
	struct pair *p = pair_linked(2);
	struct pair_node *s = p->nodes[0];

	UNUSED(state);
	for (int i = 0; i < 40; i++) { /* ticks every 450 ms only, and the peer never hears */
		p->nodes[1]->dead = true;
		p->now += 450000;
		cnode_tick(&s->c, p->now);
		p->wire_got = p->wire_put;
	}
	assert_int_equal(s->n_down, 0);
	pair_free(p);
}

static void peer_returns_with_next_epoch(void **state)
{
	struct pair *p = pair_linked(2);

	UNUSED(state);
	p->nodes[1]->dead = true;
	pair_run(p, 5000000);
	assert_int_equal(p->nodes[0]->n_down, 1);
	p->nodes[1]->dead = false;
	p->nodes[1]->deadline = p->now;
	pair_run(p, 8000000);
	assert_int_equal(p->nodes[0]->n_up, 2);
	assert_int_equal(p->nodes[1]->n_up, 2);
	assert_int_equal(p->nodes[1]->n_down, 1);
	assert_int_equal(p->nodes[1]->why, DOWN_CUT);
	assert_int_equal(cnode_find_peer(&p->nodes[0]->c, 2)->link.epoch, 2);
	pair_free(p);
}

static void reboot_is_seen_at_once(void **state)
{
	struct pair *p = pair_linked(2);
	struct cnode_config cfg = pair_config(p, 1);

	UNUSED(state);
	cfg.incarnation = 200;
	pair_boot(p, 1, &cfg);
	pair_run(p, 100000);
	assert_int_equal(p->nodes[0]->n_down, 1);
	assert_int_equal(p->nodes[0]->why, DOWN_REBOOT);
	assert_int_equal(p->nodes[0]->n_up, 2);
	assert_int_equal(cnode_find_peer(&p->nodes[0]->c, 2)->link.inc, 200);
	pair_free(p);
}

static void old_incarnation_takes_the_next(void **state)
{
	struct pair *p = pair_linked(2);
	struct cnode_config cfg = pair_config(p, 1);

	UNUSED(state);
	cfg.incarnation = 50; /* the battery of its clock is empty */
	pair_boot(p, 1, &cfg);
	pair_run(p, 500000);
	assert_int_equal(cnode_incarnation(&p->nodes[1]->c), 101);
	assert_int_equal(p->nodes[0]->n_up, 2);
	pair_free(p);
}

static void second_machine_with_a_number_works_alone(void **state)
{
	struct pair *p = pair_linked(3);
	struct cnode_config cfg = pair_config(p, 2);

	UNUSED(state);
	cfg.node = 2;
	cfg.incarnation = 300;
	cfg.nonce = 77;
	pair_boot(p, 2, &cfg);
	pair_run(p, 10000000);
	assert_true(p->nodes[2]->c.alone);
	assert_true(pair_logged(p->nodes[2], "node number 2 belongs to 52:54:00:00:00:0"));
	assert_true(pair_logged(p->nodes[1], "node number 2 is taken: refused 52:54:00:00:00:03")
		    || pair_logged(p->nodes[0], "node number 2 is taken: refused 52:54:00:00:00:03"));
	assert_int_equal(cnode_peer_state(&p->nodes[0]->c, 2), PEER_UP);
	assert_int_equal(pair_send(p, 2, 2, 0, 1, 4, 0, 0), -EHOSTUNREACH);
	pair_free(p);
}

static void other_cluster_is_not_heard(void **state)
{
	struct pair *p = pair_new(2);
	struct cnode_config a = pair_config(p, 0), b = pair_config(p, 1);

	UNUSED(state);
	b.cluster = "other";
	pair_boot(p, 0, &a);
	pair_boot(p, 1, &b);
	pair_run(p, 10000000);
	assert_int_equal(p->nodes[0]->n_up + p->nodes[1]->n_up, 0);
	assert_true(p->nodes[0]->c.count.other_cluster > 0);
	pair_free(p);
}

static void other_version_is_refused_with_both_versions(void **state)
{
	struct pair *p = pair_linked(2);
	uint8_t frame[WIRE_HEADER_BYTES] = { WIRE_MAGIC, 2, 80, 1, WIRE_HELLO, [WIRE_OFF_SRC] = 9 };
	uint8_t mac[WIRE_MAC_BYTES] = { 2, 0, 0, 0, 0, 9 };
	uint32_t resets = p->n_by_type[WIRE_RESET];

	UNUSED(state);
	for (int i = 0; i < 10; i++)
		pair_inject(p->nodes[0], mac, frame, sizeof frame);
	assert_true(pair_logged(p->nodes[0], "02:00:00:00:00:09 speaks wire version 2, this node speaks 1: refused"));
	assert_int_equal(p->n_by_type[WIRE_RESET] - resets, 1); /* told once in 10 s */
	pair_free(p);
}

static void no_pages_means_not_acked(void **state)
{
	struct pair *p = pair_linked(2);

	UNUSED(state);
	p->nodes[1]->no_pages = 3;
	assert_int_equal(pair_send(p, 0, 1, LANE_BULK, 1, 8, 2, 4096), 0);
	pair_run(p, 5000000);
	assert_int_equal(p->nodes[1]->n_got, 1);
	assert_int_equal(p->nodes[0]->n_done[MSG_SENT], 1);
	assert_true(counters(p, 1, 1).no_memory >= 3);
	pair_free(p);
}

static void busy_card_delays_only(void **state)
{
	struct pair *p = pair_linked(2);

	UNUSED(state);
	p->nodes[0]->card_busy = 5;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pair_send(p, 0, 1, LANE_CONTROL, (uint8_t)i, 8, 0, 0), 0);
	pair_run(p, 30000);
	assert_int_equal(p->nodes[1]->n_got, 4);
	pair_free(p);
}

static bool drop_third_data(struct pair *p, uint32_t from, struct pair_frame *f)
{
	return from != 0 || f->bytes[WIRE_OFF_TYPE] != WIRE_DATA || (f->bytes[WIRE_OFF_FLAGS] & WIRE_F_REXMIT) || DATA(p) != 7;
}

/* One frame lost in a stream: repaired by the selective ack, not by the timeout, and alone. */
static void one_loss_is_repaired_fast(void **state)
{
	struct pair *p = pair_linked(2);

	UNUSED(state);
	p->filter = drop_third_data;
	assert_int_equal(pair_send(p, 0, 1, LANE_BULK, 1, 8, 6, 4096), 0);
	pair_run(p, 40000);
	assert_int_equal(p->nodes[1]->n_got, 1);
	assert_int_equal(counters(p, 0, 2).rexmit, 1);
	assert_int_equal(counters(p, 0, 2).rtos, 0);
	pair_free(p);
}

static void clocks_are_known(void **state)
{
	struct pair *p = pair_linked(2);
	int64_t offset = 77;
	uint32_t err;

	UNUSED(state);
	assert_true(cnode_clock(&p->nodes[0]->c, p->now, 2, &offset, &err));
	assert_in_range(offset + 1000, 900, 1100);
	assert_true(err < 5000);
	assert_true(cnode_clock(&p->nodes[0]->c, p->now, 1, &offset, &err));
	assert_false(cnode_clock(&p->nodes[0]->c, p->now, 5, &offset, &err));
	pair_free(p);
}

static void peers_can_be_listed(void **state)
{
	struct pair *p = pair_linked(3);
	struct cnode_peer_info info;
	uint32_t at = 0, seen = 0;

	UNUSED(state);
	while (cnode_peer_next(&p->nodes[0]->c, &at, &info)) {
		assert_int_equal(info.state, PEER_UP);
		seen |= 1u << info.node;
	}
	assert_int_equal(seen, 1u << 2 | 1u << 3);
	pair_free(p);
}

static void storage_fits_a_small_node(void **state)
{
	size_t all = sizeof(struct cnode) + CNODE_PEERS * sizeof(struct peer)
		   + (CNODE_TX_SLOTS + CNODE_RX_SLOTS) * sizeof(struct rdp_msg);

	UNUSED(state);
	assert_true(all <= 256 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_find_each_other), cmocka_unit_test(rpc_costs_two_frames),
		cmocka_unit_test(page_travels_in_three_frames), cmocka_unit_test(every_last_length_arrives),
		cmocka_unit_test(stream_without_loss_repeats_nothing), cmocka_unit_test(message_to_self_moves_its_pages),
		cmocka_unit_test(full_queue_refuses_and_tells_room), cmocka_unit_test(wrong_lengths_are_refused),
		cmocka_unit_test(silent_peer_dies_once_after_deadtime), cmocka_unit_test(late_prober_starts_again),
		cmocka_unit_test(peer_returns_with_next_epoch), cmocka_unit_test(reboot_is_seen_at_once),
		cmocka_unit_test(old_incarnation_takes_the_next), cmocka_unit_test(second_machine_with_a_number_works_alone),
		cmocka_unit_test(other_cluster_is_not_heard), cmocka_unit_test(other_version_is_refused_with_both_versions),
		cmocka_unit_test(no_pages_means_not_acked), cmocka_unit_test(busy_card_delays_only),
		cmocka_unit_test(one_loss_is_repaired_fast), cmocka_unit_test(clocks_are_known),
		cmocka_unit_test(peers_can_be_listed), cmocka_unit_test(storage_fits_a_small_node),
	};

	return cmocka_run_group_tests_name("cluster/node", tests, NULL, NULL);
}
