/* regs.h - what the CPU and our stubs save of a user program, in memory order.
 * Included by: arch.h for everybody; offsets are used by stubs.asm (checked in trap.c by _Static_assert).
 * Never: anything but layout.  */
#ifndef ARCH_I386_REGS_H
#define ARCH_I386_REGS_H

#include "lib/base.h"

struct user_regs {
	uint32_t ebx, ecx, edx, esi, edi, ebp, eax; /* pushed by the stub, ebx lowest */
	uint32_t ds, es, fs, gs;
	uint32_t vector;                            /* pushed by the vector's stub */
	uint32_t error;                             /* hardware error code; orig_eax for int 0x80, -1 for all else */
	uint32_t eip, cs, eflags, esp, ss;          /* pushed by the CPU */
};
_Static_assert(sizeof(struct user_regs) == 72, "stubs.asm builds this frame");

struct arch_fpu { uint8_t fxsave[512]; } __attribute__((aligned(16)));

struct arch_tls { uint32_t desc[3][2]; }; /* GDT entries 6, 7, 8; zero: free */

#define USER_CS 0x73u /* Linux's numbers: programs see them in signal frames */
#define USER_DS 0x7bu

#endif
