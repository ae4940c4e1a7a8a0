/* exhaust: takes one thing until there is no more of it, says what the end was, and gives all back.
 * Run on a small node by tests/qemu; argument: what.
 * Never reads a size of the machine: the end comes when it comes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE   4096
#define PIECE  (256 << 10)
#define GREEDY 4

static void say(const char *what, int error)
{
	printf("%s: %s\n", what, error == EMFILE ? "EMFILE" : error == ENOMEM ? "ENOMEM" : error ? strerror(error) : "no end");
	fflush(stdout);
}

/* Memory that is used as it comes: a refusal, or the end of this process. */
static int take_memory(void)
{
	for (;;) {
		char *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (piece == MAP_FAILED)
			return errno;
		for (int i = 0; i < PIECE; i += PAGE)
			piece[i] = 1;
	}
}

/* Several at once; each is refused memory or killed, and the one that waits is neither. */
static void processes(void)
{
	int status, refused = 0, killed = 0;

	for (int i = 0; i < GREEDY; i++)
		if (fork() == 0)
			_exit(take_memory() == ENOMEM ? 12 : 1);
	while (wait(&status) > 0) {
		refused += WIFEXITED(status) && WEXITSTATUS(status) == 12;
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	printf("processes: %s\n", refused + killed == GREEDY ? "each refused or killed" : "strange ends");
}

static void overcommit(void)
{
	uint32_t n = 0;
	int status;

	/* more than there is, asked for at once: refused, or granted and then killed for using it */
	if (fork() == 0) {
		char *p = mmap(NULL, 1u << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		for (; p != MAP_FAILED && n < 1u << 30; n += PAGE)
			p[n] = 1;
		_exit(p == MAP_FAILED ? 12 : 1);
	}
	wait(&status);
	printf("overcommit: %s\n", (WIFEXITED(status) && WEXITSTATUS(status) == 12) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ?
	       "refused or killed" : "strange end");
}

static void tmpfs(void)
{
	static char data[65536];
	int fd = open("/tmp/exhaust", O_RDWR | O_CREAT | O_TRUNC, 0600), error = 0;

	for (ssize_t n = 1; n > 0 && !error;) {
		n = write(fd, data, sizeof data);
		if (n < 0)
			error = errno;
	}
	unlink("/tmp/exhaust");
	close(fd);
	printf("tmpfs: %s\n", error == ENOSPC || error == ENOMEM ? "full" : "strange end");
}

static void small_files(void)
{
	char name[64];
	int error = 0, n = 0;

	mkdir("/tmp/many", 0700);
	for (; !error && n < 1000000; n++) {
		snprintf(name, sizeof name, "/tmp/many/%d", n);
		int fd = open(name, O_RDWR | O_CREAT, 0600);

		if (fd < 0 || write(fd, name, sizeof name) < 0)
			error = errno;
		if (fd >= 0)
			close(fd);
	}
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof name, "/tmp/many/%d", i);
		unlink(name);
	}
	rmdir("/tmp/many");
	printf("files: %s\n", error == ENOSPC || error == ENOMEM ? "full" : "strange end");
}

/* Pipes full of data and sockets full of descriptors, in as many processes as it takes. */
static int fill_pipes(void)
{
	static char data[65536];
	int pair[2];

	for (int i = 0;; i++) {
		if (i % 2 ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) : pipe2(pair, O_NONBLOCK))
			return errno;
		while (write(pair[1], data, sizeof data) > 0)
			;
		if (errno != EAGAIN)
			return errno;
	}
}

static void pipes(void)
{
	int status, odd = 0;

	for (int i = 0; i < GREEDY; i++)
		if (fork() == 0) {
			int error = fill_pipes();

			_exit(error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ? 0 : error);
		}
	while (wait(&status) > 0)
		odd += status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	printf("pipes: %s\n", odd ? "strange ends" : "no more");
}

/* Each child has one child. */
static void forks(void)
{
	int status, deep = 0, end[2];
	char byte = 0;

	if (pipe(end))
		return;
	pid_t first = fork();
	while (deep < 100000 && (deep ? fork() : first) == 0)
		deep++;
	if (deep > 0) {
		if (write(end[1], &byte, 1) != 1)
			_exit(1);
		while (wait(NULL) > 0)
			;
		_exit(0);
	}
	close(end[1]);
	waitpid(first, &status, 0);
	while (read(end[0], &byte, 1) > 0)
		deep++;
	printf("forks: %s\n", deep > 50 ? "a tall tree" : "a low tree");
}

static void *sleeper(void *arg)
{
	int *gate = arg;
	char byte;

	return (void *)(intptr_t)read(*gate, &byte, 1);
}

static void threads(void)
{
	static pthread_t all[20000];
	pthread_attr_t small;
	int gate[2], n = 0, error = 0;

	if (pipe(gate))
		return;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	while (n < 20000 && !(error = pthread_create(&all[n], &small, sleeper, &gate[0])))
		n++;
	close(gate[1]);
	for (int i = 0; i < n; i++)
		pthread_join(all[i], NULL);
	printf("threads: %s\n", n > 50 && (error == EAGAIN || error == ENOMEM) ? "no more" : "strange end");
}

static void descriptors(void)
{
	static struct pollfd all[4096];
	struct rlimit most = {4096, 4096};
	int n = 0, end, fd = open("/dev/null", O_RDWR);

	setrlimit(RLIMIT_NOFILE, &most);
	while (n < 4096 && (all[n].fd = dup(fd)) >= 0)
		all[n++].events = POLLIN;
	end = errno;
	printf("descriptors: %s, %s\n", end == EMFILE ? "EMFILE" : "strange end", n > 4000 && poll(all, (nfds_t)n, -1) == n ? "all polled" : strerror(errno));
}

static void maps(void)
{
	char *all = mmap(NULL, 1u << 29, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	errno = 0;
	for (uint32_t i = 0; i < 1u << 29; i += 2 * PAGE)
		if (mprotect(all + i, PAGE, PROT_READ))
			break;
	say("maps", errno);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} all[] = {{"processes", processes}, {"overcommit", overcommit}, {"tmpfs", tmpfs}, {"files", small_files}, {"pipes", pipes},
		   {"forks", forks}, {"threads", threads}, {"descriptors", descriptors}, {"maps", maps}};

	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
		if (argc > 1 && !strcmp(argv[1], all[i].name)) {
			all[i].run();
			return 0;
		}
	return 2;
}
