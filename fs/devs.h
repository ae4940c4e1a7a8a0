/* devs.h - the devices that need no hardware.
 * Used by: fs_init.
 * Never: more than a row each.  */
#ifndef FS_DEVS_H
#define FS_DEVS_H
/** Register null, zero, full, random, urandom, kmsg, tty, console. */
void devs_init(void);
#endif
