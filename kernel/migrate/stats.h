/* stats.h - /proc/hpc: what this node knows of the others and what its protocols counted.
 * Used by: clusterd.c.
 * Never: changes anything.  */
#ifndef KERNEL_MIGRATE_STATS_H
#define KERNEL_MIGRATE_STATS_H
struct cnode;
void clusterd_start(void);
const struct cnode *cluster_node(void);
void stats_register(void);
#endif
