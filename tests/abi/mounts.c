/* mounts - mount, umount, umount2: tmpfs, proc, bind mounts, flags and what they forbid. */
#include "paths.h"

#include <sys/mount.h>
#include <sys/statfs.h>

static long m(const char *from, const char *to, const char *type, unsigned long flags, const void *data)
{
	return syscall(SYS_mount, from, to, type, flags, data);
}

PATH(mount, m("none", p, "tmpfs", 0, NULL))
PATH(umount, syscall(SYS_umount, p))
PATH(umount2, syscall(SYS_umount2, p, 0))

static unsigned dev_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (unsigned)st.st_dev;
}

/* The row of /proc/self/mounts for this place: type and options. */
static const char *row(const char *place)
{
	static char text[4096], out[256];
	char full[128], type[32], options[160], where[128];
	int fd = open("/proc/self/mounts", O_RDONLY);
	long n = 0, got;

	while (n < (long)sizeof text - 1 && (got = read(fd, text + n, sizeof text - 1 - (size_t)n)) > 0)
		n += got;
	close(fd);
	text[n] = '\0';
	snprintf(full, sizeof full, "/tmp/abi/mounts/%s", place);
	strcpy(out, "absent");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%*s %127s %31s %159s", where, type, options) == 3 && strcmp(where, full) == 0)
			snprintf(out, sizeof out, "%s %.9s", type, options);
	return out;
}

static void paths(void)
{
	mkdir("dir", 0755);
	path_errors("mount", p_mount);
	path_errors("umount", p_umount);
	path_errors("umount2", p_umount2);
	T("mount", "a file for a tmpfs", p_mount("p_file"));
	T("mount", "unknown type", m("none", "dir", "nonefs", 0, NULL));
	T("mount", "no type", m("none", "dir", NULL, 0, NULL));
	T("mount", "bad type", m("none", "dir", BAD, 0, NULL));
	T("mount", "bad source", m(BAD, "dir", "tmpfs", 0, NULL));
	T("mount", "bad data", m("none", "dir", "tmpfs", 0, BAD));
	T("mount", "unknown option of tmpfs", m("none", "dir", "tmpfs", 0, "nonsense=1"));
	T("mount", "tmpfs with a bad size", m("none", "dir", "tmpfs", 0, "size=x"));
	T("umount", "no mount's root", p_umount("dir"));
	T("umount2", "no mount's root", p_umount2("dir"));
	T("umount2", "a file", p_umount2("p_file"));
	T("umount2", "unknown flag", syscall(SYS_umount2, "dir", 0x100));
	T("umount2", "MNT_EXPIRE|MNT_FORCE", syscall(SYS_umount2, "dir", MNT_EXPIRE | MNT_FORCE));
	T("umount", "the root of all", p_umount("/"));
}

static void tmpfs_mounts(void)
{
	struct statfs fs;
	unsigned before;
	int fd;

	mkdir("dir", 0700);
	make_file("dir/under", "x");
	before = dev_of("dir");
	T("mount", "a tmpfs", m("none", "dir", "tmpfs", 0, NULL));
	note("mount", "a tmpfs hides what is under it", "%d, another device %d", access("dir/under", F_OK), dev_of("dir") != before);
	note("mount", "a tmpfs in /proc/self/mounts", "%s", row("tmpfs/dir"));
	make_file("dir/in", "x");
	fd = must_open("dir/in", O_RDONLY, 0);
	T("umount", "an open file in it", p_umount("dir"));
	T("umount2", "an open file in it", p_umount2("dir"));
	close(fd);
	T("mount", "again on the same place", m("none", "dir", "tmpfs", 0, "mode=0711,uid=5,gid=6,size=64k"));
	struct stat st;
	stat("dir", &st);
	note("mount", "options of tmpfs", "%o %u:%u", st.st_mode, st.st_uid, st.st_gid);
	statfs("dir", &fs);
	note("mount", "the size of a tmpfs", "%ld of %ld", (long)fs.f_blocks, (long)fs.f_bsize);
	fd = must_open("dir/full", O_RDWR | O_CREAT, 0644);
	long total = 0, n;
	while ((n = write(fd, edge(8192), 8192)) > 0)
		total += n;
	note("write", "a full tmpfs", "%s after %ld", errno_name(errno), total);
	close(fd);
	T("umount", "the upper one", p_umount("dir"));
	note("umount", "the lower one comes to light", "%d", access("dir/in", F_OK));
	T("umount2", "UMOUNT_NOFOLLOW through a link", (symlink("dir", "link"), syscall(SYS_umount2, "link", UMOUNT_NOFOLLOW)));
	T("umount2", "MNT_EXPIRE, first", syscall(SYS_umount2, "dir", MNT_EXPIRE));
	T("umount2", "MNT_EXPIRE, second", syscall(SYS_umount2, "dir", MNT_EXPIRE));
	note("umount", "what was under it", "%d", access("dir/under", F_OK));
	m("none", "dir", "tmpfs", 0, NULL);
	fd = must_open("dir/x", O_RDWR | O_CREAT, 0644);
	T("umount2", "MNT_DETACH with an open file", syscall(SYS_umount2, "dir", MNT_DETACH));
	TV("umount2", "MNT_DETACH: the open file goes on", write(fd, "x", 1), "%d", access("dir/x", F_OK));
	m("none", "dir", "tmpfs", 0, NULL);
	chdir("dir");
	T("umount2", "the working directory in it", syscall(SYS_umount2, "../dir", 0));
	chdir("..");
	mkdir("dir/sub", 0755);
	T("mount", "a mount in a mount", m("none", "dir/sub", "tmpfs", 0, NULL));
	T("umount2", "a mount with one in it", p_umount2("dir"));
	T("umount2", "MNT_DETACH of both", syscall(SYS_umount2, "dir", MNT_DETACH));
	T("mount", "proc", m("proc", "dir", "proc", 0, NULL));
	note("mount", "proc in /proc/self/mounts", "%s, self %d", row("tmpfs/dir"), access("dir/self", F_OK));
	T("umount", "proc", p_umount("dir"));
}

static void flags(void)
{
	char c;
	int fd;

	mkdir("dir", 0755);
	T("mount", "MS_RDONLY", m("none", "dir", "tmpfs", MS_RDONLY, NULL));
	T("open", "O_CREAT in a read-only file system", shut(open("dir/x", O_CREAT | O_RDWR, 0644)));
	T("mkdir", "in a read-only file system", mkdir("dir/d", 0755));
	T("chmod", "in a read-only file system", chmod("dir", 0700));
	T("access", "W_OK in a read-only file system", access("dir", W_OK));
	T("mount", "MS_REMOUNT to writable", m("none", "dir", "tmpfs", MS_REMOUNT, NULL));
	make_file("dir/file", "x");
	symlink("file", "dir/link");
	mkfifo("dir/fifo", 0644);
	mknod("dir/null", S_IFCHR | 0666, 0x103);
	fd = must_open("dir/file", O_RDWR, 0);
	T("mount", "MS_REMOUNT|MS_RDONLY, a file open for writing", m("none", "dir", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL));
	close(fd);
	T("mount", "MS_REMOUNT|MS_RDONLY", m("none", "dir", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL));
	note("mount", "read-only in /proc/self/mounts", "%s", row("flags/dir"));
	T("open", "O_RDONLY in a read-only file system", shut(open("dir/file", O_RDONLY)));
	T("open", "O_WRONLY in a read-only file system", shut(open("dir/file", O_WRONLY)));
	T("open", "O_RDONLY|O_TRUNC in a read-only file system", shut(open("dir/file", O_RDONLY | O_TRUNC)));
	T("open", "O_CREAT of a file that is there, read-only", shut(open("dir/file", O_RDONLY | O_CREAT, 0644)));
	T("open", "a fifo for writing, read-only", shut(open("dir/fifo", O_RDWR)));
	T("open", "a device for writing, read-only", shut(open("dir/null", O_RDWR)));
	T("unlink", "in a read-only file system", unlink("dir/file"));
	T("unlink", "an absent file in a read-only file system", unlink("dir/absent"));
	T("rmdir", "in a read-only file system", rmdir("dir/absent"));
	T("rename", "in a read-only file system", rename("dir/file", "dir/x"));
	T("link", "in a read-only file system", link("dir/file", "dir/x"));
	T("link", "over a name in a read-only file system", link("dir/file", "dir/link"));
	T("symlink", "in a read-only file system", symlink("dir/file", "dir/x"));
	T("mknod", "in a read-only file system", mknod("dir/x", S_IFREG | 0644, 0));
	T("mkdir", "over a name in a read-only file system", mkdir("dir/file", 0755));
	T("truncate", "in a read-only file system", truncate("dir/file", 0));
	T("chown32", "in a read-only file system", chown("dir/file", 1, 1));
	T("utimensat", "in a read-only file system", utimensat(AT_FDCWD, "dir/file", NULL, 0));
	T("setxattr", "in a read-only file system", syscall(SYS_setxattr, "dir/file", "user.x", "v", 1, 0));
	T("access", "W_OK of a file in a read-only file system", access("dir/file", W_OK));
	T("access", "W_OK of a device in a read-only file system", access("dir/null", W_OK));
	umount("dir");
	T("mount", "MS_NOEXEC|MS_NOSUID|MS_NODEV", m("none", "dir", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL));
	note("mount", "flags in /proc/self/mounts", "%.32s", row("flags/dir"));
	mknod("dir/null", S_IFCHR | 0666, 0x103);
	T("open", "a device on MS_NODEV", shut(open("dir/null", O_RDWR)));
	make_file("dir/prog", "#!/bin/sh\nexit 0\n");
	chmod("dir/prog", 0755);
	T("execve", "a program on MS_NOEXEC", execl("dir/prog", "prog", (char *)NULL));
	T("access", "X_OK on MS_NOEXEC", access("dir/prog", X_OK));
	umount("dir");
	T("mount", "MS_REMOUNT of no mount's root", m("none", "dir", "tmpfs", MS_REMOUNT, NULL));
	c = 0;
	(void)c;
}

static void binds(void)
{
	mkdir("from", 0755);
	mkdir("from/sub", 0755);
	mkdir("to", 0755);
	make_file("from/file", "x");
	make_file("target", "t");
	T("mount", "MS_BIND", m("from", "to", NULL, MS_BIND, NULL));
	note("mount", "MS_BIND shows the same files", "%d %d", access("to/file", F_OK), dev_of("from") == dev_of("to"));
	make_file("to/new", "x");
	note("mount", "MS_BIND: a new file is on both sides", "%d", access("from/new", F_OK));
	T("rename", "across a bind mount", rename("from/new", "to/new2"));
	T("link", "across a bind mount", link("from/new", "to/new2"));
	T("mount", "MS_BIND|MS_REMOUNT|MS_RDONLY", m("none", "to", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	T("open", "O_CREAT in a read-only bind mount", shut(open("to/y", O_CREAT | O_RDWR, 0644)));
	T("open", "O_CREAT in what a read-only bind mount shows", shut(open("from/y", O_CREAT | O_RDWR, 0644)));
	T("umount", "a bind mount", p_umount("to"));
	T("mount", "MS_BIND of a file", m("from/file", "target", NULL, MS_BIND, NULL));
	note("mount", "MS_BIND of a file: size", "%d", access("target", F_OK));
	T("unlink", "a file that is a mount's root", unlink("target"));
	T("umount", "a bind mount of a file", p_umount("target"));
	T("mount", "MS_BIND of a directory on a file", m("from", "target", NULL, MS_BIND, NULL));
	T("mount", "MS_BIND of a file on a directory", m("target", "to", NULL, MS_BIND, NULL));
	T("mount", "MS_BIND of an absent file", m("absent", "to", NULL, MS_BIND, NULL));
	m("none", "from/sub", "tmpfs", 0, NULL);
	make_file("from/sub/deep", "x");
	m("from", "to", NULL, MS_BIND, NULL);
	note("mount", "MS_BIND leaves out mounts below", "%d", access("to/sub/deep", F_OK));
	umount("to");
	T("mount", "MS_BIND|MS_REC", m("from", "to", NULL, MS_BIND | MS_REC, NULL));
	note("mount", "MS_BIND|MS_REC takes mounts below along", "%d", access("to/sub/deep", F_OK));
	umount2("to", MNT_DETACH);
	umount("from/sub");
	mkdir("elsewhere", 0755);
	m("none", "to", "tmpfs", 0, NULL);
	make_file("to/inside", "x");
	T("mount", "MS_MOVE", m("to", "elsewhere", NULL, MS_MOVE, NULL));
	note("mount", "MS_MOVE: here and there", "%d %d", access("to/inside", F_OK), access("elsewhere/inside", F_OK));
	T("mount", "MS_MOVE of no mount's root", m("from", "to", NULL, MS_MOVE, NULL));
	T("mount", "MS_PRIVATE", m("none", "elsewhere", NULL, MS_PRIVATE, NULL));
	T("mount", "MS_PRIVATE of no mount's root", m("none", "from", NULL, MS_PRIVATE, NULL));
	T("mount", "MS_PRIVATE|MS_SHARED", m("none", "elsewhere", NULL, MS_PRIVATE | MS_SHARED, NULL));
	umount("elsewhere");
}

static void user_mounts(void)
{
	T("mount", "not root", m("none", "dir", "tmpfs", 0, NULL));
	T("umount", "not root", p_umount("dir"));
	T("umount2", "not root", p_umount2("dir"));
	T("chroot", "not root", syscall(SYS_chroot, "dir"));
}

static void not_root(void)
{
	mkdir("dir", 0755);
	as_user(1000, 1000, user_mounts);
}

const struct section sections[] = {
	{"paths", paths}, {"tmpfs", tmpfs_mounts}, {"flags", flags}, {"binds", binds}, {"user", not_root}, {NULL, NULL},
};
