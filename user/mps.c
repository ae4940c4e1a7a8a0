/* mps: lists this node's processes and where their bodies run.
 * Called by users and by the demonstration.
 * Never shows guests: a guest belongs to the list of its home. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of a small /proc file; an empty text if it cannot be read. */
static void read_line(const char *pid, const char *file, char *out, size_t size)
{
	char path[64];
	FILE *f;

	out[0] = '\0';
	snprintf(path, sizeof path, "/proc/%.16s/%s", pid, file);
	f = fopen(path, "r");
	if (!f)
		return;
	if (fgets(out, (int)size, f))
		out[strcspn(out, "\n")] = '\0';
	fclose(f);
}

/* Picks name, state and CPU ticks out of a line of /proc/PID/stat. */
static int parse_stat(const char *line, char name[32], char *state, unsigned long *ticks)
{
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	unsigned long user, system;
	size_t n;

	if (!open || !close || close < open)
		return 0;
	n = (size_t)(close - open - 1);
	if (n > 31)
		n = 31;
	memcpy(name, open + 1, n);
	name[n] = '\0';
	if (sscanf(close + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", state, &user, &system) != 3)
		return 0;
	*ticks = user + system;
	return 1;
}

int main(void)
{
	char line[512], where[16], moves[16], name[32], state;
	unsigned long ticks;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc) {
		perror("mps: /proc");
		return 1;
	}
	printf("  PID WHERE MOVES S  CPU(s) NAME\n");
	while ((entry = readdir(proc)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		read_line(entry->d_name, "stat", line, sizeof line);
		if (!parse_stat(line, name, &state, &ticks))
			continue;
		read_line(entry->d_name, "where", where, sizeof where);
		read_line(entry->d_name, "nmigs", moves, sizeof moves);
		printf("%5s %5s %5s %c %4lu.%02lu %s\n", entry->d_name, strcmp(where, "0") ? where : "home",
		       moves[0] ? moves : "-", state, ticks / 100, ticks % 100, name);
	}
	closedir(proc);
	return 0;
}
