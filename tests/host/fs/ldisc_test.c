/* ldisc_test.c - the line discipline by itself: what is typed, what is shown, what a reader gets.
 * Run by: make test-host-fs.
 * Never: needs a terminal.  */
#include "fs/ldisc.h"
#include "tests/host/fs/fixture.h"

static struct ldisc l;
static char shown[LDISC_OUT + 1], got[LDISC_IN + 1];

static int setup(void **state)
{
	UNUSED(state);
	ldisc_init(&l);
	return 0;
}

static int type(const char *text)
{
	int sig = 0;
	for (; *text; text++) {
		int s = ldisc_input(&l, (uint8_t)*text);
		if (s) sig = s;
	}
	return sig;
}

/** What the terminal showed since the last call. */
static const char *screen(void)
{
	const uint8_t *run;
	uint32_t n, at = 0;

	while ((n = ldisc_out_run(&l, &run)) > 0) {
		memcpy(shown + at, run, n);
		ldisc_out_done(&l, n);
		at += n;
	}
	shown[at] = '\0';
	return shown;
}

static const char *reads(uint32_t n)
{
	uint32_t took;
	bool line;

	n = ldisc_peek(&l, (uint8_t *)got, n, &took, &line);
	ldisc_take(&l, took);
	got[n] = '\0';
	return got;
}

static void lines(void **state)
{
	UNUSED(state);
	assert_int_equal(type("hello"), 0);
	assert_int_equal(ldisc_readable(&l), 0);
	assert_string_equal(screen(), "hello");
	type("\r");
	assert_string_equal(screen(), "\r\n");
	type("two\n");
	assert_string_equal(reads(3), "hel");
	assert_string_equal(reads(100), "lo\n");
	assert_string_equal(reads(100), "two\n");
	assert_int_equal(ldisc_readable(&l), 0);
}

static void end_of_file(void **state)
{
	UNUSED(state);
	type("abc\4");
	assert_string_equal(reads(100), "abc");
	assert_int_equal(ldisc_readable(&l), 0);
	type("\4");
	assert_int_equal(ldisc_readable(&l), 1);
	assert_string_equal(reads(100), "");
	assert_int_equal(ldisc_readable(&l), 0);
	type("abc\4");
	assert_string_equal(reads(3), "abc"); /* a buffer filled right up to VEOF: no empty read after it */
	assert_int_equal(ldisc_readable(&l), 0);
}

static void erasing(void **state)
{
	UNUSED(state);
	type("ab\x7f");
	assert_string_equal(screen(), "ab\b \b");
	type("\x7f\x7f\x7f");
	assert_string_equal(screen(), "\b \b");
	type("x\1y\x7f\x7f");
	assert_string_equal(screen(), "x^Ay\b \b\b \b\b \b");
	type("\x15");
	screen();
	type("a\tb");
	screen();
	type("\x7f\x7f");
	assert_string_equal(screen(), "\b \b\b\b\b\b\b\b\b");
	type("\x15one two, \x17");
	screen();
	type("\n");
	assert_string_equal(reads(100), "one \n");
	type("gone\x15kept\n");
	assert_string_equal(reads(100), "kept\n");
	l.tio.iflag |= IUTF8;
	screen();
	type("\xc3\xa9\x7f");
	assert_string_equal(screen(), "\xc3\xa9\b \b");
	l.tio.lflag &= ~ECHO;
	type("secret\n");
	assert_string_equal(screen(), "");
	assert_string_equal(reads(100), "secret\n");
	l.tio.lflag |= ECHONL;
	type("x\n");
	assert_string_equal(screen(), "\r\n");
}

static void quoting(void **state)
{
	UNUSED(state);
	assert_int_equal(type("\x16\3\x16\x7fx\n"), 0);
	assert_string_equal(reads(100), "\3\x7fx\n");
}

static void signals(void **state)
{
	UNUSED(state);
	type("half");
	screen();
	assert_int_equal(type("\3"), SIGINT);
	assert_string_equal(screen(), "^C");
	assert_int_equal(type("\x1c"), SIGQUIT);
	assert_int_equal(type("\x1a"), SIGTSTP);
	type("x\n");
	assert_string_equal(reads(100), "x\n"); /* "half" was flushed */
	l.tio.lflag |= NOFLSH;
	type("keep");
	assert_int_equal(type("\3"), SIGINT);
	type("\n");
	assert_string_equal(reads(100), "keep\n");
	l.tio.lflag &= ~ISIG;
	assert_int_equal(type("\3\n"), 0);
	assert_string_equal(reads(100), "\3\n");
	l.tio.lflag |= ISIG;
	l.tio.cc[VINTR] = 0; /* disabled */
	assert_int_equal(ldisc_input(&l, 0), 0);
}

static void newline_maps(void **state)
{
	UNUSED(state);
	l.tio.iflag = IGNCR;
	type("a\r\n");
	assert_string_equal(reads(100), "a\n");
	l.tio.iflag = INLCR;
	type("a\n");
	assert_int_equal(ldisc_readable(&l), 0);
	l.tio.cc[VEOL] = '\r';
	type("\n");
	assert_string_equal(reads(100), "a\r\r");
}

static void flow_control(void **state)
{
	UNUSED(state);
	type("\x13");
	assert_true(l.stopped);
	type("\x11");
	assert_false(l.stopped);
	type("\x13");
	type("\3");
	assert_false(l.stopped);
	l.tio.iflag &= ~IXON;
	type("\x13");
	assert_false(l.stopped);
}

static void raw_mode(void **state)
{
	struct linux_termios tio = l.tio;
	UNUSED(state);
	type("pending");
	assert_int_equal(ldisc_readable(&l), 0);
	tio.lflag &= ~(ICANON | ECHO | ISIG);
	tio.iflag = 0;
	ldisc_set(&l, &tio);
	assert_int_equal(ldisc_readable(&l), 7);
	type("\r\x7f\3");
	assert_string_equal(reads(100), "pending\r\x7f\3");
	type("xy");
	tio.lflag |= ICANON;
	ldisc_set(&l, &tio);
	assert_string_equal(reads(100), "xy");
}

static void output_processing(void **state)
{
	UNUSED(state);
	assert_int_equal(ldisc_output(&l, (const uint8_t *)"a\nb", 3), 3);
	assert_string_equal(screen(), "a\r\nb");
	l.tio.oflag |= XTABS;
	ldisc_output(&l, (const uint8_t *)"\tc", 2);
	assert_string_equal(screen(), "       c");
	l.tio.oflag = OPOST | OCRNL;
	ldisc_output(&l, (const uint8_t *)"\r", 1);
	assert_string_equal(screen(), "\n");
	l.tio.oflag = 0;
	ldisc_output(&l, (const uint8_t *)"\n", 1);
	assert_string_equal(screen(), "\n");
}

static void full_queues(void **state)
{
	UNUSED(state);
	for (int n = 0; n < 10000; n++) ldisc_input(&l, 'x'), screen();
	type("\n");
	assert_int_equal(ldisc_readable(&l), 4096);
	uint32_t n = (uint32_t)strlen(reads(LDISC_IN));
	assert_int_equal(n, 4096); /* 4095 bytes and the newline */
	uint32_t done = 0, some;
	while ((some = ldisc_output(&l, (const uint8_t *)"\n\n\n\n", 4)) == 4) done += 4;
	assert_true(done > 1000 && ldisc_out_room(&l) < 8);
	for (int k = 0; k < 100; k++) ldisc_input(&l, '\n'); /* echo without room is lost, input is not */
	assert_int_equal(ldisc_readable(&l), 100);
}

#define T(f) cmocka_unit_test_setup(f, setup)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lines), T(end_of_file), T(erasing), T(quoting), T(signals), T(newline_maps), T(flow_control), T(raw_mode),
		T(output_processing), T(full_queues),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
