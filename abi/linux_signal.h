/* linux_signal.h - signals: numbers, siginfo, frames as handlers see them, as Linux i386 lays them out.
 * Included by: abi/linux_types.h, or alone.
 * Never: a type of our own.  Sources: man-pages 6.03; sizes measured on i386. */
#ifndef ABI_LINUX_SIGNAL_H
#define ABI_LINUX_SIGNAL_H
#include "abi/linux_base.h"
#include "abi/linux_time.h"

/* ---- signals */
#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31
#define SIGRTMIN 32
#define LINUX_NSIG 64
#define SIG_DFL 0u
#define SIG_IGN 1u
#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u
#define SA_SIGINFO 4u
#define SA_RESTORER 0x04000000u
#define SA_ONSTACK 0x08000000u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define SA_EXPOSE_TAGBITS 0x800u
#define SA_KNOWN (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)
#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
#define SS_ONSTACK 1u
#define SS_DISABLE 2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ 2048u
struct linux_sigaction { uint32_t handler, flags, restorer; linux_u64 mask; };    /* rt_sigaction */
struct linux_old_sigaction { uint32_t handler, mask, flags, restorer; };          /* sigaction, call 67 */
struct linux_stack { uint32_t sp; int32_t flags; uint32_t size; };
struct linux_sigevent { uint32_t value; int32_t signo, notify; uint32_t tid, pad[12]; };
struct linux_siginfo {
	int32_t signo, err, code;
	union {
		struct { int32_t pid; uint32_t uid, value; } rt;                          /* kill, tkill, sigqueue */
		struct { int32_t tid, overrun; uint32_t value; } timer;
		struct { int32_t pid; uint32_t uid; int32_t status, utime, stime; } chld; /* status at 20 */
		struct { uint32_t addr; } fault;
		struct { int32_t band, fd; } poll;
		uint32_t pad[29];
	} u;
};
LINUX_SIZE(linux_sigaction, 20);
LINUX_SIZE(linux_old_sigaction, 16);
LINUX_SIZE(linux_stack, 12);
LINUX_SIZE(linux_sigevent, 64);
LINUX_SIZE(linux_siginfo, 128);
_Static_assert(__builtin_offsetof(struct linux_siginfo, u.chld.status) == 20, "si_status");
#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_QUEUE (-1)
#define SI_TIMER (-2)
#define SI_MESGQ (-3)
#define SI_ASYNCIO (-4)
#define SI_SIGIO (-5)
#define SI_TKILL (-6)
#define ILL_ILLOPN 2
#define ILL_BADSTK 8
#define FPE_INTDIV 1
#define FPE_FLTDIV 3
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6
#define FPE_FLTINV 7
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_TRAPPED 4
#define CLD_STOPPED 5
#define CLD_CONTINUED 6
#define SIGEV_SIGNAL 0
#define SIGEV_NONE 1
#define SIGEV_THREAD 2
#define SIGEV_THREAD_ID 4

#endif
