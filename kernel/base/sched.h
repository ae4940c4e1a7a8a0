/* sched.h - kernel threads, the run queue and time slices of the one CPU.
 * Used by: everything that runs.  Kernel code is not pre-empted except where it sleeps or at preempt_point().
 * Never: knows tasks, signals or nodes; those set `cuts`.  */
#ifndef KERNEL_BASE_SCHED_H
#define KERNEL_BASE_SCHED_H

#include "arch/arch.h"
#include "lib/list.h"

/* Why a sleep may be ended before its time. A sleep names the cuts that it heeds. */
#define CUT_SIGNAL 1u /* a signal is deliverable (home halves and body halves heed it) */
#define CUT_FREEZE 2u /* the space is to be frozen (only body halves heed it: they park) */
#define CUT_DESTROY 4u /* the body here is void: unwind and end (threads of guests, threads being torn down) */

enum thread_state { THREAD_NEW, THREAD_RUNNABLE, THREAD_RUNNING, THREAD_ASLEEP, THREAD_DEAD };

struct waitq {
	struct list_node waiters; /* of struct waiter */
};
#define WAITQ_INIT(name) {LIST_INIT((name).waiters)}

struct waiter {
	struct list_node node;
	struct thread *thread;
	bool exclusive;           /* waitq_sleep's: a wake_one stops at the first of these */
	/** Instead of waking a thread: any context, interrupts off, must not sleep. NULL: the thread. */
	void (*woken)(struct waiter *w);
	void *of;                 /* woken's own */
};

struct thread {
	/* fixed after thread_init */
	const char *name;
	void *stack;              /* lowest address; from arch_kstack_alloc */
	/* Called in another thread's context after exit, interrupts off, must not sleep: frees stack (arch_kstack_free(t->stack))
	 * and container. NULL: the scheduler frees the stack; the container is not its business. */
	void (*reap)(struct thread *t);
	void (*entry)(void *);
	void *arg;
	/* who controls execution */
	struct arch_context ctx;
	enum thread_state state;
	struct list_node run_node;
	struct arch_user *user;   /* the user half to load when this thread runs; NULL: none */
	struct arch_pd *pd;       /* the directory to load; NULL: any */
	uint32_t cuts;            /* pending CUT_*; set by thread_cut, cleared by their owner */
	uint32_t heeds;           /* cuts that the sleep under way heeds */
	struct mutex *mutexes;    /* held ones, last taken first */
	bool woken;               /* a wake came since sched_block_prepare */
	uint8_t level;            /* run queue: 0 woken system thread, 1 woken thread, 2 the rest; private to sched.c */
	uint64_t slept_ns;        /* when the sleep under way began */
	bool system;              /* not counted as load: net, gossip, pagers, idle; set before thread_start */
	bool in_user;             /* last seen in user mode: accounting (set by entry.c) */
	/* accounting, in the CPU's own ticks: see thread_user_ns */
	uint64_t user_ticks, system_ticks, stamp_ticks; /* stamp: up to when it is counted */
	int64_t slice_ns;         /* what is left of the slice */
	int8_t nice;              /* -20..19: longer or shorter slices */
};

void sched_init(void); /* makes the caller the boot thread, which becomes the idle thread in sched_idle */
NORETURN void sched_idle(void);

/** Prepare t (zeroed by the caller) to run entry(arg) on a new stack. -ENOMEM: no stack. It starts with thread_start. */
MUST_CHECK int thread_init(struct thread *t, const char *name, void (*entry)(void *), void *arg);
void thread_start(struct thread *t);
NORETURN void thread_exit(void);
struct thread *thread_current(void);
/** CPU time, as last counted: at each crossing between user and kernel mode, and when another thread runs. */
uint64_t thread_user_ns(const struct thread *t);
uint64_t thread_system_ns(const struct thread *t);
/** All of it, the current thread's up to now. */
uint64_t thread_cpu_ns(const struct thread *t);
/** Give up a thread that was never started: frees the stack. */
void thread_discard(struct thread *t);
/** thread->user or ->pd of the *current* thread was changed: load them now. */
void thread_reload_user(void);

/* ---- sleeping. No wakeup is lost: state that only threads change needs no protection between test and sleep; state that
 * an interrupt changes is tested with irq_save held, which sleeping keeps and restores. */
void waitq_init(struct waitq *q);
#define FOREVER UINT64_MAX
/** Sleep until woken. heeds: CUT_* that end the sleep; deadline_ns: clock_now_ns() value or FOREVER.
 *  Returns 0 woken (re-test your condition), -EINTR a heeded cut is pending (at once if it was before), -ETIMEDOUT. proc context. */
int waitq_sleep(struct waitq *q, uint32_t heeds, uint64_t deadline_ns);
void waitq_wake_one(struct waitq *q); /* one waitq_sleep and everybody who polls; any context */
void waitq_wake_all(struct waitq *q); /* any context */
/** Waiting on several queues (poll): add waiters, test, sched_block, remove waiters. A wake between add and block is kept. */
void waitq_add(struct waitq *q, struct waiter *w);
void waitq_remove(struct waiter *w);
void sched_block_prepare(void); /* call before waitq_add: forget earlier wakes */
int sched_block(uint32_t heeds, uint64_t deadline_ns); /* returns as waitq_sleep */
/** Make cut pending for t and wake it if its sleep heeds it. Any context. */
void thread_cut(struct thread *t, uint32_t cut);

/* ---- the CPU */
void sched_yield(void);
void preempt_point(void);       /* in long loops: lets others run when the slice is over */
bool sched_need_resched(void);  /* slice is over or a better thread waits: entry.c yields before user mode */
void sched_from_user(void);     /* entry.c: the current thread came from user mode */
void sched_to_user(void);       /* and goes there */
uint32_t sched_runnable(void);  /* runnable non-system threads, the running one included */
uint64_t sched_load_integral_ns(void); /* integral of sched_runnable over time: difference / time = average load */
uint64_t sched_idle_ns(void);
/** clock.c: the slice's end has come (irq context). */
void sched_timer_irq(void);
/** What the idle thread does, piece by piece, before it halts (frame_idle_work): returns false when nothing is left. */
void sched_set_idle_work(bool (*work)(void));
bool ctx_may_sleep(void);
void ctx_assert_may_sleep(void); /* panics in irq and net context */
/** net context: entered by any thread, never nested, nothing inside sleeps. */
void net_enter(void);
void net_leave(void);
bool net_inside(void);

#endif
