"""Where things lie: the project's build, and a short private directory for each running cluster.

Used by every part of the tool.  Never puts a socket under the clone's own path, which may be long.
"""

import fcntl
import json
import os
import re
import shutil
import stat

from .fail import Fail

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
KERNEL = os.environ.get("GODWIT_KERNEL") or os.path.join(BUILD, "godwit.elf")
HUB = os.path.join(BUILD, "bin", "hub")
APT = os.path.join(BUILD, "apt")
BUSYBOX = os.path.join(APT, "tree", "bin", "busybox")
USER = os.path.join(BUILD, "user")
ROOT = os.path.join(BUILD, "root.cpio")

BASE_MAX = 60  # a unix socket's path has 107 bytes, and file names need some


def base_dir():
    """The private directory of this user's clusters; made if it is not there."""
    run = os.environ.get("XDG_RUNTIME_DIR", "")
    if run and len(run) < BASE_MAX and os.path.isdir(run) and os.access(run, os.W_OK):
        base = os.path.join(run, "godwit")
    else:
        base = f"/tmp/godwit-{os.getuid()}"
    try:
        os.mkdir(base, 0o700)
    except FileExistsError:
        pass
    except OSError as e:
        raise Fail(f"cannot make {base}: {e.strerror}; set XDG_RUNTIME_DIR to a directory of yours") from e
    info = os.lstat(base)
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
        raise Fail(f"{base} belongs to somebody else; set XDG_RUNTIME_DIR to a directory of yours")
    return base


def check_name(name):
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}", name):
        raise Fail(f"--name {name}: use 1 to 32 letters, digits, _ . or -")
    return name


def cluster_dir(name):
    return os.path.join(base_dir(), check_name(name))


class Lock:
    """Held by the process that runs a cluster, for as long as it lives."""

    def __init__(self, directory):
        self.path = directory + ".lock"
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self):
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False

    def release(self):
        os.close(self.fd)


def claim(name):
    """Take a cluster's name: returns its fresh directory and the lock that keeps the name."""
    directory = cluster_dir(name)
    lock = Lock(directory)
    if not lock.take():
        raise Fail(f"a cluster named {name} is running: ./godwit down --name {name}, or choose another --name")
    shutil.rmtree(directory, ignore_errors=True)
    try:
        os.mkdir(directory, 0o700)
    except OSError as e:
        raise Fail(f"cannot make {directory}: {e.strerror}; free some space or set XDG_RUNTIME_DIR") from e
    return directory, lock


def running(name):
    """Whether a process holds the cluster's name."""
    directory = cluster_dir(name)
    if not os.path.isdir(directory):
        return False
    lock = Lock(directory)
    free = lock.take()
    lock.release()
    return not free


def all_names():
    """Names of the running clusters of this user."""
    base = base_dir()
    return sorted(n for n in os.listdir(base) if os.path.isdir(os.path.join(base, n)) and running(n))


def write_json(path, data):
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(data, f, indent=1)
    os.replace(path + ".new", path)


def need_built(path, target):
    if not os.path.exists(path):
        raise Fail(f"{os.path.relpath(path, TOP)} is missing: run `make {target}` in {TOP}")
