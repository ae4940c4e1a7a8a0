/* seal.c - files of memory without a place (memfd_create), and their seals.
 * Called by: sys_memfd.c, sys_fd.c.
 * Never: enforces a seal; who changes the file asks seal.h's checks.  */
#include "fs/seal.h"
#include "abi/linux_errno.h"
#include "fs/tmpfs.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

struct file *memfd_new(const char *text, bool sealable, const struct fs_caller *who)
{
	struct backing *b;

	if (tmpfs_shared_backing(0, &b)) return NULL;
	struct inode *i = container_of(b, struct inode, backing);
	i->mode = S_IFREG | 0777;
	i->uid = who->cred->fsuid;
	i->gid = who->cred->fsgid;
	i->seals = sealable ? 0 : F_SEAL_SEAL;
	i->nlink = 0;
	i->gone = kmalloc((uint32_t)strlen(text) + 1);
	if (i->gone) memcpy(i->gone, text, strlen(text) + 1);
	inode_ref(i); /* the name's; the file has the first */
	char shown[NAME_MAX + 1];
	fmt_snprintf(shown, sizeof shown, "%s (deleted)", text);
	struct name *n = name_anonymous(i, shown);
	struct file *f = n ? file_new(i, n, &regular_file_ops, O_RDWR | O_LARGEFILE) : NULL;
	if (f) return f;
	if (n) name_unref(n);
	else inode_unref(i);
	inode_unref(i);
	return NULL;
}

static bool is_memory(const struct inode *i)
{
	return S_ISREG(i->mode) && i->ops->truncate && !i->ops->read_pages && i->ops->path;
}

int seal_get(const struct file *f)
{
	if (!is_memory(f->inode)) return -EINVAL;
	return (int)f->inode->seals | (f->inode->nlink ? (int)F_SEAL_SEAL : 0); /* one with a name is no memfd */
}

int seal_add(struct file *f, uint32_t seals)
{
	struct inode *i = f->inode;

	if (!is_memory(i)) return -EINVAL;
	if ((f->flags & O_ACCMODE) == O_RDONLY) return -EPERM;
	if (seals & ~SEALS) return -EINVAL;
	if (seal_get(f) & (int)F_SEAL_SEAL) return -EPERM;
	if ((seals & F_SEAL_WRITE) && !(i->seals & F_SEAL_WRITE) && backing_writable(&i->backing)) return -EBUSY;
	i->seals |= seals;
	return 0;
}
