"""./godwit: from the command line to an exit status.

Called by the script godwit.  Every failure of the tool ends here: one line on stderr, status 125 or 124.
"""

import os
import signal
import sys

from . import options, verbs
from .fail import FAILED, Fail


def fail(text, status=FAILED):
    print(f"godwit: {text}", file=sys.stderr, flush=True)
    return status


def main(argv):
    """Returns the exit status."""
    try:
        chosen = options.parse(argv[1:])
        if chosen is None:
            print(options.USAGE, end="")
            return 0
        return verbs.TABLE[chosen.verb](chosen)
    except Fail as e:
        return fail(e.text, e.status)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return 128 + signal.SIGPIPE
    except OSError as e:
        where = f" ({e.filename})" if e.filename else ""
        return fail(f"{e.strerror or e}{where}; is the disk full, or a limit reached?")


def run(argv):
    """As main, and leaves at once: threads that still wait for stdin or stdout do not hold us."""
    try:
        status = main(argv)
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as e:
        status = e.code if isinstance(e.code, int) else FAILED
    except BrokenPipeError:
        status = 128 + signal.SIGPIPE
    os._exit(status)
