/* stubs.h - the kernel under a host test of fs: one thread, frames in an arena, a heap over malloc that counts and can refuse.
 * Used by: tests/host/fs.
 * Never: linked into the kernel.  */
#ifndef TESTS_HOST_STUBS_H
#define TESTS_HOST_STUBS_H
#include "kernel/base/sched.h"
#include "kernel/mm/umem.h"

#define STUB_ARENA_FRAMES 4096u
/** What happens while the only thread sleeps: makes something true (return 0), or nothing ever will: -EINTR, -ETIMEDOUT. */
extern int (*stub_on_sleep)(void);
extern uint32_t stub_sleeps;          /* how often it slept */
extern uint64_t stub_now_ns;
extern int32_t stub_refuse_after;     /* kmalloc and frame_alloc fail after this many successes; -1: never */
extern char stub_log[4096];           /* what klog wrote */
extern uint32_t stub_tsc;
uint32_t stub_heap_pieces(void);      /* allocated and not freed */
uint32_t stub_frames_used(void);
void stub_reset(void);                /* before each test: arena empty, no refusals */
/** Page-aligned arena memory that belongs to nobody yet, as a boot module does. */
uint8_t *stub_module(uint32_t bytes);

/** User memory for uio and ioctl: bytes at address 0x10000 on; beyond size every copy faults. */
struct stub_umem { struct umem m; uint8_t *bytes; uint32_t size; };
#define STUB_USER 0x10000u
void stub_umem_init(struct stub_umem *u, uint8_t *bytes, uint32_t size);
#endif
