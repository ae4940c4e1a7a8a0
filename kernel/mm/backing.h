/* backing.h - what a thing must offer to be mapped: pages by index.
 * Used by: area_file.c, exec, the pager.  Implemented by fs/pages.c (an inode) and kernel/migrate/guest.c (home's file, away).
 * Never: knows who maps it.  */
#ifndef KERNEL_MM_BACKING_H
#define KERNEL_MM_BACKING_H
#include "lib/base.h"
struct backing;
struct backing_ops {
	/** The frame that holds page `index` (content beyond the end zeroed), with one reference for the caller.
	 *  -ENXIO: wholly beyond the end (SIGBUS); -EIO; -ENOMEM. May sleep unless nowait, then -EAGAIN if not resident. */
	int (*get_page)(struct backing *b, uint32_t index, bool nowait, uint32_t *pfn);
	/** A shared mapping wrote to the page: the data changed. */
	void (*dirtied)(struct backing *b, uint32_t index);
	/** Dirty pages to the disk, and all that leads to them: msync(2) with MS_SYNC. NULL: there is no disk. May sleep. -EIO, -ENOSPC. */
	int (*sync)(struct backing *b);
	uint64_t (*size)(struct backing *b);
	bool (*has_page)(struct backing *b, uint32_t index);   /* in memory now? NULL: nobody knows */
	/** Give up pages [first, end): they read as zero afterwards. NULL: cannot. Mappings are cut by it (backing_cut). */
	int (*punch)(struct backing *b, uint32_t first, uint32_t end);
	void (*ref)(struct backing *b);
	void (*unref)(struct backing *b);
	/** For /proc/PID/maps: path into out, dev and ino; may be NULL fields. */
	void (*describe)(struct backing *b, char *path, uint32_t size, uint32_t *dev, uint64_t *ino);
};
struct backing {
	const struct backing_ops *ops;
	uint32_t n_areas;     /* that map it, in all spaces here; owned by kernel/mm */
};
/** The backing gave up pages [first, end): nobody's entries may show them any more. copies: private copies go too (truncation),
 *  else only its own pages. Does not sleep. */
/** Is it mapped shared somewhere, so that it is or may become writable? */
bool backing_writable(const struct backing *b);
void backing_cut(struct backing *b, uint32_t first, uint32_t end, bool copies);
#endif
