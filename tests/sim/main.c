/* The simulator's command line: one seed, or a range of them.
 * Called by make test-host (500 seeds) and nightly (10,000).
 * Never hides a failing seed: it prints the command that replays it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/world.h"

static unsigned long long running; /* seed, for the last words of a run that crashes */

static void last_words(void)
{
	printf("# replay: build/tests/sim --seed %llu --verbose\n", running);
	fflush(stdout);
}

/* Of the sanitizers' run-time library, when there is one. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	printf("not ok - KASSERT(%s) %s:%d %llu %llu\n", expr, file, line, (unsigned long long)a, (unsigned long long)b);
	last_words();
	abort();
}

static int usage(void)
{
	fprintf(stderr, "usage: sim --seed N [--verbose] | --seeds FIRST..LAST\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long long first = 1, last = 100, failed = 0, messages = 0, frames = 0, downs = 0, lost = 0, rexmit = 0;
	bool verbose = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0)
			verbose = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc && sscanf(argv[i + 1], "%llu", &first) == 1)
			last = first, i++;
		else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc && sscanf(argv[i + 1], "%llu..%llu", &first, &last) == 2)
			i++;
		else
			return usage();
	}
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(last_words);
	for (unsigned long long seed = first; seed <= last; seed++) {
		struct sim_world w;

		running = seed;
		if (isatty(2))
			fprintf(stderr, "\rseed %llu ", seed);
		failed += !sim_run(seed, verbose, &w);
		messages += w.n_delivered;
		frames += w.n_frames;
		downs += w.n_downs;
		lost += w.n_lost;
		rexmit += w.n_rexmit;
	}
	if (isatty(2))
		fprintf(stderr, "\r");
	printf("%s - sim: seeds %llu..%llu, %llu failed; %llu messages delivered, %llu lost with a peer, %llu verdicts, "
	       "%llu frames, %llu sent again\n", failed == 0 ? "ok" : "not ok", first, last, failed, messages, lost, downs, frames,
	       rexmit);
	return failed != 0;
}
