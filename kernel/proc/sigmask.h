/* sigmask.h - a body's signal mask and actions, and how home is told of them.
 * Used by: sys_signal.c, sigdeliver.c, mux.c, signal.c.
 * Never: queues a signal (signal.c, at home).  */
#ifndef KERNEL_PROC_SIGMASK_H
#define KERNEL_PROC_SIGMASK_H
#include "kernel/proc/proc.h"
#define SIG_UNBLOCKABLE (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define SIG_STOPS (SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define SIG_IGNORED_BY_DEFAULT (SIGBIT(SIGCHLD) | SIGBIT(SIGCONT) | SIGBIT(SIGURG) | SIGBIT(SIGWINCH))
#define SIG_DUMPS (SIGBIT(SIGQUIT) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) | SIGBIT(SIGABRT) | SIGBIT(SIGBUS) | SIGBIT(SIGFPE) | \
		   SIGBIT(SIGSEGV) | SIGBIT(SIGXCPU) | SIGBIT(SIGXFSZ) | SIGBIT(SIGSYS))
/** Set the body's mask (KILL and STOP are never in it) and tell home, at once here, by the hallway away. */
void sigmask_set(struct task *t, sigset64 mask);
/** The same for the length of one call: the old mask comes back at the user boundary, after a handler of the new one. */
void sigmask_swap(struct task *t, sigset64 mask);
/** Mask or actions, or the mask alone, were changed: tell home. */
void signal_mirror_changed(struct task *t);
void signal_mask_changed(struct task *t);
/** The same for actions, also to the homes of other processes that share them (CLONE_SIGHAND without CLONE_THREAD). */
void signal_actions_changed(struct task *t);
/** An action that ignores was set anew: what is pending of sig goes, sigaction(2). Away home drops all that is ignored now. */
void signal_discard(struct task *t, int sig);
/** Home (signal.c): dequeue one of a set for t, its own first; false: none is pending. */
bool signal_take_from(struct task *t, sigset64 allowed, struct ksiginfo *out);
/** The mirror as it travels: row_mirror's arguments. KILL and STOP, which are in neither set, carry SIGCHLD's flags. */
#define MIRROR_NOCLDWAIT SIGBIT(SIGKILL)
#define MIRROR_NOCLDSTOP SIGBIT(SIGSTOP)
#define MIRROR_DISCARD SIGBIT(SIGKILL) /* in the mask: drop what is pending and ignored */
void mirror_pack(const struct body *b, uint32_t arg[6]);
void mirror_apply(struct task *t, const uint32_t arg[6]); /* home half */
void mirror_mask(struct task *t, sigset64 mask);          /* the same, of the mask alone */
#endif
