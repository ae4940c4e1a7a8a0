/* init.c - fills the hallway and starts this node's part of the cluster.
 * Called by: kernel/base/main.c once, when processes and cards exist.
 * Never: needed by a node that runs alone: without it nothing is ever away.  */
#include "kernel/migrate/init.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/migrate/stats.h"
#include "net/netdev.h"

/* One POKE until the body calls again: signals can be sent faster than any wire carries them. */
static void poke(struct task *t)
{
	struct unit *u = t->home.unit;

	if (t->home.poke_epoch == u->epoch) return;
	t->home.poke_epoch = u->epoch;
	struct msg_ctl m = {.key = {.kind = MSG_POKE, .home = this_node, .unit = u->id, .epoch = u->epoch}, .tid = t->home.tid};

	migrate_count.pokes++;
	cluster_ctl(u->route, &m);
}

static void forget_task(struct task *t)
{
	depart_forget(t);
	deputy_forget(t);
	guest_forget(t);
}

/* Number: node=, else the low bytes of the first card's address, else 1. */
static uint16_t own_number(void)
{
	struct netdev *d = netdev_first();
	uint32_t n = bootopt_u32("node", 0);

	if (n == 0 && d) n = (uint32_t)d->mac[4] << 8 | d->mac[5];
	if (n >= WIRE_NODE_MIN && n <= WIRE_NODE_MAX) return (uint16_t)n;
	if (n) klog(LOG_WARN, "node=%u is not a node number (1..65534): using 1", n);
	return 1;
}

void migrate_init(void)
{
	this_node = own_number();
	hallway = (struct hallway){
		.call_home = guest_call_home, .bring_home = depart_bring_home, .park = depart_park, .fetch_body = unit_fetch, .deputy = deputy_result,
		.poke = poke, .mirror = guest_mirror, .report = guest_report, .forget_unit = unit_forget, .forget_task = forget_task, .send_back = depart_send_back,
	};
	clusterd_start();
	pager_init();
	unit_rows_register();
	klog(LOG_INFO, "node %u of the cluster", this_node);
}
