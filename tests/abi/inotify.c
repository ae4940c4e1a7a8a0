/* inotify - inotify_init, inotify_init1, inotify_add_watch, inotify_rm_watch, and what is told. */
#include "paths.h"

#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>

static int in;

PATH(add, syscall(SYS_inotify_add_watch, in, p, IN_MODIFY))
FDC(add, syscall(SYS_inotify_add_watch, fd, ".", IN_MODIFY))
FDC(rm, syscall(SYS_inotify_rm_watch, fd, 1))

static char buf[4096] __attribute__((aligned(8)));

/* All events that wait, as "mask:name" with the watch's number. */
static const char *events(void)
{
	static char text[600];
	long n = read(in, buf, sizeof buf);

	text[0] = '\0';
	if (n < 0)
		return errno_name(errno);
	for (long at = 0; at < n;) {
		struct inotify_event *e = (struct inotify_event *)(buf + at);
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d:%x%s%s%s", at ? " " : "", e->wd, e->mask, e->len ? ":" : "",
			 e->len ? e->name : "", e->cookie ? "+" : "");
		at += (long)(sizeof *e + e->len);
	}
	return text;
}

static void making(void)
{
	T("inotify_init", "success", shut(syscall(SYS_inotify_init)));
	T("inotify_init1", "no flag", shut(syscall(SYS_inotify_init1, 0)));
	in = (int)syscall(SYS_inotify_init1, IN_NONBLOCK | IN_CLOEXEC);
	note("inotify_init1", "IN_NONBLOCK|IN_CLOEXEC", "%o %d", fcntl(in, F_GETFL), fcntl(in, F_GETFD));
	T("inotify_init1", "unknown flag", syscall(SYS_inotify_init1, 1));
	path_errors("inotify_add_watch", p_add);
	T("inotify_add_watch", "descriptor: closed", f_add(NOFD));
	T("inotify_add_watch", "descriptor: no inotify", f_add(0));
	T("inotify_rm_watch", "descriptor: closed", f_rm(NOFD));
	T("inotify_rm_watch", "descriptor: no inotify", f_rm(0));
	T("inotify_rm_watch", "no such watch", syscall(SYS_inotify_rm_watch, in, 77));
	T("inotify_rm_watch", "watch -1", syscall(SYS_inotify_rm_watch, in, -1));
	make_file("file", "x");
	mkdir("dir", 0755);
	symlink("file", "link");
	T("inotify_add_watch", "no event", syscall(SYS_inotify_add_watch, in, "file", 0));
	T("inotify_add_watch", "unknown bits only", syscall(SYS_inotify_add_watch, in, "file", 0x1000));
	T("inotify_add_watch", "IN_ONLYDIR on a file", syscall(SYS_inotify_add_watch, in, "file", IN_MODIFY | IN_ONLYDIR));
	T("inotify_add_watch", "IN_MASK_ADD|IN_MASK_CREATE", syscall(SYS_inotify_add_watch, in, "file", IN_MODIFY | IN_MASK_ADD | IN_MASK_CREATE));
	T("inotify_add_watch", "the first watch", syscall(SYS_inotify_add_watch, in, "file", IN_MODIFY));
	T("inotify_add_watch", "the same file again", syscall(SYS_inotify_add_watch, in, "link", IN_ATTRIB));
	T("inotify_add_watch", "IN_MASK_CREATE of what is watched", syscall(SYS_inotify_add_watch, in, "file", IN_MODIFY | IN_MASK_CREATE));
	T("inotify_add_watch", "IN_DONT_FOLLOW", syscall(SYS_inotify_add_watch, in, "link", IN_ATTRIB | IN_DONT_FOLLOW));
	T("read", "an inotify without events, O_NONBLOCK", read(in, buf, sizeof buf));
	TV("chmod", "is told to the second mask only", chmod("file", 0600), "%s", events());
	T("inotify_rm_watch", "success", syscall(SYS_inotify_rm_watch, in, 1));
	note("inotify_rm_watch", "is told", "%s", events());
	T("inotify_rm_watch", "twice", syscall(SYS_inotify_rm_watch, in, 1));
	T("write", "an inotify", write(in, "x", 1));
	T("lseek", "an inotify", syscall(SYS_lseek, in, 0, SEEK_SET));
	T("inotify_init1", "no descriptor left", (setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, 4096}), syscall(SYS_inotify_init1, 0)));
}

static void in_directory(void)
{
	int fd, n = -1;

	in = (int)syscall(SYS_inotify_init1, IN_NONBLOCK);
	mkdir("dir", 0755);
	syscall(SYS_inotify_add_watch, in, "dir", IN_ALL_EVENTS);
	fd = open("dir/a", O_CREAT | O_RDWR, 0644);
	note("open", "a new file is told to its directory", "%s", events());
	write(fd, "abc", 3);
	note("write", "is told to the directory", "%s", events());
	pread(fd, buf, 1, 0);
	note("pread64", "is told to the directory", "%s", events());
	ftruncate(fd, 1);
	note("ftruncate", "is told to the directory", "%s", events());
	fchmod(fd, 0600);
	note("fchmod", "is told to the directory", "%s", events());
	close(fd);
	note("close", "after writing is told to the directory", "%s", events());
	close(open("dir/a", O_RDONLY));
	note("close", "after reading is told to the directory", "%s", events());
	link("dir/a", "dir/b");
	note("link", "is told to the directory", "%s", events());
	rename("dir/b", "dir/c");
	note("rename", "within the directory is told", "%s", events());
	rename("dir/c", "outside");
	note("rename", "out of the directory is told", "%s", events());
	rename("outside", "dir/d");
	note("rename", "into the directory is told", "%s", events());
	unlink("dir/d");
	note("unlink", "is told to the directory", "%s", events());
	mkdir("dir/sub", 0755);
	note("mkdir", "is told to the directory", "%s", events());
	rmdir("dir/sub");
	note("rmdir", "is told to the directory", "%s", events());
	symlink("x", "dir/s");
	mkfifo("dir/f", 0644);
	note("symlink", "and mknod are told to the directory", "%s", events());
	fd = must_open("dir/a", O_RDWR, 0);
	write(fd, "x", 1);
	close(fd);
	ioctl(in, FIONREAD, &n);
	note("ioctl", "FIONREAD of an inotify", "%d", n);
	T("read", "an inotify with too little room", read(in, buf, 10));
	T("read", "an inotify, bad pointer", syscall(SYS_read, in, BAD, 100));
	events();
	unlink("dir/a");
	unlink("dir/s");
	unlink("dir/f");
	events();
	rmdir("dir");
	note("rmdir", "the watched directory is told of itself", "%s", events());
}

static void of_file(void)
{
	int fd;

	in = (int)syscall(SYS_inotify_init1, IN_NONBLOCK);
	make_file("file", "abc");
	syscall(SYS_inotify_add_watch, in, "file", IN_ALL_EVENTS);
	fd = must_open("file", O_RDWR, 0);
	write(fd, "x", 1);
	write(fd, "y", 1);
	note("write", "twice is told once", "%s", events());
	rename("file", "other");
	note("rename", "is told to the file", "%s", events());
	link("other", "third");
	note("link", "is told to the file", "%s", events());
	unlink("other");
	note("unlink", "of one of two names is told to the file", "%s", events());
	unlink("third");
	note("unlink", "of the last name of an open file", "%s", events());
	close(fd);
	note("close", "the last one of a removed file", "%s", events());
	make_file("once", "abc");
	syscall(SYS_inotify_add_watch, in, "once", IN_MODIFY | IN_ONESHOT);
	fd = must_open("once", O_RDWR, 0);
	write(fd, "x", 1);
	write(fd, "x", 1);
	note("write", "is told to an IN_ONESHOT watch", "%s", events());
	make_file("added", "abc");
	syscall(SYS_inotify_add_watch, in, "added", IN_MODIFY);
	syscall(SYS_inotify_add_watch, in, "added", IN_ATTRIB | IN_MASK_ADD);
	fd = must_open("added", O_RDWR, 0);
	write(fd, "x", 1);
	fchmod(fd, 0600);
	note("inotify_add_watch", "IN_MASK_ADD", "%s", events());
	mkdir("mnt", 0755);
	mount("none", "mnt", "tmpfs", 0, NULL);
	make_file("mnt/f", "x");
	syscall(SYS_inotify_add_watch, in, "mnt/f", IN_MODIFY);
	umount("mnt");
	note("umount", "is told to what was watched", "%s", events());
}

static void as_other(void)
{
	T("inotify_add_watch", "user: a file one may not read", p_add("secret"));
	T("inotify_add_watch", "user: a file one may read", p_add("public"));
}

static void permission(void)
{
	in = (int)syscall(SYS_inotify_init1, IN_NONBLOCK);
	make_file("secret", "x");
	chmod("secret", 0600);
	make_file("public", "x");
	as_user(1000, 1000, as_other);
}

const struct section sections[] = {
	{"making", making}, {"directory", in_directory}, {"file", of_file}, {"permission", permission}, {NULL, NULL},
};
