/* sigframe.h - the two signal frames of i386: built on the program's stack, taken down by sigreturn.
 * Used by: sigdeliver.c, sys_signal.c, tests.  The two functions are declared in proc.h.
 * Never: decides whether a signal is delivered.
 * Source: ABI 2.3 (measured offsets); the i386 Linux headers asm/sigcontext.h, asm/ucontext.h.  */
#ifndef KERNEL_PROC_SIGFRAME_H
#define KERNEL_PROC_SIGFRAME_H
#include "kernel/proc/proc.h"
struct sigcontext32 {
	uint32_t gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags, esp_at_signal, ss;
	uint32_t fpstate, oldmask, cr2;
};
LINUX_SIZE(sigcontext32, 88);
struct ucontext32 {
	uint32_t flags, link;
	struct linux_stack stack;
	struct sigcontext32 mcontext;
	uint32_t sigmask[2];
};
LINUX_SIZE(ucontext32, 116);
#define FRAME_SIG 4u          /* both frames: pretcode 0, sig 4 */
#define OLD_CONTEXT 8u        /* without SA_SIGINFO */
#define OLD_EXTRAMASK 720u    /* after 624 bytes that once held the FPU state */
#define OLD_RETCODE 724u
#define OLD_BYTES 732u
#define RT_PINFO 8u           /* with SA_SIGINFO */
#define RT_PUC 12u
#define RT_INFO 16u
#define RT_UCONTEXT 144u
#define RT_RETCODE 260u
#define RT_BYTES 268u
/* FPU: the FNSAVE image with status and magic behind it, then the FXSAVE image */
#define FPSTATE_FXSAVE 112u
#define FPSTATE_BYTES 624u
/** FXSAVE image to the 112 bytes in front of it, and back (registers and control words of the front win). Pure. */
void fpstate_from_fxsave(const uint8_t fx[512], uint32_t out[28]);
void fpstate_to_fxsave(const uint32_t in[28], uint8_t fx[512]);
#endif
