/* eventfile.h - files that are only events: epoll sets, event counters, timers.
 * Used by: sys_event.c, file.c (a watched file's end).
 * Never: knows who reads.  Source: epoll(7), eventfd(2), timerfd_create(2).  */
#ifndef FS_EVENTFILE_H
#define FS_EVENTFILE_H
#include "fs/file.h"
/** A file without a place: its inode is of no file system. NULL no memory. priv is the caller's until it is set. */
struct file *anon_file(const struct file_ops *ops, uint32_t flags, const struct fs_caller *who);

/** What its link in /proc/PID/fd reads behind "anon_inode:"; a literal. */
void anon_file_name(struct file *f, const char *text);
/** The text, NULL if i is no such file's. */
const char *anon_name_of(const struct inode *i);

/* ---- epoll */
struct linux_epoll_event { uint32_t events; uint32_t data[2]; };
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)
#define EPOLL_CTL_ADD 1u
#define EPOLL_CTL_DEL 2u
#define EPOLL_CTL_MOD 3u
struct file *epoll_new(const struct fs_caller *who);
/** fd: the number under which f was given, part of its key. -EBADF..-ELOOP as epoll_ctl(2). */
int epoll_control(struct file *ep, uint32_t op, int32_t fd, struct file *f, const struct linux_epoll_event *ev);
/** Events that are ready now, at most max: how many. -EINVAL: no epoll set. */
int32_t epoll_collect(struct file *ep, struct linux_epoll_event *out, uint32_t max);
int epoll_sleep(struct file *ep, uint64_t deadline_ns); /* until something may be ready: as waitq_sleep */
void epoll_forget(struct file *f);       /* the last reference of a watched file is gone */

/* ---- counters and timers */
#define EFD_SEMAPHORE 1u
struct file *eventfd_new(uint32_t count, bool semaphore, uint32_t flags, const struct fs_caller *who);
#define TFD_TIMER_ABSTIME 1u
#define TFD_TIMER_CANCEL_ON_SET 2u
struct file *timerfd_new(uint32_t clock, uint32_t flags, const struct fs_caller *who);
/** set NULL: only ask. value 0 disarms; old: what is left, and the interval. -EINVAL: no timerfd. */
struct timerfd_setting { uint64_t value_ns, interval_ns; };
int timerfd_set(struct file *f, bool absolute, const struct timerfd_setting *set, struct timerfd_setting *old);
#endif
