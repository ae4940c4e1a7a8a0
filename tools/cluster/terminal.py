"""A terminal on a node: this terminal in raw mode, joined to the node's console.

Used by the verb shell and by the demonstration.  Never leaves the terminal changed: a guardian process
restores it even when this one is killed.
"""

import contextlib
import fcntl
import os
import select
import signal
import socket
import struct
import termios
import tty

from .fail import Fail

LEAVE_KEY = b"\x1d"                          # Ctrl-]
LOGOUT_MARK = b"\x1b]0;godwit logout\x07"    # user/init.c prints it when the console's shell has ended
REPLAY_BYTES = 2000                          # of the console's log, shown on entering
CURSOR_QUERY = b"\x1b[6n"                    # a program asks where the cursor is: not to be asked again
RESET = b"\x1b[m\x1b[?25h"                   # colours off, cursor on


def window_size():
    """Rows and columns of this terminal."""
    try:
        rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))
    except OSError:
        rows = columns = 0
    return rows or 24, columns or 80


class RawTerminal:
    """Raw mode as a context; a forked guardian restores the settings if we die inside."""

    def __enter__(self):
        self.saved = termios.tcgetattr(0)
        self.pipe_read, self.pipe_write = os.pipe()
        self.guardian = os.fork()
        if self.guardian == 0:
            self._guard()
        os.close(self.pipe_read)
        tty.setraw(0, termios.TCSANOW)
        return self

    def _guard(self):
        """In the child: waits for the parent's word or end."""
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGTTOU, signal.SIGTSTP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        os.close(self.pipe_write)
        if os.read(self.pipe_read, 1) != b"k":
            with contextlib.suppress(Exception):
                termios.tcsetattr(0, termios.TCSANOW, self.saved)
                os.write(1, RESET + b"\r\n")
        os._exit(0)

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            os.write(1, RESET)
        termios.tcsetattr(0, termios.TCSADRAIN, self.saved)
        os.write(self.pipe_write, b"k")
        os.close(self.pipe_write)
        os.waitpid(self.guardian, 0)


def open_console(path, node):
    """Join the console's socket; one terminal at a time."""
    lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise Fail(f"somebody is on node {node}'s console already: leave that shell first (Ctrl-])") from None
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(path)
    except OSError as e:
        os.close(lock)
        raise Fail(f"node {node}'s console does not answer ({e.strerror}): ./godwit status") from e
    return s, lock


def replay(log):
    """Show the end of what the console said before, so that the prompt is in sight."""
    with contextlib.suppress(OSError), open(log, "rb") as f:
        f.seek(max(0, os.path.getsize(log) - REPLAY_BYTES))
        text = f.read().replace(LOGOUT_MARK, b"").replace(CURSOR_QUERY, b"")
        if len(text) >= REPLAY_BYTES:
            text = text.split(b"\n", 1)[-1]
        os.write(1, b"\n".join(text.split(b"\n")[-12:]))


class Resize:
    """Tells when the window changed, through a pipe that select can wait for."""

    def __enter__(self):
        self.read_end, self.write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.old = signal.signal(signal.SIGWINCH, lambda *_: os.write(self.write_end, b"w"))
        return self

    def __exit__(self, *_):
        signal.signal(signal.SIGWINCH, self.old)
        os.close(self.read_end)
        os.close(self.write_end)


def converse(console, resize, on_resize):
    """Carry bytes both ways; returns "left", "logout" or "gone"."""
    seen = b""
    while True:
        ready, _, _ = select.select([0, console, resize.read_end], [], [])
        if resize.read_end in ready:
            os.read(resize.read_end, 64)
            on_resize(*window_size())
        if 0 in ready:
            data = os.read(0, 1024)
            if not data or LEAVE_KEY in data:
                console.sendall(data.split(LEAVE_KEY)[0])
                return "left"
            console.sendall(data)
        if console in ready:
            data = console.recv(65536)
            if not data:
                return "gone"
            os.write(1, data.replace(LOGOUT_MARK, b""))
            seen = (seen + data)[-256 - len(data):]
            if LOGOUT_MARK in seen:
                return "logout"


def shell(node, path, log, on_resize):
    """The verb shell: returns when the user leaves.  on_resize(rows, columns) tells the guest."""
    if not os.isatty(0) or not os.isatty(1):
        raise Fail("shell needs a terminal; without one use ./godwit exec NODE -- COMMAND")
    console, lock = open_console(path, node)

    def hang_up(number, _):
        raise SystemExit(128 + number)

    old = {n: signal.signal(n, hang_up) for n in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with RawTerminal(), Resize() as resize:
            on_resize(*window_size())
            replay(log)
            try:
                end = converse(console, resize, on_resize)
            except ConnectionError:
                end = "gone"
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
        console.close()
        os.close(lock)
    print()
    if end == "gone":
        raise Fail(f"node {node} is gone: ./godwit restart {node}")
