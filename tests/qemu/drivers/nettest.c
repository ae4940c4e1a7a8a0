/* nettest.c - a kernel of the base, the net thread and the NE2000 driver alone: answers frames, so that a test can drive it.
 * Called by: nettest.elf, booted by tests/qemu/drivers/ne2000_test.py (or two of them on one wire).
 * Frames of ethertype 0x88b5; byte 14 is the order:
 *   E echo the frame    F count it, check its pattern    Q report counters    B send a burst (count: bytes 16..19)    X end
 * Option nettest=flood: send 100,000 F frames to everybody, then X until the end.
 * Never: part of the product. */
#include "kernel/base/main.h"

#include "arch/arch.h"
#include "drivers/ne2000/ne2000.h"
#include "fs/synth.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame.h"
#include "lib/fmt.h"
#include "lib/str.h"
#include "net/netdev.h"

#define FLOOD 100000u

static struct {
	uint32_t echoes, counted, damaged, burst_left, retries;
	bool end;
} seen;
static uint8_t frame[1600], reply_to[ETH_ALEN];
static uint32_t max_drain_gap_ms;

/* nothing of fs is linked */
void proc_register(struct proc_row *row) { UNUSED(row); }
void sink_printf(struct text_sink *s, const char *fmt, ...) { UNUSED(s); UNUSED(fmt); }

static int send(struct netdev *d, const uint8_t *to, uint32_t len)
{
	memcpy(frame, to, ETH_ALEN);
	memcpy(frame + ETH_ALEN, d->mac, ETH_ALEN);
	frame[12] = ETHERTYPE_GODWIT >> 8;
	frame[13] = ETHERTYPE_GODWIT & 0xff;
	struct netdev_seg segs[2] = {{frame, ETH_HLEN}, {frame + ETH_HLEN, len - ETH_HLEN}};
	return d->ops->tx(d, segs, 2);
}

static void fill(uint32_t len)
{
	for (uint32_t i = 20; i < len; i++) frame[i] = (uint8_t)(i * 7 + frame[16]);
}

static void burst(struct netdev *d)
{
	while (seen.burst_left != 0) {
		frame[14] = 'b';
		frame[16] = (uint8_t)seen.burst_left;
		frame[17] = (uint8_t)(seen.burst_left >> 8);
		fill(1514);
		if (send(d, reply_to, 1514) != 0) {
			seen.retries++;
			return;
		}
		seen.burst_left--;
	}
}

static void report(struct netdev *d)
{
	const struct netdev_stats *n = &d->stats;
	uint32_t len = 15 + (uint32_t)fmt_snprintf((char *)frame + 15, 400,
		"echoes %u counted %u damaged %u rx %llu dropped %llu overruns %llu errors %llu resets %llu tx %llu txerr %llu busy %llu retries %u gap %u ",
		seen.echoes, seen.counted, seen.damaged, (unsigned long long)n->rx_frames, (unsigned long long)n->rx_dropped,
		(unsigned long long)n->rx_overruns, (unsigned long long)n->rx_errors, (unsigned long long)n->ring_resets,
		(unsigned long long)n->tx_frames, (unsigned long long)n->tx_errors, (unsigned long long)n->tx_busy, seen.retries, max_drain_gap_ms);
	frame[14] = 'q';
	klog(LOG_INFO, "%s", (char *)frame + 15);
	send(d, reply_to, len);
}

static void check(uint32_t len)
{
	seen.counted++;
	for (uint32_t i = 20; i < len; i++)
		if (frame[i] != (uint8_t)(i * 7 + frame[16])) {
			seen.damaged++;
			return;
		}
}

static void input(struct netdev *d, const uint8_t head[NETDEV_PEEK], uint32_t len)
{
	struct netdev_seg segs[3] = {{frame, ETH_HLEN}, {frame + ETH_HLEN, 63}, {frame + ETH_HLEN + 63, sizeof frame - ETH_HLEN - 63}};
	memcpy(reply_to, head + ETH_ALEN, ETH_ALEN);
	switch (head[14]) {
	case 'E':
		if (!d->ops->rx_take(d, 0, segs, 3)) return;
		frame[14] = 'e';
		if (send(d, reply_to, len) == 0) seen.echoes++;
		return;
	case 'F':
		if (d->ops->rx_take(d, 0, segs, 3)) check(len);
		return;
	case 'B':
		seen.burst_left = head[16] | (uint32_t)head[17] << 8 | (uint32_t)head[18] << 16;
		d->ops->rx_skip(d);
		burst(d);
		return;
	default:
		if (head[14] == 'X') seen.end = true;
		d->ops->rx_skip(d);
		if (head[14] == 'Q') report(d);
	}
}

static struct netdev_proto proto = {.ethertype = ETHERTYPE_GODWIT, .input = input, .tx_room = burst};

/* Timers must run under any flood: the longest time between two steps is reported. */
static uint64_t step(uint64_t now)
{
	static uint64_t last;
	if (last != 0 && (now - last) / NS_PER_MS > max_drain_gap_ms) max_drain_gap_ms = (uint32_t)((now - last) / NS_PER_MS);
	last = now;
	return now + 10 * NS_PER_MS;
}

static struct net_stepper stepper = {.step = step};

static void sleep_ms(uint32_t ms)
{
	struct waitq q = WAITQ_INIT(q);
	(void)waitq_sleep(&q, 0, clock_now_ns() + ms * NS_PER_MS);
}

static void flood(struct netdev *d)
{
	static const uint8_t all[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	sleep_ms(3000); /* the other machine boots */
	for (uint32_t i = 0; i < FLOOD + 20; i++) {
		net_enter();
		frame[14] = i < FLOOD ? 'F' : 'X';
		frame[16] = (uint8_t)i;
		fill(1514);
		int r = send(d, all, 1514);
		net_leave();
		if (r != 0) seen.retries++;
		if (r != 0 || i % 32 == 0) sched_yield();
		if (i >= FLOOD) sleep_ms(50);
	}
	klog(LOG_INFO, "flood sent, %u refused", seen.retries);
	seen.end = true;
}

static void main_thread(void *arg)
{
	char how[8];
	UNUSED(arg);
	ne2000_probe();
	net_thread_start();
	net_add_stepper(&stepper);
	netdev_add_proto(&proto);
	klog(LOG_INFO, "nettest ready");
	if (bootopt_str("nettest", how, sizeof how) && strcmp(how, "flood") == 0 && netdev_first() != NULL) flood(netdev_first());
	while (!seen.end) sleep_ms(20);
	klog(LOG_INFO, "nettest end: counted %u damaged %u gap %u ms", seen.counted, seen.damaged, max_drain_gap_ms);
	arch_poweroff();
}

void kmain(uint32_t loader_magic, uint32_t loader_info)
{
	static struct thread t;
	arch_init(loader_magic, loader_info);
	frame_init(boot_info.mem_bytes);
	arch_memory_init();
	clock_init();
	sched_init();
	if (thread_init(&t, "nettest", main_thread, NULL) != 0) panic("no thread");
	thread_start(&t);
	sched_idle();
}
