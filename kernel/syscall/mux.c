/* mux.c - demultiplexers: which row a call is in the end, by its command or flags. They run at the caller's side, before the
 * call is traced or forwarded, so that each final row describes its own memory.
 * Called by: entry.c through sysrow.resolve.
 * Never: does the call's work; of a body only the temporary signal mask of ppoll and pselect6 is set here.  */
#include "kernel/proc/ipc.h"
#include "kernel/proc/sigmask.h"
#include "kernel/syscall/rowid.h"
#include "kernel/syscall/sysarg.h"
#include "lib/str.h"

static const struct sysrow *row(enum sysrow_id id)
{
	return sysrow_by_index(id);
}

/* The call fails here already. */
static const struct sysrow *failed(struct ucall *c, int32_t err)
{
	c->arg[0] = (uint32_t)err;
	return row(ROW_failed);
}

int32_t body_failed(struct ucall *c)
{
	return (int32_t)c->arg[0];
}

const struct sysrow *mux_restart(struct ucall *c)
{
	struct body *b = &c->task->body;
	const struct sysrow *r = b->restart.row;

	if (!r) return failed(c, -EINTR);
	for (int i = 0; i < 6; i++) c->arg[i] = b->restart.arg[i];
	b->restart.row = NULL;
	return r;
}

/* ---- mmap */

const struct sysrow *mux_mmap2(struct ucall *c)
{
	if (!(c->arg[3] & MAP_ANONYMOUS)) return row(ROW_mmap_file);
	if (c->arg[3] & MAP_LOCKED) return row(ROW_mmap_locked);
	return row((c->arg[3] & MAP_TYPE) == MAP_PRIVATE ? ROW_mmap_anon : ROW_mmap_shared);
}

const struct sysrow *mux_mmap_old(struct ucall *c)
{
	struct linux_mmap_arg a;
	int err = umem_fetch(c->mem, &a, uaddr(c->arg[0]), sizeof a);

	if (err) return failed(c, err);
	if (a.offset & PAGE_MASK) return failed(c, -EINVAL);
	c->arg[0] = a.addr;
	c->arg[1] = a.len;
	c->arg[2] = a.prot;
	c->arg[3] = a.flags;
	c->arg[4] = (uint32_t)a.fd;
	c->arg[5] = a.offset >> PAGE_SHIFT;
	return mux_mmap2(c);
}

/* ---- ioctl: what is known about the memory of a command; an unknown command has none to offer */

static const struct { uint32_t cmd; enum sysrow_id id; } ioctls[] = {
	{TCGETS, ROW_ioctl_out36},   {TCSETS, ROW_ioctl_in36},    {TCSETSW, ROW_ioctl_in36},   {TCSETSF, ROW_ioctl_in36},
	{TCGETA, ROW_ioctl_out18},   {TCSETA, ROW_ioctl_in18},    {TCSETAW, ROW_ioctl_in18},   {TCSETAF, ROW_ioctl_in18},
	{TCGETS2, ROW_ioctl_out44},  {TCSETS2, ROW_ioctl_in44},   {TIOCGWINSZ, ROW_ioctl_out8}, {TIOCSWINSZ, ROW_ioctl_in8},
	{TIOCGPGRP, ROW_ioctl_out4}, {TIOCSPGRP, ROW_ioctl_in4},  {TIOCGSID, ROW_ioctl_out4},  {TIOCOUTQ, ROW_ioctl_out4},
	{FIONREAD, ROW_ioctl_out4},  {FIONBIO, ROW_ioctl_in4},    {FIOASYNC, ROW_ioctl_in4},   {TIOCSTI, ROW_ioctl_in1},
	{TIOCGETD, ROW_ioctl_out4},  {TIOCSETD, ROW_ioctl_in4},   {TIOCMGET, ROW_ioctl_out4},  {FIOQSIZE, ROW_ioctl_out8},
	{FIGETBSZ, ROW_ioctl_out4},  {FS_IOC_GETFLAGS, ROW_ioctl_out4},
	{BLKROGET, ROW_ioctl_out4},  {BLKGETSIZE, ROW_ioctl_out4}, {BLKGETSIZE64, ROW_ioctl_out8}, {BLKSSZGET, ROW_ioctl_out4},
	{BLKIOMIN, ROW_ioctl_out4},  {BLKIOOPT, ROW_ioctl_out4},  {BLKALIGNOFF, ROW_ioctl_out4}, {BLKPBSZGET, ROW_ioctl_out4},
	{BLKBSZGET, ROW_ioctl_out4}, {HDIO_GETGEO, ROW_ioctl_out8},
	{TIOCGPTN, ROW_ioctl_out4},   {TIOCGPTLCK, ROW_ioctl_out4}, {TIOCSPTLCK, ROW_ioctl_in4},
	{TIOCPKT, ROW_ioctl_in4},    {TIOCGPKT, ROW_ioctl_out4},
};

const struct sysrow *mux_ioctl(struct ucall *c)
{
	for (uint32_t i = 0; i < ARRAY_LEN(ioctls); i++)
		if (ioctls[i].cmd == c->arg[1]) return row(ioctls[i].id);
	return row(ROW_ioctl_plain);
}

/* ---- fcntl */

const struct sysrow *mux_fcntl(struct ucall *c)
{
	uint32_t cmd = c->arg[1];

	if (cmd == F_SETOWN_EX || cmd == F_GETOWN_EX) return row(ROW_fcntl_owner);
	return row(cmd >= F_GETLK && cmd <= F_SETLKW ? ROW_fcntl_lock : ROW_fcntl_plain);
}

const struct sysrow *mux_fcntl64(struct ucall *c)
{
	uint32_t cmd = c->arg[1];

	if (cmd >= F_OFD_GETLK && cmd <= F_OFD_SETLKW) return row(ROW_fcntl_ofd);
	return cmd >= F_GETLK64 && cmd <= F_SETLKW64 ? row(ROW_fcntl_lock64) : mux_fcntl(c);
}

/* ---- prctl, interval timers */

const struct sysrow *mux_prctl(struct ucall *c)
{
	switch (c->arg[0]) {
	case PR_SET_NAME: return row(ROW_prctl_setname);
	case PR_GET_TID_ADDRESS: return row(ROW_prctl_tid_address);
	case PR_GET_NAME: return row(ROW_prctl_getname);
	case PR_GET_PDEATHSIG:
	case PR_GET_TSC:
	case PR_GET_CHILD_SUBREAPER: return row(ROW_prctl_out4);
	default: return row(ROW_prctl_plain);
	}
}

const struct sysrow *mux_setitimer(struct ucall *c)
{
	return row(c->arg[0] == ITIMER_REAL ? ROW_setitimer_real : ROW_setitimer_cpu);
}

const struct sysrow *mux_getitimer(struct ucall *c)
{
	if (c->arg[0] > ITIMER_PROF) return failed(c, -EINVAL);
	return row(c->arg[0] == ITIMER_REAL ? ROW_getitimer_real : ROW_getitimer_cpu);
}

/* ---- waiting calls with a signal mask: the mask is the body's, so it is swapped here and put back at the user boundary */

static int swap_mask(struct ucall *c, uint32_t mask_at, uint32_t size)
{
	uint64_t mask;

	if (!mask_at) return 0;
	if (size != sizeof mask) return -EINVAL;
	int err = umem_fetch(c->mem, &mask, uaddr(mask_at), sizeof mask);
	if (!err) sigmask_swap(c->task, mask);
	return err;
}

static const struct sysrow *ppoll(struct ucall *c, enum sysrow_id id)
{
	int err = swap_mask(c, c->arg[3], c->arg[4]);

	return err ? failed(c, err) : row(id);
}

const struct sysrow *mux_ppoll(struct ucall *c) { return ppoll(c, ROW_ppoll32); }
const struct sysrow *mux_ppoll64(struct ucall *c) { return ppoll(c, ROW_ppoll64); }

static const struct sysrow *pselect(struct ucall *c, enum sysrow_id id)
{
	struct linux_sigset_arg a = {0, 0};
	int err = c->arg[5] ? umem_fetch(c->mem, &a, uaddr(c->arg[5]), sizeof a) : 0;

	if (!err) err = swap_mask(c, a.set, a.size);
	return err ? failed(c, err) : row(id);
}

const struct sysrow *mux_pselect6(struct ucall *c) { return pselect(c, ROW_pselect32); }
const struct sysrow *mux_pselect6_64(struct ucall *c) { return pselect(c, ROW_pselect64); }

const struct sysrow *mux_select_old(struct ucall *c)
{
	uint32_t a[5];
	int err = umem_fetch(c->mem, a, uaddr(c->arg[0]), sizeof a);

	if (err) return failed(c, err);
	for (int i = 0; i < 5; i++) c->arg[i] = a[i];
	return row(ROW__newselect);
}

static const struct sysrow *epoll_pwait(struct ucall *c, enum sysrow_id id)
{
	int err = swap_mask(c, c->arg[4], c->arg[5]);

	return err ? failed(c, err) : row(id);
}

const struct sysrow *mux_epoll_pwait(struct ucall *c) { return epoll_pwait(c, ROW_epoll_pwait_row); }
const struct sysrow *mux_epoll_pwait2(struct ucall *c) { return epoll_pwait(c, ROW_epoll_pwait2_row); }

/* ---- sockets: a message is one piece, so one that no window holds needs the body at home */

const struct sysrow *mux_sendto(struct ucall *c) { return row(c->arg[2] > SYSCALL_SLICE ? ROW_sendto_whole : ROW_sendto_window); }
const struct sysrow *mux_recvfrom(struct ucall *c) { return row(c->arg[2] > SYSCALL_SLICE ? ROW_recvfrom_whole : ROW_recvfrom_window); }

/* ---- socketcall: the arguments lie in user memory */

const struct sysrow *mux_socketcall(struct ucall *c)
{
	static const struct { enum sysrow_id id; uint8_t n; } calls[] = {
		[1] = {ROW_socket, 3}, [2] = {ROW_bind, 3}, [3] = {ROW_connect, 3}, [4] = {ROW_listen, 2}, [5] = {ROW_accept4, 3},
		[6] = {ROW_getsockname, 3}, [7] = {ROW_getpeername, 3}, [8] = {ROW_socketpair, 4}, [9] = {ROW_sendto, 4},
		[10] = {ROW_recvfrom, 4}, [11] = {ROW_sendto, 6}, [12] = {ROW_recvfrom, 6}, [13] = {ROW_shutdown, 2},
		[14] = {ROW_setsockopt, 5}, [15] = {ROW_getsockopt, 5}, [16] = {ROW_sendmsg, 3}, [17] = {ROW_recvmsg, 3},
		[18] = {ROW_accept4, 4}, [19] = {ROW_recvmmsg, 5}, [20] = {ROW_sendmmsg, 4},
	};
	uint32_t a[6] = {0}, call = c->arg[0];

	if (call == 0 || call >= ARRAY_LEN(calls)) return failed(c, -EINVAL);
	int err = umem_fetch(c->mem, a, uaddr(c->arg[1]), calls[call].n * 4u);
	if (err) return failed(c, err);
	for (int i = 0; i < 6; i++) c->arg[i] = a[i];
	if (calls[call].id == ROW_sendto) return mux_sendto(c);
	if (calls[call].id == ROW_recvfrom) return mux_recvfrom(c);
	return row(calls[call].id);
}

/* ---- ipc: call, first, second, third, pointer, fifth; the upper half of call is the version of an old caller */

static const struct sysrow *ipc_row(struct ucall *c, enum sysrow_id id, uint32_t a, uint32_t b, uint32_t d, uint32_t e, uint32_t f)
{
	const uint32_t arg[6] = {a, b, d, e, f, 0};

	for (int i = 0; i < 6; i++) c->arg[i] = arg[i];
	return row(id);
}

/* semctl's fourth argument lies behind a pointer here; msgrcv's old callers packed pointer and type. */
static const struct sysrow *ipc_indirect(struct ucall *c, uint32_t first, uint32_t second, uint32_t third, uint32_t flags, uint32_t at, bool sem)
{
	uint32_t v[2] = {0, 0};

	if (!at) return failed(c, -EINVAL);
	int err = umem_fetch(c->mem, v, uaddr(at), sem ? 4 : 8);
	if (err) return failed(c, err);
	return sem ? ipc_row(c, ROW_semctl, first, second, third, v[0], 0) : ipc_row(c, ROW_msgrcv, first, v[0], second, v[1], flags);
}

const struct sysrow *mux_ipc(struct ucall *c)
{
	uint32_t a = c->arg[1], b = c->arg[2], d = c->arg[3], p = c->arg[4], f = c->arg[5];

	switch (c->arg[0] & 0xffff) {
	case 1: return ipc_row(c, ROW_semop, a, p, b, 0, 0);
	case 2: return ipc_row(c, ROW_semget, a, b, d, 0, 0);
	case 3: return ipc_indirect(c, a, b, d & ~IPC_64, 0, p, true);
	case 4: return ipc_row(c, ROW_semtimedop, a, p, b, f, 0);
	case 11: return ipc_row(c, ROW_msgsnd, a, p, b, d, 0);
	case 12: return c->arg[0] >> 16 ? ipc_row(c, ROW_msgrcv, a, p, b, f, d) : ipc_indirect(c, a, b, 0, d, p, false);
	case 13: return ipc_row(c, ROW_msgget, a, b, 0, 0, 0);
	case 14: return ipc_row(c, ROW_msgctl, a, b & ~IPC_64, p, 0, 0);
	case 21: if (c->arg[0] >> 16 == 1) return failed(c, -EINVAL); /* the iBCS2 form */
		return d ? ipc_row(c, ROW_shmat_at, a, p, b, d, 0) : failed(c, -EFAULT);
	case 22: return ipc_row(c, ROW_shmdt, p, 0, 0, 0, 0);
	case 23: return ipc_row(c, ROW_shmget, a, b, d, 0, 0);
	case 24: return ipc_row(c, ROW_shmctl, a, b & ~IPC_64, p, 0, 0);
	default: return failed(c, -ENOSYS);
	}
}

/* The address is the result: it goes nowhere else. */
const struct sysrow *mux_shmat(struct ucall *c)
{
	c->arg[3] = 0;
	return row(ROW_shmat_at);
}
