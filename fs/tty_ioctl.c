/* tty_ioctl.c - the controls of a terminal: modes, size, queues, session and foreground group.
 * Called by: tty.c as its ioctl operation.
 * Never: changes anything before the argument has been fetched.  Source: ioctl_tty(2).  */
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/tty_priv.h"
#include "lib/str.h"

/* ---- modes */
/** Does the terminal stop at ^S and go on at ^Q?  Who carries its bytes can do that sooner: a pty in packet mode. */
static bool stops(const struct tty *t)
{
	const struct linux_termios *tio = &t->l.tio;

	return (tio->iflag & IXON) && tio->cc[VSTOP] == 19 && tio->cc[VSTART] == 17;
}

static uint32_t told_of_modes(const struct tty *t, bool stopped_before, bool external)
{
	uint32_t flow = stops(t) ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;

	return (stops(t) == stopped_before ? 0 : flow) | (external ? TIOCPKT_IOCTL : 0);
}

static int set_modes(struct tty *t, const struct linux_termios *tio, bool drain, bool flush)
{
	int err = drain ? tty_drain(t) : 0;

	if (err) return err;
	tty_work(t); /* what came before this passes by the rules before this */
	bool before = stops(t), external = (t->l.tio.lflag | tio->lflag) & EXTPROC;
	if (flush) ldisc_flush_input(&t->l);
	ldisc_set(&t->l, tio);
	tty_tell(t, told_of_modes(t, before, external) | (flush ? TIOCPKT_FLUSHREAD : 0));
	if (t->ops->set_termios) t->ops->set_termios(t);
	tty_pump(t);
	waitq_wake_all(&t->readable); /* a change of mode may make bytes readable */
	return 0;
}

static int set_termios(struct tty *t, uint32_t cmd, uint32_t arg, struct umem *mem)
{
	struct linux_termios tio;

	if (umem_fetch(mem, &tio, uaddr(arg), sizeof tio)) return -EFAULT;
	return set_modes(t, &tio, cmd != TCSETS && cmd != TCSETS2, cmd == TCSETSF);
}

static int get_termios2(const struct tty *t, uint32_t arg, struct umem *mem)
{
	struct linux_termios2 two;

	memset(&two, 0, sizeof two);
	memcpy(&two, &t->l.tio, sizeof t->l.tio);
	two.ispeed = two.ospeed = 38400;
	return umem_store(mem, uaddr(arg), &two, sizeof two);
}

static int get_termio(const struct tty *t, uint32_t arg, struct umem *mem)
{
	const struct linux_termios *s = &t->l.tio;
	struct linux_termio old = {.iflag = (uint16_t)s->iflag, .oflag = (uint16_t)s->oflag, .cflag = (uint16_t)s->cflag,
	                           .lflag = (uint16_t)s->lflag, .line = s->line};

	memcpy(old.cc, s->cc, sizeof old.cc);
	return umem_store(mem, uaddr(arg), &old, sizeof old);
}

static uint32_t low_half(uint32_t all, uint16_t low)
{
	return (all & 0xffff0000u) | low;
}

static int set_termio(struct tty *t, uint32_t cmd, uint32_t arg, struct umem *mem)
{
	struct linux_termios tio = t->l.tio;
	struct linux_termio old;

	if (umem_fetch(mem, &old, uaddr(arg), sizeof old)) return -EFAULT;
	tio.iflag = low_half(tio.iflag, old.iflag);
	tio.oflag = low_half(tio.oflag, old.oflag);
	tio.cflag = low_half(tio.cflag, old.cflag);
	tio.lflag = low_half(tio.lflag, old.lflag);
	memcpy(tio.cc, old.cc, sizeof old.cc);
	return set_modes(t, &tio, cmd != TCSETA, cmd == TCSETAF);
}

/* ---- queues and flow */
static int flush(struct tty *t, uint32_t which)
{
	if (which > TCIOFLUSH) return -EINVAL;
	tty_work(t);
	if (which != TCOFLUSH) ldisc_flush_input(&t->l);
	if (which != TCIFLUSH) ldisc_flush_output(&t->l);
	tty_tell(t, (which != TCOFLUSH ? TIOCPKT_FLUSHREAD : 0) | (which != TCIFLUSH ? TIOCPKT_FLUSHWRITE : 0));
	waitq_wake_all(&t->writable);
	return 0;
}

static int flow(struct tty *t, uint32_t action)
{
	if (action > TCION) return -EINVAL;
	if (action == TCOOFF || action == TCOON) {
		if (t->l.stopped != (action == TCOOFF)) tty_tell(t, action == TCOOFF ? TIOCPKT_STOP : TIOCPKT_START);
		t->l.stopped = action == TCOOFF;
		tty_pump(t);
		return 0;
	}
	uint8_t c = t->l.tio.cc[action == TCIOFF ? VSTOP : VSTART];
	if (c) t->ops->write(t, &c, 1);
	return 0;
}

static int fake_input(struct tty *t, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	uint8_t c;

	if (who->ops->ctty(who) != t && !capable(who)) return -EPERM;
	if (umem_fetch(mem, &c, uaddr(arg), 1)) return -EFAULT;
	tty_input(t, &c, 1);
	return 0;
}

static int set_size(struct tty *t, uint32_t arg, struct umem *mem)
{
	struct linux_winsize size;

	if (umem_fetch(mem, &size, uaddr(arg), sizeof size)) return -EFAULT;
	t->size.xpixel = size.xpixel;
	t->size.ypixel = size.ypixel;
	tty_set_size(t, size.row, size.col);
	return 0;
}

/* ---- sessions and groups */
int tty_take_control(struct tty *t, const struct fs_caller *who)
{
	int err = who->ops->set_ctty(who, t);

	if (err) return err;
	t->session = who->ops->session(who);
	t->pgrp = who->ops->pgrp(who);
	return 0;
}

static int become_control(struct tty *t, uint32_t steal, const struct fs_caller *who)
{
	bool leader = who->ops->is_session_leader(who);

	if (leader && t->session == who->ops->session(who) && who->ops->ctty(who) == t) return 0;
	if (!leader || who->ops->ctty(who)) return -EPERM;
	if (t->session != 0) {
		if (steal != 1 || !capable(who)) return -EPERM;
		tty_session_end(t, t->session);
	}
	return tty_take_control(t, who);
}

static int give_up_control(struct tty *t, const struct fs_caller *who)
{
	if (who->ops->ctty(who) != t) return -ENOTTY;
	if (who->ops->is_session_leader(who)) tty_session_end(t, t->session);
	return who->ops->set_ctty(who, NULL);
}

static bool controls(const struct tty *t, const struct fs_caller *who)
{
	return who->ops->ctty(who) == t && t->session == who->ops->session(who);
}

static int set_foreground(struct tty *t, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	uint32_t pgrp;

	if (!controls(t, who)) return -ENOTTY;
	if (umem_fetch_u32(mem, uaddr(arg), &pgrp)) return -EFAULT;
	if ((int32_t)pgrp <= 0) return -EINVAL;
	if (!who->ops->pgrp_exists(pgrp)) return -ESRCH;
	if (!who->ops->pgrp_in_session(pgrp, t->session)) return -EPERM;
	t->pgrp = pgrp;
	return 0;
}

/* ---- the switch */
/** Commands that a background group may not give. */
static bool changes(uint32_t cmd)
{
	switch (cmd) {
	case TCSETS: case TCSETSW: case TCSETSF: case TCSETS2: case TCSETA: case TCSETAW: case TCSETAF:
	case TCSBRK: case TCSBRKP: case TCXONC: case TCFLSH: case TIOCSPGRP: return true;
	default: return false;
	}
}

static int32_t session_ioctl(struct tty *t, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	switch (cmd) {
	case TIOCSCTTY: return become_control(t, arg, who);
	case TIOCNOTTY: return give_up_control(t, who);
	case TIOCSPGRP: return set_foreground(t, arg, mem, who);
	case TIOCGPGRP: return controls(t, who) ? umem_store_u32(mem, uaddr(arg), t->pgrp) : -ENOTTY;
	case TIOCGSID: return controls(t, who) ? umem_store_u32(mem, uaddr(arg), t->session) : -ENOTTY;
	case TIOCGETD: return umem_store_u32(mem, uaddr(arg), 0);
	case TIOCSETD: return 0; /* N_TTY is the only one */
	case TIOCEXCL: case TIOCNXCL: return 0;
	case TIOCSTI: return fake_input(t, arg, mem, who);
	default: return -ENOTTY;
	}
}

int32_t tty_control(struct tty *t, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	int err = changes(cmd) ? tty_check_background(t, SIGTTOU, who) : 0;

	if (err) return err;
	switch (cmd) {
	case TCGETS: return umem_store(mem, uaddr(arg), &t->l.tio, sizeof t->l.tio);
	case TCGETS2: return get_termios2(t, arg, mem);
	case TCGETA: return get_termio(t, arg, mem);
	case TCSETS: case TCSETSW: case TCSETSF: case TCSETS2: return set_termios(t, cmd, arg, mem);
	case TCSETA: case TCSETAW: case TCSETAF: return set_termio(t, cmd, arg, mem);
	case TCSBRK: case TCSBRKP: return tty_drain(t); /* no line to break */
	case TCXONC: return flow(t, arg);
	case TCFLSH: return flush(t, arg);
	case TIOCOUTQ: return umem_store_u32(mem, uaddr(arg), t->l.out_head - t->l.out_tail);
	case FIONREAD: tty_work(t); return umem_store_u32(mem, uaddr(arg), ldisc_readable(&t->l));
	case TIOCGWINSZ: return umem_store(mem, uaddr(arg), &t->size, sizeof t->size);
	case TIOCSWINSZ: return set_size(t, arg, mem);
	default: return session_ioctl(t, cmd, arg, mem, who);
	}
}

int32_t tty_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	struct tty *t = f->priv;

	if (t->hung) return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_control(t, cmd, arg, mem, who);
}
