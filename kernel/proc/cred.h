/* cred.h - questions about credentials that several calls ask.
 * Used by: sys_ids.c, sys_attr.c, signal.c.
 * Never: changes a credential.  */
#ifndef KERNEL_PROC_CRED_H
#define KERNEL_PROC_CRED_H
#include "fs/caller.h"
static inline bool cred_in_group(const struct cred *c, uint32_t gid)
{
	if (c->fsgid == gid) return true;
	for (uint32_t i = 0; i < c->n_groups; i++)
		if (c->groups[i] == gid) return true;
	return false;
}
#endif
