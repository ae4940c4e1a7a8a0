/* stats.c - /proc/hpc/stats and /proc/hpc/nodes/N/..., read off the node's own counters.
 * Called by: fs/synth.c through the rows registered here.
 * Never: waits for another node.  */
#include "kernel/migrate/stats.h"
#include "cluster/node.h"
#include "fs/synth.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"
#include "net/netdev.h"

static int show_stats(struct text_sink *s, const struct fs_caller *who)
{
	const struct migrate_counters *c = &migrate_count;
	struct cnode_peer_info p;
	uint32_t at = 0;

	UNUSED(who);
	sink_printf(s, "moves_out %u\nmoves_in %u\nmoves_failed %u\n", c->moves_out, c->moves_in, c->moves_failed);
	sink_printf(s, "pages_out %u\npages_in %u\n", c->pages_out, c->pages_in);
	sink_printf(s, "calls_away %u\ncalls_served %u\nreplies_again %u\nbrought_home %u\n", c->calls_away, c->calls_served, c->replies_again, c->brought_home);
	sink_printf(s, "page_asks %u\npage_tells %u\npokes %u\nstale %u\n", c->page_asks, c->page_tells, c->pokes, c->stale);
	sink_printf(s, "guests_lost %u\nbodies_lost %u\n", c->guests_lost, c->bodies_lost);
	for (struct netdev *d = netdev_first(); d; d = d->next)
		sink_printf(s, "%s rx_frames %llu rx_bytes %llu rx_dropped %llu rx_overruns %llu tx_frames %llu tx_bytes %llu\n", d->name,
			    d->stats.rx_frames, d->stats.rx_bytes, d->stats.rx_dropped, d->stats.rx_overruns, d->stats.tx_frames, d->stats.tx_bytes);
	while (cnode_peer_next(cluster_node(), &at, &p)) {
		sink_printf(s, "peer %u srtt_us %u window %u %u queued %u %u distance %u %u\n", p.node, p.srtt_us, p.window[0], p.window[1],
			    p.queued[0], p.queued[1], p.dist[0], p.dist[1]);
	}
	return 0;
}

static bool find_peer(uint32_t id, struct cnode_peer_info *p)
{
	uint32_t at = 0;

	while (cnode_peer_next(cluster_node(), &at, p))
		if (p->node == id) return true;
	return false;
}

static uint32_t next_node(uint32_t after)
{
	struct cnode_peer_info p;
	uint32_t at = 0, best = this_node > after ? this_node : 0;

	while (cnode_peer_next(cluster_node(), &at, &p))
		if (p.node > after && (best == 0 || p.node < best)) best = p.node;
	return best;
}

static int show_status(struct text_sink *s, uint32_t id, const struct fs_caller *who)
{
	static const char *const names[] = {[PEER_NONE] = "unknown", [PEER_HALF] = "greeting", [PEER_UP] = "up", [PEER_DEAD] = "dead"};
	struct cnode_peer_info p;

	UNUSED(who);
	if (id == this_node)
		sink_printf(s, "up\n");
	else if (find_peer(id, &p))
		sink_printf(s, "%s\n", names[p.state]);
	else
		return -ENOENT;
	return 0;
}

static int show_mem(struct text_sink *s, uint32_t id, const struct fs_caller *who)
{
	UNUSED(who);
	if (id != this_node) return 0;
	sink_printf(s, "%u\n", frame_total() * PAGE_SIZE);
	return 0;
}

static int show_incarnation(struct text_sink *s, uint32_t id, const struct fs_caller *who)
{
	struct cnode_peer_info p;

	UNUSED(who);
	if (id == this_node)
		sink_printf(s, "%u\n", cnode_incarnation(cluster_node()));
	else if (find_peer(id, &p))
		sink_printf(s, "%u\n", p.inc);
	return 0;
}

void stats_register(void)
{
	static struct proc_row stats = {.path = "hpc/stats", .mode = 0444, .show = show_stats};
	static struct proc_dynrow status = {.dir = "hpc/nodes", .next_id = next_node, .name = "status", .show = show_status};
	static struct proc_dynrow mem = {.dir = "hpc/nodes", .next_id = next_node, .name = "mem", .show = show_mem};
	static struct proc_dynrow inc = {.dir = "hpc/nodes", .next_id = next_node, .name = "incarnation", .show = show_incarnation};

	proc_register(&stats);
	proc_register_dyn(&status);
	proc_register_dyn(&mem);
	proc_register_dyn(&inc);
}
