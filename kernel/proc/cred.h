/* cred.h - questions about credentials that several calls ask, and what becomes of them.
 * Used by: sys_ids.c, sys_attr.c, signal.c, exec.c, group.c.
 * Never: asks whether a change is allowed.  Source: credentials(7), capabilities(7).  */
#ifndef KERNEL_PROC_CRED_H
#define KERNEL_PROC_CRED_H
#include "fs/caller.h"
static inline bool cred_in_group(const struct cred *c, uint32_t gid)
{
	return c->fsgid == gid || cred_in_groups(c, gid);
}
/** Another owner of from's groups: the copy of a struct cred. */
void cred_hold(const struct cred *c);
/** c is no more. */
void cred_drop(struct cred *c);
/** The user ids changed: capabilities follow (setuid(2), setfsuid(2)); keep: PR_SET_KEEPCAPS. */
void cred_uids_changed(struct cred *c, const struct cred *old, bool keep);
/** The file system's user id alone did. */
void cred_fsuid_changed(struct cred *c, const struct cred *old);
/** A program starts with the ids in c: execve(2), "root has all that is in the bounding set". */
void cred_exec(struct cred *c);
#endif
