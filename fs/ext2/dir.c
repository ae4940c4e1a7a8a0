/* dir.c - ext2's directories: blocks full of entries.
 * Called by: names.c with the lock held; readdir.
 * Never: trusts an entry: each is checked before it is looked at.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

static uint32_t blocks_of(const struct inode *dir)
{
	return (uint32_t)(dir->size >> ext2_of(dir)->block_shift);
}

static bool entry_ok(const struct ext2 *fs, const struct ext2_entry *e, uint32_t off)
{
	if (off + EXT2_ENTRY_HEAD > fs->block_bytes) return false;
	if (e->bytes < EXT2_ENTRY_HEAD || (e->bytes & 3) || e->bytes > fs->block_bytes - off) return false;
	return e->ino == 0 || (EXT2_ENTRY_BYTES((uint32_t)e->len) <= e->bytes && e->len > 0 && e->ino <= fs->n_inodes);
}

/** Block number `index` of a directory. A hole: -EIO, there are none. */
static int dir_block(struct inode *dir, uint32_t index, struct ext2_buf *b)
{
	uint32_t block;
	int err = ext2_map(dir, index, false, &block);

	if (!err && !block) err = ext2_damage(ext2_of(dir), "a hole in a directory", dir->ino);
	return err ? err : ext2_block(ext2_of(dir), block, b);
}

/** The entry at p->off; false: no further one in this block. *err. */
static bool entry_at(struct inode *dir, struct ext2_place *p, int *err)
{
	struct ext2 *fs = ext2_of(dir);

	if (p->off >= fs->block_bytes) return false;
	p->e = (struct ext2_entry *)(p->b.data + p->off);
	if (entry_ok(fs, p->e, p->off)) return true;
	*err = ext2_damage(fs, "a bad entry in a directory", dir->ino);
	return false;
}

int ext2_find(struct inode *dir, const char *name, uint32_t len, struct ext2_place *p)
{
	uint32_t n = blocks_of(dir);

	for (uint32_t index = 0; index < n; index++) {
		int err = dir_block(dir, index, &p->b);
		if (err) return err;
		for (p->off = 0; entry_at(dir, p, &err); p->off += p->e->bytes)
			if (p->e->ino && p->e->len == len && !memcmp(p->e->name, name, len)) return 0;
		ext2_put(&p->b);
		if (err) return err;
	}
	return -ENOENT;
}

/* ---- changing; mtime is the caller's */
static void fill(struct ext2 *fs, struct ext2_entry *e, const char *name, uint32_t len, const struct inode *i)
{
	static const uint8_t types[] = {0, 5, 3, 0, 2, 0, 4, 0, 1, 0, 7, 0, 6}; /* by mode >> 12: FIFO CHR DIR BLK REG LNK SOCK */
	uint32_t kind = (i->mode & S_IFMT) >> 12;

	e->ino = i->ino;
	e->len = (uint8_t)len;
	e->type = fs->has_types && kind < ARRAY_LEN(types) ? types[kind] : 0;
	memcpy(e->name, name, len);
}

/** Room for `need` bytes in the entry at p, behind what it uses itself. */
static bool room(const struct ext2_place *p, uint32_t need)
{
	uint32_t used = p->e->ino ? EXT2_ENTRY_BYTES((uint32_t)p->e->len) : 0;

	return p->e->bytes >= used + need;
}

static void put_entry(struct inode *dir, struct ext2_place *p, const char *name, uint32_t len, const struct inode *i)
{
	struct ext2 *fs = ext2_of(dir);
	struct ext2_entry *e = p->e;

	if (e->ino) { /* split */
		uint32_t used = EXT2_ENTRY_BYTES((uint32_t)e->len);
		struct ext2_entry *behind = (struct ext2_entry *)((uint8_t *)e + used);
		behind->bytes = (uint16_t)(e->bytes - used);
		e->bytes = (uint16_t)used;
		e = behind;
	}
	fill(fs, e, name, len, i);
	ext2_dirty(fs, &p->b);
}

/** One more block, one unused entry. */
static int grow(struct inode *dir, struct ext2_place *p)
{
	struct ext2 *fs = ext2_of(dir);
	uint32_t block, index = blocks_of(dir);

	if (dir->size + fs->block_bytes >= 0x7fffffff) return -ENOSPC;
	int err = ext2_map(dir, index, true, &block);
	if (!err) err = ext2_block(fs, block, &p->b);
	if (err) return err;
	memset(p->b.data, 0, fs->block_bytes);
	p->off = 0;
	p->e = (struct ext2_entry *)p->b.data;
	p->e->bytes = (uint16_t)fs->block_bytes;
	ext2_dirty(fs, &p->b);
	dir->size += fs->block_bytes;
	return ext2_store(dir);
}

int ext2_add(struct inode *dir, const char *name, uint32_t len, struct inode *i)
{
	uint32_t n = blocks_of(dir), need = EXT2_ENTRY_BYTES(len);
	struct ext2_place p;

	for (uint32_t index = 0; index < n; index++) {
		int err = dir_block(dir, index, &p.b);
		if (err) return err;
		for (p.off = 0; entry_at(dir, &p, &err); p.off += p.e->bytes) {
			if (!room(&p, need)) continue;
			put_entry(dir, &p, name, len, i);
			ext2_put(&p.b);
			return 0;
		}
		ext2_put(&p.b);
		if (err) return err;
	}
	int err = grow(dir, &p);
	if (err) return err;
	put_entry(dir, &p, name, len, i);
	ext2_put(&p.b);
	return 0;
}

void ext2_remove(struct inode *dir, struct ext2_place *p)
{
	struct ext2 *fs = ext2_of(dir);
	struct ext2_entry *before = NULL, *e;

	for (uint32_t off = 0; off < p->off; off += e->bytes) { /* ext2_find came this way: the entries are good */
		e = (struct ext2_entry *)(p->b.data + off);
		before = e;
	}
	if (before) before->bytes = (uint16_t)(before->bytes + p->e->bytes);
	p->e->ino = 0;
	ext2_dirty(fs, &p->b);
	ext2_put(&p->b);
}

void ext2_point(struct inode *dir, struct ext2_place *p, struct inode *i)
{
	char name[256];
	uint32_t len = p->e->len;

	memcpy(name, p->e->name, len);
	fill(ext2_of(dir), p->e, name, len, i);
	ext2_dirty(ext2_of(dir), &p->b);
}

int ext2_is_empty(struct inode *dir)
{
	struct ext2_place p;
	uint32_t n = blocks_of(dir);

	for (uint32_t index = 0; index < n; index++) {
		int err = dir_block(dir, index, &p.b);
		if (err) return err;
		for (p.off = 0; entry_at(dir, &p, &err); p.off += p.e->bytes) {
			bool dots = p.e->name[0] == '.' && (p.e->len == 1 || (p.e->len == 2 && p.e->name[1] == '.'));
			if (!p.e->ino || dots) continue;
			ext2_put(&p.b);
			return 0;
		}
		ext2_put(&p.b);
		if (err) return err;
	}
	return 1;
}

int ext2_make_dots(struct inode *dir, uint32_t parent)
{
	struct inode up = {.ino = parent, .mode = S_IFDIR};
	struct ext2_place p;
	int err = grow(dir, &p);

	if (err) return err;
	put_entry(dir, &p, ".", 1, dir);
	put_entry(dir, &p, "..", 2, &up);
	ext2_put(&p.b);
	return 0;
}

/* ---- reading: a block is copied, so that the reader's memory may be written without the lock */
static int copy_block(struct inode *dir, uint32_t index, uint8_t *to)
{
	struct ext2 *fs = ext2_of(dir);
	struct ext2_buf b;

	mutex_lock(&fs->lock);
	int err = dir_block(dir, index, &b);
	if (!err) {
		memcpy(to, b.data, fs->block_bytes);
		ext2_put(&b);
	}
	mutex_unlock(&fs->lock);
	return err;
}

/** Give out the entries of a copied block from the cookie on. False: the reader has enough. */
static bool emit_block(const struct ext2 *fs, const uint8_t *bytes, uint64_t start, uint64_t *cookie, dir_emit emit, void *ctx)
{
	static const uint8_t types[] = {0, DT_REG, DT_DIR, DT_CHR, DT_BLK, DT_FIFO, DT_SOCK, DT_LNK};

	for (uint32_t off = 0; off < fs->block_bytes;) {
		const struct ext2_entry *e = (const struct ext2_entry *)(bytes + off);
		if (!entry_ok(fs, e, off)) break; /* the rest of a damaged block is passed over */
		uint64_t next = start + off + e->bytes;
		bool wanted = e->ino && start + off >= *cookie;
		uint32_t type = fs->has_types && e->type < ARRAY_LEN(types) ? types[e->type] : 0;
		if (wanted && !emit(ctx, e->name, e->len, e->ino, type, next)) return false;
		if (wanted) *cookie = next;
		off += e->bytes;
	}
	*cookie = start + fs->block_bytes;
	return true;
}

static int dir_readdir(struct file *f, uint64_t *cookie, dir_emit emit, void *ctx)
{
	struct inode *dir = f->inode;
	struct ext2 *fs = ext2_of(dir);
	uint8_t *bytes = kmalloc(fs->block_bytes);
	int err = 0;

	if (!bytes) return -ENOMEM;
	while (!err && *cookie < dir->size) {
		uint32_t index = (uint32_t)(*cookie >> fs->block_shift);
		err = copy_block(dir, index, bytes);
		if (!err && !emit_block(fs, bytes, (uint64_t)index << fs->block_shift, cookie, emit, ctx)) break;
	}
	kfree(bytes);
	if (!err) inode_touch_access(dir);
	return err;
}

static int dir_fsync(struct file *f)
{
	return writeback_inode(f->inode);
}

const struct file_ops ext2_dir_file_ops = {.readdir = dir_readdir, .fsync = dir_fsync};
