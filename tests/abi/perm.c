/* perm - what a user that is not root may do with files: modes, owners, sticky and setgid directories, setuid bits. */
#include "paths.h"

#include <grp.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/time.h>
#include <sys/wait.h>

/* The directory as root leaves it: files of root, of 1000, of 2000; directories of every kind. */
static void make_world(void)
{
	static const struct {
		const char *name;
		int mode, uid, gid;
	} files[] = {
		{"root600", 0600, 0, 0}, {"root644", 0644, 0, 0}, {"root666", 0666, 0, 0}, {"mine", 0644, 1000, 1000},
		{"mine000", 0000, 1000, 1000}, {"mine555", 0555, 1000, 1000}, {"group", 0640, 0, 1000}, {"other", 0604, 1000, 1000},
		{"his", 0644, 2000, 2000}, {"extra", 0640, 0, 3000}, {"suid", 06755, 1000, 1000}, {"suidopen", 06777, 0, 0},
		{"open/roots", 0666, 0, 0}, {"sticky/roots", 0666, 0, 0}, {"sticky/mine", 0644, 1000, 1000}, {"closed/in", 0644, 1000, 1000},
		{"nox/in", 0644, 1000, 1000}, {"nor/in", 0644, 1000, 1000}, {"sgid/roots", 0666, 0, 0}, {"now/in", 0644, 1000, 1000},
		{"mysticky/roots", 0666, 0, 0},
	};
	static const struct {
		const char *name;
		int mode, uid, gid;
	} dirs[] = {
		{"open", 0777, 0, 0}, {"sticky", 01777, 0, 0}, {"closed", 0700, 0, 0}, {"nox", 0666, 0, 0}, {"nor", 0711, 0, 0},
		{"sgid", 02777, 0, 3000}, {"own", 0755, 1000, 1000}, {"now", 0555, 1000, 1000}, {"mysticky", 01777, 1000, 1000},
	};

	umask(0);
	for (unsigned i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		mkdir(dirs[i].name, 0777);
	for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
		make_file(files[i].name, "12345");
		chown(files[i].name, (uid_t)files[i].uid, (gid_t)files[i].gid);
		chmod(files[i].name, (mode_t)files[i].mode);
	}
	for (unsigned i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		chown(dirs[i].name, (uid_t)dirs[i].uid, (gid_t)dirs[i].gid);
		chmod(dirs[i].name, (mode_t)dirs[i].mode);
	}
	umask(022);
}

static const char *is(const char *path)
{
	static char text[48];
	struct stat st;

	if (lstat(path, &st))
		return errno_name(errno);
	snprintf(text, sizeof text, "%o %u:%u", st.st_mode, st.st_uid, st.st_gid);
	return text;
}

static void user_opens(void)
{
	T("open", "user: root's 0600, O_RDONLY", shut(open("root600", O_RDONLY)));
	T("open", "user: root's 0644, O_RDONLY", shut(open("root644", O_RDONLY)));
	T("open", "user: root's 0644, O_WRONLY", shut(open("root644", O_WRONLY)));
	T("open", "user: root's 0644, O_RDONLY|O_TRUNC", shut(open("root644", O_RDONLY | O_TRUNC)));
	T("open", "user: root's 0666, O_RDWR", shut(open("root666", O_RDWR)));
	T("open", "user: own 0000", shut(open("mine000", O_RDONLY)));
	T("open", "user: own 0000, O_PATH", shut(open("mine000", O_PATH)));
	T("open", "user: own 0555, O_WRONLY", shut(open("mine555", O_WRONLY)));
	T("open", "user: the group may read", shut(open("group", O_RDONLY)));
	T("open", "user: the group may not write", shut(open("group", O_RDWR)));
	T("open", "user: his own class counts, not others'", shut(open("other", O_RDWR)));
	T("open", "user: another group's file", shut(open("extra", O_RDONLY)));
	T("open", "user: access mode 3 of a file one may read", shut(open("root644", 3)));
	T("open", "user: O_CREAT in root's directory", shut(open("new", O_CREAT | O_RDWR, 0644)));
	T("open", "user: O_CREAT of root's file one may read", shut(open("root644", O_CREAT | O_RDONLY, 0644)));
	T("open", "user: O_CREAT|O_EXCL of root's file", shut(open("root644", O_CREAT | O_EXCL | O_RDWR, 0644)));
	TV("open", "user: O_CREAT in a directory for all", shut(open("open/new", O_CREAT | O_RDWR, 0666)), "%s", is("open/new"));
	TV("open", "user: O_CREAT in a setgid directory", shut(open("sgid/new", O_CREAT | O_RDWR, 0666)), "%s", is("sgid/new"));
	TV("open", "user: O_CREAT with setgid and x for the group in a setgid directory",
	   shut(open("sgid/new2", O_CREAT | O_RDWR, 02777)), "%s", is("sgid/new2"));
	TV("open", "user: O_CREAT with mode 0", shut(open("open/zero", O_CREAT | O_RDWR, 0)), "%s", is("open/zero"));
	T("open", "user: below a directory without x", shut(open("nox/in", O_RDONLY)));
	T("open", "user: below a directory without r", shut(open("nor/in", O_RDONLY)));
	T("open", "user: a directory without r", shut(open("nor", O_RDONLY)));
	T("open", "user: a directory without x", shut(open("nox", O_RDONLY)));
	T("open", "user: below a closed directory", shut(open("closed/in", O_RDONLY)));
	T("open", "user: an absent file in a closed directory", shut(open("closed/absent", O_RDONLY)));
	T("open", "user: an absent file in a directory without w", shut(open("now/absent", O_CREAT | O_RDWR, 0644)));
	T("open", "user: O_NOATIME on root's file", shut(open("root644", O_RDONLY | O_NOATIME)));
	T("open", "user: O_NOATIME on one's own", shut(open("mine", O_RDONLY | O_NOATIME)));
	T("open", "user: O_TMPFILE in root's directory", shut(open(".", O_TMPFILE | O_RDWR, 0600)));
	T("open", "user: O_TMPFILE in a directory for all", shut(open("open", O_TMPFILE | O_RDWR, 0600)));
	T("creat", "user: root's 0644", shut(creat("root644", 0644)));
	T("openat", "user: root's 0600", shut(openat(AT_FDCWD, "root600", O_RDONLY)));
	T("truncate", "user: root's 0644", truncate("root644", 0));
	T("truncate", "user: own 0555", truncate("mine555", 0));
	T("truncate", "user: root's 0666", truncate("root666", 3));
}

static void user_names(void)
{
	T("mkdir", "user: in root's directory", mkdir("d", 0755));
	TV("mkdir", "user: in a setgid directory", mkdir("sgid/d", 0755), "%s", is("sgid/d"));
	T("mkdir", "user: name is there, in root's directory", mkdir("own", 0755));
	T("rmdir", "user: root's directory in root's", rmdir("open"));
	T("rmdir", "user: own directory in root's", rmdir("own"));
	T("unlink", "user: own file in root's directory", unlink("mine"));
	T("unlink", "user: an absent file in root's directory", unlink("absent"));
	T("unlink", "user: root's file in a directory for all", unlink("open/roots"));
	T("unlink", "user: root's file in a sticky directory", unlink("sticky/roots"));
	T("unlink", "user: own file in a sticky directory", unlink("sticky/mine"));
	T("unlink", "user: root's file in one's own sticky directory", unlink("mysticky/roots"));
	T("unlink", "user: below a closed directory", unlink("closed/in"));
	T("rename", "user: out of root's directory", rename("mine", "open/mine"));
	T("rename", "user: into root's directory", (close(creat("open/a", 0644)), rename("open/a", "a")));
	T("rename", "user: root's file in a sticky directory", rename("sticky/roots", "sticky/x"));
	T("rename", "user: over root's file in a sticky directory", (close(creat("sticky/a", 0644)), rename("sticky/a", "sticky/roots")));
	T("rename", "user: own file in a sticky directory", rename("sticky/a", "sticky/b"));
	T("rename", "user: root's directory to another parent", rename("open", "own/x"));
	T("link", "user: into root's directory", link("mine", "x"));
	T("link", "user: own file", link("mine", "open/link1"));
	T("link", "user: root's 0644", link("root644", "open/link2"));
	T("link", "user: root's 0600", link("root600", "open/link3"));
	T("link", "user: root's 0666", link("root666", "open/link4"));
	T("symlink", "user: in root's directory", symlink("x", "y"));
	T("symlink", "user: in a directory for all", symlink("x", "open/sym"));
	T("mknod", "user: a device", mknod("open/dev", S_IFCHR | 0666, 0x103));
	T("mknod", "user: a block device", mknod("open/dev", S_IFBLK | 0666, 0x103));
	T("mknod", "user: a fifo", mknod("open/fifo", S_IFIFO | 0666, 0));
	T("mknod", "user: in root's directory", mknod("f", S_IFREG | 0666, 0));
	T("chdir", "user: a closed directory", chdir("closed"));
	T("chdir", "user: a directory without x", chdir("nox"));
	T("chdir", "user: a directory without r", chdir("nor"));
	T("chdir", "user: up again", chdir(".."));
	T("chdir", "user: below a closed directory", chdir("closed/x"));
	T("stat64", "user: below a directory without x", stat("nox/in", &(struct stat){0}));
	T("stat64", "user: root's 0600", stat("root600", &(struct stat){0}));
	T("statx", "user: below a closed directory", syscall(SYS_statx, AT_FDCWD, "closed/in", 0, 0, edge(256)));
	T("readlink", "user: below a closed directory", readlink("closed/in", edge(10), 10));
	T("statfs64", "user: below a closed directory", syscall(SYS_statfs64, "closed/in", 84, edge(84)));
	T("fchdir", "user: a directory without x", fchdir(open("nox", O_RDONLY)));
}

static void user_attributes(void)
{
	struct timeval tv[2] = {{1, 0}, {2, 0}};
	struct timespec omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}}, both[2] = {{1, 0}, {2, 0}}, now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
	int fd = open("root666", O_RDWR);

	T("chmod", "user: root's file", chmod("root644", 0600));
	TV("chmod", "user: own file", chmod("mine", 04755), "%s", is("mine"));
	TV("chmod", "user: setgid with a group of one's own", chmod("mine", 02755), "%s", is("mine"));
	TV("chmod", "user: setgid with a group not one's own", chmod("his", 02755), "%s", is("his"));
	T("fchmod", "user: root's file, open for writing", fchmod(fd, 0600));
	T("fchmodat", "user: root's file", fchmodat(AT_FDCWD, "root666", 0600, 0));
	T("chown32", "user: own file to root", syscall(SYS_chown32, "mine", 0, -1));
	T("chown32", "user: own file to oneself", syscall(SYS_chown32, "mine", 1000, -1));
	T("chown32", "user: own file to another group", syscall(SYS_chown32, "mine", -1, 2000));
	TV("chown32", "user: own file to a group one is in", syscall(SYS_chown32, "suid", -1, 1000), "%s", is("suid"));
	T("chown32", "user: root's file to oneself", syscall(SYS_chown32, "root666", 1000, -1));
	T("chown32", "user: root's file, -1 -1", syscall(SYS_chown32, "root666", -1, -1));
	T("fchown32", "user: root's file", syscall(SYS_fchown32, fd, 1000, 1000));
	T("lchown32", "user: own file to root", syscall(SYS_lchown32, "mine", 0, 0));
	T("fchownat", "user: own file to root", fchownat(AT_FDCWD, "mine", 0, 0, 0));
	T("chown", "user: own file to root", syscall(SYS_chown, "mine", 0, 0));
	T("lchown", "user: own file to root", syscall(SYS_lchown, "mine", 0, 0));
	T("fchown", "user: root's file", syscall(SYS_fchown, fd, 1000, 1000));
	T("utimes", "user: times of root's 0666", syscall(SYS_utimes, "root666", tv));
	T("utimes", "user: now on root's 0666", syscall(SYS_utimes, "root666", NULL));
	T("utimes", "user: now on root's 0644", syscall(SYS_utimes, "root644", NULL));
	T("utimes", "user: times of one's own", syscall(SYS_utimes, "mine000", tv));
	T("utime", "user: now on root's 0644", syscall(SYS_utime, "root644", NULL));
	T("utime", "user: times of root's 0666", syscall(SYS_utime, "root666", tv));
	T("utimensat", "user: two UTIME_OMIT on root's file", utimensat(AT_FDCWD, "root644", omit, 0));
	T("utimensat", "user: two UTIME_NOW on root's 0666", utimensat(AT_FDCWD, "root666", now, 0));
	T("utimensat", "user: two UTIME_NOW on root's 0644", utimensat(AT_FDCWD, "root644", now, 0));
	T("utimensat", "user: times of root's 0666", utimensat(AT_FDCWD, "root666", both, 0));
	T("futimesat", "user: times of root's 0666", syscall(SYS_futimesat, AT_FDCWD, "root666", tv));
	T("access", "user: R_OK of root's 0600", access("root600", R_OK));
	T("access", "user: R_OK of root's 0644", access("root644", R_OK));
	T("access", "user: R_OK|W_OK of root's 0644", access("root644", R_OK | W_OK));
	T("access", "user: F_OK below a closed directory", access("closed/in", F_OK));
	T("access", "user: X_OK of one's own 0555", access("mine555", X_OK));
	T("access", "user: X_OK of root's 0644", access("root644", X_OK));
	T("access", "user: W_OK of a directory for all", access("open", W_OK | X_OK));
	T("faccessat", "user: W_OK of root's 0644", syscall(SYS_faccessat, AT_FDCWD, "root644", W_OK));
	T("faccessat2", "user: R_OK of root's 0600", syscall(439, AT_FDCWD, "root600", R_OK, AT_EACCESS));
	T("setxattr", "user: trusted.", syscall(SYS_setxattr, "mine", "trusted.x", "v", 1, 0));
	T("getxattr", "user: trusted.", syscall(SYS_getxattr, "mine", "trusted.x", edge(4), 4));
	T("fcntl64", "user: F_SETFL O_NOATIME on root's file", fcntl(fd, F_SETFL, O_NOATIME));
	T("fcntl64", "user: F_SETLEASE on root's file", fcntl(open("root644", O_RDONLY), F_SETLEASE, F_RDLCK));
	T("fcntl64", "user: F_SETPIPE_SZ above the limit", (({ int p[2]; pipe(p); fcntl(p[0], F_SETPIPE_SZ, 2 << 20); })));
}

static void user_suid(void)
{
	int fd = open("suidopen", O_RDWR);

	TV("write", "user: clears setuid and setgid", write(fd, "x", 1), "%s", is("suidopen"));
	fd = open("suid", O_RDWR);
	TV("write", "user: 0 bytes keep setuid", write(fd, "x", 0), "%s", is("suid"));
	TV("ftruncate", "user: clears setuid", ftruncate(fd, 2), "%s", is("suid"));
	chmod("suid", 06755);
	TV("fallocate", "user: and setuid", fallocate(fd, 0, 0, 100), "%s", is("suid"));
	chmod("suid", 06755);
	TV("pwrite64", "user: clears setuid", pwrite(fd, "x", 1, 0), "%s", is("suid"));
	chmod("suid", 02745);
	TV("write", "user: setgid without x for the group stays", write(fd, "x", 1), "%s", is("suid"));
	chmod("suid", 06755);
	TV("open", "user: O_TRUNC clears setuid", shut(open("suid", O_RDWR | O_TRUNC)), "%s", is("suid"));
}

static void user_extra(void)
{
	T("open", "user: a supplementary group may read", shut(open("extra", O_RDONLY)));
	T("open", "user: a supplementary group may not write", shut(open("extra", O_WRONLY)));
	TV("chown32", "user: own file to a supplementary group", syscall(SYS_chown32, "mine", -1, 3000), "%s", is("mine"));
	TV("chmod", "user: setgid with a supplementary group", chmod("mine", 02755), "%s", is("mine"));
}

static void opens(void)
{
	make_world();
	as_user(1000, 1000, user_opens);
}

static void names(void)
{
	make_world();
	as_user(1000, 1000, user_names);
}

static void attributes(void)
{
	make_world();
	as_user(1000, 1000, user_attributes);
}

static void suid_bits(void)
{
	make_world();
	as_user(1000, 1000, user_suid);
}

static void extra_child(void)
{
	gid_t groups[1] = {3000};

	setgroups(1, groups);
	setresgid(1000, 1000, 1000);
	setresuid(1000, 1000, 1000);
	user_extra();
}

/* Effective and real user differ: access asks for the real one, files are opened for the effective one. */
static void real_child(void)
{
	setresgid(1000, 0, 0);
	setresuid(1000, 0, 0);
	T("access", "real user 1000, effective root: root's 0600", access("root600", R_OK));
	T("open", "real user 1000, effective root: root's 0600", shut(open("root600", O_RDONLY)));
	T("faccessat2", "AT_EACCESS, real user 1000, effective root", syscall(439, AT_FDCWD, "root600", R_OK, AT_EACCESS));
	setresuid(0, 1000, 0);
	T("access", "real root, effective 1000: root's 0600", access("root600", R_OK));
	T("open", "real root, effective 1000: root's 0600", shut(open("root600", O_RDONLY)));
	setfsuid(0);
	T("open", "fsuid root, effective 1000: root's 0600", shut(open("root600", O_RDONLY)));
}

static void others(void)
{
	make_world();
	in_child(extra_child);
	in_child(real_child);
}

const struct section sections[] = {
	{"opens", opens}, {"names", names}, {"attributes", attributes}, {"suid", suid_bits}, {"others", others}, {NULL, NULL},
};
