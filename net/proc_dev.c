/* proc_dev.c - /proc/net/dev: what each card has done, as ifconfig and netstat read it.
 * Called by: net/stack.c (register), fs/synth.c (show).
 * Never: changes anything.  Source: proc(5), "/proc/net/dev".  */
#include "fs/synth.h"
#include "net/net_priv.h"

static int show(struct text_sink *s, const struct fs_caller *who)
{
	UNUSED(who);
	sink_printf(s, "Inter-|   Receive                                                |  Transmit\n"
		       " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n");
	for (const struct netdev *d = netdev_first(); d != NULL; d = d->next) {
		const struct netdev_stats *n = &d->stats;
		sink_printf(s, "%6s: %7llu %7llu %4llu %4llu %4llu %5llu %10u %9u ", d->name, (unsigned long long)n->rx_bytes,
			    (unsigned long long)n->rx_frames, (unsigned long long)n->rx_errors, (unsigned long long)n->rx_dropped,
			    (unsigned long long)n->rx_overruns, (unsigned long long)n->ring_resets, 0u, 0u);
		sink_printf(s, "%8llu %7llu %4llu %4u %4u %5u %7u %10u\n", (unsigned long long)n->tx_bytes, (unsigned long long)n->tx_frames,
			    (unsigned long long)n->tx_errors, 0u, 0u, 0u, 0u, 0u);
	}
	return 0;
}

static struct proc_row row = {.path = "net/dev", .mode = 0444, .show = show};

void proc_net_dev_register(void) { proc_register(&row); }
