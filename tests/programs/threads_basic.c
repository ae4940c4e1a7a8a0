/* threads_basic.c - what the pthread calls promise, one line each; the output is the same on every system.
 * Run by tests/qemu/test_threads.py here and on the host.
 * Never: prints what depends on who runs first. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N 8
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem, gone;
static int counter, turn, order[64], n_order, once_count, serial;
static __thread int mine = 5;

static void *add(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&lock);
		int v = counter;
		if (i % 200 == 0) sched_yield();
		counter = v + 1;
		pthread_mutex_unlock(&lock);
	}
	return (void *)((intptr_t)arg * 10);
}

static void mutexes(void)
{
	pthread_t t[N];
	intptr_t sum = 0;

	for (intptr_t i = 0; i < N; i++)
		if (pthread_create(&t[i], NULL, add, (void *)i)) exit(9);
	for (int i = 0; i < N; i++) {
		void *r;
		pthread_join(t[i], &r);
		sum += (intptr_t)r;
	}
	printf("mutex: counter %d, results %ld\n", counter, (long)sum);
}

static void *take_turns(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 0; i < 3; i++) {
		pthread_mutex_lock(&lock);
		while (turn % 3 != me) pthread_cond_wait(&change, &lock);
		order[n_order++] = me;
		turn++;
		pthread_cond_broadcast(&change);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void conditions(void)
{
	pthread_t t[3];

	for (intptr_t i = 0; i < 3; i++) pthread_create(&t[i], NULL, take_turns, (void *)i);
	for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
	printf("cond:");
	for (int i = 0; i < n_order; i++) printf(" %d", order[i]);
	printf("\n");
}

static void *meet(void *arg)
{
	(void)arg;
	for (int i = 0; i < 5; i++)
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __sync_fetch_and_add(&serial, 1);
	return NULL;
}

static void barriers(void)
{
	pthread_t t[4];

	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, meet, NULL);
	for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
	printf("barrier: %d rounds\n", serial);
}

static int shared_a, shared_b, torn;

static void *readers(void *arg)
{
	(void)arg;
	for (int i = 0; i < 300; i++) {
		pthread_rwlock_rdlock(&rw);
		if (shared_a != shared_b) torn++;
		pthread_rwlock_unlock(&rw);
		if (i % 50 == 0) sched_yield();
	}
	return NULL;
}

static void *writers(void *arg)
{
	(void)arg;
	for (int i = 0; i < 300; i++) {
		pthread_rwlock_wrlock(&rw);
		shared_a++;
		if (i % 30 == 0) sched_yield();
		shared_b++;
		pthread_rwlock_unlock(&rw);
	}
	return NULL;
}

static void rwlocks(void)
{
	pthread_t t[6];

	for (int i = 0; i < 6; i++) pthread_create(&t[i], NULL, i < 4 ? readers : writers, NULL);
	for (int i = 0; i < 6; i++) pthread_join(t[i], NULL);
	printf("rwlock: %d writes, %d torn\n", shared_a, torn);
}

static void *post(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) sem_post(&sem);
	return NULL;
}

static void semaphores(void)
{
	pthread_t t[3];
	int value;

	sem_init(&sem, 0, 0);
	for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, post, NULL);
	for (int i = 0; i < 300; i++) sem_wait(&sem);
	for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
	sem_getvalue(&sem, &value);
	int r = sem_trywait(&sem);
	printf("sem: value %d, trywait %d %s\n", value, r, strerror(errno));
}

static void once_only(void)
{
	once_count++;
}

static void *tls(void *arg)
{
	pthread_once(&once, once_only);
	mine += (int)(intptr_t)arg;
	sched_yield();
	return (void *)(intptr_t)mine;
}

static void storage(void)
{
	pthread_t t[5];

	mine = 100;
	for (intptr_t i = 0; i < 5; i++) pthread_create(&t[i], NULL, tls, (void *)i);
	printf("tls:");
	for (int i = 0; i < 5; i++) {
		void *r;
		pthread_join(t[i], &r);
		printf(" %d", (int)(intptr_t)r);
	}
	printf(", first thread %d, once %d\n", mine, once_count);
}

static void *detached(void *arg)
{
	(void)arg;
	sem_post(&gone);
	return NULL;
}

static void detach(void)
{
	pthread_attr_t a;
	pthread_t t;

	sem_init(&gone, 0, 0);
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 20; i++)
		if (pthread_create(&t, &a, detached, NULL)) exit(8);
	for (int i = 0; i < 20; i++) sem_wait(&gone);
	printf("detached: 20\n");
}

static void cleanup(void *arg)
{
	*(int *)arg += 1;
}

static void *sleeper(void *arg)
{
	pthread_cleanup_push(cleanup, arg);
	for (;;) pause();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *computing(void *arg)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	sem_post(&gone);
	for (volatile int i = 0; i < 100000; i++) continue;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
	*(int *)arg = 7;
	for (;;) pthread_testcancel();
	return NULL;
}

static void cancel(void)
{
	pthread_t t, u;
	int cleaned = 0, reached = 0;
	void *r, *s;

	pthread_create(&t, NULL, sleeper, &cleaned);
	pthread_create(&u, NULL, computing, &reached);
	sem_wait(&gone);
	pthread_cancel(t);
	pthread_cancel(u);
	pthread_join(t, &r);
	pthread_join(u, &s);
	printf("cancel: %d %d, cleaned %d, reached %d\n", r == PTHREAD_CANCELED, s == PTHREAD_CANCELED, cleaned, reached);
}

static void *names(void *arg)
{
	pid_t *out = arg;

	out[0] = (pid_t)syscall(SYS_gettid);
	out[1] = getpid();
	out[2] = getppid();
	return NULL;
}

static void numbers(void)
{
	pthread_t t;
	pid_t got[3];

	pthread_create(&t, NULL, names, got);
	pthread_join(t, NULL);
	printf("ids: tid is pid %d, of first thread %d, same pid %d, same parent %d\n", got[0] == got[1],
	       (pid_t)syscall(SYS_gettid) == getpid(), got[1] == getpid(), got[2] == getppid());
}

int main(void)
{
	mutexes();
	conditions();
	barriers();
	rwlocks();
	semaphores();
	storage();
	detach();
	cancel();
	numbers();
	return 0;
}
