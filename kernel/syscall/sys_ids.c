/* sys_ids.c - who a process is: user and group ids, groups, capabilities.
 * Called by: dispatch.c through table.def (home halves).
 * Never: asks what an id may do; that is capable() and inode_permission().  */
#include "kernel/syscall/sysarg.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/cred.h"

#define KEEP 0xffffffffu

static struct cred *cred(const struct ucall *c)
{
	return &ucall_group(c)->cred;
}

/* The 16-bit calls: 0xffff means "keep" going in; too large an id shows as 65534 coming out. */
static uint32_t in16(uint32_t id) { return (uint16_t)id == 0xffffu ? KEEP : (uint16_t)id; }
static int32_t out16(uint32_t id) { return id > 0xffffu ? 65534 : (int32_t)id; }

static void widen_args(struct ucall *c, int n)
{
	for (int i = 0; i < n; i++) c->arg[i] = in16(c->arg[i]);
}

int32_t sys_getuid(struct ucall *c) { return (int32_t)cred(c)->uid; }
int32_t sys_getgid(struct ucall *c) { return (int32_t)cred(c)->gid; }
int32_t sys_geteuid(struct ucall *c) { return (int32_t)cred(c)->euid; }
int32_t sys_getegid(struct ucall *c) { return (int32_t)cred(c)->egid; }
int32_t sys_getuid16(struct ucall *c) { return out16(cred(c)->uid); }
int32_t sys_getgid16(struct ucall *c) { return out16(cred(c)->gid); }
int32_t sys_geteuid16(struct ucall *c) { return out16(cred(c)->euid); }
int32_t sys_getegid16(struct ucall *c) { return out16(cred(c)->egid); }

/* ---- one kind of id: real, effective, saved, file system. The rules are the same for users and groups. */
struct ids { uint32_t *r, *e, *s, *fs; bool any; }; /* any: whoever asks may take any id */

static struct ids users(struct ucall *c)
{
	struct cred *k = cred(c);
	return (struct ids){&k->uid, &k->euid, &k->suid, &k->fsuid, cred_may(k, CAP_SETUID)};
}
static struct ids groups(struct ucall *c)
{
	struct cred *k = cred(c);
	return (struct ids){&k->gid, &k->egid, &k->sgid, &k->fsgid, cred_may(k, CAP_SETGID)};
}
static bool among(const struct ids *i, uint32_t id)
{
	return id == *i->r || id == *i->e || id == *i->s;
}

/* setuid(2): root sets all three */
static int32_t set_id(struct ids i, uint32_t id)
{
	if (id == KEEP) return -EINVAL;
	if (i.any)
		*i.r = *i.s = id;
	else if (id != *i.r && id != *i.s)
		return -EPERM;
	*i.e = *i.fs = id;
	return 0;
}

/* setreuid(2): the saved id follows the effective one when the real one is set, or the effective one to another than the real */
static int32_t set_re(struct ids i, uint32_t r, uint32_t e)
{
	uint32_t old_r = *i.r;

	if (!i.any) {
		if (r != KEEP && r != *i.r && r != *i.e) return -EPERM;
		if (e != KEEP && !among(&i, e)) return -EPERM;
	}
	if (r != KEEP) *i.r = r;
	if (e != KEEP) *i.e = e;
	if (r != KEEP || (e != KEEP && e != old_r)) *i.s = *i.e;
	*i.fs = *i.e;
	return 0;
}

static int32_t set_res(struct ids i, const uint32_t id[3])
{
	for (int k = 0; k < 3 && !i.any; k++)
		if (id[k] != KEEP && !among(&i, id[k])) return -EPERM;
	if (id[0] != KEEP) *i.r = id[0];
	if (id[1] != KEEP) *i.e = id[1];
	if (id[2] != KEEP) *i.s = id[2];
	*i.fs = *i.e;
	return 0;
}

/* Returns the old id; a refusal shows only in what the next call returns. */
static int32_t set_fs(struct ids i, uint32_t id)
{
	uint32_t old = *i.fs;

	if (id != KEEP && (i.any || among(&i, id) || id == old)) *i.fs = id;
	return (int32_t)old;
}

/* What follows a change, credentials(7) and prctl(2): no death signal and no core for what was another's a moment ago. */
static int32_t changed(struct ucall *c, const struct cred *old, int32_t r)
{
	struct cred *k = cred(c);
	struct group *g = ucall_group(c);

	if (r < 0) return r;
	if (old->euid == k->euid && old->egid == k->egid && old->fsuid == k->fsuid && old->fsgid == k->fsgid) return r;
	g->undumpable = true;
	g->pdeath_signal = 0;
	return r;
}

static int32_t users_changed(struct ucall *c, const struct cred *old, int32_t r)
{
	if (r >= 0) cred_uids_changed(cred(c), old, ucall_group(c)->keepcaps);
	return changed(c, old, r);
}

int32_t sys_setuid(struct ucall *c)
{
	const struct cred old = *cred(c);
	return users_changed(c, &old, set_id(users(c), c->arg[0]));
}

int32_t sys_setgid(struct ucall *c)
{
	const struct cred old = *cred(c);
	return changed(c, &old, set_id(groups(c), c->arg[0]));
}

int32_t sys_setreuid(struct ucall *c)
{
	const struct cred old = *cred(c);
	return users_changed(c, &old, set_re(users(c), c->arg[0], c->arg[1]));
}

int32_t sys_setregid(struct ucall *c)
{
	const struct cred old = *cred(c);
	return changed(c, &old, set_re(groups(c), c->arg[0], c->arg[1]));
}

int32_t sys_setresuid(struct ucall *c)
{
	const struct cred old = *cred(c);
	return users_changed(c, &old, set_res(users(c), c->arg));
}

int32_t sys_setresgid(struct ucall *c)
{
	const struct cred old = *cred(c);
	return changed(c, &old, set_res(groups(c), c->arg));
}

int32_t sys_setfsuid(struct ucall *c)
{
	const struct cred old = *cred(c);
	int32_t r = set_fs(users(c), c->arg[0]);

	cred_fsuid_changed(cred(c), &old);
	(void)changed(c, &old, 0);
	return r;
}

int32_t sys_setfsgid(struct ucall *c)
{
	const struct cred old = *cred(c);
	int32_t r = set_fs(groups(c), c->arg[0]);

	(void)changed(c, &old, 0);
	return r;
}

int32_t sys_setuid16(struct ucall *c) { return widen_args(c, 1), sys_setuid(c); }
int32_t sys_setgid16(struct ucall *c) { return widen_args(c, 1), sys_setgid(c); }
int32_t sys_setreuid16(struct ucall *c) { return widen_args(c, 2), sys_setreuid(c); }
int32_t sys_setregid16(struct ucall *c) { return widen_args(c, 2), sys_setregid(c); }
int32_t sys_setresuid16(struct ucall *c) { return widen_args(c, 3), sys_setresuid(c); }
int32_t sys_setresgid16(struct ucall *c) { return widen_args(c, 3), sys_setresgid(c); }
int32_t sys_setfsuid16(struct ucall *c) { return widen_args(c, 1), sys_setfsuid(c); }
int32_t sys_setfsgid16(struct ucall *c) { return widen_args(c, 1), sys_setfsgid(c); }

static int32_t put_res(struct ucall *c, struct ids i, uint32_t bytes)
{
	uint32_t id[3] = {*i.r, *i.e, *i.s};

	for (int k = 0; k < 3; k++) {
		uint32_t v = bytes == 2 ? (uint32_t)out16(id[k]) : id[k];
		int err = umem_store(c->mem, uaddr(c->arg[k]), &v, bytes);
		if (err) return err;
	}
	return 0;
}

int32_t sys_getresuid(struct ucall *c) { return put_res(c, users(c), 4); }
int32_t sys_getresgid(struct ucall *c) { return put_res(c, groups(c), 4); }
int32_t sys_getresuid16(struct ucall *c) { return put_res(c, users(c), 2); }
int32_t sys_getresgid16(struct ucall *c) { return put_res(c, groups(c), 2); }

/* ---- supplementary groups */

static int32_t get_list(struct ucall *c, uint32_t bytes)
{
	const struct idlist *l = cred(c)->groups;
	uint32_t n = l ? l->n : 0;

	if ((int32_t)c->arg[0] < 0) return -EINVAL;
	if (!c->arg[0]) return (int32_t)n;
	if (c->arg[0] < n) return -EINVAL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = bytes == 2 ? (uint32_t)out16(l->id[i]) : l->id[i];
		int err = umem_store(c->mem, uaddr(c->arg[1] + i * bytes), &v, bytes);
		if (err) return err;
	}
	return (int32_t)n;
}

/* Heap sort: a list of 65536 must not take the CPU away for long. */
static void sift(uint32_t *v, uint32_t at, uint32_t n)
{
	for (uint32_t kid; (kid = 2 * at + 1) < n; at = kid) {
		if (kid + 1 < n && v[kid + 1] > v[kid]) kid++;
		if (v[at] >= v[kid]) return;
		uint32_t t = v[at];
		v[at] = v[kid];
		v[kid] = t;
	}
}

static void sort(uint32_t *v, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;) sift(v, i, n);
	while (n-- > 1) {
		uint32_t t = v[0];
		v[0] = v[n];
		v[n] = t;
		sift(v, 0, n);
	}
}

static int32_t fetch_list(struct ucall *c, struct idlist *l, uint32_t bytes)
{
	for (uint32_t i = 0; i < l->n; i++) {
		l->id[i] = 0;
		int err = umem_fetch(c->mem, &l->id[i], uaddr(c->arg[1] + i * bytes), bytes);
		if (err) return err;
		if (bytes == 2) l->id[i] = in16(l->id[i]);
		if (l->id[i] == KEEP) return -EINVAL;
	}
	sort(l->id, l->n);
	return 0;
}

static int32_t set_list(struct ucall *c, uint32_t bytes)
{
	uint32_t n = c->arg[0];

	if (!cred_may(cred(c), CAP_SETGID)) return -EPERM;
	if (n > NGROUPS) return -EINVAL;
	struct idlist *l = kmalloc(sizeof *l + n * (uint32_t)sizeof l->id[0]);
	if (!l) return -ENOMEM;
	*l = (struct idlist){.refs = 1, .n = n};
	int32_t r = fetch_list(c, l, bytes);
	if (r) {
		kfree(l);
		return r;
	}
	cred_drop(cred(c));
	cred(c)->groups = l;
	return 0;
}

int32_t sys_getgroups(struct ucall *c) { return get_list(c, 4); }
int32_t sys_getgroups16(struct ucall *c) { return get_list(c, 2); }
int32_t sys_setgroups(struct ucall *c) { return set_list(c, 4); }
int32_t sys_setgroups16(struct ucall *c) { return set_list(c, 2); }

/* ---- capabilities */
#define CAP_V1 0x19980330u
#define CAP_V2 0x20071026u
#define CAP_V3 0x20080522u

/* Number of linux_cap_data in this version; 0: unknown, and the one we prefer was stored. */
static uint32_t cap_words(struct ucall *c, struct linux_cap_header *h, int32_t *err)
{
	*err = umem_fetch(c->mem, h, uaddr(c->arg[0]), sizeof *h);
	if (*err) return 0;
	if (h->version == CAP_V1) return 1;
	if (h->version == CAP_V2 || h->version == CAP_V3) return 2;
	*err = umem_store_u32(c->mem, uaddr(c->arg[0]), CAP_V3);
	if (!*err) *err = c->arg[1] ? -EINVAL : 0;
	return 0;
}

int32_t sys_capget(struct ucall *c)
{
	struct linux_cap_header h;
	int32_t err;
	uint32_t n = cap_words(c, &h, &err);

	if (!n || !c->arg[1]) return err;
	if (h.pid < 0) return -EINVAL;
	struct task *t = h.pid ? task_find((uint32_t)h.pid) : c->task;
	if (!t) return -ESRCH;
	const struct cred *k = &t->home.group->cred;
	const struct linux_cap_data d[2] = {
		{(uint32_t)k->effective, (uint32_t)k->permitted, (uint32_t)k->inheritable},
		{(uint32_t)(k->effective >> 32), (uint32_t)(k->permitted >> 32), (uint32_t)(k->inheritable >> 32)},
	};
	return umem_store(c->mem, uaddr(c->arg[1]), d, n * (uint32_t)sizeof d[0]);
}

/* Nothing may be gained that is not permitted, capset(2). */
static bool may_have(const struct cred *k, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	if (!cred_may(k, CAP_SETPCAP) && (inheritable & ~(k->inheritable | k->permitted))) return false;
	return !(inheritable & ~(k->inheritable | k->bounding)) && !(permitted & ~k->permitted) && !(effective & ~permitted);
}

int32_t sys_capset(struct ucall *c)
{
	struct linux_cap_header h;
	struct linux_cap_data d[2] = {{0}};
	struct cred *k = cred(c);
	int32_t err;
	uint32_t n = cap_words(c, &h, &err);

	if (!n) return err ? err : -EINVAL;
	if (h.pid && (uint32_t)h.pid != c->task->home.tid) return -EPERM;
	err = umem_fetch(c->mem, d, uaddr(c->arg[1]), n * (uint32_t)sizeof d[0]);
	if (err) return err;
	uint64_t effective = ((uint64_t)d[1].effective << 32 | d[0].effective) & CAP_ALL;
	uint64_t permitted = ((uint64_t)d[1].permitted << 32 | d[0].permitted) & CAP_ALL;
	uint64_t inheritable = ((uint64_t)d[1].inheritable << 32 | d[0].inheritable) & CAP_ALL;
	if (!may_have(k, effective, permitted, inheritable)) return -EPERM;
	k->effective = effective;
	k->permitted = permitted;
	k->inheritable = inheritable;
	return 0;
}
