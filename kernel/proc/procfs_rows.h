/* procfs_rows.h - registers the /proc files about processes and this machine.
 * Used by: proc_init.
 * Never: more than this.  */
#ifndef KERNEL_PROC_PROCFS_ROWS_H
#define KERNEL_PROC_PROCFS_ROWS_H
void procfs_rows_init(void);   /* processes, procfs_rows.c; calls the next */
void procfs_node_init(void);   /* this machine, procfs_node.c */
void procfs_stack_init(void);  /* /proc/PID/stack, procfs_stack.c */
void sysfs_rows_init(void);    /* /sys, sysfs_rows.c */
#endif
