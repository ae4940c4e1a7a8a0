/* random.h - random bytes for /dev/urandom and whoever needs unguessable numbers.
 * Used by: devs.c, getrandom.
 * Never: blocks; how good the seed is depends on the machine (arch_random_seed).  */
#ifndef KERNEL_BASE_RANDOM_H
#define KERNEL_BASE_RANDOM_H
#include "lib/base.h"
/** Fill out with n bytes of a ChaCha20 stream whose key is replaced after each call. Context: any thread. Source: RFC 8439 2.3. */
void random_bytes(void *out, uint32_t n);
/** Stir bytes into the state (a write to /dev/urandom). */
void random_mix(const void *bytes, uint32_t n);
#endif
