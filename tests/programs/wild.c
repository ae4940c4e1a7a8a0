/* wild: makes every system call with wild arguments, each in a child; the machine must survive with its memory.
 * Run on a node by tests/qemu; arguments: first and last number, and a seed; or "unknown".
 * Never expects a particular result: only that the kernel answers, and answers with an errno that exists. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES 12
#define NOBODY 65534

static uint32_t state;

static uint32_t next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Null, the kernel's half, the border, unmapped, misaligned, small numbers, our own page's end. */
static long wild_word(char *page)
{
	const long list[] = {
		0, 1, -1, 3, 4096, (long)0xC0000000, (long)0xBFFFFFFF, (long)0xC0000000 - 4, (long)0xFFFFF000,
		(long)0x80000000, 0x7FFFFFFF, (long)(page + 4090), (long)(page + 1), (long)page, (long)0xF8001000,
		(long)(next() & 0xFF), (long)next(), 0x08048000,
	};

	return list[next() % (sizeof list / sizeof list[0])];
}

static void one_try(int number, char *page)
{
	long a[6], r;

	for (int i = 0; i < 6; i++)
		a[i] = wild_word(page);
	errno = 0;
	r = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (r == -1 && (errno <= 0 || errno > 4095))
		_exit(101);
}

static int among(int number, const int *list)
{
	while (*list >= 0 && *list != number)
		list++;
	return *list == number;
}

/* reboot, exit, exit_group */
static const int never[] = {88, 1, 252, -1};
/* fork, clone, vfork, clone3: each try doubles the number of those who try */
static const int doubling[] = {2, 120, 190, 435, -1};
/* signals to anybody, mounts, clocks, the machine's name: tried without the right to do harm */
static const int harmful[] = {37, 238, 270, 178, 335, 21, 22, 52, 25, 79, 264, 404, 124, 343, 111, 74, 121, 217, 61, 424, -1};

static void child(int number)
{
	struct rlimit second = {2, 2}, none = {0, 0};
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int null = open("/dev/null", O_RDWR);

	munmap(page + 4096, 4096);
	setrlimit(RLIMIT_CPU, &second);
	setrlimit(RLIMIT_CORE, &none);
	setpgid(0, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	alarm(1);
	if (among(number, harmful) && setuid(NOBODY))
		_exit(102);
	for (int i = 0; i < (among(number, doubling) ? 2 : TRIES); i++)
		one_try(number, page);
	_exit(0);
}

/* Ends whatever a wild fork left behind. */
static void reap(pid_t pid, int *status)
{
	for (int i = 0; i < 3000; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			goto rest;
		usleep(i < 100 ? 200 : 1000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
rest:
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(int argc, char **argv)
{
	int first = argc > 1 ? atoi(argv[1]) : 0, last = argc > 2 ? atoi(argv[2]) : 450, odd = 0;

	if (argc == 2 && !strcmp(argv[1], "unknown")) {
		for (int i = 0; i < 2; i++) {
			long r = syscall(i ? 469 : SYS_io_setup);
			printf("%ld errno %d\n", r, errno);
		}
		return 0;
	}
	signal(SIGHUP, SIG_IGN);
	for (int number = first; number <= last; number++) {
		int status = 0;
		pid_t pid;

		if (among(number, never))
			continue;
		state = (argc > 3 ? (uint32_t)atoi(argv[3]) : 1u) * 2654435761u + (uint32_t)number * 40503u + 1;
		pid = fork();
		if (pid < 0) {
			printf("fork failed at %d\n", number);
			return 1;
		}
		if (pid == 0)
			child(number);
		reap(pid, &status);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 101) {
			printf("call %d returned a strange error\n", number);
			odd++;
		}
	}
	printf("calls %d to %d survived, %d odd\n", first, last, odd);
	return odd != 0;
}
