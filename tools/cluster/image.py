"""The nodes' root archives, and whether they fit into the nodes' memory.

Used by keeper.py before anything boots.  Never changes the base root under build/.
"""

import os
import sys

from . import paths
from .fail import Fail
from .options import MEMORY_DEFAULT

sys.path.insert(0, os.path.join(paths.TOP, "tools"))
import mkinitrd  # noqa: E402  (lies beside this package, and is a program of its own)

KERNEL_MIB = 12  # kernel, its tables, init, a shell: what a node needs beside its root


def build_root(directory, specs):
    """The base root with files added; returns the archive's path."""
    try:
        root = mkinitrd.base_root(paths.BUSYBOX, paths.USER)
        for spec in specs:
            mkinitrd.add_spec(root, spec)
        path = os.path.join(directory, "root-added.cpio")
        with open(path, "wb") as f:
            f.write(root.archive())
    except mkinitrd.RootError as e:
        raise Fail(str(e)) from e
    except OSError as e:
        raise Fail(f"cannot write the root archive in {directory}: {e.strerror}; free some space") from e
    return path


def node_roots(directory, options):
    """For each node the path of its root archive (short, without odd characters)."""
    base = os.path.join(directory, "root.cpio")
    os.symlink(paths.ROOT, base)
    if not options.add:
        return [base] * options.nodes
    added = build_root(directory, options.add)
    return [added if options.on_all or i == 0 else base for i in range(options.nodes)]


def needed_mib(root_path):
    """Memory for a node with this root, in MiB, a multiple of 4."""
    root = -(-os.path.getsize(root_path) // (1 << 20))
    return -(-(root + KERNEL_MIB) // 4) * 4


def fit_memory(options, roots, say):
    """The memory of each node; refuses a -m that is too small, enlarges the default and says so."""
    sizes = []
    for i, root in enumerate(roots):
        need = needed_mib(root)
        asked = options.memory[i]
        if asked is not None and asked < need:
            raise Fail(f"-m {asked}: node {i + 1}'s root needs at least -m {need}")
        if asked is None and need > MEMORY_DEFAULT:
            say(f"node {i + 1} gets {need} MiB of memory: its root is large")
        sizes.append(asked or max(need, MEMORY_DEFAULT))
    check_host_memory(sizes)
    return sizes


def check_host_memory(sizes):
    """Refuse a cluster that the host's free memory cannot hold."""
    try:
        with open("/proc/meminfo", encoding="ascii") as f:
            free = next(int(line.split()[1]) // 1024 for line in f if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return
    need = sum(sizes) + 60 * len(sizes)
    if need > free:
        raise Fail(f"{len(sizes)} nodes need about {need} MiB and the host has {free} MiB free: use a smaller -n or -m")
