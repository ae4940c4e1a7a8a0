/* fs_init.c - the start of everything that is a file: the root from the boot module, /dev, /proc.
 * Called by: main.c, once.
 * Never: runs a program.  */
#include "fs/fs_init.h"
#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "fs/block.h"
#include "fs/devs.h"
#include "fs/ext2/ext2.h"
#include "fs/pages.h"
#include "fs/pty.h"
#include "fs/synth_priv.h"
#include "fs/writeback.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/log.h"
#include "kernel/mm/frame.h"
#include "lib/str.h"

/* ---- the kernel as a caller: nobody's process */
static uint32_t no_number(const struct fs_caller *c) { UNUSED(c); return 0; }
static bool no_truth(const struct fs_caller *c) { UNUSED(c); return false; }
static struct tty *no_tty(const struct fs_caller *c) { UNUSED(c); return NULL; }
static int no_set_ctty(const struct fs_caller *c, struct tty *t) { UNUSED(c); UNUSED(t); return -EPERM; }
static bool no_signal_ignored(const struct fs_caller *c, int sig) { UNUSED(c); UNUSED(sig); return true; }
static void no_raise(const struct fs_caller *c, int sig) { UNUSED(c); UNUSED(sig); }
static bool no_such_pgrp(uint32_t pgrp) { UNUSED(pgrp); return false; }
static bool no_pgrp(uint32_t pgrp, uint32_t session) { UNUSED(pgrp); UNUSED(session); return false; }
static const struct fs_caller_ops kernel_ops = {
	.pid = no_number,
	.pgrp = no_number,
	.session = no_number,
	.is_session_leader = no_truth,
	.ctty = no_tty,
	.set_ctty = no_set_ctty,
	.signal_ignored_or_blocked = no_signal_ignored,
	.pgrp_orphaned = no_truth,
	.raise = no_raise,
	.raise_pgrp = no_raise,
	.pgrp_in_session = no_pgrp,
	.pgrp_exists = no_such_pgrp,
};
static struct cred kernel_cred = {.effective = CAP_ALL, .permitted = CAP_ALL, .bounding = CAP_ALL};
struct fs_caller fs_kernel_caller = {.cred = &kernel_cred, .fsize_limit = UINT64_MAX, .ops = &kernel_ops};

/* ---- steps */
static void make_root(void)
{
	struct superblock *sb;
	const struct boot_module *m = &boot_info.initrd;
	uint32_t free_before = frame_free_count();

	if (tmpfs_make("tmpfs", "mode=755", &sb) || mount_add(NULL, sb, 0)) panic("fs: no memory for the root");
	fs_kernel_caller.root = fs_kernel_caller.cwd = name_root();
	if (m->bytes == 0) {
		klog(LOG_WARN, "fs: no boot module: the root is empty");
		return;
	}
	if (m->start.v + m->bytes > boot_info.mem_bytes)
		panic("fs: the boot module (%u KiB) does not fit into this machine: give it more memory", m->bytes >> 10);
	int err = tmpfs_unpack(sb, phys_to_virt(m->start), m->bytes);
	if (err) panic("fs: the boot module is no good archive (%d)", -err);
	uint32_t free_now = frame_free_count();
	klog(LOG_INFO, "fs: root of %u KiB unpacked in place, %u KiB %s", m->bytes >> 10,
	     (free_now > free_before ? free_now - free_before : free_before - free_now) * 4,
	     free_now > free_before ? "given back" : "more taken for inodes and short files");
}

/** path: one component below the root. */
static void mount_at(const char *path, const char *type)
{
	struct walk w;
	int err = name_walk(&w, NULL, path, WALK_FOLLOW, &fs_kernel_caller);

	if (err == -ENOENT) { /* the archive has no such directory */
		err = name_mkdir(name_root(), path + 1, (uint32_t)strlen(path + 1), 0755, &fs_kernel_caller);
		if (!err) err = name_walk(&w, NULL, path, WALK_FOLLOW, &fs_kernel_caller);
	}
	if (!err) err = fstype_mount(type, type, NULL, w.name, MS_NOSUID | MS_RELATIME, &fs_kernel_caller);
	if (err) klog(LOG_ERR, "fs: %s cannot be mounted (%d)", path, -err);
	name_unref(w.name);
}

static void mount_all(void)
{
	mount_at("/dev", "devtmpfs");
	mount_at("/dev/pts", "devpts");
	mount_at("/dev/shm", "tmpfs");
	mount_at("/proc", "proc");
	mount_at("/sys", "sysfs");
}

/** Every mount but the new root goes, the last first: the memory of the boot module's files is free again. */
static void forget_others(struct name *kept)
{
	for (;;) {
		struct mount *last = NULL, *m;
		list_for_each(m, &mounts, node)
			if (m->root != kept) last = m;
		if (!last) return;
		struct name *root = last->root;
		name_ref(root);
		if (last->at) {
			(void)mount_remove(root, MNT_DETACH);
		} else { /* the first root covers nothing */
			list_remove(&last->node);
			name_unref(root);
		}
		name_unref(root);
	}
}

void fs_root_from_disk(void)
{
	char path[32];
	struct superblock *sb;

	if (!bootopt_str("root", path, sizeof path)) return;
	uint32_t flags = bootopt_flag("ro") ? MS_RDONLY | MS_RELATIME : MS_RELATIME;
	int err = fstype_make("ext2", path, NULL, &flags, &sb, &fs_kernel_caller);
	if (err) panic("root=%s: it cannot be mounted (error %d)", path, -err);
	if (mount_add(NULL, sb, flags)) panic("root=%s: no memory to mount it", path);
	fs_kernel_caller.root = fs_kernel_caller.cwd = name_root();
	forget_others(name_root());
	mount_all();
	klog(LOG_INFO, "fs: root is %s", path);
}

void fs_init(void)
{
	static struct fstype types[] = {
		{.name = "tmpfs", .make = tmpfs_make, .nodev = true},
		{.name = "proc", .make = proc_make, .nodev = true},
		{.name = "sysfs", .make = sysfs_make, .nodev = true},
		{.name = "devtmpfs", .make = devtmpfs_make, .nodev = true},
	};

	names_init();
	for (uint32_t n = 0; n < ARRAY_LEN(types); n++) fstype_register(&types[n]);
	fstype_register(&ext2_type);
	devs_init();
	proc_rows_init();
	pty_init();
	block_init();
	writeback_init();
	make_root();
	mount_all();
}
