"""The tool's own failures: one line each, with cause and remedy, and an exit status.

Used by every part of the host tool.  Never used for a failure of the command that runs on a node.
"""

FAILED = 125    # the tool failed, not the command
TIMED_OUT = 124  # --timeout


class Fail(Exception):
    """Ends the tool with one line on stderr."""

    def __init__(self, text, status=FAILED):
        super().__init__(text)
        self.text = text
        self.status = status


class Usage(Fail):
    """A wrong option or argument."""
