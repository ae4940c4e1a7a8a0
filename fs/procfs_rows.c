/* procfs_rows.c - the rows of /proc that tell about files: mounts, filesystems, devices.
 * Called by: fs_init; through proc_row.
 * Never: tells about processes or memory (kernel/proc does).  Source: proc(5), fstab(5) for the escapes.  */
#include "abi/linux_errno.h"
#include "fs/synth_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

/** A path as a field of fstab: blanks and backslashes as octal. */
static void field(struct text_sink *s, const char *text)
{
	for (; *text; text++) {
		if (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\\')
			sink_printf(s, "\\%03o", (unsigned)*text);
		else
			sink_write(s, text, 1);
	}
}

static void options(struct text_sink *s, uint32_t flags)
{
	static const struct { uint32_t flag; const char *text; } words[] = {
		{MS_NOSUID, ",nosuid"}, {MS_NODEV, ",nodev"}, {MS_NOEXEC, ",noexec"}, {MS_NOATIME, ",noatime"}, {MS_RELATIME, ",relatime"},
	};

	sink_printf(s, "%s", flags & MS_RDONLY ? "ro" : "rw");
	for (uint32_t n = 0; n < ARRAY_LEN(words); n++)
		if (flags & words[n].flag) sink_printf(s, "%s", words[n].text);
}

static int each_mount(struct text_sink *s, const struct fs_caller *who, void (*line)(struct text_sink *, const struct mount *, const char *path))
{
	char *path = kmalloc(PATH_MAX);
	struct mount *m;

	if (!path) return -ENOMEM;
	list_for_each(m, &mounts, node)
		if (name_path(m->root, who->root, path, PATH_MAX) > 0) line(s, m, path);
	kfree(path);
	return 0;
}

static void mounts_line(struct text_sink *s, const struct mount *m, const char *path)
{
	field(s, m->sb->source);
	sink_write(s, " ", 1);
	field(s, path);
	sink_printf(s, " %s ", m->sb->fstype);
	options(s, m->flags);
	sink_printf(s, " 0 0\n");
}

/** "36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 - ext3 /dev/root rw,errors=continue", proc(5) */
static void mountinfo_line(struct text_sink *s, const struct mount *m, const char *path)
{
	sink_printf(s, "%u %u 0:%u ", m->id, m->at ? m->at->of->id : 1, m->sb->dev);
	field(s, m->below ? m->below : "/");
	sink_write(s, " ", 1);
	field(s, path);
	sink_write(s, " ", 1);
	options(s, m->flags);
	sink_printf(s, " - %s ", m->sb->fstype);
	field(s, m->sb->source);
	sink_printf(s, " %s\n", m->sb->flags & MS_RDONLY ? "ro" : "rw");
}

static int show_mounts(struct text_sink *s, const struct fs_caller *who)
{
	return each_mount(s, who, mounts_line);
}

static int show_pid_mounts(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	UNUSED(pid); /* one name space for all */
	return each_mount(s, who, mounts_line);
}

static int show_pid_mountinfo(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	UNUSED(pid);
	return each_mount(s, who, mountinfo_line);
}

static int show_filesystems(struct text_sink *s, const struct fs_caller *who)
{
	UNUSED(who);
	for (const struct fstype *t = fstype_first(); t; t = t->next) sink_printf(s, "%s\t%s\n", t->nodev ? "nodev" : "", t->name);
	return 0;
}

/** Major numbers of one kind with the name of their first row, numbers cut off: "  4 ttyS". */
static void list_devices(struct text_sink *s, uint32_t kind)
{
	for (const struct dev_row *r = dev_first(); r; r = r->next) {
		const struct dev_row *before = dev_first();
		if ((r->mode & S_IFMT) != kind) continue;
		while (before != r && (before->rdev >> 8 != r->rdev >> 8 || (before->mode & S_IFMT) != kind)) before = before->next;
		uint32_t len = (uint32_t)strlen(r->name);
		while (len > 1 && r->name[len - 1] >= '0' && r->name[len - 1] <= '9') len--;
		const char *name = S_ISBLK(r->mode) ? (r->name[0] == 's' ? "sd" : "virtblk") : r->rdev >> 8 == 1 ? "mem" : r->name;
		if (before == r) sink_printf(s, "%3u %.*s\n", r->rdev >> 8, S_ISBLK(r->mode) ? 7 : (int)len, name);
	}
}

static int show_devices(struct text_sink *s, const struct fs_caller *who)
{
	UNUSED(who);
	sink_printf(s, "Character devices:\n");
	list_devices(s, S_IFCHR);
	sink_printf(s, "\nBlock devices:\n");
	list_devices(s, S_IFBLK);
	return 0;
}

void proc_rows_init(void)
{
	static struct proc_row rows[] = {
		{.path = "mounts", .mode = 0444, .show = show_mounts},
		{.path = "filesystems", .mode = 0444, .show = show_filesystems},
		{.path = "devices", .mode = 0444, .show = show_devices},
	};
	static struct pid_row of_pid[] = {
		{.name = "mounts", .mode = 0444, .show = show_pid_mounts},
		{.name = "mountinfo", .mode = 0444, .show = show_pid_mountinfo},
	};

	for (uint32_t n = 0; n < ARRAY_LEN(rows); n++) proc_register(&rows[n]);
	for (uint32_t n = 0; n < ARRAY_LEN(of_pid); n++) proc_register_pid(&of_pid[n]);
}
