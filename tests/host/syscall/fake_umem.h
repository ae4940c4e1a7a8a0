/* fake_umem.h - user memory in an array: the same halves run against it as against a body.
 * Used by: tests/host/syscall.
 * Never: more than the bytes at FAKE_USER; everything else faults. */
#ifndef TESTS_HOST_SYSCALL_FAKE_UMEM_H
#define TESTS_HOST_SYSCALL_FAKE_UMEM_H
#include "kernel/mm/umem.h"
#define FAKE_USER 0x10000u
#define FAKE_BYTES 0x20000u
extern uint8_t fake_bytes[FAKE_BYTES];
extern struct umem fake_umem;
/** The array's place for a user address. */
static inline void *fake_at(uint32_t at) { return fake_bytes + (at - FAKE_USER); }
#endif
