/* ipc_sem.c - System V semaphores: sets changed whole or not at all, with undo at a process's end.
 * Called by: dispatch.c through table.def; exit.c (ipc_exit).
 * Never: wakes a sleeper only for its own operation: all of a set look again.  Source: semop(2), semctl(2).  */
#include "kernel/proc/ipc.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "kernel/base/clock.h"
#include "fs/synth.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define SEM_UNDO 0x1000u
#define SEMMSL 32000u
#define SEMOPM 500u
#define SEMVMX 32767
#define GETPID 11u
#define GETVAL 12u
#define GETALL 13u
#define GETNCNT 14u
#define GETZCNT 15u
#define SETVAL 16u
#define SETALL 17u
#define SEM_STAT 18u
#define SEM_INFO 19u
#define SEM_STAT_ANY 20u

struct linux_sembuf { uint16_t num; int16_t op; uint16_t flags; };
struct linux_semid_ds { struct linux_ipc_perm perm; uint32_t otime, otime_high, ctime, ctime_high, nsems, unused[2]; };
LINUX_SIZE(linux_semid_ds, 64);
struct linux_seminfo { int32_t map, mni, mns, mnu, msl, opm, ume, usz, vmx, aem; };

struct undo { struct undo *next; uint32_t pid; int16_t adj[]; };
struct sem { int16_t value; uint16_t ncnt, zcnt; uint32_t pid; };
struct set {
	struct ipc_object o;
	struct waitq changed;
	struct undo *undos;
	uint32_t otime, ctime, n;
	struct sem sem[];
};
static struct ipc_table sets = {.limit = IPC_MNI};

static struct set *of(struct ipc_object *o)
{
	return container_of(o, struct set, o);
}

static void put(struct set *s)
{
	struct undo *u;

	if (--s->o.refs) return;
	while ((u = s->undos) != NULL) {
		s->undos = u->next;
		kfree(u);
	}
	kfree(s);
}

/* ---- semget */
static struct ipc_object *make(uint32_t n)
{
	struct set *s = kzalloc((uint32_t)(sizeof *s + n * sizeof s->sem[0]));

	if (!s) return NULL;
	waitq_init(&s->changed);
	s->n = n;
	s->ctime = ipc_now();
	return &s->o;
}

static int check_n(struct ipc_object *o, uint32_t n)
{
	if (o) return n > of(o)->n ? -EINVAL : 0;
	return n == 0 || n > SEMMSL ? -EINVAL : 0;
}

int32_t sys_semget(struct ucall *c)
{
	if (c->arg[1] > SEMMSL) return -EINVAL;
	return ipc_get(&sets, (int32_t)c->arg[0], c->arg[2], ucall_who(c), make, c->arg[1], check_n);
}

/* ---- semop */
static struct undo *undo_of(struct set *s, uint32_t pid, bool create)
{
	struct undo *u = s->undos;

	while (u && u->pid != pid) u = u->next;
	if (u || !create) return u;
	u = kzalloc((uint32_t)(sizeof *u + s->n * sizeof u->adj[0]));
	if (!u) return NULL;
	u->pid = pid;
	u->next = s->undos;
	s->undos = u;
	return u;
}

/* All operations, or none: 0 done; 1 must wait, *at is the one in the way; -ERANGE, -EAGAIN. */
static int try_all(struct set *s, const struct linux_sembuf *op, uint32_t n, struct undo *u, uint32_t pid, uint32_t *at)
{
	uint32_t i = 0;
	int r = 0;

	for (; i < n; i++) {
		struct sem *m = &s->sem[op[i].num];
		int v = m->value + op[i].op;
		if (op[i].op == 0 ? m->value != 0 : v < 0)
			r = op[i].flags & IPC_NOWAIT ? -EAGAIN : 1;
		else if (v > SEMVMX)
			r = -ERANGE;
		else if ((op[i].flags & SEM_UNDO) && (u->adj[op[i].num] - op[i].op > SEMVMX || u->adj[op[i].num] - op[i].op < -SEMVMX - 1))
			r = -ERANGE;
		if (r) break;
		m->value = (int16_t)v;
		if (op[i].flags & SEM_UNDO) u->adj[op[i].num] = (int16_t)(u->adj[op[i].num] - op[i].op);
	}
	*at = i;
	if (r) { /* take back what was done */
		while (i-- > 0) {
			s->sem[op[i].num].value = (int16_t)(s->sem[op[i].num].value - op[i].op);
			if (op[i].flags & SEM_UNDO) u->adj[op[i].num] = (int16_t)(u->adj[op[i].num] + op[i].op);
		}
		return r;
	}
	for (i = 0; i < n; i++) s->sem[op[i].num].pid = pid;
	s->otime = ipc_now();
	return 0;
}

static int operate(struct set *s, const struct linux_sembuf *op, uint32_t n, uint32_t pid, uint64_t deadline)
{
	bool undo = false;
	struct undo *u = NULL;
	uint32_t at;
	int r;

	for (uint32_t i = 0; i < n; i++) {
		if (op[i].num >= s->n) return -EFBIG;
		undo |= (op[i].flags & SEM_UNDO) != 0;
	}
	if (undo) u = undo_of(s, pid, true);
	if (undo && !u) return -ENOMEM;
	while ((r = try_all(s, op, n, u, pid, &at)) == 1) {
		struct sem *m = &s->sem[op[at].num];
		uint16_t *count = op[at].op ? &m->ncnt : &m->zcnt;
		++*count;
		r = waitq_sleep(&s->changed, CUT_SIGNAL | CUT_DESTROY, deadline);
		--*count;
		if (s->o.removed) return -EIDRM;
		if (r == -ETIMEDOUT) return -EAGAIN;
		if (r) return r;
	}
	if (!r) waitq_wake_all(&s->changed);
	return r;
}

static int32_t semop(struct ucall *c, uint64_t deadline)
{
	const struct fs_caller *who = ucall_who(c);
	uint32_t n = c->arg[2], rw = 4;
	struct ipc_object *o;

	if (n == 0 || (int32_t)c->arg[0] < 0) return -EINVAL;
	if (n > SEMOPM) return -E2BIG;
	struct linux_sembuf *op = kmalloc(n * (uint32_t)sizeof *op);
	if (!op) return -ENOMEM;
	int32_t r = umem_fetch(c->mem, op, uaddr(c->arg[1]), n * (uint32_t)sizeof *op);
	for (uint32_t i = 0; i < n && !r; i++)
		if (op[i].op) rw = 2;
	if (!r) r = ipc_find(&sets, (int32_t)c->arg[0], rw, who, &o);
	if (!r) {
		o->refs++;
		r = operate(of(o), op, n, who->ops->pid(who), deadline);
		put(of(o));
	}
	kfree(op);
	return r;
}

static int32_t semtimedop(struct ucall *c, bool wide)
{
	int64_t v[2] = {0, 0};
	int32_t v32[2];
	int err;

	if (!c->arg[3]) return semop(c, FOREVER);
	if (wide) {
		err = umem_fetch(c->mem, v, uaddr(c->arg[3]), 16);
		v[1] = (int32_t)v[1];
	} else {
		err = umem_fetch(c->mem, v32, uaddr(c->arg[3]), 8);
		v[0] = v32[0];
		v[1] = v32[1];
	}
	if (err) return err;
	if (v[0] < 0 || v[1] < 0 || v[1] >= (int64_t)NS_PER_S) return -EINVAL;
	return semop(c, clock_now_ns() + (uint64_t)MIN(v[0], 1000000000) * NS_PER_S + (uint64_t)v[1]);
}

int32_t sys_semop(struct ucall *c) { return semop(c, FOREVER); }
int32_t sys_semtimedop(struct ucall *c) { return semtimedop(c, false); }
int32_t sys_semtimedop64(struct ucall *c) { return semtimedop(c, true); }

void ipc_exit(uint32_t pid)
{
	for (uint32_t n = 0; n < sets.n; n++) {
		struct ipc_object *o = ipc_slot(&sets, n);
		struct set *s = o ? of(o) : NULL;
		struct undo **at = s ? &s->undos : NULL;
		while (at && *at && (*at)->pid != pid) at = &(*at)->next;
		if (!at || !*at) continue;
		struct undo *u = *at;
		*at = u->next;
		for (uint32_t i = 0; i < s->n; i++) {
			if (!u->adj[i]) continue;
			s->sem[i].value = (int16_t)MAX(0, MIN(SEMVMX, s->sem[i].value + u->adj[i]));
			s->sem[i].pid = pid;
		}
		kfree(u);
		waitq_wake_all(&s->changed);
	}
}

/* ---- semctl: arguments id, number, command, value or pointer */
static int stat_to(struct ucall *c, const struct set *s)
{
	struct linux_semid_ds d = {.perm = s->o.perm, .otime = s->otime, .ctime = s->ctime, .nsems = s->n};

	return umem_store(c->mem, uaddr(c->arg[3]), &d, sizeof d);
}

static int32_t info(struct ucall *c, uint32_t cmd)
{
	struct linux_seminfo i = {.map = 1024000000, .mni = IPC_MNI, .mns = 1024000000, .mnu = 1024000000, .msl = SEMMSL, .opm = SEMOPM, .ume = SEMOPM,
				  .usz = 20, .vmx = SEMVMX, .aem = SEMVMX};

	if (cmd == SEM_INFO) {
		i.usz = (int32_t)ipc_used(&sets);
		i.aem = 0;
		for (uint32_t n = 0; n < sets.n; n++) {
			struct ipc_object *o = ipc_slot(&sets, n);
			if (o) i.aem += (int32_t)of(o)->n;
		}
	}
	int err = umem_store(c->mem, uaddr(c->arg[3]), &i, sizeof i);
	return err ? err : ipc_highest(&sets);
}

static void show_line(struct text_sink *s, const struct ipc_object *o)
{
	const struct set *q = container_of(o, struct set, o);
	const struct linux_ipc_perm *p = &o->perm;

	sink_printf(s, "%10d %10d  %4o %10u %5u %5u %5u %5u %10u %10u\n", p->key, o->id, p->mode, q->n, p->uid, p->gid, p->cuid, p->cgid,
		    q->otime, q->ctime);
}

int sem_show(struct text_sink *s, const struct fs_caller *who)
{
	ipc_show(&sets, s, who, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime", show_line);
	return 0;
}

/* A value was set by hand: nobody's adjustments count any more. */
static void forget_adjustments(struct set *s, uint32_t num)
{
	for (struct undo *u = s->undos; u; u = u->next) u->adj[num] = 0;
}

static int32_t set_all(struct ucall *c, struct set *s)
{
	uint16_t *v = kmalloc(s->n * 2);
	int32_t r = v ? umem_fetch(c->mem, v, uaddr(c->arg[3]), s->n * 2) : -ENOMEM;

	for (uint32_t i = 0; i < s->n && !r; i++)
		if (v[i] > SEMVMX) r = -ERANGE;
	if (!r && s->o.removed) r = -EIDRM;
	for (uint32_t i = 0; i < s->n && !r; i++) {
		s->sem[i].value = (int16_t)v[i];
		s->sem[i].pid = ucall_who(c)->ops->pid(ucall_who(c));
		forget_adjustments(s, i);
	}
	kfree(v);
	if (r) return r;
	s->ctime = ipc_now();
	waitq_wake_all(&s->changed);
	return 0;
}

static int32_t get_all(struct ucall *c, const struct set *s)
{
	uint16_t *v = kmalloc(s->n * 2);

	if (!v) return -ENOMEM;
	for (uint32_t i = 0; i < s->n; i++) v[i] = (uint16_t)s->sem[i].value;
	int32_t r = umem_store(c->mem, uaddr(c->arg[3]), v, s->n * 2);
	kfree(v);
	return r;
}

static int32_t one(struct ucall *c, struct set *s, uint32_t cmd)
{
	uint32_t num = c->arg[1];

	if (num >= s->n) return -EINVAL;
	struct sem *m = &s->sem[num];
	switch (cmd) {
	case GETVAL: return m->value;
	case GETPID: return (int32_t)m->pid;
	case GETNCNT: return m->ncnt;
	case GETZCNT: return m->zcnt;
	default: break;
	}
	if (c->arg[3] > SEMVMX) return -ERANGE;
	m->value = (int16_t)c->arg[3];
	m->pid = ucall_who(c)->ops->pid(ucall_who(c));
	forget_adjustments(s, num);
	s->ctime = ipc_now();
	waitq_wake_all(&s->changed);
	return 0;
}

static int32_t change(struct ucall *c, struct set *s, uint32_t cmd)
{
	struct linux_semid_ds d;
	int err = cmd == IPC_SET ? umem_fetch(c->mem, &d, uaddr(c->arg[3]), sizeof d) : 0;

	if (!err) err = ipc_may_change(&s->o, ucall_who(c));
	if (err) return err;
	if (cmd == IPC_SET) {
		err = ipc_set(&s->o, &d.perm);
		if (err) return err;
		s->ctime = ipc_now();
		return 0;
	}
	ipc_remove(&sets, &s->o);
	waitq_wake_all(&s->changed);
	put(s);
	return 0;
}

static int32_t with_set(struct ucall *c, struct set *s, uint32_t cmd)
{
	switch (cmd) {
	case IPC_STAT: return stat_to(c, s);
	case IPC_SET: case IPC_RMID: return change(c, s, cmd);
	case GETALL: return get_all(c, s);
	case SETALL: return set_all(c, s);
	default: return one(c, s, cmd);
	}
}

int32_t sys_semctl(struct ucall *c)
{
	uint32_t cmd = c->arg[2] , rw = cmd == SETVAL || cmd == SETALL ? 2 : cmd == IPC_SET || cmd == IPC_RMID ? 0 : 4;
	struct ipc_object *o;

	if ((int32_t)c->arg[0] < 0) return -EINVAL;
	if (cmd == IPC_INFO || cmd == SEM_INFO) return info(c, cmd);
	if (cmd == SEM_STAT || cmd == SEM_STAT_ANY) {
		o = ipc_slot(&sets, c->arg[0]);
		if (!o) return -EINVAL;
		int err = ipc_find(&sets, o->id, cmd == SEM_STAT ? 4 : 0, ucall_who(c), &o);
		if (!err) err = stat_to(c, of(o));
		return err ? err : o->id;
	}
	if (cmd > SETALL || (cmd > IPC_STAT && cmd < GETPID)) return -EINVAL;
	int32_t r = ipc_find(&sets, (int32_t)c->arg[0], rw, ucall_who(c), &o);
	if (r) return r;
	o->refs++;
	r = with_set(c, of(o), cmd);
	put(of(o));
	return r;
}
