/* dirty: fills so many KiB of memory with a pattern, computes on it until SIGUSR1, then checks every byte of it.
 * Used by tests of page transfer and of power cuts during a move; argument: KiB.
 * Never has a clean page among them. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static volatile sig_atomic_t enough;

static void on_enough(int number)
{
	(void)number;
	enough = 1;
}

static uint32_t pattern(size_t i, uint32_t turn)
{
	return (uint32_t)i * 2654435761u + turn;
}

int main(int argc, char **argv)
{
	size_t words = (argc > 1 ? strtoul(argv[1], NULL, 0) : 1024) * 256, wrong = 0;
	uint32_t *m = mmap(NULL, words * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t turn = 0;

	if (m == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	signal(SIGUSR1, on_enough);
	for (size_t i = 0; i < words; i++)
		m[i] = pattern(i, 0);
	printf("dirty\n");
	fflush(stdout);
	while (!enough) {
		turn++;
		for (size_t i = 0; i < words; i++) {
			if (m[i] != pattern(i, turn - 1))
				wrong++;
			m[i] = pattern(i, turn);
		}
	}
	for (size_t i = 0; i < words; i++)
		if (m[i] != pattern(i, turn))
			wrong++;
	printf("%lu words, %lu wrong\n", (unsigned long)words, (unsigned long)wrong);
	return wrong ? 1 : 0;
}
