"""What the nightly run has done so far, so that it can be taken up again: one file for each part that passed.

A result belongs to one state of the sources: the commit, and when files differ from it a sum over the differences, so that no
result is ever taken for that of other sources.  The files lie under build/nightly/STATE/.
"""

import hashlib
import json
import shutil
import subprocess
import time
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent / "build" / "nightly"


def git(top, *words):
    return subprocess.run(["git", *words], cwd=top, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def state_of(top):
    """The sources' state in a word: the commit's name, or that with the sum of what differs from it."""
    commit = git(top, "rev-parse", "--short=12", "HEAD").decode().strip() or "uncommitted"
    changed = git(top, "diff", "HEAD")
    for name in sorted(git(top, "ls-files", "--others", "--exclude-standard", "-z").split(b"\0")):
        path = Path(top) / name.decode(errors="surrogateescape")
        changed += name + (path.read_bytes() if name and path.is_file() else b"")
    return f"{commit}+{hashlib.sha256(changed).hexdigest()[:8]}" if changed else commit


def store(state, part, counts):
    """Keep that `part` passed with `counts` (passed, failed, skipped)."""
    (KEPT / state).mkdir(parents=True, exist_ok=True)
    text = json.dumps({"counts": list(counts), "when": time.strftime("%Y-%m-%d %H:%M")})
    (KEPT / state / f"{part}.json").write_text(text)


def load(state, part):
    """What store() kept, or None."""
    try:
        return json.loads((KEPT / state / f"{part}.json").read_text())
    except (OSError, ValueError):
        return None


def forget(state):
    """Begin anew."""
    shutil.rmtree(KEPT / state, ignore_errors=True)
