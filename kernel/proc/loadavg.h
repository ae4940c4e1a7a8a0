/* loadavg.h - the three load averages that uptime(1) and sysinfo(2) show: of this machine's runnable threads.
 * Used by: procfs_node.c, sys_info.c.
 * Never: what the balancer decides by (it has its own measure).  */
#ifndef KERNEL_PROC_LOADAVG_H
#define KERNEL_PROC_LOADAVG_H
#include "lib/base.h"
#define LOADAVG_SHIFT 11
void loadavg_init(void);
/** Over 1, 5 and 15 minutes, in 1/2048. */
void loadavg_get(uint32_t out[3]);
#endif
