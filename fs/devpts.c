/* devpts.c - the file system of the slaves' nodes: its directory is computed from the pairs that exist.
 * Called by: names and getdents through the operations; mount(2).
 * Never: keeps a node: an inode is made when its name is looked up.  */
#include "abi/linux_errno.h"
#include "fs/pty.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define FIRST_COOKIE 3u   /* 0 ".", 1 "..", 2 "ptmx" */
#define INO_PTMX 2u

static void keep_attributes_of(const struct inode *i)
{
	struct pty *p = pty_used(i->ino - FIRST_COOKIE);

	if (!p) return;
	p->mode = i->mode & 07777;
	p->uid = i->uid;
	p->gid = i->gid;
}

static int node_setattr(struct inode *i)
{
	if (i->ino >= FIRST_COOKIE) keep_attributes_of(i);
	return 0;
}

static const struct inode_ops node_ops = {.setattr = node_setattr};

static bool number(const char *part, uint32_t len, uint32_t *out)
{
	uint32_t v = 0;

	if (len == 0 || len > 3 || (part[0] == '0' && len > 1)) return false;
	for (uint32_t n = 0; n < len; n++) {
		if (part[n] < '0' || part[n] > '9') return false;
		v = v * 10 + (uint32_t)(part[n] - '0');
	}
	*out = v;
	return true;
}

static int make_node(struct superblock *sb, uint32_t mode, uint32_t rdev, uint32_t ino, struct inode **out)
{
	*out = inode_new(sb, &node_ops, S_IFCHR | mode);
	if (!*out) return -ENOMEM;
	(*out)->rdev = rdev;
	(*out)->ino = ino;
	return 0;
}

static int root_lookup(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	uint32_t index;

	if (len == 4 && !memcmp(part, "ptmx", 4)) return make_node(dir->sb, 0, PTMX_RDEV, INO_PTMX, out);
	const struct pty *p = number(part, len, &index) ? pty_used(index) : NULL;
	if (!p) return -ENOENT;
	int err = make_node(dir->sb, p->mode, pty_rdev(index), FIRST_COOKIE + index, out);
	if (err) return err;
	(*out)->uid = p->uid;
	(*out)->gid = p->gid;
	return 0;
}

static int root_readdir(struct file *f, uint64_t *cookie, dir_emit emit, void *ctx)
{
	static const struct { const char *name; uint32_t type; } fixed[FIRST_COOKIE] = {{".", DT_DIR}, {"..", DT_DIR}, {"ptmx", DT_CHR}};
	char text[12];

	for (; *cookie < FIRST_COOKIE; ++*cookie) {
		uint32_t n = (uint32_t)*cookie, ino = n == 2 ? INO_PTMX : f->inode->ino;
		if (!emit(ctx, fixed[n].name, (uint32_t)strlen(fixed[n].name), ino, fixed[n].type, n + 1)) return 0;
	}
	for (; *cookie < FIRST_COOKIE + PTYS_MAX; ++*cookie) {
		uint32_t index = (uint32_t)*cookie - FIRST_COOKIE;
		if (!pty_used(index)) continue;
		fmt_snprintf(text, sizeof text, "%u", index);
		if (!emit(ctx, text, (uint32_t)strlen(text), (uint32_t)*cookie, DT_CHR, *cookie + 1)) return 0;
	}
	return 0;
}

static int root_statfs(struct superblock *sb, struct linux_statfs64 *out)
{
	UNUSED(sb);
	memset(out, 0, sizeof *out);
	out->type = DEVPTS_SUPER_MAGIC;
	out->bsize = out->frsize = PAGE_SIZE;
	out->namelen = NAME_MAX;
	return 0;
}

static const struct inode_ops root_ops = {.lookup = root_lookup};
static const struct file_ops root_file_ops = {.readdir = root_readdir};

int devpts_make(const char *source, const char *data, struct superblock **out)
{
	struct superblock *sb = superblock_new("devpts", source);

	UNUSED(data);
	if (!sb) return -ENOMEM;
	sb->statfs = root_statfs;
	sb->root = inode_new(sb, &root_ops, S_IFDIR | 0755);
	if (!sb->root) {
		superblock_unref(sb);
		return -ENOMEM;
	}
	sb->root->ino = 1;
	sb->root->nlink = 2;
	sb->root->fops = &root_file_ops;
	*out = sb;
	return 0;
}
