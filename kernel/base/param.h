/* param.h - every limit of the kernel, with its reason.
 * Used by: the modules that the comments name.
 * Never: a limit that Linux's ABI fixes (those are in abi/).  */
#ifndef KERNEL_BASE_PARAM_H
#define KERNEL_BASE_PARAM_H

/* boot */
#define BOOTOPT_LINE_MAX 1024u     /* command line kept; GRUB's own limit is of this size */
#define BOOT_RANGES_MAX 24u        /* usable ranges of the loader's memory map; real PCs show under 12 */

/* log.c */
#define LOG_RING_BYTES (32u << 10) /* power of two; about 400 lines: a boot and its errors */
#define LOG_LINE_MAX 320u          /* one line, on the caller's stack */
#define PANIC_LOG_BYTES 1536u      /* how much of the log a panic repeats: a screenful */
#define PANIC_EXIT_CODE 0x2au      /* panic=exit: QEMU ends with status 85; tests know it from a program's */

/* sched.c */
#define SLICE_US 10000             /* user threads; long against a switch (~10 us in TCG), short for a typist */
#define SLICE_MIN_US 1000          /* nice 19 */
#define SLEEP_RENEW_NS 10000000ull /* a sleep of a slice's length renews the slice: whoever sleeps is interactive */
#define SYSTEM_RENEW_NS 1000000ull /* the same for system threads: the net thread sleeps shortly but often */

/* frame.c: 16 MiB is the smallest node; its numbers decide */
#define FRAME_RESERVE_MIN 32u      /* frames for net context and tables when memory is gone: 128 KiB */
#define FRAME_RESERVE_MAX 256u
#define FRAME_STOCK 64u            /* frames zeroed in idle time: an exec takes about 40 */
#define FRAME_RECLAIM_BATCH 32u    /* asked of the page cache at once */
#define FRAME_WAIT_NS 2000000000ull

/* kheap.c */
#define KHEAP_RUN_PAGES 64u        /* 256 KiB, the largest contiguous piece: poll of FD_MAX files needs 192 */

/* arch/i386/paging.c */
#define PD_CACHE 4u                /* free page directories kept, two frames each */
#define KSTACK_CACHE 8u            /* free kernel stacks kept mapped: fork and exit of a pipeline */

#endif
