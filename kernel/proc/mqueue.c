/* mqueue.c - POSIX message queues as files without a place.
 * Called by: sys_mqueue.c, the file table.
 * Never: copies a message's text: the system call does.  Source: mq_overview(7), mq_notify(3).  */
#include "kernel/proc/mqueue.h"
#include "fs/synth.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define MSG_DEFAULT 10
#define MSG_MOST 10           /* /proc/sys/fs/mqueue/msg_max: for those who are not root */
#define MSG_HARD 65536
#define SIZE_DEFAULT 8192
#define SIZE_MOST 8192
#define SIZE_HARD (16 << 20)
#define QUEUES_MOST 256u
#define SI_MESGQ (-3)

struct mq_message { struct list_node node; uint32_t priority, len; uint8_t text[]; };
struct mqueue {
	struct list_node node;        /* of all that have a name */
	char name[NAME_MAX + 1];
	struct inode *inode;          /* mode and owner; referenced */
	uint32_t refs;                /* its name; open files */
	struct list_node messages;    /* by priority, then by age */
	int32_t n, maxmsg, msgsize;
	uint32_t n_readers;           /* that wait */
	struct waitq readable, writable;
	uint32_t notify_pid;          /* 0: nobody */
	int32_t notify_signo;
	uint32_t notify_value;
};
static struct list_node queues = LIST_INIT(queues);
static uint32_t n_queues;
static struct superblock mqueuefs = {.fstype = "mqueue", .source = "mqueue", .dev = 0xfc, .refs = 1};
static const struct inode_ops mq_inode_ops;
static const struct file_ops mq_file_ops;

static struct mqueue *find(const char *name)
{
	struct mqueue *q;

	list_for_each(q, &queues, node)
		if (!strcmp(q->name, name)) return q;
	return NULL;
}

static void put(struct mqueue *q)
{
	struct list_node *n;

	if (--q->refs) return;
	while ((n = list_pop_front(&q->messages))) kfree(list_entry(n, struct mq_message, node));
	inode_unref(q->inode);
	kfree(q);
}

bool mqueue_is(const struct file *f)
{
	return f->ops == &mq_file_ops;
}

/* ---- opening */
static int check_attr(const struct linux_mq_attr *a, const struct fs_caller *who)
{
	bool root = capable(who);

	if (a->maxmsg <= 0 || a->msgsize <= 0) return -EINVAL;
	return a->maxmsg > (root ? MSG_HARD : MSG_MOST) || a->msgsize > (root ? SIZE_HARD : SIZE_MOST) ? -EINVAL : 0;
}

static int make(const char *name, uint32_t mode, const struct linux_mq_attr *attr, const struct fs_caller *who, struct mqueue **out)
{
	int err = attr ? check_attr(attr, who) : 0;

	if (err) return err;
	if (n_queues >= QUEUES_MOST && !capable(who)) return -ENOSPC;
	struct mqueue *q = kzalloc(sizeof *q);
	if (q) q->inode = inode_new(&mqueuefs, &mq_inode_ops, S_IFREG | (mode & 0777 & ~who->umask));
	if (!q || !q->inode) {
		kfree(q);
		return -ENOMEM;
	}
	q->inode->uid = who->cred->fsuid;
	q->inode->gid = who->cred->fsgid;
	memcpy(q->name, name, strlen(name) + 1);
	q->maxmsg = attr ? attr->maxmsg : MSG_DEFAULT;
	q->msgsize = attr ? attr->msgsize : SIZE_DEFAULT;
	list_init(&q->messages);
	waitq_init(&q->readable);
	waitq_init(&q->writable);
	q->refs = 1;
	list_push_back(&queues, &q->node);
	n_queues++;
	*out = q;
	return 0;
}

static int check_name(const char *name)
{
	if (!*name) return -ENOENT;
	return strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ? -EACCES : 0;
}

/* The queue that is there already. */
static int check_old(const struct mqueue *q, uint32_t flags, const struct fs_caller *who)
{
	static const uint8_t wants[] = {[O_RDONLY] = R_OK, [O_WRONLY] = W_OK, [O_RDWR] = R_OK | W_OK};

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return -EEXIST;
	if ((flags & O_ACCMODE) == O_ACCMODE) return -EINVAL;
	return inode_permission(q->inode, wants[flags & O_ACCMODE], who);
}

int mqueue_open(const char *name, uint32_t flags, uint32_t mode, const struct linux_mq_attr *attr, const struct fs_caller *who, struct file **out)
{
	int err = check_name(name);
	struct mqueue *q = err ? NULL : find(name);

	if (err) return err;
	if (q)
		err = check_old(q, flags, who);
	else
		err = flags & O_CREAT ? make(name, mode, attr, who, &q) : -ENOENT;
	if (err) return err;
	inode_ref(q->inode);
	struct file *f = file_new(q->inode, NULL, &mq_file_ops, flags & (O_ACCMODE | O_NONBLOCK));
	if (!f) {
		inode_unref(q->inode);
		return -ENOMEM;
	}
	q->refs++;
	f->priv = q;
	*out = f;
	return 0;
}

/* In a directory that everybody may write to, sticky. */
int mqueue_unlink(const char *name, const struct fs_caller *who)
{
	int err = check_name(name);
	struct mqueue *q = err ? NULL : find(name);

	if (err) return err;
	if (!q) return -ENOENT;
	if (!capable(who) && who->cred->fsuid != q->inode->uid) return -EPERM;
	list_remove(&q->node);
	n_queues--;
	q->inode->nlink = 0;
	put(q);
	return 0;
}

/* ---- messages */
struct mq_message *mqueue_message(uint32_t len, uint32_t priority)
{
	struct mq_message *m = kmalloc((uint32_t)sizeof *m + len);

	if (m) {
		m->len = len;
		m->priority = priority;
	}
	return m;
}

uint8_t *mqueue_text(struct mq_message *m, uint32_t *len, uint32_t *priority)
{
	*len = m->len;
	*priority = m->priority;
	return m->text;
}

void mqueue_message_free(struct mq_message *m)
{
	kfree(m);
}

static void enqueue(struct mqueue *q, struct mq_message *m)
{
	struct mq_message *before;
	struct list_node *at = &q->messages;

	list_for_each(before, &q->messages, node) {
		if (before->priority >= m->priority) continue;
		at = &before->node;
		break;
	}
	list_push_back(at, &m->node);
	q->n++;
}

static void tell(struct mqueue *q, const struct fs_caller *who)
{
	struct group *g = q->notify_pid ? group_find(q->notify_pid) : NULL;
	const struct ksiginfo info = {.signo = q->notify_signo, .code = SI_MESGQ, .pid = who->ops->pid(who), .uid = who->cred->uid,
				      .value = q->notify_value};

	q->notify_pid = 0;
	if (g && info.signo) signal_post_group(g, &info);
}

static int wait(struct file *f, struct waitq *w, uint64_t deadline_ns)
{
	if (f->flags & O_NONBLOCK) return -EAGAIN;
	int r = waitq_sleep(w, CUT_SIGNAL | CUT_DESTROY, deadline_ns);
	return r == -EINTR ? -ERESTARTSYS : r;
}

int mqueue_send(struct file *f, struct mq_message *m, uint64_t deadline_ns, const struct fs_caller *who)
{
	struct mqueue *q = f->priv;

	if (m->len > (uint32_t)q->msgsize) return -EMSGSIZE;
	while (q->n >= q->maxmsg) {
		int err = wait(f, &q->writable, deadline_ns);
		if (err) return err;
	}
	bool was_empty = q->n == 0;
	enqueue(q, m);
	if (was_empty && !q->n_readers) tell(q, who);
	waitq_wake_all(&q->readable);
	return 0;
}

int mqueue_receive(struct file *f, uint64_t deadline_ns, struct mq_message **out)
{
	struct mqueue *q = f->priv;

	while (q->n == 0) {
		q->n_readers++;
		int err = wait(f, &q->readable, deadline_ns);
		q->n_readers--;
		if (err) return err;
	}
	*out = list_entry(list_pop_front(&q->messages), struct mq_message, node);
	q->n--;
	waitq_wake_all(&q->writable);
	return 0;
}

void mqueue_attr(const struct file *f, struct linux_mq_attr *out)
{
	const struct mqueue *q = f->priv;

	*out = (struct linux_mq_attr){.flags = (int32_t)(f->flags & O_NONBLOCK), .maxmsg = q->maxmsg, .msgsize = q->msgsize, .curmsgs = q->n};
}

int mqueue_notify(struct file *f, int32_t signo, uint32_t value, const struct fs_caller *who)
{
	struct mqueue *q = f->priv;

	if (q->notify_pid) return -EBUSY;
	q->notify_pid = who->ops->pid(who);
	q->notify_signo = signo;
	q->notify_value = value;
	return 0;
}

void mqueue_notify_end(struct file *f, const struct fs_caller *who)
{
	struct mqueue *q = f->priv;

	if (q->notify_pid == who->ops->pid(who)) q->notify_pid = 0;
}

/* ---- as a file */
static uint32_t mq_poll(struct file *f, struct pollset *ps)
{
	struct mqueue *q = f->priv;

	poll_wait(ps, &q->readable);
	poll_wait(ps, &q->writable);
	return (q->n ? POLLIN | POLLRDNORM : 0) | (q->n < q->maxmsg ? POLLOUT | POLLWRNORM : 0);
}

static void mq_release(struct file *f)
{
	struct mqueue *q = f->priv;
	const struct task *t = task_of_thread(thread_current());

	if (!q) return;
	if (t && t->has_home && q->notify_pid == t->home.group->pid) q->notify_pid = 0; /* mq_notify(3): closing ends it */
	put(q);
}

static const struct file_ops mq_file_ops = {.seek = file_noop_seek, .poll = mq_poll, .release = mq_release};
