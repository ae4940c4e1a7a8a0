/* siginfo.c - what a program sees of a signal: the 128 bytes of siginfo_t.
 * Called by: sigframe.c, sys_signal.c, sys_proc.c.
 * Never: queues or delivers.  Source: sigaction(2) "The siginfo_t argument".  */
#include "kernel/proc/siginfo.h"
#include "lib/str.h"

static bool is_fault(const struct ksiginfo *i)
{
	bool sync = i->signo == SIGSEGV || i->signo == SIGBUS || i->signo == SIGILL || i->signo == SIGFPE || i->signo == SIGTRAP;

	return sync && i->code > 0 && i->code != SI_KERNEL;
}

void siginfo_pack(const struct ksiginfo *info, struct linux_siginfo *out)
{
	memset(out, 0, sizeof *out);
	out->signo = info->signo;
	out->err = info->err;
	out->code = info->code;
	if (is_fault(info)) {
		out->u.fault.addr = info->addr;
	} else if (info->signo == SIGCHLD && info->code > 0 && info->code != SI_KERNEL) {
		out->u.chld.pid = (int32_t)info->pid;
		out->u.chld.uid = info->uid;
		out->u.chld.status = info->status;
	} else {
		/* timers: id and overrun count lie where pid and uid do */
		out->u.rt.pid = (int32_t)info->pid;
		out->u.rt.uid = info->uid;
		out->u.rt.value = info->value;
	}
}

void siginfo_unpack(const struct linux_siginfo *in, struct ksiginfo *info)
{
	*info = (struct ksiginfo){
		.err = in->err, .code = in->code, .pid = (uint32_t)in->u.rt.pid, .uid = in->u.rt.uid, .value = in->u.rt.value,
	};
}
