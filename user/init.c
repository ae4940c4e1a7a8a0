/* init, pid 1 of a node: shells on console and screen, the host tool's agent, orphans, halt and reboot.
 * Started by the kernel with /dev and /proc in place.
 * Never exits; never does a job for a particular program. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AGENT      "/usr/lib/godwit/agent"
#define AGENT_LINE "/dev/ttyS1"
#define CONSOLE    "/dev/console"
#define SCREEN     "/dev/tty1"
#define RESPAWN_MS 500 /* a child that dies at once must not spin the CPU */

/* Seen by a terminal as a change of its title, by `godwit shell` as the end of the session. */
#define LOGOUT_MARK "\033]0;godwit logout\007"

struct service {
	pid_t pid; /* 0: not running; -1: never on this machine */
	int64_t started_ms;
};

#define SHELL_AT 4 /* in envp */
static char *envp[] = {"HOME=/root", "PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/games", "TERM=linux", "USER=root",
			     NULL, NULL};

static volatile sig_atomic_t wanted; /* the last signal that asks for a halt or a restart */

static int64_t now_ms(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_signal(int number)
{
	wanted = number;
}

/* The value of a k=v option on the kernel's command line; 0 if it is absent. */
static int kernel_option(const char *key, char *out, size_t size)
{
	char text[1024], *save = NULL;
	size_t length = strlen(key);
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return 0;
	text[n] = '\0';
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		if (!strncmp(word, key, length) && word[length] == '=') {
			snprintf(out, size, "%s", word + length + 1);
			return 1;
		}
	return 0;
}

/* The kernel's own name for the node stands, unless it has none; then nodeN by the command line. */
static void set_hostname(void)
{
	char name[64] = "", number[16];

	if (kernel_option("hostname", name, sizeof name)) {
		sethostname(name, strlen(name));
		return;
	}
	gethostname(name, sizeof name - 1);
	if (name[0] && strcmp(name, "(none)") && strcmp(name, "localhost") && strcmp(name, "godwit"))
		return;
	if (kernel_option("node", number, sizeof number))
		snprintf(name, sizeof name, "node%.10s", number);
	else
		snprintf(name, sizeof name, "godwit");
	sethostname(name, strlen(name));
}

/* The terminal becomes the standard files; /dev/null if there is no such terminal. */
static void open_terminal(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		if (fd >= 0 && fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void child_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A login shell with a session of its own on the terminal. */
static pid_t start_shell(const char *terminal)
{
	/* for people: bash where it is, busybox's with its line editor otherwise; /bin/sh may be one without */
	static char *const shells[][3] = {{"/bin/bash", "-bash", "SHELL=/bin/bash"}, {"/bin/ash", "-sh", "SHELL=/bin/sh"}};
	char *const *shell = shells[access(shells[0][0], X_OK) == 0 ? 0 : 1];
	char *const argv[] = {shell[1], NULL};
	pid_t pid = fork();

	if (pid != 0)
		return pid > 0 ? pid : 0;
	envp[SHELL_AT] = shell[2];
	child_signals();
	setsid();
	open_terminal(terminal);
	ioctl(0, TIOCSCTTY, 1);
	if (chdir("/root") != 0 && chdir("/") != 0)
		_exit(126);
	execve(shell[0], argv, envp);
	dprintf(2, "init: %s: %s\n", shell[0], strerror(errno));
	_exit(127);
}

static pid_t start_console_shell(void)
{
	return start_shell(CONSOLE);
}

/* Screen and keyboard, unless they are the console already (docs/options.md, `console=`). */
static pid_t start_screen_shell(void)
{
	char console[32] = "ttyS0";

	kernel_option("console", console, sizeof console);
	if (!strcmp(console, "tty1") || access("/dev/ttyS0", F_OK) != 0 || access(SCREEN, F_OK) != 0)
		return -1;
	return start_shell(SCREEN);
}

static pid_t start_agent(void)
{
	static char *const argv[] = {"agent", AGENT_LINE, NULL};
	pid_t pid;

	if (access(AGENT_LINE, F_OK) != 0 || access(AGENT, X_OK) != 0)
		return -1;
	pid = fork();
	if (pid != 0)
		return pid > 0 ? pid : 0;
	child_signals();
	setsid();
	envp[SHELL_AT] = "SHELL=/bin/sh";
	execve(AGENT, argv, envp);
	_exit(127);
}

/* Ends everything in good order and leaves the machine in the state asked for. */
static void shut_down(int number)
{
	int how = number == SIGTERM || number == SIGINT ? RB_AUTOBOOT : number == SIGUSR2 ? RB_POWER_OFF : RB_HALT_SYSTEM;
	struct timespec grace = {.tv_nsec = 200 * 1000 * 1000};

	kill(-1, SIGTERM);
	nanosleep(&grace, NULL);
	kill(-1, SIGKILL);
	sync();
	reboot(how);
	for (;;)
		pause();
}

/* Starts a service again that has ended, or that found no room; one that ended at once waits a moment first. */
static void keep_up(struct service *service, pid_t (*start)(void))
{
	struct timespec rest = {.tv_nsec = RESPAWN_MS * 1000 * 1000};

	if (service->pid != 0)
		return;
	if (service->started_ms && now_ms() - service->started_ms < RESPAWN_MS)
		nanosleep(&rest, NULL);
	service->started_ms = now_ms();
	service->pid = start();
}

int main(void)
{
	struct service shell = {0}, screen = {0}, agent = {0};
	struct sigaction action = {.sa_handler = on_signal};

	open_terminal(CONSOLE);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	set_hostname();
	for (;;) {
		pid_t ended;

		keep_up(&agent, start_agent);
		keep_up(&shell, start_console_shell);
		keep_up(&screen, start_screen_shell);
		ended = waitpid(-1, NULL, 0);
		if (wanted)
			shut_down(wanted);
		if (ended > 0 && ended == shell.pid) {
			shell.pid = 0;
			if (write(1, LOGOUT_MARK, sizeof LOGOUT_MARK - 1) < 0)
				open_terminal(CONSOLE);
		}
		if (ended > 0 && ended == screen.pid)
			screen.pid = 0;
		if (ended > 0 && ended == agent.pid)
			agent.pid = 0;
		if (ended < 0 && errno == ECHILD)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
}
