/* paths.h - the conditions that every call with a path, or with a descriptor, has in common.
 * Used by the families of file calls.  Source: path_resolution(7) and the ERRORS of each call. */
#ifndef TESTS_ABI_PATHS_H
#define TESTS_ABI_PATHS_H

#include "abi.h"

typedef long (*path_call)(const char *path);
typedef long (*fd_call)(int fd);

/* A wrapper of that type: PATH(open, syscall(SYS_open, p, 0)) defines p_open. */
#define PATH(name, expr) \
	static long p_##name(const char *p) \
	{ \
		return expr; \
	}
#define FDC(name, expr) \
	static long f_##name(int fd) \
	{ \
		return expr; \
	}

/* A path of n bytes that names "." over and over. */
static inline const char *dots(size_t n)
{
	static char path[8192];

	for (size_t i = 0; i < n; i++)
		path[i] = i % 2 ? '/' : '.';
	path[n] = '\0';
	return path;
}

/* Nothing of these names need exist before; leaves "p_file", "p_loop". */
static inline void path_errors(const char *call, path_call f)
{
	char *end = edge(4);

	if (access("p_file", F_OK)) {
		make_file("p_file", "1");
		symlink("p_loop", "p_loop");
	}
	memcpy(end, "p_fi", 4);
	T(call, "path: directory is absent", f("absent/x"));
	T(call, "path: component is a file", f("p_file/x"));
	T(call, "path: component is a file, dot", f("p_file/."));
	T(call, "path: loop of links in it", f("p_loop/x"));
	T(call, "path: name of 256 bytes", f(long_name(256)));
	T(call, "path: 4096 bytes", f(dots(4096)));
	T(call, "path: empty", f(""));
	T(call, "path: bad pointer", f(BAD));
	T(call, "path: null pointer", f(NULL));
	T(call, "path: kernel's memory", f(KERNEL));
	T(call, "path: runs into no memory", f(end));
}

static inline void fd_errors(const char *call, fd_call f)
{
	int path = open(".", O_PATH | O_DIRECTORY);

	T(call, "descriptor: closed", f(NOFD));
	T(call, "descriptor: -1", f(-1));
	T(call, "descriptor: out of range", f(HUGEFD));
	T(call, "descriptor: O_PATH", f(path));
	close(path);
}

/* For the calls with a directory's descriptor; f opens or changes "p_name" below fd. */
static inline void at_errors(const char *call, fd_call f)
{
	int file = must_open("p_atfile", O_RDWR | O_CREAT, 0644);

	T(call, "at: closed descriptor", f(NOFD));
	T(call, "at: negative descriptor", f(-5));
	T(call, "at: descriptor of a file", f(file));
	close(file);
}

#endif
