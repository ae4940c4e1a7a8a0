/* procfs_rows.c - the files of /proc/PID, in the formats that ps, top, kill and shells read; who is there, for /proc itself.
 * Called by: fs/synth.c through the rows.
 * Never: waits for another node: figures of an away body are those last told; its maps are -EIO.  Source: proc(5).  */
#include "kernel/proc/procfs_rows.h"
#include "fs/pages.h"
#include "fs/synth.h"
#include "fs/tty.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/task.h"
#include "kernel/proc/tracer.h"
#include "lib/str.h"

#define TICK_NS (NS_PER_S / 100) /* USER_HZ */
#define KIB_PER_PAGE (PAGE_SIZE / 1024)

/* id: a pid, or a tid, which is one of its process. */
int procfs_find(uint32_t id, struct group **g)
{
	*g = group_find(id);
	if (*g) return group_visible(*g) ? 0 : -ESRCH;
	const struct task *t = task_find(id);
	if (t) *g = t->home.group;
	return t ? 0 : -ESRCH;
}

/* The thread that id names, if it is not the process's first. */
static struct task *thread_of(uint32_t id, const struct group *g)
{
	return id == g->pid ? NULL : task_find(id);
}

bool procfs_may_look(const struct group *g, const struct fs_caller *who)
{
	return capable(who) || who->cred->euid == g->cred.uid;
}

/* The space, if it is here. */
struct space *procfs_space(const struct group *g)
{
	struct task *t = group_task(g);
	return t && t->has_body ? t->body.space : NULL;
}


/* ---- state */
static bool is_running(const struct task *t)
{
	return t->thread.state == THREAD_RUNNING || t->thread.state == THREAD_RUNNABLE || task_computes_away(t);
}

/* of: one thread; NULL: all of them. */
static char state_letter(const struct group *g, const struct task *of)
{
	const struct task *t;

	if (g->state == RUN_STOPPED) return 'T';
	if (g->state == RUN_ZOMBIE || list_empty(&g->tasks)) return 'Z';
	if (of) return is_running(of) ? 'R' : 'S';
	list_for_each(t, &g->tasks, home.in_group)
		if (is_running(t)) return 'R';
	return 'S';
}

static const char *state_name(char letter)
{
	switch (letter) {
	case 'R': return "R (running)";
	case 'T': return "T (stopped)";
	case 'Z': return "Z (zombie)";
	default: return "S (sleeping)";
	}
}

static uint64_t ticks(uint64_t ns)
{
	return ns / TICK_NS;
}

static sigset64 mask_of(const struct group *g)
{
	const struct task *t = group_task(g);
	return t ? t->home.mask_mirror : 0;
}

static sigset64 pending_of(const struct group *g)
{
	const struct task *t = group_task(g);
	return t ? t->home.pending.set : 0;
}

static uint32_t parent_pid(const struct group *g)
{
	return g->parent ? g->parent->pid : 0;
}

/* ---- stat: 52 fields by position */
static void stat_who(struct text_sink *s, const struct group *g, const struct task *t)
{
	struct tty *tty = g->session->tty && tty_session(g->session->tty) == g->session->id ? g->session->tty : NULL;

	sink_printf(s, "%u (%s) %c %u %u %u", t ? t->home.tid : g->pid, t ? t->home.comm : g->comm, state_letter(g, t), parent_pid(g),
		    g->pgrp, g->session->id);
	sink_printf(s, " %u %d 4194304", tty ? tty_rdev(tty) : 0, tty ? (int)tty_foreground(tty) : -1);
}

static void stat_times(struct text_sink *s, const struct group *g, const struct figures *f)
{
	const struct figures *c = &g->children_used;

	sink_printf(s, " %u %u %u %u", f->min_faults, c->min_faults, f->maj_faults, c->maj_faults);
	sink_printf(s, " %llu %llu %llu %llu", (unsigned long long)ticks(f->user_ns), (unsigned long long)ticks(f->system_ns),
		    (unsigned long long)ticks(c->user_ns), (unsigned long long)ticks(c->system_ns));
	sink_printf(s, " %d %d %u 0 %llu", 20 + g->nice, g->nice, g->n_tasks, (unsigned long long)ticks(g->start_ns));
}

static int show_stat(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	static const struct space nowhere;
	struct group *g;
	int err = procfs_find(pid, &g);

	UNUSED(who);
	if (err) return err;
	const struct task *t = thread_of(pid, g);
	struct figures f = t ? task_figures(t) : group_figures(g);
	const struct space *m = procfs_space(g) ? procfs_space(g) : &nowhere;
	bool zombie = g->state == RUN_ZOMBIE;
	stat_who(s, g, t);
	stat_times(s, g, &f);
	sink_printf(s, " %llu %u 4294967295", zombie ? 0ull : (unsigned long long)f.vm_pages << PAGE_SHIFT, zombie ? 0 : f.rss_pages);
	sink_printf(s, " %u %u %u 0 0", m->code_start, m->code_end, m->stack_start);
	sink_printf(s, " %u %u %u %u", (uint32_t)(pending_of(g) | g->pending.set), (uint32_t)mask_of(g), (uint32_t)g->ignored_mirror,
		    (uint32_t)g->caught_mirror);
	sink_printf(s, " 0 0 0 %d 0 0 0 0 0 0", g->exit_signal);
	sink_printf(s, " %u %u %u %u %u %u %u %d\n", m->data_start, m->data_end, m->brk_start, m->arg_start, m->arg_end, m->env_start,
		    m->env_end, zombie ? g->exit_status : 0);
	return 0;
}

static int show_statm(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	UNUSED(who);
	if (err) return err;
	struct figures f = group_figures(g);
	const struct space *m = procfs_space(g);
	uint32_t text = m ? PAGES(m->code_end - m->code_start) : 0;
	if (g->state == RUN_ZOMBIE)
		sink_printf(s, "0 0 0 0 0 0 0\n");
	else
		sink_printf(s, "%u %u 0 %u 0 %u 0\n", f.vm_pages, f.rss_pages, text, f.vm_pages - MIN(text, f.vm_pages));
	return 0;
}

/* ---- status */
static void status_memory(struct text_sink *s, const struct group *g)
{
	struct figures f = group_figures(g);
	uint32_t vm = f.vm_pages * KIB_PER_PAGE, rss = f.rss_pages * KIB_PER_PAGE;

	if (g->state == RUN_ZOMBIE) return;
	sink_printf(s, "VmPeak:\t%8u kB\nVmSize:\t%8u kB\nVmLck:\t%8u kB\nVmHWM:\t%8u kB\nVmRSS:\t%8u kB\n", vm, vm, f.locked_pages * KIB_PER_PAGE, rss, rss);
	sink_printf(s, "VmSwap:\t%8u kB\n", 0u);
}

static void status_signals(struct text_sink *s, const struct group *g, const struct task *t)
{
	const struct { const char *name; sigset64 set; } sets[] = {
		{"SigPnd", t ? t->home.pending.set : 0}, {"ShdPnd", g->pending.set}, {"SigBlk", t ? t->home.mask_mirror : 0},
		{"SigIgn", g->ignored_mirror}, {"SigCgt", g->caught_mirror},
	};

	for (uint32_t i = 0; i < ARRAY_LEN(sets); i++) sink_printf(s, "%s:\t%016llx\n", sets[i].name, (unsigned long long)sets[i].set);
}

static int show_status(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	UNUSED(who);
	if (err) return err;
	const struct task *t = thread_of(pid, g);
	const struct cred *c = &g->cred;
	sink_printf(s, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%u\nNgid:\t0\nPid:\t%u\nPPid:\t%u\nTracerPid:\t%u\n", t ? t->home.comm : g->comm, g->who.umask,
		    state_name(state_letter(g, t)), g->pid, pid, parent_pid(g), tracer_pid(g));
	sink_printf(s, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	sink_printf(s, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	sink_printf(s, "FDSize:\t%u\nGroups:\t", g->fds ? g->fds->size : 0);
	for (uint32_t i = 0; c->groups && i < c->groups->n; i++) sink_printf(s, "%u ", c->groups->id[i]);
	sink_printf(s, "\nNStgid:\t%u\nNSpid:\t%u\nNSpgid:\t%u\nNSsid:\t%u\n", g->pid, pid, g->pgrp, g->session->id);
	status_memory(s, g);
	sink_printf(s, "Threads:\t%u\nSigQ:\t0/1024\n", g->n_tasks);
	status_signals(s, g, t ? t : group_task(g));
	sink_printf(s, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\n", (unsigned long long)c->inheritable,
		    (unsigned long long)c->permitted, (unsigned long long)c->effective, (unsigned long long)c->bounding);
	sink_printf(s, "NoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
	return 0;
}

/* ---- texts */
static int show_cmdline(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	UNUSED(who);
	if (!err && g->cmdline) sink_write(s, g->cmdline, g->cmdline_len);
	return err;
}

static int show_environ(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	if (!err && !procfs_may_look(g, who)) err = -EACCES;
	if (!err && g->environ) sink_write(s, g->environ, g->environ_len);
	return err;
}

static int show_comm(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	UNUSED(who);
	if (err) return err;
	const struct task *t = thread_of(pid, g);
	sink_printf(s, "%s\n", t ? t->home.comm : g->comm);
	return 0;
}

static int store_comm(uint32_t pid, const char *text, uint32_t n, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	if (!err && !procfs_may_look(g, who)) err = -EACCES;
	if (err) return err;
	while (n && text[n - 1] == '\n') n--;
	char name[sizeof g->comm] = "";
	struct task *t = task_find(pid);
	memcpy(name, text, MIN(n, (uint32_t)sizeof name - 1));
	if (t)
		task_set_comm(t, name);
	else
		memcpy(g->comm, name, sizeof name);
	return 0;
}

static int show_limits(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	static const struct { int which; const char *name, *unit; } rows[] = {
		{RLIMIT_CPU, "Max cpu time", "seconds"},        {RLIMIT_FSIZE, "Max file size", "bytes"},
		{RLIMIT_DATA, "Max data size", "bytes"},        {RLIMIT_STACK, "Max stack size", "bytes"},
		{RLIMIT_CORE, "Max core file size", "bytes"},   {RLIMIT_RSS, "Max resident set", "bytes"},
		{RLIMIT_NPROC, "Max processes", "processes"},   {RLIMIT_NOFILE, "Max open files", "files"},
		{RLIMIT_MEMLOCK, "Max locked memory", "bytes"}, {RLIMIT_AS, "Max address space", "bytes"},
		{RLIMIT_LOCKS, "Max file locks", "locks"},      {RLIMIT_SIGPENDING, "Max pending signals", "signals"},
		{RLIMIT_MSGQUEUE, "Max msgqueue size", "bytes"}, {RLIMIT_NICE, "Max nice priority", ""},
		{RLIMIT_RTPRIO, "Max realtime priority", ""},   {RLIMIT_RTTIME, "Max realtime timeout", "us"},
	};
	struct group *g;
	int err = procfs_find(pid, &g);

	UNUSED(who);
	if (err) return err;
	sink_printf(s, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct linux_rlimit64 *l = &g->rlimits[rows[i].which];
		sink_printf(s, "%-25s ", rows[i].name);
		if (l->cur == RLIM_INFINITY) sink_printf(s, "%-20s ", "unlimited");
		else sink_printf(s, "%-20llu ", (unsigned long long)l->cur);
		if (l->max == RLIM_INFINITY) sink_printf(s, "%-20s ", "unlimited");
		else sink_printf(s, "%-20llu ", (unsigned long long)l->max);
		sink_printf(s, "%-10s\n", rows[i].unit);
	}
	return 0;
}

/* ---- links */
static int give_link(struct name *n, struct name *root, char *out, uint32_t size, struct name **target)
{
	if (!n) return -ENOENT;
	int err = name_path(n, root, out, size);
	if (err < 0) return err;
	name_ref(n);
	*target = n;
	return 0;
}

#define LINK(id, field) \
	static int link_##id(uint32_t pid, char *out, uint32_t size, struct name **target, const struct fs_caller *who) \
	{ \
		struct group *g; \
		int err = procfs_find(pid, &g); \
		if (!err && !procfs_may_look(g, who)) err = -EACCES; \
		return err ? err : give_link(g->field, who->root, out, size, target); \
	}
LINK(exe, exe)
LINK(cwd, who.cwd)
LINK(root, who.root)

/* ---- the log's trace; another reader's is tracer.c's */
static int show_trace(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	UNUSED(who);
	if (!err) sink_printf(s, "%d\n", g->traced);
	return err;
}

static int store_trace(uint32_t pid, const char *text, uint32_t n, const struct fs_caller *who)
{
	struct group *g;
	int err = procfs_find(pid, &g);

	if (!err && !procfs_may_look(g, who)) err = -EACCES;
	if (err) return err;
	if (n < 1 || (text[0] != '0' && text[0] != '1')) return -EINVAL;
	g->traced = text[0] == '1';
	tracer_tell_bodies(g);
	return 0;
}

/* ---- who is there */
static uint32_t next_pid(uint32_t after)
{
	const struct group *g = group_next(after);
	return g ? g->pid : 0;
}

static uint32_t next_task(uint32_t pid, uint32_t after)
{
	const struct task *t;
	struct group *g;
	uint32_t best = 0;

	if (procfs_find(pid, &g)) return 0;
	if (g->pid > after) best = g->pid; /* the first thread stays as a zombie */
	list_for_each(t, &g->tasks, home.in_group)
		if (t->home.tid > after && (!best || t->home.tid < best)) best = t->home.tid;
	return best;
}

static bool owner(uint32_t pid, uint32_t *uid, uint32_t *gid)
{
	struct group *g;

	if (procfs_find(pid, &g)) return false;
	*uid = g->cred.euid;
	*gid = g->cred.egid;
	return true;
}

static int32_t next_fd(uint32_t pid, int32_t after)
{
	struct group *g;

	if (procfs_find(pid, &g) || !g->fds) return -1;
	for (uint32_t fd = (uint32_t)(after + 1); fd < g->fds->size; fd++)
		if (g->fds->files[fd]) return (int32_t)fd;
	return -1;
}

static struct file *get_fd(uint32_t pid, int32_t fd)
{
	struct group *g;

	return procfs_find(pid, &g) || !g->fds ? NULL : fd_get(g->fds, fd);
}

void procfs_rows_init(void)
{
	static const struct proc_census census = {.next_pid = next_pid, .next_task = next_task, .owner = owner, .next_fd = next_fd, .get_fd = get_fd};
	static struct pid_row rows[] = {
		{.name = "stat", .mode = 0444, .show = show_stat},
		{.name = "statm", .mode = 0444, .show = show_statm},
		{.name = "status", .mode = 0444, .show = show_status},
		{.name = "cmdline", .mode = 0444, .show = show_cmdline},
		{.name = "environ", .mode = 0400, .show = show_environ},
		{.name = "comm", .mode = 0644, .show = show_comm, .store = store_comm},
		{.name = "limits", .mode = 0444, .show = show_limits},
		{.name = "maps", .mode = 0444, .show = procfs_show_maps},
		{.name = "smaps", .mode = 0444, .show = procfs_show_smaps},
		{.name = "exe", .mode = 0777, .link = link_exe},
		{.name = "cwd", .mode = 0777, .link = link_cwd},
		{.name = "root", .mode = 0777, .link = link_root},
		{.name = "trace", .mode = 0644, .show = show_trace, .store = store_trace},
	};

	proc_set_census(&census);
	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) proc_register_pid(&rows[i]);
	procfs_node_init();
	procfs_stack_init();
}
