/* frame.h - physical pages: who holds how many references, and how many are left.
 * Used by: everything that needs memory by the page.  A frame is named by its number (pfn), an opaque handle elsewhere.
 * Never: sleeps; waiting for memory is decided by callers (DESIGN "Memory shortage": user faults, brk/mmap/fork/exec only).  */
#ifndef KERNEL_MM_FRAME_H
#define KERNEL_MM_FRAME_H
#include "arch/arch.h"
#define FRAME_NONE 0u
void frame_init(uint32_t mem_bytes);   /* marks kernel image and modules used */
uint32_t frame_alloc(void);            /* one reference, content undefined; FRAME_NONE when none is left. Any context */
uint32_t frame_alloc_zero(void);       /* from the stock that idle time zeroes, else zeroed now */
/** May use the reserve kept for net context and table pages. */
uint32_t frame_alloc_reserve(void);
void frame_ref(uint32_t pfn);
void frame_unref(uint32_t pfn);        /* frees at 0 */
void frame_unref_zeroed(uint32_t pfn); /* the same for the only reference to a frame that is all zeros: it joins the stock */
uint32_t frame_refs(uint32_t pfn);
static inline void *frame_virt(uint32_t pfn) { return phys_to_virt(paddr(pfn << PAGE_SHIFT)); }
static inline uint32_t frame_of(const void *v) { return virt_to_phys(v).v >> PAGE_SHIFT; }
uint32_t frame_free_count(void);
uint32_t frame_total(void);
/** Take pages [start, start+n) of the boot module into ordinary use with one reference each (tmpfs adopts them). */
void frame_adopt(uint32_t pfn, uint32_t n);
/** Idle time: zero one frame for the stock; false when there is nothing to do. */
bool frame_idle_work(void);
/** Reservations for arriving bodies: frames promised but not yet allocated; free_count excludes them. */
bool frame_reserve(uint32_t n);
void frame_unreserve(uint32_t n);
/** Called when memory runs short, to give clean cached pages back; returns pages freed. Registered by fs/pages. */
void frame_set_reclaim(uint32_t (*reclaim)(uint32_t wanted));
/** Wait (proc context) until n frames are free, at most 2 s, heeding CUT_SIGNAL|CUT_FREEZE|CUT_DESTROY; false: give up (caller: ENOMEM or SIGKILL). */
bool frame_wait(uint32_t n);
#endif
