/* names.c - what can be done to names on ext2: look up, create, link, unlink, rename; and symbolic links' texts.
 * Called by: names through inode_ops, with the directory's mutex held.
 * Never: leaves a name that leads nowhere: what may fail comes first, names are added before others are removed.  */
#include "fs/ext2/ext2.h"
#include "abi/linux_errno.h"
#include "lib/str.h"

#define LINKS_MAX 32000u /* as Linux's ext2 has it */

static int begin(struct inode *dir)
{
	struct ext2 *fs = ext2_of(dir);

	ext2_relieve(fs);
	mutex_lock(&fs->lock);
	return fs->writable ? 0 : -EROFS;
}

/** Unlock; if the victim (may be NULL) lost its last name, let go of it. */
static int finish(struct inode *dir, struct inode *victim, int err)
{
	bool last = victim && victim->nlink == 0 && ext2_unkeep(victim);

	mutex_unlock(&ext2_of(dir)->lock);
	if (last) inode_unref(victim);
	return err;
}

static void changed(struct inode *dir)
{
	inode_touch_data(dir);
	ext2_info(dir)->flags &= ~EXT2_INDEX_FLAG; /* a tree over the entries that others made does not fit them any more */
	(void)ext2_store(dir);
}

static int op_lookup(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	struct ext2 *fs = ext2_of(dir);
	struct ext2_place p;

	mutex_lock(&fs->lock);
	int err = ext2_find(dir, part, len, &p);
	if (!err) {
		uint32_t ino = p.e->ino;
		ext2_put(&p.b);
		err = ext2_iget(fs, ino, out);
		if (!err && *out == dir) { /* "." is not asked for: a directory within itself */
			inode_unref(*out);
			err = ext2_damage(fs, "a directory in itself", ino);
		}
	}
	mutex_unlock(&fs->lock);
	return err;
}

/** The new inode gets its first name, or goes. */
static int name_it(struct inode *dir, const char *part, uint32_t len, struct inode *i)
{
	int err = 0;

	if (S_ISDIR(i->mode)) err = ext2_make_dots(i, dir->ino);
	i->nlink = S_ISDIR(i->mode) ? 2 : 1;
	if (!err) err = ext2_store(i);
	if (!err) err = ext2_add(dir, part, len, i);
	if (err) {
		i->nlink = 0;
		return err;
	}
	if (S_ISDIR(i->mode)) dir->nlink++;
	changed(dir);
	return 0;
}

static int op_create(struct inode *dir, const char *part, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct inode **out)
{
	struct inode *i = NULL;
	int err = begin(dir);

	if (!err && S_ISDIR(mode) && dir->nlink >= LINKS_MAX) err = -EMLINK;
	if (!err) err = ext2_inode_create(dir, mode, rdev, who, &i);
	if (!err) err = name_it(dir, part, len, i);
	err = finish(dir, i, err);
	if (err) inode_unref(i);
	else *out = i;
	return err;
}

/* ---- symbolic links: short texts lie in the inode */
static int put_text(struct inode *i, const char *text, uint32_t len)
{
	struct ext2 *fs = ext2_of(i);
	struct ext2_buf b;
	uint32_t block;

	i->size = len;
	if (len < EXT2_FAST_LINK) {
		memcpy(ext2_info(i)->block, text, len);
		return 0;
	}
	int err = ext2_map(i, 0, true, &block);
	if (!err) err = ext2_block(fs, block, &b);
	if (err) return err;
	memset(b.data, 0, fs->block_bytes);
	memcpy(b.data, text, len);
	ext2_dirty(fs, &b);
	ext2_put(&b);
	return 0;
}

static int op_symlink(struct inode *dir, const char *part, uint32_t len, const char *target, const struct fs_caller *who, struct inode **out)
{
	uint32_t n = (uint32_t)strlen(target);
	struct inode *i = NULL;
	int err = begin(dir);

	if (!err && n >= ext2_of(dir)->block_bytes) err = -ENAMETOOLONG;
	if (!err) err = ext2_inode_create(dir, S_IFLNK | 0777, 0, who, &i);
	if (!err) err = put_text(i, target, n);
	if (!err) err = name_it(dir, part, len, i);
	err = finish(dir, i, err);
	if (err) inode_unref(i);
	else *out = i;
	return err;
}

static int op_readlink(struct inode *i, char *out, uint32_t size, const struct fs_caller *who)
{
	struct ext2 *fs = ext2_of(i);
	uint32_t own = ext2_info(i)->file_acl ? fs->block_bytes >> SECTOR_SHIFT : 0, n = (uint32_t)MIN(i->size, (uint64_t)size), block;
	struct ext2_buf b;

	UNUSED(who);
	if (i->blocks <= own && i->size < EXT2_FAST_LINK) {
		memcpy(out, ext2_info(i)->block, n);
		return (int)n;
	}
	mutex_lock(&fs->lock);
	int err = ext2_map(i, 0, false, &block);
	if (!err) err = ext2_block(fs, block, &b);
	if (!err) {
		memcpy(out, b.data, n);
		ext2_put(&b);
	}
	mutex_unlock(&fs->lock);
	return err ? err : (int)n;
}

/* ---- more names, fewer names */
static int op_link(struct inode *dir, const char *part, uint32_t len, struct inode *target)
{
	int err = begin(dir);

	if (!err && target->nlink >= LINKS_MAX) err = -EMLINK;
	if (!err) {
		target->nlink++; /* on the disk before the name: a count too high is harmless after a power cut */
		inode_touch_meta(target);
		err = ext2_store(target);
		if (!err) err = ext2_add(dir, part, len, target);
		if (err) target->nlink--;
		if (err) (void)ext2_store(target);
		else changed(dir);
	}
	return finish(dir, NULL, err);
}

/** A damaged disk may count fewer links than there are names. */
static void one_less(struct inode *i, uint32_t n)
{
	i->nlink -= MIN(i->nlink, n);
	inode_touch_meta(i);
	(void)ext2_store(i);
}

static int op_unlink(struct inode *dir, const char *part, uint32_t len, struct inode *victim)
{
	struct ext2_place p;
	int err = begin(dir);

	if (!err) err = ext2_find(dir, part, len, &p);
	if (!err) {
		ext2_remove(dir, &p);
		changed(dir);
		one_less(victim, 1);
	}
	return finish(dir, victim, err);
}

static int op_rmdir(struct inode *dir, const char *part, uint32_t len, struct inode *victim)
{
	struct ext2_place p;
	int err = begin(dir), empty = 0;

	if (!err) {
		empty = ext2_is_empty(victim);
		err = empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
	}
	if (!err) err = ext2_find(dir, part, len, &p);
	if (!err) {
		ext2_remove(dir, &p);
		one_less(dir, 1);
		changed(dir);
		one_less(victim, victim->nlink);
	}
	return finish(dir, victim, err);
}

/* ---- renaming */
static int point_dotdot(struct inode *dir, struct inode *parent)
{
	struct ext2_place p;
	int err = ext2_find(dir, "..", 2, &p);

	if (err) return err;
	ext2_point(dir, &p, parent);
	ext2_put(&p.b);
	return 0;
}

/** The new name: a fresh entry, or the replaced one's, which is changed in one stroke. */
static int put_name(struct inode *to, const char *b, uint32_t blen, struct inode *what, struct inode *replaced)
{
	struct ext2_place p;

	if (!replaced) return ext2_add(to, b, blen, what);
	int err = ext2_find(to, b, blen, &p);
	if (err) return err;
	ext2_point(to, &p, what);
	ext2_put(&p.b);
	return 0;
}

static uint32_t this_page(void *ctx, uint32_t index)
{
	return index == *(const uint64_t *)ctx >> PAGE_SHIFT ? 0xf : 0;
}

/** The new name is on the disk before the old one leaves it, so that a power cut leaves one of them (or both). In one block both
 *  change in one stroke. */
static int settle_new_name(struct inode *to, const char *b, uint32_t blen, const struct ext2_place *old)
{
	struct ext2_place new;
	int err = ext2_find(to, b, blen, &new);

	if (err) return err;
	ext2_put(&new.b);
	if (new.b.pos == old->b.pos) return 0;
	ext2_of(to)->unflushed = true;
	return writeback_some(ext2_of(to)->bytes, this_page, &new.b.pos);
}

static int move_name(struct inode *from, const char *a, uint32_t alen, struct inode *to, const char *b, uint32_t blen, struct inode *what, struct inode *replaced)
{
	struct ext2_place old;
	bool dir = S_ISDIR(what->mode);
	int err = ext2_find(from, a, alen, &old);

	if (err) return err;
	ext2_put(&old.b);
	err = put_name(to, b, blen, what, replaced);
	if (err) return err;
	if (dir && from != to) { /* before anything of this is on the disk: too many links do no harm */
		to->nlink++;
		(void)ext2_store(to);
	}
	err = settle_new_name(to, b, blen, &old);
	if (!err) err = ext2_find(from, a, alen, &old);
	if (err) return err;
	ext2_remove(from, &old);
	if (replaced) one_less(replaced, dir ? replaced->nlink : 1);
	if (dir && replaced) one_less(to, 1);
	if (dir && from != to) {
		(void)point_dotdot(what, to);
		one_less(from, 1);
	}
	inode_touch_meta(what);
	(void)ext2_store(what);
	changed(from);
	if (from != to) changed(to);
	return 0;
}

static int op_rename(struct inode *from, const char *a, uint32_t alen, struct inode *to, const char *b, uint32_t blen, struct inode *what, struct inode *replaced)
{
	int err = begin(from), empty;

	if (!err && S_ISDIR(what->mode) && from != to && !replaced && to->nlink >= LINKS_MAX) err = -EMLINK;
	if (!err && replaced && S_ISDIR(replaced->mode)) {
		empty = ext2_is_empty(replaced);
		err = empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
	}
	if (!err) err = move_name(from, a, alen, to, b, blen, what, replaced);
	return finish(from, replaced, err);
}

/** Mode, owner or times were set. */
static int op_setattr(struct inode *i)
{
	inode_dirty(i);
	return 0;
}

const struct inode_ops ext2_dir_ops = {
	.lookup = op_lookup,
	.create = op_create,
	.symlink = op_symlink,
	.link = op_link,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.rename = op_rename,
	.evict = ext2_evict,
	.setattr = op_setattr,
};
const struct inode_ops ext2_link_ops = {.readlink = op_readlink, .evict = ext2_evict, .setattr = op_setattr};
const struct inode_ops ext2_special_ops = {.evict = ext2_evict, .setattr = op_setattr};
