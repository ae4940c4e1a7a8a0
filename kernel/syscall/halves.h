/* halves.h - declares every half and resolver that table.def names; each lies in the sys_*.c (or kernel/proc) of its subject.
 * Used by: table.c and the files that define them.
 * Never: called directly; dispatch.c does, through the table.  */
#ifndef KERNEL_SYSCALL_HALVES_H
#define KERNEL_SYSCALL_HALVES_H
#include "kernel/syscall/table.h"
typedef int32_t syscall_half(struct ucall *c);
typedef const struct sysrow *syscall_resolver(struct ucall *c);
syscall_half sys_exit, home_row_fork, body_row_fork, finish_row_fork, home_row_clone, body_row_clone, home_row_clone3, body_row_clone3,
	finish_row_clone, home_row_vfork, body_row_vfork, finish_row_vfork, home_execve, home_execveat, body_execve, finish_execve,
	sys_exit_group, sys_waitpid, sys_wait4, sys_waitid, body_getpid, body_gettid, sys_getppid, sys_getpgrp, sys_setpgid,
	sys_getpgid, sys_setsid, sys_getsid, sys_nice, sys_getpriority, sys_setpriority, sys_prctl, body_prctl_tid_address, body_personality,
	body_sched_yield, sys_sched_setparam, sys_sched_getparam, sys_sched_setscheduler, sys_sched_getscheduler, body_sched_priority,
	sys_sched_interval, sys_sched_interval64, sys_sched_setaffinity, sys_sched_getaffinity, sys_sched_setattr, sys_sched_getattr, sys_ioprio_set, sys_ioprio_get, body_getcpu,
	body_set_thread_area, body_get_thread_area, body_set_tid_address, body_set_robust_list, body_get_robust_list,
	body_futex, body_restart_futex, body_futex64, body_refused, sys_getuid16, sys_getgid16, sys_geteuid16, sys_getegid16,
	sys_getuid, sys_getgid, sys_geteuid, sys_getegid, sys_setuid16, sys_setgid16, sys_setreuid16, sys_setregid16,
	sys_setfsuid16, sys_setfsgid16, sys_setresuid16, sys_setresgid16, sys_getresuid16, sys_getresgid16, sys_setuid,
	sys_setgid, sys_setreuid, sys_setregid, sys_setfsuid, sys_setfsgid, sys_setresuid, sys_setresgid, sys_getresuid,
	sys_getresgid, sys_getgroups16, sys_setgroups16, sys_getgroups, sys_setgroups, sys_capget, sys_capset, body_signal,
	body_sigaction, body_rt_sigaction, body_sgetmask, body_ssetmask, body_sigprocmask, body_rt_sigprocmask,
	body_sigsuspend, body_rt_sigsuspend, body_pause, body_sigaltstack, body_sigreturn, body_rt_sigreturn, sys_sigpending,
	sys_rt_sigpending, sys_signalfd, sys_signalfd4, sys_pidfd_open, sys_pidfd_send_signal, sys_pidfd_getfd, sys_kill, sys_tkill, sys_tgkill, sys_rt_sigqueueinfo, sys_rt_tgsigqueueinfo, sys_rt_sigtimedwait,
	sys_rt_sigtimedwait64, body_brk, body_mmap_anon, sys_mmap_file, body_mmap_file, body_munmap, body_mprotect,
	body_mremap, body_madvise, body_msync, body_mlock, body_mlock2, body_munlock, body_mlockall, body_munlockall, sys_mlock, sys_mlock2, sys_mlockall, body_mmap_locked, sys_mmap_shared, body_remap_file_pages, body_membarrier, sys_memfd_create, sys_process_vm_readv, sys_process_vm_writev, body_mincore, sys_read, sys_write,
	sys_readv, sys_writev, sys_pread64, sys_pwrite64, sys_preadv, sys_pwritev, sys_preadv2, sys_pwritev2, sys_lseek,
	sys_llseek, sys_copy_file_range, sys_splice, sys_tee, sys_vmsplice, sys_sendfile, sys_sendfile64, sys_truncate, sys_truncate64, sys_ftruncate, sys_ftruncate64,
	sys_fallocate, sys_fadvise64, sys_fadvise64_64, sys_readahead, sys_sync, sys_syncfs, sys_fsync, sys_sync_file_range, sys_open,
	sys_creat, sys_openat, sys_openat2, sys_close, sys_close_range, sys_dup, sys_dup2, sys_dup3, sys_pipe, sys_pipe2, sys_fcntl,
	sys_fcntl_lock, sys_fcntl_lock64, sys_fcntl_owner, sys_flock, sys_ioctl, sys_poll, sys_poll_restart, sys_ppoll, sys_ppoll64,
	sys_select, sys_pselect, sys_pselect64, sys_link, sys_linkat, sys_unlink, sys_rmdir, sys_unlinkat, sys_mknod,
	sys_mknodat, sys_mkdir, sys_mkdirat, sys_symlink, sys_symlinkat, sys_rename, sys_renameat, sys_renameat2,
	sys_readlink, sys_readlinkat, sys_getdents, sys_getdents64, sys_getcwd, sys_chdir, sys_fchdir, sys_chroot, sys_umask,
	sys_mount, sys_umount, sys_umount2, sys_stat, sys_lstat, sys_fstat, sys_stat64, sys_lstat64, sys_fstat64,
	sys_fstatat64, sys_statx, sys_statfs, sys_fstatfs, sys_statfs64, sys_fstatfs64, sys_access, sys_faccessat,
	sys_faccessat2, sys_chmod, sys_fchmod, sys_fchmodat, sys_lchown16, sys_chown16, sys_fchown16, sys_lchown, sys_chown,
	sys_fchown, sys_fchownat, sys_utime, sys_utimes, sys_futimesat, sys_utimensat, sys_utimensat64, sys_setxattr, sys_lsetxattr, sys_fsetxattr,
	sys_getxattr, sys_lgetxattr, sys_fgetxattr, sys_listxattr, sys_llistxattr, sys_flistxattr, sys_removexattr,
	sys_lremovexattr, sys_fremovexattr,
	body_time, body_gettimeofday, body_clock_gettime, body_clock_gettime64, body_clock_getres, body_clock_getres64,
	sys_adjtimex, sys_clock_adjtime, sys_clock_adjtime64, sys_stime, sys_settimeofday, sys_clock_settime, sys_clock_settime64, body_nanosleep, body_clock_nanosleep,
	body_clock_nanosleep64, body_restart_sleep, sys_alarm, sys_setitimer, sys_getitimer, body_setitimer, body_getitimer,
	sys_timer_create, sys_timer_settime, sys_timer_settime64, sys_timer_gettime, sys_timer_gettime64,
	sys_timer_getoverrun, sys_timer_delete, sys_times, sys_getrusage, sys_setrlimit, body_limits, sys_getrlimit_old,
	sys_getrlimit, sys_prlimit64, body_prlimits, sys_oldolduname, sys_olduname, sys_uname, sys_sethostname,
	sys_setdomainname, sys_sysinfo, sys_syslog, sys_reboot, sys_vhangup, body_getrandom, body_failed, home_take,
	sys_epoll_create, sys_epoll_create1, sys_epoll_ctl, sys_epoll_wait, sys_epoll_pwait2, sys_eventfd, sys_eventfd2,
	sys_timerfd_create, sys_timerfd_settime, sys_timerfd_settime64, sys_timerfd_gettime, sys_timerfd_gettime64,
	sys_inotify_init, sys_inotify_init1, sys_inotify_add_watch, sys_inotify_rm_watch,
	sys_mq_open, sys_mq_unlink, sys_mq_timedsend, sys_mq_timedsend64, sys_mq_timedreceive, sys_mq_timedreceive64, sys_mq_notify,
	sys_mq_getsetattr, sys_shmget, sys_shmat, body_shmat, body_shmdt, sys_shmctl, sys_semget, sys_semop, sys_semtimedop, sys_semtimedop64,
	sys_semctl, sys_msgget, sys_msgsnd, sys_msgrcv, sys_msgctl, sys_socket, sys_socketpair, sys_bind, sys_connect, sys_listen, sys_accept4, sys_getsockopt, sys_setsockopt,
	sys_getsockname, sys_getpeername, sys_sendto, sys_recvfrom, sys_shutdown, sys_sendmsg, sys_recvmsg, sys_sendmmsg,
	sys_recvmmsg, sys_recvmmsg64, body_take, home_stop, home_exit_status, home_exit_one, home_mirror, sys_unshare;
syscall_resolver mux_restart, mux_prctl, mux_mmap_old, mux_mmap2, mux_fcntl, mux_fcntl64, mux_ioctl, mux_ppoll,
	mux_ppoll64, mux_select_old, mux_pselect6, mux_pselect6_64, mux_setitimer, mux_getitimer,
	mux_socketcall, mux_sendto, mux_recvfrom, mux_epoll_pwait, mux_epoll_pwait2, mux_ipc, mux_shmat;
#endif
