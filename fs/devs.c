/* devs.c - null, zero, full, random, urandom, kmsg.
 * Called by: fs_init; through file_ops.
 * Never: sleeps by itself (a copy may).  Source: null(4), full(4), random(4), kmsg in Linux's ABI/testing/dev-kmsg.  */
#include "fs/devs.h"
#include "abi/linux_errno.h"
#include "kernel/base/random.h"
#include "fs/synth.h"
#include "fs/tty_priv.h"
#include "kernel/base/log.h"
#include "lib/str.h"

#define CHUNK 256u
#define MEM 1u /* major number */

/* ---- null, zero, full */
static int32_t read_nothing(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	UNUSED(f);
	UNUSED(u);
	UNUSED(pos);
	UNUSED(who);
	return 0;
}

static int32_t write_all(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	int32_t n = (int32_t)u->left;

	UNUSED(f);
	UNUSED(pos);
	UNUSED(who);
	u->left = 0;
	return n;
}

static int32_t read_zeroes(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	uint32_t done = 0;

	UNUSED(f);
	UNUSED(pos);
	UNUSED(who);
	while (u->left > 0) {
		uint32_t want = MIN(u->left, PAGE_SIZE);
		int32_t n = uio_zero(u, want);
		if (n < 0) return done ? (int32_t)done : n;
		done += (uint32_t)n;
		if ((uint32_t)n < want) break;
		preempt_point();
	}
	return (int32_t)done;
}

static int32_t write_full(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	UNUSED(f);
	UNUSED(pos);
	UNUSED(who);
	return u->left ? -ENOSPC : 0;
}

static int64_t seek_nowhere(struct file *f, int64_t off, int whence)
{
	UNUSED(f);
	UNUSED(off);
	UNUSED(whence);
	return 0;
}

/* ---- random: the same source for both names */
static int32_t read_random(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	uint8_t chunk[CHUNK];
	uint32_t done = 0;

	UNUSED(f);
	UNUSED(pos);
	UNUSED(who);
	while (u->left > 0) {
		uint32_t want = MIN(u->left, CHUNK);
		random_bytes(chunk, want);
		int32_t n = uio_to(u, chunk, want);
		if (n < 0) return done ? (int32_t)done : n;
		done += (uint32_t)n;
		if ((uint32_t)n < want) break;
		preempt_point();
	}
	return (int32_t)done;
}

static int32_t write_random(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	uint8_t chunk[CHUNK];
	uint32_t done = 0;

	UNUSED(f);
	UNUSED(pos);
	UNUSED(who);
	while (u->left > 0) {
		int32_t n = uio_from(u, chunk, CHUNK);
		if (n <= 0) return done ? (int32_t)done : n;
		random_mix(chunk, (uint32_t)n);
		done += (uint32_t)n;
	}
	return (int32_t)done;
}

/* ---- kmsg: the log as text; a write is a line of it */
static int32_t read_log(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	char chunk[CHUNK];
	uint32_t done = 0;

	UNUSED(pos);
	UNUSED(who);
	while (u->left > 0) {
		uint64_t at = f->pos;
		uint32_t n = log_read(&at, chunk, MIN(u->left, CHUNK));
		if (n == 0) break;
		int32_t got = uio_to(u, chunk, n);
		if (got < 0) return done ? (int32_t)done : got;
		f->pos = at - (n - (uint32_t)got); /* the log's own position: it jumps over what was overwritten */
		done += (uint32_t)got;
		if ((uint32_t)got < n) break;
	}
	if (done == 0 && u->left > 0 && (f->flags & O_NONBLOCK)) return -EAGAIN; /* there will be more: no end for those who poll */
	return (int32_t)done;
}

/** "<6>text\n": the level and the newline are no part of the line. */
static int32_t write_log(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	char line[CHUNK];
	const char *text = line;
	enum log_level level = LOG_INFO;

	UNUSED(f);
	UNUSED(pos);
	UNUSED(who);
	uint32_t want = u->left;
	int32_t n = uio_from(u, line, CHUNK - 1);
	if (n < 0) return n;
	while (n > 0 && line[n - 1] == '\n') n--;
	line[n] = '\0';
	if (line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>') {
		level = line[1] <= '3' ? LOG_ERR : line[1] == '4' ? LOG_WARN : line[1] == '7' ? LOG_DEBUG : LOG_INFO;
		text += 3;
	}
	klog(level, "%s", text);
	return (int32_t)want;
}

static const struct file_ops null_ops = {.read = read_nothing, .write = write_all, .seek = seek_nowhere};
/* Memory of the mapping's own: mmap(2) of /dev/zero is an old way to ask for it. */
static int zero_backing(struct file *f, struct backing **out)
{
	UNUSED(f);
	*out = NULL;
	return 0;
}

static const struct file_ops zero_ops = {.backing = zero_backing, .read = read_zeroes, .write = write_all, .seek = seek_nowhere};
static const struct file_ops full_ops = {.read = read_zeroes, .write = write_full, .seek = seek_nowhere};
static const struct file_ops random_ops = {.read = read_random, .write = write_random, .seek = seek_nowhere};
static const struct file_ops kmsg_ops = {.read = read_log, .write = write_log, .seek = file_no_seek};

void devs_init(void)
{
	static struct dev_row rows[] = {
		{.name = "null", .rdev = MEM << 8 | 3, .mode = S_IFCHR | 0666, .ops = &null_ops},
		{.name = "zero", .rdev = MEM << 8 | 5, .mode = S_IFCHR | 0666, .ops = &zero_ops},
		{.name = "full", .rdev = MEM << 8 | 7, .mode = S_IFCHR | 0666, .ops = &full_ops},
		{.name = "random", .rdev = MEM << 8 | 8, .mode = S_IFCHR | 0666, .ops = &random_ops},
		{.name = "urandom", .rdev = MEM << 8 | 9, .mode = S_IFCHR | 0666, .ops = &random_ops},
		{.name = "kmsg", .rdev = MEM << 8 | 11, .mode = S_IFCHR | 0644, .ops = &kmsg_ops},
	};

	for (uint32_t n = 0; n < ARRAY_LEN(rows); n++) dev_register(&rows[n]);
	dev_register(&tty_own_row);
	dev_register(&tty_console_row);
}
