/* wait.c - a parent learns what became of its children: wait4(2), waitid(2).
 * Called by: sys_proc.c.
 * Never: looks at a body: figures ride home by themselves.  */
#include "kernel/proc/exit.h"
#include "kernel/proc/procfd.h"
#include "lib/str.h"

struct wait_for {
	uint32_t kind, id, options;   /* P_ALL, P_PID, P_PGID; WEXITED... */
};
struct waited {
	uint32_t pid, uid;
	int32_t wait_status;
	int code, status;             /* as in siginfo */
	struct figures used;
};

static bool is_wanted(const struct wait_for *w, const struct group *c)
{
	if (w->kind == P_PID && c->pid != w->id) return false;
	if (w->kind == P_PGID && c->pgrp != w->id) return false;
	if (w->options & W__WALL) return true;
	return (c->exit_signal != SIGCHLD) == ((w->options & W__WCLONE) != 0);
}

static void fill(struct waited *r, const struct group *c, int32_t wait_status, int code, int status)
{
	*r = (struct waited){.pid = c->pid, .uid = c->cred.uid, .wait_status = wait_status, .code = code, .status = status};
	r->used = group_figures(c);
	figures_add(&r->used, &c->children_used);
}

/* Something to report of c? Takes it, unless WNOWAIT. c may be gone afterwards. */
static bool take(const struct wait_for *w, struct group *self, struct group *c, struct waited *r)
{
	bool keep = (w->options & WNOWAIT) != 0;
	int status;

	if (c->state == RUN_ZOMBIE) {
		if (!(w->options & WEXITED)) return false;
		int code = wait_code(c->exit_status, &status);
		fill(r, c, c->exit_status, code, status);
		if (keep) return true;
		figures_add(&self->children_used, &r->used);
		group_release(c);
		return true;
	}
	if (!c->stop_report) return false;
	bool continued = c->stop_report == STOP_REPORT_CONTINUED;
	int sig = (int)(c->stop_report & 0xff);
	if (!(w->options & (continued ? WCONTINUED : WSTOPPED))) return false;
	if (continued)
		fill(r, c, WSTATUS_CONTINUED, CLD_CONTINUED, SIGCONT);
	else
		fill(r, c, WSTATUS_STOPPED(sig), CLD_STOPPED, sig);
	if (!keep) c->stop_report = 0;
	return true;
}

/* pid found, 0 (WNOHANG: nothing yet), -ECHILD, -ERESTARTSYS. */
static int32_t wait_children(struct wait_for *w, struct group *self, struct waited *r)
{
	for (;;) {
		struct group *c, *next;
		bool any = false;
		list_for_each_safe(c, next, &self->children, siblings) {
			if (!is_wanted(w, c)) continue;
			if (c->state != RUN_ZOMBIE || (w->options & WEXITED)) any = true;
			if (take(w, self, c, r)) return (int32_t)r->pid;
		}
		if (!any) return -ECHILD;
		if (w->options & WNOHANG) return 0;
		if (waitq_sleep(&self->child_event, CUT_SIGNAL, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
}

void figures_to_rusage(const struct figures *f, struct linux_rusage *out)
{
	memset(out, 0, sizeof *out);
	out->utime.sec = (int32_t)(f->user_ns / NS_PER_S);
	out->utime.usec = (int32_t)(f->user_ns % NS_PER_S / NS_PER_US);
	out->stime.sec = (int32_t)(f->system_ns / NS_PER_S);
	out->stime.usec = (int32_t)(f->system_ns % NS_PER_S / NS_PER_US);
	out->maxrss = (int32_t)(f->rss_pages * (PAGE_SIZE / 1024));
	out->minflt = (int32_t)f->min_faults;
	out->majflt = (int32_t)f->maj_faults;
}

int32_t home_wait(struct task *t, int32_t pid, uint32_t options, int32_t *status, struct linux_rusage *usage)
{
	struct group *self = t->home.group;
	struct wait_for w = {.kind = P_ALL, .options = options};
	struct waited r;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | W__WNOTHREAD | W__WALL | W__WCLONE)) return -EINVAL;
	if (pid == INT32_MIN) return -ESRCH;
	if (pid > 0) w.kind = P_PID, w.id = (uint32_t)pid;
	if (pid == 0) w.kind = P_PGID, w.id = self->pgrp;
	if (pid < -1) w.kind = P_PGID, w.id = (uint32_t)-pid;
	w.options |= WEXITED;
	int32_t found = wait_children(&w, self, &r);
	if (found <= 0) return found;
	*status = r.wait_status;
	figures_to_rusage(&r.used, usage);
	return found;
}

/* The process of a pidfd; without blocking if the file is so. */
static int of_pidfd(struct group *self, struct wait_for *w, bool *nonblock)
{
	struct file *f = (int32_t)w->id >= 0 ? fd_get(self->fds, (int32_t)w->id) : NULL;
	const struct group *g = f ? pidfd_group(f) : NULL;

	if ((int32_t)w->id < 0) return -EINVAL;
	if (g) {
		*nonblock = (f->flags & O_NONBLOCK) && !(w->options & WNOHANG);
		w->kind = P_PID;
		w->id = g->pid;
		if (*nonblock) w->options |= WNOHANG;
	}
	if (f) file_unref(f);
	return g ? 0 : -EBADF;
}

int32_t home_waitid(struct task *t, uint32_t kind, uint32_t id, uint32_t options, struct ksiginfo *info, struct linux_rusage *usage)
{
	struct group *self = t->home.group;
	struct wait_for w = {.kind = kind, .id = id, .options = options};
	struct waited r;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | W__WNOTHREAD | W__WALL | W__WCLONE)) return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED))) return -EINVAL;
	bool nonblock = false;
	if (kind == P_PIDFD) {
		int err = of_pidfd(self, &w, &nonblock);
		if (err) return err;
	}
	if (kind > P_PIDFD || (kind != P_ALL && (int32_t)id < 0) || (kind == P_PID && id == 0)) return -EINVAL;
	if (kind == P_PGID && id == 0) w.id = self->pgrp;
	memset(info, 0, sizeof *info);
	int32_t found = wait_children(&w, self, &r);
	if (found == 0 && nonblock) return -EAGAIN;
	if (found <= 0) return found;
	*info = (struct ksiginfo){.signo = SIGCHLD, .code = r.code, .pid = r.pid, .uid = r.uid, .status = r.status};
	figures_to_rusage(&r.used, usage);
	return 0;
}
