/* Time and the others: HELLO repeats, probes, clocks, and the verdict over the silent.
 * Called by cluster/node.c at the deadlines it asks for.
 * Never calls a peer dead by a timer that itself came late. */
#include "cluster/member/member.h"

#include "cluster/member/member_priv.h"
#include "lib/str.h"

#define HELLO_FIRST_US  50000
#define HELLO_EVERY_US  5000000
#define HELLO_QUICK     7        /* 50 ms doubled so often, then every 5 s */
#define SILENCE_US      500000   /* then probe in earnest */
#define PROBE_EVERY_US  250000
#define PROBES_MIN      8
#define LATE_US         200000
#define CLOCK_EVERY_US  1000000
#define CLOCK_QUICK_US  50000

static void send_probe(struct cnode *n, struct peer *peer, uint8_t type, const struct packet_probe *probe)
{
	const struct rdp_link *l = &peer->link;
	struct packet p = { .type = type, .dst = l->node, .dst_inc = l->inc, .epoch = l->epoch };

	packet_encode_probe(probe, n->host.frame + WIRE_HEADER_BYTES);
	rdp_send_plain(&n->host, l->mac, &p, WIRE_PROBE_BYTES);
}

void member_rx_probe(struct cnode *n, uint64_t now, struct peer *peer, const struct packet *p,
		     const struct packet_probe *probe)
{
	struct packet_probe answer = { .asked = probe->asked, .heard = now, .answered = now };

	if (p->type == WIRE_PROBE)
		send_probe(n, peer, WIRE_PROBE_ACK, &answer);
	else
		clockoff_add(&peer->clock, probe->asked, probe->heard, probe->answered, now);
}

void member_start(struct cnode *n, uint64_t now)
{
	memset(n->peers, 0, n->n_peers * sizeof n->peers[0]);
	n->n_used = 0;
	n->n_hellos = 0;
	n->hello_at = now;
}

static void hello_timer(struct cnode *n, uint64_t now)
{
	uint32_t gap = n->n_hellos < HELLO_QUICK ? HELLO_FIRST_US << n->n_hellos : HELLO_EVERY_US;

	member_broadcast(n);
	n->n_hellos++;
	n->hello_at = now + gap - gap / 5 + rng_below(&n->rng, gap / 5 * 2);
}

static void half_timer(struct cnode *n, struct peer *peer, uint64_t now)
{
	if (peer->n_quick >= MEMBER_HELLO_TRIES) {
		/* Its number keeps the highest incarnation we know (seed 1557), until the record is needed. */
		peer->state = peer->was_up ? PEER_DEAD : PEER_NONE;
		peer->dead_at = now;
		return;
	}
	peer->n_quick++;
	peer->timer_at = now + MEMBER_HELLO_US;
	member_hello(n, peer, WIRE_HELLO);
}

/* How long until the next probe, seen from now. */
static uint64_t probe_gap(const struct peer *peer, uint64_t silence)
{
	if (peer->n_quick > 0)
		return CLOCK_QUICK_US;
	if (silence >= SILENCE_US)
		return PROBE_EVERY_US;
	return MIN((uint64_t)CLOCK_EVERY_US, SILENCE_US - silence);
}

static void up_timer(struct cnode *n, struct peer *peer, uint64_t now)
{
	struct packet_probe probe = { .asked = now };
	uint64_t silence;

	if (now - peer->timer_at > LATE_US) {
		peer->heard_at = now;
		peer->n_probes = 0;
	}
	silence = now - MIN(now, peer->heard_at);
	if (silence >= n->deadtime_ms * 1000ull && peer->n_probes >= PROBES_MIN) {
		member_down(n, peer, now, DOWN_SILENT);
		return;
	}
	if (peer->n_quick > 0 || silence >= SILENCE_US || now - peer->clock_at >= CLOCK_EVERY_US) {
		peer->clock_at = now;
		if (peer->n_quick > 0)
			peer->n_quick--;
		if (silence >= SILENCE_US)
			peer->n_probes++;
		send_probe(n, peer, WIRE_PROBE, &probe);
	}
	peer->timer_at = now + probe_gap(peer, silence);
}

void member_timers(struct cnode *n, uint64_t now)
{
	if (n->alone)
		return;
	if (now >= n->hello_at)
		hello_timer(n, now);
	for (uint32_t i = 0; i < n->n_used; i++) {
		struct peer *peer = &n->peers[i];

		if (now < peer->timer_at)
			continue;
		if (peer->state == PEER_HALF)
			half_timer(n, peer, now);
		else if (peer->state == PEER_UP)
			up_timer(n, peer, now);
	}
}

uint64_t member_deadline(const struct cnode *n)
{
	uint64_t next = n->hello_at;

	if (n->alone)
		return UINT64_MAX;
	for (uint32_t i = 0; i < n->n_used; i++)
		if (n->peers[i].state == PEER_HALF || n->peers[i].state == PEER_UP)
			next = MIN(next, n->peers[i].timer_at);
	return next;
}
