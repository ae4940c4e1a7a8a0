/* open - open, openat, creat, close, close_range. */
#include "abi.h"

/* The paths' own errors, the same for each call that opens. */
static void paths(void)
{
	make_file("file", "12345");
	mkdir("dir", 0755);
	symlink("loop", "loop");
	symlink("absent", "dangling");
	T("open", "success", syscall(SYS_open, "file", O_RDONLY));
	T("open", "no such file", syscall(SYS_open, "absent", O_RDONLY));
	T("open", "file as directory in the path", syscall(SYS_open, "file/x", O_RDONLY));
	T("open", "bad pointer", syscall(SYS_open, BAD, O_RDONLY));
	T("open", "loop of links", syscall(SYS_open, "loop", O_RDONLY));
	T("openat", "O_DIRECTORY on a file", syscall(SYS_openat, AT_FDCWD, "file", O_DIRECTORY));
}

const struct section sections[] = {{"paths", paths}, {NULL, NULL}};
