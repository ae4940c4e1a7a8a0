/* kheap.h - small kernel objects: power-of-two and odd size classes cut from frames.
 * Used by: everybody.  kmalloc never sleeps; NULL when memory is gone (callers return -ENOMEM).
 * Never: more than 256 KiB in one piece (kmalloc of > 2 KiB takes contiguous frames).  */
#ifndef KERNEL_MM_KHEAP_H
#define KERNEL_MM_KHEAP_H
#include "lib/base.h"
MUST_CHECK void *kmalloc(uint32_t bytes); /* 8-aligned (16 for sizes >= 16), not zeroed; NULL */
MUST_CHECK void *kzalloc(uint32_t bytes);
void kfree(void *p);           /* NULL is fine */
uint32_t kheap_used_bytes(void); /* for leak tests */
#endif
