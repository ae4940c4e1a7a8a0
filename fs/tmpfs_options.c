/* tmpfs_options.c - what mount(8) may say of a tmpfs: "size=64k,mode=1777,uid=5".
 * Called by: tmpfs.c.
 * Never: takes an option it does not know.  Source: tmpfs(5).  */
#include "abi/linux_errno.h"
#include "fs/tmpfs.h"
#include "kernel/mm/frame.h"
#include "lib/str.h"

/** A number in `base` at *p, which is moved behind it. */
static uint64_t number(const char **p, uint32_t base)
{
	uint64_t v = 0;

	while (**p >= '0' && (uint32_t)(**p - '0') < base) v = v * base + (uint32_t)(*(*p)++ - '0');
	return v;
}

/** "64k", "10%", "5": pages, rounded up; 0 is no limit. */
static uint32_t pages(const char **p)
{
	uint64_t v = number(p, 10);

	switch (**p | 0x20) {
	case 'g': v <<= 10; /* fall through */
	case 'm': v <<= 10; /* fall through */
	case 'k':
		v <<= 10;
		++*p;
		break;
	default: break;
	}
	if (**p == '%') {
		++*p;
		return (uint32_t)MIN(v * frame_total() / 100, (uint64_t)UINT32_MAX);
	}
	return (uint32_t)MIN((v + PAGE_MASK) >> PAGE_SHIFT, (uint64_t)UINT32_MAX);
}

/** One "name=value"; *p stands behind the "=". */
static int take(const char *name, uint32_t len, const char **p, struct tmpfs_options *o)
{
	static const char *const ignored[] = {"nr_inodes", "nr_blocks", "huge", "mpol", "inode32", "inode64"};
	const char *start = *p;

	if (len == 4 && !memcmp(name, "size", 4))
		o->max_pages = pages(p);
	else if (len == 4 && !memcmp(name, "mode", 4))
		o->mode = (uint32_t)number(p, 8) & 07777;
	else if (len == 3 && !memcmp(name, "uid", 3))
		o->uid = (uint32_t)number(p, 10);
	else if (len == 3 && !memcmp(name, "gid", 3))
		o->gid = (uint32_t)number(p, 10);
	else
		for (uint32_t n = 0; n < ARRAY_LEN(ignored); n++)
			if (strlen(ignored[n]) == len && !memcmp(name, ignored[n], len)) {
				while (**p && **p != ',') ++*p;
				return 0;
			}
	return *p == start ? -EINVAL : 0;
}

int tmpfs_parse(const char *data, struct tmpfs_options *o)
{
	*o = (struct tmpfs_options){.mode = 01777};
	while (data && *data) {
		uint32_t len = 0;
		while (data[len] && data[len] != '=' && data[len] != ',') len++;
		const char *value = data + len + (data[len] == '=');
		int err = take(data, len, &value, o);
		if (err || (*value && *value != ',')) return -EINVAL;
		data = *value ? value + 1 : value;
	}
	return 0;
}
