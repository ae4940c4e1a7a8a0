/* sysv: System V shared memory, semaphores and message queues, by their own numbers and by ipc(117). */
#include "raw.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define SHMGET 395
#define SHMAT 397
#define SHMDT 398
#define SHMCTL 396
#define SEMGET 393
#define SEMCTL 394
#define MSGGET 399
#define MSGSND 400
#define MSGRCV 401
#define MSGCTL 402
#define IPC_CALL 117

static int shm_id, sem_id, msg_id;

static void shm_stat(const char *cond, int id)
{
	struct shmid_ds d;
	long r = sc(SHMCTL, id, IPC_STAT, &d);
	if (r) { put("shmctl", cond, r); return; }
	note("shmctl", cond, "mode %o size %u attached %u uid %u cuid %u key %x cpid %d lpid %d times %d%d%d", d.shm_perm.mode, (unsigned)d.shm_segsz,
	     (unsigned)d.shm_nattch, d.shm_perm.uid, d.shm_perm.cuid, (unsigned)d.shm_perm.__key, d.shm_cpid == getpid(), d.shm_lpid == getpid(),
	     d.shm_atime != 0, d.shm_dtime != 0, d.shm_ctime != 0);
}

static void shm_user(void)
{
	struct shmid_ds d;
	put("shmget", "another's, no permission", sc(SHMGET, 0x1234, 0, 0600));
	ok("shmget", "another's, nothing asked", sc(SHMGET, 0x1234, 0, 0));
	put("shmat", "another's, no permission", sc(SHMAT, shm_id, 0, 0));
	put("shmat", "another's, for reading, no permission", sc(SHMAT, shm_id, 0, SHM_RDONLY));
	put("shmctl", "IPC_STAT, no permission", sc(SHMCTL, shm_id, IPC_STAT, &d));
	put("shmctl", "IPC_SET, not the owner", sc(SHMCTL, shm_id, IPC_SET, &d));
	put("shmctl", "IPC_RMID, not the owner", sc(SHMCTL, shm_id, IPC_RMID, 0));
	put("shmctl", "SHM_LOCK, not the owner", sc(SHMCTL, shm_id, SHM_LOCK, 0));
	int mine = (int)ok("shmget", "not root", sc(SHMGET, 0, 100, 0600));
	shm_stat("IPC_STAT, mine, not root", mine);
	put("shmctl", "IPC_RMID, mine", sc(SHMCTL, mine, IPC_RMID, 0));
}

static void shared(void)
{
	fault_init();
	int id = (int)ok("shmget", "private", sc(SHMGET, IPC_PRIVATE, 5000, 0640));
	struct shmid_ds d;

	shm_stat("IPC_STAT, fresh", id);
	put("shmget", "no such key", sc(SHMGET, 0x1234, 5000, 0));
	put("shmget", "size 0", sc(SHMGET, 0x1234, 0, IPC_CREAT | 0600));
	put("shmget", "size too large", sc(SHMGET, 0x1234, 0xffffffff, IPC_CREAT | 0600));
	shm_id = (int)ok("shmget", "create", sc(SHMGET, 0x1234, 8192, IPC_CREAT | 0600));
	put("shmget", "exclusive, it is there", sc(SHMGET, 0x1234, 8192, IPC_CREAT | IPC_EXCL | 0600));
	note("shmget", "the same again", "%s", sc(SHMGET, 0x1234, 8192, IPC_CREAT) == shm_id ? "same" : "other");
	note("shmget", "smaller", "%s", sc(SHMGET, 0x1234, 1, 0) == shm_id ? "same" : "other");
	put("shmget", "larger", sc(SHMGET, 0x1234, 8193, 0));
	put("shmget", "larger by a byte within the page", sc(SHMGET, 0x1234, 12288, 0));
	int spare = (int)ok("shmget", "SHM_NORESERVE", sc(SHMGET, IPC_PRIVATE, 100, 010000 | 0600));
	put("shmget", "SHM_HUGETLB", sc(SHMGET, IPC_PRIVATE, 4 << 20, 04000 | 0600));
	as_user(1000, 1000, shm_user);
	char *a = (char *)ok("shmat", "anywhere", sc(SHMAT, shm_id, 0, 0)), *b;
	a = shmat(shm_id, NULL, 0);
	b = shmat(shm_id, NULL, SHM_RDONLY);
	a[0] = 'S';
	note("shmat", "seen at both places", "%c", b[0]);
	touch("access: shmat, read-only, write", b, 'w');
	put("mprotect", "read-only attachment to writing", sc(SYS_mprotect, b, PG, RW));
	shm_stat("IPC_STAT, three attachments", shm_id);
	put("shmat", "address not aligned", sc(SHMAT, shm_id, b + 100, 0));
	put("shmat", "address in use", sc(SHMAT, shm_id, a, 0));
	note("shmat", "SHM_RND rounds down", "%s", (shmdt(b), sc(SHMAT, shm_id, b + 100, SHM_RND) == (long)b) ? "there" : "not");
	note("shmat", "SHM_REMAP over something", "%s", sc(SHMAT, shm_id, b, SHM_REMAP) == (long)b ? "there" : "not");
	put("shmat", "SHM_REMAP without an address", sc(SHMAT, shm_id, 0, SHM_REMAP));
	put("shmat", "no such segment", sc(SHMAT, 0x7fffffff, 0, 0));
	put("shmat", "negative number", sc(SHMAT, -1, 0, 0));
	put("shmat", "beyond user space", sc(SHMAT, shm_id, 0xc0000000, 0));
	put("shmdt", "success", sc(SHMDT, b));
	put("shmdt", "twice", sc(SHMDT, b));
	put("shmdt", "not aligned", sc(SHMDT, a + 1));
	put("shmdt", "inside an attachment", sc(SHMDT, a + PG));
	put("shmdt", "other memory", sc(SHMDT, mmap(0, PG, RW, ANON, -1, 0)));
	touch("access: shmdt, the old place", b, 'r');
	munmap(a + PG, PG);
	put("shmdt", "half of it was unmapped", sc(SHMDT, a));
	a = shmat(shm_id, NULL, 0);
	pid_t pid = fork();
	if (!pid) { a[1] = 'c'; shm_stat("IPC_STAT, in a child", shm_id); _exit(0); }
	waitpid(pid, NULL, 0);
	note("fork", "child wrote to a segment", "%c", a[1]);
	shm_stat("IPC_STAT, after the child", shm_id);
	touch("access: shmat, last byte of the last page", a + 8191, 'w');
	char *e = shmat(id, NULL, 0);
	touch("access: shmat, beyond the size, same page", e + 5001, 'w');
	touch("access: shmat, last page of it", e + 8191, 'r');
	put("shmctl", "IPC_STAT, bad pointer", sc(SHMCTL, shm_id, IPC_STAT, 16));
	put("shmctl", "IPC_SET, bad pointer", sc(SHMCTL, shm_id, IPC_SET, 16));
	put("shmctl", "unknown command", sc(SHMCTL, shm_id, 99, &d));
	put("shmctl", "no such segment", sc(SHMCTL, 0x7fffffff, IPC_STAT, &d));
	put("shmctl", "negative number", sc(SHMCTL, -1, IPC_STAT, &d));
	put("shmctl", "the bit of ipc's newer layout", sc(SHMCTL, shm_id, IPC_STAT | 0x100, &d));
	put("shmctl", "negative command", sc(SHMCTL, shm_id, -1, &d));
	sc(SHMCTL, shm_id, IPC_STAT, &d);
	d.shm_perm.mode = 07644, d.shm_perm.uid = 1000, d.shm_perm.gid = 1001;
	put("shmctl", "IPC_SET", sc(SHMCTL, shm_id, IPC_SET, &d));
	shm_stat("IPC_STAT, after IPC_SET", shm_id);
	d.shm_perm.uid = (uid_t)-1;
	put("shmctl", "IPC_SET, uid -1", sc(SHMCTL, shm_id, IPC_SET, &d));
	put("shmctl", "SHM_LOCK", sc(SHMCTL, shm_id, SHM_LOCK, 0));
	shm_stat("IPC_STAT, locked", shm_id);
	put("shmctl", "SHM_UNLOCK", sc(SHMCTL, shm_id, SHM_UNLOCK, 0));
	struct shminfo info;
	memset(&info, 0, sizeof info);
	ok("shmctl", "IPC_INFO", sc(SHMCTL, 0, IPC_INFO, &info));
	note("shmctl", "IPC_INFO: what it tells", "%lu %lu %lu %lu %lu", info.shmmax, info.shmmin, info.shmmni, info.shmseg, info.shmall);
	struct shm_info used;
	ok("shmctl", "SHM_INFO", sc(SHMCTL, 0, SHM_INFO, &used));
	note("shmctl", "SHM_INFO: segments and pages", "%d %lu", used.used_ids, used.shm_tot);
	long slot = sc(SHMCTL, 0, SHM_INFO, &used);
	note("shmctl", "SHM_STAT of the highest", "%s", sc(SHMCTL, slot, SHM_STAT, &d) >= 0 ? "a number" : "not");
	note("shmctl", "SHM_STAT_ANY of the highest", "%s", sc(SHMCTL, slot, 15, &d) >= 0 ? "a number" : "not");
	put("shmctl", "SHM_STAT of a free slot", sc(SHMCTL, 4000, SHM_STAT, &d));
	put("shmctl", "IPC_RMID, attached", sc(SHMCTL, shm_id, IPC_RMID, 0));
	shm_stat("IPC_STAT, removed but attached", shm_id);
	put("shmget", "removed but attached", sc(SHMGET, 0x1234, 0, 0));
	ok("shmat", "removed but attached", sc(SHMAT, shm_id, 0, 0));
	note("shmat", "content of the removed", "%c", a[0]);
	put("shmctl", "IPC_RMID twice", sc(SHMCTL, shm_id, IPC_RMID, 0));
	put("shmctl", "IPC_RMID of the private", sc(SHMCTL, id, IPC_RMID, 0));
	shmdt(e);
	put("shmctl", "IPC_STAT, gone", sc(SHMCTL, id, IPC_STAT, &d));
	sc(SHMCTL, spare, IPC_RMID, 0); /* nothing stays: the family runs twice on one machine */
	sc(SHMCTL, (int)ok("ipc", "shmget", sc(IPC_CALL, 23, IPC_PRIVATE, 100, 0600, 0)), IPC_RMID, 0);
	id = (int)sc(IPC_CALL, 23, IPC_PRIVATE, 100, 0600, 0);
	long where = 0;
	put("ipc", "shmat", sc(IPC_CALL, 21, id, 0, &where, 0));
	note("ipc", "shmat's address", "%d", where != 0);
	put("ipc", "shmat, version 1", sc(IPC_CALL, 21 | 1 << 16, id, 0, &where, 0));
	put("ipc", "shmat, bad pointer", sc(IPC_CALL, 21, id, 0, 16, 0));
	put("ipc", "shmctl", sc(IPC_CALL, 24, id, IPC_RMID, 0, 0));
	put("ipc", "shmdt", sc(IPC_CALL, 22, 0, 0, 0, where));
	put("ipc", "unknown call", sc(IPC_CALL, 5, 0, 0, 0, 0));
	put("ipc", "call 0", sc(IPC_CALL, 0, 0, 0, 0, 0));
	put("ipc", "call 99", sc(IPC_CALL, 99, 0, 0, 0, 0));
}

static long op(int id, int num, int by, int flags) { struct sembuf b = {(unsigned short)num, (short)by, (short)flags}; return sc(IPC_CALL, 1, id, 1, 0, &b); }
static long val(int id, int num) { return sc(SEMCTL, id, num, GETVAL, 0); }
static void sem_user(void)
{
	unsigned short v[8] = {0};
	struct semid_ds d;
	put("semget", "another's, no permission", sc(SEMGET, 0x1235, 0, 0600));
	put("semctl", "GETVAL, no permission", val(sem_id, 0));
	put("semctl", "SETVAL, no permission", sc(SEMCTL, sem_id, 0, SETVAL, 1));
	put("semctl", "SETALL, no permission", sc(SEMCTL, sem_id, 0, SETALL, v));
	put("semctl", "IPC_STAT, no permission", sc(SEMCTL, sem_id, 0, IPC_STAT, &d));
	put("semctl", "IPC_SET, not the owner", sc(SEMCTL, sem_id, 0, IPC_SET, &d));
	put("semctl", "IPC_RMID, not the owner", sc(SEMCTL, sem_id, 0, IPC_RMID, 0));
	put("ipc", "semop, no permission", op(sem_id, 0, 1, 0));
	put("ipc", "semop 0, no permission", op(sem_id, 0, 0, IPC_NOWAIT));
}

static void wait_count(int id, int num, int cmd) { for (int i = 0; i < 500 && sc(SEMCTL, id, num, cmd, 0) == 0; i++) moment(); }

static void semaphores(void)
{
	struct semid_ds d;
	unsigned short v[8];
	struct timespec t = {0, 10000000}, bad = {0, 1000000000};
	long long t64[2] = {0, 10000000};

	put("semget", "no such key", sc(SEMGET, 0x1235, 1, 0));
	put("semget", "none", sc(SEMGET, 0x1235, 0, IPC_CREAT | 0600));
	put("semget", "negative", sc(SEMGET, 0x1235, -1, IPC_CREAT | 0600));
	put("semget", "too many", sc(SEMGET, 0x1235, 32001, IPC_CREAT | 0600));
	int big = (int)ok("semget", "2000 of them", sc(SEMGET, IPC_PRIVATE, 2000, 0600));
	put("semctl", "IPC_RMID of 2000", sc(SEMCTL, big, 0, IPC_RMID, 0));
	sem_id = (int)ok("semget", "create", sc(SEMGET, 0x1235, 4, IPC_CREAT | 0600));
	put("semget", "exclusive, it is there", sc(SEMGET, 0x1235, 4, IPC_CREAT | IPC_EXCL | 0600));
	put("semget", "more than it has", sc(SEMGET, 0x1235, 5, 0));
	note("semget", "fewer than it has", "%s", sc(SEMGET, 0x1235, 2, 0) == sem_id ? "same" : "other");
	as_user(1000, 1000, sem_user);
	sc(SEMCTL, sem_id, 0, IPC_STAT, &d);
	note("semctl", "IPC_STAT, fresh", "mode %o n %u otime %ld ctime %d", d.sem_perm.mode, (unsigned)d.sem_nsems, (long)d.sem_otime, d.sem_ctime != 0);
	put("semctl", "GETVAL, fresh", val(sem_id, 3));
	put("semctl", "GETVAL, number too large", val(sem_id, 4));
	put("semctl", "GETVAL, negative number", val(sem_id, -1));
	put("semctl", "SETVAL", sc(SEMCTL, sem_id, 1, SETVAL, 5));
	put("semctl", "GETVAL, set", val(sem_id, 1));
	note("semctl", "GETPID, set by itself", "%d", sc(SEMCTL, sem_id, 1, GETPID, 0) == getpid());
	put("semctl", "GETPID, fresh", sc(SEMCTL, sem_id, 3, GETPID, 0));
	put("semctl", "SETVAL 32767", sc(SEMCTL, sem_id, 2, SETVAL, 32767));
	put("semctl", "SETVAL 32768", sc(SEMCTL, sem_id, 2, SETVAL, 32768));
	put("semctl", "SETVAL -1", sc(SEMCTL, sem_id, 2, SETVAL, -1));
	put("semctl", "SETVAL, number too large", sc(SEMCTL, sem_id, 4, SETVAL, 1));
	put("semctl", "GETALL", sc(SEMCTL, sem_id, 0, GETALL, v));
	note("semctl", "GETALL: values", "%d %d %d %d", v[0], v[1], v[2], v[3]);
	put("semctl", "GETALL, bad pointer", sc(SEMCTL, sem_id, 0, GETALL, 16));
	v[2] = 2;
	put("semctl", "SETALL", sc(SEMCTL, sem_id, 0, SETALL, v));
	v[3] = 40000;
	put("semctl", "SETALL, out of range", sc(SEMCTL, sem_id, 0, SETALL, v));
	put("semctl", "SETALL, bad pointer", sc(SEMCTL, sem_id, 0, SETALL, 16));
	put("semctl", "unknown command", sc(SEMCTL, sem_id, 0, 99, 0));
	put("semctl", "no such set", sc(SEMCTL, 0x7fffffff, 0, GETVAL, 0));
	put("semctl", "negative number of a set", sc(SEMCTL, -1, 0, GETVAL, 0));
	put("semctl", "IPC_STAT, bad pointer", sc(SEMCTL, sem_id, 0, IPC_STAT, 16));
	put("semctl", "IPC_SET, bad pointer", sc(SEMCTL, sem_id, 0, IPC_SET, 16));
	struct sembuf two[2] = {{0, 1, 0}, {1, -1, 0}}, fail[2] = {{0, 7, 0}, {1, -100, IPC_NOWAIT}}, same[2] = {{0, -1, 0}, {0, 1, 0}};
	put("ipc", "semop of two", sc(IPC_CALL, 1, sem_id, 2, 0, two));
	note("semctl", "after a semop of two", "%ld %ld", val(sem_id, 0), val(sem_id, 1));
	put("ipc", "semop, the second cannot", sc(IPC_CALL, 1, sem_id, 2, 0, fail));
	note("semctl", "nothing was done", "%ld %ld", val(sem_id, 0), val(sem_id, 1));
	put("ipc", "semop twice the same", sc(IPC_CALL, 1, sem_id, 2, 0, same));
	put("ipc", "semop, must wait, nowait", op(sem_id, 0, -9, IPC_NOWAIT));
	put("ipc", "semop 0, is not 0, nowait", op(sem_id, 0, 0, IPC_NOWAIT));
	put("ipc", "semop 0, is 0", op(sem_id, 3, 0, 0));
	put("ipc", "semop, number too large", op(sem_id, 4, 1, 0));
	put("ipc", "semop, over 32767", op(sem_id, 0, 32767, 0));
	put("ipc", "semop of none", sc(IPC_CALL, 1, sem_id, 0, 0, two));
	put("ipc", "semop of 501", sc(IPC_CALL, 1, sem_id, 501, 0, two));
	put("ipc", "semop, bad pointer", sc(IPC_CALL, 1, sem_id, 1, 0, 16));
	put("ipc", "semop, no such set", sc(IPC_CALL, 1, 0x7fffffff, 1, 0, two));
	put("ipc", "semop, negative number of a set", sc(IPC_CALL, 1, -1, 1, 0, two));
	put("semtimedop_time64", "times out", sc(420, sem_id, &(struct sembuf){3, -1, 0}, 1, t64));
	put("ipc", "semtimedop times out", sc(IPC_CALL, 4, sem_id, 1, 0, &(struct sembuf){3, -1, 0}, &t));
	put("ipc", "semtimedop, bad time", sc(IPC_CALL, 4, sem_id, 1, 0, &(struct sembuf){3, -1, 0}, &bad));
	put("ipc", "semtimedop, bad time pointer", sc(IPC_CALL, 4, sem_id, 1, 0, &(struct sembuf){3, -1, 0}, 16));
	put("ipc", "semtimedop, need not wait", sc(IPC_CALL, 4, sem_id, 1, 0, &(struct sembuf){3, 1, 0}, &t));
	t64[1] = 1000000000;
	put("semtimedop_time64", "bad time", sc(420, sem_id, &(struct sembuf){3, -2, 0}, 1, t64));
	put("semtimedop_time64", "bad pointer", sc(420, sem_id, &(struct sembuf){3, -2, 0}, 1, 16));
	put("semtimedop_time64", "no time", sc(420, sem_id, &(struct sembuf){3, -1, 0}, 1, NULL));
	/* a waiter */
	pid_t pid = fork();
	if (!pid) _exit(op(sem_id, 3, -2, 0) == 0 ? 5 : 6);
	wait_count(sem_id, 3, GETNCNT);
	put("semctl", "GETNCNT, one waits", sc(SEMCTL, sem_id, 3, GETNCNT, 0));
	put("semctl", "GETZCNT, nobody waits for 0", sc(SEMCTL, sem_id, 3, GETZCNT, 0));
	op(sem_id, 3, 1, 0);
	put("semctl", "GETNCNT, still too little", sc(SEMCTL, sem_id, 3, GETNCNT, 0));
	op(sem_id, 3, 1, 0);
	int st;
	waitpid(pid, &st, 0);
	note("ipc", "semop, a waiter was let go", "%s, value %ld", status_text(st), val(sem_id, 3));
	op(sem_id, 3, 1, 0);
	pid = fork();
	if (!pid) _exit(op(sem_id, 3, 0, 0) == 0 ? 5 : 6);
	wait_count(sem_id, 3, GETZCNT);
	put("semctl", "GETZCNT, one waits", sc(SEMCTL, sem_id, 3, GETZCNT, 0));
	sc(SEMCTL, sem_id, 3, SETVAL, 0);
	waitpid(pid, &st, 0);
	note("semctl", "SETVAL 0 lets it go", "%s", status_text(st));
	/* SEM_UNDO */
	pid = fork();
	if (!pid) { op(sem_id, 3, 5, SEM_UNDO); op(sem_id, 1, -1, SEM_UNDO); _exit((int)val(sem_id, 3)); }
	waitpid(pid, &st, 0);
	note("semctl", "SEM_UNDO: in the child and afterwards", "%s, %ld %ld", status_text(st), val(sem_id, 3), val(sem_id, 1));
	pid = fork();
	if (!pid) { op(sem_id, 3, 5, SEM_UNDO); sc(SEMCTL, sem_id, 3, SETVAL, 2); _exit(0); }
	waitpid(pid, &st, 0);
	put("semctl", "SETVAL forgets the undo", val(sem_id, 3));
	pid = fork();
	if (!pid) { op(sem_id, 3, 3, SEM_UNDO); op(sem_id, 3, -5, 0); _exit(0); }
	waitpid(pid, &st, 0);
	put("semctl", "undo does not go below 0", val(sem_id, 3));
	sc(SEMCTL, sem_id, 0, IPC_STAT, &d);
	note("semctl", "IPC_STAT, used", "otime %d", d.sem_otime != 0);
	d.sem_perm.mode = 0666, d.sem_perm.uid = 1000;
	put("semctl", "IPC_SET", sc(SEMCTL, sem_id, 0, IPC_SET, &d));
	sc(SEMCTL, sem_id, 0, IPC_STAT, &d);
	note("semctl", "IPC_STAT, after IPC_SET", "mode %o uid %u cuid %u", d.sem_perm.mode, d.sem_perm.uid, d.sem_perm.cuid);
	struct seminfo i;
	ok("semctl", "IPC_INFO", sc(SEMCTL, 0, 0, IPC_INFO, &i));
	note("semctl", "IPC_INFO: what it tells", "%d %d %d %d %d %d %d %d %d %d", i.semmap, i.semmni, i.semmns, i.semmnu, i.semmsl, i.semopm, i.semume,
	     i.semusz, i.semvmx, i.semaem);
	long slot = sc(SEMCTL, 0, 0, SEM_INFO, &i);
	note("semctl", "SEM_INFO: sets and semaphores", "%d %d", i.semusz, i.semaem);
	note("semctl", "SEM_STAT of the highest", "%s", sc(SEMCTL, slot, 0, SEM_STAT, &d) >= 0 ? "a number" : "not");
	put("semctl", "SEM_STAT of a free slot", sc(SEMCTL, 4000, 0, SEM_STAT, &d));
	/* removed under a waiter */
	pid = fork();
	if (!pid) _exit((int)-op(sem_id, 0, -9999, 0));
	wait_count(sem_id, 0, GETNCNT);
	put("ipc", "semctl IPC_RMID", sc(IPC_CALL, 3, sem_id, 0, IPC_RMID, &(long){0}));
	waitpid(pid, &st, 0);
	note("ipc", "semop, the set was removed", "%s", errno_name(WEXITSTATUS(st)));
	put("semctl", "removed", val(sem_id, 0));
	put("ipc", "semctl without a pointer", sc(IPC_CALL, 3, sem_id, 0, IPC_RMID, 0));
	int id = (int)ok("ipc", "semget", sc(IPC_CALL, 2, IPC_PRIVATE, 1, 0600));
	put("ipc", "semctl GETVAL", sc(IPC_CALL, 3, id, 0, GETVAL, &(long){0}));
	sc(SEMCTL, id, 0, IPC_RMID, 0);
}

struct text { long type; char text[9000]; };
static struct text m;
static long send_text(int id, long type, const char *t, int flags) { m.type = type; strcpy(m.text, t); return sc(MSGSND, id, &m, strlen(t), flags); }
static void took(const char *cond, long want, unsigned room, int flags)
{
	memset(&m, 0, sizeof m);
	long r = sc(MSGRCV, msg_id, &m, room, want, flags);
	if (r < 0) put("msgrcv", cond, r); else note("msgrcv", cond, "%ld type %ld \"%s\"", r, m.type, m.text);
}
static void msg_user(void)
{
	struct msqid_ds d;
	put("msgget", "another's, no permission", sc(MSGGET, 0x1236, 0600));
	put("msgsnd", "no permission", send_text(msg_id, 1, "x", 0));
	put("msgrcv", "no permission", sc(MSGRCV, msg_id, &m, 10, 0, IPC_NOWAIT));
	put("msgctl", "IPC_STAT, no permission", sc(MSGCTL, msg_id, IPC_STAT, &d));
	put("msgctl", "IPC_SET, not the owner", sc(MSGCTL, msg_id, IPC_SET, &d));
	put("msgctl", "IPC_RMID, not the owner", sc(MSGCTL, msg_id, IPC_RMID, 0));
	int mine = (int)sc(MSGGET, IPC_PRIVATE, 0600);
	sc(MSGCTL, mine, IPC_STAT, &d);
	d.msg_qbytes = 20000;
	put("msgctl", "IPC_SET, more bytes, not root", sc(MSGCTL, mine, IPC_SET, &d));
	d.msg_qbytes = 10;
	put("msgctl", "IPC_SET, fewer bytes, not root", sc(MSGCTL, mine, IPC_SET, &d));
	put("msgsnd", "does not fit, nowait", send_text(mine, 1, "12345678901", IPC_NOWAIT));
	put("msgctl", "IPC_RMID, mine", sc(MSGCTL, mine, IPC_RMID, 0));
}

static void messages(void)
{
	struct msqid_ds d;
	int st, i;

	put("msgget", "no such key", sc(MSGGET, 0x1236, 0));
	msg_id = (int)ok("msgget", "create", sc(MSGGET, 0x1236, IPC_CREAT | 0600));
	put("msgget", "exclusive, it is there", sc(MSGGET, 0x1236, IPC_CREAT | IPC_EXCL | 0600));
	note("msgget", "the same again", "%s", sc(MSGGET, 0x1236, 0) == msg_id ? "same" : "other");
	as_user(1000, 1000, msg_user);
	sc(MSGCTL, msg_id, IPC_STAT, &d);
	note("msgctl", "IPC_STAT, fresh", "mode %o n %lu bytes %lu times %d%d%d pids %d %d", d.msg_perm.mode, d.msg_qnum, d.msg_qbytes, d.msg_stime != 0,
	     d.msg_rtime != 0, d.msg_ctime != 0, d.msg_lspid, d.msg_lrpid);
	took("empty, nowait", 0, 10, IPC_NOWAIT);
	put("msgsnd", "type 1", send_text(msg_id, 1, "one", 0));
	put("msgsnd", "type 3", send_text(msg_id, 3, "three", 0));
	put("msgsnd", "type 2", send_text(msg_id, 2, "two", 0));
	put("msgsnd", "type 3 again", send_text(msg_id, 3, "drei", 0));
	put("msgsnd", "no text", send_text(msg_id, 9, "", 0));
	put("msgsnd", "type 0", send_text(msg_id, 0, "x", 0));
	put("msgsnd", "type -1", send_text(msg_id, -1, "x", 0));
	put("msgsnd", "too long", sc(MSGSND, msg_id, (m.type = 1, &m), 8193, 0));
	put("msgsnd", "negative length", sc(MSGSND, msg_id, &m, -1, 0));
	put("msgsnd", "bad pointer", sc(MSGSND, msg_id, 16, 5, 0));
	put("msgsnd", "bad text", sc(MSGSND, msg_id, edge(6), 5, 0));
	put("msgsnd", "no such queue", sc(MSGSND, 0x7fffffff, &m, 5, 0));
	put("msgsnd", "negative number", sc(MSGSND, -1, &m, 5, 0));
	sc(MSGCTL, msg_id, IPC_STAT, &d);
	note("msgctl", "IPC_STAT, five messages", "n %lu cbytes %lu pids %d %d", d.msg_qnum, d.__msg_cbytes, d.msg_lspid == getpid(), d.msg_lrpid);
	took("MSG_COPY of number 1", 1, 100, MSG_COPY | IPC_NOWAIT);
	took("MSG_COPY without nowait", 1, 100, MSG_COPY);
	took("MSG_COPY with except", 1, 100, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT);
	took("MSG_COPY of number 50", 50, 100, MSG_COPY | IPC_NOWAIT);
	took("type 3: the first", 3, 100, 0);
	took("any but type 1", 1, 100, MSG_EXCEPT);
	took("lowest up to 9", -9, 100, 0);
	took("too little room", 3, 2, 0);
	took("too little room, nowait", 3, 2, IPC_NOWAIT);
	took("too little room, cut off", 3, 2, MSG_NOERROR);
	took("no such type", 77, 100, IPC_NOWAIT);
	took("lowest up to 2, none", -2, 100, IPC_NOWAIT);
	took("no text", 0, 100, 0);
	put("msgrcv", "negative size", sc(MSGRCV, msg_id, &m, -1, 0, IPC_NOWAIT));
	put("msgrcv", "no such queue", sc(MSGRCV, 0x7fffffff, &m, 10, 0, IPC_NOWAIT));
	put("msgrcv", "negative number", sc(MSGRCV, -1, &m, 10, 0, IPC_NOWAIT));
	send_text(msg_id, 4, "lost?", 0);
	put("msgrcv", "bad pointer", sc(MSGRCV, msg_id, 16, 10, 0, IPC_NOWAIT));
	took("after a bad pointer", 0, 100, IPC_NOWAIT);
	for (i = 0; i < 300; i++) if (sc(MSGSND, msg_id, (m.type = 1, &m), 100, IPC_NOWAIT)) break;
	note("msgsnd", "100 bytes each until it is full", "%d %s", i, errno_name((int)-sc(MSGSND, msg_id, &m, 100, IPC_NOWAIT)));
	pid_t pid = fork();
	if (!pid) _exit(send_text(msg_id, 5, "waited, and this is longer than what is left in the queue: certainly it is, as one can see from it, yes", 0) == 0 ? 5 : 6);
	moment();
	for (i = 0; i < 3; i++) took(i == 0 ? "from a full queue" : i == 1 ? "from a full queue, second" : "from a full queue, third", 0, 4, MSG_NOERROR);
	waitpid(pid, &st, 0);
	note("msgsnd", "a waiter was let go", "%s", status_text(st));
	while (sc(MSGRCV, msg_id, &m, 8192, 0, IPC_NOWAIT) >= 0) {}
	pid = fork();
	if (!pid) { m.type = 0; long r = sc(MSGRCV, msg_id, &m, 100, 7, 0); _exit(r == 3 && m.type == 7 ? 5 : 6); }
	send_text(msg_id, 6, "not", 0);
	send_text(msg_id, 7, "yes", 0);
	waitpid(pid, &st, 0);
	note("msgrcv", "a waiter for type 7", "%s", status_text(st));
	struct msginfo info;
	ok("msgctl", "IPC_INFO", sc(MSGCTL, 0, IPC_INFO, &info));
	note("msgctl", "IPC_INFO: what it tells", "%d %d %d %d %d %d %d", info.msgpool, info.msgmap, info.msgmax, info.msgmnb, info.msgssz, info.msgtql, info.msgseg);
	long slot = sc(MSGCTL, 0, MSG_INFO, &info);
	note("msgctl", "MSG_INFO: queues, messages, bytes", "%d %d %d", info.msgpool, info.msgmap, info.msgtql);
	note("msgctl", "MSG_STAT of the highest", "%s", sc(MSGCTL, slot, MSG_STAT, &d) >= 0 ? "a number" : "not");
	put("msgctl", "MSG_STAT of a free slot", sc(MSGCTL, 4000, MSG_STAT, &d));
	put("msgctl", "unknown command", sc(MSGCTL, msg_id, 99, &d));
	put("msgctl", "IPC_STAT, bad pointer", sc(MSGCTL, msg_id, IPC_STAT, 16));
	put("msgctl", "IPC_SET, bad pointer", sc(MSGCTL, msg_id, IPC_SET, 16));
	put("msgctl", "no such queue", sc(MSGCTL, 0x7fffffff, IPC_STAT, &d));
	put("msgctl", "negative number", sc(MSGCTL, -1, IPC_STAT, &d));
	pid = fork();
	if (!pid) _exit((int)-sc(MSGRCV, msg_id, &m, 100, 99, 0));
	moment();
	put("msgctl", "IPC_RMID", sc(MSGCTL, msg_id, IPC_RMID, 0));
	waitpid(pid, &st, 0);
	note("msgrcv", "the queue was removed", "%s", errno_name(WEXITSTATUS(st)) + 0 == NULL ? "" : (WEXITSTATUS(st) == EIDRM || WEXITSTATUS(st) == EINVAL ? "EIDRM" : "other"));
	put("msgctl", "removed", sc(MSGCTL, msg_id, IPC_STAT, &d));
	int id = (int)ok("ipc", "msgget", sc(IPC_CALL, 13, IPC_PRIVATE, 0600));
	m.type = 8;
	put("ipc", "msgsnd", sc(IPC_CALL, 11, id, 4, 0, &m));
	struct { void *p; long type; } old = {&m, 8};
	put("ipc", "msgrcv, old form", sc(IPC_CALL, 12, id, 100, 0, &old));
	put("ipc", "msgrcv, old form, no pointer", sc(IPC_CALL, 12, id, 100, 0, 0));
	put("ipc", "msgrcv, new form, empty", sc(IPC_CALL, 12 | 1 << 16, id, 100, IPC_NOWAIT, &m, 0));
	put("ipc", "msgctl", sc(IPC_CALL, 14, id, IPC_RMID, 0, 0));
}

static void first_line(const char *path)
{
	char t[400] = "";
	int fd = open(path, O_RDONLY);
	if (fd < 0) { note("open", path, "%s", errno_name(errno)); return; }
	ssize_t n = read(fd, t, sizeof t - 1);
	if (n > 0) t[strcspn(t, "\n")] = 0;
	note("read", path, "%s", t);
	close(fd);
}

static void files(void)
{
	first_line("/proc/sysvipc/shm");
	first_line("/proc/sysvipc/sem");
	first_line("/proc/sysvipc/msg");
	first_line("/proc/sys/kernel/shmmax");
	first_line("/proc/sys/kernel/shmall");
	first_line("/proc/sys/kernel/shmmni");
	first_line("/proc/sys/kernel/sem");
	first_line("/proc/sys/kernel/msgmax");
	first_line("/proc/sys/kernel/msgmnb");
	first_line("/proc/sys/kernel/msgmni");
	int id = (int)sc(MSGGET, 0x77, IPC_CREAT | 0640);
	char t[400] = "", want[400];
	int fd = open("/proc/sysvipc/msg", O_RDONLY);
	struct msqid_ds d;
	sc(MSGCTL, id, IPC_STAT, &d);
	ssize_t n = fd < 0 ? 0 : read(fd, t, sizeof t - 1);
	t[n > 0 ? n : 0] = 0;
	char *p = strchr(t, '\n');
	snprintf(want, sizeof want, "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10lu %10lu %10lu\n", 0x77, id, 0640, 0ul, 0ul, 0, 0, 0, 0, 0, 0, 0ul, 0ul, (unsigned long)d.msg_ctime);
	note("read", "/proc/sysvipc/msg: a queue's line", "%s", p && !strcmp(p + 1, want) ? "as Linux's" : "other");
	sc(MSGCTL, id, IPC_RMID, 0);
}

const struct section sections[] = {{"shared", shared}, {"semaphores", semaphores}, {"messages", messages}, {"files", files}, {NULL, NULL}};
