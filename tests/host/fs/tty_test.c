/* tty_test.c - terminals: reading modes, job control, sessions, ioctls.
 * Run by: make test-host-fs.
 * Never: has a driver but a buffer; the tty thread's step is called by hand.  */
#include "fs/tty_priv.h"
#include "tests/host/fs/fixture.h"

static struct tty *t;
static struct file file, *f = &file;
static char line_out[8192];
static uint32_t n_out, room_out;
static uint8_t user[256];
static struct stub_umem mem;
static const char *to_type;

static uint32_t drv_write(struct tty *tty, const uint8_t *bytes, uint32_t n)
{
	UNUSED(tty);
	n = MIN(n, room_out - n_out);
	memcpy(line_out + n_out, bytes, n);
	n_out += n;
	return n;
}
static const struct tty_driver_ops drv = {.write = drv_write};

static void type(const char *text)
{
	tty_input(t, (const uint8_t *)text, (uint32_t)strlen(text));
	tty_work(t);
}

static int type_while_asleep(void)
{
	if (!to_type) return -EINTR;
	type(to_type);
	to_type = NULL;
	return 0;
}

static int32_t ioctl(uint32_t cmd, uint32_t arg) { return f->ops->ioctl(f, cmd, arg, &mem.m, &who); }

static int begin(void **state)
{
	struct dev_row *row;
	struct inode *i;

	fixture_begin(state);
	if (!t) t = tty_create("ttyT", 0x440, &drv, NULL);
	n_out = 0;
	room_out = sizeof line_out;
	to_type = NULL;
	stub_on_sleep = type_while_asleep;
	stub_umem_init(&mem, user, sizeof user);
	ldisc_init(&t->l);
	t->session = t->pgrp = 0;
	i = inode_new(root_sb(), root_sb()->root->ops, S_IFCHR | 0666);
	assert_non_null(i);
	static const struct inode_ops none;
	i->ops = &none;
	i->rdev = 0x440;
	memset(&file, 0, sizeof file);
	file = (struct file){.inode = i, .flags = O_RDWR, .refs = 1};
	mutex_init(&file.pos_lock, MUTEX_FILE);
	row = &t->row;
	assert_int_equal(row->open(f, &who), 0);
	return 0;
}

static int finish(void **state)
{
	inode_unref(file.inode);
	name_unref(name_root());
	UNUSED(state);
	return 0;
}

static void canonical_read(void **state)
{
	char buf[32];
	UNUSED(state);
	to_type = "hi\r";
	assert_int_equal(read_some(f, buf, 32), 3);
	assert_memory_equal(buf, "hi\n", 3);
	assert_memory_equal(line_out, "hi\r\n", 4);
	to_type = "partial";
	assert_int_equal(read_some(f, buf, 32), -ERESTARTSYS);
	type("\4");
	assert_int_equal(read_some(f, buf, 32), 7);
	type("\4");
	assert_int_equal(read_some(f, buf, 32), 0);
	f->flags |= O_NONBLOCK;
	assert_int_equal(read_some(f, buf, 32), -EAGAIN);
}

static void set_raw(uint8_t min, uint8_t time)
{
	struct linux_termios tio;
	assert_int_equal(ioctl(TCGETS, STUB_USER), 0);
	memcpy(&tio, user, sizeof tio);
	tio.lflag &= ~(ICANON | ECHO);
	tio.cc[VMIN] = min;
	tio.cc[VTIME] = time;
	memcpy(user, &tio, sizeof tio);
	assert_int_equal(ioctl(TCSETSW, STUB_USER), 0);
}

static void min_and_time(void **state)
{
	char buf[32];
	UNUSED(state);
	set_raw(1, 0);
	assert_int_equal(file_poll(f, NULL) & POLLIN, 0);
	to_type = "x";
	assert_int_equal(read_some(f, buf, 32), 1);
	set_raw(3, 0);
	type("ab");
	assert_int_equal(file_poll(f, NULL) & POLLIN, 0);
	to_type = "cd";
	assert_int_equal(read_some(f, buf, 32), 4);
	set_raw(0, 0);
	assert_int_equal(read_some(f, buf, 32), 0);
	set_raw(0, 5);
	stub_on_sleep = NULL; /* the deadline passes */
	assert_int_equal(read_some(f, buf, 32), 0);
	set_raw(4, 1);
	type("ab");
	assert_int_equal(read_some(f, buf, 32), 2);
	assert_int_equal(read_some(f, buf, 32), -ERESTARTSYS); /* no byte yet: no clock runs */
}

static void set_plain(uint8_t min)
{
	struct linux_termios tio;
	assert_int_equal(ioctl(TCGETS, STUB_USER), 0);
	memcpy(&tio, user, sizeof tio);
	tio.iflag = tio.oflag = 0;
	tio.lflag &= ~(ICANON | ECHO | ISIG);
	tio.cc[VMIN] = min;
	tio.cc[VTIME] = 0;
	memcpy(user, &tio, sizeof tio);
	assert_int_equal(ioctl(TCSETSW, STUB_USER), 0);
}

/** Bytes gather in the raw ring without the tty thread; every way to ask for them finds them, in order and whole. */
static void plain_input(void **state)
{
	static uint8_t sent[20000], got[20000];
	uint32_t in = 0, out = 0, seed = 1;
	UNUSED(state);
	set_plain(1);
	f->flags |= O_NONBLOCK;
	for (uint32_t n = 0; n < sizeof sent; n++) sent[n] = (uint8_t)(n * 7 + n / 256);
	while (out < sizeof sent) {
		seed = seed * 1103515245u + 12345u;
		uint32_t n = MIN(MIN(seed >> 16 & 255, tty_input_room(t)), (uint32_t)sizeof sent - in);
		tty_input(t, sent + in, n);
		in += n;
		if (seed >> 30 & 1) tty_work(t);
		n = MIN(seed >> 8 & 511, (uint32_t)sizeof got - out);
		int32_t r = n ? read_some(f, (char *)got + out, n) : 0;
		if (r == -EAGAIN) assert_int_equal(in, out);
		else assert_true(r >= 0);
		if (r > 0) out += (uint32_t)r;
	}
	assert_memory_equal(sent, got, sizeof sent);
	tty_input(t, sent, 3);
	assert_int_equal(ioctl(FIONREAD, STUB_USER), 0);
	assert_int_equal(user[0], 3);
	assert_int_equal(file_poll(f, NULL) & POLLIN, POLLIN);
	set_plain(4);
	assert_int_equal(file_poll(f, NULL) & POLLIN, 0);
	tty_input(t, sent + 3, 1);
	assert_int_equal(file_poll(f, NULL) & POLLIN, POLLIN);
	assert_int_equal(ioctl(TCFLSH, TCIFLUSH), 0);
	assert_int_equal(file_poll(f, NULL) & POLLIN, 0);
	f->flags &= ~(uint32_t)O_NONBLOCK;
	type("ab"); /* fewer than VMIN: only a full buffer ends the read */
	to_type = "c";
	assert_int_equal(read_some(f, (char *)got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	tty_input(t, (const uint8_t *)"old\r", 4); /* by the rules before the change: no newline, no signal */
	set_raw(1, 0);
	assert_int_equal(read_some(f, (char *)got, 32), 4);
	assert_memory_equal(got, "old\r", 4);
	n_out = 0;
	set_plain(1);
	assert_int_equal(write_some(f, "a\n\tb", 4), 4);
	assert_int_equal(n_out, 4);
	assert_memory_equal(line_out, "a\n\tb", 4);
}

static void poll_honours_canonical_mode(void **state)
{
	UNUSED(state);
	type("abc");
	assert_int_equal(file_poll(f, NULL), POLLOUT | POLLWRNORM);
	type("\n");
	assert_int_equal(file_poll(f, NULL), POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
	assert_int_equal(ioctl(FIONREAD, STUB_USER), 0);
	assert_int_equal(user[0], 4);
}

static void sessions(void **state)
{
	uint32_t pgrp = 9;
	UNUSED(state);
	assert_int_equal(ioctl(TIOCGPGRP, STUB_USER), -ENOTTY);
	assert_int_equal(ioctl(TIOCSCTTY, 0), -EPERM); /* no leader */
	leader = true;
	assert_int_equal(t->row.open(f, &who), 0); /* the first open of a leader takes it */
	assert_ptr_equal(ctty, t);
	assert_int_equal(t->session, 7);
	assert_int_equal(ioctl(TIOCSCTTY, 0), 0);
	assert_int_equal(ioctl(TIOCGPGRP, STUB_USER), 0);
	assert_int_equal(user[0], 7);
	memcpy(user, &pgrp, 4);
	assert_int_equal(ioctl(TIOCSPGRP, STUB_USER), 0);
	assert_int_equal(tty_foreground(t), 9);
	pgrp = 100;
	memcpy(user, &pgrp, 4);
	my_pgrp = 9;
	assert_int_equal(ioctl(TIOCSPGRP, STUB_USER), -EPERM);
	type("\3");
	assert_int_equal(pgrp_signalled, 9);
	assert_int_equal(pgrp_signal, SIGINT);
	assert_int_equal(ioctl(TIOCGSID, STUB_USER), 0);
	assert_int_equal(user[0], 7);
	tty_session_end(t, 7);
	assert_int_equal(pgrp_signal, SIGCONT);
	assert_int_equal(t->session, 0);
}

static void background(void **state)
{
	char buf[8];
	uint32_t pgrp = 8;
	UNUSED(state);
	leader = true;
	assert_int_equal(ioctl(TIOCSCTTY, 0), 0);
	leader = false;
	my_pgrp = 8; /* 7 is in the foreground */
	type("line\n");
	assert_int_equal(read_some(f, buf, 8), -ERESTARTSYS);
	assert_int_equal(raised_pgrp, SIGTTIN);
	orphaned = true;
	assert_int_equal(read_some(f, buf, 8), -EIO);
	orphaned = false;
	deaf = true;
	assert_int_equal(read_some(f, buf, 8), -EIO);
	memcpy(user, &pgrp, 4);
	assert_int_equal(ioctl(TIOCSPGRP, STUB_USER), 0); /* SIGTTOU ignored: allowed */
	t->pgrp = 7;
	deaf = false;
	assert_int_equal(ioctl(TIOCSPGRP, STUB_USER), -ERESTARTSYS);
	assert_int_equal(raised_pgrp, SIGTTOU);
	raised_pgrp = 0;
	assert_int_equal(write_some(f, "x", 1), 1); /* without TOSTOP anybody writes */
	t->l.tio.lflag |= TOSTOP;
	assert_int_equal(write_some(f, "x", 1), -ERESTARTSYS);
	assert_int_equal(raised_pgrp, SIGTTOU);
}

static int driver_drains(void)
{
	n_out = 0;
	tty_work(t);
	return 0;
}

static void slow_output(void **state)
{
	static char text[6000];
	UNUSED(state);
	memset(text, 'a', sizeof text);
	room_out = 100;
	stub_on_sleep = driver_drains;
	assert_int_equal(write_some(f, text, sizeof text), sizeof text);
	assert_true(ioctl(TCSBRK, 1) == 0 && t->l.out_head == t->l.out_tail);
	type("\x13"); /* stopped: a writer waits, a signal ends it with what went */
	stub_on_sleep = NULL;
	int32_t n = write_some(f, text, sizeof text);
	assert_true(n > 0 && n < (int32_t)sizeof text);
	f->flags |= O_NONBLOCK;
	assert_int_equal(write_some(f, text, 10), -EAGAIN);
	assert_int_equal(ioctl(TCFLSH, TCOFLUSH), 0);
	assert_int_equal(ioctl(TCFLSH, 7), -EINVAL);
}

static void sizes_and_hangup(void **state)
{
	struct linux_winsize size = {.row = 24, .col = 80};
	char buf[4];
	UNUSED(state);
	t->pgrp = 5;
	memcpy(user, &size, sizeof size);
	assert_int_equal(ioctl(TIOCSWINSZ, STUB_USER), 0);
	assert_int_equal(pgrp_signal, SIGWINCH);
	memset(user, 0, sizeof user);
	assert_int_equal(ioctl(TIOCGWINSZ, STUB_USER), 0);
	assert_memory_equal(user, &size, sizeof size);
	assert_int_equal(ioctl(TIOCGWINSZ, 8), -EFAULT);
	assert_int_equal(ioctl(TCGETA, STUB_USER), 0);
	assert_int_equal(ioctl(TCSETAF, STUB_USER), 0);
	assert_int_equal(ioctl(0x1234, STUB_USER), -ENOTTY);
	user[0] = 'q';
	user[1] = '\n';
	assert_int_equal(ioctl(TIOCSTI, STUB_USER), 0);
	assert_int_equal(ioctl(TIOCSTI, STUB_USER + 1), 0);
	tty_work(t);
	assert_int_equal(read_some(f, buf, 4), 2);
	tty_hangup(t);
	assert_int_equal(read_some(f, buf, 4), 0);
	assert_int_equal(write_some(f, buf, 4), -EIO);
	assert_true(file_poll(f, NULL) & POLLHUP);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, finish)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(canonical_read), T(min_and_time), T(plain_input), T(poll_honours_canonical_mode), T(sessions), T(background), T(slow_output),
		T(sizes_and_hangup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
