/* ipc.h - System V IPC: numbered objects with keys and owners; shared memory, semaphores, message queues.
 * Used by: table.def's rows (halves.h declares the same names), exit.c (SEM_UNDO).
 * Never: outlives the home node.  Source: svipc(7), shmctl(2), semctl(2), msgctl(2).  */
#ifndef KERNEL_PROC_IPC_H
#define KERNEL_PROC_IPC_H
#include "kernel/proc/proc.h"
#include "kernel/syscall/ucall.h"
#include "lib/fmt.h"
#define IPC_CREAT 01000u
#define IPC_EXCL 02000u
#define IPC_NOWAIT 04000u
#define IPC_PRIVATE 0
#define IPC_RMID 0u
#define IPC_SET 1u
#define IPC_STAT 2u
#define IPC_INFO 3u
#define IPC_64 0x100u   /* the layout of structures that Linux calls 64: the only one here */
struct text_sink;
struct linux_ipc_perm {
	int32_t key;
	uint32_t uid, gid, cuid, cgid;
	uint16_t mode, pad, seq, pad2;
	uint32_t unused[2];
};
LINUX_SIZE(linux_ipc_perm, 36);
struct ipc_object {
	struct linux_ipc_perm perm;
	int32_t id;               /* seq * IPC_SLOTS_MAX + slot */
	uint32_t refs;            /* its table; sleepers; a segment's attachments */
	bool removed;
};
#define IPC_SLOTS_MAX 32768u
#define IPC_MNI 32000u       /* of semaphore sets and of queues, as Linux */
#define SHM_MNI 4096u
/* Slots grow as they are needed, up to limit. */
struct ipc_table { struct ipc_object **slot; uint32_t n, limit, seq; };
/** /proc/sysvipc/WHAT: a heading, then a line for each object that `who` may read. */
void ipc_show(struct ipc_table *t, struct text_sink *s, const struct fs_caller *who, const char *heading,
	      void (*line)(struct text_sink *s, const struct ipc_object *o));
/** shmget and its relatives: the object of key, or a new one from make (refs 1, perm zeroed). Its id, or -errno. */
int32_t ipc_get(struct ipc_table *t, int32_t key, uint32_t flags, const struct fs_caller *who,
		struct ipc_object *(*make)(uint32_t arg), uint32_t arg, int (*check)(struct ipc_object *o, uint32_t arg));
/** Borrowed. -EINVAL, -EIDRM; with rw (4 read, 2 write; 0 none) -EACCES. */
int ipc_find(struct ipc_table *t, int32_t id, uint32_t rw, const struct fs_caller *who, struct ipc_object **out);
struct ipc_object *ipc_slot(struct ipc_table *t, uint32_t slot); /* NULL: free; for the *_STAT commands */
int ipc_may_change(const struct ipc_object *o, const struct fs_caller *who); /* owner, maker or root; -EPERM */
/** IPC_SET: owner and mode. -EINVAL: an id of -1. */
int ipc_set(struct ipc_object *o, const struct linux_ipc_perm *p);
void ipc_remove(struct ipc_table *t, struct ipc_object *o);  /* out of the table, marked; the caller drops the table's reference */
int32_t ipc_highest(const struct ipc_table *t);
uint32_t ipc_used(const struct ipc_table *t);
uint32_t ipc_now(void);                                      /* seconds since 1970 */

void ipc_exit(uint32_t pid);  /* a process ends: SEM_UNDO */
void ipc_init(void);          /* /proc/sys/kernel/shm*, sem, msg* */

/* /proc/sysvipc */
int shm_show(struct text_sink *s, const struct fs_caller *who);
int sem_show(struct text_sink *s, const struct fs_caller *who);
int msg_show(struct text_sink *s, const struct fs_caller *who);

int32_t sys_shmget(struct ucall *c);
int32_t sys_shmat(struct ucall *c);
int32_t body_shmat(struct ucall *c);
int32_t body_shmdt(struct ucall *c);
int32_t sys_shmctl(struct ucall *c);
int32_t sys_semget(struct ucall *c);
int32_t sys_semop(struct ucall *c);
int32_t sys_semtimedop(struct ucall *c);
int32_t sys_semtimedop64(struct ucall *c);
int32_t sys_semctl(struct ucall *c);
int32_t sys_msgget(struct ucall *c);
int32_t sys_msgsnd(struct ucall *c);
int32_t sys_msgrcv(struct ucall *c);
int32_t sys_msgctl(struct ucall *c);
#endif
