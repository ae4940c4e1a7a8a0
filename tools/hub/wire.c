/* The hub's wire: who gets a frame, when, and in what state.
 * Called by hub.c for every frame and timer.
 * Never blocks: a receiver that is full gets a queue of its own. */
#define _GNU_SOURCE
#include "tools/hub/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RETRY_NS   20000000u /* between attempts to reach a QEMU that is not there */
#define REORDER_MS 4         /* a reordered frame waits up to this long */

uint64_t hub_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- chance: one stream for each pair, so that timing between pairs changes nothing ---- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static bool chance(uint64_t *state, double p)
{
	return p > 0 && (double)(next_random(state) >> 11) * 0x1p-53 < p;
}

void hub_seed(struct hub *hub)
{
	for (uint64_t from = 0; from <= PORTS_MAX; from++)
		for (uint64_t to = 0; to <= PORTS_MAX; to++) {
			hub->rng[from][to] = hub->faults.seed * 0xD1342543DE82EF95u + (from << 32 | to);
			next_random(&hub->rng[from][to]);
		}
}

/* ---- frames ---- */

static struct frame *new_frame(const uint8_t *bytes, size_t length)
{
	struct frame *f = malloc(sizeof *f + length);

	if (!f)
		abort();
	f->refs = 1;
	f->length = (uint16_t)length;
	memcpy(f->bytes, bytes, length);
	return f;
}

static void release(struct frame *f)
{
	if (--f->refs == 0)
		free(f);
}

/* ---- ports ---- */

static bool port_address(const struct hub *hub, char side, unsigned number, struct sockaddr_un *addr)
{
	memset(addr, 0, sizeof *addr);
	addr->sun_family = AF_UNIX;
	return (size_t)snprintf(addr->sun_path, sizeof addr->sun_path, "%s/%c%u", hub->dir, side, number) <
	       sizeof addr->sun_path;
}

int hub_open_port(struct hub *hub, unsigned number)
{
	struct port *p = &hub->port[number];
	struct sockaddr_un addr;
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = number};

	if (number < 1 || number > PORTS_MAX)
		return -EINVAL;
	if (p->open)
		return -EEXIST;
	if (!port_address(hub, 'h', number, &addr))
		return -ENAMETOOLONG;
	p->rx_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	p->tx_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	p->queue = calloc(QUEUE_MAX, sizeof *p->queue);
	if (p->rx_fd < 0 || p->tx_fd < 0 || !p->queue)
		return -ENOMEM;
	unlink(addr.sun_path);
	if (bind(p->rx_fd, (struct sockaddr *)&addr, sizeof addr) != 0)
		return -errno;
	epoll_ctl(hub->epoll_fd, EPOLL_CTL_ADD, p->rx_fd, &event);
	p->open = true;
	return 0;
}

/* Joins the sending socket to the QEMU's; false while there is none. */
static bool connect_port(struct hub *hub, unsigned number)
{
	struct port *p = &hub->port[number];
	struct sockaddr_un addr;
	uint64_t now = hub_now();

	if (p->connected)
		return true;
	if (now < p->retry_ns || !port_address(hub, 'q', number, &addr))
		return false;
	if (connect(p->tx_fd, (struct sockaddr *)&addr, sizeof addr) != 0) {
		p->retry_ns = now + RETRY_NS;
		return false;
	}
	p->connected = true;
	return true;
}

static void watch_room(struct hub *hub, unsigned number, bool on)
{
	struct port *p = &hub->port[number];
	struct epoll_event event = {.events = EPOLLOUT, .data.u64 = number | 1u << 16};

	if (p->blocked == on)
		return;
	p->blocked = on;
	epoll_ctl(hub->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, p->tx_fd, &event);
}

static void pop_queue(struct port *p)
{
	release(p->queue[p->head].frame);
	p->head = (p->head + 1) % QUEUE_MAX;
	p->used--;
}

/* The QEMU behind a port is gone: what waits for it is lost, and its next life gets a new connection. */
static void lose_port(struct hub *hub, unsigned number)
{
	struct port *p = &hub->port[number];
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	watch_room(hub, number, false);
	while (p->used) {
		hub->pair[p->queue[p->head].from][number].dropped++;
		pop_queue(p);
	}
	connect(p->tx_fd, &none, sizeof none);
	p->connected = false;
}

void hub_flush_port(struct hub *hub, unsigned number)
{
	struct port *p = &hub->port[number];

	while (p->used) {
		const struct delivery *d = &p->queue[p->head];

		if (!connect_port(hub, number)) {
			hub->pair[d->from][number].dropped++;
			pop_queue(p);
			continue;
		}
		if (send(p->tx_fd, d->frame->bytes, d->frame->length, MSG_NOSIGNAL) < 0) {
			if (errno == EAGAIN || errno == ENOBUFS) {
				watch_room(hub, number, true);
				return;
			}
			if (errno != EINTR)
				lose_port(hub, number);
			continue;
		}
		pop_queue(p);
	}
	watch_room(hub, number, false);
}

static void queue_delivery(struct hub *hub, const struct delivery *d)
{
	struct port *p = &hub->port[d->to];

	if (p->used == QUEUE_MAX || p->cut) {
		hub->pair[d->from][d->to].dropped++;
		release(d->frame);
		return;
	}
	p->queue[(p->head + p->used++) % QUEUE_MAX] = *d;
	if (!p->blocked)
		hub_flush_port(hub, d->to);
}

/* ---- deliveries in the future: a binary heap ---- */

static bool before(const struct delivery *a, const struct delivery *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void heap_push(struct hub *hub, struct delivery d)
{
	size_t i = hub->heap_used++;

	if (i == hub->heap_size) {
		hub->heap_size = hub->heap_size ? 2 * hub->heap_size : 256;
		hub->heap = realloc(hub->heap, hub->heap_size * sizeof *hub->heap);
		if (!hub->heap)
			abort();
	}
	for (; i > 0 && before(&d, &hub->heap[(i - 1) / 2]); i = (i - 1) / 2)
		hub->heap[i] = hub->heap[(i - 1) / 2];
	hub->heap[i] = d;
}

static struct delivery heap_pop(struct hub *hub)
{
	struct delivery top = hub->heap[0], last = hub->heap[--hub->heap_used];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < hub->heap_used) {
		if (child + 1 < hub->heap_used && before(&hub->heap[child + 1], &hub->heap[child]))
			child++;
		if (!before(&hub->heap[child], &last))
			break;
		hub->heap[i] = hub->heap[child];
		i = child;
	}
	hub->heap[i] = last;
	return top;
}

int64_t hub_run_due(struct hub *hub)
{
	uint64_t now = hub_now();

	while (hub->heap_used) {
		struct delivery d;

		if (hub->heap[0].due_ns > now)
			return (int64_t)(hub->heap[0].due_ns - now);
		d = heap_pop(hub);
		queue_delivery(hub, &d);
	}
	return -1;
}

/* ---- forwarding ---- */

static void learn(struct hub *hub, const uint8_t *mac, unsigned from)
{
	if (mac[0] & 1)
		return;
	for (unsigned i = 0; i < hub->n_macs; i++)
		if (!memcmp(hub->macs[i].mac, mac, 6)) {
			hub->macs[i].port = (uint16_t)from;
			return;
		}
	if (hub->n_macs == MACS_MAX)
		return;
	memcpy(hub->macs[hub->n_macs].mac, mac, 6);
	hub->macs[hub->n_macs++].port = (uint16_t)from;
}

/* The port where a station is, or 0 for everywhere. */
static unsigned port_of(const struct hub *hub, const uint8_t *mac)
{
	if (!(mac[0] & 1))
		for (unsigned i = 0; i < hub->n_macs; i++)
			if (!memcmp(hub->macs[i].mac, mac, 6))
				return hub->macs[i].port;
	return 0;
}

/* When a frame reaches its receiver: each port's link carries one frame at a time, both ways. */
static uint64_t due_time(struct hub *hub, unsigned to, size_t length, uint64_t leaves)
{
	const struct faults *f = &hub->faults;
	struct port *out = &hub->port[to];
	uint64_t takes = 0;

	if (f->rate_mbit > 0) {
		takes = (uint64_t)((double)(length + 24) * 8000.0 / f->rate_mbit); /* preamble, CRC, gap */
		if (out->receives_until < leaves)
			out->receives_until = leaves;
		out->receives_until += takes;
		leaves = out->receives_until;
	}
	return leaves + (uint64_t)(f->delay_ms * 1e6);
}

static struct frame *corrupt_copy(const struct frame *frame, uint64_t *rng)
{
	struct frame *copy = new_frame(frame->bytes, frame->length);
	uint64_t r = next_random(rng);

	copy->bytes[(r >> 3) % copy->length] ^= (uint8_t)(1u << (r & 7));
	return copy;
}

/* One frame to one port: perhaps lost, changed, late or twice. */
static void deliver(struct hub *hub, unsigned from, unsigned to, struct frame *frame, uint64_t leaves)
{
	const struct faults *f = &hub->faults;
	uint64_t *rng = &hub->rng[from][to];
	int copies = chance(rng, f->dup) ? 2 : 1;

	for (int i = 0; i < copies; i++) {
		struct delivery d = {.to = (uint16_t)to, .from = (uint16_t)from};

		if (chance(rng, f->loss)) {
			hub->pair[from][to].lost++;
			continue;
		}
		if (chance(rng, f->corrupt)) {
			d.frame = corrupt_copy(frame, rng);
		} else {
			d.frame = frame;
			frame->refs++;
		}
		d.due_ns = due_time(hub, to, frame->length, leaves);
		if (chance(rng, f->reorder))
			d.due_ns += next_random(rng) % (REORDER_MS * 1000000u);
		d.order = hub->order++;
		heap_push(hub, d);
	}
}

static void count(struct counter *c, const uint8_t *bytes, size_t length)
{
	c->frames++;
	c->bytes += length;
	if ((bytes[12] << 8 | bytes[13]) == OUR_ETHERTYPE) {
		c->ours_frames++;
		c->ours_bytes += length;
	}
}

static void pcap_frame(struct hub *hub, const uint8_t *bytes, size_t length)
{
	struct timespec t;
	uint32_t head[4];

	clock_gettime(CLOCK_REALTIME, &t);
	head[0] = (uint32_t)t.tv_sec;
	head[1] = (uint32_t)t.tv_nsec;
	head[2] = head[3] = (uint32_t)length;
	fwrite(head, sizeof head, 1, hub->pcap);
	fwrite(bytes, length, 1, hub->pcap);
}

int hub_pcap(struct hub *hub, const char *path)
{
	static const uint32_t head[6] = {0xA1B23C4Du, 2 | 4 << 16, 0, 0, 65535, 1};

	if (hub->pcap)
		fclose(hub->pcap);
	hub->pcap = path ? fopen(path, "we") : NULL;
	if (path && !hub->pcap)
		return -errno;
	if (hub->pcap)
		fwrite(head, sizeof head, 1, hub->pcap);
	return 0;
}

void hub_forward(struct hub *hub, unsigned from, const uint8_t *bytes, size_t length)
{
	struct port *in = &hub->port[from];
	struct frame *frame;
	unsigned only;
	uint64_t leaves;

	if (length < ETH_HEADER || in->cut)
		return;
	learn(hub, bytes + 6, from);
	only = port_of(hub, bytes);
	if (hub->pcap)
		pcap_frame(hub, bytes, length);
	frame = new_frame(bytes, length);
	leaves = hub_now();
	if (hub->faults.rate_mbit > 0) {
		if (in->sends_until > leaves)
			leaves = in->sends_until;
		in->sends_until = leaves + (uint64_t)((double)(length + 24) * 8000.0 / hub->faults.rate_mbit);
	}
	for (unsigned to = 1; to <= PORTS_MAX; to++) {
		struct port *out = &hub->port[to];

		if (!out->open || out->cut || to == from || (only && only != to) || out->group != in->group)
			continue;
		count(&hub->pair[from][to], bytes, length);
		deliver(hub, from, to, frame, leaves);
	}
	release(frame);
}
