/* fdtable.c - tables of descriptors that point at open files.
 * Called by: sys_file.c, fork, exec, exit.
 * Never: larger than its limit; starts with room for 16.  */
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define FIRST_SIZE 32u /* one word of each bit map */
#define DEFAULT_LIMIT 1024u

static bool bit(const uint32_t *map, uint32_t n)
{
	return map[n / 32] >> (n % 32) & 1;
}

static void bit_set(uint32_t *map, uint32_t n, bool on)
{
	if (on)
		map[n / 32] |= 1u << (n % 32);
	else
		map[n / 32] &= ~(1u << (n % 32));
}

/* ---- life. One piece of memory holds the files and both maps. */
static int resize(struct fdtable *t, uint32_t size)
{
	uint32_t words = size / 32, old_words = t->size / 32;
	struct file **files = kzalloc(size * (uint32_t)sizeof *files + 2 * words * (uint32_t)sizeof(uint32_t));

	if (!files) return -ENOMEM;
	uint32_t *used = (uint32_t *)(files + size), *cloexec = used + words;
	if (t->files) {
		memcpy(files, t->files, t->size * sizeof *files);
		memcpy(used, t->used, old_words * sizeof *used);
		memcpy(cloexec, t->cloexec, old_words * sizeof *cloexec);
		kfree(t->files);
	}
	t->files = files;
	t->used = used;
	t->cloexec = cloexec;
	t->size = size;
	return 0;
}

static struct fdtable *table_of_size(uint32_t size, uint32_t limit)
{
	struct fdtable *t = kzalloc(sizeof *t);

	if (!t) return NULL;
	t->refs = 1;
	t->limit = limit;
	if (resize(t, size)) {
		kfree(t);
		return NULL;
	}
	return t;
}

struct fdtable *fdtable_new(void)
{
	return table_of_size(FIRST_SIZE, DEFAULT_LIMIT);
}

struct fdtable *fdtable_copy(const struct fdtable *from)
{
	uint32_t size = from->size;

	while (size > FIRST_SIZE && from->used[size / 32 - 1] == 0) size -= 32;
	struct fdtable *t = table_of_size(size, from->limit);
	if (!t) return NULL;
	for (uint32_t fd = 0; fd < size; fd++) {
		if (!from->files[fd]) continue;
		t->files[fd] = from->files[fd];
		file_ref(t->files[fd]);
		bit_set(t->used, fd, true);
		bit_set(t->cloexec, fd, bit(from->cloexec, fd));
	}
	return t;
}

void fdtable_ref(struct fdtable *t)
{
	t->refs++;
}

/** Take the file out; its reference goes to the caller. NULL: none. */
static struct file *take_out(struct fdtable *t, uint32_t fd)
{
	struct file *f = fd < t->size ? t->files[fd] : NULL;

	if (!f) return NULL;
	t->files[fd] = NULL;
	bit_set(t->used, fd, false);
	bit_set(t->cloexec, fd, false);
	return f;
}

static void drop(struct file *f, const void *owner)
{
	if (f->inode) lock_drop_owner(f->inode, owner);
	file_unref(f);
}

void fdtable_unref(struct fdtable *t)
{
	struct file *f;

	if (!t || --t->refs) return;
	for (uint32_t fd = 0; fd < t->size; fd++)
		if ((f = take_out(t, fd))) drop(f, t);
	kfree(t->files);
	kfree(t);
}

void fdtable_close_on_exec(struct fdtable *t)
{
	struct file *f;

	for (uint32_t fd = 0; fd < t->size; fd++)
		if (bit(t->cloexec, fd) && (f = take_out(t, fd))) drop(f, t);
}

/* ---- one descriptor */
static int lowest_free(const struct fdtable *t, uint32_t from)
{
	for (uint32_t fd = from; fd < t->size; fd++) {
		if (fd % 32 == 0 && t->used[fd / 32] == UINT32_MAX) {
			fd += 31;
			continue;
		}
		if (!bit(t->used, fd)) return (int)fd;
	}
	return (int)MAX(from, t->size);
}

/** Make room for descriptor fd. */
static int reach(struct fdtable *t, uint32_t fd)
{
	uint32_t size = t->size;

	if (fd < size) return 0;
	while (size <= fd) size *= 2;
	return resize(t, MIN(size, FD_MAX));
}

static void put(struct fdtable *t, uint32_t fd, struct file *f, bool cloexec)
{
	t->files[fd] = f;
	bit_set(t->used, fd, true);
	bit_set(t->cloexec, fd, cloexec);
}

int fd_install(struct fdtable *t, struct file *f, uint32_t from, bool cloexec)
{
	uint32_t limit = MIN(t->limit, FD_MAX);

	if (from >= limit) return -EMFILE;
	uint32_t fd = (uint32_t)lowest_free(t, from);
	if (fd >= limit) return -EMFILE;
	int err = reach(t, fd);
	if (err) return err;
	put(t, fd, f, cloexec);
	return (int)fd;
}

int fd_room(const struct fdtable *t)
{
	return (uint32_t)lowest_free(t, 0) < MIN(t->limit, FD_MAX) ? 0 : -EMFILE;
}

int fd_replace(struct fdtable *t, uint32_t fd, struct file *f, bool cloexec)
{
	if (fd >= MIN(t->limit, FD_MAX)) return -EBADF;
	int err = reach(t, fd);
	if (err) return err;
	struct file *old = take_out(t, fd);
	put(t, fd, f, cloexec);
	if (old) drop(old, t);
	return (int)fd;
}

struct file *fd_get(const struct fdtable *t, int32_t fd)
{
	struct file *f = fd >= 0 && (uint32_t)fd < t->size ? t->files[fd] : NULL;

	if (f) file_ref(f);
	return f;
}

int fd_close(struct fdtable *t, int32_t fd, const struct fs_caller *who)
{
	struct file *f = fd >= 0 ? take_out(t, (uint32_t)fd) : NULL;

	if (!f) return -EBADF;
	drop(f, who->owner ? who->owner : t);
	return 0;
}

int fd_flags_get(const struct fdtable *t, int32_t fd)
{
	if (fd < 0 || (uint32_t)fd >= t->size || !t->files[fd]) return -EBADF;
	return bit(t->cloexec, (uint32_t)fd) ? FD_CLOEXEC : 0;
}

int fd_flags_set(struct fdtable *t, int32_t fd, bool cloexec)
{
	if (fd < 0 || (uint32_t)fd >= t->size || !t->files[fd]) return -EBADF;
	bit_set(t->cloexec, (uint32_t)fd, cloexec);
	return 0;
}
