/* drivers.c - the list of drivers, in the order in which they start.
 * Called by: kernel/base/main.c.
 * Never: more than one line per driver.  */
#include "drivers/drivers.h"

#include "drivers/block/disks.h"
#include "drivers/console/console.h"
#include "drivers/ne2000/ne2000.h"
#include "fs/tty.h"
#include "kernel/base/bootopt.h"
#include "lib/str.h"

struct driver {
	const char *name;
	void (*probe)(void);
};
static const struct driver disks[] = {
	{"virtio_blk", virtio_blk_probe},
	{"ata", ata_probe},
};
static const struct driver cards[] = {
	{"ne2000", ne2000_probe},
};

void drivers_early(void)
{
	serial_early();
	screen_early();
}

static void consoles(void)
{
	char name[8];
	struct tty *serial = serial_init(), *screen = screen_init();
	if (screen != NULL) keyboard_init(screen);
	bool want_screen = bootopt_str("console", name, sizeof name) && strcmp(name, "tty1") == 0;
	struct tty *console = serial == NULL || (want_screen && screen != NULL) ? screen : serial;
	if (console != NULL) tty_set_console(console);
}

static void probe_all(const struct driver *drivers, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		klog(LOG_DEBUG, "probing %s", drivers[i].name);
		drivers[i].probe();
	}
}

void drivers_init(void)
{
	consoles();
	if (!bootopt_flag("nodisk")) probe_all(disks, ARRAY_LEN(disks));
	if (!bootopt_flag("nonet")) probe_all(cards, ARRAY_LEN(cards));
}

void drivers_quiet(void)
{
	enum log_level max = (enum log_level)bootopt_u32("loglevel", LOG_WARN);
	serial_log_level(max);
	screen_log_level(max);
}
