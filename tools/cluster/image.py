"""The nodes' root archives, and whether they fit into the nodes' memory.

Used by keeper.py before anything boots.  Never changes the base root under build/.
"""

import os
import shutil
import sys

from . import disk, paths
from .fail import Fail
from .options import MEMORY_DEFAULT

sys.path.insert(0, os.path.join(paths.TOP, "tools"))
import debset  # noqa: E402  (these lie beside this package, and are programs of their own)
import mkinitrd  # noqa: E402

KERNEL_MIB = 12  # kernel, its tables, init, a shell: what a node needs beside its root
ROOM_MIB = 48    # what a node with packages gets beside its root: memory for their programs


class NodeRoot:
    """A root archive: its path (short, without odd characters), and the memory a node needs and gets for it, in MiB."""

    def __init__(self, path, memory=0, room=KERNEL_MIB):
        mib = -(-max(os.path.getsize(path), memory) // (1 << 20))
        self.path = path
        self.needed = -(-(mib + KERNEL_MIB) // 4) * 4
        self.good = max(MEMORY_DEFAULT, -(-(mib + room) // 4) * 4)


def build_root(directory, options, say):
    """The base root with packages and files added."""
    try:
        root = mkinitrd.base_root(paths.BUSYBOX, paths.USER)
        part = None
        if options.packages:
            part = debset.packed(paths.APT, options.packages, options.docs, say)
            root.entries = {path: e for path, e in root.entries.items() if path not in part.names}
        for spec in options.add:
            mkinitrd.add_spec(root, spec)
        path = os.path.join(directory, "root-added.cpio")
        with open(path, "wb") as f:
            if part:
                with open(part.path, "rb") as first:
                    shutil.copyfileobj(first, f, 1 << 20)
            f.write(root.archive(start=f.tell()))
    except (mkinitrd.RootError, debset.aptroot.AptRootError) as e:
        raise Fail(str(e)) from e
    except OSError as e:
        raise Fail(f"cannot write the root archive in {directory}: {e.strerror}; free some space") from e
    return NodeRoot(path, part.memory + root.memory(), ROOM_MIB) if part else NodeRoot(path)


def node_roots(directory, options, say):
    """The root of each node."""
    path = os.path.join(directory, "root.cpio")
    os.symlink(paths.ROOT, path)
    base = NodeRoot(path)
    if options.on_disk:
        added = build_root(directory, options, say)
        disk.make(options.disks[0].path, added.path, directory, say)
        os.unlink(added.path)
        return [base] * options.nodes
    if not options.add and not options.packages:
        return [base] * options.nodes
    added = build_root(directory, options, say)
    return [added if options.on_all or i == 0 else base for i in range(options.nodes)]


def fit_memory(options, roots, say):
    """The memory of each node; refuses a -m that is too small, enlarges the default and says so."""
    sizes = []
    for i, root in enumerate(roots):
        asked = options.memory[i]
        if asked is not None and asked < root.needed:
            raise Fail(f"-m {asked}: node {i + 1}'s root needs at least -m {root.needed}")
        if asked is None and root.good > MEMORY_DEFAULT:
            say(f"node {i + 1} gets {root.good} MiB of memory: its root is large")
        sizes.append(asked or root.good)
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
