/* threads_signal.c - signals and threads: masks of their own, signals to one thread, to the process, to the one that waits.
 * Run by tests/qemu/test_threads.py here and on the host.
 * Never: prints what depends on who runs first. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sem_t ready, handled;
static volatile pid_t handler_tid;
static volatile int handler_count;
static volatile int stop;
static int some;

static pid_t tid(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static void on_signal(int sig)
{
	(void)sig;
	handler_tid = tid();
	handler_count++;
	sem_post(&handled);
}

static void block(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	pthread_sigmask(how, &s, NULL);
}

static pid_t other_tid;

static void *pausing(void *arg)
{
	other_tid = tid();
	if (arg) block(SIG_UNBLOCK, SIGUSR2);
	sem_post(&ready);
	while (!stop) pause();
	return NULL;
}

static void directed(void)
{
	pthread_t t;

	pthread_create(&t, NULL, pausing, NULL);
	sem_wait(&ready);
	pthread_kill(t, SIGUSR1);
	sem_wait(&handled);
	printf("pthread_kill: at the thread %d, count %d\n", handler_tid == other_tid, handler_count);
	stop = 1;
	pthread_kill(t, SIGUSR1);
	pthread_join(t, NULL);
	stop = 0;
	sem_wait(&handled);
}

/* The first thread blocks the signal: the process's signal goes to the other. */
static void willing(void)
{
	pthread_t t;

	block(SIG_BLOCK, SIGUSR2);
	pthread_create(&t, NULL, pausing, &some);
	sem_wait(&ready);
	kill(getpid(), SIGUSR2);
	sem_wait(&handled);
	printf("kill: at the willing thread %d\n", handler_tid == other_tid);
	stop = 1;
	pthread_kill(t, SIGUSR1);
	pthread_join(t, NULL);
	stop = 0;
	sem_wait(&handled);
	block(SIG_UNBLOCK, SIGUSR2);
}

/* All block it: it stays pending until one opens up. */
static void kept(void)
{
	sigset_t p;

	block(SIG_BLOCK, SIGUSR2);
	handler_count = 0;
	kill(getpid(), SIGUSR2);
	sigpending(&p);
	printf("blocked: pending %d, count %d", sigismember(&p, SIGUSR2), handler_count);
	block(SIG_UNBLOCK, SIGUSR2);
	sem_wait(&handled);
	printf(", then %d\n", handler_count);
}

static void *waiting(void *arg)
{
	sigset_t s;
	int sig, sum = 0;

	(void)arg;
	sigemptyset(&s);
	sigaddset(&s, SIGTERM);
	sigaddset(&s, SIGRTMIN + 3);
	sem_post(&ready);
	for (int i = 0; i < 4; i++) {
		if (sigwait(&s, &sig)) exit(7);
		sum += sig == SIGTERM ? 1 : 10;
		sem_post(&handled);
	}
	printf("sigwait: sum %d\n", sum);
	return NULL;
}

static void sigwaiting(void)
{
	pthread_t t;

	block(SIG_BLOCK, SIGTERM);
	block(SIG_BLOCK, SIGRTMIN + 3);
	pthread_create(&t, NULL, waiting, NULL);
	sem_wait(&ready);
	kill(getpid(), SIGTERM);
	sem_wait(&handled);
	kill(getpid(), SIGRTMIN + 3);
	kill(getpid(), SIGRTMIN + 3);
	sem_wait(&handled);
	sem_wait(&handled);
	pthread_kill(t, SIGTERM);
	pthread_join(t, NULL);
	sem_wait(&handled);
}

static void *masked(void *arg)
{
	sigset_t now;

	(void)arg;
	pthread_sigmask(SIG_BLOCK, NULL, &now);
	int inherited = sigismember(&now, SIGHUP);
	block(SIG_UNBLOCK, SIGHUP);
	block(SIG_BLOCK, SIGINT);
	return inherited ? arg : NULL;
}

static void masks(void)
{
	sigset_t now;
	pthread_t t;
	void *r;

	block(SIG_BLOCK, SIGHUP);
	pthread_create(&t, NULL, masked, &some);
	pthread_join(t, &r);
	pthread_sigmask(SIG_BLOCK, NULL, &now);
	printf("masks: inherited %d, own still %d, other's not %d\n", r != NULL, sigismember(&now, SIGHUP), sigismember(&now, SIGINT));
	block(SIG_UNBLOCK, SIGHUP);
}

static void *count(void *arg)
{
	volatile unsigned *n = arg;

	for (;;) {
		++*n;
		if (*n % 1000 == 0) usleep(100);
	}
	return NULL;
}

/* A stopped process stops as a whole. */
static void stopping(void)
{
	int p[2], status;
	char c;

	if (pipe(p)) exit(6);
	pid_t child = fork();
	if (child == 0) {
		static volatile unsigned n[3];
		block(SIG_UNBLOCK, SIGTERM);
		pthread_t t;
		for (int i = 0; i < 3; i++) pthread_create(&t, NULL, count, (void *)&n[i]);
		usleep(20000);
		if (write(p[1], "x", 1) != 1) _exit(1);
		for (;;) pause();
	}
	if (read(p[0], &c, 1) != 1) exit(5);
	kill(child, SIGSTOP);
	pid_t got = waitpid(child, &status, WUNTRACED);
	printf("stop: %d %d sig %d\n", got == child, WIFSTOPPED(status), WSTOPSIG(status));
	kill(child, SIGCONT);
	got = waitpid(child, &status, WCONTINUED);
	printf("continue: %d %d\n", got == child, WIFCONTINUED(status));
	kill(child, SIGTERM);
	got = waitpid(child, &status, 0);
	printf("end: %d killed %d by %d\n", got == child, WIFSIGNALED(status), WTERMSIG(status));
}

/* A fault of one thread ends all. */
static void *fault(void *arg)
{
	*(volatile int *)arg = 1;
	return NULL;
}

static void faulting(void)
{
	int status;

	pid_t child = fork();
	if (child == 0) {
		pthread_t t;
		pthread_create(&t, NULL, pausing, NULL);
		pthread_create(&t, NULL, fault, (void *)8);
		for (;;) pause();
	}
	waitpid(child, &status, 0);
	printf("fault: killed %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
}

static timer_t timer;

static void *timed(void *arg)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	struct itimerspec when = {.it_value = {.tv_nsec = 20000000}};
	struct timespec nap = {.tv_sec = 5};

	(void)arg;
	other_tid = tid();
	memcpy((char *)&ev + 12, &other_tid, sizeof other_tid); /* sigev_notify_thread_id */
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer)) exit(4);
	timer_settime(timer, 0, &when, NULL);
	int r = nanosleep(&nap, NULL);
	printf("timer: nanosleep %d %s, at the thread %d\n", r, r ? strerror(errno) : "-", handler_tid == other_tid);
	return NULL;
}

int main(void)
{
	struct sigaction a = {.sa_handler = on_signal};
	pthread_t t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sem_init(&ready, 0, 0);
	sem_init(&handled, 0, 0);
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGUSR2, &a, NULL);
	directed();
	willing();
	kept();
	sigwaiting();
	masks();
	stopping();
	faulting();
	pthread_create(&t, NULL, timed, NULL);
	pthread_join(t, NULL);
	return 0;
}
