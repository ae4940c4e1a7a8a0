/* inotify.h - what happens to files, told to those who watch.
 * Used by: name_change.c, open.c, file.c, sys_attr.c, sys_size.c (they tell); sys_event.c (watches).
 * Never: keeps a name; a watched inode stays until it is removed or unwatched.  Source: inotify(7).  */
#ifndef FS_INOTIFY_H
#define FS_INOTIFY_H
#include "fs/file.h"
#define IN_ACCESS 0x1u
#define IN_MODIFY 0x2u
#define IN_ATTRIB 0x4u
#define IN_CLOSE_WRITE 0x8u
#define IN_CLOSE_NOWRITE 0x10u
#define IN_OPEN 0x20u
#define IN_MOVED_FROM 0x40u
#define IN_MOVED_TO 0x80u
#define IN_CREATE 0x100u
#define IN_DELETE 0x200u
#define IN_DELETE_SELF 0x400u
#define IN_MOVE_SELF 0x800u
#define IN_ALL_EVENTS 0xfffu
#define IN_UNMOUNT 0x2000u
#define IN_Q_OVERFLOW 0x4000u
#define IN_IGNORED 0x8000u
#define IN_ONLYDIR 0x1000000u
#define IN_DONT_FOLLOW 0x2000000u
#define IN_EXCL_UNLINK 0x4000000u
#define IN_MASK_CREATE 0x10000000u
#define IN_MASK_ADD 0x20000000u
#define IN_ISDIR 0x40000000u
#define IN_ONESHOT 0x80000000u
struct linux_inotify_event { int32_t wd; uint32_t mask, cookie, len; };
struct file *inotify_new(uint32_t flags, const struct fs_caller *who);
bool inotify_is(const struct file *f);  /* asked before a path is looked at */
int32_t inotify_watch(struct file *f, struct inode *i, uint32_t mask);  /* the watch's number; -EINVAL, -EEXIST, -ENOMEM */
int inotify_unwatch(struct file *f, int32_t wd);
/** Something happened in directory dir to its entry text (is_dir: the entry is one). Never sleeps. */
void notify_entry(struct inode *dir, uint32_t mask, uint32_t cookie, const char *text, uint32_t len, bool is_dir);
void notify_self(struct inode *i, uint32_t mask);
/** To the file itself and, by its name, to its directory. n NULL: found by the inode. */
void notify_file(struct inode *i, struct name *n, uint32_t mask);
void notify_unmount(const struct superblock *sb); /* its last mount is gone: so are the watches on its files */
void notify_removed(struct inode *i);  /* a link of i is gone */
uint32_t notify_cookie(void);
#endif
