/* exec_image.c - execve's build step: the new image beside the old one; only when it is whole does the body change over.
 * Called by: dispatch.c through the table; init.c.
 * Never: names a file or a process; what home knows came in the plan.  */
#include "kernel/proc/exec.h"
#include "kernel/proc/altstack.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/robust.h"
#include "kernel/proc/rows.h"
#include "kernel/proc/task.h"
#include "kernel/syscall/ucall.h"
#include "lib/str.h"

#define STACK_SPARE_BYTES (64u << 10) /* mapped below the first frame at once; growth does the rest */
#define PREFAULT_PAGES 32u            /* around the entry point */
#define AUX_MAX 20u

struct build {
	struct exec_plan *plan;
	struct space *s;
	struct umem to;            /* the new memory */
	struct umem *mem;          /* the caller's memory */
	char *page;                /* 4 KiB of scratch */
	uint32_t argc, envc, arg_bytes, env_bytes; /* bytes with NULs; argv without the prefix */
	uint32_t prefix_bytes;
	uint32_t bias, interp_bias;
	uint32_t random_at, platform_at, execfn_at, sp;
	bool no_args;
};

/* ---- segments */
static int map_file(struct build *b, const struct elf_segment *g, uint32_t bias, struct backing *f)
{
	uint32_t start = ALIGN_DOWN(g->at, PAGE_SIZE), end = ALIGN_UP(g->at + g->file_len, PAGE_SIZE);
	int32_t r = space_map(b->s, start + bias, end - start, g->prot, MAP_PRIVATE | MAP_FIXED, 0, f, g->file_off >> PAGE_SHIFT);

	return r == (int32_t)(start + bias) ? 0 : r;
}

/* Memory beyond the file's bytes: the rest of the last file page, then whole pages. */
static int map_zero(struct build *b, const struct elf_segment *g, uint32_t bias)
{
	uint32_t file_end = g->at + g->file_len, end = ALIGN_UP(g->at + g->mem_len, PAGE_SIZE);
	uint32_t start = g->file_len ? ALIGN_UP(file_end, PAGE_SIZE) : ALIGN_DOWN(g->at, PAGE_SIZE);
	uint32_t rest = g->file_len ? MIN(start, g->at + g->mem_len) - file_end : 0;

	if (rest && (g->prot & PROT_WRITE) && umem_zero(&b->to, uaddr(file_end + bias), start - file_end)) return -ENOMEM;
	if (end <= start) return 0;
	int32_t r = space_map(b->s, start + bias, end - start, g->prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, 0, NULL, 0);
	return r == (int32_t)(start + bias) ? 0 : r;
}

static int map_image(struct build *b, const struct exec_image *image, uint32_t bias)
{
	const struct elf_plan *p = &image->elf;

	for (uint32_t i = 0; i < p->n_segs; i++) {
		const struct elf_segment *g = &p->seg[i];
		int err = g->file_len ? map_file(b, g, bias, image->backing) : 0;
		if (!err && g->mem_len > g->file_len) err = map_zero(b, g, bias);
		if (err) return err;
	}
	uint32_t window = PREFAULT_PAGES * PAGE_SIZE, at = ALIGN_DOWN(p->entry, window);
	space_prefault(b->s, MAX(at, p->low) + bias, PREFAULT_PAGES);
	return 0;
}

static int map_program(struct build *b)
{
	const struct elf_plan *p = &b->plan->program.elf;
	struct space *s = b->s;

	b->bias = p->dynamic ? EXEC_BIAS - p->low : 0;
	if (p->dynamic && p->high - p->low > MMAP_TOP - EXEC_BIAS) return -ENOMEM;
	int err = map_image(b, &b->plan->program, b->bias);
	if (err) return err;
	s->brk_start = s->brk = ALIGN_UP(p->brk, PAGE_SIZE) + b->bias;
	s->code_start = p->code_start + b->bias, s->code_end = p->code_end + b->bias;
	s->data_start = p->data_start + b->bias, s->data_end = p->data_end + b->bias;
	return 0;
}

/* The dynamic linker goes where mmap would put it. */
static int map_interp(struct build *b)
{
	const struct elf_plan *p = &b->plan->interp.elf;

	if (!b->plan->interp.name) return 0;
	int32_t at = space_map(b->s, 0, p->high - p->low, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0, NULL, 0);
	if (at > -4096 && at < 0) return at;
	b->interp_bias = (uint32_t)at - p->low;
	return map_image(b, &b->plan->interp, b->interp_bias);
}

/* ---- strings: counted first, then copied; somebody else may change them between, so the second pass trusts no length */
/* Bytes of the string at `at` with its NUL; copied to `to` unless that is 0. left: how many there may be. */
static int32_t copy_string(struct build *b, uint32_t at, uint32_t to, uint32_t left)
{
	uint32_t done = 0, chunk = 64;

	while (done < left) {
		uint32_t n = MIN(MIN(chunk, left - done), PAGE_SIZE - ((at + done) & PAGE_MASK));
		uint32_t got = umem_fetch_some(b->mem, b->page, uaddr(at + done), n);
		const char *end = memchr(b->page, 0, got);
		uint32_t use = end ? (uint32_t)(end - b->page) + 1 : got;
		if (to && use && umem_store(&b->to, uaddr(to + done), b->page, use)) return -ENOMEM;
		done += use;
		if (end) return (int32_t)done;
		if (got < n) return -EFAULT;
		chunk = PAGE_SIZE;
	}
	return -E2BIG;
}

/* Count the strings of the vector at user address `v` (0: none), not the first `skip`. */
static int measure(struct build *b, uint32_t v, uint32_t skip, uint32_t *count, uint32_t *bytes)
{
	uint32_t p;

	*count = *bytes = 0;
	for (uint32_t i = 0; v; i++) {
		if (umem_fetch_u32(b->mem, uaddr(v + 4 * i), &p)) return -EFAULT;
		if (!p) break;
		if (i < skip) continue;
		if (*bytes + 4 * (*count + 1) > EXEC_ARGS_MAX) return -E2BIG;
		int32_t n = copy_string(b, p, 0, EXEC_ARGS_MAX - *bytes);
		if (n < 0) return n;
		*bytes += (uint32_t)n;
		++*count;
	}
	return *bytes + 4 * *count > EXEC_ARGS_MAX ? -E2BIG : 0;
}

/* Copy them to at, write their addresses to the table. count and bytes as measured. */
static int copy_vector(struct build *b, uint32_t v, uint32_t skip, uint32_t count, uint32_t bytes, uint32_t at, uint32_t table)
{
	uint32_t p;

	for (uint32_t i = 0; i < count; i++) {
		if (umem_fetch_u32(b->mem, uaddr(v + 4 * (i + skip)), &p) || !p) return -EFAULT;
		int32_t n = copy_string(b, p, at, bytes);
		if (n < 0) return n == -E2BIG ? -EFAULT : n;
		if (umem_store_u32(&b->to, uaddr(table + 4 * i), at)) return -ENOMEM;
		at += (uint32_t)n;
		bytes -= (uint32_t)n;
	}
	return bytes ? -EFAULT : 0;
}

/* A script's interpreter, its argument, the script's path: in place of argv[0]. */
static int copy_prefix(struct build *b, uint32_t at, uint32_t table)
{
	const struct exec_plan *p = b->plan;

	if (!b->prefix_bytes) return 0;
	if (umem_store(&b->to, uaddr(at), p->text + p->head, b->prefix_bytes)) return -ENOMEM;
	for (uint32_t i = 0, off = 0; i < p->n_prefix; i++) {
		if (umem_store_u32(&b->to, uaddr(table + 4 * i), at + off)) return -ENOMEM;
		off += (uint32_t)strlen(p->text + p->head + off) + 1;
	}
	return 0;
}

/* ---- the stack: ABI.md 2.1 */
static uint32_t fill_aux(const struct build *b, uint32_t *v)
{
	const struct exec_plan *p = b->plan;
	const struct elf_plan *e = &p->program.elf;
	const uint32_t aux[AUX_MAX][2] = {
		{16 /* HWCAP */, arch_cpu_features()},
		{6 /* PAGESZ */, PAGE_SIZE},
		{17 /* CLKTCK */, 100},
		{3 /* PHDR */, e->phdr ? e->phdr + b->bias : 0},
		{4 /* PHENT */, ELF_PHDR_BYTES},
		{5 /* PHNUM */, e->n_phdrs},
		{7 /* BASE */, p->interp.name ? b->interp_bias : 0},
		{8 /* FLAGS */, 0},
		{9 /* ENTRY */, e->entry + b->bias},
		{11 /* UID */, p->uid},
		{12 /* EUID */, p->euid},
		{13 /* GID */, p->gid},
		{14 /* EGID */, p->egid},
		{23 /* SECURE */, p->secure},
		{25 /* RANDOM */, b->random_at},
		{31 /* EXECFN */, b->execfn_at},
		{15 /* PLATFORM */, b->platform_at},
		{0, 0},
	};

	memcpy(v, aux, sizeof aux);
	for (uint32_t i = 0;; i++)
		if (aux[i][0] == 0) return (i + 1) * 8;
}

static int put(struct build *b, uint32_t *at, const void *data, uint32_t n)
{
	*at -= n;
	return umem_store(&b->to, uaddr(*at), data, n) ? -ENOMEM : 0;
}

/* Places, from the top down: a zero word, execfn, environment, arguments, platform, random bytes; then the vectors. */
static int fill_stack(struct build *b, const struct ucall *c)
{
	struct exec_plan *p = b->plan;
	bool script = p->n_prefix > 1;
	uint32_t aux[AUX_MAX * 2], at = STACK_TOP - 4, argc = b->argc + (script ? p->n_prefix : 0);
	const char *execfn = p->text + p->execfn;
	int err = put(b, &at, execfn, (uint32_t)strlen(execfn) + 1);

	if (err) return err;
	b->execfn_at = at;
	b->s->env_end = at;
	b->s->env_start = b->s->arg_end = at -= b->env_bytes;
	b->s->arg_start = at -= b->arg_bytes + b->prefix_bytes;
	err = put(b, &at, "i686", 5);
	b->platform_at = at;
	if (!err) err = put(b, &at, p->random, sizeof p->random);
	b->random_at = at;
	if (err) return err;

	uint32_t n_aux = fill_aux(b, aux), vectors = 4 + 4 * (argc + 1) + 4 * (b->envc + 1) + n_aux;
	b->sp = ALIGN_DOWN(at - vectors, 16);
	b->s->stack_start = b->sp;
	uint32_t argv = b->sp + 4, envp = argv + 4 * (argc + 1), n_prefix = script ? p->n_prefix : 0;
	if (umem_store_u32(&b->to, uaddr(b->sp), argc)) return -ENOMEM;
	err = copy_prefix(b, b->s->arg_start, argv);
	if (!err && b->no_args)
		err = umem_store_u32(&b->to, uaddr(argv), b->s->arg_start) ? -ENOMEM : 0; /* its byte is zero: the page is fresh */
	else if (!err)
		err = copy_vector(b, c->arg[1], script ? 1 : 0, b->argc, b->arg_bytes, b->s->arg_start + b->prefix_bytes, argv + 4 * n_prefix);
	if (!err) err = copy_vector(b, c->arg[2], 0, b->envc, b->env_bytes, b->s->env_start, envp);
	if (err) return err;
	/* the vectors' ends are zero already: the pages are fresh */
	return umem_store(&b->to, uaddr(envp + 4 * (b->envc + 1)), aux, n_aux) ? -ENOMEM : 0;
}

static int build_stack(struct build *b, const struct ucall *c)
{
	struct exec_plan *p = b->plan;
	bool script = p->n_prefix > 1;
	int err;

	err = measure(b, c->arg[1], script ? 1 : 0, &b->argc, &b->arg_bytes);
	if (!err) err = measure(b, c->arg[2], 0, &b->envc, &b->env_bytes);
	if (err) return err;
	b->no_args = !script && !b->argc;
	if (b->no_args) b->argc = b->arg_bytes = 1; /* a program sees at least one argument, an empty one: execve(2) */
	b->prefix_bytes = script ? EXEC_TEXT_BYTES - p->head : 0;
	uint32_t bytes = b->arg_bytes + b->env_bytes + b->prefix_bytes + 4 * (b->argc + b->envc + p->n_prefix);
	if (bytes > EXEC_ARGS_MAX || bytes > p->limit_stack_bytes / 4) return -E2BIG;

	uint32_t size = ALIGN_UP(bytes + PATH_MAX + STACK_SPARE_BYTES, PAGE_SIZE);
	uint32_t prot = PROT_READ | PROT_WRITE | (p->program.elf.stack_exec ? PROT_EXEC : 0);
	int32_t r = space_map(b->s, STACK_TOP - size, size, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS,
			      AREA_STACK | AREA_GROWSDOWN, NULL, 0);
	if (r != (int32_t)(STACK_TOP - size)) return r;
	return fill_stack(b, c);
}

/* ---- for /proc */
static char *shown(struct build *b, uint32_t from, uint32_t to, uint32_t *len)
{
	uint32_t n = MIN(to - from, EXEC_SHOWN_MAX);
	char *p = n ? kmalloc(n) : NULL;

	*len = p ? umem_fetch_some(&b->to, p, uaddr(from), n) : 0;
	return p;
}

/* ---- the change-over: cannot fail */
static void reset_actions(struct actions *a)
{
	for (uint32_t i = 0; i < ARRAY_LEN(a->act); i++) {
		uint32_t handler = a->act[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;
		memset(&a->act[i], 0, sizeof a->act[i]);
		a->act[i].handler = handler;
	}
}

static void change_over(struct task *t, struct build *b, struct actions *own)
{
	struct body *y = &t->body;
	const struct elf_plan *start = b->plan->interp.name ? &b->plan->interp.elf : &b->plan->program.elf;

	task_leave_memory(t);
	task_take_space(t, b->s);
	if (own) {
		actions_unref(y->actions);
		y->actions = own;
	}
	reset_actions(y->actions);
	altstack_none(y);
	y->personality &= ~0xffu; /* an ELF program is a plain Linux one; the flags stay */
	y->restore_mask = false;
	memset(&y->restart, 0, sizeof y->restart);
	arch_user_init(&y->user);
	y->user.regs.eip = start->entry + (b->plan->interp.name ? b->interp_bias : b->bias);
	y->user.regs.esp = b->sp;
	arch_user_changed(&y->user);
}

static int build(struct build *b, const struct ucall *c)
{
	b->s->limit_as_pages = b->plan->limit_as_pages;
	b->s->limit_data_pages = b->plan->limit_data_pages;
	b->s->limit_stack_bytes = b->plan->limit_stack_bytes;
	umem_init_local(&b->to, b->s, NULL);
	int err = map_program(b);
	if (!err) err = build_stack(b, c);
	if (!err) err = map_interp(b);
	return err;
}

int32_t body_execve(struct ucall *c)
{
	struct task *t = c->task;
	struct exec_plan *p = t->plan;
	struct build b = {.plan = p, .mem = c->mem};
	struct actions *own = t->body.actions->refs > 1 ? actions_copy(t->body.actions) : NULL;
	int err = -ENOMEM;

	b.s = space_new();
	b.page = kmalloc(PAGE_SIZE);
	if (b.s && b.page && (own || t->body.actions->refs == 1)) err = build(&b, c);
	if (!err) {
		p->cmdline = shown(&b, b.s->arg_start, b.s->arg_end, &p->cmdline_len);
		p->environ = shown(&b, b.s->env_start, b.s->env_end, &p->environ_len);
		change_over(t, &b, own);
	} else {
		if (own) actions_unref(own);
		if (b.s) space_unref(b.s);
	}
	kfree(b.page);
	return err;
}
