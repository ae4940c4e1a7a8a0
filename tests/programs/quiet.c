/* quiet: for every number read from stdin makes that many calls that need no home half, then says "done".
 * Used by the test that such calls send no frame when the program is away.
 * Never makes another call between the number and the answer. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* One of each: the pid, the break, a mapping made and undone, two clocks.  False when one fails. */
static int one_of_each(pid_t me, char *top)
{
	struct timespec a, b;
	char *m;

	if (syscall(SYS_getpid) != me)
		return 0;
	if (syscall(SYS_brk, top + 4096) != (long)(top + 4096))
		return 0;
	*top = 1;
	if (syscall(SYS_brk, top) != (long)top)
		return 0;
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED)
		return 0;
	m[5000] = 1;
	if (munmap(m, 8192))
		return 0;
	if (clock_gettime(CLOCK_MONOTONIC, &a) || clock_gettime(CLOCK_REALTIME, &b))
		return 0;
	return a.tv_nsec < 1000000000 && b.tv_sec > 0;
}

int main(void)
{
	char line[32], *top = (char *)syscall(SYS_brk, 0);
	pid_t me = getpid();
	ssize_t n;

	if (write(1, "ready\n", 6) != 6)
		return 1;
	while ((n = read(0, line, sizeof line - 1)) > 0) {
		int ok = 1;

		line[n] = '\0';
		for (int turns = atoi(line); turns > 0 && ok; turns--)
			ok = one_of_each(me, top);
		if (write(1, ok ? "done\n" : "fail\n", 5) != 5)
			return 1;
	}
	return n < 0;
}
