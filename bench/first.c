/* first: the first program of a machine: says when it came to run and what memory is left, then waits.
 * Started by bench/bench.py as pid 1, by Godwit and by Linux alike.
 * Never starts another program. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* With QEMU's -icount, the counter is the guest's clock in nanoseconds since power on. */
static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static void say(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(1, text, size);

		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

static void show(const char *path)
{
	char text[8192];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

	if (fd >= 0)
		close(fd);
	if (n > 0)
		say(text, (size_t)n);
}

int main(void)
{
	uint64_t now = ticks();
	char line[64];
	int fd = open("/dev/console", O_RDWR);

	for (int i = 0; i < 3 && fd >= 0; i++)
		dup2(fd, i);
	say(line, (size_t)snprintf(line, sizeof line, "\nBENCH first %llu\n", (unsigned long long)now));
	if (access("/proc/meminfo", R_OK) != 0)
		mount("proc", "/proc", "proc", 0, NULL);
	show("/proc/meminfo");
	show("/proc/uptime");
	say("BENCH end\n", 10);
	for (;;)
		pause();
}
