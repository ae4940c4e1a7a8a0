/* trace_text.h - a call as text, like strace(1)'s, read off its row: names, arguments by their letters and windows, results.
 * Used by: trace.c and its test.
 * Never: knows a call by name; asks home for anything.  */
#ifndef KERNEL_SYSCALL_TRACE_TEXT_H
#define KERNEL_SYSCALL_TRACE_TEXT_H
#include "kernel/syscall/table.h"
#define TRACE_TEXT_MAX 560u
/** What there is to say about one call. */
struct trace_call {
	const struct sysrow *row;
	const uint32_t *arg;
	struct umem *mem;    /* the caller's memory; NULL: not at hand, pointers are shown as such */
	int32_t result;      /* OUT windows hold that many bytes; with `begins`: not known yet, they are shown as pointers */
	bool begins;
};
/** "name(a, b, c)" into out[size]; returns its length, less than size. Strings of more than 32 bytes are cut, as strace does.
 *  Proc context if mem is given (may sleep). */
uint32_t trace_call_text(const struct trace_call *c, char *out, uint32_t size);
/** " = 3", " = -1 ENOENT (No such file or directory)", " = ? ERESTARTSYS (...)". */
uint32_t trace_result_text(int32_t result, char *out, uint32_t size);
#endif
