/* init.h - the one door of kernel/migrate for main.c.
 * Used by: kernel/base/main.c.
 * Never: more than this.  */
#ifndef KERNEL_MIGRATE_INIT_H
#define KERNEL_MIGRATE_INIT_H
/** After proc_init and the cards, before init starts: sets this_node, fills the hallway, starts the node, registers /proc rows. */
void migrate_init(void);
#endif
