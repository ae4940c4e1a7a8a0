#!/usr/bin/env python3
"""The demonstration behind `make run`: an unmodified Linux program walks through four PCs while it computes.

Called by the make target run.  Exits 0 only when every move was done and the result is the host's.
Never touches a cluster that it did not start.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import options, paths, relay, verbs  # noqa: E402
from cluster.fail import FAILED, Fail  # noqa: E402

NODES = 4
ROUTE = (2, 3, 4, 1)      # after node 1, where the program starts
LINES_PER_STOP = 5        # lines it must print at each stop before it moves on
LINES = 36
LINE_S = 0.25             # aimed time for a line
TRIAL_ROUNDS = 20000
PATIENCE_S = 60.0

# Park and Miller's generator: integers below 2**53, so every machine's doubles give the same numbers.
PROGRAM = ("BEGIN { x = 1; for (line = 1; line <= lines; line++) { for (i = 0; i < rounds; i++) "
           "x = (x * 16807) % 2147483647; print line, x; fflush() } }")

HINT = """\
You are in a shell on node 1.  Start a job:  awk 'BEGIN { for (;;) n++ }' &
Move it, ask where it is:                    migrate $! 3; cat /proc/$!/where
Leave with Ctrl-] or `exit`; all four PCs are then switched off."""


def say(text=""):
    print(text, flush=True)


def awk(lines, rounds):
    """The command: Debian's busybox, the same file that the host runs for comparison."""
    return ["awk", "-v", f"lines={lines}", "-v", f"rounds={rounds}", PROGRAM]


def reference(lines, rounds):
    """The result, by running the same binary on this host; by Python where the host cannot run i386 programs."""
    try:
        done = subprocess.run([paths.BUSYBOX, *awk(lines, rounds)], capture_output=True, text=True, check=True)
        return done.stdout.splitlines(), "the same binary on this host"
    except OSError:
        x, result = 1, []
        for line in range(1, lines + 1):
            x = x * pow(16807, rounds, 2147483647) % 2147483647
            result.append(f"{line} {x}")
        return result, "the host's own arithmetic (it cannot run i386 programs)"


class Demo:
    """The demonstration on one cluster."""

    def __init__(self, name):
        self.name = name
        self.lines = []
        self.new_line = asyncio.Event()
        self.place = 1
        self.ended = None

    async def on_node(self, node, *argv):
        """A short command's output; fails with what it said on stderr."""
        status, out, err = await relay.exec_capture(self.name, node, list(argv), PATIENCE_S)
        if status:
            raise Fail(f"{' '.join(argv)} on node {node}: {err.decode(errors='replace').strip() or status}")
        return out.decode().strip()

    def cpu(self):
        return [n["cpu"] for n in relay.ask(self.name, "status")["nodes"]]

    async def calibrate(self):
        """Rounds for one line, so that the whole takes about as long on any host."""
        start = time.monotonic()
        await self.on_node(1, *awk(1, TRIAL_ROUNDS))
        took = max(0.005, time.monotonic() - start)
        return max(1000, int(TRIAL_ROUNDS * LINE_S / took))

    async def read_output(self, session):
        """Collects the program's lines and shows them."""
        buffer = b""
        while True:
            kind, value = await session.next_event()
            if kind == "out":
                *whole, buffer = (buffer + value).split(b"\n")
                for line in whole:
                    self.take_line(line.decode(errors="replace"))
            elif kind == "err":
                say("      | " + value.decode(errors="replace").rstrip())
            else:
                self.ended = (kind, value)
                self.new_line.set()
                return

    def take_line(self, line):
        self.lines.append(line)
        if len(self.lines) > 1:  # the first one is the pid
            say(f"      | node {self.place} | {line}")
        self.new_line.set()

    async def wait_lines(self, count):
        """Until the program has printed so many lines in all, or has ended."""
        end = time.monotonic() + PATIENCE_S
        while len(self.lines) < count and self.ended is None:
            self.new_line.clear()
            try:
                await asyncio.wait_for(self.new_line.wait(), max(0.1, end - time.monotonic()))
            except asyncio.TimeoutError:
                raise Fail(f"the program printed nothing for {PATIENCE_S:g} s") from None

    async def show_place(self, pid, before):
        """What /proc/PID/where says, and how much each QEMU has computed since the last stop."""
        where = await self.on_node(1, "cat", f"/proc/{pid}/where")
        now = self.cpu()
        used = "  ".join(f"[{i + 1}] {b - a:.2f}" for i, (a, b) in enumerate(zip(before, now)))
        say(f"      where = {where} {'(at home)' if where == '0' else ''}".ljust(28) + f"CPU s of each QEMU here: {used}")
        return now, where

    async def walk(self, pid):
        """1 → 2 → 3 → 4 → 1, some lines at each stop."""
        stand = self.cpu()
        await self.wait_lines(len(self.lines) + LINES_PER_STOP)
        stand, _ = await self.show_place(pid, stand)
        for node in ROUTE:
            target = "home" if node == 1 else str(node)
            start = time.monotonic()
            say(f"  >>  migrate {pid} {target}")
            await self.on_node(1, "migrate", pid, target)
            self.place = node
            say(f"      moved in {(time.monotonic() - start) * 1000:.0f} ms (the command's own start included)")
            stand = self.cpu()
            await self.wait_lines(len(self.lines) + LINES_PER_STOP)
            stand, where = await self.show_place(pid, stand)
            if self.ended is None and where != ("0" if node == 1 else str(node)):
                raise Fail(f"the program should be on node {node}, and /proc/{pid}/where says {where}")

    async def show(self):
        """The whole demonstration."""
        rounds = await self.calibrate()
        say(f"\n  [3] An awk program (Debian's busybox i386, unmodified) starts on node 1.\n"
            f"      It computes {LINES} x {rounds} random numbers; we move it as it runs.\n")
        command = ["sh", "-c", 'echo $$; exec "$@"', "sh", *awk(LINES, rounds)]
        session = await relay.open_remote(self.name, 1, command, True)
        reader = asyncio.create_task(self.read_output(session))
        try:
            await self.wait_lines(1)
            if not self.lines or not self.lines[0].isdigit():
                raise Fail(f"the program did not start: {self.ended}")
            pid = self.lines[0]
            await self.walk(pid)
            say("      ... and it runs to its end at home.")
            await asyncio.wait_for(reader, PATIENCE_S * 3)
        finally:
            reader.cancel()
        if self.ended != ("exit", 0):
            raise Fail(f"the program did not end as it should: {self.ended}")
        result, how = reference(LINES, rounds)
        if self.lines[1:] != result:
            raise Fail(f"the program's output differs from that of {how}")
        say(f"\n  [4] Its {LINES} lines are those of {how}: equal.")


def shell_on(name):
    say()
    say(HINT)
    chosen = options.parse(["shell", "1", "--name", name])
    verbs.shell(chosen)


def demonstrate():
    """Boots, shows, and leaves nothing behind; returns the exit status."""
    name = "demo" if not paths.running("demo") else f"demo-{os.getpid()}"
    say("\n  [1] Four PCs are switched on: QEMU, one Ethernet, nothing shared but the wire.\n")
    start = time.monotonic()
    chosen = options.parse(["up", "-n", str(NODES), "--name", name])
    verbs.up(chosen)
    try:
        say(f"\n  [2] All four run Godwit and know each other: {time.monotonic() - start:.1f} s after power-on.")
        asyncio.run(Demo(name).show())
        if sys.stdin.isatty() and sys.stdout.isatty():
            shell_on(name)
        return 0
    finally:
        with contextlib.suppress(Fail):
            verbs.down(options.parse(["down", "--name", name]))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return demonstrate()
    except Fail as e:
        print(f"demo: {e.text}", file=sys.stderr)
        return e.status
    except asyncio.TimeoutError:
        print(f"demo: a node did not answer within {PATIENCE_S:g} s", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
