/* abi_whole: Debian's own programs at fixed work, each checked by what it printed.
 * Started by bench/abi.py as pid 1 of Godwit and of Linux, with the same files on both.
 * Never: looks into a program; a row is the time from fork to the last byte of output and the end. */
#define _GNU_SOURCE
#include "abi.h"


struct row {
	const char *name, *command, *answer;
};

/* The files that the rows work on are made before the first is measured. */
static const char prepare[] =
	"set -e; cd /tmp; mkdir -p w/src; cd w; "
	"i=0; while [ $i -lt 8 ]; do "
	"  echo \"int f$i(int x) { int s = 0; for (int k = 0; k < x; k++) s += k * $i; return s; }\" > src/f$i.c; i=$((i+1)); done; "
	"{ echo '#include <stdio.h>'; i=0; while [ $i -lt 8 ]; do echo \"int f$i(int);\"; i=$((i+1)); done; "
	"  echo 'int main(void) { printf(\"%d\\n\", f1(10) + f2(10) + f7(10)); return 0; }'; } > src/main.c; "
	"{ echo 'OBJ = main.o f0.o f1.o f2.o f3.o f4.o f5.o f6.o f7.o'; echo 'prog: $(OBJ)'; printf '\\ttcc -o $@ $(OBJ)\\n'; "
	"  echo '%.o: src/%.c'; printf '\\ttcc -c -o $@ $<\\n'; } > Makefile; "
	"awk 'BEGIN { s = 1; for (i = 0; i < 20000; i++) { s = (s * 16807) % 2147483647; print s } }' > numbers";

static const struct row rows[] = {
	{"python3", "python3 -c 'import json; print(json.dumps({\"s\": sum(i * i for i in range(1000))}))'", "{\"s\": 332833500}\n"},
	{"tcc", "cd /tmp/w && tcc -o one src/main.c src/f?.c && ./one", "450\n"},
	{"make", "cd /tmp/w && rm -f *.o prog && make -s && ./prog", "450\n"},
	{"tar", "cd /tmp && rm -rf x && mkdir x && tar -cf x.tar -C /usr/include linux && tar -xf x.tar -C x && "
		"ls x/linux/fs.h && rm -rf x x.tar", "x/linux/fs.h\n"},
	{"sort", "cd /tmp/w && sort -n numbers > sorted && head -n 1 sorted", "8383\n"},
	{"shell", "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; echo $i", "1000\n"},
};

/* Runs a shell command with its output in a pipe; the text that came. */
static void run(const char *command, char *out, size_t size)
{
	int ends[2];
	pid_t pid;
	size_t n = 0;
	ssize_t got;

	check(pipe(ends) == 0 && (pid = fork()) >= 0, "fork");
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]), close(ends[1]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while (n < size - 1 && (got = read(ends[0], out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = 0;
	close(ends[0]);
	reap(pid, command);
}

static const struct row *current;

static void one(long times)
{
	char out[256];

	while (times-- > 0) {
		run(current->command, out, sizeof out);
		if (strcmp(out, current->answer)) {
			printf("FAIL %s printed: %s\n", current->name, out);
			fflush(stdout);
			_exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;
	int rounds = argc > 1 ? atoi(argv[1]) : 2;
	char out[256];

	if (getpid() == 1)
		first_program();
	run(prepare, out, sizeof out);
	mark("begin");
	for (int r = 0; r < rounds || r == 0; r++)
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			current = &rows[i];
			if (!only || !strcmp(only, rows[i].name))
				measure(rows[i].name, r, 1, one);
		}
	mark("end");
	while (getpid() == 1)
		pause();
	return 0;
}
