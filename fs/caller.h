/* caller.h - who asks: everything a file operation may know of the process behind it.
 * Used by: every fs function.  kernel/proc fills it; fs reaches signals and sessions only through `ops`.
 * Never: a way to find out where the body is.  */
#ifndef FS_CALLER_H
#define FS_CALLER_H
#include "kernel/base/sched.h"
#include "abi/linux_types.h"
#define NGROUPS 65536u
struct idlist { uint32_t refs, n, id[]; }; /* sorted */
struct cred {
	uint32_t uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
	struct idlist *groups;             /* referenced by the owner; NULL: none */
	uint64_t effective, permitted, inheritable, bounding; /* sets of 1 << CAP_*: capabilities(7) */
};
static inline bool cred_in_groups(const struct cred *c, uint32_t gid)
{
	uint32_t low = 0, high = c->groups ? c->groups->n : 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (c->groups->id[mid] == gid) return true;
		if (c->groups->id[mid] < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
static inline bool cred_may(const struct cred *c, uint32_t cap) { return c->effective >> cap & 1; }
struct name;
struct tty;
struct fs_caller;
/** What fs may ask of the caller's process. Implemented by kernel/proc. */
struct fs_caller_ops {
	uint32_t (*pid)(const struct fs_caller *c);
	uint32_t (*tid)(const struct fs_caller *c);                 /* of the thread that asks */
	uint32_t (*pgrp)(const struct fs_caller *c);
	uint32_t (*session)(const struct fs_caller *c);
	bool (*is_session_leader)(const struct fs_caller *c);
	struct tty *(*ctty)(const struct fs_caller *c);             /* of its session; NULL none */
	/** Make t the controlling terminal of the caller's session (leader without one), or with t NULL give it up. */
	int (*set_ctty)(const struct fs_caller *c, struct tty *t);
	bool (*signal_ignored_or_blocked)(const struct fs_caller *c, int sig);
	bool (*pgrp_orphaned)(const struct fs_caller *c);
	void (*raise)(const struct fs_caller *c, int sig);          /* to the calling task (SIGPIPE, SIGXFSZ) */
	void (*raise_pgrp)(const struct fs_caller *c, int sig);     /* to the caller's own process group (SIGTTIN, SIGTTOU) */
	bool (*pgrp_in_session)(uint32_t pgrp, uint32_t session);
	bool (*pgrp_exists)(uint32_t pgrp);                         /* in any session */
};
struct fs_caller {
	struct cred *cred;
	uint32_t umask;
	struct name *root, *cwd;       /* referenced by the owner */
	const void *owner;             /* lock owner identity (POSIX locks): the file table */
	uint32_t resolve;              /* RESOLVE_*: how paths of the call at hand are walked; 0 but for openat2 */
	uint64_t fsize_limit;          /* RLIMIT_FSIZE in bytes, UINT64_MAX none */
	const struct fs_caller_ops *ops;
	void *task;                    /* handle for ops */
};
/** Signals to groups of processes that are not the caller's: tty line discipline, pipes' SIGIO. Set by kernel/proc. */
extern void (*fs_signal_pgrp)(uint32_t pgrp, int sig);
extern void (*fs_signal_pid)(uint32_t pid, int sig); /* to one process: a lease is to be given up; NULL until set */
/** The kernel itself: root, at the root of all names, no terminal; its ops do nothing. Set by fs_init. */
extern struct fs_caller fs_kernel_caller;
static inline bool has_cap(const struct fs_caller *c, uint32_t cap) { return cred_may(c->cred, cap); }
static inline bool capable(const struct fs_caller *c) { return has_cap(c, CAP_SYS_ADMIN); }
#endif
