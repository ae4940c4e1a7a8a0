/* sys_process_vm.c - bytes between two processes' memories: process_vm_readv(2), process_vm_writev(2).
 * Called by: dispatch.c through table.def (home halves; the caller comes home).
 * Never: reaches a body that is away: it comes home for it.  */
#include "kernel/mm/kheap.h"
#include "kernel/proc/task.h"
#include "kernel/syscall/sysarg.h"

#define BLOCK 1024u

struct side {
	struct umem *mem;
	struct uio_seg *seg;   /* kmalloc block or NULL */
	uint32_t n, at, off;   /* pieces; the one at hand; bytes of it done */
};

static int fetch_vector(struct ucall *c, uint32_t at, uint32_t n, struct side *s)
{
	uint32_t sum = 0;

	*s = (struct side){.n = n};
	if (n > IOV_MAX) return -EINVAL;
	if (!n) return 0;
	s->seg = kmalloc(n * (uint32_t)sizeof *s->seg);
	if (!s->seg) return -ENOMEM;
	int err = umem_fetch(c->mem, s->seg, uaddr(at), n * (uint32_t)sizeof *s->seg);
	for (uint32_t i = 0; i < n && !err; i++) {
		if ((int32_t)s->seg[i].len < 0) err = -EINVAL;
		s->seg[i].len = MIN(s->seg[i].len, 0x7ffff000u - sum);
		sum += s->seg[i].len;
	}
	return err;
}

/* What is left of the piece at hand, 0 at the end. */
static uint32_t left(struct side *s)
{
	while (s->at < s->n && s->off == s->seg[s->at].len) {
		s->at++;
		s->off = 0;
	}
	return s->at < s->n ? s->seg[s->at].len - s->off : 0;
}

/* Up to n bytes from one side to the other: how many. */
static uint32_t copy_some(struct side *from, struct side *to, uint8_t *buf, uint32_t n)
{
	n = umem_fetch_some(from->mem, buf, uaddr_add(from->seg[from->at].at, from->off), n);
	n = umem_store_some(to->mem, uaddr_add(to->seg[to->at].at, to->off), buf, n);
	from->off += n;
	to->off += n;
	return n;
}

static int32_t copy_all(struct side *from, struct side *to)
{
	uint8_t *buf = kmalloc(BLOCK);
	uint32_t done = 0, n;

	if (!buf) return -ENOMEM;
	while ((n = MIN(MIN(left(from), left(to)), BLOCK)) > 0) {
		uint32_t moved = copy_some(from, to, buf, n);
		done += moved;
		if (moved < n) break;
		preempt_point();
	}
	kfree(buf);
	return done || !n ? (int32_t)done : -EFAULT;
}

/* May who look into g's memory? ptrace(2), "Ptrace access mode checking". */
static bool may_access(const struct ucall *c, const struct group *g)
{
	const struct cred *k = ucall_who(c)->cred, *o = &g->cred;

	if (g == ucall_group(c) || capable(ucall_who(c))) return true;
	return k->uid == o->uid && k->uid == o->euid && k->uid == o->suid && k->gid == o->gid && k->gid == o->egid && k->gid == o->sgid;
}

static int32_t with_target(struct ucall *c, struct side *here, struct side *there, bool write)
{
	struct task *t = task_find(c->arg[0]);
	struct umem mem;

	if (!t || t->exiting || t->home.group->state == RUN_ZOMBIE) return -ESRCH;
	if (!may_access(c, t->home.group)) return -EPERM;
	if (!t->has_body && hallway.fetch_body) {
		int r = hallway.fetch_body(t->home.unit);
		t = r ? NULL : task_find(c->arg[0]);
		if (!t) return r ? r : -ESRCH;
	}
	if (!t->has_body || !t->body.space) return -ESRCH;
	struct space *s = t->body.space;
	space_ref(s);
	umem_init_local(&mem, s, &s->moved);
	here->mem = c->mem;
	there->mem = &mem;
	int32_t r = write ? copy_all(here, there) : copy_all(there, here);
	space_unref(s);
	return r;
}

static int32_t transfer(struct ucall *c, bool write)
{
	struct side here = {.n = 0}, there = {.n = 0};

	if (c->arg[5]) return -EINVAL;
	int32_t r = fetch_vector(c, c->arg[1], c->arg[2], &here);
	if (!r && left(&here)) {
		r = fetch_vector(c, c->arg[3], c->arg[4], &there);
		if (!r && left(&there)) r = with_target(c, &here, &there, write);
	}
	kfree(here.seg);
	kfree(there.seg);
	return r;
}

int32_t sys_process_vm_readv(struct ucall *c) { return transfer(c, false); }
int32_t sys_process_vm_writev(struct ucall *c) { return transfer(c, true); }
