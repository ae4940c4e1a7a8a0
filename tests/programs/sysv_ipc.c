/* sysv_ipc.c - System V shared memory, semaphores with undo, message queues; /dev/shm.
 * Run by: tests/qemu/test_ipc.py, at home, moved, and on the host; the output is the same everywhere.
 * Never: prints an id, an address or a time; leaves an object behind. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union semun { int val; struct semid_ds *buf; unsigned short *array; };

static key_t key;

static void say(const char *what, long r)
{
	if (r == -1)
		printf("%s -1 %s\n", what, strerror(errno));
	else
		printf("%s %ld\n", what, r);
}

static void good(const char *what, long r)
{
	say(what, r == -1 ? -1 : 0);
}

static void test_shm(void)
{
	int id = shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640), status;
	struct shmid_ds d;

	good("get", id);
	good("again", shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640));
	printf("same %d\n", shmget(key, 0, 0) == id);
	good("too big", shmget(key, 20000, 0));
	good("absent", shmget(key + 1, 100, 0));
	good("size 0", shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600));
	char *p = shmat(id, NULL, 0), *q = shmat(id, NULL, SHM_RDONLY);
	printf("attach %d %d\n", p != (void *)-1, q != (void *)-1);
	printf("zero %d\n", p[0] == 0 && p[9999] == 0);
	strcpy(p + 5000, "shared");
	printf("seen %s\n", q + 5000);
	say("stat", shmctl(id, IPC_STAT, &d));
	printf("size %zu attached %lu mode %o mine %d %d\n", d.shm_segsz, (unsigned long)d.shm_nattch, d.shm_perm.mode,
	       d.shm_cpid == getpid(), d.shm_perm.uid == geteuid());
	if (fork() == 0) {
		shmctl(id, IPC_STAT, &d);
		printf("child attached %lu\n", (unsigned long)d.shm_nattch);
		strcpy(p, "from the child");
		_exit(shmdt(q) == 0 ? 3 : 4);
	}
	wait(&status);
	printf("child %x %s\n", status, q);
	for (int i = 0; i < 200 && shmctl(id, IPC_STAT, &d) == 0 && d.shm_nattch > 2; i++) usleep(5000);
	say("detach", shmdt(q));
	say("detach again", shmdt(q));
	say("not attached", shmdt(p + 4096));
	say("odd", (long)shmat(id, (void *)0x10001, 0));
	char *r = shmat(id, (void *)0x20000123, SHM_RND);
	printf("rounded %d\n", r == (void *)0x20000000);
	say("taken", (long)shmat(id, (void *)0x20001000, 0));
	say("remap", shmat(id, (void *)0x20000000, SHM_REMAP) == (void *)0x20000000 ? 0 : -1);
	say("remove", shmctl(id, IPC_RMID, NULL));
	strcpy(p, "still");
	printf("still %s\n", r);
	say("stat", shmctl(id, IPC_STAT, &d));
	printf("dest %d attached %lu\n", (d.shm_perm.mode & 01000) != 0, (unsigned long)d.shm_nattch);
	good("key is free", shmget(key, 1, 0));
	shmdt(p);
	shmdt(r);
	say("gone", shmctl(id, IPC_STAT, &d));
	say("attach gone", (long)shmat(id, NULL, 0));
	say("command", shmctl(0, 77, NULL));
}

static int op(int id, int num, int n, int flags)
{
	struct sembuf b = {.sem_num = (unsigned short)num, .sem_op = (short)n, .sem_flg = (short)flags};

	return semop(id, &b, 1);
}

static void test_sem(void)
{
	int id = semget(key, 3, IPC_CREAT | IPC_EXCL | 0600), status;
	unsigned short all[3] = {5, 6, 7};
	struct semid_ds d;

	good("get", id);
	good("more", semget(key, 4, 0));
	good("none", semget(IPC_PRIVATE, 0, 0600));
	say("value", semctl(id, 0, GETVAL));
	say("set", semctl(id, 0, SETVAL, (union semun){.val = 2}));
	say("value", semctl(id, 0, GETVAL));
	say("range", semctl(id, 0, SETVAL, (union semun){.val = 40000}));
	say("number", semctl(id, 9, GETVAL));
	say("all", semctl(id, 0, SETALL, (union semun){.array = all}));
	memset(all, 0, sizeof all);
	say("all", semctl(id, 0, GETALL, (union semun){.array = all}));
	printf("%d %d %d\n", all[0], all[1], all[2]);
	say("stat", semctl(id, 0, IPC_STAT, (union semun){.buf = &d}));
	printf("n %lu mode %o\n", (unsigned long)d.sem_nsems, d.sem_perm.mode);
	say("down", op(id, 0, -5, 0));
	say("down", op(id, 0, -1, IPC_NOWAIT));
	say("zero", op(id, 0, 0, 0));
	say("zero", op(id, 1, 0, IPC_NOWAIT));
	say("number", op(id, 9, 1, 0));
	say("too far", op(id, 2, 32767, 0));
	printf("pid %d\n", semctl(id, 0, GETPID) == getpid());
	struct sembuf two[2] = {{1, -6, 0}, {0, -1, IPC_NOWAIT}};
	say("whole or not", semop(id, two, 2));
	say("untouched", semctl(id, 1, GETVAL));
	if (fork() == 0) {
		op(id, 2, 10, SEM_UNDO);
		op(id, 1, -6, SEM_UNDO);
		printf("child %d %d\n", semctl(id, 1, GETVAL), semctl(id, 2, GETVAL));
		_exit(0);
	}
	wait(&status);
	printf("undone %d %d\n", semctl(id, 1, GETVAL), semctl(id, 2, GETVAL));
	pid_t pid = fork();
	if (pid == 0) _exit(op(id, 0, -3, 0) == 0 ? 5 : 6);
	while (semctl(id, 0, GETNCNT) == 0) usleep(1000);
	op(id, 0, 1, 0);
	op(id, 0, 2, 0);
	waitpid(pid, &status, 0);
	printf("woken %x ncnt %d\n", status, semctl(id, 0, GETNCNT));
	struct timespec t = {0, 20000000};
	say("timed", semtimedop(id, &(struct sembuf){0, -1, 0}, 1, &t));
	pid = fork();
	if (pid == 0) {
		int r = op(id, 0, -1, 0);
		_exit(r == -1 && errno == EIDRM ? 7 : 8);
	}
	while (semctl(id, 0, GETNCNT) == 0) usleep(1000);
	say("remove", semctl(id, 0, IPC_RMID));
	waitpid(pid, &status, 0);
	printf("removed %x\n", status);
	say("gone", semctl(id, 0, GETVAL));
	say("nothing", semop(id, two, 0));
}

struct note { long type; char text[100]; };

static void take(const char *what, int id, long type, size_t room, int flags)
{
	struct note n = {0, ""};
	ssize_t r = msgrcv(id, &n, room, type, flags);

	if (r < 0)
		say(what, r);
	else
		printf("%s %zd type %ld \"%.*s\"\n", what, r, n.type, (int)r, n.text);
}

static void put(const char *what, int id, long type, const char *text, int flags)
{
	struct note n = {.type = type};

	strcpy(n.text, text);
	say(what, msgsnd(id, &n, strlen(text), flags));
}

static void test_msg(void)
{
	int id = msgget(key, IPC_CREAT | IPC_EXCL | 0600), status;
	struct msqid_ds d;
	static struct { long type; char text[8200]; } big = {.type = 1};

	good("get", id);
	good("again", msgget(key, IPC_CREAT | IPC_EXCL | 0600));
	put("one", id, 1, "one", 0);
	put("two", id, 2, "two", 0);
	put("three", id, 3, "three", 0);
	put("four", id, 2, "four", 0);
	put("bad type", id, 0, "x", 0);
	say("stat", msgctl(id, IPC_STAT, &d));
	printf("n %lu bytes %lu limit %lu\n", (unsigned long)d.msg_qnum, (unsigned long)d.msg_cbytes, (unsigned long)d.msg_qbytes);
	take("type 2", id, 2, 100, 0);
	take("small", id, 3, 3, 0);
	take("cut", id, 3, 3, MSG_NOERROR);
	take("at most 5", id, -5, 100, 0);
	take("except 7", id, 7, 100, MSG_EXCEPT);
	take("none", id, 0, 100, IPC_NOWAIT);
	say("too long", msgsnd(id, &big, 8193, 0));
	say("long", msgsnd(id, &big, 8192, 0));
	say("long", msgsnd(id, &big, 8192, 0));
	say("full", msgsnd(id, &big, 1, IPC_NOWAIT));
	msgrcv(id, &big, 8192, 0, 0);
	msgrcv(id, &big, 8192, 0, 0);
	pid_t pid = fork();
	if (pid == 0) {
		take("child", id, 9, 100, 0);
		_exit(0);
	}
	usleep(20000);
	struct note eight = {8, "other"}, nine = {9, "waited for"};
	int sent = msgsnd(id, &eight, 5, 0) | msgsnd(id, &nine, 10, 0);
	waitpid(pid, &status, 0);
	say("sent", sent);
	take("other", id, 0, 100, 0);
	pid = fork();
	if (pid == 0) _exit(msgrcv(id, &big, 100, 1, 0) == -1 && errno == EIDRM ? 7 : 8);
	usleep(20000);
	say("remove", msgctl(id, IPC_RMID, NULL));
	waitpid(pid, &status, 0);
	printf("removed %x\n", status);
	put("gone", id, 1, "x", 0);
}

static void test_dev_shm(void)
{
	int fd = shm_open("/godwit-test", O_RDWR | O_CREAT | O_EXCL, 0600);

	good("shm_open", fd);
	say("truncate", ftruncate(fd, 8192));
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	strcpy(p + 4096, "in the file");
	say("msync", msync(p, 8192, MS_SYNC));
	char buf[20] = "";
	pread(fd, buf, 11, 4096);
	printf("%s\n", buf);
	unsigned char in[2];
	say("mincore", mincore(p, 8192, in));
	printf("%d\n", in[1] & 1);
	munmap(p, 8192);
	close(fd);
	say("unlink", shm_unlink("/godwit-test"));
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	key = (key_t)(0x47000000 | getpid());
	test_shm();
	test_sem();
	test_msg();
	test_dev_shm();
	return 0;
}
