/* trace_text_test.c - calls, results and signals as text: strace's forms, every cut, memory that is not there.
 * Run by: make test-host-syscall.
 * Never: needs the table: rows are made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/proc/signame.h"
#include "kernel/syscall/trace_text.h"
#include "tests/host/syscall/fake_umem.h"

static char out[TRACE_TEXT_MAX];

static const char *shown(const struct sysrow *row, const uint32_t arg[6], int32_t result)
{
	uint32_t n = trace_call_text(&(struct trace_call){row, arg, &fake_umem, result, false}, out, sizeof out);

	assert_int_equal(n, strlen(out));
	return out;
}

static uint32_t put(uint32_t at, const void *bytes, uint32_t n)
{
	memcpy(fake_at(at), bytes, n);
	return at;
}

static void arguments_by_their_letters(void **state)
{
	(void)state;
	const struct sysrow openat = {.name = "openat", .args = "asOo"}, kill = {.name = "kill", .args = "dS"}, mmap = {.name = "mmap2", .args = "puPMfx"},
			    chmod = {.name = "chmod", .args = "so"};
	uint32_t path = put(FAKE_USER, "/etc/\"x\"\n", 10);

	assert_string_equal(shown(&openat, (uint32_t[6]){(uint32_t)AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0666}, 3), "openat(AT_FDCWD, \"/etc/\\\"x\\\"\\n\", O_RDONLY|O_CLOEXEC)");
	assert_string_equal(shown(&openat, (uint32_t[6]){7, 0, O_WRONLY | O_CREAT | O_TRUNC, 0666}, 3), "openat(7, NULL, O_WRONLY|O_CREAT|O_TRUNC, 0666)");
	assert_string_equal(shown(&openat, (uint32_t[6]){7, 5, O_RDWR | 0x40000000, 0}, 3), "openat(7, 0x5, O_RDWR|0x40000000)");
	assert_string_equal(shown(&kill, (uint32_t[6]){(uint32_t)-1, SIGTERM}, 0), "kill(-1, SIGTERM)");
	assert_string_equal(shown(&kill, (uint32_t[6]){1, 35}, 0), "kill(1, SIGRT_3)");
	assert_string_equal(shown(&mmap, (uint32_t[6]){0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint32_t)-1, 0}, 0),
			    "mmap2(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)");
	assert_string_equal(shown(&mmap, (uint32_t[6]){0x1000, 1, 0, 0, 3, 0x10}, 0), "mmap2(0x1000, 1, PROT_NONE, 0, 3, 0x10)");
	assert_string_equal(shown(&chmod, (uint32_t[6]){path, 0}, 0), "chmod(\"/etc/\\\"x\\\"\\n\", 0)");
}

static void memory_by_its_windows(void **state)
{
	(void)state;
	const struct sysrow write = {.name = "write", .args = "fpu", .w = {{WINDOW_IN, 1, LEN_ARG, 2, 1}}};
	const struct sysrow read = {.name = "read", .args = "fpu", .w = {{WINDOW_OUT, 1, LEN_ARG, 2, 1}}};
	const struct sysrow pipe = {.name = "pipe", .args = "p", .w = {{WINDOW_OUT, 0, LEN_CONST, 0, 8}}};
	uint32_t at = put(FAKE_USER, "a\0" "7\033b\377", 6), end = FAKE_USER + FAKE_BYTES - 4;

	assert_string_equal(shown(&write, (uint32_t[6]){1, at, 6}, 6), "write(1, \"a\\0007\\33b\\377\", 6)");
	assert_string_equal(shown(&read, (uint32_t[6]){0, at, 100}, 1), "read(0, \"a\", 100)");
	assert_string_equal(shown(&read, (uint32_t[6]){0, at, 100}, 0), "read(0, \"\", 100)");
	assert_string_equal(shown(&read, (uint32_t[6]){0, at, 100}, -EIO), "read(0, 0x10000, 100)");
	assert_string_equal(shown(&write, (uint32_t[6]){1, end, 5}, -EFAULT), "write(1, 0x2fffc, 5)");
	assert_string_equal(shown(&pipe, (uint32_t[6]){at}, 0), "pipe(0x10000)");
	memset(fake_at(FAKE_USER), 'x', 40);
	assert_string_equal(shown(&write, (uint32_t[6]){1, at, 33}, 33), "write(1, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"..., 33)");
	assert_string_equal(shown(&write, (uint32_t[6]){1, at, 32}, 32), "write(1, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", 32)");
}

static void vectors(void **state)
{
	(void)state;
	const struct sysrow execve = {.name = "execve", .args = "sve"};
	uint32_t text = put(FAKE_USER + 0x100, "ls", 3), list[20] = {text, text, 0}, argv = put(FAKE_USER, list, sizeof list);

	assert_string_equal(shown(&execve, (uint32_t[6]){text, argv, argv}, 0), "execve(\"ls\", [\"ls\", \"ls\"], 0x10000 /* 2 vars */)");
	assert_string_equal(shown(&execve, (uint32_t[6]){text, 0, 8}, 0), "execve(\"ls\", NULL, 0x8)");
	for (uint32_t i = 0; i < 19; i++) list[i] = text;
	put(FAKE_USER, list, sizeof list);
	assert_non_null(strstr(shown(&execve, (uint32_t[6]){text, argv, argv}, 0), "\"ls\", ...], 0x10000 /* 19 vars */)"));
}

static void a_short_buffer_is_kept(void **state)
{
	(void)state;
	const struct sysrow row = {.name = "renameat2", .args = "asasx"};
	uint32_t path = put(FAKE_USER, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 22);
	char small[64];

	for (uint32_t size = 2; size <= sizeof small; size++) {
		memset(small, '#', sizeof small);
		uint32_t n = trace_call_text(&(struct trace_call){&row, (uint32_t[6]){1, path, 2, path, 3}, &fake_umem, 0, false}, small, size);
		assert_true(n < size);
		assert_int_equal(n, strlen(small));
		assert_int_equal(small[n - 1], ')');
		for (uint32_t i = size; i < sizeof small; i++) assert_int_equal(small[i], '#');
	}
}

static void results(void **state)
{
	(void)state;
	static const struct { int32_t result; const char *text; } cases[] = {
		{0, " = 0"}, {4711, " = 4711"}, {(int32_t)0xb7001000, " = 0xb7001000"}, {-ENOENT, " = -1 ENOENT (No such file or directory)"},
		{-ERESTARTSYS, " = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"}, {0x8244000, " = 0x8244000"},
	};

	for (uint32_t i = 0; i < ARRAY_LEN(cases); i++) {
		trace_result_text(cases[i].result, out, sizeof out);
		assert_string_equal(out, cases[i].text);
	}
}

static void signals(void **state)
{
	(void)state;
	static const struct { struct ksiginfo info; const char *text; } cases[] = {
		{{.signo = SIGINT, .code = SI_KERNEL}, "--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---"},
		{{.signo = SIGTERM, .code = SI_USER, .pid = 5, .uid = 6}, "--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=5, si_uid=6} ---"},
		{{.signo = SIGSEGV, .code = SEGV_MAPERR, .addr = 16}, "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---"},
		{{.signo = SIGSEGV, .code = SEGV_ACCERR}, "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=NULL} ---"},
		{{.signo = SIGCHLD, .code = CLD_KILLED, .pid = 9, .status = SIGKILL},
		 "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=9, si_uid=0, si_status=SIGKILL, si_utime=0, si_stime=0} ---"},
		{{.signo = SIGCHLD, .code = CLD_EXITED, .pid = 9, .status = 3},
		 "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=3, si_utime=0, si_stime=0} ---"},
		{{.signo = 34, .code = SI_QUEUE, .pid = 1, .value = 7}, "--- SIGRT_2 {si_signo=SIGRT_2, si_code=SI_QUEUE, si_pid=1, si_uid=0, si_int=7, si_ptr=0x7} ---"},
		{{.signo = SIGUSR1, .code = -77}, "--- SIGUSR1 {si_signo=SIGUSR1, si_code=-77} ---"},
	};

	for (uint32_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(siginfo_text(&cases[i].info, out, sizeof out), strlen(cases[i].text));
		assert_string_equal(out, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_by_their_letters), cmocka_unit_test(memory_by_its_windows), cmocka_unit_test(vectors),
		cmocka_unit_test(a_short_buffer_is_kept),     cmocka_unit_test(results),               cmocka_unit_test(signals),
	};
	return cmocka_run_group_tests_name("trace_text", tests, NULL, NULL);
}
