/* dp8390_tx_test.c - the DP8390's transmitter, and everything at once in random order.
 * Called by: make test-host-drivers.
 * Never: looks into the driver where the wire or the chip can be asked.  */
#include "tests/host/drivers/nic_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "drivers/ne2000/dp8390_regs.h"

static void test_tx_qemu(void **state)
{
	UNUSED(state);
	set_up(false, true);
	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t len = 14 + rnd(1501);
		assert_int_equal(send_frame(i, len), 0);
		expect_sent(i, i, len);
	}
	assert_int_equal(stats.tx_frames, 2000);
	assert_int_equal(stats.tx_busy, 0);
	assert_false(chip_irq_line(&chip)); /* nobody waits: no interrupt for sent frames */
	struct netdev_seg big = {chip.mem, 1515}, small = {chip.mem, 13};
	assert_int_equal(dp8390_tx(&nic, &big, 1), -EMSGSIZE);
	assert_int_equal(dp8390_tx(&nic, &small, 1), -EINVAL);
	tear_down();
}

static void test_tx_back_to_back(void **state)
{
	UNUSED(state);
	set_up(true, false);
	assert_int_equal(send_frame(1, 1514), 0);
	assert_int_equal(send_frame(2, 61), 0); /* second buffer, while the first is on the wire */
	assert_int_equal(chip.n_sent, 1);
	assert_int_equal(send_frame(3, 100), -EAGAIN);
	assert_false(dp8390_take_tx_room(&nic));
	chip_tx_end(&chip, true);
	assert_true(dp8390_interrupt(&nic));
	expect_empty();
	assert_int_equal(chip.n_sent, 2);
	assert_true(dp8390_take_tx_room(&nic));
	assert_false(dp8390_take_tx_room(&nic));
	assert_int_equal(send_frame(3, 100), 0);
	assert_true(dp8390_rx_enable(&nic));
	chip_tx_end(&chip, false); /* aborted by collisions: the next one still goes */
	assert_true(dp8390_interrupt(&nic));
	expect_empty();
	assert_int_equal(stats.tx_errors, 1);
	expect_sent(0, 1, 1514);
	expect_sent(1, 2, 61);
	expect_sent(2, 3, 100);
	tear_down();
}

static void test_tx_watchdog(void **state)
{
	UNUSED(state);
	set_up(true, false);
	assert_int_equal(send_frame(1, 100), 0);
	assert_int_equal(send_frame(2, 100), 0);
	assert_int_equal(send_frame(3, 100), -EAGAIN);
	dp8390_poll(&nic);
	assert_int_equal(stats.tx_errors, 0);
	dp8390_poll(&nic);
	assert_int_equal(stats.tx_errors, 2);
	assert_true(dp8390_take_tx_room(&nic));
	chip.tx_busy = false;
	assert_int_equal(send_frame(4, 100), 0);
	expect_sent(chip.n_sent - 1, 4, 100);
	assert_true(receive(9, 400)); /* and it still receives, with interrupts */
	assert_true(chip_irq_line(&chip));
	expect_frame(9, 400, 0);
	tear_down();
}

static void test_remote_write_hangs(void **state)
{
	UNUSED(state);
	set_up(true, false);
	chip.stuck_rdc = 1;
	assert_int_equal(send_frame(1, 100), -ENETDOWN);
	assert_int_equal(chip.n_sent, 0);
	assert_int_equal(send_frame(2, 100), 0);
	expect_sent(0, 2, 100);
	tear_down();
}

/* An overwrite cuts a transmission short: it is sent again, and the loaded one after it. */
static void test_overrun_while_sending(void **state)
{
	UNUSED(state);
	set_up(true, false);
	uint32_t stops = chip.stops;
	assert_int_equal(send_frame(1, 1000), 0);
	assert_int_equal(send_frame(2, 100), 0);
	while (receive(5, 1514)) continue;
	assert_true(dp8390_interrupt(&nic));
	assert_int_equal(chip.n_sent, 1);
	for (uint32_t i = 0; i < 8; i++) {
		expect_frame(5, 1514, 0);
		if (i != 0) continue;
		assert_int_equal(chip.n_sent, 0); /* cut */
		assert_int_equal(send_frame(3, 100), -EAGAIN);
	}
	expect_empty();
	expect_sent(0, 1, 1000);
	chip_tx_end(&chip, true);
	assert_true(dp8390_rx_enable(&nic));
	expect_sent(1, 2, 100);
	assert_true(dp8390_take_tx_room(&nic));
	assert_int_equal(chip.stops, stops + 1);
	assert_int_equal(stats.rx_overruns, 1);
	tear_down();
}

/* ---- soak: arrivals, takes, skips, sends and interrupts in random order --------------------------- */

struct soak { uint32_t tag[256], len[256], put, got, sent, received; bool lossy; };

static void soak_arrive(struct soak *s)
{
	uint32_t len = rnd(3) == 0 ? 1514 : 60 + rnd(1455);
	bool was_full = !chip.real && chip.curr == chip.bnry;
	if (!receive(s->received, len)) return;
	if (was_full) s->lossy = true; /* QEMU wrote over what was there */
	s->tag[s->put % 256] = s->received++;
	s->len[s->put++ % 256] = len;
}

static void soak_drain(struct soak *s)
{
	uint8_t head[NETDEV_PEEK];
	while (s->got != s->put) {
		uint32_t k = s->got++ % 256;
		if (rnd(4) == 0) {
			assert_int_equal(dp8390_rx_peek(&nic, head), s->len[k]);
			dp8390_rx_skip(&nic);
		} else {
			expect_frame(s->tag[k], s->len[k], rnd(3) == 0 ? 78 % s->len[k] : 0);
		}
		if (rnd(8) == 0) return;
	}
	expect_empty();
	assert_true(dp8390_rx_enable(&nic));
}

static void soak_step(struct soak *s)
{
	uint32_t len = 14 + rnd(1501), before = chip.n_sent;
	switch (rnd(8)) {
	case 0:
	case 1:
	case 2:
	case 3:
		soak_arrive(s);
		break;
	case 4:
		if (!chip.real && chip.n_sent == CHIP_SENT_MAX - 1) chip.n_sent = before = 0;
		if (chip.real && chip.n_sent > CHIP_SENT_MAX - 4) chip.n_sent -= 1000;
		if (send_frame(s->sent, len) == 0) s->sent++;
		if (!chip.real) expect_sent(before, s->sent - 1, len);
		break;
	case 5:
		chip_tx_end(&chip, rnd(10) != 0);
		break;
	case 6:
		dp8390_interrupt(&nic);
		break;
	default:
		soak_drain(s);
	}
}

static void test_soak(void **state)
{
	UNUSED(state);
	for (uint32_t run = 0; run < 40; run++) {
		struct soak s = {0};
		uint8_t head[NETDEV_PEEK];
		set_up((run & 1) != 0, (run & 2) != 0);
		rig_seed(run);
		for (uint32_t i = 0; i < 5000; i++) {
			soak_step(&s);
			if (!s.lossy) continue;
			for (uint32_t k = 0; k < 60 && dp8390_rx_peek(&nic, head) != 0; k++) dp8390_rx_skip(&nic);
			s = (struct soak){.sent = s.sent, .received = s.received};
			if (!dp8390_rx_enable(&nic)) fail_msg("run %u step %u: ring does not empty", run, i);
		}
		if (run & 1) assert_int_equal(stats.ring_resets, 0);
		tear_down();
	}
}

/* Random bytes over the whole ring, before and between the driver's looks: it ends, and stays in its memory. */
static void test_garbage_ring(void **state)
{
	UNUSED(state);
	uint8_t head[NETDEV_PEEK], got[1600];
	struct netdev_seg seg = {got, sizeof got};
	for (uint32_t run = 0; run < 3000; run++) {
		set_up(false, true);
		rig_seed(run);
		uint32_t frames = 1 + rnd(12);
		for (uint32_t i = 0; i < frames; i++) receive(i, 60 + rnd(1455));
		for (uint32_t i = 0; i < 200; i++) chip.mem[0x4c00 + rnd(0xc000 - 0x4c00)] = (uint8_t)rnd(256);
		for (uint32_t p = 0x4c; p < 0xc0; p++)
			if (rnd(3) == 0) chip.mem[p * 256 + rnd(4)] = (uint8_t)rnd(256);
		for (uint32_t i = 0; i < 100 && dp8390_rx_peek(&nic, head) != 0; i++) dp8390_rx_take(&nic, rnd(100), &seg, 1);
		assert_true(dp8390_rx_enable(&nic));
		assert_true(receive(77, 333));
		expect_frame(77, 333, 0);
		tear_down();
	}
}

static void test_tallies(void **state)
{
	UNUSED(state);
	set_up(true, false);
	chip.tally[0] = 1;
	chip.tally[1] = 2;
	chip.tally[2] = 200;
	chip.isr |= ISR_CNT;
	assert_true(dp8390_interrupt(&nic));
	expect_empty();
	assert_int_equal(stats.rx_errors, 3);
	assert_int_equal(stats.rx_dropped, 200);
	assert_true(dp8390_rx_enable(&nic));
	assert_false(chip_irq_line(&chip));
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tx_qemu),
		cmocka_unit_test(test_tx_back_to_back),
		cmocka_unit_test(test_tx_watchdog),
		cmocka_unit_test(test_remote_write_hangs),
		cmocka_unit_test(test_overrun_while_sending),
		cmocka_unit_test(test_soak),
		cmocka_unit_test(test_garbage_ring),
		cmocka_unit_test(test_tallies),
	};
	return cmocka_run_group_tests_name("dp8390 transmit", tests, NULL, NULL);
}
