/* Handshake and incarnations: from a first HELLO to a link, and from one link epoch to the next.
 * Called by cluster/node.c.  docs/wire.md, "Handshake", tells the same story.
 * Never opens a link before the peer has shown that it knows our boot nonce or our link. */
#include "cluster/member/member.h"

#include "cluster/member/member_priv.h"
#include "lib/str.h"

#define RESET_GAP_US      100000   /* RESETs to one peer, or to strangers, at most ten a second */
#define VERSION_GAP_US    10000000
#define RECYCLE_AFTER_US  30000000 /* a dead peer's record: frames of its link are long gone */

#define EPOCHS_OVER       UINT16_MAX /* no link has this epoch */

static const uint8_t everybody[WIRE_MAC_BYTES] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool same_mac(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, WIRE_MAC_BYTES) == 0;
}

/* --- frames out --- */

static void send_hello_kind(struct cnode *n, const uint8_t *mac, struct packet *p, struct packet_hello *h)
{
	h->nonce = n->nonce;
	h->cluster = n->cluster_hash;
	h->version = WIRE_VERSION;
	packet_encode_hello(h, n->host.frame + WIRE_HEADER_BYTES);
	rdp_send_plain(&n->host, mac, p, WIRE_HELLO_BYTES);
}

void member_broadcast(struct cnode *n)
{
	struct packet p = { .type = WIRE_HELLO, .dst = WIRE_NODE_ALL };
	struct packet_hello h = { .reason = 0 };

	send_hello_kind(n, everybody, &p, &h);
}

void member_hello(struct cnode *n, struct peer *peer, uint8_t type)
{
	const struct rdp_link *l = &peer->link;
	struct packet p = { .type = type, .dst = l->node, .dst_inc = l->inc, .epoch = l->epoch };
	struct packet_hello h = { .peer_nonce = peer->nonce };

	send_hello_kind(n, l->mac, &p, &h);
}

/* Tell the sender of frame `to` what is wrong with it. */
static bool send_reset(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *to, enum packet_reset why,
		       uint32_t known_inc, uint64_t peer_nonce)
{
	struct peer *peer = cnode_find_peer(n, to->src);
	uint64_t *quiet_until = peer != NULL && same_mac(peer->link.mac, mac) ? &peer->reset_at : &n->reset_at;
	struct packet p = { .type = WIRE_RESET, .dst = to->src, .dst_inc = to->src_inc, .epoch = to->epoch };
	struct packet_hello h = { .reason = (uint8_t)why, .known_inc = known_inc, .peer_nonce = peer_nonce };

	if (now < *quiet_until)
		return false;
	*quiet_until = now + RESET_GAP_US;
	n->count.resets_sent++;
	send_hello_kind(n, mac, &p, &h);
	return true;
}

/* --- states --- */

void member_up(struct cnode *n, struct peer *peer, uint64_t now)
{
	peer->state = PEER_UP;
	peer->was_up = true;
	peer->heard_at = now;
	peer->n_probes = 0;
	peer->n_quick = MEMBER_QUICK_PROBES;
	peer->timer_at = now;
	clockoff_init(&peer->clock);
	rdp_link_open(&peer->link);
	cnode_log(n, FX_INFO, "node %u is up (incarnation %u, link %u)", peer->link.node, peer->link.inc,
		  peer->link.epoch);
	n->host.env->peer_up(n->host.ctx, peer->link.node, peer->link.inc);
}

void member_down(struct cnode *n, struct peer *peer, uint64_t now, enum fx_down why)
{
	static const char *const reason[] = { [DOWN_SILENT] = "silent", [DOWN_REBOOT] = "it was booted anew",
					      [DOWN_CUT] = "it gave us up", [DOWN_RENAMED] = "we took a new incarnation" };

	if (peer->state != PEER_UP)
		return;
	cnode_log(n, FX_WARN, "node %u is down: %s (incarnation %u, link %u)", peer->link.node, reason[why],
		  peer->link.inc, peer->link.epoch);
	peer->state = PEER_DEAD;
	peer->dead_at = now;
	rdp_link_close(&n->host, &peer->link);
	n->host.env->peer_down(n->host.ctx, peer->link.node, peer->link.inc, why);
	if (++peer->link.epoch == EPOCHS_OVER)
		cnode_log(n, FX_ERROR, "node %u: link epochs are used up until one of us boots", peer->link.node);
}

static void go_half(struct peer *peer, uint64_t now)
{
	peer->state = PEER_HALF;
	peer->n_quick = 0;
	peer->timer_at = now + MEMBER_HELLO_US;
}

/* A free record, or that of somebody long dead. */
static struct peer *new_peer(struct cnode *n, uint64_t now)
{
	struct peer *old = NULL;

	for (uint32_t i = 0; i < n->n_peers; i++) {
		struct peer *peer = &n->peers[i];

		if (peer->state == PEER_NONE) {
			n->n_used = MAX(n->n_used, i + 1);
			return peer;
		}
		if (peer->state == PEER_DEAD && now - peer->dead_at > RECYCLE_AFTER_US
		    && (old == NULL || peer->dead_at < old->dead_at))
			old = peer;
	}
	return old;
}

static void set_identity(struct peer *peer, const uint8_t *mac, const struct packet *p, const struct packet_hello *h)
{
	memcpy(peer->link.mac, mac, WIRE_MAC_BYTES);
	peer->link.node = p->src;
	peer->link.inc = p->src_inc;
	peer->link.epoch = 1;
	peer->nonce = h->nonce;
}

static struct peer *meet(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
			 const struct packet_hello *h)
{
	struct peer *peer = new_peer(n, now);

	if (peer == NULL) {
		if (n->count.no_record++ == 0)
			cnode_log(n, FX_WARN, "node %u: no room for more than %u peers", p->src, n->n_peers);
		return NULL;
	}
	memset(peer, 0, sizeof *peer);
	set_identity(peer, mac, p, h);
	go_half(peer, now);
	return peer;
}

static void member_heard(struct peer *peer, uint64_t now)
{
	peer->heard_at = now;
	peer->n_probes = 0;
}

/* --- HELLO --- */

/* Two machines with one number: the earlier boot keeps it, by the same comparison on both. */
static bool we_keep_number(const struct cnode *n, const uint8_t *mac, uint32_t inc)
{
	if (n->host.inc != inc)
		return n->host.inc < inc;
	return memcmp(n->mac, mac, WIRE_MAC_BYTES) < 0;
}

static uint32_t count_up(const struct cnode *n)
{
	uint32_t up = 0;

	for (uint32_t i = 0; i < n->n_used; i++)
		up += n->peers[i].state == PEER_UP;
	return up;
}

static void work_alone(struct cnode *n, uint64_t now, const uint8_t *mac)
{
	if (n->alone)
		return;
	n->alone = true;
	cnode_log(n, FX_ERROR, "node number %u belongs to %02x:%02x:%02x:%02x:%02x:%02x: this node works alone",
		  n->host.node, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	for (uint32_t i = 0; i < n->n_used; i++)
		member_down(n, &n->peers[i], now, DOWN_CUT);
}

static void refuse_number(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
			  const struct packet_hello *h, uint32_t known_inc)
{
	if (send_reset(n, now, mac, p, PACKET_RESET_NUMBER_TAKEN, known_inc, h->nonce))
		cnode_log(n, FX_ERROR, "node number %u is taken: refused %02x:%02x:%02x:%02x:%02x:%02x", p->src, mac[0],
			  mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void hear_own_number(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
			    const struct packet_hello *h)
{
	if (same_mac(mac, n->mac))
		return; /* our own frame, come back */
	if (we_keep_number(n, mac, p->src_inc))
		refuse_number(n, now, mac, p, h, n->host.inc);
	else if (count_up(n) == 0)
		work_alone(n, now, mac);
}

/* Is this HELLO from the boot that the record stands for (after taking note of a newer one)? */
static bool same_boot(struct cnode *n, uint64_t now, struct peer *peer, const uint8_t *mac, const struct packet *p,
		      const struct packet_hello *h)
{
	bool moved = !same_mac(mac, peer->link.mac);

	if (moved && peer->state == PEER_UP) {
		refuse_number(n, now, mac, p, h, peer->link.inc);
		return false;
	}
	if (h->nonce == peer->nonce && p->src_inc == peer->link.inc)
		return !moved;
	if (p->src_inc <= peer->link.inc) {
		if (h->nonce != peer->nonce)
			(void)send_reset(n, now, mac, p, PACKET_RESET_INC_TAKEN, peer->link.inc, h->nonce);
		return false; /* else: an old frame from before it raised its incarnation */
	}
	member_down(n, peer, now, DOWN_REBOOT);
	set_identity(peer, mac, p, h);
	go_half(peer, now);
	return true;
}

/* The peer knows our boot: agree on the higher link epoch. */
static void hear_epoch(struct cnode *n, uint64_t now, struct peer *peer, const struct packet *p)
{
	if (p->epoch == EPOCHS_OVER || peer->link.epoch == EPOCHS_OVER)
		return;
	if (p->epoch > peer->link.epoch) {
		member_down(n, peer, now, DOWN_CUT);
		peer->link.epoch = p->epoch;
		go_half(peer, now);
	}
	if (p->epoch == peer->link.epoch && peer->state != PEER_UP) {
		member_up(n, peer, now);
		member_hello(n, peer, WIRE_HELLO_ACK);
	}
}

void member_rx_hello(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
		     const struct packet_hello *h)
{
	bool knows_us = p->dst_inc == n->host.inc && h->peer_nonce == n->nonce;
	struct peer *peer;
	bool was_up;

	if (h->cluster != n->cluster_hash) {
		n->count.other_cluster++;
		return;
	}
	if (p->src == n->host.node) {
		hear_own_number(n, now, mac, p, h);
		return;
	}
	peer = cnode_find_peer(n, p->src);
	if (peer == NULL)
		peer = meet(n, now, mac, p, h);
	else if (!same_boot(n, now, peer, mac, p, h))
		return;
	if (peer == NULL)
		return;
	was_up = peer->state == PEER_UP;
	if (was_up)
		member_heard(peer, now);
	if (knows_us)
		hear_epoch(n, now, peer, p);
	if (peer->link.epoch == EPOCHS_OVER)
		return;
	if (peer->state != PEER_UP)
		member_hello(n, peer, p->type == WIRE_HELLO ? WIRE_HELLO_ACK : WIRE_HELLO);
	else if (was_up && p->type == WIRE_HELLO && p->dst != WIRE_NODE_ALL)
		member_hello(n, peer, WIRE_HELLO_ACK);
}

/* --- other frames --- */

/* It uses the link that we proposed, or one that an earlier boot of ours had with it under the same
 * incarnation (the simulator's seed 1212): only its HELLO_ACK with our nonce tells. */
static void ask_again(struct cnode *n, struct peer *peer, uint64_t now)
{
	if (now < peer->reset_at)
		return;
	peer->reset_at = now + RESET_GAP_US / 2;
	member_hello(n, peer, WIRE_HELLO);
}

struct peer *member_admit(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p)
{
	struct peer *peer = cnode_find_peer(n, p->src);

	if (peer == NULL) {
		n->count.unknown_peer++;
		(void)send_reset(n, now, mac, p, PACKET_RESET_UNKNOWN, 0, 0);
		return NULL;
	}
	if (!same_mac(mac, peer->link.mac)) {
		n->count.wrong_mac++;
		return NULL;
	}
#ifndef MUTANT_NO_INC
	if (p->src_inc != peer->link.inc || p->dst_inc != n->host.inc || p->epoch != peer->link.epoch) {
		n->count.stale++;
		if (p->src_inc >= peer->link.inc)
			(void)send_reset(n, now, mac, p,
				   p->dst_inc != n->host.inc ? PACKET_RESET_WRONG_INC : PACKET_RESET_EPOCH, 0, peer->nonce);
		return NULL;
	}
#endif
	if (peer->link.epoch == EPOCHS_OVER)
		return NULL;
	if (peer->state != PEER_UP) {
		ask_again(n, peer, now);
		return NULL;
	}
	member_heard(peer, now);
	return peer;
}

/* Our number was used by an earlier boot with a higher or equal incarnation. */
static void raise_incarnation(struct cnode *n, uint64_t now, uint32_t known)
{
	if (known < n->host.inc || known == UINT32_MAX)
		return;
	cnode_log(n, FX_INFO, "incarnation %u was used before: taking %u", n->host.inc, known + 1);
	for (uint32_t i = 0; i < n->n_used; i++) {
		struct peer *peer = &n->peers[i];

		member_down(n, peer, now, DOWN_RENAMED);
		peer->link.epoch = 1;
		if (peer->state != PEER_NONE)
			go_half(peer, now);
	}
	n->host.inc = known + 1;
	n->n_hellos = 0;
	n->hello_at = now;
}

static void hear_link_reset(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
			    const struct packet_hello *h)
{
	struct peer *peer = cnode_find_peer(n, p->src);

	if (peer == NULL || !same_mac(mac, peer->link.mac) || p->src_inc < peer->link.inc)
		return;
	if (p->src_inc == peer->link.inc) {
		if (h->nonce != peer->nonce || p->epoch != peer->link.epoch)
			return; /* about a link that is over already */
		member_down(n, peer, now, DOWN_CUT);
	}
	member_hello(n, peer, WIRE_HELLO);
}

static void hear_number_taken(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p)
{
	if (count_up(n) == 0)
		work_alone(n, now, mac);
	else
		cnode_log(n, FX_ERROR, "node %u refuses us: it knows another machine as node %u", p->src, n->host.node);
}

void member_rx_reset(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
		     const struct packet_hello *h)
{
	if (h->reason == PACKET_RESET_VERSION) {
		member_rx_version(n, now, mac, h->version, WIRE_RESET, p->src);
		return;
	}
	if (h->cluster != n->cluster_hash || p->dst_inc != n->host.inc)
		return;
	if (h->reason == PACKET_RESET_INC_TAKEN && h->peer_nonce == n->nonce)
		raise_incarnation(n, now, h->known_inc);
	else if (h->reason == PACKET_RESET_NUMBER_TAKEN && h->peer_nonce == n->nonce)
		hear_number_taken(n, now, mac, p);
	else if (h->reason <= PACKET_RESET_EPOCH)
		hear_link_reset(n, now, mac, p, h);
}

void member_rx_version(struct cnode *n, uint64_t now, const uint8_t *mac, uint8_t version, uint8_t type, uint16_t src)
{
	struct packet to = { .src = src };

	if (now < n->version_log_at)
		return;
	n->version_log_at = now + VERSION_GAP_US;
	cnode_log(n, FX_ERROR, "%02x:%02x:%02x:%02x:%02x:%02x speaks wire version %u, this node speaks %u: refused",
		  mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], version, WIRE_VERSION);
	if (type == WIRE_HELLO && src >= WIRE_NODE_MIN && src <= WIRE_NODE_MAX)
		(void)send_reset(n, now, mac, &to, PACKET_RESET_VERSION, 0, 0);
}
