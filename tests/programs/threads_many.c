/* threads_many.c - many threads at once on a small machine: argv[1] of them (64), each with 8 MiB of address space.
 * Run by tests/qemu/test_threads.py here and on the host; argv[2]: rounds.
 * Never: touches more than a few pages of each stack. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_barrier_t all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long sum;

static void *work(void *arg)
{
	char room[6000];

	memset(room, (int)(long)arg, sizeof room);
	pthread_barrier_wait(&all);
	char *p = malloc(2000);
	memset(p, 1, 2000);
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < sizeof room; i += 100) sum += room[i] == (char)(long)arg;
	sum += p[1999];
	pthread_mutex_unlock(&lock);
	free(p);
	pthread_barrier_wait(&all);
	return arg;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 64, rounds = argc > 2 ? atoi(argv[2]) : 3;
	pthread_t *t = calloc((size_t)n, sizeof *t);
	pthread_attr_t a;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 8u << 20);
	for (int r = 0; r < rounds; r++) {
		sum = 0;
		pthread_barrier_init(&all, NULL, (unsigned)n);
		for (long i = 0; i < n; i++) {
			int err = pthread_create(&t[i], &a, work, (void *)i);
			if (!err) continue;
			printf("thread %ld: %s\n", i, strerror(err));
			return 1;
		}
		long ok = 0;
		for (long i = 0; i < n; i++) {
			void *v;
			pthread_join(t[i], &v);
			ok += v == (void *)i;
		}
		printf("round %d: %ld joined, sum %ld\n", r, ok, sum);
	}
	return 0;
}
