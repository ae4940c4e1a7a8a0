/* table.h - what a row of the one system-call table says; dispatch, forwarding and tracing are read off it.
 * Used by: dispatch.c, trace.c, kernel/migrate, tools/tabledoc.py (docs/abi.md).  The rows stand in table.def.
 * Never: code.  */
#ifndef KERNEL_SYSCALL_TABLE_H
#define KERNEL_SYSCALL_TABLE_H
#include "kernel/syscall/ucall.h"

enum window_dir { WINDOW_NONE, WINDOW_IN, WINDOW_OUT, WINDOW_INOUT };
enum window_len {
	LEN_CONST,    /* len bytes */
	LEN_ARG,      /* value of argument len_arg, times len */
	LEN_U32_AT,   /* the uint32 that argument len_arg points at (socklen_t) */
	LEN_STRING,   /* up to and with the NUL, at most len */
	LEN_IOVEC,    /* argument is an iovec array of len_arg entries: travels flattened (the entries and what they point at) */
	LEN_FDSET,    /* (value of len_arg + 31) / 32 * 4 bytes */
};
struct window {
	uint8_t dir, arg, len_kind, len_arg;
	uint32_t len;
};
#define WINDOWS_MAX 5
/* flags */
#define SYS_HOMEFIRST 1u   /* an away body is brought home for this call, and sent back after */
#define SYS_QUICK 2u       /* the home half never sleeps for long: a freeze waits for it */
#define SYS_SLICE_READ 4u  /* arg[2] bytes (or an iovec) moved in 64 KiB slices; further slices do not wait */
#define SYS_SLICE_WRITE 8u
#define SYS_IOVEC 16u      /* arg[1], arg[2] are iovec and count */
#define SYS_NORESTORE 32u  /* sigreturn, execve: eax is not the result */
#define SYS_POS 64u        /* arg[3], arg[4] are a 64-bit file position that advances with the slices */
#define SYS_ENDS 128u      /* the task ends with this call: the thread never enters user mode again */
struct sysrow {
	uint16_t nr;
	const char *name;
	int32_t (*home)(struct ucall *c);
	int32_t (*body)(struct ucall *c);
	int32_t (*finish)(struct ucall *c);
	uint16_t flags;
	const char *args;          /* one letter per argument for tracing: d int, u unsigned, x hex, o octal, s string, p pointer (its window, if one, is
	                            * memory), f fd, a AT_FDCWD-or-fd, S signal, O open flags, P PROT_, M MAP_, v argv, e envp */
	struct window w[WINDOWS_MAX];
	/** A demultiplexer: the final row for these arguments (may rewrite arg), or NULL: -ENOSYS. Runs on the caller's side. */
	const struct sysrow *(*resolve)(struct ucall *c);
};
/** The row of a number, NULL when unknown. Inner rows (TAKE, STOP, EXIT...) have numbers from SYS_INNER. */
#define SYS_INNER 1000
const struct sysrow *sysrow_get(uint32_t nr);
const struct sysrow *sysrow_by_index(uint32_t index);  /* every row incl. demultiplexed ones: the wire names rows by index */
uint32_t sysrow_index(const struct sysrow *row);
uint32_t sysrow_count(void);
extern const struct sysrow row_take, row_stop, row_exit_group, row_exit_task, row_mirror; /* inner rows */

/* ---- dispatch.c */
/** c->arg holds the arguments: make it the record of a call that begins. k goes on counting. */
void call_record(struct call *c, const struct sysrow *row);
/** Begin the call that t->call records (CALL_START), and go on with it as call_continue does. */
void call_start(struct task *t);
/** The record t->call is CALL_START (or later, after a move): go on with it until it is over or the thread must park.
 *  Returns true when the call is over (result in eax unless inner), false when the thread must go to the boundary. */
bool call_continue(struct task *t);
/** The arguments of the slice at hand: a transfer of more than SYSCALL_SLICE bytes goes home in pieces. */
void call_slice_args(const struct call *c, uint32_t arg[6]);
/** Issue an inner call at the boundary; result of its home half. *parked as in hallway.call_home. */
int32_t call_inner(struct task *t, const struct sysrow *row, const uint32_t arg[6], bool *parked);
/* ---- trace.c: what a process's tracer (kernel/proc/tracer.h) is told, and with the option trace the log */
void trace_init(void);
extern bool trace_all;  /* boot option: every process */
/** Is anybody told? Only then are the functions below called. */
static inline bool traced(const struct task *t)
{
	return trace_all || (t->has_home ? t->home.group->traced || t->home.group->tracer || t->trace_kept : t->body.traced);
}
/** A call begins, where its body is; a deputy's home half begins. Proc context, nothing done yet; may sleep. */
void trace_enter(struct task *t, const struct sysrow *row, const uint32_t arg[6]);
/** It is over, with what the program will see, or a restart code. Inner rows are passed over. Proc context; may sleep. */
void trace_exit(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result);
/** Home: a guest made a call of its own, told by its report. Net context. */
void trace_report(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result);
/** Body: a signal is about to be acted upon. Proc context; may sleep. */
void trace_signal(struct task *t, const struct ksiginfo *info);
void trace_unknown(struct task *t, uint32_t nr, const uint32_t arg[6]); /* logs once per number by name where known */
/* ---- sys_*.c register nothing: table.def names them */
#define SYSCALL_SLICE 65536u
#endif
