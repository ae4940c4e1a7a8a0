"""A command on a node's terminal, joined to this terminal: every key is the command's, the size follows.

Used by the verbs run and exec when stdin and stdout are terminals.  Never leaves this terminal changed (terminal.py).
"""

import asyncio
import os
import signal

from . import terminal
from .pump import pump, stdin_usable

LEAVE_TIMES = 3  # Ctrl-] that often in a row leaves: programs know the key, but not so

# What every root with packages can describe (ncurses-base), and the relatives of what it cannot.
KNOWN_TERMS = {"ansi", "dumb", "linux", "rxvt", "rxvt-unicode", "rxvt-unicode-256color", "screen", "screen-256color", "tmux",
               "tmux-256color", "vt100", "vt102", "vt220", "xterm", "xterm-256color", "xterm-color", "xterm-mono"}
RELATIVES = (("xterm", "xterm-256color"), ("screen", "screen-256color"), ("tmux", "tmux-256color"), ("rxvt", "rxvt"))


def wanted():
    """Whether a command should get a terminal: we have one, for input and for output, and are not in the background."""
    return os.isatty(0) and os.isatty(1) and stdin_usable()


def term_name(name):
    """A terminal's name as a node knows it; what is not known at all is taken for the least that moves a cursor."""
    if name in KNOWN_TERMS:
        return name
    return next((known for prefix, known in RELATIVES if name.startswith(prefix)), "vt100" if name else "dumb")


def environment(ours):
    """What of this environment a command on a terminal should know.  Not the locale: a node has none but C, if no package
    brought another, and programs complain of one that is not there."""
    return ["TERM=" + term_name(ours.get("TERM", ""))]


class LeaveKeys:
    """Looks for the keys that leave."""

    def __init__(self):
        self.row = 0

    def pressed(self, data):
        for byte in data:
            self.row = self.row + 1 if byte == terminal.LEAVE_KEY[0] else 0
            if self.row == LEAVE_TIMES:
                return True
        return False


async def converse(session):
    """Until the command ends or the user leaves; returns the exit status."""
    loop = asyncio.get_running_loop()
    with terminal.RawTerminal():
        loop.add_signal_handler(signal.SIGWINCH, lambda: session.winsize(*terminal.window_size()))
        try:
            return await pump(session, True, LeaveKeys().pressed)
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)
