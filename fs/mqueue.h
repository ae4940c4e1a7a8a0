/* mqueue.h - POSIX message queues: named lists of messages, the most urgent first.
 * Used by: sys_mq.c.
 * Never: touches a caller's memory.  Source: mq_overview(7) and the pages it names.  */
#ifndef FS_MQUEUE_H
#define FS_MQUEUE_H
#include "fs/file.h"
#define MQ_PRIO_MAX 32768u
struct linux_mq_attr { int32_t flags, maxmsg, msgsize, curmsgs, reserved[4]; };
struct mq_message {
	struct list_node node;
	uint32_t prio, len;
	uint8_t data[];
};
/** Who is told that a message came into an empty queue, once. signo 0: registered, told nothing. */
struct mq_notice { uint32_t pid; int32_t signo; uint32_t value; };

/** attr NULL: the default; bytes_max: what the caller's user may have in queues (RLIMIT_MSGQUEUE).
 *  -ENOENT, -EEXIST, -EACCES (also a name with a slash), -EINVAL (attr), -ENAMETOOLONG, -ENOSPC, -EMFILE, -ENOMEM. */
int mqueue_open(const char *name, uint32_t flags, uint32_t mode, const struct linux_mq_attr *attr, uint64_t bytes_max,
		const struct fs_caller *who, struct file **out);
int mqueue_unlink(const char *name, const struct fs_caller *who);  /* -ENOENT, -EPERM, -EACCES */
bool is_mqueue(const struct file *f);
void mqueue_attr(const struct file *f, struct linux_mq_attr *out);
/** Takes m over when it returns 0; due: to be told now (pid 0: nobody). May sleep until the deadline (monotonic; FOREVER).
 *  -EBADF not open for it, -EMSGSIZE, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS. */
int mqueue_send(struct file *f, struct mq_message *m, uint64_t deadline_ns, struct mq_notice *due);
/** room: of the caller's buffer; *out is the caller's then. Errors as mqueue_send's. */
int mqueue_receive(struct file *f, uint32_t room, uint64_t deadline_ns, struct mq_message **out);
int mqueue_notify(struct file *f, const struct mq_notice *n, uint32_t pid); /* n NULL: no more, if it is pid's. -EBUSY */
#endif
