/* dp8390_test.c - the DP8390's receiver against a model of the chip, as QEMU and as real silicon behave.
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

static void test_init(void **state)
{
	UNUSED(state);
	for (int kind = 0; kind < 4; kind++) {
		chip_init(&chip, (kind & 1) != 0, (kind & 2) != 0);
		chip.no_wide = (kind & 1) != 0;
		memset(&stats, 0, sizeof stats);
		nic = (struct dp8390){.bus = &chip_bus, .bus_ctx = &chip, .can_wide = true, .stats = &stats};
		assert_int_equal(dp8390_init(&nic), 0);
		assert_memory_equal(nic.mac, "\x52\x54\x00\x12\x34\x56", 6);
		assert_int_equal(nic.rx_stop, chip.big ? 0xc0 : 0x80);
		assert_int_equal(nic.wide, !chip.no_wide);
		assert_int_equal(dp8390_ring_frames(&nic), chip.big ? 18 : 7);
		}
}

static uint8_t nothing_read8(void *ctx, uint8_t reg) { UNUSED(ctx); UNUSED(reg); return 0xff; }
static void nothing_write8(void *ctx, uint8_t reg, uint8_t v) { UNUSED(ctx); UNUSED(reg); UNUSED(v); }
static void nothing_read(void *ctx, void *to, uint32_t n, bool wide) { UNUSED(ctx); UNUSED(wide); memset(to, 0xff, n); }
static void nothing_write(void *ctx, const void *from, uint32_t n, bool wide) { UNUSED(ctx); UNUSED(from); UNUSED(n); UNUSED(wide); }
static void nothing_reset(void *ctx) { UNUSED(ctx); }
static void nothing_delay(void *ctx, uint32_t us) { UNUSED(ctx); UNUSED(us); }

static void test_no_card(void **state)
{
	UNUSED(state);
	static const struct dp8390_bus empty = {nothing_read8, nothing_write8, nothing_read, nothing_write, nothing_reset, nothing_delay};
	nic = (struct dp8390){.bus = &empty, .stats = &stats};
	assert_int_equal(dp8390_init(&nic), -ENODEV);
}

static void test_ring_wrap(void **state)
{
	UNUSED(state);
	for (int kind = 0; kind < 4; kind++) {
		set_up((kind & 1) != 0, (kind & 2) != 0);
		for (uint32_t i = 0; i < 3000; i++) {
			uint32_t len = 60 + rnd(1455), from = rnd(2) != 0 ? 78 : rnd(len);
			assert_true(receive(i, len));
			expect_frame(i, len, MIN(from, len));
		}
		expect_empty();
		assert_int_equal(stats.rx_frames, 3000);
		assert_int_equal(stats.ring_resets, 0);
		tear_down();
	}
}

/* Fill to the brim, then drain: all stored frames come, in order; on real silicon the overwrite is recovered. */
static void test_overrun(void **state)
{
	UNUSED(state);
	for (int real = 0; real < 2; real++) {
		set_up(real, false);
		for (uint32_t round = 0; round < 200; round++) {
			uint32_t first = round * 100, n = 0, lens[100];
			for (; n < 100; n++) {
				lens[n] = 60 + rnd(1455);
				/* QEMU's hazard has its own test: stop where the ring would fit exactly */
				if (!real && (chip.bnry + 0x34u - chip.curr) % 0x34 <= 12 && chip.bnry != chip.curr) break;
				if (!receive(first + n, lens[n])) break;
			}
			assert_true(n >= 5);
			for (uint32_t i = 0; i < n; i++) expect_frame(first + i, lens[i], rnd(60));
			expect_empty();
			assert_true(dp8390_rx_enable(&nic));
		}
		assert_int_equal(stats.ring_resets, 0);
		assert_int_equal(stats.rx_overruns, real ? 200 : 0);
		tear_down();
	}
}

/* A ring filled exactly: CURR meets BNRY. What is in it comes out whole. */
static void test_exact_fit(void **state)
{
	UNUSED(state);
	set_up(false, false);
	/* 52 pages, 51 usable: 8 frames of 6 pages and one of 3 end at BNRY */
	for (uint32_t i = 0; i < 7; i++) assert_true(receive(i, 1514));
	assert_true(receive(7, 3 * 256 - 8));
	assert_true(receive(8, 1514));
	assert_int_equal(chip.curr, chip.bnry);
	for (uint32_t i = 0; i < 7; i++) expect_frame(i, 1514, 14);
	expect_frame(7, 3 * 256 - 8, 14);
	expect_frame(8, 1514, 14);
	expect_empty();
	assert_int_equal(stats.ring_resets, 0);
	tear_down();
}

/* QEMU then takes the full ring for empty and writes over it: nothing bad may happen but loss, and it ends. */
static void test_exact_fit_overwritten(void **state)
{
	UNUSED(state);
	uint8_t head[NETDEV_PEEK];
	for (uint32_t more = 1; more < 9; more++) {
		set_up(false, false);
		for (uint32_t i = 0; i < 7; i++) assert_true(receive(i, 1514));
		assert_true(receive(7, 3 * 256 - 8));
		assert_true(receive(8, 1514));
		for (uint32_t i = 0; i < more; i++) assert_true(receive(100 + i, 700 + 100 * i));
		uint32_t frames = 0;
		while (dp8390_rx_peek(&nic, head) != 0 && frames++ < 50) dp8390_rx_skip(&nic);
		assert_true(frames < 50);
		assert_true(dp8390_rx_enable(&nic));
		assert_true(receive(500, 900));
		expect_frame(500, 900, 0);
		tear_down();
	}
}

/* The same between peek and take: the frame being read is written over, and the take says so. */
static void test_overwritten_while_taking(void **state)
{
	UNUSED(state);
	uint8_t head[NETDEV_PEEK], got[1600];
	struct netdev_seg seg = {got, sizeof got};
	set_up(false, false);
	assert_true(receive(0, 1514));
	assert_int_equal(dp8390_rx_peek(&nic, head), 1514);
	for (uint32_t i = 1; i < 7; i++) assert_true(receive(i, 1514));
	assert_true(receive(7, 3 * 256 - 8));
	assert_true(receive(8, 1514));
	assert_int_equal(chip.curr, chip.bnry);
	assert_true(receive(9, 1200));
	assert_false(dp8390_rx_take(&nic, 0, &seg, 1));
	assert_int_equal(stats.ring_resets, 1);
	expect_empty();
	assert_true(receive(10, 900));
	expect_frame(10, 900, 0);
	tear_down();
}

static void test_bad_header(void **state)
{
	UNUSED(state);
	static const struct { uint8_t at; int value; } bad[] = {
		{1, 0x00}, {1, 0x4b}, {1, 0xff}, {1, 0x80}, /* next page outside the ring */
		{1, -1}, {1, 0},                            /* next page: this one (no progress), filled in below */
		{2, 0x00}, {3, 0x00}, {3, 0x40}, {3, 0xff}, /* lengths that do not fit the pages, or any frame */
	};
	for (uint32_t i = 0; i < ARRAY_LEN(bad); i++) {
		set_up(true, false);
		for (uint32_t k = 0; k < 20 + i; k++) { /* anywhere in the ring */
			assert_true(receive(k, 300));
			expect_frame(k, 300, 0);
		}
		uint8_t page = chip.curr;
		assert_true(receive(50, 700));
		assert_true(receive(51, 200));
		chip.mem[page * 256 + bad[i].at] = bad[i].value < 0 ? page : (uint8_t)bad[i].value;
		if (bad[i].at == 2) chip.mem[page * 256 + 3] = 0;
		expect_empty();
		assert_int_equal(stats.ring_resets, 1);
		assert_true(dp8390_rx_enable(&nic));
		assert_true(receive(52, 61));
		expect_frame(52, 61, 0);
		tear_down();
	}
}

static void test_next_page_past_curr(void **state)
{
	UNUSED(state);
	set_up(true, false);
	uint8_t page = chip.curr;
	assert_true(receive(1, 100));
	chip.mem[page * 256 + 1] = (uint8_t)(page + 2); /* believable alone, but the chip has not got there */
	expect_empty();
	assert_int_equal(stats.ring_resets, 1);
	tear_down();
}

static void test_bad_status_is_skipped(void **state)
{
	UNUSED(state);
	set_up(true, false);
	uint8_t page = chip.curr;
	assert_true(receive(1, 100));
	assert_true(receive(2, 200));
	chip.mem[page * 256] = RSR_CRC;
	expect_frame(2, 200, 0);
	assert_int_equal(stats.rx_errors, 1);
	assert_int_equal(stats.ring_resets, 0);
	tear_down();
}

static void test_bad_curr_resets(void **state)
{
	UNUSED(state);
	set_up(true, false);
	chip.curr = 0x20;
	expect_empty();
	assert_int_equal(stats.ring_resets, 1);
	assert_true(dp8390_rx_enable(&nic));
	assert_true(receive(3, 1000));
	assert_true(chip_irq_line(&chip));
	expect_frame(3, 1000, 0);
	tear_down();
}

static void test_take_combinations(void **state)
{
	UNUSED(state);
	uint8_t head[NETDEV_PEEK], again[NETDEV_PEEK], got[2000];
	struct netdev_seg seg = {got, sizeof got};
	set_up(false, true);
	assert_false(dp8390_rx_take(&nic, 0, &seg, 1)); /* nothing peeked */
	assert_true(receive(1, 60));
	assert_int_equal(dp8390_rx_peek(&nic, head), 60);
	assert_int_equal(dp8390_rx_peek(&nic, again), 60);
	assert_memory_equal(head, again, 60);
	assert_true(dp8390_rx_take(&nic, 60, &seg, 1)); /* nothing left to copy: dropped */
	assert_true(receive(2, 90));
	assert_int_equal(dp8390_rx_peek(&nic, head), 90);
	assert_false(dp8390_rx_take(&nic, 91, &seg, 1)); /* beyond the frame: dropped too */
	assert_true(receive(3, 90));
	assert_true(receive(4, 1514));
	assert_int_equal(dp8390_rx_peek(&nic, head), 90);
	assert_true(dp8390_rx_take(&nic, 0, NULL, 0));
	memset(got, 0xaa, sizeof got);
	seg.len = 7; /* less room than frame */
	assert_int_equal(dp8390_rx_peek(&nic, head), 1514);
	assert_true(dp8390_rx_take(&nic, 15, &seg, 1));
	assert_int_equal(got[7], 0xaa);
	dp8390_rx_skip(&nic); /* nothing peeked: nothing happens */
	assert_true(receive(5, 64));
	expect_frame(5, 64, 0);
	assert_int_equal(stats.rx_frames, 5);
	tear_down();
}

static void test_interrupts(void **state)
{
	UNUSED(state);
	set_up(false, true);
	assert_false(chip_irq_line(&chip));
	assert_false(dp8390_interrupt(&nic)); /* another device on the line */
	assert_true(receive(1, 100));
	assert_true(chip_irq_line(&chip));
	assert_true(dp8390_interrupt(&nic));
	assert_false(chip_irq_line(&chip)); /* masked */
	assert_false(dp8390_interrupt(&nic));
	expect_frame(1, 100, 0);
	assert_true(receive(2, 100)); /* between the last frame and the unmasking */
	assert_false(dp8390_rx_enable(&nic));
	expect_frame(2, 100, 0);
	expect_empty();
	assert_true(dp8390_rx_enable(&nic));
	assert_false(chip_irq_line(&chip));
	assert_true(receive(3, 100));
	assert_true(chip_irq_line(&chip));
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_no_card),
		cmocka_unit_test(test_ring_wrap),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_exact_fit),
		cmocka_unit_test(test_exact_fit_overwritten),
		cmocka_unit_test(test_overwritten_while_taking),
		cmocka_unit_test(test_bad_header),
		cmocka_unit_test(test_next_page_past_curr),
		cmocka_unit_test(test_bad_status_is_skipped),
		cmocka_unit_test(test_bad_curr_resets),
		cmocka_unit_test(test_take_combinations),
		cmocka_unit_test(test_interrupts),
	};
	return cmocka_run_group_tests_name("dp8390", tests, NULL, NULL);
}
