/* synth.c - text sinks, and /dev: device rows and the directory that shows them.
 * Called by: drivers and modules that register rows; open of devices.
 * Never: knows what the rows mean.  */
#include "fs/synth.h"
#include "abi/linux_errno.h"
#include "fs/block.h"
#include "fs/pages.h"
#include "fs/synth_priv.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define SINK_FIRST 512u
#define SINK_MAX 32768u /* kheap's largest piece */

/* ---- text sinks */
static bool make_room(struct text_sink *s, uint32_t n)
{
	uint32_t size = s->size ? s->size : SINK_FIRST;

	if (s->failed) return false;
	if (s->buf && s->len + n <= s->size) return true;
	while (size < s->len + n && size <= SINK_MAX) size *= 2;
	char *buf = size <= SINK_MAX ? kmalloc(size) : NULL;
	if (!buf) {
		s->failed = true;
		return false;
	}
	if (s->buf) memcpy(buf, s->buf, s->len);
	kfree(s->buf);
	s->buf = buf;
	s->size = size;
	return true;
}

void sink_write(struct text_sink *s, const void *data, uint32_t n)
{
	if (!make_room(s, n)) return;
	memcpy(s->buf + s->len, data, n);
	s->len += n;
}

static void put(void *ctx, const char *text, size_t n)
{
	sink_write(ctx, text, (uint32_t)n);
}

void sink_printf(struct text_sink *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fmt_vprint(put, s, fmt, args);
	va_end(args);
}

/* ---- devices */
static struct dev_row *devices;
static struct superblock *dev_fs; /* the first /dev: rows that come later appear in it */

struct dev_row *dev_first(void)
{
	return devices;
}

static void show_in(struct superblock *sb, const struct dev_row *row)
{
	if (tmpfs_node(sb, row->name, row->mode, row->rdev, NULL, NULL)) klog(LOG_ERR, "dev: no memory to show %s", row->name);
}

void dev_register(struct dev_row *row)
{
	struct dev_row **end = &devices;

	while (*end && *end != row) end = &(*end)->next;
	if (*end == row) return;
	row->next = NULL;
	*end = row;
	if (!row->hidden && dev_fs && dev_fs->root) show_in(dev_fs, row); /* no root: unmounted */
}

int dev_open(struct file *f, const struct fs_caller *who)
{
	struct dev_row *row = devices;

	if (S_ISBLK(f->inode->mode)) return block_open(f);
	while (row && (row->rdev != f->inode->rdev || !S_ISCHR(row->mode))) row = row->next;
	if (!row) return -ENXIO;
	if (row->ops) f->ops = row->ops;
	return row->open ? row->open(f, who) : 0;
}

int devtmpfs_make(const char *source, const char *data, struct superblock **out)
{
	static const struct { const char *name, *text; } links[] = {
		{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
	};
	struct superblock *sb;
	int err = tmpfs_make(source, data, &sb);

	if (err) return err;
	sb->fstype = "devtmpfs";
	sb->root->mode = S_IFDIR | 0755;
	for (uint32_t n = 0; n < ARRAY_LEN(links) && !err; n++)
		err = tmpfs_node(sb, links[n].name, S_IFLNK | 0777, 0, links[n].text, NULL);
	if (!err) err = tmpfs_node(sb, "shm", S_IFDIR | 01777, 0, NULL, NULL);
	if (!err) err = tmpfs_node(sb, "pts", S_IFDIR | 0755, 0, NULL, NULL);
	for (const struct dev_row *row = devices; row && !err; row = row->next)
		if (!row->hidden) err = tmpfs_node(sb, row->name, row->mode, row->rdev, NULL, NULL);
	if (err) {
		superblock_destroy(sb);
		return err;
	}
	if (!dev_fs) {
		dev_fs = sb;
		sb->refs++; /* kept for rows to come, mounted or not */
	}
	*out = sb;
	return 0;
}
