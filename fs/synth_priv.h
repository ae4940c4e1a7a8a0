/* synth_priv.h - what synth.c, procfs.c and procfs_dir.c share.
 * Used by: those and fs_init.c.
 * Never: included elsewhere.  */
#ifndef FS_SYNTH_PRIV_H
#define FS_SYNTH_PRIV_H
#include "fs/synth.h"

/** What a /proc inode stands for. Everything is by number and row: nothing here keeps a process alive. */
enum proc_kind {
	PROC_DIR,       /* a directory of fixed rows: `path` is its name below the root, "" there; id: TREE_PROC, TREE_SYS */
	PROC_FILE,      /* row: proc_row */
	PROC_SELF,      /* link to the caller's pid */
	PROC_THREAD_SELF, /* link to the caller's PID/task/TID */
	PROC_PID,       /* directory of a process: id */
	PROC_PID_FILE,  /* row: pid_row */
	PROC_PID_LINK,  /* row: pid_row */
	PROC_FD_DIR, PROC_FD_LINK, /* id, fd */
	PROC_TASK,      /* directory of a thread: as PROC_PID, but no task directory in it; id is the tid */
	PROC_TASK_DIR,  /* holds the threads of the process */
	PROC_DYN_DIR,   /* one number of a computed directory: path, id */
	PROC_DYN_FILE,  /* row: proc_dynrow, id */
};
struct proc_node {
	enum proc_kind kind;
	uint32_t id;
	int32_t fd;
	const void *row;
	const char *path;     /* not terminated: path_len */
	uint32_t path_len;
};
static inline const struct proc_node *proc_node(const struct inode *i) { return i->priv; }
/** An inode for a node; mode with type. -ENOMEM. */
MUST_CHECK int proc_inode(struct superblock *sb, uint32_t mode, const struct proc_node *node, struct inode **out);
enum { TREE_PROC, TREE_SYS, TREES };
extern struct proc_row *tree_rows[TREES];
extern struct pid_row *pid_rows;
extern struct proc_dynrow *dyn_rows;
extern const struct proc_census *proc_census;
extern const struct inode_ops proc_dir_ops, proc_file_inode_ops, proc_link_ops;
extern const struct file_ops proc_dir_file_ops, proc_file_ops;
int proc_make(const char *source, const char *data, struct superblock **out);   /* fstype "proc" */
int sysfs_make(const char *source, const char *data, struct superblock **out);  /* fstype "sysfs" */
int devtmpfs_make(const char *source, const char *data, struct superblock **out);
void proc_rows_init(void); /* mounts, filesystems, devices */
struct dev_row *dev_first(void);
#endif
