/* threads_storm.c - processes with threads that end in every way at once, again and again: argv[1] rounds (40).
 * Run by tests/qemu/test_threads.py here and on the host; only sums are printed.
 * Never: prints what depends on who runs first. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 6
extern char **environ;
static const char *self;
static volatile int way;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void become(void)
{
	char *argv[] = {(char *)self, (char *)"-", (char *)"41", NULL};

	execve(self, argv, environ);
	_exit(99);
}

static void *nothing(void *arg)
{
	return arg;
}

/* Each does something else; the last two may end the process in two ways at the same time. */
static void *work(void *arg)
{
	int me = (int)(long)arg;
	pthread_t t;
	int p[2];
	char c;

	if (me == 0 && pipe(p) == 0 && read(p[0], &c, 1) >= 0) return NULL;
	if (me == 1) {
		pthread_mutex_lock(&lock);
		for (;;) pthread_cond_wait(&never, &lock);
	}
	if (me == 2)
		for (;;)
			if (!pthread_create(&t, NULL, nothing, NULL)) pthread_join(t, NULL);
	if (me == 3) {
		for (;;) {
			char *m = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (m == MAP_FAILED) continue;
			memset(m, 1, 65536);
			munmap(m, 65536);
		}
	}
	usleep(1000 * (unsigned)(way % 7));
	if (me == 4 && way % 3 == 0) become();
	if (me == 5 && way % 3 == 1) become();
	if (me == 4 && way % 3 == 1) become(); /* two at once */
	if (me == 5 && way % 4 == 3) kill(getpid(), SIGKILL);
	if (me == 4 && way % 3 == 2) _exit(41);
	for (;;) pause();
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 40, ok = 0, killed = 0, other = 0;

	self = argv[0];
	if (argc > 2) return atoi(argv[2]);
	for (int r = 0; r < rounds; r++) {
		pid_t c = fork();
		if (!c) {
			pthread_t t;
			way = r;
			for (long i = 0; i < THREADS; i++)
				if (pthread_create(&t, NULL, work, (void *)i)) _exit(98);
			if (r % 5 == 4) pthread_exit(NULL);
			for (;;) pause();
		}
		int status = -1;
		if (r % 2) kill(c, SIGSTOP), usleep(500), kill(c, SIGCONT);
		if (waitpid(c, &status, 0) != c) other++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 41) ok++;
		else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && r % 4 == 3) killed++;
		else {
			printf("round %d: status %x\n", r, (unsigned)status);
			other++;
		}
	}
	printf("ended well %d, otherwise %d\n", ok + killed, other);
	return 0;
}
