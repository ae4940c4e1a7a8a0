/* hostile: many processes at once call every number with hostile arguments, as nobody; the machine must not notice.
 * Run on a node by tests/qemu; arguments: seed, calls, processes, and the node their bodies go to (0: they stay).
 * Arguments are chosen to get past the first check: descriptors of every kind, memory that ends, structures that lie.
 * Never waits for a result: children that sleep, stop or hide from signals are killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY   65534
#define LAST     460
#define ROUND    300 /* calls of one child */
#define PAGE     4096
#define FAMILY   40  /* processes of nobody */
#define SPACE    (48 << 20)
#define ROUND_MS 1500 /* a child may sleep in a call that long; away ROUND_AWAY_MS */
#define ROUND_AWAY_MS 6000
#define PROCESSES_MAX 32
#define REPORT   900 /* the descriptor on which a child says that it made MARK calls more */
#define MARK     5

static uint32_t state;
static char *page, *hole, *solid;
static int fds[24], n_fds;

static uint32_t next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void hold(int fd)
{
	if (fd >= 0 && n_fds < (int)(sizeof fds / sizeof fds[0]))
		fds[n_fds++] = fd;
}

/* One descriptor of each kind that nobody can have. */
static void open_all(void)
{
	static const char *const paths[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/ptmx", "/proc/self/maps",
					    "/proc/self/status", "/proc/meminfo", "/proc/stat", "/tmp/hostile", "/proc", "/dev/tty"};
	int pair[2];

	for (unsigned i = 0; i < sizeof paths / sizeof paths[0]; i++)
		hold(open(paths[i], O_RDWR | O_NONBLOCK));
	for (unsigned i = 4; i < sizeof paths / sizeof paths[0]; i++)
		hold(open(paths[i], O_RDONLY | O_NONBLOCK));
	hold(open("/tmp/hostile/file", O_RDWR | O_CREAT, 0666));
	if (pipe(pair) == 0)
		hold(pair[0]), hold(pair[1]);
	if (socketpair(AF_UNIX, next() & 1 ? SOCK_STREAM : SOCK_DGRAM, 0, pair) == 0)
		hold(pair[0]), hold(pair[1]);
	hold(epoll_create1(0));
	hold(eventfd(next() & 3, EFD_NONBLOCK));
	hold(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	hold(inotify_init1(IN_NONBLOCK));
}

/* Two pages and nothing behind them; a page that may only be read; words in them that look like pointers, lengths, descriptors. */
static void memory(void)
{
	page = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 2 * PAGE, PAGE);
	hole = page + 2 * PAGE;
	solid = mmap(NULL, PAGE, PROT_READ, (next() & 1 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
}

static uint32_t word(void);

static void fill(void)
{
	uint32_t *at = (uint32_t *)page;

	for (int i = 0; i < 2 * PAGE / 4; i++)
		at[i] = next() % 3 ? word() : 0;
	if (next() % 4 == 0)
		strcpy(page, next() & 1 ? "/tmp/hostile/file" : "/proc/self/fd/3");
	if (next() % 4 == 0)
		strcpy(page + 256, next() & 1 ? "/tmp/hostile/other" : "../hostile/./a");
}

static uint32_t pointer(void)
{
	switch (next() % 10) {
	case 0: return (uint32_t)(uintptr_t)(hole - (next() & 63));
	case 1: return (uint32_t)(uintptr_t)solid + (next() & 0xFFC);
	case 2: return 0xC0000000u - (next() & 63);
	case 3: return 0xC0100000u + (next() & 0xFFFFF);
	case 4: return (uint32_t)(uintptr_t)page + 256;
	default: return (uint32_t)(uintptr_t)page + (next() & 0x7F) * 4;
	}
}

static uint32_t word(void)
{
	static const uint32_t borders[] = {0, 1, 2, 0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x80000000, 0x80000001, PAGE, PAGE - 1, 0xFFFFF000,
					   0xBFFFF000, 0xC0000000, 0x10000, 1024, 64, 16, 8, 0xFFFFFF9C /* AT_FDCWD */};

	switch (next() % 8) {
	case 0: return (uint32_t)fds[next() % (unsigned)n_fds];
	case 1: case 2: return pointer();
	case 3: return 1u << (next() & 31);
	case 4: return next() & 0xFF;
	case 5: return next();
	default: return borders[next() % (sizeof borders / sizeof borders[0])];
	}
}

static uint32_t argument(int at)
{
	uint32_t dice = next() % 8;

	if (at == 0 && dice < 4)
		return (uint32_t)fds[next() % (unsigned)n_fds];
	if (dice < 6 && at > 0)
		return dice < 4 ? pointer() : next() & 0x3F;
	return word();
}

/* exit, exit_group, sigreturn, rt_sigreturn end the child; the forks are rare: each doubles those who call */
static int wanted(long number)
{
	switch (number) {
	case 1: case 252: case 119: case 173: return next() % 64 == 0;
	case 2: case 120: case 190: return next() % 8 == 0;
	case 26: return 0; /* ptrace: ours to be watched by nobody */
	default: return 1;
	}
}

static void go_to(int node)
{
	char text[16];
	int fd = open("/proc/self/goto", O_WRONLY);

	if (fd < 0)
		return;
	snprintf(text, sizeof text, "%d", node);
	if (write(fd, text, strlen(text)) < 0)
		_exit(3);
	close(fd);
}

static void bound(int resource, rlim_t most)
{
	struct rlimit l = {most, most};

	setrlimit(resource, &l);
}

static void child(uint32_t seed, int node)
{
	char mark = 0;
	pid_t self = getpid();

	state = seed * 2654435761u + 12345u;
	for (int i = 0; i < 4; i++)
		next();
	setsid();
	for (int fd = 0, null = open("/dev/null", O_RDWR); fd < 3; fd++)
		dup2(null, fd);
	bound(RLIMIT_CORE, 0);
	bound(RLIMIT_CPU, 3);
	bound(RLIMIT_NPROC, FAMILY);
	bound(RLIMIT_AS, SPACE);
	bound(RLIMIT_FSIZE, 1 << 20);
	if (node)
		go_to(node);
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		_exit(2);
	open_all();
	memory();
	for (int i = 0; i < ROUND; i++) {
		long number = next() % LAST;

		if (!wanted(number))
			continue;
		if (i % 16 == 0)
			fill();
		alarm(1);
		syscall(number, argument(0), argument(1), argument(2), argument(3), argument(4), argument(5));
		if (i % MARK == MARK - 1 && getpid() == self && write(REPORT, &mark, 1) < 0)
			_exit(4);
	}
	_exit(0);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Kills all that nobody runs: children of children too. */
static void sweep(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setuid(NOBODY))
			_exit(2);
		kill(-1, SIGKILL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* System V objects outlive those who made them. */
static void remove_objects(void)
{
	struct shmid_ds shm;
	struct seminfo info;
	struct msqid_ds queue;
	union { int value; void *p; } arg = {.p = &info};

	for (int i = 0, most = shmctl(0, SHM_INFO, (struct shmid_ds *)&(struct shm_info){0}); i <= most; i++)
		shmctl(shmctl(i, SHM_STAT, &shm), IPC_RMID, NULL);
	for (int i = 0, most = semctl(0, 0, SEM_INFO, arg); i <= most; i++) {
		struct semid_ds one;

		arg.p = &one;
		semctl(semctl(i, 0, SEM_STAT, arg), 0, IPC_RMID);
	}
	for (int i = 0, most = msgctl(0, MSG_INFO, (struct msqid_ds *)&(struct msginfo){0}); i <= most; i++)
		msgctl(msgctl(i, MSG_STAT, &queue), IPC_RMID, NULL);
}

/* Calls that children reported since the last time; what they write there by chance is little. */
static uint32_t reported(int from)
{
	char marks[64];
	ssize_t n = read(from, marks, sizeof marks);

	return n > 0 ? (uint32_t)n * MARK : 0;
}

struct one {
	pid_t pid;
	int64_t since;
};

/* A new child in place of one that has ended; one that is late is killed. */
static void tend(struct one *c, uint32_t seed, int node)
{
	if (c->pid && waitpid(c->pid, NULL, WNOHANG) == c->pid)
		c->pid = 0;
	if (c->pid && now_ms() - c->since > (node ? ROUND_AWAY_MS : ROUND_MS))
		kill(c->pid, SIGKILL);
	if (c->pid)
		return;
	c->since = now_ms();
	c->pid = fork();
	if (c->pid == 0)
		child(seed, node);
	if (c->pid < 0) {
		c->pid = 0;
		sweep();
	}
}

int main(int argc, char **argv)
{
	uint32_t seed = argc > 1 ? (uint32_t)atoi(argv[1]) : 1, calls = argc > 2 ? (uint32_t)atoi(argv[2]) : 10000, made = 0;
	int processes = argc > 3 ? atoi(argv[3]) : 6, node = argc > 4 ? atoi(argv[4]) : 0, report[2];
	struct one all[PROCESSES_MAX] = {0};

	if (processes < 1 || processes > PROCESSES_MAX || pipe2(report, O_NONBLOCK) || dup2(report[1], REPORT) < 0)
		return 2;
	close(report[1]);
	mkdir("/tmp/hostile", 0777);
	if (chmod("/tmp/hostile", 0777) || chdir("/tmp/hostile"))
		return 2;
	for (uint32_t round = 0; made < calls; round++) {
		for (int i = 0; i < processes; i++)
			tend(&all[i], seed * 7919 + round * PROCESSES_MAX + (uint32_t)i, node);
		usleep(2000);
		made += reported(report[0]);
	}
	for (int i = 0; i < 3; i++)
		sweep();
	remove_objects();
	printf("%u calls and more\n", calls);
	return 0;
}
