/* ticks: computes while a timer interrupts it; its output depends on its arguments only.
 * Run on the host and on a cluster by tests/qemu; arguments: rounds, lines, a file to write.
 * Never prints anything that depends on time, on pids or on the machine. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define BLOCK (256 * 1024)

static volatile sig_atomic_t ticks;
static volatile double disturbed = 1.0; /* the handler uses the FPU too */

static void on_tick(int number)
{
	(void)number;
	ticks++;
	disturbed = disturbed * 1.0000001 + 0.5;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* The logistic map on the x87: chaotic, so that one lost bit shows; only operations that IEEE defines exactly. */
static double float_part(uint32_t rounds, double x)
{
	for (uint32_t i = 1; i <= rounds; i++)
		x = 3.75 * x * (1.0 - x) + 0.03125 / (1 + (i & 7));
	return x;
}

/* The same with SSE registers. */
__attribute__((target("sse"), noinline)) static void sse_part(uint32_t rounds, float v[4])
{
	typedef float v4 __attribute__((vector_size(16)));
	v4 a, k = {3.75f, 3.875f, 3.8125f, 3.9375f}, one = {1.0f, 1.0f, 1.0f, 1.0f};

	memcpy(&a, v, sizeof a);
	for (uint32_t i = 0; i < rounds; i++) {
		a = k * a * (one - a);
		__asm__ volatile("" : "+x"(a));
	}
	memcpy(v, &a, sizeof a);
}

static uint32_t hash_part(uint32_t rounds, uint32_t h, uint8_t *block)
{
	for (uint32_t i = 0; i < rounds; i++) {
		h = (h ^ (h >> 13)) * 16777619u + i;
		block[h % BLOCK] ^= (uint8_t)h;
	}
	return h;
}

static void write_line(const char *path, int line, uint32_t h)
{
	char text[64];
	int n = snprintf(text, sizeof text, "line %d hash %08x\n", line, h);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | (line == 1 ? O_TRUNC : 0), 0644);

	if (fd < 0)
		fail(path);
	if (write(fd, text, (size_t)n) != n)
		fail("write");
	close(fd);
}

/* Reads the file back whole; returns its length, and folds it into a sum. */
static unsigned read_back(const char *path, uint32_t *sum)
{
	char buffer[1000];
	unsigned total = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		fail(path);
	while ((n = read(fd, buffer, sizeof buffer)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			*sum = *sum * 31 + (uint8_t)buffer[i];
		total += (unsigned)n;
	}
	if (n < 0)
		fail("read");
	close(fd);
	return total;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
	struct itimerval every = {{0, 20000}, {0, 20000}}, off = {{0, 0}, {0, 0}};
	uint32_t rounds, h = 2166136261u, sum = 0;
	float v[4] = {0.1f, 0.2f, 0.3f, 0.4f};
	double x = 0.4;
	uint8_t *block;
	int lines;

	if (argc != 4) {
		fprintf(stderr, "usage: ticks ROUNDS LINES FILE\n");
		return 2;
	}
	rounds = (uint32_t)strtoul(argv[1], NULL, 0);
	lines = atoi(argv[2]);
	block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (block == MAP_FAILED)
		fail("mmap");
	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &every, NULL))
		fail("timer");
	for (int line = 1; line <= lines; line++) {
		x = float_part(rounds, x);
		sse_part(rounds, v);
		h = hash_part(rounds, h, block);
		write_line(argv[3], line, h);
		printf("%d %.17g %08x %.9g %.9g\n", line, x, h, (double)v[0], (double)v[3]);
		fflush(stdout);
	}
	while (ticks < 2)
		pause();
	setitimer(ITIMER_REAL, &off, NULL);
	for (int i = 0; i < BLOCK; i++)
		sum = sum * 31 + block[i];
	printf("block %08x\n", sum);
	unsigned length = read_back(argv[3], &sum);
	printf("file %u %08x\n", length, sum);
	fprintf(stderr, "the timer ticked\n");
	return 42;
}
