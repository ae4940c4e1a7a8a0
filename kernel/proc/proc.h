/* proc.h - the two halves of a process: task and group at home, body and space where it runs.
 * Used by: kernel/proc, kernel/syscall, kernel/migrate.
 * Never: lets a home half name a body's memory, registers or place, or a body half name a file.
 *
 *   home half: struct task_home (a thread's identity) in a struct group (a process); struct unit = what moves as one
 *   body half: struct body (registers, mask, TLS) in a struct space; struct actions (handler table)
 *   struct task: one kernel thread and the halves that are on this node:
 *     at home, body here: both.  At home, body away: has_body false, the thread is the deputy.  A guest: has_home false.  */
#ifndef KERNEL_PROC_PROC_H
#define KERNEL_PROC_PROC_H
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "fs/file.h"
#include "kernel/mm/space.h"
#include "kernel/mm/umem.h"

struct sysrow;
struct task;
struct group;
struct exec_plan;
struct tracer;
typedef uint64_t sigset64; /* bit (n-1) is signal n */
#define SIGBIT(n) (1ull << ((n)-1))

struct ksiginfo {          /* what travels of a siginfo; 32 bytes */
	int32_t signo, code, err;
	uint32_t pid, uid;     /* or fault address in addr, or timer id/overrun */
	int32_t status;
	uint32_t value, addr;
};
struct figures {           /* what a body has used, since it was created; rides on every request */
	uint64_t user_ns, system_ns;
	uint32_t min_faults, maj_faults, vm_pages, rss_pages, locked_pages;
};

/* ---- the call in progress: all that is left of it when the body moves (DESIGN: "A call is two separable steps") */
enum call_phase {
	CALL_NONE,     /* at the user boundary */
	CALL_START,    /* decoded, nothing done yet */
	CALL_HOME,     /* the home half is under way (here, or at home: then this side waits for reply k) */
	CALL_BODY,     /* home result is known, the body half runs (again) */
	CALL_FINISH,   /* the finish step at home */
};
struct call {
	const struct sysrow *row;
	uint32_t arg[6];
	enum call_phase phase;
	uint32_t k;            /* sequence number of the task's calls home */
	int32_t home_result;
	uint32_t done;         /* bytes moved by earlier slices */
	uint32_t slice;        /* bytes that the slice at hand asks for; less came: it was the last */
	bool resumed;          /* the body half runs again after a park: body.park holds its deadline */
	bool inner;            /* issued by the kernel at the user boundary (signals, exit): leaves eax alone */
};

/* ---- body half */
struct actions { struct linux_sigaction_k { uint32_t handler, flags, restorer; sigset64 mask; } act[64]; uint32_t refs; };
struct body {
	struct arch_user user;
	struct list_node in_space;
	struct space *space;
	struct actions *actions;
	uint16_t home_node;            /* where its home half is; == this node for a local body */
	uint32_t unit, pid, tid;       /* names at home */
	sigset64 mask, saved_mask;     /* saved_mask valid with restore_mask (sigsuspend, pselect) */
	bool restore_mask;
	bool poked;                    /* home has a deliverable signal: TAKE at the user boundary */
	sigset64 pending_mirror;       /* away: what home had pending when it last answered */
	bool mirror_stale;             /* mask or ignored set changed since home was told */
	bool discard;                  /* away: home is to drop what is pending and ignored */
	uint32_t altstack_sp, altstack_size, altstack_flags;
	uint32_t clear_child_tid, robust_list;
	uint32_t personality;
	uint64_t park_deadline_ns;     /* of a parked body half, home's monotonic clock */
	struct { const struct sysrow *row; uint32_t arg[6]; } restart; /* restart_syscall */
	struct ksiginfo taken;         /* what TAKE brought */
	struct ksiginfo forced;        /* a fault of the program itself, to be delivered next; signo 0: none */
	sigset64 expired;              /* SIGVTALRM, SIGPROF: raised here, where CPU time is counted */
	uint64_t cpu_seen_user_ns, cpu_seen_all_ns; /* CPU time up to which the two timers were counted down */
	int64_t clock_offset_ns;       /* home's monotonic clock - this machine's */
	int64_t wall_offset_ns;        /* home's CLOCK_REALTIME - home's CLOCK_MONOTONIC */
	uint64_t clock_floor_ns;       /* last monotonic value shown: never back */
	uint64_t vtimer_left_ns, vtimer_interval_ns, prof_left_ns, prof_interval_ns; /* ITIMER_VIRTUAL, ITIMER_PROF */
	struct figures base;           /* used before this host; add the thread's own */
	bool traced;                   /* away: home wants to hear of the calls that are made here */
	uint64_t ended_ns;             /* CPU time of threads of this process that are no more: in one of those that are left */
};

/* ---- home half */
struct sigqueue { struct list_node items; sigset64 set; };
enum run_state { RUN_RUNNING, RUN_STOPPED, RUN_ZOMBIE, RUN_DEAD };
struct unit {                      /* home's record of one space: what moves as one, and where it is */
	struct list_node node;         /* of all units here */
	uint32_t id, epoch, refs;
	uint16_t route;                /* node where the body is; own number: here */
	struct list_node tasks;        /* of task_home.in_unit */
	uint32_t n_moves;
	uint16_t return_to;            /* brought home for one call: send back to this node; 0 none */
	bool moving;                   /* an order is under way */
	struct waitq changed;
	void *commit;                  /* kernel/migrate: the home side of a move */
	char explain[64];
};
struct sched_kept { uint8_t policy, priority; bool reset_on_fork; }; /* as told: see sys_policy.c */
struct task_home {
	struct list_node in_group, in_unit, in_tids;
	struct group *group;
	struct unit *unit;
	uint32_t tid;
	char comm[16];                 /* the thread's own name: prctl(PR_SET_NAME) */
	struct sched_kept sched;
	uint16_t ioprio;
	int32_t pidfd;                 /* of CLONE_PIDFD, until it is told */
	struct sigqueue pending;       /* directed at this task */
	sigset64 mask_mirror;          /* of the body's mask, as last told */
	struct figures figures;        /* as last told */
	uint64_t heard_ns, heard_cpu_ns; /* a time when the body told something from away (0: not yet), and its CPU time as of then */
	uint64_t restart_deadline_ns;  /* of an interrupted home half (poll, futex..): kept for RESTARTBLOCK */
	struct task *vfork_child_of;   /* the parent that waits for our exec or exit */
	void *deputy;                  /* kernel/migrate: mailbox and last reply */
	/** A home half ended while its body was away or frozen: the result of call k, for when the body asks again. */
	struct { uint32_t k; int32_t result; bool valid; } kept;
	uint32_t poke_epoch;           /* its away body was told in that epoch to TAKE, and has not called since: once is enough; 0 no */
	bool stop_dequeued;            /* TAKE brought a stop signal; SIGCONT in between makes the STOP void */
	sigset64 wait_set;             /* of sigtimedwait under way: these interrupt though they are blocked */
	struct ksiginfo taken_info;    /* what the last TAKE dequeued: travels with its reply */
};
struct session { uint32_t refs, id; struct tty *tty; };
struct group {
	/* identity */
	struct list_node in_all, siblings, children, tasks;
	struct group *parent;
	uint32_t pid, pgrp, refs;
	struct session *session;
	enum run_state state;
	int32_t exit_status;           /* wait status */
	bool exiting, execed;          /* execed: setpgid by the parent is EACCES */
	uint32_t stop_report, n_tasks; /* stop_report: signal to report to wait, |0x10000 continued */
	int exit_signal;
	struct waitq child_event;      /* wait4 of this process */
	struct waitq ended;            /* it is a zombie: pidfd */
	struct task *exec_task;        /* the thread whose execve ends the others */
	struct waitq task_ended;       /* a task has left `tasks` */
	/* environment */
	struct fs_caller who;          /* who.cred = &cred; umask, root, cwd */
	struct list_node fs_sharers;   /* ring of groups that share umask, root and cwd (CLONE_FS) */
	struct cred cred;
	struct fdtable *fds;
	struct linux_rlimit64 rlimits[16];
	char comm[16];
	struct name *exe;              /* referenced */
	char *cmdline; uint32_t cmdline_len; /* first 4 KiB of argv, NUL-separated */
	char *environ; uint32_t environ_len;
	uint64_t start_ns;
	int8_t nice;
	/* signals */
	struct sigqueue pending;       /* for any willing task */
	sigset64 ignored_mirror, caught_mirror; /* of the actions, as last told; SA_NOCLDWAIT etc. below */
	bool nocldwait, nocldstop;
	int pdeath_signal;
	bool no_new_privs;           /* exec grants nothing */
	bool undumpable, keepcaps, subreaper, no_thp;
	uint32_t timer_slack_ns;       /* 0: 50 us */
	struct figures dead_tasks, children_used;
	/* timers that signal */
	struct itimer_real *itimer;
	struct itimer_real *cpu_watch; /* RLIMIT_CPU is set: looks at the figures */
	struct list_node posix_timers;
	uint32_t next_timer;           /* id of the next one: they are not used again */
	bool traced;                   /* /proc/PID/trace: calls are printed to the log */
	struct tracer *tracer;         /* who hears of its calls: tracer.c; NULL */
};
struct task {
	struct thread thread;          /* thread.user points at body.user while has_body */
	struct call call;
	struct umem umem;              /* the caller's memory: local, or the deputy's */
	bool has_home, has_body;
	bool exiting;
	bool parked;                   /* at the user boundary, waiting for a move to end */
	void *guest;                   /* kernel/migrate: a guest's way home */
	struct task_home home;
	struct body body;
	struct exec_plan *plan;        /* execve between prepare and finish */
	uint64_t trace_begun_ns;       /* traced: CPU time of the thread when the call began */
	char *trace_kept;              /* traced: an execve as text, from before it changed the memory */
	struct backing *map_backing;   /* mmap of a file between its halves; one reference */
	struct list_node in_all;       /* of all tasks of this node, guests too (task.c) */
};

/* ---- tasks and groups (task.c, group.c): proc context */
void proc_init(void);
struct task *task_current(void);                 /* NULL for pure kernel threads; only entry.c and kernel/migrate use it */
struct task *task_of_thread(struct thread *t);   /* NULL if t is not a task's */
uint32_t pid_alloc(void);                        /* 0: none left */
struct group *group_find(uint32_t pid);          /* zombie or alive; NULL */
struct task *task_find(uint32_t tid);            /* home halves on this node */
struct unit *unit_find(uint32_t id);
struct group *group_next(uint32_t after_pid);
extern struct list_node all_groups, all_units;
/** A task with both halves, its thread initialised with entry task_start; home part linked in group and unit. NULL: no memory.
 *  unit NULL: a new one. */
struct task *task_new(struct group *g, struct unit *u, uint32_t tid);
/** A guest: body half only; the mover fills body and call. */
struct task *task_new_guest(void);
void task_free_body(struct task *t);             /* drop the body half: space, actions; thread stops having a user */
void task_start(void *task);                     /* thread entry: continues t->call, then enters user mode */
NORETURN void task_end(struct task *t);          /* last act of a task's thread */
struct group *group_new(struct group *parent);   /* copies environment from parent (NULL: init) */
/** clone's CLONE_FILES, CLONE_FS: g, made from `from`, shares its table; its umask, root and cwd. */
void group_share_files(struct group *g, struct group *from);
void group_share_fs(struct group *g, struct group *from);
/** exec, unshare: a table of its own; -ENOMEM. umask, root and cwd of its own. */
MUST_CHECK int group_own_files(struct group *g);
void group_own_fs(struct group *g);
/** For g and all who share with it. Takes over the reference to n. */
void group_set_cwd(struct group *g, struct name *n);
void group_set_root(struct group *g, struct name *n);
void group_set_umask(struct group *g, uint32_t umask);
/** Another program image: takes over the reference to exe (may be NULL); counts it as being executed. */
void group_set_exe(struct group *g, struct name *exe);
/** No process of the group `pgrp` has a parent in another group of the same session. */
bool pgrp_orphaned(uint32_t pgrp);
struct session *session_new(uint32_t id);        /* one reference, no terminal; NULL no memory */
void session_ref(struct session *s);
void session_unref(struct session *s);
struct unit *unit_new(void);                     /* here, no tasks, one reference; NULL no memory */
void unit_ref(struct unit *u);
void unit_unref(struct unit *u);                 /* at 0: hallway.forget_unit, freed */
/** Move a task to another unit (exec of a vfork child); wakes both units' `changed`. Takes over no reference. */
void unit_join(struct unit *u, struct task *t);
/** Give up a task that was never started: home part unlinked, memory freed (its group stays). */
void task_discard(struct task *t);
/** The task of g that asks: the running thread's, else the first. NULL: none is left. */
struct task *group_task(const struct group *g);
/** Exit: close files, let go of names and texts. May sleep. */
void group_drop_environment(struct group *g);
void group_ref(struct group *g);
void group_unref(struct group *g);
bool group_visible(const struct group *g);
extern uint16_t this_node;                       /* own node number; set at boot */
struct figures task_figures(const struct task *t);   /* home's view: body's own if here, else as last told */
struct figures group_figures(const struct group *g);
/** Name a thread; the first one's name is the process's. Cut off at 15 bytes. */
void task_set_comm(struct task *t, const char *name);
/** -20..19; the first thread's is the process's. */
void task_set_nice(struct task *t, int32_t nice);
/** Reasons why the unit cannot move, words separated by spaces; empty if it can. */
void unit_cantmove(struct unit *u, char *out, uint32_t size);

/* ---- signals (signal.c: home: posting; sigdeliver.c: body: delivering) */
int signal_post_task(struct task *t, const struct ksiginfo *info);   /* home half. Queues, wakes, POKEs */
int signal_post_group(struct group *g, const struct ksiginfo *info);
/** Woken whenever a signal is queued, for anybody: signalfd. Of no process: who polls may outlive it. */
extern struct waitq signals_queued;
/** A timer's signal, for t or (NULL) the group: a queue entry of its own. false: it is ignored. */
bool signal_post_timer(struct group *g, struct task *t, const struct ksiginfo *info);
int signal_post_pgrp(uint32_t pgrp, const struct ksiginfo *info, const struct cred *from);
/** SIGKILL to every other task of t's process, one by one: exit_group, execve. */
void signal_kill_others(struct task *t);
/** t no longer takes what it may have been woken for: another willing task gets the group's pending signals. */
void signal_retarget(struct group *g);
bool signal_may(const struct cred *from, const struct group *to, int sig);
/** Home half of TAKE: dequeue one signal that the mask lets through; task's own first. false: none. */
bool signal_take(struct task *t, sigset64 mask, struct ksiginfo *out);
sigset64 signal_pending_set(const struct task *t);   /* home: all that is queued for it, blocked or not */
/** Home: SIGKILL is pending for t or its process. */
static inline bool task_is_killed(const struct task *t)
{
	return ((t->home.pending.set | t->home.group->pending.set) & SIGBIT(SIGKILL)) != 0;
}
bool signal_deliverable(const struct task *t);       /* by the mirrors */
void signal_update_cut(struct task *t);              /* after mirrors or queues changed: sets or clears CUT_SIGNAL, POKEs the body */
void sigqueue_clear(struct sigqueue *q);
/** Home: what is pending of these signals goes, in all queues of the process. */
void signal_drop(struct group *g, sigset64 which);
/** Body: a synchronous fault of the program itself. Delivered at the user boundary even if blocked (then it kills). */
void signal_force(struct task *t, const struct ksiginfo *info);
/** Body, at the user boundary: take and deliver until nothing is pending; turns -ERESTART* in eax. call_failed: the result
 *  of the call that just ended, or 0. Returns false when the task must not enter user mode (it exits). */
bool signals_at_boundary(struct task *t);
int sigframe_build(struct body *b, int sig, const struct linux_sigaction_k *act, const struct ksiginfo *info, sigset64 old_mask, struct umem *mem); /* -EFAULT */
int sigframe_return(struct body *b, bool rt, struct umem *mem);      /* restores registers and mask; -EFAULT; -EINVAL: selectors that iret refuses */
void actions_unref(struct actions *a);
struct actions *actions_copy(const struct actions *a);               /* NULL no memory */
void mirror_update(struct task *t);  /* home and body here: copy mask and ignored set to the mirrors */

/* ---- the hallway: how a body half reaches its home half. Local: direct calls. Away: filled in by kernel/migrate. */
struct hallway {
	/** Run the home half of t->call (row, args) at the body's home; OUT windows are stored; result as the home half returned
	 *  it. -EHOSTDOWN: home is dead, the task must end silently. Returns with call.phase CALL_HOME still set and
	 *  *parked = true when the thread must go back to the user boundary because the body is leaving. */
	int32_t (*call_home)(struct task *t, bool *parked);
	/** Before a row that only home can run: move the body home (and remember to return). Parks; the call stays CALL_START. */
	void (*bring_home)(struct task *t);
	/** At the user boundary of a body that is to leave: parks until resumed here, or never returns (body left). */
	void (*park)(struct task *t);
	/** The home half of a call ended, but the body has left meanwhile: reply, then serve as deputy until the body is here
	 *  again; returns then with t->call as it came. Never returns if the task ended. */
	void (*deputy)(struct task *t, int32_t result);
	/** home -> body: a deliverable signal is pending / has gone. */
	void (*poke)(struct task *t);
	/** body half: signal mask or ignored set changed away from home. */
	void (*mirror)(struct task *t);
	/** Away, body->traced: a call of the body half is over; tell home. May sleep. */
	void (*report)(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result);
	/** A unit, a task ends here: drop what kernel/migrate hung on it. */
	void (*forget_unit)(struct unit *u);
	void (*forget_task)(struct task *t);
	/** Home, in another's or the task's own home half: its body, which is away, comes home for a look at its memory and goes back by
	 *  itself. Sleeps. 0: it is here; else -errno. */
	int (*fetch_body)(struct unit *u);
	/** At the boundary at home: unit->return_to is set and the call is over: send it back. */
	void (*send_back)(struct task *t);
};
extern struct hallway hallway;   /* all NULL until kernel/migrate fills it; with no network nothing is ever away */

/* ---- fork, exec, exit */
int32_t home_fork(struct task *parent, uint32_t flags, struct task **child);   /* pid or tid; child not started */
int body_fork(struct task *parent, struct task *child, uint32_t flags, uint32_t stack, uint32_t tls);
/** End the calling task's process with a wait status (exit_group, fatal signal): home half; then the body is freed. */
void home_exit_group(struct task *t, int32_t wait_status, const struct figures *used);
void home_exit_task(struct task *t, int32_t wait_status);   /* one thread; the last one ends the process */
int32_t home_wait(struct task *t, int32_t pid, uint32_t options, int32_t *status, struct linux_rusage *usage); /* wait4: pid, 0, -ECHILD, -ERESTARTSYS */
/** waitid: kind P_ALL P_PID P_PGID; options WEXITED WSTOPPED WCONTINUED WNOHANG WNOWAIT. Fills info (signo 0: nothing yet); 0,
 *  -EINVAL, -ECHILD, -ERESTARTSYS. */
int32_t home_waitid(struct task *t, uint32_t kind, uint32_t id, uint32_t options, struct ksiginfo *info, struct linux_rusage *usage);
/** Tell the parent: g stopped (CLD_STOPPED, the signal) or continued (CLD_CONTINUED, SIGCONT). stop_report is set here. */
void home_report_stop(struct group *g, int code, int sig);
void figures_add(struct figures *sum, const struct figures *f);
void figures_to_rusage(const struct figures *f, struct linux_rusage *out);
int proc_start_init(void);       /* pid 1: /sbin/init or init=; called by main.c */
extern const struct fs_caller_ops proc_caller_ops;
#endif
