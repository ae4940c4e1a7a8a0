/* initrd.c - a cpio archive (newc) in memory becomes the root's files; whole pages of data change owner instead of place.
 * Called by: fs_init at boot.
 * Never: trusts the archive: every length is checked against what is there.  Source: cpio(5), "New ASCII Format".  */
#include "abi/linux_errno.h"
#include "fs/tmpfs.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/mm/uio.h"
#include "lib/str.h"

#define HEAD_BYTES 110u
#define NAME_BYTES_MAX (PAGE_SIZE + 4096u) /* a name is padded to a page's end so that data starts on a page */
enum field { F_INO, F_MODE, F_UID, F_GID, F_NLINK, F_MTIME, F_SIZE, F_DEVMAJOR, F_DEVMINOR, F_RMAJOR, F_RMINOR, F_NAMESIZE, F_CHECK, N_FIELDS };

/** A file of several names: later entries with the same number are links to it. */
struct seen {
	struct seen *next;
	uint32_t ino, devmajor, devminor;
	struct inode *inode; /* referenced */
};
struct unpacking {
	struct superblock *sb;
	const uint8_t *bytes;
	uint32_t at, end;
	uint32_t kept_to;    /* everything before this was given away or freed; page-aligned when bytes is */
	struct seen *seen;
};
struct record {
	uint32_t f[N_FIELDS];
	const char *name;
	const uint8_t *data;
};

/* ---- reading */
static bool hex8(const uint8_t *p, uint32_t *out)
{
	uint32_t v = 0;

	for (int n = 0; n < 8; n++) {
		uint32_t c = p[n], small = c | 32;
		bool digit = c >= '0' && c <= '9';
		if (!digit && (small < 'a' || small > 'f')) return false;
		v = v << 4 | (digit ? c - '0' : small - 'a' + 10);
	}
	*out = v;
	return true;
}

/** The next record; u->at moves behind it. -EINVAL. */
static int read_record(struct unpacking *u, struct record *r)
{
	uint32_t left = u->end - u->at;
	const uint8_t *head = u->bytes + u->at;

	if (left < HEAD_BYTES || (memcmp(head, "070701", 6) && memcmp(head, "070702", 6))) return -EINVAL;
	for (int n = 0; n < N_FIELDS; n++)
		if (!hex8(head + 6 + 8 * n, &r->f[n])) return -EINVAL;
	uint32_t name_bytes = r->f[F_NAMESIZE], size = r->f[F_SIZE];
	if (name_bytes < 2 || name_bytes > NAME_BYTES_MAX || name_bytes > left - HEAD_BYTES) return -EINVAL;
	r->name = (const char *)head + HEAD_BYTES;
	if (strnlen(r->name, name_bytes) == name_bytes) return -EINVAL;
	uint32_t data_at = ALIGN_UP(u->at + HEAD_BYTES + name_bytes, 4);
	if (size > 0 && (data_at > u->end || size > u->end - data_at)) return -EINVAL;
	r->data = u->bytes + data_at;
	uint32_t next = ALIGN_UP(data_at + size, 4);
	u->at = next > u->end || next < data_at ? u->end : next;
	return 0;
}

/* ---- giving pages away */
/** Free the archive's pages up to offset `to` (rounded down to a page): their content has been taken over. */
static void free_up_to(struct unpacking *u, uint32_t to)
{
	uint32_t end = ALIGN_DOWN(to, PAGE_SIZE);

	for (; u->kept_to < end; u->kept_to += PAGE_SIZE) {
		uint32_t pfn = frame_of(u->bytes + u->kept_to);
		frame_adopt(pfn, 1);
		frame_unref(pfn);
	}
}

static bool page_aligned(const void *p)
{
	return ((uintptr_t)p & PAGE_MASK) == 0;
}

/** The whole pages of data become pages of i. Returns how many bytes. */
static int adopt_pages(struct unpacking *u, struct inode *i, const uint8_t *data, uint32_t size, uint32_t *done)
{
	uint32_t n = size >> PAGE_SHIFT, offset = (uint32_t)(data - u->bytes);

	*done = 0;
	if (n == 0 || !page_aligned(data) || !page_aligned(u->bytes)) return 0;
	free_up_to(u, offset);
	for (uint32_t index = 0; index < n; index++) {
		uint32_t pfn = frame_of(data) + index;
		frame_adopt(pfn, 1);
		u->kept_to += PAGE_SIZE;
		int err = pages_adopt(i, index, pfn);
		if (err) {
			frame_unref(pfn);
			return err;
		}
		*done += PAGE_SIZE;
	}
	return 0;
}

static int fill(struct unpacking *u, struct inode *i, const struct record *r)
{
	uint32_t size = r->f[F_SIZE], done;
	struct uio io;

	if (i->size > 0) { /* a second copy of a hard link's data */
		pages_truncate(i, 0);
		i->size = 0;
	}
	int err = adopt_pages(u, i, r->data, size, &done);
	i->size = done;
	if (err || done == size) return err;
	uio_init_kernel(&io, (void *)(uintptr_t)(r->data + done), size - done);
	int32_t n = pages_write(i, &io, done);
	return n < 0 ? n : (uint32_t)n == size - done ? 0 : -ENOMEM;
}

/* ---- making nodes */
static struct inode *find_seen(const struct unpacking *u, const struct record *r)
{
	for (const struct seen *s = u->seen; s; s = s->next)
		if (s->ino == r->f[F_INO] && s->devmajor == r->f[F_DEVMAJOR] && s->devminor == r->f[F_DEVMINOR]) return s->inode;
	return NULL;
}

static int remember(struct unpacking *u, const struct record *r, struct inode *i)
{
	struct seen *s = kmalloc(sizeof *s);

	if (!s) return -ENOMEM;
	*s = (struct seen){.next = u->seen, .ino = r->f[F_INO], .devmajor = r->f[F_DEVMAJOR], .devminor = r->f[F_DEVMINOR], .inode = i};
	inode_ref(i);
	u->seen = s;
	return 0;
}

static void forget_all(struct unpacking *u)
{
	while (u->seen) {
		struct seen *s = u->seen;
		u->seen = s->next;
		inode_unref(s->inode);
		kfree(s);
	}
}

static void attributes(struct inode *i, const struct record *r)
{
	i->uid = r->f[F_UID];
	i->gid = r->f[F_GID];
	i->atime = i->mtime = i->ctime = (struct timestamp){.s = r->f[F_MTIME]};
}

static int make_link(struct unpacking *u, const struct record *r)
{
	uint32_t len = r->f[F_SIZE];

	if (len == 0 || len >= PAGE_SIZE) return -EINVAL;
	char *text = kmalloc(len + 1);
	struct inode *i;
	if (!text) return -ENOMEM;
	memcpy(text, r->data, len);
	text[len] = '\0';
	int err = tmpfs_node(u->sb, r->name, S_IFLNK | 0777, 0, text, &i);
	kfree(text);
	if (err) return err;
	attributes(i, r);
	inode_unref(i);
	return 0;
}

static int make_file(struct unpacking *u, const struct record *r)
{
	uint32_t mode = r->f[F_MODE];
	bool several = r->f[F_NLINK] > 1 && !S_ISDIR(mode);
	struct inode *i = several ? find_seen(u, r) : NULL;
	int err;

	if (i) {
		err = tmpfs_link_at(u->sb, r->name, i);
		inode_ref(i);
	} else {
		uint32_t rdev = r->f[F_RMAJOR] << 8 | (r->f[F_RMINOR] & 0xff);
		err = tmpfs_node(u->sb, r->name, mode, rdev, NULL, &i);
		if (err) return err;
		if (several) err = remember(u, r, i);
	}
	if (!err && S_ISREG(mode) && r->f[F_SIZE] > 0) err = fill(u, i, r);
	attributes(i, r);
	inode_unref(i);
	return err;
}

static bool known_kind(uint32_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISLNK(mode);
}

int tmpfs_unpack(struct superblock *sb, const uint8_t *cpio, uint32_t bytes)
{
	struct unpacking u = {.sb = sb, .bytes = cpio, .end = bytes};
	struct record r;
	int err;

	while ((err = read_record(&u, &r)) == 0 && strcmp(r.name, "TRAILER!!!")) {
		err = !known_kind(r.f[F_MODE]) ? -EINVAL : S_ISLNK(r.f[F_MODE]) ? make_link(&u, &r) : make_file(&u, &r);
		if (err) break;
		if (page_aligned(cpio)) free_up_to(&u, u.at); /* what was copied needs no second place while the rest is unpacked */
	}
	forget_all(&u);
	if (!err && page_aligned(cpio)) free_up_to(&u, ALIGN_UP(bytes, PAGE_SIZE));
	return err;
}
