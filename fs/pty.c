/* pty.c - pairs of a master file and a terminal: what the master writes is typed, what the slave writes is read.
 * Called by: /dev/ptmx's open, file_ops of masters, tty.c through tty_driver_ops.
 * Never: frees a pair's terminal: it waits for the next open of /dev/ptmx, as sessions may still point at it.  */
#include "fs/pty.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/tty_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define CHUNK 128u
#define SLAVE_MAJOR 136u
#define TTY_GROUP 5u   /* "tty" of every distribution; grantpt(3) has nothing left to do */

static struct pty *pairs[PTYS_MAX];

uint32_t pty_rdev(uint32_t index)
{
	return SLAVE_MAJOR << 8 | index;
}

struct pty *pty_used(uint32_t index)
{
	return index < PTYS_MAX && pairs[index] && pairs[index]->used ? pairs[index] : NULL;
}

static void done_with(struct pty *p)
{
	if (!p->master && p->slaves == 0) p->used = false;
}

/* ---- the slave's line */
static uint32_t line_write(struct tty *t, const uint8_t *bytes, uint32_t n)
{
	struct pty *p = tty_driver_data(t);
	uint32_t room = sizeof p->out - (p->head - p->tail);

	n = MIN(n, room);
	if (!p->master) return n; /* nobody listens */
	for (uint32_t i = 0; i < n; i++) p->out[p->head++ % sizeof p->out] = bytes[i];
	if (n > 0) waitq_wake_all(&p->readable);
	return n;
}

static void line_input_room(struct tty *t)
{
	struct pty *p = tty_driver_data(t);

	waitq_wake_all(&p->writable);
}

static int slave_open(struct tty *t)
{
	struct pty *p = tty_driver_data(t);

	if (!p->used || !p->master || p->locked) return -EIO;
	p->slaves++;
	p->slave_gone = false;
	return 0;
}

static void slave_close(struct tty *t)
{
	struct pty *p = tty_driver_data(t);

	if (--p->slaves) return;
	p->slave_gone = true;
	waitq_wake_all(&p->readable);
	waitq_wake_all(&p->writable);
	done_with(p);
}

/** What a master in packet mode is told; the later of two opposites holds. */
static void line_event(struct tty *t, uint32_t what)
{
	struct pty *p = tty_driver_data(t);

	if (!p->packet) return;
	if (what & (TIOCPKT_STOP | TIOCPKT_START)) p->told &= ~(TIOCPKT_STOP | TIOCPKT_START);
	if (what & (TIOCPKT_DOSTOP | TIOCPKT_NOSTOP)) p->told &= ~(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
	p->told |= what;
	waitq_wake_all(&p->readable);
}

static const struct tty_driver_ops line_ops = {
	.write = line_write,
	.input_room = line_input_room,
	.open = slave_open,
	.close = slave_close,
	.event = line_event,
};

/* ---- the master */
/** The byte before everything else that a read in packet mode brings: what happened, or that data follow. */
static int32_t read_event(struct pty *p, struct uio *u)
{
	uint8_t what = (uint8_t)p->told;

	p->told = 0;
	if (uio_to(u, &what, 1) == 1) return 1;
	p->told |= what;
	return -EFAULT;
}

static int32_t master_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct pty *p = f->priv;
	int32_t done = 0;

	UNUSED(pos);
	UNUSED(who);
	if (u->left == 0) return 0;
	while (p->head == p->tail && !p->told) {
		if (p->slave_gone) return -EIO;
		if (f->flags & O_NONBLOCK) return -EAGAIN;
		if (waitq_sleep(&p->readable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	mutex_lock(&p->reading);
	bool event = p->told;
	if (p->packet && (event || p->head != p->tail)) done = read_event(p, u);
	while (done >= 0 && !event && u->left > 0 && p->head != p->tail) {
		uint32_t at = p->tail % sizeof p->out;
		uint32_t n = MIN(MIN(p->head - p->tail, (uint32_t)sizeof p->out - at), u->left);
		int32_t got = uio_to(u, p->out + at, n);
		if (got <= 0) {
			if (!done) done = -EFAULT;
			break;
		}
		p->tail += (uint32_t)got;
		done += got;
		tty_pump(p->tty); /* what waited in the terminal follows */
	}
	mutex_unlock(&p->reading);
	return done ? done : -EAGAIN;
}

/** Type n bytes; how many went in. */
static uint32_t type_in(struct pty *p, const uint8_t *bytes, uint32_t n)
{
	uint32_t done = 0;

	while (done < n) {
		uint32_t room = MIN(tty_input_room(p->tty), n - done);
		if (room == 0) break;
		tty_input(p->tty, bytes + done, room);
		done += room;
		tty_work(p->tty);
	}
	return done;
}

static int32_t master_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct pty *p = f->priv;
	uint8_t chunk[CHUNK];
	uint32_t done = 0;
	int32_t err = 0;

	UNUSED(pos);
	UNUSED(who);
	while (!err && u->left > 0) {
		uint32_t room = MIN(tty_input_room(p->tty), CHUNK);
		if (room == 0) {
			if (f->flags & O_NONBLOCK)
				err = -EAGAIN;
			else if (waitq_sleep(&p->writable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR)
				err = -ERESTARTSYS;
			continue;
		}
		mutex_lock(&p->writing); /* one writer at a time from the copy on: the room stays */
		room = MIN(tty_input_room(p->tty), CHUNK);
		int32_t n = room ? uio_from(u, chunk, room) : 0;
		if (n > 0) done += type_in(p, chunk, (uint32_t)n);
		mutex_unlock(&p->writing);
		if (room && n <= 0) err = n < 0 ? n : -EFAULT;
	}
	return done ? (int32_t)done : err;
}

static uint32_t master_poll(struct file *f, struct pollset *ps)
{
	struct pty *p = f->priv;
	uint32_t ready = 0;

	poll_wait(ps, &p->readable);
	poll_wait(ps, &p->writable);
	if (p->head != p->tail) ready |= POLLIN | POLLRDNORM;
	if (p->told) ready |= POLLPRI | POLLIN | POLLRDNORM;
	if (tty_input_room(p->tty) > 0) ready |= POLLOUT | POLLWRNORM;
	if (p->slave_gone) ready |= POLLHUP;
	return ready;
}

static int32_t set_lock(struct pty *p, uint32_t arg, struct umem *mem)
{
	uint32_t on;

	if (umem_fetch_u32(mem, uaddr(arg), &on)) return -EFAULT;
	p->locked = on != 0;
	return 0;
}

static int32_t set_packet(struct pty *p, uint32_t arg, struct umem *mem)
{
	uint32_t on;

	if (umem_fetch_u32(mem, uaddr(arg), &on)) return -EFAULT;
	if (!on || !p->packet) p->told = 0;
	p->packet = on != 0;
	return 0;
}

static int32_t send_signal(struct pty *p, uint32_t sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP) return -EINVAL;
	if (tty_foreground(p->tty)) fs_signal_pgrp(tty_foreground(p->tty), (int)sig);
	return 0;
}

static int32_t master_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	struct pty *p = f->priv;

	switch (cmd) {
	case TIOCGPTN: return umem_store_u32(mem, uaddr(arg), p->index);
	case TIOCSPTLCK: return set_lock(p, arg, mem);
	case TIOCGPTLCK: return umem_store_u32(mem, uaddr(arg), p->locked);
	case TIOCPKT: return set_packet(p, arg, mem);
	case TIOCGPKT: return umem_store_u32(mem, uaddr(arg), p->packet);
	case TIOCSIG: return send_signal(p, arg);
	case FIONREAD: return umem_store_u32(mem, uaddr(arg), p->head - p->tail);
	case TIOCOUTQ: return umem_store_u32(mem, uaddr(arg), 0);
	case TIOCGPGRP: return umem_store_u32(mem, uaddr(arg), tty_foreground(p->tty));
	case TIOCGSID: return tty_session(p->tty) ? umem_store_u32(mem, uaddr(arg), tty_session(p->tty)) : -ENOTTY;
	default: return tty_control(p->tty, cmd, arg, mem, who);
	}
}

static void master_release(struct file *f)
{
	struct pty *p = f->priv;

	if (!p) return;
	p->master = false;
	tty_hangup(p->tty);
	done_with(p);
}

static const struct file_ops master_ops = {
	.read = master_read,
	.write = master_write,
	.seek = file_no_seek,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.release = master_release,
};

/* ---- making pairs */
static struct pty *new_pair(uint32_t index)
{
	struct pty *p = kzalloc(sizeof *p);

	if (!p) return NULL;
	p->index = index;
	mutex_init(&p->reading, MUTEX_INODE);
	mutex_init(&p->writing, MUTEX_INODE);
	waitq_init(&p->readable);
	waitq_init(&p->writable);
	p->tty = tty_create(NULL, pty_rdev(index), &line_ops, p);
	if (p->tty) return p;
	kfree(p);
	return NULL;
}

/** The first pair that nobody uses. */
static int take_pair(struct pty **out)
{
	for (uint32_t n = 0; n < PTYS_MAX; n++) {
		if (pairs[n] && pairs[n]->used) continue;
		if (!pairs[n]) pairs[n] = new_pair(n);
		*out = pairs[n];
		return *out ? 0 : -ENOMEM;
	}
	return -ENOSPC;
}

static int open_master(struct file *f, const struct fs_caller *who)
{
	struct pty *p;
	int err = take_pair(&p);

	if (err) return err;
	tty_reset(p->tty);
	p->used = p->locked = p->master = true;
	p->slave_gone = p->packet = false;
	p->told = 0;
	p->slaves = p->head = p->tail = 0;
	p->mode = 0620;
	p->uid = who->cred->fsuid;
	p->gid = TTY_GROUP;
	f->ops = &master_ops;
	f->priv = p;
	return 0;
}

int pty_open_peer(struct file *f, uint32_t flags, const struct fs_caller *who, struct file **out)
{
	char path[20];

	if (f->ops != &master_ops) return f->ops->ioctl == tty_ioctl ? -EIO : -ENOTTY;
	const struct pty *p = f->priv;
	fmt_snprintf(path, sizeof path, "dev/pts/%u", p->index);
	return file_open(name_root(), path, flags & (O_ACCMODE | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), 0, who, out);
}

void pty_init(void)
{
	static struct dev_row ptmx = {.name = "ptmx", .rdev = PTMX_RDEV, .mode = S_IFCHR | 0666, .open = open_master};
	static struct fstype type = {.name = "devpts", .make = devpts_make, .nodev = true};

	dev_register(&ptmx);
	fstype_register(&type);
}
