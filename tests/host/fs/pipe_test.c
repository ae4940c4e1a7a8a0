/* pipe_test.c - pipes and fifos.
 * Run by: make test-host-fs.
 * Never: leaves a page behind (fixture_end).  */
#include "tests/host/fs/fixture.h"

static struct file *ends[2];
static uint8_t big[200000], back[200000];

static void bytes_pass(void **state)
{
	UNUSED(state);
	for (uint32_t n = 0; n < sizeof big; n++) big[n] = (uint8_t)(n * 13 + n / 257);
	assert_int_equal(pipe_create(ends, 0, &who), 0);
	/* odd sizes, so that head and tail wrap at every offset */
	uint32_t in = 0, out = 0, step = 1;
	while (out < sizeof big) {
		if (in < sizeof big && in - out < 50000) {
			uint32_t n = MIN(step % 5003 + 1, (uint32_t)sizeof big - in);
			assert_int_equal(write_some(ends[1], big + in, n), n);
			in += n;
		} else {
			int32_t n = read_some(ends[0], back + out, step % 7001 + 1);
			assert_true(n > 0);
			out += (uint32_t)n;
		}
		step = step * 31 + 17;
	}
	assert_memory_equal(big, back, sizeof big);
	file_unref(ends[1]);
	assert_int_equal(read_some(ends[0], back, 1), 0);
	file_unref(ends[0]);
}

static void nonblocking(void **state)
{
	UNUSED(state);
	assert_int_equal(pipe_create(ends, O_NONBLOCK, &who), 0);
	assert_int_equal(read_some(ends[0], back, 1), -EAGAIN);
	assert_int_equal(write_some(ends[1], big, sizeof big), 65536);
	assert_int_equal(write_some(ends[1], big, 1), -EAGAIN);
	assert_int_equal(file_poll(ends[1], NULL), 0);
	assert_int_equal(file_poll(ends[0], NULL), POLLIN | POLLRDNORM);
	assert_int_equal(read_some(ends[0], back, 4000), 4000);
	assert_int_equal(write_some(ends[1], big, 4000), -EAGAIN); /* the first page is not free yet */
	assert_int_equal(read_some(ends[0], back, 96), 96);
	assert_int_equal(write_some(ends[1], big, 4000), 4000);
	assert_int_equal(write_some(ends[1], big, 200), -EAGAIN); /* whole or not at all */
	assert_int_equal(write_some(ends[1], big, 5000), 96);
	file_unref(ends[0]);
	assert_int_equal(write_some(ends[1], big, 1), -EPIPE);
	assert_int_equal(raised, SIGPIPE);
	assert_true(file_poll(ends[1], NULL) & POLLERR);
	file_unref(ends[1]);
}

static int write_meanwhile(void)
{
	assert_int_equal(write_some(ends[1], "late", 4), 4);
	return 0;
}

static int read_meanwhile(void)
{
	assert_true(read_some(ends[0], back, 10000) > 0);
	return 0;
}

static void blocking(void **state)
{
	UNUSED(state);
	assert_int_equal(pipe_create(ends, 0, &who), 0);
	assert_int_equal(read_some(ends[0], back, 10), -ERESTARTSYS);
	stub_on_sleep = write_meanwhile;
	assert_int_equal(read_some(ends[0], back, 10), 4);
	stub_on_sleep = read_meanwhile;
	assert_int_equal(write_some(ends[1], big, sizeof big), sizeof big);
	stub_on_sleep = NULL;
	file_unref(ends[0]);
	file_unref(ends[1]);
}

static void interrupted_write_tells_what_went(void **state)
{
	UNUSED(state);
	assert_int_equal(pipe_create(ends, 0, &who), 0);
	assert_int_equal(write_some(ends[1], big, 100000), 65536);
	assert_int_equal(write_some(ends[1], big, 100), -ERESTARTSYS);
	file_unref(ends[0]);
	file_unref(ends[1]);
}

static void faults_lose_nothing(void **state)
{
	struct stub_umem m;
	struct uio u;
	uint8_t room[10];
	UNUSED(state);
	stub_umem_init(&m, room, sizeof room);
	assert_int_equal(pipe_create(ends, O_NONBLOCK, &who), 0);
	assert_int_equal(write_some(ends[1], "0123456789abcdef", 16), 16);
	uio_init_user(&u, &m.m, uaddr(8), 4);
	assert_int_equal(file_read(ends[0], &u, NULL, &who), -EFAULT);
	uio_init_user(&u, &m.m, uaddr(STUB_USER + 4), 16);
	assert_int_equal(file_read(ends[0], &u, NULL, &who), -EFAULT); /* whole or not at all, as on Linux */
	uio_init_user(&u, &m.m, uaddr(STUB_USER + 4), 6);
	assert_int_equal(file_read(ends[0], &u, NULL, &who), 6);
	assert_memory_equal(room + 4, "012345", 6);
	uio_init_user(&u, &m.m, uaddr(8), 4);
	assert_int_equal(file_write(ends[1], &u, NULL, &who), -EFAULT);
	assert_int_equal(read_some(ends[0], back, 100), 10);
	assert_memory_equal(back, "6789abcdef", 10);
	assert_int_equal(stub_frames_used(), 0); /* an empty pipe keeps no page */
	file_unref(ends[0]);
	file_unref(ends[1]);
}

static void packets(void **state)
{
	UNUSED(state);
	assert_int_equal(pipe_create(ends, O_NONBLOCK | O_DIRECT, &who), 0);
	assert_int_equal(write_some(ends[1], "abc", 3), 3);
	assert_int_equal(write_some(ends[1], "defgh", 5), 5);
	assert_int_equal(write_some(ends[1], big, 9000), 9000);
	assert_int_equal(read_some(ends[0], back, 100), 3);
	assert_int_equal(read_some(ends[0], back, 2), 2); /* the rest of it is gone */
	assert_int_equal(read_some(ends[0], back, 10000), 4096);
	assert_int_equal(read_some(ends[0], back, 10000), 4096);
	ends[1]->flags &= ~O_DIRECT; /* bytes behind packets, and packets behind bytes */
	assert_int_equal(write_some(ends[1], "12", 2), 2);
	ends[1]->flags |= O_DIRECT;
	assert_int_equal(write_some(ends[1], "345", 3), 3);
	assert_int_equal(read_some(ends[0], back, 10000), 808);
	assert_int_equal(read_some(ends[0], back, 10000), 5);
	assert_memory_equal(back, "12345", 5);
	assert_int_equal(stub_frames_used(), 0);
	for (int n = 0; n < 16; n++) assert_int_equal(write_some(ends[1], "x", 1), 1);
	assert_int_equal(write_some(ends[1], "x", 1), -EAGAIN);
	file_unref(ends[0]);
	file_unref(ends[1]);
}

static void sizes(void **state)
{
	UNUSED(state);
	assert_int_equal(pipe_create(ends, O_NONBLOCK, &who), 0);
	assert_int_equal(pipe_get_size(ends[0]), 65536);
	assert_int_equal(pipe_set_size(ends[0], 1, &who), 4096);
	assert_int_equal(write_some(ends[1], big, 5000), 4096);
	assert_int_equal(read_some(ends[0], back, 1000), 1000);
	assert_int_equal(pipe_set_size(ends[0], 100000, &who), 131072);
	assert_int_equal(write_some(ends[1], big + 4096, 10000), 10000);
	assert_int_equal(pipe_set_size(ends[0], 4096, &who), -EBUSY);
	assert_int_equal(pipe_set_size(ends[0], 0x80000001u, &who), -EINVAL);
	user_cred.effective = 0;
	assert_int_equal(pipe_set_size(ends[0], 2 << 20, &who), -EPERM);
	user_cred.effective = CAP_ALL;
	assert_int_equal(read_some(ends[0], back, 20000), 13096);
	assert_memory_equal(back, big + 1000, 13096);
	file_unref(ends[0]);
	file_unref(ends[1]);
}

static struct file *second;
static int open_reader(void)
{
	return second ? 0 : open_at("/fifo", O_RDONLY | O_NONBLOCK, &second);
}

static void fifos(void **state)
{
	struct walk w;
	struct name *n;
	struct file *f;
	UNUSED(state);
	assert_int_equal(name_walk(&w, NULL, "/fifo", WALK_PARENT, &who), 0);
	assert_int_equal(name_create(w.name, w.last, w.last_len, S_IFIFO | 0600, 0, &who, &n), 0);
	name_unref(n);
	name_unref(w.name);
	assert_int_equal(open_at("/fifo", O_WRONLY | O_NONBLOCK, &f), -ENXIO);
	assert_int_equal(open_at("/fifo", O_WRONLY, &f), -ERESTARTSYS);
	stub_on_sleep = open_reader;
	assert_int_equal(open_at("/fifo", O_WRONLY, &f), 0);
	stub_on_sleep = NULL;
	assert_int_equal(write_some(f, "hi", 2), 2);
	assert_int_equal(read_some(second, back, 10), 2);
	file_unref(f);
	assert_int_equal(read_some(second, back, 10), 0);
	assert_true(file_poll(second, NULL) & POLLHUP);
	file_unref(second);
	assert_int_equal(open_at("/fifo", O_RDWR, &f), 0);
	file_unref(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_begin, fixture_end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(bytes_pass), T(nonblocking), T(blocking), T(interrupted_write_tells_what_went), T(faults_lose_nothing), T(packets), T(sizes), T(fifos),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
