/* linux_base.h - what the headers of the Linux i386 interface are written with.
 * Included by: the other linux_*.h; 64-bit fields are 4-aligned here, so that sizes agree on every host.
 * Never: a type of our own beyond these. */
#ifndef ABI_LINUX_BASE_H
#define ABI_LINUX_BASE_H
#include <stdint.h>

typedef uint64_t linux_u64 __attribute__((aligned(4)));
typedef int64_t linux_s64 __attribute__((aligned(4)));
#define LINUX_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type " is " #bytes " bytes")

#endif
