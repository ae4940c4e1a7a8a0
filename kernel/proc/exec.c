/* exec.c - execve's two steps at home: prepare (nothing visible changes) and finish (the process is another program).
 * Called by: dispatch.c through the table; init.c.
 * Never: touches the memory of the body; exec_image.c does between the two.  */
#include "kernel/proc/exec.h"
#include "kernel/base/clock.h"
#include "kernel/proc/cred.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/exit.h"
#include "kernel/proc/ids.h"
#include "kernel/proc/itimer.h"
#include "kernel/proc/rows.h"
#include "kernel/proc/task.h"
#include "kernel/syscall/ucall.h"
#include "lib/fmt.h"
#include "lib/rng.h"
#include "lib/str.h"

static void image_drop(struct exec_image *i)
{
	if (i->backing) i->backing->ops->unref(i->backing);
	name_unref(i->name);
	*i = (struct exec_image){.name = NULL};
}

void exec_plan_free(struct exec_plan *p)
{
	if (!p) return;
	image_drop(&p->program);
	image_drop(&p->interp);
	name_unref(p->known);
	if (p->unit) unit_unref(p->unit);
	kfree(p->text);
	kfree(p->cmdline);
	kfree(p->environ);
	kfree(p);
}

/* ---- finding and reading a program file */
static int check_program(struct name *n, const struct fs_caller *who)
{
	struct inode *i = n->inode;

	if (!S_ISREG(i->mode) || (n->of && (n->of->flags & MS_NOEXEC))) return -EACCES;
	int err = inode_permission(i, X_OK, who);
	if (err) return err;
	return i->n_writers ? -ETXTBSY : 0;
}

/* *found is referenced. start NULL: cwd or root. */
static int find_program(struct name *start, const char *path, uint32_t flags, const struct fs_caller *who, struct name **found)
{
	struct walk *w = kmalloc(sizeof *w);

	if (!w) return -ENOMEM;
	int err = name_walk(w, start, path, flags, who);
	*found = w->name;
	kfree(w);
	return err;
}

/* An open file of the program, without asking for read permission: execute permission is enough. *n is referenced.
 * known: where it is, if that was asked before (its reference is taken over). */
static int open_program(const char *path, struct name *known, const struct fs_caller *who, struct name **n, struct file **out)
{
	struct name *found = known;
	int err = known ? 0 : find_program(NULL, path, WALK_FOLLOW, who, &found);

	if (err) return err;
	err = check_program(found, who);
	if (!err) {
		inode_ref(found->inode);
		name_ref(found);
		*out = file_new(found->inode, found, found->inode->fops ? found->inode->fops : &regular_file_ops, O_RDONLY);
		if (*out) {
			*n = found;
			return 0;
		}
		err = -ENOMEM;
		inode_unref(found->inode);
		name_unref(found);
	}
	name_unref(found);
	return err;
}

/* page: 4 KiB of scratch whose first n bytes are the file's head. */
static int read_plan(struct exec_image *image, struct file *f, uint8_t *page, uint32_t n, const struct fs_caller *who)
{
	uint32_t phoff, ph_bytes;
	uint8_t *phdrs = page + ELF_HEADER_BYTES;
	int err = elf_check_header(page, n, &phoff, &ph_bytes);

	if (err) return err;
	int32_t got = file_read_kernel(f, phdrs, ph_bytes, phoff, who);
	if (got < 0) return got;
	err = elf_read(&image->elf, page, ELF_HEADER_BYTES, phdrs, (uint32_t)got, f->inode->size, USER_END);
	if (err) return err;
	return f->ops->backing ? f->ops->backing(f, &image->backing) : -ENOEXEC;
}

_Static_assert(ELF_HEADER_BYTES + ELF_PHDRS_MAX * ELF_PHDR_BYTES <= PAGE_SIZE, "read_plan's scratch");

/* ---- the dynamic linker */
static int prepare_interp(struct exec_plan *p, struct file *program, uint8_t *page, const struct fs_caller *who)
{
	const struct elf_plan *elf = &p->program.elf;
	char *path = (char *)page; /* read_plan wants the page only once the path is walked */
	struct file *f;

	int32_t got = file_read_kernel(program, path, elf->interp_len, elf->interp_off, who);
	if (got < 0) return got;
	if ((uint32_t)got != elf->interp_len || path[elf->interp_len - 1] != 0) return -ENOEXEC;
	int err = open_program(path, NULL, who, &p->interp.name, &f);
	if (err) return err;
	got = file_read_kernel(f, page, ELF_HEADER_BYTES, 0, who);
	err = got < 0 ? got : read_plan(&p->interp, f, page, (uint32_t)got, who);
	if (!err && (p->interp.elf.interp_len || !p->interp.elf.dynamic)) err = -ELIBBAD;
	file_unref(f);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/* ---- scripts: "#!interpreter [one argument]" */
static bool push_text(struct exec_plan *p, const char *s, uint32_t n)
{
	if (p->head < n + 1) return false;
	p->head -= n + 1;
	memcpy(p->text + p->head, s, n);
	p->text[p->head + n] = 0;
	p->n_prefix++;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* line: the n bytes after "#!"; puts argument and interpreter before the script's path. -ENOEXEC: no interpreter named. */
static int take_script(struct exec_plan *p, const char *line, uint32_t n)
{
	const char *newline = memchr(line, '\n', n);
	uint32_t end = newline ? (uint32_t)(newline - line) : n, from = 0, arg;

	while (end > 0 && is_blank(line[end - 1])) end--;
	while (from < end && is_blank(line[from])) from++;
	uint32_t to = from;
	while (to < end && !is_blank(line[to]) && line[to]) to++;
	if (to == from) return -ENOEXEC;
	if (!newline && to == end && n == EXEC_SCRIPT_LINE - 2) return -ENOEXEC; /* the path may be cut off */
	arg = to;
	while (arg < end && is_blank(line[arg])) arg++;
	if (arg < end && !push_text(p, line + arg, (uint32_t)strnlen(line + arg, end - arg))) return -E2BIG;
	return push_text(p, line + from, to - from) ? 0 : -E2BIG;
}

/* ---- prepare */
static void note_set_id(struct exec_plan *p, const struct inode *i, const struct mount *m)
{
	if (!m || (m->flags & MS_NOSUID)) return;
	if (i->mode & S_ISUID) p->set_uid = true, p->euid = i->uid;
	if ((i->mode & (S_ISGID | 010)) == (S_ISGID | 010)) p->set_gid = true, p->egid = i->gid;
}

/* One file on the way: a script (then *again), or the program. */
static int prepare_file(struct exec_plan *p, uint8_t *page, const struct fs_caller *who, bool *again)
{
	struct name *n;
	struct file *f;
	struct name *known = p->known;

	p->known = NULL;
	int err = open_program(p->text + p->head, known, who, &n, &f);

	*again = false;
	if (err) return err;
	int32_t got = file_read_kernel(f, page, EXEC_SCRIPT_LINE, 0, who);
	if (got < 0) {
		err = got;
	} else if (got > 2 && page[0] == '#' && page[1] == '!') {
		err = take_script(p, (const char *)page + 2, (uint32_t)got - 2);
		if (!err && p->closes) err = -ENOENT; /* the interpreter would not find it */
		p->closes = p->by_fd = false;
		*again = !err;
	} else {
		err = read_plan(&p->program, f, page, (uint32_t)got, who);
		if (!err) note_set_id(p, n->inode, n->of);
		if (!err && p->program.elf.interp_len) err = prepare_interp(p, f, page, who);
	}
	if (!err && !*again) {
		p->program.name = n;
		n = NULL;
	}
	file_unref(f);
	name_unref(n);
	return err;
}

static int prepare_files(struct exec_plan *p, const struct fs_caller *who)
{
	uint8_t *page = kmalloc(PAGE_SIZE);
	bool again = true;
	int err = 0;

	if (!page) return -ENOMEM;
	for (uint32_t level = 0; again && !err; level++)
		err = level > EXEC_SCRIPT_LEVELS ? -ELOOP : prepare_file(p, page, who, &again);
	kfree(page);
	return err;
}

static int take_path(struct exec_plan *p, struct ucall *c)
{
	p->text = kmalloc(EXEC_TEXT_BYTES);
	if (!p->text) return -ENOMEM;
	int32_t n = umem_fetch_string(c->mem, p->text, uaddr(c->arg[0]), PATH_MAX);
	if (n < 0) return n;
	p->head = p->execfn = EXEC_TEXT_BYTES - (uint32_t)n - 1;
	memmove(p->text + p->head, p->text, (uint32_t)n + 1);
	p->n_prefix = 1;
	return n || p->at ? 0 : -ENOENT;
}

/* ---- execveat: the program is found first; what it is called is /dev/fd/N, with a path behind it */
static void rename_program(struct exec_plan *p, uint32_t dirfd)
{
	char at[32];
	const char *path = p->text + p->head;
	uint32_t n = (uint32_t)fmt_snprintf(at, sizeof at, *path ? "/dev/fd/%u/" : "/dev/fd/%u", dirfd);

	p->head -= n;
	p->execfn = p->head;
	memcpy(p->text + p->head, at, n);
}

static int take_place(struct exec_plan *p, struct ucall *c)
{
	const char *path = p->text + p->head;
	struct group *g = c->task->home.group;
	uint32_t dirfd = c->arg[3], flags = c->arg[4];
	struct name *start = NULL;
	int err = 0;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
	if (!*path && !(flags & AT_EMPTY_PATH)) return -ENOENT;
	bool by_fd = *path != '/' && dirfd != (uint32_t)AT_FDCWD;
	if (by_fd) {
		struct file *f = fd_get(g->fds, (int32_t)dirfd);
		if (!f) return -EBADF;
		if (f->name) name_ref(start = f->name);
		file_unref(f);
		if (!start) return -EACCES;
	}
	if (by_fd && *path && !S_ISDIR(start->inode->mode)) err = -ENOTDIR;
	if (!err && *path) err = find_program(start, path, (flags & AT_SYMLINK_NOFOLLOW) ? 0 : WALK_FOLLOW, &g->who, &p->known);
	if (!err && !*path) name_ref(p->known = by_fd ? start : g->who.cwd);
	name_unref(start);
	if (!err && S_ISLNK(p->known->inode->mode)) err = -ELOOP;
	if (!err && by_fd) {
		p->closes = fd_flags_get(g->fds, (int32_t)dirfd) == FD_CLOEXEC;
		p->by_fd = !*path;
		rename_program(p, dirfd);
	}
	return err;
}

static uint32_t limit_pages(const struct group *g, int which)
{
	uint64_t bytes = g->rlimits[which].cur;
	return bytes >= (1ull << 32) ? UINT32_MAX : (uint32_t)(bytes >> PAGE_SHIFT);
}

static void take_environment(struct exec_plan *p, const struct group *g)
{
	struct rng rng;

	p->uid = g->cred.uid, p->euid = g->cred.euid;
	p->gid = g->cred.gid, p->egid = g->cred.egid;
	p->limit_as_pages = limit_pages(g, RLIMIT_AS);
	p->limit_data_pages = limit_pages(g, RLIMIT_DATA);
	p->limit_stack_bytes = (uint32_t)MIN(g->rlimits[RLIMIT_STACK].cur, (uint64_t)STACK_TOP - MMAP_TOP - (1u << 20));
	rng_seed(&rng, arch_random_seed() ^ clock_now_ns());
	for (uint32_t i = 0; i < sizeof p->random; i++) p->random[i] = (uint8_t)rng_u32(&rng);
}

static int prepare(struct exec_plan *p, struct ucall *c)
{
	struct group *g = c->task->home.group;
	int err = take_path(p, c);

	if (err) return err;
	take_environment(p, g);
	if (p->at) err = take_place(p, c);
	if (!err) err = prepare_files(p, &g->who);
	if (err) return err;
	if (g->no_new_privs) {
		p->set_uid = p->set_gid = false;
		p->euid = g->cred.euid;
		p->egid = g->cred.egid;
	}
	p->secure = p->euid != p->uid || p->egid != p->gid;
	const struct list_node *tasks = &c->task->home.unit->tasks;
	if (tasks->next == tasks->prev) return 0;
	p->unit = unit_new(); /* shares its space still: vfork */
	return p->unit ? 0 : -ENOMEM;
}

static int32_t make_plan(struct ucall *c, bool at)
{
	struct exec_plan *p = kzalloc(sizeof *p);

	if (!p) return -ENOMEM;
	p->at = at;
	int err = prepare(p, c);
	if (err) {
		exec_plan_free(p);
		return err;
	}
	exec_plan_free(c->task->plan); /* of an execve that a move cut short */
	c->task->plan = p;
	return 0;
}

/* execveat(dirfd, path, argv, envp, flags): the record is made one of execve with the two others behind. */
int32_t home_execveat(struct ucall *c)
{
	const uint32_t a[6] = {c->arg[1], c->arg[2], c->arg[3], c->arg[0], c->arg[4], 0};

	memcpy(c->task->call.arg, a, sizeof a);
	memcpy(c->arg, a, sizeof a);
	return make_plan(c, true);
}

int32_t home_execve(struct ucall *c)
{
	return make_plan(c, false);
}

/* ---- finish */
static void set_ids(struct cred *c, const struct exec_plan *p)
{
	if (p->set_uid) c->euid = p->euid;
	if (p->set_gid) c->egid = p->egid;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	cred_exec(c);
}

static void set_texts(struct task *t, struct exec_plan *p)
{
	struct group *g = t->home.group;
	const char *path = p->text + p->execfn, *slash = strrchr(path, '/');

	str_copy(g->comm, sizeof g->comm, p->by_fd ? p->program.name->text : slash ? slash + 1 : path);
	memcpy(t->home.comm, g->comm, sizeof g->comm);
	kfree(g->cmdline);
	kfree(g->environ);
	g->cmdline = p->cmdline, g->cmdline_len = p->cmdline_len;
	g->environ = p->environ, g->environ_len = p->environ_len;
	p->cmdline = p->environ = NULL;
	group_set_exe(g, p->program.name);
	p->program.name = NULL;
}

/* Linux: the other threads end, and the one that is left is the process: it takes its number. */
static void be_alone(struct task *t)
{
	struct group *g = t->home.group;

	if (g->n_tasks > 1) {
		g->exec_task = t;
		signal_kill_others(t);
		while (g->n_tasks > 1) (void)waitq_sleep(&g->task_ended, 0, FOREVER);
		g->exec_task = NULL;
	}
	if (t->home.tid == g->pid) return;
	list_remove(&t->home.in_tids);
	t->home.tid = t->body.tid = g->pid;
	tid_enter(t);
}

int32_t finish_execve(struct ucall *c)
{
	struct task *t = c->task;
	struct exec_plan *p = t->plan;
	struct group *g = t->home.group;

	t->plan = NULL;
	if (c->body_result < 0) {
		exec_plan_free(p);
		return c->body_result;
	}
	if (!task_is_killed(t) && group_own_files(g)) {
		const struct ksiginfo kill = {.signo = SIGKILL, .code = SI_KERNEL};
		(void)signal_post_task(t, &kill); /* too late for an error: there is no program to return it to */
	}
	if (task_is_killed(t)) { /* perhaps another thread was faster with exit or execve: the end is at the boundary */
		exec_plan_free(p);
		return 0;
	}
	be_alone(t);
	home_release_vfork(t);
	if (p->unit) {
		unit_join(p->unit, t);
		t->body.unit = p->unit->id;
	}
	fdtable_close_on_exec(g->fds);
	timers_exec(g);
	set_ids(&g->cred, p);
	if (p->set_uid || p->set_gid) g->pdeath_signal = 0;
	g->undumpable = p->set_uid || p->set_gid;
	g->keepcaps = false;
	set_texts(t, p);
	g->execed = true;
	g->exit_signal = SIGCHLD;
	mirror_update(t);
	exec_plan_free(p);
	return 0;
}
