"""A terminal for tests: a program on a pseudo-terminal, keys typed into it, and the screen that it paints.

Used by tests that look at interactive programs.  The screen knows what xterm's entry in terminfo names; other sequences are
skipped.  Never waits for a time to pass: it waits for what should be seen.
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

SEQUENCE = re.compile(r"""\x1b(?:
    \[ (?P<args>[<-?]?[0-9;:]*) (?P<mid>[ -/]*) (?P<final>[@-~])
    | \] [^\x07\x1b]* (?:\x07|\x1b\\)
    | P [^\x1b]* \x1b\\
    | [ -/] [0-~]
    | (?P<short>[0-OQ-Z\\^_`-~])
    )""", re.X)


class Screen:
    """Rows of text, and where the cursor is."""

    def __init__(self, rows=24, columns=80):
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.top, self.bottom = 0, rows - 1
        self.saved = (0, 0)
        self.answers = []  # what the terminal itself says, asked where the cursor is
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines)

    def feed(self, data):
        text = self.rest + self.decoder.decode(data)
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self._plain(text[at])
                at += 1
                continue
            found = SEQUENCE.match(text, at)
            if not found:
                if len(text) - at < 200:
                    break  # the rest is still to come
                at += 1
                continue
            at = found.end()
            if found["final"] and not found["mid"]:
                self._csi(found["args"], found["final"])
            elif found["short"]:
                self._short(found["short"])
        self.rest = text[at:]

    def _plain(self, c):
        if c == "\n":
            self._down()
        elif c == "\r":
            self.column = 0
        elif c == "\b":
            self.column = max(0, min(self.column, self.columns - 1) - 1)
        elif c == "\t":
            self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
        elif c >= " " and c != "\x7f":
            if self.column >= self.columns:
                self.column = 0
                self._down()
            self.lines[self.row][self.column] = c
            self.column += 1

    def _scroll(self, top, n):
        """Lines top to the region's end move up by n; down for a negative n."""
        for _ in range(min(abs(n), self.rows)):
            line = self.lines.pop(top if n > 0 else self.bottom)
            line[:] = [" "] * self.columns
            self.lines.insert(self.bottom if n > 0 else top, line)

    def _down(self):
        if self.row == self.bottom:
            self._scroll(self.top, 1)
        else:
            self.row = min(self.row + 1, self.rows - 1)

    def _short(self, c):
        if c == "7":
            self.saved = (self.row, self.column)
        elif c == "8":
            self.row, self.column = self.saved
        elif c == "D" or c == "E":
            self.column = 0 if c == "E" else self.column
            self._down()
        elif c == "M" and self.row == self.top:
            self._scroll(self.top, -1)
        elif c == "M":
            self.row = max(0, self.row - 1)
        elif c == "c":
            self.resize(self.rows, self.columns)

    def _erase(self, row, first, last):
        self.lines[row][first:last] = [" "] * (min(last, self.columns) - first)

    def _csi(self, args, final):
        private = args[:1] in ("?", ">", "<", "=")
        if private:
            if args in ("?1049", "?47", "?1047") and final in "hl":
                self._csi("2", "J")
            return
        numbers = [int(n) if n else 0 for n in re.split("[;:]", args)] + [0]
        n = numbers[0] or 1
        self.column = min(self.column, self.columns - 1) if final != "m" else self.column
        if final in "Hf":
            self.row, self.column = n - 1, (numbers[1] or 1) - 1
        elif final in "AFBE":
            self.row += -n if final in "AF" else n
            self.column = 0 if final in "FE" else self.column
        elif final in "CD":
            self.column += n if final == "C" else -n
        elif final in "G`d":
            self.row, self.column = (n - 1, self.column) if final == "d" else (self.row, n - 1)
        elif final == "J":
            self._csi_erase_screen(numbers[0])
        elif final == "K":
            self._erase(self.row, self.column if numbers[0] == 0 else 0, self.column + 1 if numbers[0] == 1 else self.columns)
        elif final in "LM":
            self._scroll(self.row, n if final == "M" else -n)
        elif final in "ST":
            self._scroll(self.top, n if final == "S" else -n)
        elif final in "P@X":
            self._edit_line(final, n)
        elif final == "n" and numbers[0] == 6:
            self.answers.append(f"\x1b[{self.row + 1};{self.column + 1}R")
        elif final == "r":
            self.top, self.bottom = n - 1, min(numbers[1] or self.rows, self.rows) - 1
            self.row = self.column = 0
        self.row = max(0, min(self.row, self.rows - 1))
        self.column = max(0, min(self.column, self.columns - 1 if final != "m" else self.columns))

    def _csi_erase_screen(self, how):
        first = self.row + 1 if how == 0 else 0
        last = self.row if how == 1 else self.rows
        for row in range(first, last):
            self._erase(row, 0, self.columns)
        if how < 2:
            self._csi(str(how), "K")

    def _edit_line(self, final, n):
        line, at = self.lines[self.row], self.column
        if final == "X":
            self._erase(self.row, at, at + n)
        elif final == "P":
            line[at:] = line[at + n:] + [" "] * min(n, self.columns - at)
        else:
            line[at:] = ([" "] * n + line[at:])[:self.columns - at]


class Terminal:
    """A program that runs on a terminal of its own."""

    def __init__(self, argv, rows=24, columns=80, env=None, patience=1.0):
        self.master, self.slave = pty.openpty()
        self.screen = Screen(rows, columns)
        self.patience = patience
        self.seen = ""     # what came since the last wait
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self.slave)
        environment = dict(os.environ if env is None else env, TERM="xterm")
        self.process = subprocess.Popen(argv, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=environment,
                                        preexec_fn=self._control, start_new_session=True)

    def _control(self):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, rows, columns):
        """The window changes; the program is told by the kernel."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def _read(self, left):
        if not select.select([self.master], [], [], max(0, left))[0]:
            return False
        data = os.read(self.master, 65536)
        self.screen.feed(data)
        self.seen += data.decode(errors="replace")
        while self.screen.answers:
            self.type(self.screen.answers.pop(0))
        return True

    def _until(self, true, what, seconds):
        end = time.monotonic() + seconds * self.patience
        while not true():
            if not self._read(end - time.monotonic()) and time.monotonic() > end:
                raise AssertionError(f"no {what}; the screen:\n{self.screen.text()}\n---- what came last: {self.seen[-600:]!r}")

    def wait(self, text, seconds=30):
        """Until the text has come since the last wait."""
        self._until(lambda: text in self.seen, repr(text), seconds)
        self.seen = self.seen.split(text, 1)[1]

    def see(self, pattern, seconds=30):
        """Until the screen shows what the pattern (over lines, ^ and $ at each) describes; returns the match."""
        self._until(lambda: re.search(pattern, self.screen.text(), re.M), pattern, seconds)
        return re.search(pattern, self.screen.text(), re.M)

    def see_no(self, pattern, seconds=30):
        self._until(lambda: not re.search(pattern, self.screen.text(), re.M), "end of " + pattern, seconds)

    def run(self, keys, pattern, seconds=30):
        """Type, then look."""
        self.type(keys)
        return self.see(pattern, seconds)

    def left(self, seconds=15):
        """Wait for the program's end; its status, and whether the terminal is as it was before."""
        end = time.monotonic() + seconds * self.patience
        while self.process.poll() is None:
            self._read(0.05)
            assert time.monotonic() < end, f"still running; the screen:\n{self.screen.text()}"
        return self.process.returncode, self.restored()

    def restored(self):
        return termios.tcgetattr(self.slave) == self.settings

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)
