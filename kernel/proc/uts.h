/* uts.h - what this machine calls itself: uname(2), sethostname(2), /proc/version, /proc/sys/kernel.
 * Used by: sys_info.c, procfs_node.c.
 * Never: a process's home: a process sees its home's names because these calls run there.  */
#ifndef KERNEL_PROC_UTS_H
#define KERNEL_PROC_UTS_H
#include "lib/base.h"
#define UTS_SYSNAME "Linux"            /* programs check it */
#define UTS_RELEASE "5.10.0-godwit"    /* the ABI that is followed; glibc refuses less than 3.2 */
#define UTS_VERSION "#1 Godwit 0.1"
#define UTS_MACHINE "i686"
#define UTS_NAME_MAX 64u
/** Host and domain name; the host name is "nodeN" until somebody sets it. Valid until the next call. */
const char *uts_hostname(void);
const char *uts_domainname(void);
/** n bytes, at most UTS_NAME_MAX, else -EINVAL. */
MUST_CHECK int uts_set_hostname(const char *name, uint32_t n);
MUST_CHECK int uts_set_domainname(const char *name, uint32_t n);
#endif
