/* exec.h - the load plan that execve carries from its prepare step (home) over its build step (body) to its finish (home).
 * Used by: exec.c, exec_image.c.
 * Never: holds a body's memory; argv and envp stay there, but for the first 4 KiB for /proc.  */
#ifndef KERNEL_PROC_EXEC_H
#define KERNEL_PROC_EXEC_H
#include "kernel/proc/elf.h"
#include "kernel/proc/proc.h"

#define EXEC_ARGS_MAX (128u << 10)  /* argv, envp, their strings: all of them have to fit the new stack at once */
#define EXEC_SCRIPT_LEVELS 4u       /* a #! line may name a script; as Linux */
#define EXEC_SCRIPT_LINE 256u       /* of a script's head is looked at */
#define EXEC_TEXT_BYTES (PATH_MAX + 32u + EXEC_SCRIPT_LEVELS * EXEC_SCRIPT_LINE)
#define EXEC_SHOWN_MAX 4096u        /* of argv and envp, for /proc/PID/cmdline and environ */
#define EXEC_BIAS 0x56555000u       /* where position-independent programs go; the same on all nodes */

struct exec_image {
	struct elf_plan elf;
	struct name *name;              /* referenced */
	struct backing *backing;        /* pinned: one reference */
};
struct exec_plan {
	bool at;                        /* execveat: arguments 3 and 4 are a directory and flags */
	bool by_fd, closes;             /* it is the descriptor's own file; the descriptor closes on exec */
	struct name *known;             /* the program, found already; referenced */
	struct exec_image program, interp; /* interp.name NULL: a static program */
	/* Strings before argv[1]: `n_prefix` of them from text + head on, the last one the path that execve was given (execfn).
	 * n_prefix 1: no script, argv[0] is the caller's own. */
	char *text;
	uint32_t head, n_prefix, execfn;
	/* what the auxiliary vector and the new space need of home */
	uint32_t uid, euid, gid, egid;
	bool secure, set_uid, set_gid;
	uint32_t limit_as_pages, limit_data_pages, limit_stack_bytes;
	uint8_t random[16];
	struct unit *unit;              /* a vfork child leaves its parent's unit for this one */
	/* brought by the build step */
	char *cmdline, *environ;
	uint32_t cmdline_len, environ_len;
};
#endif
