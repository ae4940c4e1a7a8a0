/* trace.c - a process's calls as lines in the log, read off the table; and a word about calls that nobody wrote yet.
 * Called by: entry.c and dispatch.c, where the body is; deputy.c, at the home of a body that is away.
 * Never: asks the other half for anything: strings are shown from what is here.  */
#include "kernel/base/bootopt.h"
#include "kernel/base/log.h"
#include "kernel/syscall/table.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define LINE 200u
#define STRING_SHOWN 48u

static bool all_traced(void)
{
	static uint8_t known; /* 0 unknown, 1 no, 2 yes: options never change */

	if (!known) known = bootopt_flag("trace") ? 2 : 1;
	return known == 2;
}

static bool traced(const struct task *t)
{
	return (t->has_home && t->home.group->traced) || all_traced();
}

static const char *errno_name(int32_t e)
{
#define NAME(name, number, text) case number: return #name;
	switch (e) {
		LINUX_ERRNO_LIST(NAME)
		LINUX_RESTART_LIST(NAME)
	default: return "E?";
	}
#undef NAME
}

static uint32_t show_string(struct task *t, char *out, uint32_t room, uint32_t at)
{
	char text[STRING_SHOWN + 1];

	if (!at) return (uint32_t)fmt_snprintf(out, room, "NULL");
	int32_t n = umem_fetch_string(&t->umem, text, uaddr(at), sizeof text);
	if (n == -ENAMETOOLONG && !umem_fetch(&t->umem, text, uaddr(at), STRING_SHOWN)) {
		text[STRING_SHOWN] = 0;
		return (uint32_t)fmt_snprintf(out, room, "\"%s\"...", text);
	}
	return (uint32_t)(n >= 0 ? fmt_snprintf(out, room, "\"%s\"", text) : fmt_snprintf(out, room, "%#x", at));
}

static uint32_t show_arg(struct task *t, char *out, uint32_t room, char letter, uint32_t v)
{
	switch (letter) {
	case 'd':
	case 'f':
	case 'S': return (uint32_t)fmt_snprintf(out, room, "%d", (int32_t)v);
	case 'a': return (uint32_t)((int32_t)v == AT_FDCWD ? fmt_snprintf(out, room, "AT_FDCWD") : fmt_snprintf(out, room, "%d", (int32_t)v));
	case 'u': return (uint32_t)fmt_snprintf(out, room, "%u", v);
	case 'o': return (uint32_t)fmt_snprintf(out, room, "%#o", v);
	case 's': return show_string(t, out, room, v);
	case 'p': return (uint32_t)(v ? fmt_snprintf(out, room, "%#x", v) : fmt_snprintf(out, room, "NULL"));
	default: return (uint32_t)fmt_snprintf(out, room, "%#x", v);
	}
}

/* "name(a, b, c)" */
static void show_call(struct task *t, const struct sysrow *row, const uint32_t arg[6], char *line)
{
	uint32_t n = (uint32_t)fmt_snprintf(line, LINE, "%s(", row->name);

	for (uint32_t i = 0; i < 6 && row->args[i] && n < LINE - 4; i++) {
		if (i) n += (uint32_t)fmt_snprintf(line + n, LINE - n, ", ");
		if (n < LINE) n += show_arg(t, line + n, LINE - n, row->args[i], arg[i]);
	}
	n = MIN(n, LINE - 2);
	line[n] = ')';
	line[n + 1] = 0;
}

static uint32_t pid_of(const struct task *t)
{
	return t->has_body ? t->body.tid : t->home.tid;
}

/* One line at the end of a call; those that may not come back, or not to the same image, are shown when they begin. */
void trace_enter(struct task *t, const struct sysrow *row, const uint32_t arg[6])
{
	char line[LINE];

	if (row->nr >= SYS_INNER || !(row->flags & (SYS_ENDS | SYS_NORESTORE)) || !traced(t)) return;
	show_call(t, row, arg, line);
	klog(LOG_INFO, "[%u] %s", pid_of(t), line);
}

static void show_over(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result)
{
	char line[LINE];

	show_call(t, row, arg, line);
	if (result < 0 && result >= -LINUX_ERRNO_MAX)
		klog(LOG_INFO, "[%u] %s = %s", pid_of(t), line, errno_name(-result));
	else
		klog(LOG_INFO, (uint32_t)result < 1u << 20 ? "[%u] %s = %u" : "[%u] %s = %#x", pid_of(t), line, (uint32_t)result);
}

void trace_exit(struct task *t, const struct sysrow *row, int32_t result)
{
	if (!traced(t) || ((row->flags & SYS_NORESTORE) && result >= 0)) return;
	show_over(t, row, t->call.arg, result);
}

void trace_served(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result)
{
	if (row->nr >= SYS_INNER || (row->flags & SYS_ENDS) || !traced(t)) return;
	show_over(t, row, arg, result);
}

/* ---- calls without a row */

#define NAMES_MAX 512u
static const char *const names[NAMES_MAX] = {
#define SYSNAME(nr, name) [nr] = #name,
#include "abi/linux_syscalls.def"
#undef SYSNAME
};

void trace_unknown(struct task *t, uint32_t nr)
{
	static uint32_t told[NAMES_MAX / 32];
	uint32_t slot = MIN(nr, NAMES_MAX - 1);
	const char *comm = t->has_home ? t->home.group->comm : "guest";

	if (told[slot / 32] >> (slot % 32) & 1) return;
	told[slot / 32] |= 1u << (slot % 32);
	klog(LOG_WARN, "unimplemented syscall %u (%s) from pid %u (%s)", nr, names[slot] ? names[slot] : "?", pid_of(t), comm);
}
