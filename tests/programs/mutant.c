/* mutant: runs mutated copies of a program, each in a child; the machine must survive with its memory.
 * Run on a node by tests/qemu; arguments: the program, how many, a seed.
 * Never expects a particular end: refused, killed and run are all right. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t state;
static unsigned char image[1 << 20];

static uint32_t next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Header and program headers mostly; sometimes the file is cut off. */
static size_t mutate(unsigned char *p, size_t n)
{
	static const uint32_t odd[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffff000, 4096, 0xbffff000, 0xc0000000};
	uint32_t changes = 1 + next() % 4;

	while (changes--) {
		size_t at = next() % 4 ? 16 + next() % 400 : next() % n;
		if (at + 4 > n)
			continue;
		if (next() % 2)
			p[at] = (unsigned char)next();
		else
			memcpy(p + (at & ~(size_t)3), &odd[next() % (sizeof odd / sizeof odd[0])], 4);
	}
	return next() % 8 ? n : next() % n;
}

static int write_file(const char *path, const unsigned char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	int ok = fd >= 0 && write(fd, p, n) == (ssize_t)n;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void run(const char *path)
{
	struct rlimit cpu = {1, 1}, room = {32 << 20, 32 << 20};
	int null = open("/dev/null", O_RDWR);

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_AS, &room);
	alarm(1);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execl(path, "mutant", (char *)NULL);
	_exit(errno == ENOEXEC || errno == ENOMEM || errno == EINVAL || errno == ELIBBAD || errno == ENOENT || errno == EACCES ||
	      errno == EFAULT || errno == E2BIG || errno == ELOOP || errno == ENAMETOOLONG || errno == ENOTDIR ? 120 : 121);
}

int main(int argc, char **argv)
{
	static unsigned char copy[sizeof image];
	const char *path = "/tmp/mutant.bin";
	int refused = 0, odd = 0, killed = 0, ended = 0, status;

	if (argc != 4)
		return 2;
	int fd = open(argv[1], O_RDONLY);
	ssize_t n = read(fd, image, sizeof image);
	if (n < 1000)
		return 2;
	state = (uint32_t)atoi(argv[3]) * 2654435761u + 1;
	for (int i = atoi(argv[2]); i > 0; i--) {
		memcpy(copy, image, (size_t)n);
		size_t len = mutate(copy, (size_t)n);
		unlink(path);
		if (!write_file(path, copy, len))
			return 3;
		pid_t pid = fork();
		if (pid == 0)
			run(path);
		if (waitpid(pid, &status, 0) != pid)
			return 4;
		if (WIFSIGNALED(status))
			killed++;
		else if (WEXITSTATUS(status) == 120)
			refused++;
		else if (WEXITSTATUS(status) == 121)
			odd++;
		else
			ended++;
	}
	unlink(path);
	printf("mutants: all run, %d odd\n", odd);
	fprintf(stderr, "%d refused, %d killed, %d ended\n", refused, killed, ended);
	return odd != 0;
}
