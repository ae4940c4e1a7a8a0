/* fs_init.h - the start of everything that is a file.
 * Used by: kernel/base/main.c.
 * Never: called twice.  */
#ifndef FS_FS_INIT_H
#define FS_FS_INIT_H
/** Names, file systems, the root as a tmpfs unpacked from the boot module, /dev and /proc mounted. Panics when it cannot: a node
 *  without a root is of no use. Afterwards fs_kernel_caller may be used. Context: proc, in a thread; may sleep. */
void fs_init(void);
/** After the disks were found: option root=DEVICE mounts it as the root of all, in place of the boot module's files. */
void fs_root_from_disk(void);
#endif
