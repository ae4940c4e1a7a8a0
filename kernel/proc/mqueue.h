/* mqueue.h - POSIX message queues: named, messages by priority.
 * Used by: sys_mqueue.c.
 * Never: outlives the home node; shows as files (there is no mqueue file system to mount).  Source: mq_overview(7).  */
#ifndef KERNEL_PROC_MQUEUE_H
#define KERNEL_PROC_MQUEUE_H
#include "kernel/proc/proc.h"
struct linux_mq_attr { int32_t flags, maxmsg, msgsize, curmsgs, reserved[4]; };
LINUX_SIZE(linux_mq_attr, 32);
#define MQ_PRIO_MAX 32768u
/** name without its slash. attr: NULL for the default sizes; of a queue that is made. flags as mq_open(3). -EINVAL, -ENOENT, -EEXIST,
 *  -EACCES, -ENAMETOOLONG, -ENOSPC, -ENOMEM. */
int mqueue_open(const char *name, uint32_t flags, uint32_t mode, const struct linux_mq_attr *attr, const struct fs_caller *who, struct file **out);
int mqueue_unlink(const char *name, const struct fs_caller *who); /* -ENOENT, -EACCES */
bool mqueue_is(const struct file *f);
struct mq_message;
struct mq_message *mqueue_message(uint32_t len, uint32_t priority);   /* NULL no memory */
uint8_t *mqueue_text(struct mq_message *m, uint32_t *len, uint32_t *priority);
void mqueue_message_free(struct mq_message *m);
/** Takes m over when it succeeds. -EAGAIN, -ETIMEDOUT, -ERESTARTSYS. deadline_ns: FOREVER or monotonic. */
int mqueue_send(struct file *f, struct mq_message *m, uint64_t deadline_ns, const struct fs_caller *who);
/** The first of the highest priority; the caller's. -EAGAIN, -ETIMEDOUT, -ERESTARTSYS. */
int mqueue_receive(struct file *f, uint64_t deadline_ns, struct mq_message **out);
void mqueue_attr(const struct file *f, struct linux_mq_attr *out);
/** A signal (signo > 0) or nothing (0) to this process when a message comes to the empty queue; once. -EBUSY. */
int mqueue_notify(struct file *f, int32_t signo, uint32_t value, const struct fs_caller *who);
void mqueue_notify_end(struct file *f, const struct fs_caller *who);
#endif
