/* sys_ids.c - who a process is: user and group ids, groups, capabilities.
 * Called by: dispatch.c through table.def (home halves).
 * Never: asks what an id may do; that is capable() and inode_permission().  */
#include "kernel/syscall/sysarg.h"

#define KEEP 0xffffffffu

static struct cred *cred(const struct ucall *c)
{
	return &ucall_group(c)->cred;
}
static bool root(const struct ucall *c)
{
	return cred(c)->euid == 0;
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
struct ids { uint32_t *r, *e, *s, *fs; };

static struct ids users(struct ucall *c)
{
	struct cred *k = cred(c);
	return (struct ids){&k->uid, &k->euid, &k->suid, &k->fsuid};
}
static struct ids groups(struct ucall *c)
{
	struct cred *k = cred(c);
	return (struct ids){&k->gid, &k->egid, &k->sgid, &k->fsgid};
}
static bool among(const struct ids *i, uint32_t id)
{
	return id == *i->r || id == *i->e || id == *i->s;
}

/* setuid(2): root sets all three */
static int32_t set_id(struct ucall *c, struct ids i, uint32_t id)
{
	if (id == KEEP) return -EINVAL;
	if (root(c))
		*i.r = *i.s = id;
	else if (id != *i.r && id != *i.s)
		return -EPERM;
	*i.e = *i.fs = id;
	return 0;
}

/* setreuid(2): the saved id follows the effective one when the real one is set, or the effective one to another than the real */
static int32_t set_re(struct ucall *c, struct ids i, uint32_t r, uint32_t e)
{
	uint32_t old_r = *i.r;

	if (!root(c)) {
		if (r != KEEP && r != *i.r && r != *i.e) return -EPERM;
		if (e != KEEP && !among(&i, e)) return -EPERM;
	}
	if (r != KEEP) *i.r = r;
	if (e != KEEP) *i.e = e;
	if (r != KEEP || (e != KEEP && e != old_r)) *i.s = *i.e;
	*i.fs = *i.e;
	return 0;
}

static int32_t set_res(struct ucall *c, struct ids i, const uint32_t id[3])
{
	for (int k = 0; k < 3 && !root(c); k++)
		if (id[k] != KEEP && !among(&i, id[k])) return -EPERM;
	if (id[0] != KEEP) *i.r = id[0];
	if (id[1] != KEEP) *i.e = id[1];
	if (id[2] != KEEP) *i.s = id[2];
	*i.fs = *i.e;
	return 0;
}

/* Returns the old id; a refusal shows only in what the next call returns. */
static int32_t set_fs(struct ucall *c, struct ids i, uint32_t id)
{
	uint32_t old = *i.fs;

	if (id != KEEP && (root(c) || among(&i, id) || id == old)) *i.fs = id;
	return (int32_t)old;
}

int32_t sys_setuid(struct ucall *c) { return set_id(c, users(c), c->arg[0]); }
int32_t sys_setgid(struct ucall *c) { return set_id(c, groups(c), c->arg[0]); }
int32_t sys_setreuid(struct ucall *c) { return set_re(c, users(c), c->arg[0], c->arg[1]); }
int32_t sys_setregid(struct ucall *c) { return set_re(c, groups(c), c->arg[0], c->arg[1]); }
int32_t sys_setresuid(struct ucall *c) { return set_res(c, users(c), c->arg); }
int32_t sys_setresgid(struct ucall *c) { return set_res(c, groups(c), c->arg); }
int32_t sys_setfsuid(struct ucall *c) { return set_fs(c, users(c), c->arg[0]); }
int32_t sys_setfsgid(struct ucall *c) { return set_fs(c, groups(c), c->arg[0]); }

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
	const struct cred *k = cred(c);

	if ((int32_t)c->arg[0] < 0) return -EINVAL;
	if (!c->arg[0]) return (int32_t)k->n_groups;
	if (c->arg[0] < k->n_groups) return -EINVAL;
	for (uint32_t i = 0; i < k->n_groups; i++) {
		uint32_t v = bytes == 2 ? (uint32_t)out16(k->groups[i]) : k->groups[i];
		int err = umem_store(c->mem, uaddr(c->arg[1] + i * bytes), &v, bytes);
		if (err) return err;
	}
	return (int32_t)k->n_groups;
}

static int32_t set_list(struct ucall *c, uint32_t bytes)
{
	uint32_t list[NGROUPS] = {0}, n = c->arg[0];

	if (!root(c)) return -EPERM;
	if (n > NGROUPS) return -EINVAL;
	for (uint32_t i = 0; i < n; i++) {
		int err = umem_fetch(c->mem, &list[i], uaddr(c->arg[1] + i * bytes), bytes);
		if (err) return err;
	}
	for (uint32_t i = 0; i < n; i++) cred(c)->groups[i] = list[i];
	cred(c)->n_groups = n;
	return 0;
}

int32_t sys_getgroups(struct ucall *c) { return get_list(c, 4); }
int32_t sys_getgroups16(struct ucall *c) { return get_list(c, 2); }
int32_t sys_setgroups(struct ucall *c) { return set_list(c, 4); }
int32_t sys_setgroups16(struct ucall *c) { return set_list(c, 2); }

/* ---- capabilities: root has all, others none; there is nothing in between */
#define CAP_V1 0x19980330u
#define CAP_V2 0x20071026u
#define CAP_V3 0x20080522u
#define CAP_LAST 40u
#define CAP_ALL_LOW 0xffffffffu
#define CAP_ALL_HIGH ((1u << (CAP_LAST - 31)) - 1)

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
	struct linux_cap_data d[2] = {{0}};
	int32_t err;
	uint32_t n = cap_words(c, &h, &err);

	if (!n || !c->arg[1]) return err;
	if (h.pid < 0) return -EINVAL;
	struct group *g = h.pid ? group_find((uint32_t)h.pid) : ucall_group(c);
	if (!g) return -ESRCH;
	if (g->cred.euid == 0) {
		d[0].effective = d[0].permitted = CAP_ALL_LOW;
		d[1].effective = d[1].permitted = CAP_ALL_HIGH;
	}
	return umem_store(c->mem, uaddr(c->arg[1]), d, n * (uint32_t)sizeof d[0]);
}

/* Accepted where nothing is asked for that the caller does not have. */
int32_t sys_capset(struct ucall *c)
{
	struct linux_cap_header h;
	struct linux_cap_data d[2] = {{0}};
	int32_t err;
	uint32_t n = cap_words(c, &h, &err);

	if (!n) return err ? err : -EINVAL;
	if (h.pid && (uint32_t)h.pid != ucall_group(c)->pid) return -EPERM;
	err = umem_fetch(c->mem, d, uaddr(c->arg[1]), n * (uint32_t)sizeof d[0]);
	if (err || root(c)) return err;
	return d[0].effective | d[0].permitted | d[1].effective | d[1].permitted ? -EPERM : 0;
}
