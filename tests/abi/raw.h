/* raw.h - for families that call the kernel directly: results as -errno, and what one access to memory costs.
 * Used with abi.h.  */
#ifndef TESTS_ABI_RAW_H
#define TESTS_ABI_RAW_H
#include "abi.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PG 4096u
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* A system call's result; -errno for a failure. Addresses above 0x80000000 are negative and no failure. */
#define sc(...) raw_result(syscall(__VA_ARGS__))
#define failed(r) ((unsigned long)(r) > -4096ul)

static inline long raw_result(long r) { return r == -1 ? -(long)errno : r; }

static inline void put(const char *call, const char *condition, long r)
{
	abi_line(call, condition, failed(r) ? -1 : r, failed(r) ? (int)-r : 0, 0, NULL);
}

/* The value hidden (a descriptor, an address), and returned. */
static inline long ok(const char *call, const char *condition, long r)
{
	abi_line(call, condition, failed(r) ? -1 : 0, failed(r) ? (int)-r : 0, 1, NULL);
	return r;
}

static sigjmp_buf fault_back;
static volatile int fault_sig, fault_code;
static volatile uintptr_t fault_addr;
static volatile long fault_error;

static inline void fault_handler(int sig, siginfo_t *i, void *c)
{
	fault_sig = sig;
	fault_code = i->si_code;
	fault_addr = (uintptr_t)i->si_addr;
	fault_error = ((ucontext_t *)c)->uc_mcontext.gregs[REG_ERR];
	siglongjmp(fault_back, 1);
}

static inline void fault_init(void)
{
	static char stack[16384];
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction a = {.sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
}

/* One byte read ('r') or written ('w'): what came of it. */
static inline void touch(const char *condition, volatile void *p, char how)
{
	volatile unsigned char *b = p;
	char text[24];

	fault_sig = 0;
	if (sigsetjmp(fault_back, 1) == 0) {
		if (how == 'w')
			*b = 0x5a;
		else
			snprintf(text, sizeof text, "%u", *b);
		note("mmap2", condition, "%s", how == 'w' ? "written" : text);
		return;
	}
	note("mmap2", condition, "%s code %d, address %s, error %ld", fault_sig == SIGSEGV ? "SIGSEGV" : "SIGBUS", fault_code,
	     fault_addr == (uintptr_t)p ? "right" : "wrong", fault_error);
}
#endif
