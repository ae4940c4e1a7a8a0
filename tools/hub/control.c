/* The hub's control language: one line in, one line of JSON out.
 * Called by hub.c for every line on the control socket, and for the options.
 * Never changes anything when a line is wrong. */
#define _GNU_SOURCE
#include "tools/hub/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, double max, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= 0 && *out <= max;
}

bool hub_set_fault(struct hub *hub, const char *name, const char *text)
{
	struct faults *f = &hub->faults;
	const struct { const char *name; double *field, max; } list[] = {
		{"loss", &f->loss, 1}, {"dup", &f->dup, 1}, {"reorder", &f->reorder, 1}, {"corrupt", &f->corrupt, 1},
		{"delay", &f->delay_ms, 60000}, {"rate", &f->rate_mbit, 100000},
	};
	double value;

	if (!strcmp(name, "seed")) {
		char *end;
		uint64_t seed = strtoull(text, &end, 10);

		if (end == text || *end)
			return false;
		f->seed = seed;
		hub_seed(hub);
		return true;
	}
	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
		if (!strcmp(name, list[i].name)) {
			if (!parse_number(text, list[i].max, &value))
				return false;
			*list[i].field = value;
			return true;
		}
	return false;
}

static void answer_error(FILE *out, const char *text)
{
	fprintf(out, "{\"error\": \"%s\"}\n", text);
}

static void answer_ok(FILE *out)
{
	fputs("{\"ok\": true}\n", out);
}

static void show_stats(const struct hub *hub, FILE *out)
{
	const char *comma = "";

	fprintf(out, "{\"pairs\": [");
	for (unsigned from = 1; from <= PORTS_MAX; from++)
		for (unsigned to = 1; to <= PORTS_MAX; to++) {
			const struct counter *c = &hub->pair[from][to];

			if (!c->frames && !c->dropped)
				continue;
			fprintf(out, "%s{\"from\": %u, \"to\": %u, \"frames\": %llu, \"bytes\": %llu, "
				"\"ours_frames\": %llu, \"ours_bytes\": %llu, \"lost\": %llu, \"dropped\": %llu}",
				comma, from, to, (unsigned long long)c->frames, (unsigned long long)c->bytes,
				(unsigned long long)c->ours_frames, (unsigned long long)c->ours_bytes,
				(unsigned long long)c->lost, (unsigned long long)c->dropped);
			comma = ", ";
		}
	fprintf(out, "], \"macs\": [");
	for (unsigned i = 0; i < hub->n_macs; i++) {
		const uint8_t *m = hub->macs[i].mac;

		fprintf(out, "%s{\"mac\": \"%02x:%02x:%02x:%02x:%02x:%02x\", \"port\": %u}", i ? ", " : "", m[0], m[1],
			m[2], m[3], m[4], m[5], hub->macs[i].port);
	}
	fprintf(out, "], \"ports\": [");
	comma = "";
	for (unsigned i = 1; i <= PORTS_MAX; i++) {
		const struct port *p = &hub->port[i];

		if (!p->open)
			continue;
		fprintf(out, "%s{\"port\": %u, \"cut\": %s, \"group\": %d, \"queued\": %u}", comma, i,
			p->cut ? "true" : "false", p->group, p->used);
		comma = ", ";
	}
	fprintf(out, "]}\n");
}

static void show_faults(const struct hub *hub, FILE *out)
{
	const struct faults *f = &hub->faults;

	fprintf(out, "{\"loss\": %g, \"dup\": %g, \"reorder\": %g, \"corrupt\": %g, \"delay\": %g, \"rate\": %g, "
		"\"seed\": %llu}\n", f->loss, f->dup, f->reorder, f->corrupt, f->delay_ms, f->rate_mbit,
		(unsigned long long)f->seed);
}

/* An open port's number, or 0. */
static unsigned parse_port(const struct hub *hub, const char *text)
{
	double value;

	if (!text || !parse_number(text, PORTS_MAX, &value) || value != (unsigned)value || !hub->port[(unsigned)value].open)
		return 0;
	return (unsigned)value;
}

/* "1,2/3,4": ports that are not named stay together in a group of their own. */
static bool partition(struct hub *hub, char *text)
{
	int groups[PORTS_MAX + 1] = {0}, group = 0;
	char *save_group = NULL, *save_port;

	for (char *part = strtok_r(text, "/", &save_group); part; part = strtok_r(NULL, "/", &save_group)) {
		group++;
		save_port = NULL;
		for (char *word = strtok_r(part, ",", &save_port); word; word = strtok_r(NULL, ",", &save_port)) {
			unsigned number = parse_port(hub, word);

			if (!number || groups[number])
				return false;
			groups[number] = group;
		}
	}
	if (group == 0)
		return false;
	for (unsigned i = 1; i <= PORTS_MAX; i++)
		hub->port[i].group = groups[i];
	return true;
}

static void heal(struct hub *hub)
{
	for (unsigned i = 1; i <= PORTS_MAX; i++) {
		hub->port[i].group = 0;
		hub->port[i].cut = false;
	}
}

/* Puts a frame given in hexadecimal on the wire as if a port had sent it. */
static bool inject(struct hub *hub, unsigned from, const char *hex)
{
	uint8_t bytes[FRAME_MAX];
	size_t n = 0;

	for (; hex && hex[0] && hex[1] && n < sizeof bytes; hex += 2, n++) {
		unsigned value;

		if (sscanf(hex, "%2x", &value) != 1)
			return false;
		bytes[n] = (uint8_t)value;
	}
	if (n < ETH_HEADER)
		return false;
	hub_forward(hub, from, bytes, n);
	return true;
}

/* Commands about one port.  False if the verb is not one of them. */
static bool port_command(struct hub *hub, const char *verb, char *arg, char *more, FILE *out)
{
	bool cut = !strcmp(verb, "cut"), join = !strcmp(verb, "join"), inj = !strcmp(verb, "inject");
	unsigned number;

	if (!strcmp(verb, "port")) {
		int error = arg ? hub_open_port(hub, (unsigned)atoi(arg)) : -EINVAL;

		if (error && error != -EEXIST)
			answer_error(out, strerror(-error));
		else
			answer_ok(out);
		return true;
	}
	if (!cut && !join && !inj)
		return false;
	number = parse_port(hub, arg);
	if (!number) {
		answer_error(out, "no such port");
		return true;
	}
	if (inj && !inject(hub, number, more)) {
		answer_error(out, "inject PORT HEX: at least 14 bytes");
		return true;
	}
	if (!inj)
		hub->port[number].cut = cut;
	answer_ok(out);
	return true;
}

void hub_control(struct hub *hub, char *line, FILE *out)
{
	char *save = NULL, *verb = strtok_r(line, " \r\n", &save);
	char *arg = strtok_r(NULL, " \r\n", &save), *more = strtok_r(NULL, " \r\n", &save);
	int error;

	if (!verb) {
		answer_error(out, "empty line");
	} else if (port_command(hub, verb, arg, more, out)) {
		return;
	} else if (!strcmp(verb, "stats")) {
		show_stats(hub, out);
	} else if (!strcmp(verb, "faults")) {
		show_faults(hub, out);
	} else if (!strcmp(verb, "reset")) {
		memset(hub->pair, 0, sizeof hub->pair);
		answer_ok(out);
	} else if (!strcmp(verb, "partition")) {
		if (arg && partition(hub, arg))
			answer_ok(out);
		else
			answer_error(out, "partition 1,2/3,4: open ports, each once");
	} else if (!strcmp(verb, "heal")) {
		heal(hub);
		answer_ok(out);
	} else if (!strcmp(verb, "pcap")) {
		error = hub_pcap(hub, arg && strcmp(arg, "off") ? arg : NULL);
		if (error)
			answer_error(out, strerror(-error));
		else
			answer_ok(out);
	} else if (!strcmp(verb, "quit")) {
		hub->quit = true;
		answer_ok(out);
	} else if (arg && hub_set_fault(hub, verb, arg)) {
		show_faults(hub, out);
	} else {
		answer_error(out, "unknown command or wrong value");
	}
}
