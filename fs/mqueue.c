/* mqueue.c - POSIX message queues: named lists of messages, the most urgent first.
 * Called by: sys_mq.c; read and poll through file_ops.
 * Never: touches a caller's memory: messages come and go as blocks of the kernel's.  */
#include "fs/mqueue.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define QUEUES_MAX 256u                                  /* but for root: /proc/sys/fs/mqueue/queues_max of Linux, and so on */
#define MSG_MAX 10
#define MSGSIZE_MAX 8192
#define HARD_MSG_MAX 65536
#define HARD_MSGSIZE_MAX (1 << 24)
#define MESSAGE_BYTES 48u                                /* what a message's frame counts for in RLIMIT_MSGQUEUE */

struct mqueue {
	struct list_node node;        /* of all queues, also those without a name: their bytes count */
	struct inode *inode;          /* owns this */
	char *name;                   /* NULL: unlinked */
	struct list_node messages;
	int32_t maxmsg, msgsize, curmsgs;
	struct mq_notice notice;      /* pid 0: none */
	const struct file *noticed_by;
	uint32_t n_receivers;         /* asleep: then nobody is told */
	struct waitq readable, writable;
};

static struct list_node queues = LIST_INIT(queues);
static struct superblock mqueuefs = {.fstype = "mqueue", .source = "mqueue", .dev = 0xfc, .refs = 1};
static const struct file_ops mqueue_ops;

/* ---- life */
static void evict(struct inode *i)
{
	struct mqueue *q = i->priv;
	struct list_node *n;

	if (!q) return;
	while ((n = list_pop_front(&q->messages))) kfree(list_entry(n, struct mq_message, node));
	list_remove(&q->node);
	kfree(q);
	i->priv = NULL;
}

static const struct inode_ops mqueue_inode_ops = {.evict = evict};

static struct mqueue *find(const char *name)
{
	struct mqueue *q;

	list_for_each(q, &queues, node)
		if (q->name && !strcmp(q->name, name)) return q;
	return NULL;
}

static uint64_t bytes_of(const struct mqueue *q)
{
	return (uint64_t)(uint32_t)q->maxmsg * ((uint32_t)q->msgsize + MESSAGE_BYTES);
}

/* -ENOSPC: too many queues; -EMFILE: too much in those of this user. */
static int check_limits(const struct mqueue *new, uint64_t bytes_max, const struct fs_caller *who)
{
	uint64_t bytes = bytes_of(new);
	uint32_t n = 0;
	struct mqueue *q;

	list_for_each(q, &queues, node) {
		n++;
		if (q->inode->uid == who->cred->fsuid) bytes += bytes_of(q);
	}
	if (n >= QUEUES_MAX && !capable(who)) return -ENOSPC;
	return bytes > bytes_max ? -EMFILE : 0;
}

static int check_attr(const struct linux_mq_attr *a, const struct fs_caller *who)
{
	bool root = capable(who);

	if (a->maxmsg <= 0 || a->msgsize <= 0) return -EINVAL;
	return a->maxmsg > (root ? HARD_MSG_MAX : MSG_MAX) || a->msgsize > (root ? HARD_MSGSIZE_MAX : MSGSIZE_MAX) ? -EINVAL : 0;
}

/* A queue without an inode yet. */
static struct mqueue *queue_new(const char *name, const struct linux_mq_attr *attr)
{
	struct mqueue *q = kzalloc(sizeof *q);
	uint32_t len = (uint32_t)strlen(name) + 1;

	if (!q) return NULL;
	q->name = kmalloc(len);
	if (!q->name) {
		kfree(q);
		return NULL;
	}
	memcpy(q->name, name, len);
	q->maxmsg = attr ? attr->maxmsg : MSG_MAX;
	q->msgsize = attr ? attr->msgsize : MSGSIZE_MAX;
	list_init(&q->messages);
	waitq_init(&q->readable);
	waitq_init(&q->writable);
	return q;
}

/* The name's reference of the inode is the result's. */
static int create(const char *name, uint32_t mode, const struct linux_mq_attr *attr, uint64_t bytes_max, const struct fs_caller *who, struct mqueue **out)
{
	int err = attr ? check_attr(attr, who) : 0;
	struct mqueue *q = err ? NULL : queue_new(name, attr);

	if (!q) return err ? err : -ENOMEM;
	err = check_limits(q, bytes_max, who);
	struct inode *i = err ? NULL : inode_new(&mqueuefs, &mqueue_inode_ops, S_IFREG | (mode & ~who->umask & 07777));
	if (!i) {
		kfree(q->name);
		kfree(q);
		return err ? err : -ENOMEM;
	}
	i->uid = who->cred->fsuid;
	i->gid = who->cred->fsgid;
	i->size = 80; /* as Linux: a line of text can be read */
	i->priv = q;
	q->inode = i;
	list_push_back(&queues, &q->node);
	*out = q;
	return 0;
}

static int check_name(const char *name)
{
	uint32_t len = (uint32_t)strlen(name);

	if (!len) return -ENOENT;
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..")) return -EACCES;
	return len > NAME_MAX ? -ENAMETOOLONG : 0;
}

static int check_access(const struct mqueue *q, uint32_t flags, const struct fs_caller *who)
{
	static const uint8_t rwx[] = {[O_RDONLY] = 4, [O_WRONLY] = 2, [O_RDWR] = 6};

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return -EEXIST;
	if ((flags & O_ACCMODE) > O_RDWR) return -EINVAL;
	return inode_permission(q->inode, rwx[flags & O_ACCMODE], who);
}

int mqueue_open(const char *name, uint32_t flags, uint32_t mode, const struct linux_mq_attr *attr, uint64_t bytes_max,
		const struct fs_caller *who, struct file **out)
{
	int err = check_name(name);
	struct mqueue *q = err ? NULL : find(name);

	if (err) return err;
	if (q)
		err = check_access(q, flags, who);
	else
		err = flags & O_CREAT ? create(name, mode, attr, bytes_max, who, &q) : -ENOENT;
	if (err) return err;
	struct file *f = file_new(q->inode, NULL, &mqueue_ops, flags & (O_ACCMODE | O_NONBLOCK));
	if (!f) return -ENOMEM;
	inode_ref(q->inode);
	*out = f;
	return 0;
}

int mqueue_unlink(const char *name, const struct fs_caller *who)
{
	int err = check_name(name);
	struct mqueue *q = err ? NULL : find(name);

	if (!q) return err ? err : -ENOENT;
	if (!capable(who) && who->cred->fsuid != q->inode->uid) return -EPERM;
	kfree(q->name);
	q->name = NULL;
	q->inode->nlink = 0;
	inode_unref(q->inode);
	return 0;
}

/* ---- as files */
bool is_mqueue(const struct file *f)
{
	return f->ops == &mqueue_ops;
}

static uint32_t queued_bytes(const struct mqueue *q)
{
	struct mq_message *m;
	uint32_t sum = 0;

	list_for_each(m, &q->messages, node) sum += m->len;
	return sum;
}

static int32_t mqueue_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	const struct mqueue *q = f->inode->priv;
	char text[96];
	uint64_t at = pos ? *pos : 0;

	UNUSED(who);
	uint32_t n = (uint32_t)fmt_snprintf(text, sizeof text, "QSIZE:%-10u NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6u\n", queued_bytes(q),
					    q->notice.pid && !q->notice.signo, q->notice.pid ? q->notice.signo : 0, q->notice.pid);
	return at < n ? uio_to(u, text + at, MIN(u->left, n - (uint32_t)at)) : 0;
}

static uint32_t mqueue_poll(struct file *f, struct pollset *ps)
{
	struct mqueue *q = f->inode->priv;

	poll_wait(ps, &q->readable);
	poll_wait(ps, &q->writable);
	return (q->curmsgs ? POLLIN | POLLRDNORM : 0) | (q->curmsgs < q->maxmsg ? POLLOUT | POLLWRNORM : 0);
}

static void mqueue_release(struct file *f)
{
	struct mqueue *q = f->inode->priv;

	if (q && q->noticed_by == f) q->notice.pid = 0;
}

static const struct file_ops mqueue_ops = {
	.read = mqueue_read,
	.poll = mqueue_poll,
	.release = mqueue_release,
};

void mqueue_attr(const struct file *f, struct linux_mq_attr *out)
{
	const struct mqueue *q = f->inode->priv;

	*out = (struct linux_mq_attr){.flags = (int32_t)(f->flags & O_NONBLOCK), .maxmsg = q->maxmsg, .msgsize = q->msgsize, .curmsgs = q->curmsgs};
}

/* ---- messages */
static int wait_change(const struct file *f, struct waitq *q, uint64_t deadline_ns)
{
	if (f->flags & O_NONBLOCK) return -EAGAIN;
	int r = waitq_sleep(q, CUT_SIGNAL | CUT_DESTROY, deadline_ns);
	return r == -EINTR ? -ERESTARTSYS : r == -ETIMEDOUT ? r : 0;
}

/* Behind all that are as urgent. */
static void insert(struct mqueue *q, struct mq_message *m)
{
	struct mq_message *at;

	list_for_each(at, &q->messages, node)
		if (at->prio < m->prio) break;
	list_insert_after(at->node.prev, &m->node); /* at the end, at->node is the list's head */
	q->curmsgs++;
}

int mqueue_send(struct file *f, struct mq_message *m, uint64_t deadline_ns, struct mq_notice *due)
{
	struct mqueue *q = f->inode->priv;

	due->pid = 0;
	if ((f->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
	if (m->len > (uint32_t)q->msgsize) return -EMSGSIZE;
	while (q->curmsgs >= q->maxmsg) {
		int err = wait_change(f, &q->writable, deadline_ns);
		if (err) return err;
	}
	if (q->curmsgs == 0 && !q->n_receivers && q->notice.pid) {
		*due = q->notice;
		q->notice.pid = 0;
	}
	insert(q, m);
	inode_touch_data(f->inode);
	waitq_wake_all(&q->readable);
	return 0;
}

int mqueue_receive(struct file *f, uint32_t room, uint64_t deadline_ns, struct mq_message **out)
{
	struct mqueue *q = f->inode->priv;

	if ((f->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
	if (room < (uint32_t)q->msgsize) return -EMSGSIZE;
	while (q->curmsgs == 0) {
		q->n_receivers++;
		int err = wait_change(f, &q->readable, deadline_ns);
		q->n_receivers--;
		if (err) return err;
	}
	*out = list_entry(list_pop_front(&q->messages), struct mq_message, node);
	q->curmsgs--;
	f->inode->atime = inode_now();
	waitq_wake_all(&q->writable);
	return 0;
}

int mqueue_notify(struct file *f, const struct mq_notice *n, uint32_t pid)
{
	struct mqueue *q = f->inode->priv;

	if (!n) {
		if (q->notice.pid == pid) q->notice.pid = 0;
		return 0;
	}
	if (q->notice.pid) return -EBUSY;
	q->notice = *n;
	q->noticed_by = f;
	return 0;
}
