/* trace_text.c - a call as text, like strace(1)'s, read off its row: names, arguments by their letters and windows, results.
 * Called by: trace.c.
 * Never: knows a call by name; asks home for anything: memory is shown where it is.  */
#include "kernel/syscall/trace_text.h"
#include "kernel/proc/signame.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define SHOWN 32u          /* bytes of a string, as strace's -s */
#define VECTOR_SHOWN 16u   /* strings of an argument vector */
#define VECTOR_MAX 1024u   /* of those that are only counted */

struct text { char *out; uint32_t n, size; };

static void say(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	t->n += (uint32_t)fmt_vsnprintf(t->out + t->n, t->size - t->n, fmt, args);
	va_end(args);
	if (t->n >= t->size) t->n = t->size - 1;
}

/* ---- bytes */
static void say_byte(struct text *t, uint8_t c, uint8_t next)
{
	static const char letters[] = "\nn\tt\rr\"\"\\\\\ff\vv";
	bool digit = next >= '0' && next <= '9'; /* an octal escape in front of one must be whole */

	for (uint32_t i = 0; i + 1 < sizeof letters; i += 2)
		if ((uint8_t)letters[i] == c) {
			say(t, "\\%c", letters[i + 1]);
			return;
		}
	if (c >= ' ' && c < 127)
		say(t, "%c", c);
	else
		say(t, digit ? "\\%03o" : "\\%o", c);
}

static void say_bytes(struct text *t, const uint8_t *bytes, uint32_t n, bool more)
{
	say(t, "\"");
	for (uint32_t i = 0; i < n; i++) say_byte(t, bytes[i], i + 1 < n ? bytes[i + 1] : 0);
	say(t, more ? "\"..." : "\"");
}

static void say_pointer(struct text *t, uint32_t at)
{
	say(t, at ? "%#x" : "NULL", at);
}

static void say_buffer(struct text *t, struct umem *mem, uint32_t at, uint32_t len)
{
	uint8_t bytes[SHOWN];
	uint32_t n = MIN(len, SHOWN);

	if (!at || !mem || umem_fetch_some(mem, bytes, uaddr(at), n) < n)
		say_pointer(t, at);
	else
		say_bytes(t, bytes, n, len > SHOWN);
}

static void say_string(struct text *t, struct umem *mem, uint32_t at)
{
	char bytes[SHOWN + 1];

	if (!at || !mem) {
		say_pointer(t, at);
		return;
	}
	int32_t n = umem_fetch_string(mem, bytes, uaddr(at), sizeof bytes);
	bool more = n == -ENAMETOOLONG;
	if (more) n = umem_fetch(mem, bytes, uaddr(at), SHOWN) ? -EFAULT : (int32_t)SHOWN;
	if (n < 0)
		say_pointer(t, at);
	else
		say_bytes(t, (const uint8_t *)bytes, (uint32_t)n, more);
}

/** argv: its strings; envp: how many there are. */
static void say_vector(struct text *t, struct umem *mem, uint32_t at, bool count)
{
	uint32_t n = 0, string;

	if (!at || !mem || umem_fetch_u32(mem, uaddr(at), &string)) {
		say_pointer(t, at);
		return;
	}
	if (!count) say(t, "[");
	for (; n < VECTOR_MAX && !umem_fetch_u32(mem, uaddr(at + 4 * n), &string) && string; n++) {
		if (count || n > VECTOR_SHOWN) continue;
		if (n) say(t, ", ");
		if (n == VECTOR_SHOWN)
			say(t, "...");
		else
			say_string(t, mem, string);
	}
	if (count)
		say(t, "%#x /* %u vars */", at, n);
	else
		say(t, "]");
}

/* ---- flags by name */
struct bit { uint32_t value; const char *name; };
#define BIT(name) {name, #name}
static const struct bit open_bits[] = {
	BIT(O_CREAT),     BIT(O_EXCL),      BIT(O_NOCTTY),  BIT(O_TRUNC),   BIT(O_APPEND), BIT(O_NONBLOCK), BIT(O_SYNC), BIT(O_DSYNC),
	BIT(O_DIRECT),    BIT(O_LARGEFILE), BIT(O_TMPFILE), BIT(O_DIRECTORY), BIT(O_NOFOLLOW), BIT(O_NOATIME), BIT(O_CLOEXEC), BIT(O_PATH),
};
static const struct bit prot_bits[] = {BIT(PROT_READ), BIT(PROT_WRITE), BIT(PROT_EXEC), BIT(PROT_GROWSDOWN), BIT(PROT_GROWSUP)};
static const struct bit map_bits[] = {
	BIT(MAP_SHARED_VALIDATE), BIT(MAP_SHARED), BIT(MAP_PRIVATE), BIT(MAP_FIXED), BIT(MAP_ANONYMOUS), BIT(MAP_GROWSDOWN), BIT(MAP_DENYWRITE),
	BIT(MAP_EXECUTABLE), BIT(MAP_LOCKED), BIT(MAP_NORESERVE), BIT(MAP_POPULATE), BIT(MAP_STACK), BIT(MAP_FIXED_NOREPLACE),
};

/** first stands before all names: what the bits do not tell; "": nothing. */
static void say_bits(struct text *t, const struct bit *bits, uint32_t n, uint32_t v, const char *first)
{
	const char *between = *first ? "|" : "";

	say(t, "%s", first);
	for (uint32_t i = 0; i < n; i++) {
		if ((v & bits[i].value) != bits[i].value) continue;
		say(t, "%s%s", between, bits[i].name);
		v &= ~bits[i].value;
		between = "|";
	}
	if (v) say(t, "%s%#x", between, v);
}
#define SAY_BITS(t, bits, v, first) say_bits(t, bits, ARRAY_LEN(bits), v, first)

static void say_open_flags(struct text *t, uint32_t v)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

	SAY_BITS(t, open_bits, v & ~O_ACCMODE, modes[v & O_ACCMODE]);
}

static void say_signal(struct text *t, uint32_t sig)
{
	char name[SIGNAME_MAX];

	say(t, "%s", signal_name((int)sig, name));
}

/* ---- arguments */
/** Bytes whose number another argument tells: a buffer, not a structure. */
static const struct window *buffer_at(const struct sysrow *row, uint32_t i)
{
	for (uint32_t k = 0; k < WINDOWS_MAX; k++) {
		const struct window *w = &row->w[k];
		if (w->dir != WINDOW_NONE && w->arg == i && w->len_kind == LEN_ARG && w->len == 1) return w;
	}
	return NULL;
}

static void say_memory(struct text *t, const struct trace_call *c, uint32_t i)
{
	const struct window *w = buffer_at(c->row, i);

	if (w && w->dir == WINDOW_IN)
		say_buffer(t, c->mem, c->arg[i], c->arg[w->len_arg]);
	else if (w && !c->begins && c->result >= 0 && (uint32_t)c->result <= c->arg[w->len_arg])
		say_buffer(t, c->mem, c->arg[i], (uint32_t)c->result);
	else
		say_pointer(t, c->arg[i]);
}

static void say_arg(struct text *t, const struct trace_call *c, uint32_t i)
{
	uint32_t v = c->arg[i];

	switch (c->row->args[i]) {
	case 'd':
	case 'f': say(t, "%d", (int32_t)v); break;
	case 'a': (int32_t)v == AT_FDCWD ? say(t, "AT_FDCWD") : say(t, "%d", (int32_t)v); break;
	case 'u': say(t, "%u", v); break;
	case 'o': say(t, v ? "0%o" : "%o", v); break;
	case 's': say_string(t, c->mem, v); break;
	case 'S': say_signal(t, v); break;
	case 'O': say_open_flags(t, v); break;
	case 'P': SAY_BITS(t, prot_bits, v, v ? "" : "PROT_NONE"); break;
	case 'M': SAY_BITS(t, map_bits, v, v ? "" : "0"); break;
	case 'v': say_vector(t, c->mem, v, false); break;
	case 'e': say_vector(t, c->mem, v, true); break;
	case 'p': say_memory(t, c, i); break;
	default: say(t, v ? "%#x" : "0", v); break;
	}
}

/** O_CREAT is not there: the mode is not looked at. */
static bool without_mode(const struct trace_call *c, uint32_t i)
{
	return c->row->args[i] == 'o' && i > 0 && c->row->args[i - 1] == 'O' && !(c->arg[i - 1] & O_CREAT);
}

uint32_t trace_call_text(const struct trace_call *c, char *out, uint32_t size)
{
	struct text t = {out, 0, size - 1}; /* the last byte is for the bracket of a text that was cut */

	say(&t, "%s(", c->row->name);
	for (uint32_t i = 0; i < 6 && c->row->args[i] && !without_mode(c, i); i++) {
		if (i) say(&t, ", ");
		say_arg(&t, c, i);
	}
	t.size = size;
	say(&t, ")");
	return t.n;
}

/* ---- results */
static const char *errno_name(int32_t e, const char **text)
{
#define NAME(name, number, said) case number: *text = said; return #name;
	switch (e) {
		LINUX_ERRNO_LIST(NAME)
	default: return NULL;
	}
#undef NAME
}

static const char *restart_text(int32_t e)
{
	switch (e) {
	case ERESTARTSYS: return "ERESTARTSYS (To be restarted if SA_RESTART is set)";
	case ERESTARTNOINTR: return "ERESTARTNOINTR (To be restarted)";
	case ERESTARTNOHAND: return "ERESTARTNOHAND (To be restarted if no handler)";
	case ERESTART_RESTARTBLOCK: return "ERESTART_RESTARTBLOCK (Interrupted by signal)";
	default: return NULL;
	}
}

uint32_t trace_result_text(int32_t result, char *out, uint32_t size)
{
	struct text t = {out, 0, size};
	const char *said = "", *name = result < 0 ? errno_name(-result, &said) : NULL, *restart = result < 0 ? restart_text(-result) : NULL;

	if (restart)
		say(&t, " = ? %s", restart);
	else if (name)
		say(&t, " = -1 %s (%s)", name, said);
	else
		say(&t, (uint32_t)result < 1u << 24 ? " = %u" : " = %#x", (uint32_t)result); /* an address */
	return t.n;
}
