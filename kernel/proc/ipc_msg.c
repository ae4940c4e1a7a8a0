/* ipc_msg.c - System V message queues.
 * Called by: dispatch.c through table.def.
 * Never: loses a message to a fault: it leaves its queue after the copy.  Source: msgop(2), msgctl(2).  */
#include "kernel/proc/ipc.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/synth.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define MSGMAX 8192u
#define MSGMNB 16384u
#define MSG_NOERROR 010000u
#define MSG_EXCEPT 020000u
#define MSG_COPY 040000u
#define MSG_STAT 11u
#define MSG_INFO 12u
#define MSG_STAT_ANY 13u

struct linux_msqid_ds {
	struct linux_ipc_perm perm;
	uint32_t stime, stime_high, rtime, rtime_high, ctime, ctime_high;
	uint32_t cbytes, qnum, qbytes, lspid, lrpid, unused[2];
};
LINUX_SIZE(linux_msqid_ds, 88);
struct linux_msginfo { int32_t pool, map, max, mnb, mni, ssz, tql; uint16_t seg; };

struct message { struct list_node node; int32_t type; uint32_t len; uint8_t text[]; };
struct queue {
	struct ipc_object o;
	struct list_node messages;
	struct waitq changed;
	uint32_t bytes, n, limit, stime, rtime, ctime, lspid, lrpid;
};
static struct ipc_table queues = {.limit = IPC_MNI};

static struct queue *of(struct ipc_object *o)
{
	return container_of(o, struct queue, o);
}

static void put(struct queue *q)
{
	struct list_node *n;

	if (--q->o.refs) return;
	while ((n = list_pop_front(&q->messages)) != NULL) kfree(list_entry(n, struct message, node));
	kfree(q);
}

static struct ipc_object *make(uint32_t unused)
{
	struct queue *q = kzalloc(sizeof *q);

	UNUSED(unused);
	if (!q) return NULL;
	list_init(&q->messages);
	waitq_init(&q->changed);
	q->limit = MSGMNB;
	q->ctime = ipc_now();
	return &q->o;
}

static int any(struct ipc_object *o, uint32_t unused)
{
	UNUSED(o);
	UNUSED(unused);
	return 0;
}

int32_t sys_msgget(struct ucall *c)
{
	return ipc_get(&queues, (int32_t)c->arg[0], c->arg[1], ucall_who(c), make, 0, any);
}

/* Something happened to q, or -EIDRM, -EINTR. */
static int wait_change(struct queue *q)
{
	int r = waitq_sleep(&q->changed, CUT_SIGNAL | CUT_DESTROY, FOREVER);

	return q->o.removed ? -EIDRM : r == -EINTR ? -ERESTARTNOHAND : r;
}

/* ---- msgsnd: id, pointer to type and text, bytes of text, flags */
static int fetch_message(struct ucall *c, struct message **out)
{
	uint32_t n = c->arg[2];
	int32_t type;

	if (n > MSGMAX || (int32_t)c->arg[0] < 0) return -EINVAL;
	int err = umem_fetch(c->mem, &type, uaddr(c->arg[1]), 4);
	if (err) return err;
	if (type < 1) return -EINVAL;
	struct message *m = kmalloc((uint32_t)sizeof *m + n);
	if (!m) return -ENOMEM;
	m->type = type;
	m->len = n;
	err = umem_fetch(c->mem, m->text, uaddr(c->arg[1] + 4), n);
	if (err)
		kfree(m);
	else
		*out = m;
	return err;
}

static int32_t enqueue(struct ucall *c, struct queue *q, struct message *m)
{
	while (q->bytes + m->len > q->limit || q->n + 1 > q->limit) {
		if (c->arg[3] & IPC_NOWAIT) return -EAGAIN;
		int r = wait_change(q);
		if (r) return r;
	}
	list_push_back(&q->messages, &m->node);
	q->bytes += m->len;
	q->n++;
	q->stime = ipc_now();
	q->lspid = ucall_who(c)->ops->pid(ucall_who(c));
	waitq_wake_all(&q->changed);
	return 0;
}

int32_t sys_msgsnd(struct ucall *c)
{
	struct ipc_object *o;
	struct message *m;
	int32_t r = fetch_message(c, &m);

	if (r) return r;
	r = ipc_find(&queues, (int32_t)c->arg[0], 2, ucall_who(c), &o);
	if (!r) {
		o->refs++;
		r = enqueue(c, of(o), m);
		put(of(o));
	}
	if (r) kfree(m);
	return r;
}

/* ---- msgrcv: id, pointer, room, type, flags */
static struct message *choose(struct queue *q, int32_t type, uint32_t flags)
{
	struct message *m, *best = NULL;
	int32_t n = 0;

	list_for_each(m, &q->messages, node) {
		if (flags & MSG_COPY) {
			if (n++ == type) return m;
		} else if (type == 0 || (type > 0 && (m->type == type) != ((flags & MSG_EXCEPT) != 0))) {
			return m;
		} else if (type < 0 && m->type <= -type && (!best || m->type < best->type)) {
			best = m;
		}
	}
	return best;
}

static int32_t deliver(struct ucall *c, struct queue *q, struct message *m)
{
	uint32_t n = MIN(m->len, c->arg[2]);
	bool copy = c->arg[4] & MSG_COPY;

	if (m->len > c->arg[2] && !(c->arg[4] & MSG_NOERROR)) return -E2BIG;
	if (!copy) { /* ours before the copy may sleep */
		list_remove(&m->node);
		q->bytes -= m->len;
		q->n--;
		q->rtime = ipc_now();
		q->lrpid = ucall_who(c)->ops->pid(ucall_who(c));
		waitq_wake_all(&q->changed);
	}
	int err = umem_store(c->mem, uaddr(c->arg[1]), &m->type, 4);
	if (!err && n) err = umem_store(c->mem, uaddr(c->arg[1] + 4), m->text, n);
	if (!copy) kfree(m);
	return err ? err : (int32_t)n;
}

static int32_t receive(struct ucall *c, struct queue *q)
{
	struct message *m;

	while ((m = choose(q, (int32_t)c->arg[3], c->arg[4])) == NULL) {
		if (c->arg[4] & IPC_NOWAIT) return -ENOMSG;
		int r = wait_change(q);
		if (r) return r;
	}
	return deliver(c, q, m);
}

int32_t sys_msgrcv(struct ucall *c)
{
	struct ipc_object *o;

	if ((int32_t)c->arg[0] < 0 || (int32_t)c->arg[2] < 0) return -EINVAL;
	if ((c->arg[4] & MSG_COPY) && ((c->arg[4] & MSG_EXCEPT) || !(c->arg[4] & IPC_NOWAIT))) return -EINVAL;
	int32_t r = ipc_find(&queues, (int32_t)c->arg[0], 4, ucall_who(c), &o);
	if (r) return r;
	o->refs++;
	r = receive(c, of(o));
	put(of(o));
	return r;
}

/* ---- msgctl */
static int stat_to(struct ucall *c, const struct queue *q)
{
	struct linux_msqid_ds d = {.perm = q->o.perm, .stime = q->stime, .rtime = q->rtime, .ctime = q->ctime, .cbytes = q->bytes,
				   .qnum = q->n, .qbytes = q->limit, .lspid = q->lspid, .lrpid = q->lrpid};

	return umem_store(c->mem, uaddr(c->arg[2]), &d, sizeof d);
}

static int32_t info(struct ucall *c, uint32_t cmd)
{
	struct linux_msginfo i = {.pool = IPC_MNI * (MSGMNB / 1024), .map = 16384, .max = MSGMAX, .mnb = MSGMNB, .mni = IPC_MNI, .ssz = 16, .tql = 16384, .seg = 0xffff};

	if (cmd == MSG_INFO) {
		i.pool = (int32_t)ipc_used(&queues);
		i.map = i.tql = 0;
		for (uint32_t n = 0; n < queues.n; n++) {
			struct ipc_object *o = ipc_slot(&queues, n);
			if (!o) continue;
			i.map += (int32_t)of(o)->n;
			i.tql += (int32_t)of(o)->bytes;
		}
	}
	int err = umem_store(c->mem, uaddr(c->arg[2]), &i, sizeof i);
	return err ? err : ipc_highest(&queues);
}

static void show_line(struct text_sink *s, const struct ipc_object *o)
{
	const struct queue *q = container_of(o, struct queue, o);
	const struct linux_ipc_perm *p = &o->perm;

	sink_printf(s, "%10d %10d  %4o  %10u %10u %5u %5u %5u %5u %5u %5u %10u %10u %10u\n", p->key, o->id, p->mode, q->bytes, q->n, q->lspid,
		    q->lrpid, p->uid, p->gid, p->cuid, p->cgid, q->stime, q->rtime, q->ctime);
}

int msg_show(struct text_sink *s, const struct fs_caller *who)
{
	ipc_show(&queues, s, who, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime",
		 show_line);
	return 0;
}

static int32_t change(struct ucall *c, struct queue *q, uint32_t cmd)
{
	struct linux_msqid_ds d;
	int err = cmd == IPC_SET ? umem_fetch(c->mem, &d, uaddr(c->arg[2]), sizeof d) : 0;

	if (!err) err = ipc_may_change(&q->o, ucall_who(c));
	if (!err && cmd == IPC_SET && d.qbytes > MSGMNB && !has_cap(ucall_who(c), CAP_SYS_RESOURCE)) err = -EPERM;
	if (err) return err;
	if (cmd == IPC_SET) {
		err = ipc_set(&q->o, &d.perm);
		if (err) return err;
		q->limit = d.qbytes;
		q->ctime = ipc_now();
		waitq_wake_all(&q->changed);
		return 0;
	}
	ipc_remove(&queues, &q->o);
	waitq_wake_all(&q->changed);
	put(q);
	return 0;
}

int32_t sys_msgctl(struct ucall *c)
{
	uint32_t cmd = c->arg[1];
	struct ipc_object *o;

	if ((int32_t)c->arg[0] < 0 || (int32_t)c->arg[1] < 0) return -EINVAL;
	if (cmd == IPC_INFO || cmd == MSG_INFO) return info(c, cmd);
	if (cmd == MSG_STAT || cmd == MSG_STAT_ANY) {
		o = ipc_slot(&queues, c->arg[0]);
		if (!o) return -EINVAL;
		int err = ipc_find(&queues, o->id, cmd == MSG_STAT ? 4 : 0, ucall_who(c), &o);
		if (!err) err = stat_to(c, of(o));
		return err ? err : o->id;
	}
	if (cmd > IPC_STAT) return -EINVAL;
	int32_t r = ipc_find(&queues, (int32_t)c->arg[0], cmd == IPC_STAT ? 4 : 0, ucall_who(c), &o);
	if (r) return r;
	o->refs++;
	r = cmd == IPC_STAT ? stat_to(c, of(o)) : change(c, of(o), cmd);
	put(of(o));
	return r;
}
