/* sys_memfd.c - memfd_create(2).
 * Called by: dispatch.c through table.def (home half).
 * Never: huge pages: there are none.  */
#include "fs/seal.h"
#include "kernel/syscall/sysarg.h"
#include "lib/str.h"

#define PREFIX "/memfd:"
#define NAME_MOST 249u        /* of memfd_create(2), without the NUL */
#define MFD_SIZES 0xfc000000u /* logarithm of a huge page: with MFD_HUGETLB only */

int32_t sys_memfd_create(struct ucall *c)
{
	char text[sizeof PREFIX + NAME_MOST] = PREFIX;
	uint32_t flags = c->arg[1];

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | (flags & MFD_HUGETLB ? MFD_HUGETLB | MFD_SIZES : 0))) return -EINVAL;
	int32_t n = umem_fetch_string(c->mem, text + sizeof PREFIX - 1, uaddr(c->arg[0]), NAME_MOST + 1);
	if (n < 0) return n == -ENAMETOOLONG ? -EINVAL : n;
	if (flags & MFD_HUGETLB) return -ENOMEM;
	struct file *f = memfd_new(text, (flags & MFD_ALLOW_SEALING) != 0, ucall_who(c));
	if (!f) return -ENOMEM;
	int32_t fd = fd_install(ucall_group(c)->fds, f, 0, (flags & MFD_CLOEXEC) != 0);
	if (fd < 0) file_unref(f);
	return fd;
}
