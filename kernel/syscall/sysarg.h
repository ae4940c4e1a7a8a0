/* sysarg.h - decoding of arguments that many file calls share: descriptors, paths, directory descriptors, times.
 * Used by: sys_*.c home halves (and body halves for times).
 * Never: starts a file operation.  */
#ifndef KERNEL_SYSCALL_SYSARG_H
#define KERNEL_SYSCALL_SYSARG_H
#include "kernel/syscall/halves.h"

/** The open file of a descriptor, referenced, for any use (arg_file_any) or for input, output and control, which O_PATH
 *  files refuse (arg_file). NULL: -EBADF. */
struct file *arg_file(struct ucall *c, uint32_t fd);
struct file *arg_file_any(struct ucall *c, uint32_t fd);
/** The string at user address `at`, at most PATH_MAX with NUL, in a fresh kmalloc block: kfree it. -EFAULT, -ENAMETOOLONG, -ENOMEM. */
MUST_CHECK int arg_path(struct ucall *c, uint32_t at, char **path);
/** Where a walk of `path` relative to dirfd starts: *start referenced, or NULL for "cwd or root decides". -EBADF, -ENOTDIR. */
MUST_CHECK int arg_start(struct ucall *c, uint32_t dirfd, const char *path, struct name **start);
/** arg_path, arg_start and name_walk in one: w is to be given back with walk_done. */
MUST_CHECK int arg_walk(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t walk_flags, struct walk *w);
struct inode *walk_inode(const struct walk *w);   /* borrowed */
void walk_done(struct walk *w);
/** What the *at calls of attributes act on: the inode (referenced) of path, of the descriptor itself (AT_EMPTY_PATH and an empty
 *  path), or of the descriptor when path_at is 0 and null_is_fd. *mount_flags: MS_* of the mount it was found in. */
#define AT_OF_FD 0x80000000u /* our own at_flag: path_at 0 means the descriptor */
#define AT_MOUNT_ROOT 0x40000000u /* in *mount_flags: it is the root of its mount */
MUST_CHECK int arg_inode(struct ucall *c, uint32_t dirfd, uint32_t path_at, uint32_t at_flags, struct inode **out, uint32_t *mount_flags);
#define HERE ((uint32_t)AT_FDCWD)

/** The iovec of arguments 1 and 2 as checked pieces in a kmalloc block (NULL: none left), without the first c->skip bytes.
 *  -EINVAL: too many, or a length or sum beyond 2 GiB; -ENOMEM, -EFAULT. */
struct uio_seg;
MUST_CHECK int arg_iovec(struct ucall *c, struct uio_seg **segs, uint32_t *n);
/** A copy of fd as the lowest free descriptor from `from` on. -EBADF, -EMFILE, -ENOMEM. */
int32_t dup_from(struct ucall *c, uint32_t fd, uint32_t from, bool cloexec);

/** Times: user layouts to ns. -EFAULT; -EINVAL: negative, or nsec/usec out of range. */
enum time_kind { TIME_32, TIME_64, TIME_VAL }; /* timespec, timespec64, timeval */
MUST_CHECK int arg_time(struct ucall *c, uint32_t at, enum time_kind kind, uint64_t *ns);
MUST_CHECK int put_time(struct ucall *c, uint32_t at, enum time_kind kind, uint64_t ns);
/** Seconds and the rest of ns. */
uint64_t split_ns(uint64_t ns, uint32_t *rest);
#endif
