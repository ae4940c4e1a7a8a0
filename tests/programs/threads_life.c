/* threads_life.c - how processes with threads end, fork and become other programs.
 * Run by tests/qemu/test_threads.py here and on the host. argv[1] "again": what the execs start.
 * Never: prints what depends on who runs first. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static const char *self;
static sem_t ready;

static void *idle(void *arg)
{
	sem_post(&ready);
	for (;;) {
		if (arg)
			pause();
		else
			sched_yield();
	}
	return NULL;
}

static void company(int n)
{
	pthread_t t;

	for (int i = 0; i < n; i++) {
		if (pthread_create(&t, NULL, idle, (void *)(long)(i % 2))) exit(9);
		sem_wait(&ready);
	}
}

static void report(const char *what, pid_t child)
{
	int status = -1;

	pid_t got = waitpid(child, &status, 0);
	if (WIFEXITED(status))
		printf("%s: %d exit %d\n", what, got == child, WEXITSTATUS(status));
	else
		printf("%s: %d signal %d\n", what, got == child, WTERMSIG(status));
}

/* ---- ends */
static void *exit_all(void *arg)
{
	exit((int)(long)arg);
}

static void *last_one(void *arg)
{
	(void)arg;
	usleep(30000); /* the first thread has gone by now */
	return NULL;
}

static void *last_exits(void *arg)
{
	usleep(30000);
	_exit((int)(long)arg);
}

static void run_as(const char *what, const char *how)
{
	char *argv[] = {(char *)self, (char *)what, (char *)how, NULL};

	execve(self, argv, environ);
	_exit(99);
}

/* In a program of its own: after fork, musl's first thread may not end alone. */
static void first_goes(int status)
{
	pthread_t t;

	if (status)
		pthread_create(&t, NULL, last_exits, (void *)(long)status);
	else
		pthread_create(&t, NULL, last_one, NULL);
	pthread_exit(NULL);
}

static pid_t start(void)
{
	fflush(stdout);
	return fork();
}

static void ends(void)
{
	pthread_t t;
	pid_t c;

	if (!(c = start())) {
		company(4);
		_exit(3);
	}
	report("exit_group from the first", c);
	if (!(c = start())) {
		company(4);
		pthread_create(&t, NULL, exit_all, (void *)4L);
		for (;;) pause();
	}
	report("exit from another", c);
	if (!(c = start())) run_as("gone", "0");
	report("first thread before the last", c);
	if (!(c = start())) run_as("gone", "6");
	report("exit after the first has gone", c);
	if (!(c = start())) {
		pthread_create(&t, NULL, last_one, NULL);
		syscall(SYS_exit, 5);
	}
	report("exit(5) of the first only", c);
	if (!(c = start())) {
		company(3);
		kill(getpid(), SIGKILL);
		for (;;) pause();
	}
	report("killed", c);
}

/* ---- exec */
static void *exec_thread(void *arg)
{
	run_as("again", arg);
	return NULL;
}

static void *exec_bad(void *arg)
{
	(void)arg;
	char *argv[] = {NULL};
	execve("/no/such/file", argv, environ);
	_exit(errno == ENOENT ? 21 : 22);
}

static void execs(void)
{
	char pid[40];
	pthread_t t;
	pid_t c;

	for (int which = 0; which < 3; which++) {
		if ((c = start())) {
			report("exec", c);
			continue;
		}
		company(4);
		snprintf(pid, sizeof pid, "%d", (int)getpid());
		if (which == 0) run_as("again", pid);
		pthread_create(&t, NULL, exec_thread, pid);
		if (which == 2) syscall(SYS_exit, 0);
		for (;;) pause();
	}
	if (!(c = start())) {
		company(2);
		pthread_create(&t, NULL, exec_bad, NULL);
		for (;;) pause();
	}
	report("exec that fails", c);
}

static int count_tasks(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d));) n += e->d_name[0] != '.';
	if (d) closedir(d);
	return n;
}

static int again(const char *pid)
{
	printf("again: same pid %d, tid is pid %d, tasks %d\n", atoi(pid) == getpid(), (pid_t)syscall(SYS_gettid) == getpid(), count_tasks());
	return 0;
}

/* ---- fork and spawn from a thread */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value = 1;
static int before, in_parent, in_child;

static void prepare(void) { before++; }
static void parent(void) { in_parent++; }
static void child(void) { in_child++; }

static void *forker(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	value = 2;
	pid_t c = start();
	if (!c) {
		value = 3;
		pthread_mutex_unlock(&lock);
		pthread_mutex_lock(&lock);
		_exit(10 + value + count_tasks() * 10 + in_child * 100);
	}
	report("fork from a thread", c);
	pthread_mutex_unlock(&lock);
	printf("after: value %d, prepare %d, parent %d, child %d\n", value, before, in_parent, in_child);
	return NULL;
}

static void *spawner(void *arg)
{
	char *argv[] = {(char *)self, (char *)"exit7", NULL};
	pid_t c;

	(void)arg;
	fflush(stdout);
	int r = posix_spawn(&c, self, NULL, NULL, argv, environ);
	if (r) printf("spawn: %s\n", strerror(r));
	report("spawn from a thread", c);
	c = vfork();
	if (!c) {
		execve(self, argv, environ);
		_exit(98);
	}
	report("vfork from a thread", c);
	return NULL;
}

static void *waiter(void *arg)
{
	report("wait by another thread", *(pid_t *)arg);
	return NULL;
}

static void children(void)
{
	pthread_t t;

	company(2);
	pthread_atfork(prepare, parent, child);
	pthread_create(&t, NULL, forker, NULL);
	pthread_join(t, NULL);
	pthread_create(&t, NULL, spawner, NULL);
	pthread_join(t, NULL);
	pid_t c = start();
	if (!c) {
		usleep(20000);
		_exit(12);
	}
	pthread_create(&t, NULL, waiter, &c);
	pthread_join(t, NULL);
}

/* ---- /proc/PID/task and thread names */
static sem_t named, done;

static void *name_me(void *arg)
{
	(void)arg;
	pthread_setname_np(pthread_self(), "worker");
	sem_post(&named);
	sem_wait(&done);
	return NULL;
}

static void read_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "r");

	line[0] = 0;
	if (!f) return;
	if (!fgets(line, size, f)) line[0] = 0;
	line[strcspn(line, "\n")] = 0;
	fclose(f);
}

static void names(void)
{
	char line[64], name[32] = "", path[320];
	pthread_t t;

	sem_init(&named, 0, 0);
	sem_init(&done, 0, 0);
	pthread_create(&t, NULL, name_me, NULL);
	sem_wait(&named);
	pthread_getname_np(t, name, sizeof name);
	read_line("/proc/self/comm", line, sizeof line);
	printf("names: '%s' worker, first has its own %d, tasks %d\n", name, strcmp(line, "worker") != 0, count_tasks());
	DIR *d = opendir("/proc/self/task");
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] == '.' || atoi(e->d_name) == getpid()) continue;
		snprintf(path, sizeof path, "/proc/%d/task/%s/comm", (int)getpid(), e->d_name);
		read_line(path, line, sizeof line);
		printf("task: '%s'\n", line);
		snprintf(path, sizeof path, "/proc/%s/status", e->d_name);
		printf("status there: %d\n", access(path, R_OK));
	}
	if (d) closedir(d);
	sem_post(&done);
	pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	self = argv[0];
	setvbuf(stdout, NULL, _IONBF, 0);
	sem_init(&ready, 0, 0);
	if (argc > 2 && !strcmp(argv[1], "again")) return again(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "exit7")) return 7;
	if (argc > 2) first_goes(atoi(argv[2]));
	names();
	ends();
	execs();
	children();
	fflush(stdout);
	return 0;
}
