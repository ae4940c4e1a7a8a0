/* spin: computes without a call or a fault until SIGUSR1, then says how far it came.
 * Used by tests of pre-emption and CPU share; argument: "quiet" leaves the count out.
 * Never sleeps. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t enough;
static volatile unsigned long long count;

static void on_enough(int number)
{
	(void)number;
	enough = 1;
}

int main(int argc, char **argv)
{
	signal(SIGUSR1, on_enough);
	printf("spinning\n");
	fflush(stdout);
	while (!enough)
		count++;
	if (argc > 1 && !strcmp(argv[1], "quiet"))
		printf("enough\n");
	else
		printf("%llu\n", count);
	return count ? 0 : 1;
}
