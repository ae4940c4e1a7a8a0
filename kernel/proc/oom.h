/* oom.h - who ends when memory is gone.
 * Used by: proc_init.
 * Never: included by kernel/mm, which calls through space_out_of_memory.  */
#ifndef KERNEL_PROC_OOM_H
#define KERNEL_PROC_OOM_H
/** From now on a page fault that finds no memory ends the largest process here. Boot. */
void oom_init(void);
#endif
