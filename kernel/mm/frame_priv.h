/* frame_priv.h - contiguous frames: for kheap and for DMA buffers of drivers only.
 * Included by: frame.c, kheap.c.
 * Never: for user memory, which needs no neighbours.  */
#ifndef KERNEL_MM_FRAME_PRIV_H
#define KERNEL_MM_FRAME_PRIV_H
#include "lib/base.h"
/** n frames in a row, content undefined; 0: there are none. Searches all of memory. */
uint32_t frame_run_alloc(uint32_t n);
/** Give a run back by its first frame; returns how many frames it had. */
uint32_t frame_run_free(uint32_t pfn);
#endif
