"""Debian's Linux i386 in a virtual machine like a node's, with a node's root: what Godwit's figures and lists are compared with.

Used by busybox_suite.py and stress_list.py.  Needs `make root bench-linux`.  Never leaves a QEMU running.
"""

import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tools"), str(TOP / "bench")]
import debset  # noqa: E402
import mkinitrd  # noqa: E402
from machine import Machine  # noqa: E402

APT = str(TOP / "build" / "apt")
LINUX = TOP / "build" / "bench" / "linux"
END = "@@ end"

INIT = """#!/bin/busybox sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=linux USER=root
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
ln -s /proc/self/fd /dev/fd; mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts; mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=1777 tmp /tmp
hostname node1; ip link set lo up; stty -onlcr; cd /root
sh /root/job < /dev/null 2>&1
echo; echo "@@ end $?"
poweroff -f
"""


def build_root(path, job, packages=(), add=()):
    """A root archive for Linux: a node's, packages, files ((source, path) each) and the script to run as /root/job."""
    root = mkinitrd.base_root(str(TOP / "build" / "apt" / "tree" / "bin" / "busybox"), str(TOP / "build" / "user"))
    part = debset.packed(APT, list(packages), False) if packages else None
    if part:
        root.entries = {name: e for name, e in root.entries.items() if name not in part.names}
    root.text("init", INIT, 0o755)
    root.text("root/job", job)
    for source, name in add:
        root.host_file(name.lstrip("/"), str(source))
    with open(path, "wb") as f:
        if part:
            f.write(pathlib.Path(part.path).read_bytes())
        f.write(root.archive(start=f.tell()))


def version():
    """The kernel package and its version."""
    return (LINUX / "version").read_text().strip()


def run(scratch, job, timeout, memory=256, packages=(), add=()):
    """Boots Linux, runs the shell script there, returns the lines that it printed; None in place of a run that did not end."""
    archive = os.path.join(scratch, "linux-root.cpio")
    build_root(archive, job, packages, add)
    machine = Machine(str(LINUX / "vmlinuz"), archive, "console=ttyS0 quiet loglevel=1 panic=-1 rdinit=/init", memory)
    try:
        whole = machine.run(END, timeout)
    except BaseException:
        machine.process.kill()
        raise
    machine.log(os.path.join(scratch, "linux.log"))
    os.unlink(archive)
    return [text for _, text in machine.lines] if whole else None


__all__ = ["build_root", "run", "subprocess", "version"]
