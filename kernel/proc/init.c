/* init.c - the first process: made by the kernel, then an execve like any other.
 * Called by: main.c, once, when files and terminals are there.
 * Never: runs a program whose name no option and no custom gives.  */
#include "fs/file.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/ids.h"
#include "kernel/proc/rows.h"
#include "kernel/proc/task.h"
#include "kernel/syscall/ucall.h"
#include "lib/str.h"

/* The arguments of the first execve as a process would have them: strings and vectors in one piece of memory, which a umem of
 * our own shows at this address. */
#define ARGS_AT 0x1000u
struct args {
	uint32_t argv[2], envp[4];
	char text[256];
	uint32_t used;
};

static uint32_t args_fetch(struct umem *m, void *dst, uaddr_t src, uint32_t n)
{
	const struct args *a = m->ctx;

	if (src.v < ARGS_AT || src.v - ARGS_AT >= sizeof *a) return 0;
	n = MIN(n, (uint32_t)sizeof *a - (src.v - ARGS_AT));
	memcpy(dst, (const uint8_t *)a + (src.v - ARGS_AT), n);
	return n;
}

static uint32_t args_store(struct umem *m, uaddr_t dst, const void *src, uint32_t n)
{
	UNUSED(m), UNUSED(dst), UNUSED(src), UNUSED(n);
	return 0;
}

static const struct umem_ops args_ops = {.fetch = args_fetch, .store = args_store};

static uint32_t add_text(struct args *a, const char *s)
{
	uint32_t at = a->used, n = (uint32_t)strlen(s) + 1;

	KASSERT2(at + n <= sizeof a->text, at, n);
	memcpy(a->text + at, s, n);
	a->used += n;
	return ARGS_AT + (uint32_t)offsetof(struct args, text) + at;
}

static int exec_first(struct task *t, const char *path)
{
	struct args a = {.used = 0};
	struct umem mem = {.ops = &args_ops, .ctx = &a};
	struct ucall c = {.task = t, .mem = &mem};

	c.arg[0] = a.argv[0] = add_text(&a, path);
	a.envp[0] = add_text(&a, "HOME=/");
	a.envp[1] = add_text(&a, "TERM=linux");
	a.envp[2] = add_text(&a, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	c.arg[1] = ARGS_AT + (uint32_t)offsetof(struct args, argv);
	c.arg[2] = ARGS_AT + (uint32_t)offsetof(struct args, envp);
	int32_t r = home_execve(&c);
	if (r < 0) return r;
	c.body_result = body_execve(&c);
	return finish_execve(&c);
}

static void open_console(struct group *g)
{
	struct file *f;
	int err = file_open(NULL, "/dev/console", O_RDWR | O_NOCTTY, 0, &g->who, &f);

	if (err) {
		klog(LOG_WARN, "init: no /dev/console (error %d): it starts without standard files", -err);
		return;
	}
	for (uint32_t i = 0; i < 3; i++) {
		file_ref(f);
		if (fd_install(g->fds, f, i, false) < 0) file_unref(f);
	}
	file_unref(f);
}

static struct task *make_first(void)
{
	struct group *g = group_new(NULL);

	if (!g) return NULL;
	g->pid = pid_alloc();
	g->exit_signal = SIGCHLD;
	str_copy(g->comm, sizeof g->comm, "init");
	struct task *t = task_new(g, NULL, g->pid);
	if (!t) return NULL;
	t->body.actions = kzalloc(sizeof *t->body.actions);
	if (!t->body.actions) return NULL;
	t->body.actions->refs = 1;
	return t;
}

int proc_start_init(void)
{
	static const char *const usual[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
	char path[128];
	struct task *t = make_first();
	int err = -ENOENT;

	if (!t) panic("no memory for the first process");
	open_console(t->home.group);
	if (bootopt_str("init", path, sizeof path)) {
		err = exec_first(t, path);
		if (err) klog(LOG_ERR, "init=%s cannot be run (error %d); trying the usual places", path, -err);
	}
	for (uint32_t i = 0; err && i < ARRAY_LEN(usual); i++) {
		err = exec_first(t, usual[i]);
		if (err && err != -ENOENT) klog(LOG_WARN, "%s cannot be run (error %d)", usual[i], -err);
	}
	if (err) panic("no init found: give one with init=PATH, or a root file system (initrd) that has /sbin/init or /bin/sh");
	thread_start(&t->thread);
	return 0;
}
