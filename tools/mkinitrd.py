#!/usr/bin/env python3
"""Builds a node's root file system: a cpio archive (newc) for the kernel's multiboot module.

Called by tools/make/host.mk for the base root and by the host tool for roots with --add and --with.
The layout is Debian's: /bin, /sbin and /lib are links into /usr.
Never needs root: owners, modes and device nodes are only written into the archive.

File data of 4096 bytes and more start on a page boundary of the archive (the name field is padded
with NULs, and its size counts them), so the kernel adopts such files in place without a copy.
"""

import argparse
import os
import stat
import subprocess
import sys
from dataclasses import dataclass

PAGE = 4096
HEADER_BYTES = 110
ENTRY_BYTES = 320  # of a node's memory for each name, its inode included
TRAILER = "TRAILER!!!"
MERGED = ("bin", "sbin", "lib")  # links into usr
EPOCH = 1640995200  # one fixed time for generated entries, so that builds repeat

PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/false\n"
GROUP = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"
HOSTS = "127.0.0.1\tlocalhost\n"
PROFILE = """\
export PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/games
export HOME=${HOME:-/root} TERM=${TERM:-linux}
export PS1='\\h:\\w\\$ '
"""


class RootError(Exception):
    """One line that says which file is wrong and why."""


@dataclass
class Entry:
    """One file of the root: path without a leading slash, full mode, data or link text."""
    path: str
    mode: int
    data: bytes = b""
    rdev: tuple = (0, 0)
    mtime: int = EPOCH
    uid: int = 0
    gid: int = 0


def canonical(path):
    """A path without slash or dot in front, below usr where the root has only a link."""
    path = os.path.normpath(path.lstrip("/"))
    if path.split("/")[0] in MERGED:
        path = "usr/" + path
    return "" if path == "." else path


class Root:
    """A tree of entries in insertion order; parents are made as needed; a later entry replaces."""

    def __init__(self):
        self.entries = {}

    def put(self, entry):
        """Add an entry whose path is canonical."""
        parent = os.path.dirname(entry.path)
        if parent and parent not in self.entries:
            self.put(Entry(parent, stat.S_IFDIR | 0o755))
        self.entries[entry.path] = entry

    def directory(self, path, mode=0o755):
        self.put(Entry(canonical(path), stat.S_IFDIR | mode))

    def link(self, path, target):
        self.put(Entry(canonical(path), stat.S_IFLNK | 0o777, target.encode()))

    def text(self, path, text, mode=0o644):
        self.put(Entry(canonical(path), stat.S_IFREG | mode, text.encode()))

    def device(self, path, mode, major, minor):
        self.put(Entry(path, mode, rdev=(major, minor)))

    def host_file(self, path, source, mode=None):
        try:
            info = os.stat(source)
            if not stat.S_ISREG(info.st_mode):
                raise RootError(f"{source} is not a regular file")
            with open(source, "rb") as f:
                data = f.read()
        except OSError as e:
            raise RootError(f"cannot read {source}: {e.strerror}") from e
        bits = stat.S_IMODE(info.st_mode) if mode is None else mode
        self.put(Entry(canonical(path), stat.S_IFREG | bits, data, mtime=int(info.st_mtime)))

    def archive(self, trailer=True, start=0):
        """The archive as bytes: directories and small files first, then what starts on pages.

        Without a trailer it is a part that another archive follows; start: the length of the part before."""
        out = Archive(start)
        names = {}  # of each file, all its names: hard links
        for path, entry in self.entries.items():
            names.setdefault(id(entry), []).append(path)
        order = sorted(self.entries.values(), key=lambda e: (on_page(e), not stat.S_ISDIR(e.mode), e.path))
        for entry in order:
            out.append(entry, names.pop(id(entry), []))
        if trailer:
            out.append(Entry(TRAILER, 0, mtime=0), [TRAILER])
            out.data += bytes(-(start + len(out.data)) % PAGE)
        return bytes(out.data)

    def memory(self):
        """Bytes of a node's memory that the files take: whole pages, and a little for each name."""
        pages = {id(e): -(-len(e.data) // PAGE) for e in self.entries.values() if stat.S_ISREG(e.mode)}
        return sum(pages.values()) * PAGE + len(self.entries) * ENTRY_BYTES


def on_page(entry):
    return stat.S_ISREG(entry.mode) and len(entry.data) >= PAGE


class Archive:
    """newc records, one after another."""

    def __init__(self, start):
        self.start = start  # where in the whole archive the first byte comes to lie; a multiple of 4
        self.data = bytearray()
        self.ino = 0

    def append(self, entry, names):
        """One file under all its names, its data (with the first) on a page if they are large."""
        links = 2 if stat.S_ISDIR(entry.mode) else max(1, len(names))
        self.ino += 1
        for k, path in enumerate(names):
            data = entry.data if k == 0 else b""
            name = path.encode() + b"\0"
            align = PAGE if on_page(entry) and k == 0 else 4
            name += bytes(-(self.start + len(self.data) + HEADER_BYTES + len(name)) % align)
            fields = (self.ino, entry.mode, entry.uid, entry.gid, links, entry.mtime, len(data), 0, 0, *entry.rdev,
                      len(name), 0)
            self.data += b"070701" + b"".join(b"%08X" % f for f in fields) + name
            self.data += data + bytes(-len(data) % 4)


def applets(busybox):
    """Paths of all applets, asked from the program itself."""
    try:
        out = subprocess.run([busybox, "--list-full"], check=True, capture_output=True, text=True).stdout
    except OSError as e:
        raise RootError(f"this host cannot run {busybox} ({e.strerror}): an i386 program; "
                        "a kernel with CONFIG_IA32_EMULATION or qemu-user-static is needed") from e
    return out.split()


def base_root(busybox, user_dir):
    """The root that every node gets."""
    root = Root()
    for name in MERGED:
        root.directory(f"usr/{name}")
        root.put(Entry(name, stat.S_IFLNK | 0o777, f"usr/{name}".encode()))
    for path, mode in (("etc", 0o755), ("dev", 0o755), ("proc", 0o555), ("sys", 0o555), ("root", 0o700),
                       ("tmp", 0o1777), ("var/tmp", 0o1777), ("var/log", 0o755), ("run", 0o755),
                       ("mnt", 0o755), ("home", 0o755), ("usr/lib/godwit", 0o755)):
        root.directory(path, mode)
    root.device("dev/console", stat.S_IFCHR | 0o600, 5, 1)
    root.device("dev/null", stat.S_IFCHR | 0o666, 1, 3)
    root.host_file("bin/busybox", busybox, 0o755)
    for path in applets(busybox):
        if path not in ("bin/busybox", "sbin/init", "linuxrc"):
            root.link(path, "/bin/busybox")
    root.text("etc/passwd", PASSWD)
    root.text("etc/group", GROUP)
    root.text("etc/hosts", HOSTS)
    root.text("etc/profile", PROFILE)
    root.text("etc/shells", "/bin/sh\n/bin/ash\n")
    root.text("etc/hostname", "godwit\n")
    root.link("etc/mtab", "/proc/mounts")
    for name, path in (("init", "sbin/init"), ("agent", "usr/lib/godwit/agent"), ("migrate", "bin/migrate"),
                       ("mps", "bin/mps"), ("trace", "bin/trace")):
        root.host_file(path, f"{user_dir}/{name}", 0o755)
    return root


def add_spec(root, spec):
    """FILE[:PATH]: put a host file (mode kept) into the root; default path /root/NAME."""
    source, colon, path = spec.rpartition(":")
    if not colon or not path.startswith("/"):
        source, path = spec, ""
    if not source:
        raise RootError(f"--add {spec}: no file named")
    name = os.path.basename(source)
    if path.endswith("/"):
        path += name
    path = canonical(path or f"/root/{name}")
    if path.startswith("..") or path == "":
        raise RootError(f"--add {spec}: the path must be a file inside the root")
    root.host_file(path, source)


def main(argv):
    parser = argparse.ArgumentParser(prog="mkinitrd.py", description="build a node's root file system")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--busybox", required=True, help="a static i386 busybox")
    parser.add_argument("--user", required=True, help="directory with init, agent, migrate, mps, trace")
    parser.add_argument("--add", action="append", default=[], metavar="FILE[:PATH]")
    args = parser.parse_args(argv[1:])
    try:
        root = base_root(args.busybox, args.user)
        for spec in args.add:
            add_spec(root, spec)
        with open(args.output + ".new", "wb") as f:
            f.write(root.archive())
        os.replace(args.output + ".new", args.output)
    except RootError as e:
        print(f"mkinitrd: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
