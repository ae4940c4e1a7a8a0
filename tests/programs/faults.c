/* faults: does one forbidden thing; the process must die of the right signal and the machine must not notice.
 * Run on the host and on a node by tests/qemu; argument: which one, or "all" for each in a child.
 * Never survives the one that it was asked for. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int zero;
static const int constant = 1;

/* An address that the compiler knows nothing about. */
static volatile int *at(unsigned long address)
{
	__asm__("" : "+r"(address));
	return (volatile int *)address;
}

static void null_read(void) { (void)*at(8); }
static void null_write(void) { *at(8) = 1; }
static void null_call(void) { ((void (*)(void))zero)(); }
static void kernel_read(void) { (void)*at(0xC0100000u); }
static void kernel_write(void) { *at(0xC0100000u) = 1; }
static void kernel_call(void) { ((void (*)(void))0xC0100000u)(); }
static void text_write(void) { *at((unsigned long)null_read) = 1; }
static void const_write(void) { *at((unsigned long)&constant) = 2; }
static void breakpoint(void) { __asm__ volatile("int $3"); }
static void undefined(void) { __asm__ volatile("ud2"); }
static void halt(void) { __asm__ volatile("hlt"); }
static void port(void) { __asm__ volatile("outb %%al, $0x80" : : "a"(0)); }
static void mask_irqs(void) { __asm__ volatile("cli"); }
static void load_cr3(void) { __asm__ volatile("mov %%eax, %%cr3" : : "a"(0)); }
static void bad_vector(void) { __asm__ volatile("int $0x20"); }
static void page_vector(void) { __asm__ volatile("int $0x0e"); }
static void bad_selector(void) { __asm__ volatile("mov %%eax, %%ds" : : "a"(0x1234)); }
static void divide(void) { __asm__ volatile("cltd\n idivl %1" : : "a"(1), "r"(zero) : "edx"); }
static void stack_gone(void) { __asm__ volatile("xor %esp, %esp\n push %eax"); }
static void stack_kernel(void) { __asm__ volatile("mov $0xD0000000, %esp\n push %eax"); }
static void trap_flag(void) { __asm__ volatile("pushf\n orl $0x100, (%esp)\n popf\n nop\n nop"); }

static void unmapped(void)
{
	char *m = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(m, 4096);
	m[0] = 1;
}

static void read_only(void)
{
	char *m = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	m[0] = 1;
}

static void overflow(void)
{
	for (;;)
		__asm__ volatile("sub $4096, %%esp\n movl $1, (%%esp)" : : : "memory");
}

/* A signal frame with selectors and flags that no program may have. */
static void forged_return(void)
{
	__asm__ volatile("sub $4096, %esp\n mov $0x41414141, %eax\n mov %esp, %edi\n mov $256, %ecx\n cld\n rep stosl\n"
			 "mov $119, %eax\n int $0x80\n mov $173, %eax\n int $0x80\n ud2");
}

static const struct { const char *name; void (*act)(void); } list[] = {
	{"null_read", null_read}, {"null_write", null_write}, {"null_call", null_call}, {"kernel_read", kernel_read},
	{"kernel_write", kernel_write}, {"kernel_call", kernel_call}, {"text_write", text_write},
	{"const_write", const_write}, {"breakpoint", breakpoint}, {"undefined", undefined}, {"halt", halt},
	{"port", port}, {"mask_irqs", mask_irqs}, {"load_cr3", load_cr3}, {"bad_vector", bad_vector},
	{"page_vector", page_vector}, {"bad_selector", bad_selector}, {"divide", divide}, {"stack_gone", stack_gone},
	{"stack_kernel", stack_kernel}, {"trap_flag", trap_flag}, {"unmapped", unmapped}, {"read_only", read_only},
	{"overflow", overflow}, {"forged_return", forged_return},
};

int main(int argc, char **argv)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		int status;
		pid_t pid;

		if (argc != 2 || (strcmp(argv[1], "all") && strcmp(argv[1], list[i].name)))
			continue;
		pid = fork();
		if (pid == 0) {
			list[i].act();
			_exit(1);
		}
		if (waitpid(pid, &status, 0) != pid)
			return 1;
		printf("%s: ", list[i].name);
		if (WIFSIGNALED(status))
			printf("signal %d\n", WTERMSIG(status));
		else
			printf("status %d\n", WEXITSTATUS(status));
		fflush(stdout);
	}
	return 0;
}
