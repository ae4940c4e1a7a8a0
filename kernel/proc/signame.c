/* signame.c - signals and what came with them, as text: for the trace and the log.
 * Called by: tracer.c, kernel/syscall/trace_text.c.
 * Never: allocates.  Source: signal(7), sigaction(2) "si_code", strace(1).  */
#include "kernel/proc/signame.h"
#include "lib/fmt.h"

#define SIGRT_FIRST 32

static const char *const names[SIGRT_FIRST] = {
	NULL,  "HUP",  "INT",    "QUIT", "ILL",  "TRAP", "ABRT", "BUS",  "FPE",  "KILL", "USR1",   "SEGV", "USR2",  "PIPE",  "ALRM", "TERM",
	"STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
};

const char *signal_name(int sig, char *out)
{
	if (sig > 0 && sig < SIGRT_FIRST)
		fmt_snprintf(out, SIGNAME_MAX, "SIG%s", names[sig]);
	else if (sig >= SIGRT_FIRST && sig <= 64)
		fmt_snprintf(out, SIGNAME_MAX, "SIGRT_%d", sig - SIGRT_FIRST);
	else
		fmt_snprintf(out, SIGNAME_MAX, "%d", sig);
	return out;
}

/* ---- codes */
struct code { int32_t code; const char *name; };
#define CODE(name) {name, #name}

static const struct code senders[] = {CODE(SI_USER), CODE(SI_KERNEL), CODE(SI_QUEUE), CODE(SI_TIMER), CODE(SI_TKILL)};
static const struct code children[] = {CODE(CLD_EXITED),  CODE(CLD_KILLED),  CODE(CLD_DUMPED),
                                       CODE(CLD_TRAPPED), CODE(CLD_STOPPED), CODE(CLD_CONTINUED)};
static const struct code segments[] = {CODE(SEGV_MAPERR), CODE(SEGV_ACCERR)};
static const struct code buses[] = {CODE(BUS_ADRALN), CODE(BUS_ADRERR)};
static const struct code floats[] = {CODE(FPE_INTDIV), CODE(FPE_FLTDIV), CODE(FPE_FLTINV)};
static const struct code illegals[] = {CODE(ILL_ILLOPN)};
static const struct code traps[] = {CODE(TRAP_BRKPT)};

static const char *find(const struct code *list, uint32_t n, int32_t code)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i].code == code) return list[i].name;
	return NULL;
}
#define FIND(list, code) find(list, ARRAY_LEN(list), code)

static const char *code_name(const struct ksiginfo *info)
{
	if (info->code <= 0 || info->code == SI_KERNEL) return FIND(senders, info->code);
	switch (info->signo) {
	case SIGCHLD: return FIND(children, info->code);
	case SIGSEGV: return FIND(segments, info->code);
	case SIGBUS: return FIND(buses, info->code);
	case SIGFPE: return FIND(floats, info->code);
	case SIGILL: return FIND(illegals, info->code);
	case SIGTRAP: return FIND(traps, info->code);
	default: return NULL;
	}
}

static bool of_program(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGTRAP;
}

/** The fields that this code fills, ", name=value" each. */
static void fields_text(const struct ksiginfo *info, char *out, uint32_t size)
{
	char name[SIGNAME_MAX];

	out[0] = 0;
	if (info->signo == SIGCHLD && info->code > 0) {
		if (info->code == CLD_EXITED)
			fmt_snprintf(name, sizeof name, "%d", info->status);
		else
			signal_name(info->status, name);
		fmt_snprintf(out, size, ", si_pid=%u, si_uid=%u, si_status=%s, si_utime=0, si_stime=0", info->pid, info->uid, name);
	} else if (info->code == SI_KERNEL) {
		return;
	} else if (info->code > 0 && of_program(info->signo)) {
		fmt_snprintf(out, size, info->addr ? ", si_addr=%#x" : ", si_addr=NULL", info->addr);
	} else if (info->code == SI_QUEUE) {
		fmt_snprintf(out, size, ", si_pid=%u, si_uid=%u, si_int=%d, si_ptr=%#x", info->pid, info->uid, (int32_t)info->value, info->value);
	} else if (info->code == SI_USER || info->code == SI_TKILL) {
		fmt_snprintf(out, size, ", si_pid=%u, si_uid=%u", info->pid, info->uid);
	}
}

uint32_t siginfo_text(const struct ksiginfo *info, char *out, uint32_t size)
{
	char name[SIGNAME_MAX], code[SIGNAME_MAX], fields[120];
	const char *known = code_name(info);

	signal_name(info->signo, name);
	if (known)
		fmt_snprintf(code, sizeof code, "%s", known);
	else
		fmt_snprintf(code, sizeof code, "%d", info->code);
	fields_text(info, fields, sizeof fields);
	return (uint32_t)fmt_snprintf(out, size, "--- %s {si_signo=%s, si_code=%s%s} ---", name, name, code, fields);
}
