/* sig_info - what a handler is told: siginfo of faults, children and timers; the frames; FPU state in and after a handler. */
#include "abi.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int got_sig, got_code, got_errno, got_trap, got_err, n_caught;
static volatile uintptr_t got_addr, got_ip, got_cr2;

static void fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	got_sig = sig;
	got_code = info->si_code;
	got_errno = info->si_errno;
	got_addr = (uintptr_t)info->si_addr;
	got_ip = (uintptr_t)uc->uc_mcontext.gregs[REG_EIP];
	got_trap = uc->uc_mcontext.gregs[REG_TRAPNO];
	got_err = uc->uc_mcontext.gregs[REG_ERR];
	got_cr2 = uc->uc_mcontext.cr2;
	n_caught++;
	siglongjmp(back, 1);
}

static void catch_all(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	struct sigaction a = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};

	for (unsigned i = 0; i < 5; i++)
		sigaction(sigs[i], &a, NULL);
}

/* The case's line: numbers, and how the address relates to `at` and to the instruction. */
static void tell(const char *condition, uintptr_t at)
{
	note("rt_sigaction", condition, "sig %d code %d errno %d trap %d err %#x addr %s cr2 %s", got_sig, got_code, got_errno, got_trap, (unsigned)got_err,
	     got_addr == 0 ? "0" : got_addr == at ? "exact" : got_addr == got_ip ? "eip" : "other", got_trap != 14 ? "-" : got_cr2 == at ? "exact" : "other");
	got_sig = got_code = got_trap = got_err = 0;
}

#define FAULT(condition, at, doing) \
	do { \
		if (sigsetjmp(back, 1) == 0) { \
			doing; \
			note("rt_sigaction", condition, "no fault"); \
		} else { \
			tell(condition, (uintptr_t)(at)); \
		} \
	} while (0)

static void touch(volatile char *p) { *p = 1; }
static void look(volatile char *p) { (void)*p; }

static void memory(void)
{
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;
	int fd = must_open("short", O_RDWR | O_CREAT, 0644);

	catch_all();
	ftruncate(fd, 100);
	q = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[0] = p[4096] = 1;
	mprotect(p + 4096, 4096, PROT_READ);
	munmap(p + 8192, 4096);
	FAULT("read of no memory", 16, look((char *)16));
	FAULT("write to no memory", 20, touch((char *)20));
	FAULT("read behind a mapping", p + 8192, look(p + 8192));
	FAULT("write to a read-only page", p + 4096 + 7, touch(p + 4096 + 7));
	mprotect(p, 4096, PROT_NONE);
	FAULT("read of a PROT_NONE page", p + 5, look(p + 5));
	FAULT("read of the kernel's memory", 0xc0000010u, look((char *)0xc0000010u));
	FAULT("write to the kernel's memory", 0xc0000010u, touch((char *)0xc0000010u));
	FAULT("read of the last byte of memory", 0xffffffffu, look((char *)0xffffffffu));
	FAULT("jump to no memory", 64, ((void (*)(void))64)());
	FAULT("read of a mapped file behind its end", q + 4096, look(q + 4096));
	FAULT("write to a mapped file behind its end", q + 4100, touch(q + 4100));
	FAULT("write to the program's text", memory, touch((char *)(uintptr_t)memory));
	ftruncate(fd, 0);
	FAULT("read of a mapped file that was cut", q + 3, look(q + 3));
}

static void instructions(void)
{
	volatile int zero = 0, one = 1, min = -2147483647 - 1, minus = -1;
	static volatile int r;

	catch_all();
	FAULT("division by zero", 1, r = one / zero);
	FAULT("INT_MIN by -1", 1, r = min / minus);
	(void)r;
	FAULT("ud2", 1, __asm__ volatile("ud2"));
	FAULT("int3", 1, __asm__ volatile("int3"));
	FAULT("int 3 of two bytes", 1, __asm__ volatile(".byte 0xcd, 3"));
	FAULT("into", 1, __asm__ volatile("movb $0x7f, %%al; incb %%al; into" : : : "eax"));
	FAULT("bound", 1, __asm__ volatile("pushl $2; pushl $1; movl $5, %%eax; boundl %%eax, (%%esp); addl $8, %%esp" : : : "eax", "memory"));
	FAULT("hlt", 1, __asm__ volatile("hlt"));
	FAULT("cli", 1, __asm__ volatile("cli"));
	FAULT("in from a port", 1, __asm__ volatile("inb $0x80, %%al" : : : "eax"));
	FAULT("int 0x40", 1, __asm__ volatile("int $0x40"));
	FAULT("int 0x0e", 1, __asm__ volatile("int $0x0e"));
	FAULT("a wild selector", 1, __asm__ volatile("movl $0x3fb, %%eax; movl %%eax, %%fs" : : : "eax"));
	FAULT("the kernel's selector", 1, __asm__ volatile("movl $0x10, %%eax; movl %%eax, %%es" : : : "eax"));
	FAULT("load of CR0", 1, __asm__ volatile("movl %%cr0, %%eax" : : : "eax"));
	FAULT("lgdt", 1, __asm__ volatile("lgdt (%%esp)" : : : "memory"));
	FAULT("single step", 1, __asm__ volatile("pushf; orl $0x100, (%%esp); popf; nop; nop" : : : "memory", "cc"));
}

static void fpu(void)
{
	unsigned short control;
	unsigned mxcsr;
	volatile double zero = 0, one = 1, huge = 1e308, tiny = 1e-308, r;
	volatile float fz = 0, f1 = 1, fr;

	catch_all();
#define X87(what, mask, doing) \
	FAULT(what, 1, control = 0x37f & ~(mask); __asm__ volatile("fnclex; fldcw %0" : : "m"(control)); doing; __asm__ volatile("fwait"))
	X87("x87 division by zero", 4, __asm__ volatile("fldl %0; fdivl %1; fstpl %2" : : "m"(one), "m"(zero), "m"(r)));
	X87("x87 invalid", 1, __asm__ volatile("fldl %0; fdivl %0; fstpl %1" : : "m"(zero), "m"(r)));
	X87("x87 overflow", 8, __asm__ volatile("fldl %0; fmull %0; fstpl %1" : : "m"(huge), "m"(r)));
	X87("x87 underflow", 16, __asm__ volatile("fldl %0; fmull %0; fstpl %1" : : "m"(tiny), "m"(r)));
	X87("x87 stack underflow", 1, __asm__ volatile("fstp %st(0)"));
	control = 0x37f;
	__asm__ volatile("fnclex; fldcw %0" : : "m"(control));
#define SSE(what, mask, doing) \
	FAULT(what, 1, mxcsr = 0x1f80 & ~((mask) << 7); __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr)); doing)
	SSE("SSE division by zero", 4u, __asm__ volatile("movss %0, %%xmm0; divss %1, %%xmm0; movss %%xmm0, %2" : : "m"(f1), "m"(fz), "m"(fr)));
	SSE("SSE invalid", 1u, __asm__ volatile("movss %0, %%xmm0; divss %0, %%xmm0" : : "m"(fz)));
	SSE("SSE2 overflow", 8u, __asm__ volatile("movsd %0, %%xmm0; mulsd %0, %%xmm0" : : "m"(huge)));
	FAULT("misaligned movaps", 1, __asm__ volatile("movaps 1(%%esp), %%xmm0" : :));
}

/* ---- FPU state around a handler */

static unsigned short seen_control;
static unsigned seen_mxcsr, seen_tag;

static void spoil(int sig)
{
	unsigned short control = 0x27f;
	unsigned mxcsr = 0x9f80, env[7];

	(void)sig;
	__asm__ volatile("fnstcw %0; stmxcsr %1; fnstenv %2; fldcw %3; ldmxcsr %4; fldpi; fldpi; fldpi; pxor %%xmm0, %%xmm0; pxor %%xmm7, %%xmm7"
			 : "=m"(seen_control), "=m"(seen_mxcsr), "=m"(env)
			 : "m"(control), "m"(mxcsr)
			 : "memory");
	seen_tag = env[2] & 0xffff;
	n_caught++;
}

static void spoil_info(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	spoil(sig);
}

static void state_with(const char *condition, struct sigaction *a)
{
	unsigned short control = 0x77f, after_control;
	unsigned mxcsr = 0x3f80, after_mxcsr, in[4] = {1, 2, 3, 4}, out[4] = {0};
	double x = 2.5, y = 0;
	int me = getpid(), r, nr = SYS_kill;

	sigaction(SIGUSR1, a, NULL);
	__asm__ volatile("fninit; fldcw %[c]; ldmxcsr %[m]; movups %[in], %%xmm7; fldl %[x]\n\t"
			 "int $0x80\n\t"
			 "fstpl %[y]; fnstcw %[ac]; stmxcsr %[am]; movups %%xmm7, %[out]"
			 : [y] "=m"(y), [ac] "=m"(after_control), [am] "=m"(after_mxcsr), [out] "=m"(out), "=a"(r)
			 : [c] "m"(control), [m] "m"(mxcsr), [in] "m"(in), [x] "m"(x), "4"(nr), "b"(me), "c"(SIGUSR1)
			 : "memory");
	note("rt_sigaction", condition, "ran %d; in it cw %#x mxcsr %#x tag %#x; after: %d cw %#x mxcsr %#x st0 %d xmm7 %u%u%u%u", n_caught, seen_control, seen_mxcsr, seen_tag, r,
	     after_control, after_mxcsr, (int)(y * 10), out[0], out[1], out[2], out[3]);
	n_caught = 0;
	control = 0x37f;
	mxcsr = 0x1f80;
	__asm__ volatile("fninit; fldcw %0; ldmxcsr %1" : : "m"(control), "m"(mxcsr));
}

static void fpu_state(void)
{
	struct sigaction plain = {.sa_handler = spoil}, info = {.sa_sigaction = spoil_info, .sa_flags = SA_SIGINFO};

	state_with("FPU state, the old frame", &plain);
	state_with("FPU state, the new frame", &info);
}

/* ---- the frame's registers */

static volatile unsigned f_flags, f_cs, f_ss, f_ds, f_align, f_df, f_mask, f_magic;

static void frame(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned flags;

	__asm__ volatile("pushf; popl %0" : "=r"(flags));
	f_df = flags & 0x500;
	f_align = ((uintptr_t)__builtin_frame_address(0) + 8) & 15;
	f_flags = (unsigned)uc->uc_mcontext.gregs[REG_EFL] & 0x401;
	f_cs = (unsigned)uc->uc_mcontext.gregs[REG_CS];
	f_ss = (unsigned)uc->uc_mcontext.gregs[REG_SS];
	f_ds = (unsigned)uc->uc_mcontext.gregs[REG_DS];
	f_mask = uc->uc_mcontext.oldmask;
	f_magic = ((unsigned *)uc->uc_mcontext.fpregs)[27] >> 16;
	uc->uc_mcontext.gregs[REG_EAX] = 4711;
	uc->uc_mcontext.gregs[REG_EDI] = 815;
	sigaddset(&uc->uc_sigmask, SIGHUP);
	n_caught = sig + info->si_signo;
}

static void frames(void)
{
	struct sigaction a = {.sa_sigaction = frame, .sa_flags = SA_SIGINFO};
	int r, di, nr = SYS_kill;
	sigset_t m, before;

	sigemptyset(&m);
	sigaddset(&m, SIGTERM);
	sigprocmask(SIG_SETMASK, &m, NULL);
	sigaction(SIGUSR1, &a, NULL);
	__asm__ volatile("std; stc; int $0x80; cld" : "=a"(r), "=D"(di) : "0"(nr), "b"(getpid()), "c"(SIGUSR1), "1"(1) : "memory", "cc");
	sigprocmask(SIG_BLOCK, NULL, &before);
	note("rt_sigreturn", "registers changed in the frame", "eax %d edi %d", r, di);
	note("rt_sigreturn", "mask changed in the frame", "HUP %d TERM %d", sigismember(&before, SIGHUP), sigismember(&before, SIGTERM));
	note("rt_sigaction", "the frame", "flags %#x cs %#x ss %#x ds %#x oldmask %#x magic %#x; in the handler: df,tf %#x stack %u", f_flags, f_cs, f_ss, f_ds, f_mask, f_magic, f_df, f_align);
}

/* A return to user mode with hopeless registers. */
static int wreck;

static void wrecker(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	switch (wreck) {
	case 0: uc->uc_mcontext.gregs[REG_EIP] = 32; break;
	case 1: uc->uc_mcontext.gregs[REG_ESP] = 0; uc->uc_mcontext.gregs[REG_EIP] = 32; break;
	case 2: uc->uc_mcontext.gregs[REG_CS] = 0x10; break;
	case 3: uc->uc_mcontext.gregs[REG_SS] = 0x3f8; break;
	case 4: uc->uc_mcontext.gregs[REG_DS] = 0x3f8; break;
	case 5: uc->uc_mcontext.gregs[REG_EFL] |= 0x3000 | 0x20000 | 0x4000; break;
	case 6: uc->uc_mcontext.fpregs = (void *)32; break;
	case 7: ((unsigned *)uc->uc_mcontext.fpregs)[28 + 6] = 0xffffffff; break;
	case 8: uc->uc_mcontext.fpregs = NULL; break;
	}
}

static void wrecked(int which)
{
	struct sigaction a = {.sa_sigaction = wrecker, .sa_flags = SA_SIGINFO};
	unsigned flags;

	wreck = which;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	__asm__ volatile("pushf; popl %0" : "=r"(flags));
	_exit(flags & 0x27000 ? 2 : 1);
}

static void wrecks(void)
{
	ends_with("rt_sigreturn", "to no memory", wrecked, 0);
	ends_with("rt_sigreturn", "to no memory without a stack", wrecked, 1);
	ends_with("rt_sigreturn", "with the kernel's code selector", wrecked, 2);
	ends_with("rt_sigreturn", "with a wild stack selector", wrecked, 3);
	ends_with("rt_sigreturn", "with a wild data selector", wrecked, 4);
	ends_with("rt_sigreturn", "with IOPL, VM and NT set", wrecked, 5);
	ends_with("rt_sigreturn", "with FPU state in no memory", wrecked, 6);
	ends_with("rt_sigreturn", "with reserved MXCSR bits", wrecked, 7);
	ends_with("rt_sigreturn", "without FPU state", wrecked, 8);
}

/* ---- children */

static volatile int c_code, c_status, c_pid, c_uid, c_sig;

static void child_news(int sig, siginfo_t *info, void *context)
{
	(void)context;
	c_sig = sig;
	c_code = info->si_code;
	c_status = info->si_status;
	c_pid = info->si_pid;
	c_uid = (int)info->si_uid;
	n_caught++;
}

static void wait_news(void)
{
	for (int i = 0; i < 500 && !n_caught; i++)
		moment();
}

static void news(const char *condition, pid_t pid)
{
	wait_news();
	note("rt_sigaction", condition, "sig %d n %d code %d status %d pid %s uid %d", c_sig, n_caught, c_code, c_status, c_pid == pid ? "child" : "other", c_uid);
	n_caught = c_code = c_status = 0;
}

static void children(void)
{
	struct sigaction a = {.sa_sigaction = child_news, .sa_flags = SA_SIGINFO | SA_RESTART};
	pid_t pid;

	sigaction(SIGCHLD, &a, NULL);
	if ((pid = fork()) == 0)
		_exit(0x1234);
	news("SIGCHLD of an exit", pid);
	waitpid(pid, NULL, 0);
	if ((pid = fork()) == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	news("SIGCHLD of a stop", pid);
	kill(pid, SIGCONT);
	news("SIGCHLD of going on", pid);
	kill(pid, SIGTERM);
	news("SIGCHLD of a killed child", pid);
	waitpid(pid, NULL, 0);
	if ((pid = fork()) == 0)
		abort();
	news("SIGCHLD of an abort without core", pid);
	waitpid(pid, NULL, 0);
	if ((pid = fork()) == 0) {
		setresuid(55, 66, 77);
		_exit(3);
	}
	news("SIGCHLD of a child with other ids", pid);
	waitpid(pid, NULL, 0);
	a.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &a, NULL);
	if ((pid = fork()) == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	int s;
	waitpid(pid, &s, WUNTRACED);
	note("rt_sigaction", "SA_NOCLDSTOP: a stop tells nobody", "%d %s", n_caught, status_text(s));
	kill(pid, SIGKILL);
	news("SA_NOCLDSTOP: the end does", pid);
	T("waitpid", "after SA_NOCLDSTOP", waitpid(pid, &s, 0) == pid);
	a.sa_flags = SA_SIGINFO | SA_NOCLDWAIT;
	sigaction(SIGCHLD, &a, NULL);
	if ((pid = fork()) == 0)
		_exit(5);
	T("waitpid", "SA_NOCLDWAIT", waitpid(pid, &s, 0));
	news("SA_NOCLDWAIT: SIGCHLD comes", pid);
	signal(SIGCHLD, SIG_IGN);
	if ((pid = fork()) == 0)
		_exit(5);
	T("waitpid", "SIGCHLD ignored", waitpid(pid, &s, 0));
	note("rt_sigaction", "SIGCHLD ignored: none comes", "%d", n_caught);
}

/* ---- clocks */

static void clocks(void)
{
	struct sigaction a = {.sa_sigaction = child_news, .sa_flags = SA_SIGINFO};
	struct itimerval v = {.it_value = {0, 1000}};

	sigaction(SIGALRM, &a, NULL);
	sigaction(SIGVTALRM, &a, NULL);
	sigaction(SIGPROF, &a, NULL);
	setitimer(ITIMER_REAL, &v, NULL);
	wait_news();
	note("setitimer", "SIGALRM's info", "sig %d code %d", c_sig, c_code);
	n_caught = 0;
	setitimer(ITIMER_VIRTUAL, &v, NULL);
	while (!n_caught)
		;
	note("setitimer", "SIGVTALRM's info", "sig %d code %d", c_sig, c_code);
	n_caught = 0;
	setitimer(ITIMER_PROF, &v, NULL);
	while (!n_caught)
		;
	note("setitimer", "SIGPROF's info", "sig %d code %d", c_sig, c_code);
	n_caught = 0;
	signal(SIGPIPE, SIG_DFL);
	sigaction(SIGPIPE, &a, NULL);
	int p[2];
	pipe(p);
	close(p[0]);
	T("write", "a pipe without a reader, SIGPIPE caught", write(p[1], "x", 1));
	note("write", "SIGPIPE's info", "sig %d code %d own %d", c_sig, c_code, c_pid == getpid());
}

const struct section sections[] = {{"memory", memory}, {"instructions", instructions}, {"fpu", fpu}, {"fpu_state", fpu_state}, {"frames", frames}, {"wrecks", wrecks},
	{"children", children}, {"clocks", clocks}, {NULL, NULL}};
