/* uts.c - what this machine calls itself.
 * Called by: sys_info.c, procfs_node.c.
 * Never: asks the network for a name.  */
#include "kernel/proc/uts.h"
#include "kernel/proc/proc.h"
#include "lib/fmt.h"
#include "lib/str.h"

static char host[UTS_NAME_MAX + 1], domain[UTS_NAME_MAX + 1] = "(none)";
static bool host_set;

const char *uts_hostname(void)
{
	if (!host_set) fmt_snprintf(host, sizeof host, "node%u", this_node);
	return host;
}

const char *uts_domainname(void)
{
	return domain;
}

static int set(char *to, const char *name, uint32_t n)
{
	if (n > UTS_NAME_MAX) return -EINVAL;
	memcpy(to, name, n);
	to[n] = 0;
	return 0;
}

int uts_set_hostname(const char *name, uint32_t n)
{
	int err = set(host, name, n);
	if (!err) host_set = true;
	return err;
}

int uts_set_domainname(const char *name, uint32_t n)
{
	return set(domain, name, n);
}
