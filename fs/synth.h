/* synth.h - /dev and /proc: rows that others register; fs/synth.c makes files of them.
 * Used by: drivers and every module with something to show.  A row's show() fills a text sink; a row's store() takes a write.
 * Never: knows what the rows mean.  */
#ifndef FS_SYNTH_H
#define FS_SYNTH_H
#include "fs/file.h"

/* ---- /dev: devices by number, with a node in devtmpfs-like /dev */
struct dev_row {
	struct dev_row *next;
	const char *name;              /* below /dev */
	bool hidden;                   /* no node in /dev: the name is only its kind */
	uint32_t rdev;                 /* (major << 8) | minor */
	uint32_t mode;                 /* S_IFCHR | 0666 ... */
	int (*open)(struct file *f, const struct fs_caller *who); /* sets f->ops, f->priv; default ops below */
	const struct file_ops *ops;
};
void dev_register(struct dev_row *row);

/* ---- /proc: fixed files and per-process files */
struct text_sink {           /* grows in pages; the whole text is made at first read of an open file */
	char *buf;
	uint32_t len, size;
	bool failed;             /* memory ran out */
};
void sink_printf(struct text_sink *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void sink_write(struct text_sink *s, const void *data, uint32_t n);

struct proc_row {
	struct proc_row *next;
	const char *path;          /* "meminfo", "hpc/stats"; for per-process rows the name below /proc/PID */
	uint32_t mode;             /* 0444, 0644 */
	int (*show)(struct text_sink *s, const struct fs_caller *who);
	int (*store)(const char *text, uint32_t n, const struct fs_caller *who); /* whole write, NUL-terminated; may sleep */
};
void proc_register(struct proc_row *row);
void sys_register(struct proc_row *row);   /* the same below /sys */
/** Rows of a process, or of a thread of it (/proc/PID/task/TID): pid, or tid, is looked up again at each read; show returns -ESRCH
 *  when it is gone. */
struct pid_row {
	struct pid_row *next;
	const char *name;          /* "stat", "where", "goto"; "exe", "cwd", "root" are links (link != NULL) */
	uint32_t mode;
	int (*show)(struct text_sink *s, uint32_t pid, const struct fs_caller *who);
	int (*store)(uint32_t pid, const char *text, uint32_t n, const struct fs_caller *who);
	int (*link)(uint32_t pid, char *out, uint32_t size, struct name **target, const struct fs_caller *who); /* target: referenced, may be NULL */
};
void proc_register_pid(struct pid_row *row);
/** Who is there: kernel/proc fills this in. next: smallest pid > after, 0 when none; fd enumeration for /proc/PID/fd. */
struct proc_census {
	uint32_t (*next_pid)(uint32_t after);
	uint32_t (*next_task)(uint32_t pid, uint32_t after);           /* tids of a process; 0 when none */
	bool (*owner)(uint32_t pid, uint32_t *uid, uint32_t *gid);    /* a tid will do, here and below */
	int32_t (*next_fd)(uint32_t pid, int32_t after);              /* -1: no more */
	struct file *(*get_fd)(uint32_t pid, int32_t fd);             /* referenced or NULL */
};
void proc_set_census(const struct proc_census *c);
/** Directories whose entries are computed (hpc/nodes/N/...): next(after) as above, files registered by name. */
struct proc_dynrow {
	struct proc_dynrow *next;
	const char *dir;           /* "hpc/nodes" */
	uint32_t (*next_id)(uint32_t after);
	const char *name;          /* file in each numbered directory */
	int (*show)(struct text_sink *s, uint32_t id, const struct fs_caller *who);
};
void proc_register_dyn(struct proc_dynrow *row);
#endif
