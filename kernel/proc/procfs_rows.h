/* procfs_rows.h - registers the /proc files about processes and this machine; what its files share.
 * Used by: proc_init, procfs_*.c.
 * Never: more than this.  */
#ifndef KERNEL_PROC_PROCFS_ROWS_H
#define KERNEL_PROC_PROCFS_ROWS_H
#include "kernel/proc/proc.h"
struct text_sink;
void procfs_rows_init(void);   /* processes, procfs_rows.c; calls the next */
void procfs_node_init(void);   /* this machine, procfs_node.c */
void procfs_stack_init(void);  /* /proc/PID/stack, procfs_stack.c */
void sysfs_rows_init(void);    /* /sys, sysfs_rows.c */

/** id: a pid, or a tid, which is one of its process. 0, -ESRCH. */
int procfs_find(uint32_t id, struct group **g);
bool procfs_may_look(const struct group *g, const struct fs_caller *who);   /* into its memory's figures */
struct space *procfs_space(const struct group *g);                           /* NULL: away */
int procfs_show_maps(struct text_sink *s, uint32_t pid, const struct fs_caller *who);    /* procfs_maps.c */
int procfs_show_smaps(struct text_sink *s, uint32_t pid, const struct fs_caller *who);
#endif
