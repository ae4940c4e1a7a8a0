/* cred.c - what becomes of groups and capabilities when credentials are copied, changed, or meet an exec.
 * Called by: group.c, sys_ids.c, exec.c.
 * Never: asks whether a change is allowed.  */
#include "kernel/proc/cred.h"
#include "kernel/mm/kheap.h"

#define BIT(cap) (1ull << (cap))
/* What a change of the file system's user id takes and gives: setfsuid(2) */
#define CAPS_OF_FILES (BIT(CAP_CHOWN) | BIT(CAP_MKNOD) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | \
		       BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MAC_OVERRIDE))

void cred_hold(const struct cred *c)
{
	if (c->groups) c->groups->refs++;
}

void cred_drop(struct cred *c)
{
	if (c->groups && --c->groups->refs == 0) kfree(c->groups);
	c->groups = NULL;
}

void cred_uids_changed(struct cred *c, const struct cred *old, bool keep)
{
	bool was_root = !old->uid || !old->euid || !old->suid, is_root = !c->uid || !c->euid || !c->suid;

	if (was_root && !is_root) {
		if (!keep) c->permitted = 0;
		c->effective = 0;
	}
	if (!old->euid && c->euid) c->effective = 0;
	if (old->euid && !c->euid) c->effective = c->permitted;
}

void cred_fsuid_changed(struct cred *c, const struct cred *old)
{
	if (!old->fsuid && c->fsuid) c->effective &= ~CAPS_OF_FILES;
	if (old->fsuid && !c->fsuid) c->effective |= c->permitted & CAPS_OF_FILES;
}

void cred_exec(struct cred *c)
{
	c->permitted = !c->uid || !c->euid ? c->bounding | c->inheritable : 0;
	c->effective = c->euid ? 0 : c->permitted;
}
