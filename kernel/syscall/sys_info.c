/* sys_info.c - calls about the machine: its names, memory, log, power; random bytes.
 * Called by: dispatch.c through table.def.
 * Never: names a program.  */
#include "kernel/syscall/sysarg.h"
#include "fs/writeback.h"
#include "fs/tty.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/random.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/loadavg.h"
#include "kernel/proc/uts.h"
#include "lib/str.h"

/* ---- uname: three ages of it, fields of 9, 65 (five of them) and 65 (six) bytes */

static int32_t put_uname(struct ucall *c, uint32_t field, uint32_t n)
{
	const char *const text[6] = {UTS_SYSNAME, uts_hostname(), UTS_RELEASE, UTS_VERSION, UTS_MACHINE, uts_domainname()};
	char buf[sizeof(struct linux_utsname)];

	memset(buf, 0, sizeof buf);
	for (uint32_t i = 0; i < n; i++) str_copy(buf + i * field, field, text[i]);
	return umem_store(c->mem, uaddr(c->arg[0]), buf, n * field);
}

int32_t sys_oldolduname(struct ucall *c) { return put_uname(c, 9, 5); }
int32_t sys_olduname(struct ucall *c) { return put_uname(c, 65, 5); }
int32_t sys_uname(struct ucall *c) { return put_uname(c, 65, 6); }

static int32_t set_uts_name(struct ucall *c, int (*set)(const char *, uint32_t))
{
	char name[UTS_NAME_MAX];
	uint32_t n = c->arg[1];

	if (!capable(ucall_who(c))) return -EPERM;
	if (n > UTS_NAME_MAX) return -EINVAL;
	int32_t r = umem_fetch(c->mem, name, uaddr(c->arg[0]), n);
	return r ? r : set(name, n);
}

int32_t sys_sethostname(struct ucall *c) { return set_uts_name(c, uts_set_hostname); }
int32_t sys_setdomainname(struct ucall *c) { return set_uts_name(c, uts_set_domainname); }

int32_t sys_sysinfo(struct ucall *c)
{
	struct linux_sysinfo s;
	uint32_t avg[3], rest;
	struct group *g;

	memset(&s, 0, sizeof s);
	s.uptime = (int32_t)split_ns(clock_now_ns(), &rest);
	loadavg_get(avg);
	for (int i = 0; i < 3; i++) s.loads[i] = avg[i] << (LINUX_SI_LOAD_SHIFT - LOADAVG_SHIFT);
	s.totalram = frame_total() << PAGE_SHIFT;
	s.freeram = frame_free_count() << PAGE_SHIFT;
	s.mem_unit = 1;
	list_for_each(g, &all_groups, in_all)
		s.procs++;
	return umem_store(c->mem, uaddr(c->arg[0]), &s, sizeof s);
}

/* ---- the log */

static uint64_t log_cleared; /* position up to which SYSLOG_ACTION_CLEAR hides */

/* How many bytes of log lie behind pos; buf is scratch. */
static uint32_t log_length(uint64_t pos, char *buf)
{
	uint32_t sum = 0, n;

	while ((n = log_read(&pos, buf, PAGE_SIZE)) > 0) sum += n;
	return sum;
}

/* The last `size` bytes of the log. */
static int32_t log_tail(struct ucall *c, uint32_t at, uint32_t size, char *buf, uint64_t *end)
{
	uint64_t pos = log_cleared;
	uint32_t all = log_length(pos, buf), skip = all > size ? all - size : 0, done = 0, n;

	while ((n = log_read(&pos, buf, PAGE_SIZE)) > 0) {
		uint32_t cut = MIN(skip, n);
		skip -= cut;
		n = MIN(n - cut, size - done);
		if (n && umem_store(c->mem, uaddr(at + done), buf + cut, n)) return -EFAULT;
		done += n;
	}
	*end = pos;
	return (int32_t)done;
}

static int32_t syslog_with(struct ucall *c, char *buf)
{
	uint64_t end = log_cleared;
	int32_t r;

	switch (c->arg[0]) {
	case SYSLOG_ACTION_READ:
	case SYSLOG_ACTION_READ_ALL:
	case SYSLOG_ACTION_READ_CLEAR:
		if (!c->arg[1] || (int32_t)c->arg[2] < 0) return -EINVAL;
		r = log_tail(c, c->arg[1], c->arg[2], buf, &end);
		if (r >= 0 && c->arg[0] != SYSLOG_ACTION_READ_ALL) log_cleared = end;
		return r;
	case SYSLOG_ACTION_CLEAR:
		while (log_read(&end, buf, PAGE_SIZE) > 0) {}
		log_cleared = end;
		return 0;
	case SYSLOG_ACTION_SIZE_UNREAD: return (int32_t)log_length(log_cleared, buf);
	default: return -EINVAL;
	}
}

int32_t sys_syslog(struct ucall *c)
{
	uint32_t type = c->arg[0];

	if (type == SYSLOG_ACTION_SIZE_BUFFER) return 32 << 10;
	if (type != SYSLOG_ACTION_READ_ALL && !has_cap(ucall_who(c), CAP_SYSLOG)) return -EPERM;
	if (type == SYSLOG_ACTION_CONSOLE_LEVEL && (c->arg[2] < 1 || c->arg[2] > 8)) return -EINVAL;
	if (type < SYSLOG_ACTION_READ || (type >= SYSLOG_ACTION_CONSOLE_OFF && type <= SYSLOG_ACTION_CONSOLE_LEVEL)) return 0;
	char *buf = kmalloc(PAGE_SIZE);
	if (!buf) return -ENOMEM;
	int32_t r = syslog_with(c, buf);
	kfree(buf);
	return r;
}

/* ---- power */

int32_t sys_reboot(struct ucall *c)
{
	uint32_t m2 = c->arg[1];

	if (!has_cap(ucall_who(c), CAP_SYS_BOOT)) return -EPERM;
	if (c->arg[0] != LINUX_REBOOT_MAGIC1) return -EINVAL;
	if (m2 != LINUX_REBOOT_MAGIC2 && m2 != LINUX_REBOOT_MAGIC2A && m2 != LINUX_REBOOT_MAGIC2B && m2 != LINUX_REBOOT_MAGIC2C) return -EINVAL;
	uint32_t how = c->arg[2];
	bool ends = how == LINUX_REBOOT_CMD_RESTART || how == LINUX_REBOOT_CMD_RESTART2 || how == LINUX_REBOOT_CMD_HALT || how == LINUX_REBOOT_CMD_POWER_OFF;
	if (ends) writeback_shut_down(); /* Linux leaves it to the caller's sync; here disks are clean in any case */
	switch (how) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF: return 0;
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2: klog(LOG_WARN, "reboot: restarting"); arch_reboot();
	case LINUX_REBOOT_CMD_HALT: klog(LOG_WARN, "reboot: halted"); arch_halt();
	case LINUX_REBOOT_CMD_POWER_OFF: klog(LOG_WARN, "reboot: power off"); arch_poweroff();
	default: return -EINVAL;
	}
}

int32_t sys_vhangup(struct ucall *c)
{
	const struct fs_caller *who = ucall_who(c);
	struct tty *t = who->ops->ctty(who);

	if (!has_cap(who, CAP_SYS_TTY_CONFIG)) return -EPERM;
	if (t) tty_hangup(t);
	return 0;
}

/* ---- random bytes: body half, so that they cost no frame */

int32_t body_getrandom(struct ucall *c)
{
	uint32_t done = 0, n = MIN(c->arg[1], 0x1ffffffu);
	uint8_t buf[256];

	if (c->arg[2] & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) return -EINVAL;
	if ((c->arg[2] & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE)) return -EINVAL;
	while (done < n) {
		uint32_t part = MIN(n - done, (uint32_t)sizeof buf);
		random_bytes(buf, part);
		if (umem_store(c->mem, uaddr(c->arg[0] + done), buf, part)) return done ? (int32_t)done : -EFAULT;
		done += part;
		if (c->task->thread.cuts) break; /* a long one may be cut short, getrandom(2) */
		preempt_point();
	}
	return (int32_t)done;
}
