"""One QEMU with a kernel and a serial line, timed from power on.

Used by bench.py, for Godwit and for Linux alike.  Never uses the host tool: no relay stands between clock and line.
"""

import os
import selectors
import subprocess
import time

QEMU = ["qemu-system-i386", "-no-user-config", "-nodefaults", "-cpu", "pentium3", "-display", "none", "-vga", "std",
        "-no-reboot", "-serial", "stdio", "-monitor", "none"]


class Machine:
    """Boots a kernel and collects its serial line, each line with the second it came."""

    def __init__(self, kernel, root, append, memory=64, shift=None, icount=None):
        command = [*QEMU, "-accel", "tcg,tb-size=32", "-m", str(memory), "-kernel", kernel, "-initrd", root,
                   "-append", append]
        if shift is not None:
            icount = f"shift={shift},sleep=off"
        if icount:
            command += ["-icount", icount]
        self.command = command
        self.lines = []
        self.start = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def run(self, last, timeout):
        """Until a line begins with `last`; returns False when QEMU ends or the time is over before.  Always ends QEMU."""
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            rest, seen, end = b"", False, self.start + timeout
            while not seen and time.monotonic() < end:
                if not ready.select(max(0, end - time.monotonic())):
                    continue
                data = os.read(self.process.stdout.fileno(), 65536)
                if not data:
                    break
                now = time.monotonic() - self.start
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    text = line.decode(errors="replace").strip()
                    self.lines.append((now, text))
                    seen = seen or text.startswith(last)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        return seen

    def log(self, path, notes=()):
        """Everything that came, as a raw log; the command that made it is its first line, notes follow."""
        with open(path, "w", encoding="utf-8") as f:
            f.write("$ " + " ".join(f"'{w}'" if " " in w else w for w in self.command) + "\n")
            for text in notes:
                f.write(f"# {text}\n")
            for at, text in self.lines:
                f.write(f"{at:10.4f} {text}\n")

    def find(self, start):
        """(second, rest of the line) of the first line with that beginning; None if there is none."""
        for at, text in self.lines:
            if text.startswith(start):
                return at, text[len(start):].strip()
        return None
