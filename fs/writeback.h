/* writeback.h - what is newer in memory than on a disk, and when it goes there.
 * Used by: inode.c and pages.c (what changed), sys_size.c (sync), mount.c, ext2, block devices.
 * Never: knows how a file system lays out its data: that is its superblock's write_inode and sync.  */
#ifndef FS_WRITEBACK_H
#define FS_WRITEBACK_H
#include "fs/inode.h"
/** The inode, or a page of it, is newer than on the disk. Any proc context. */
void writeback_note(struct inode *i);
/** Write an inode's dirty pages, and wait for those that others are writing. May sleep. First error of writing since the last
 *  call: -EIO, -ENOSPC, -ENOMEM. Must not be called with a mutex of order MUTEX_PAGES or higher held. */
int writeback_pages(struct inode *i);
/** The same for some parts of some pages: filter gives a bit for each 1 KiB of page `index` that may be written now. */
typedef uint32_t (*part_filter)(void *ctx, uint32_t index);
int writeback_some(struct inode *i, part_filter filter, void *ctx);
/** Until nobody writes pages of this inode: what is then freed on the disk is not written to by a latecomer. */
void writeback_wait(struct inode *i);
/** fsync(2): pages, inode, all metadata of its file system, and the disk's own cache. Errors as above. Nothing to do: 0. */
int writeback_inode(struct inode *i);
/** Everything of a file system, or (NULL) of all, and the block devices' own pages. -EIO, -ENOSPC, -ENOMEM: the first. */
int writeback_sync(struct superblock *sb);
/** No disk is written any more: all is written, and file systems are marked clean. Before the machine is switched off. */
void writeback_shut_down(void);
/** A writer of pages makes memory dirty faster than disks take it: let it write its own. May sleep; as writeback_pages. */
void writeback_throttle(struct inode *i);
bool writeback_too_dirty(void);
/** Nobody could get memory: the writer thread is to clean pages and drop what is not needed. Any context. */
void writeback_wanted(void);
/** Clean pages of disks that nobody uses are freed, at most `wanted`; returns how many. Never sleeps; any proc or net context. */
uint32_t writeback_reclaim(uint32_t wanted);
/** Pages of an inode are cached and can be had again. */
void writeback_cached(struct inode *i);
/** The thread that writes every 5 s what is 30 s old, and all when memory is short. Context: boot. */
void writeback_init(void);
/** Registered by file systems with inodes that they keep though nobody has them open: drop what can be dropped. */
struct inode_keeper {
	struct inode_keeper *next;
	struct superblock *sb;
	void (*shrink)(struct inode_keeper *k, bool hard); /* hard: memory is short. May sleep */
};
void writeback_add_keeper(struct inode_keeper *k);
void writeback_remove_keeper(struct inode_keeper *k);
extern uint32_t pages_dirty_total, pages_disk_total; /* pages newer than their disk; pages that can be had again: /proc/meminfo */
#endif
