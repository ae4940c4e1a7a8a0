/* netdev.c - registry of network cards, and the way of a frame from a card to its protocol.
 * Called by: drivers (register, wake), net/stack.c (drain), protocols (register).
 * Never: copies or keeps a frame.  */
#include "net/netdev.h"

#include "net/net_priv.h"

static struct netdev *cards;
static struct netdev_proto *protos;

void netdev_register(struct netdev *d)
{
	struct netdev **at = &cards;
	while (*at != NULL) at = &(*at)->next;
	d->next = NULL;
	*at = d;
}

struct netdev *netdev_first(void) { return cards; }

void netdev_wake(struct netdev *d)
{
	UNUSED(d);
	net_thread_wake();
}

void netdev_add_proto(struct netdev_proto *p)
{
	p->next = protos;
	protos = p;
}

void netdev_tx_room(struct netdev *d)
{
	for (struct netdev_proto *p = protos; p != NULL; p = p->next)
		if (p->tx_room != NULL) p->tx_room(d);
}

static void demux(struct netdev *d, const uint8_t head[NETDEV_PEEK], uint32_t len)
{
	uint32_t ethertype = (uint32_t)head[12] << 8 | head[13];
	for (struct netdev_proto *p = protos; p != NULL; p = p->next) {
		if (p->ethertype != ethertype) continue;
		p->input(d, head, len);
		return;
	}
	d->stats.rx_dropped++;
	d->ops->rx_skip(d);
}

static uint32_t drain_card(struct netdev *d, bool *more)
{
	uint8_t head[NETDEV_PEEK];
	for (uint32_t n = 0; n < NET_DRAIN_FRAMES; n++) {
		uint32_t len = d->ops->rx_peek(d, head);
		if (len == 0) {
			if (!d->ops->rx_enable(d)) *more = true;
			return n;
		}
		demux(d, head, len);
	}
	*more = true;
	return NET_DRAIN_FRAMES;
}

uint32_t netdev_drain(bool *more)
{
	uint32_t n = 0;
	*more = false;
	for (struct netdev *d = cards; d != NULL; d = d->next) n += drain_card(d, more);
	return n;
}

void netdev_poll_all(void)
{
	for (struct netdev *d = cards; d != NULL; d = d->next)
		if (d->ops->poll != NULL) d->ops->poll(d);
}
