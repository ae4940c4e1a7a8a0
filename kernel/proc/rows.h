/* rows.h - which halves of table.def's rows kernel/proc itself defines (fork.c, exec.c, exec_image.c); the rest are in sys_*.c.
 * Used by: nobody but the definitions and whoever asks where they are; kernel/syscall/halves.h declares the same names.
 * Never: called directly.
 *
 *   fork.c        home_row_fork  body_row_fork  finish_row_fork, the same for vfork
 *   clone.c       home_row_clone  body_row_clone  finish_row_clone, the first two for clone3
 *   exec.c        home_execve  finish_execve
 *   exec_image.c  body_execve
 *   signal.c      home_take  body_take  home_stop  home_mirror (inner rows)
 *
 * exit, exit_group, wait4, waitpid and waitid are in sys_proc.c over home_exit_group, home_exit_task, home_wait and
 * home_waitid of proc.h. */
#ifndef KERNEL_PROC_ROWS_H
#define KERNEL_PROC_ROWS_H
#include "lib/base.h"
struct ucall;
int32_t home_row_fork(struct ucall *c);
int32_t body_row_fork(struct ucall *c);
int32_t finish_row_fork(struct ucall *c);
int32_t home_row_vfork(struct ucall *c);
int32_t body_row_vfork(struct ucall *c);
int32_t finish_row_vfork(struct ucall *c);
int32_t home_row_clone(struct ucall *c);
int32_t body_row_clone(struct ucall *c);
int32_t finish_row_clone(struct ucall *c);
int32_t home_row_clone3(struct ucall *c);
int32_t body_row_clone3(struct ucall *c);
int32_t home_execve(struct ucall *c);
int32_t home_execveat(struct ucall *c);
int32_t body_execve(struct ucall *c);
int32_t finish_execve(struct ucall *c);
int32_t home_take(struct ucall *c);
int32_t body_take(struct ucall *c);
int32_t home_stop(struct ucall *c);
int32_t home_mirror(struct ucall *c);
#endif
