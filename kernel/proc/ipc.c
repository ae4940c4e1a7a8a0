/* ipc.c - numbers, keys and permissions of System V objects.
 * Called by: ipc_shm.c, ipc_sem.c, ipc_msg.c.
 * Never: knows what an object does.  */
#include "kernel/proc/ipc.h"
#include "abi/linux_errno.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"
#include "fs/synth.h"

#define FIRST_SLOTS 16u

uint32_t ipc_now(void)
{
	return (uint32_t)((clock_now_ns() + (uint64_t)clock_wall_offset_ns()) / NS_PER_S);
}

static bool in_group(const struct cred *k, uint32_t gid)
{
	return k->egid == gid || cred_in_groups(k, gid);
}

static int permitted(const struct ipc_object *o, uint32_t rw, const struct fs_caller *who)
{
	const struct cred *k = who->cred;
	uint32_t mode = o->perm.mode;

	if (has_cap(who, CAP_IPC_OWNER)) return 0;
	if (k->euid == o->perm.uid || k->euid == o->perm.cuid)
		mode >>= 6;
	else if (in_group(k, o->perm.gid) || in_group(k, o->perm.cgid))
		mode >>= 3;
	return rw & ~mode & 7 ? -EACCES : 0;
}

static int grow(struct ipc_table *t)
{
	uint32_t n = MIN(t->n ? t->n * 2 : FIRST_SLOTS, t->limit);
	struct ipc_object **slot = kzalloc(n * (uint32_t)sizeof(struct ipc_object *));

	if (!slot) return -ENOMEM;
	if (t->n) memcpy(slot, t->slot, t->n * sizeof(struct ipc_object *));
	kfree(t->slot);
	t->slot = slot;
	t->n = n;
	return 0;
}

static int32_t insert(struct ipc_table *t, int32_t key, uint32_t flags, const struct fs_caller *who,
		      struct ipc_object *(*make)(uint32_t arg), uint32_t arg)
{
	uint32_t n = 0;

	while (n < t->n && t->slot[n]) n++;
	if (n == t->limit) return -ENOSPC;
	if (n == t->n && grow(t)) return -ENOMEM;
	struct ipc_object *o = make(arg);
	if (!o) return -ENOMEM;
	t->seq = (t->seq + 1) & 0xffff;
	o->perm = (struct linux_ipc_perm){.key = key, .uid = who->cred->euid, .gid = who->cred->egid, .cuid = who->cred->euid,
		.cgid = who->cred->egid, .mode = (uint16_t)(flags & 0777), .seq = (uint16_t)t->seq};
	o->id = (int32_t)(t->seq * IPC_SLOTS_MAX + n);
	o->refs = 1;
	t->slot[n] = o;
	return o->id;
}

int32_t ipc_get(struct ipc_table *t, int32_t key, uint32_t flags, const struct fs_caller *who,
		struct ipc_object *(*make)(uint32_t arg), uint32_t arg, int (*check)(struct ipc_object *o, uint32_t arg))
{
	for (uint32_t n = 0; key != IPC_PRIVATE && n < t->n; n++) {
		struct ipc_object *o = t->slot[n];
		if (!o || o->perm.key != key) continue;
		if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL)) return -EEXIST;
		int err = check(o, arg);
		if (!err) err = permitted(o, (flags | flags >> 3 | flags >> 6) & 6, who);
		return err ? err : o->id;
	}
	if (key != IPC_PRIVATE && !(flags & IPC_CREAT)) return -ENOENT;
	int err = check(NULL, arg);
	return err ? err : insert(t, key, flags, who, make, arg);
}

int ipc_find(struct ipc_table *t, int32_t id, uint32_t rw, const struct fs_caller *who, struct ipc_object **out)
{
	struct ipc_object *o = id >= 0 ? ipc_slot(t, (uint32_t)id % IPC_SLOTS_MAX) : NULL;

	if (!o) return -EINVAL;
	if (o->id != id) return -EINVAL;
	*out = o;
	return permitted(o, rw, who);
}

struct ipc_object *ipc_slot(struct ipc_table *t, uint32_t slot)
{
	return slot < t->n ? t->slot[slot] : NULL;
}

int ipc_may_change(const struct ipc_object *o, const struct fs_caller *who)
{
	uint32_t uid = who->cred->euid;

	return capable(who) || uid == o->perm.uid || uid == o->perm.cuid ? 0 : -EPERM;
}

int ipc_set(struct ipc_object *o, const struct linux_ipc_perm *p)
{
	if (p->uid == UINT32_MAX || p->gid == UINT32_MAX) return -EINVAL;
	o->perm.uid = p->uid;
	o->perm.gid = p->gid;
	o->perm.mode = (uint16_t)((o->perm.mode & ~0777u) | (p->mode & 0777u));
	return 0;
}

void ipc_remove(struct ipc_table *t, struct ipc_object *o)
{
	uint32_t n = (uint32_t)o->id % IPC_SLOTS_MAX;

	if (t->slot[n] == o) t->slot[n] = NULL;
	o->removed = true;
}

int32_t ipc_highest(const struct ipc_table *t)
{
	for (uint32_t n = t->n; n > 0; n--)
		if (t->slot[n - 1]) return (int32_t)n - 1;
	return 0;
}

uint32_t ipc_used(const struct ipc_table *t)
{
	uint32_t used = 0;

	for (uint32_t n = 0; n < t->n; n++) used += t->slot[n] != NULL;
	return used;
}

void ipc_show(struct ipc_table *t, struct text_sink *s, const struct fs_caller *who, const char *heading,
	      void (*line)(struct text_sink *s, const struct ipc_object *o))
{
	UNUSED(who);
	sink_printf(s, "%s\n", heading);
	for (uint32_t n = 0; n < t->n; n++)
		if (t->slot[n]) line(s, t->slot[n]);
}

/* ---- what programs read of the limits */
static int show_shmmax(struct text_sink *s, const struct fs_caller *who) { UNUSED(who); sink_printf(s, "4278190079\n"); return 0; }
static int show_shmall(struct text_sink *s, const struct fs_caller *who) { UNUSED(who); sink_printf(s, "4278190079\n"); return 0; }
static int show_shmmni(struct text_sink *s, const struct fs_caller *who) { UNUSED(who); sink_printf(s, "%u\n", SHM_MNI); return 0; }
static int show_sem(struct text_sink *s, const struct fs_caller *who) { UNUSED(who); sink_printf(s, "32000\t1024000000\t500\t%u\n", IPC_MNI); return 0; }
static int show_msgmax(struct text_sink *s, const struct fs_caller *who) { UNUSED(who); sink_printf(s, "8192\n"); return 0; }
static int show_msgmnb(struct text_sink *s, const struct fs_caller *who) { UNUSED(who); sink_printf(s, "16384\n"); return 0; }
static int show_msgmni(struct text_sink *s, const struct fs_caller *who) { UNUSED(who); sink_printf(s, "%u\n", IPC_MNI); return 0; }

void ipc_init(void)
{
	static struct proc_row rows[] = {
		{.path = "sysvipc/shm", .mode = 0444, .show = shm_show},
		{.path = "sysvipc/sem", .mode = 0444, .show = sem_show},
		{.path = "sysvipc/msg", .mode = 0444, .show = msg_show},
		{.path = "sys/kernel/shmmax", .mode = 0444, .show = show_shmmax},
		{.path = "sys/kernel/shmall", .mode = 0444, .show = show_shmall},
		{.path = "sys/kernel/shmmni", .mode = 0444, .show = show_shmmni},
		{.path = "sys/kernel/sem", .mode = 0444, .show = show_sem},
		{.path = "sys/kernel/msgmax", .mode = 0444, .show = show_msgmax},
		{.path = "sys/kernel/msgmnb", .mode = 0444, .show = show_msgmnb},
		{.path = "sys/kernel/msgmni", .mode = 0444, .show = show_msgmni},
	};

	for (uint32_t n = 0; n < ARRAY_LEN(rows); n++) proc_register(&rows[n]);
}
