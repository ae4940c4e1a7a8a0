/* trace.c - a process's calls, told to its tracer or as lines in the log; and a word about calls that nobody wrote yet.
 * Called by: entry.c, dispatch.c, sigdeliver.c; kernel/migrate for calls of bodies that are away.
 * Never: asks home for anything: strings are shown where the body is.  */
#include "kernel/base/bootopt.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/signame.h"
#include "kernel/proc/tracer.h"
#include "kernel/syscall/rowid.h"
#include "kernel/syscall/table.h"
#include "kernel/syscall/trace_text.h"
#include "lib/fmt.h"
#include "lib/str.h"

_Static_assert(TRACER_NAMES >= ROW_COUNT, "every row has a place among the counts");

bool trace_all;

void trace_init(void)
{
	trace_all = bootopt_flag("trace");
}

static bool logged(const struct task *t)
{
	return (t->has_home && t->home.group->traced) || trace_all;
}

static struct tracer *hears(struct task *t, const struct sysrow *row)
{
	return t->has_home && t->home.group->tracer ? tracer_hears(t->home.group, (row->flags & SYS_NORESTORE) && row->home) : NULL;
}

static uint32_t tid_of(const struct task *t)
{
	return t->has_body ? t->body.tid : t->home.tid;
}

static uint64_t cpu_ns(struct task *t)
{
	return thread_cpu_ns(&t->thread);
}

/* ---- where a line goes */
static void tell(struct tracer *tr, struct task *t, uint64_t ns, const char *text, bool wait)
{
	if (tr && !tracer_counts(tr)) tracer_tell(tr, tid_of(t), ns / NS_PER_US, text, wait);
	if (logged(t)) klog(LOG_INFO, "[%u] %s", tid_of(t), text);
}

/** In memory of its own: a kernel stack is small, and reading a program's strings goes deep. */
static char *line_new(void)
{
	return kmalloc(TRACE_TEXT_MAX);
}

static void keep_text(struct task *t, char *line)
{
	kfree(t->trace_kept);
	t->trace_kept = line;
}

void trace_enter(struct task *t, const struct sysrow *row, const uint32_t arg[6])
{
	struct tracer *tr = hears(t, row);

	if ((!tr && !logged(t)) || sysrow_index(row) >= ROW_COUNT) return;
	t->trace_begun_ns = cpu_ns(t);
	bool ends = row->flags & SYS_ENDS, changes = row->flags & SYS_NORESTORE;
	if (!ends && !changes) return;
	if (tr && tracer_counts(tr)) {
		if (ends) tracer_count(tr, sysrow_index(row), row->name, false, 0);
		return;
	}
	char *line = line_new();
	if (!line) return;
	uint32_t n = trace_call_text(&(struct trace_call){row, arg, t->has_body ? &t->umem : NULL, 0, true}, line, TRACE_TEXT_MAX);
	if (changes) {
		keep_text(t, line); /* it is told when it has failed or brought another image */
		return;
	}
	str_copy(line + n, TRACE_TEXT_MAX - n, " = ?");
	tell(tr, t, 0, line, true);
	kfree(line);
}

/** The line of a call that is over. NULL: no memory. */
static char *whole_line(struct task *t, const struct trace_call *c)
{
	char *line = t->trace_kept ? t->trace_kept : line_new();
	bool kept = t->trace_kept != NULL;

	t->trace_kept = NULL;
	if (!line) return NULL;
	uint32_t n = kept ? (uint32_t)strlen(line) : trace_call_text(c, line, TRACE_TEXT_MAX);
	trace_result_text(c->result, line + n, TRACE_TEXT_MAX - n);
	return line;
}

static void told_over(struct task *t, struct tracer *tr, const struct trace_call *c, uint64_t ns, bool wait)
{
	if (tr && tracer_counts(tr)) tracer_count(tr, sysrow_index(c->row), c->row->name, c->result < 0 && c->result >= -LINUX_ERRNO_MAX, ns);
	if (!logged(t) && (!tr || tracer_counts(tr))) return;
	char *line = whole_line(t, c);
	if (line) tell(tr, t, ns, line, wait);
	kfree(line);
}

void trace_exit(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result)
{
	if (sysrow_index(row) >= ROW_COUNT) return;
	if (!t->has_home) {
		if (t->body.traced && !row->home) hallway.report(t, row, arg, result); /* the others home sees itself */
		return;
	}
	struct tracer *tr = hears(t, row);
	if (!tr && !logged(t)) {
		keep_text(t, NULL);
		return;
	}
	uint64_t begun = t->trace_begun_ns, now = cpu_ns(t);
	t->trace_begun_ns = 0;
	bool other_image = (row->flags & SYS_NORESTORE) && row->home && result >= 0;
	struct umem *mem = other_image ? NULL : &t->umem;
	told_over(t, tr, &(struct trace_call){row, arg, mem, result, false}, begun ? now - begun : 0, true);
}

void trace_report(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result)
{
	struct tracer *tr = hears(t, row);

	if (tr || logged(t)) told_over(t, tr, &(struct trace_call){row, arg, NULL, result, false}, 0, false);
}

void trace_signal(struct task *t, const struct ksiginfo *info)
{
	struct tracer *tr = t->has_home && t->home.group->tracer ? tracer_hears(t->home.group, false) : NULL;

	if (!tr || tracer_counts(tr)) return;
	char *line = line_new();
	if (!line) return;
	siginfo_text(info, line, TRACE_TEXT_MAX);
	tell(tr, t, 0, line, true);
	kfree(line);
}

/* ---- calls without a row */

#define NAMES_MAX 512u
static const char *const names[NAMES_MAX] = {
#define SYSNAME(nr, name) [nr] = #name,
#include "abi/linux_syscalls.def"
#undef SYSNAME
};

static void log_unknown(struct task *t, uint32_t nr)
{
	static uint32_t told[NAMES_MAX / 32];
	uint32_t slot = MIN(nr, NAMES_MAX - 1);
	const char *comm = t->has_home ? t->home.group->comm : "guest";

	if (told[slot / 32] >> (slot % 32) & 1) return;
	told[slot / 32] |= 1u << (slot % 32);
	klog(LOG_WARN, "unimplemented syscall %u (%s) from pid %u (%s)", nr, names[slot] ? names[slot] : "?", tid_of(t), comm);
}

void trace_unknown(struct task *t, uint32_t nr, const uint32_t arg[6])
{
	struct sysrow row = {.name = names[MIN(nr, NAMES_MAX - 1)], .args = "xxxxxx"};
	char number[24];

	log_unknown(t, nr);
	if (!t->has_home || !hears(t, &row)) return;
	fmt_snprintf(number, sizeof number, "syscall_%#x", nr);
	if (!row.name) row.name = number;
	struct tracer *tr = hears(t, &row);
	if (tracer_counts(tr)) return; /* not a row: the table of counts has no place for it */
	told_over(t, tr, &(struct trace_call){&row, arg, NULL, -ENOSYS, false}, 0, true);
}
