/* bootopt.c - options of the kernel command line.
 * Called by: multiboot.c (fills it), main.c and every module with an option.
 * Never: changed after boot; an option nobody asks for is harmless. */
#include "kernel/base/bootopt.h"

#include "lib/str.h"

static char line[BOOTOPT_LINE_MAX];

void bootopt_init(const char *cmdline) { str_copy(line, sizeof line, cmdline); }

const char *bootopt_line(void) { return line; }

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

/* One option: its key, and its value behind '=' (NULL: a bare flag), quotes left out. */
struct option { const char *key; uint32_t key_len; const char *value; uint32_t value_len; };

/* Returns where the next option may begin; NULL at the end of the line. */
static const char *next_option(const char *p, struct option *o)
{
	while (is_space(*p)) p++;
	if (!*p) return NULL;
	*o = (struct option){.key = p};
	while (*p && !is_space(*p) && *p != '=') p++;
	o->key_len = (uint32_t)(p - o->key);
	if (*p != '=') return p;
	p++;
	bool quoted = *p == '"';
	if (quoted) p++;
	o->value = p;
	while (*p && (quoted ? *p != '"' : !is_space(*p))) p++;
	o->value_len = (uint32_t)(p - o->value);
	return quoted && *p ? p + 1 : p;
}

/* The last one with this key counts: what is appended overrides. */
static bool find(const char *key, struct option *found)
{
	uint32_t len = (uint32_t)strlen(key);
	struct option o;
	bool any = false;

	for (const char *p = line; (p = next_option(p, &o)) != NULL;)
		if (o.key_len == len && memcmp(o.key, key, len) == 0) {
			*found = o;
			any = true;
		}
	return any;
}

bool bootopt_str(const char *key, char *out, uint32_t size)
{
	struct option o;

	if (!size || !find(key, &o) || !o.value) return false;
	uint32_t n = MIN(o.value_len, size - 1);
	memcpy(out, o.value, n);
	out[n] = 0;
	return true;
}

uint32_t bootopt_u32(const char *key, uint32_t dflt)
{
	char text[16];
	const char *end;
	uint32_t v;

	if (!bootopt_str(key, text, sizeof text)) return dflt;
	return str_to_u32(text, &end, &v) && !*end ? v : dflt;
}

bool bootopt_flag(const char *key)
{
	struct option o;

	if (!find(key, &o)) return false;
	return !o.value || !(o.value_len == 1 && o.value[0] == '0');
}
