/* nic_rig.c - a driver on a model of the chip, for the tests of the chip's logic.
 * Called by: dp8390_test.c, dp8390_tx_test.c.
 * Never: looks into the driver.  */
#include "tests/host/drivers/nic_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arch/arch.h"

uint32_t irq_save(void) { return 0; }
void irq_restore(uint32_t state) { UNUSED(state); }

struct chip chip;
struct dp8390 nic;
struct netdev_stats stats;
static uint64_t seed;

void rig_seed(uint64_t from) { seed = from; }

uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % below;
}

void set_up(bool real, bool big)
{
	seed = 20;
	memset(&stats, 0, sizeof stats);
	chip_init(&chip, real, big);
	nic = (struct dp8390){.bus = &chip_bus, .bus_ctx = &chip, .can_wide = true, .stats = &stats};
	assert_int_equal(dp8390_init(&nic), 0);
	dp8390_start(&nic);
}

void tear_down(void)
{
	assert_int_equal(chip.rule_breaks, 0);
	assert_int_equal(chip.early_starts, 0);
}

/* Frame number `tag` of len bytes, to us; every byte follows from tag and place. */
void make_frame(uint8_t *f, uint32_t tag, uint32_t len)
{
	memcpy(f, nic.mac, 6);
	for (uint32_t i = 6; i < len; i++) f[i] = (uint8_t)(tag * 31 + i * 7 + (i >> 8));
	f[12] = 0x88;
	f[13] = 0xb5;
}

bool receive(uint32_t tag, uint32_t len)
{
	uint8_t f[1600];
	make_frame(f, tag, len);
	return chip_receive(&chip, f, len);
}

/* The next frame must be this one; taken from `from` in pieces cut at random. */
void expect_frame(uint32_t tag, uint32_t len, uint32_t from)
{
	uint8_t want[1600], head[NETDEV_PEEK], got[1600];
	struct netdev_seg segs[8];
	uint32_t n = 0, at = 0;
	make_frame(want, tag, len);
	assert_int_equal(dp8390_rx_peek(&nic, head), len);
	assert_memory_equal(head, want, MIN(len, NETDEV_PEEK));
	while (n < 7 && at < len - from) {
		uint32_t left = len - from - at, piece = n == 6 ? left : rnd(MIN(400, left) + 1);
		segs[n++] = (struct netdev_seg){got + at, piece};
		at += piece;
	}
	if (rnd(2) != 0) segs[n++] = (struct netdev_seg){got + at, 3}; /* more room than frame */
	assert_true(dp8390_rx_take(&nic, from, segs, n));
	assert_memory_equal(got, want + from, at);
}

void expect_empty(void)
{
	uint8_t head[NETDEV_PEEK];
	assert_int_equal(dp8390_rx_peek(&nic, head), 0);
}

int send_frame(uint32_t tag, uint32_t len)
{
	uint8_t f[1600];
	struct netdev_seg segs[4];
	uint32_t n = 0, at = 0;
	make_frame(f, tag, len);
	while (at < len && n < 4) {
		uint32_t piece = n == 3 ? len - at : rnd(len - at + 1);
		segs[n++] = (struct netdev_seg){f + at, piece};
		at += piece;
	}
	return dp8390_tx(&nic, segs, n);
}

void expect_sent(uint32_t k, uint32_t tag, uint32_t len)
{
	uint8_t f[1600] = {0};
	make_frame(f, tag, len);
	assert_true(k < chip.n_sent);
	assert_int_equal(chip.sent[k].len, MAX(len, 60));
	assert_memory_equal(chip.sent[k].data, f, MAX(len, 60));
}
