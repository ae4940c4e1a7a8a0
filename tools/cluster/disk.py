"""A node's disk made from a root archive: an ext2 file system in a file.

Used by image.py for --on disk.  Needs mke2fs and debugfs (e2fsprogs), and no rights of root.
"""

import os
import shutil
import stat
import subprocess

from .fail import Fail

HEADER = 110          # bytes of a newc record before the name
ROOM_BYTES = 64 << 20  # free space on a fresh disk


def records(data):
    """(path, mode, uid, gid, mtime, ino, content) of each file of a newc archive."""
    at = 0
    while at + HEADER <= len(data):
        f = [int(data[at + 6 + 8 * k:at + 14 + 8 * k], 16) for k in range(13)]
        name = data[at + HEADER:at + HEADER + f[11]].split(b"\0")[0].decode()
        if name == "TRAILER!!!":
            return
        body = -(-(at + HEADER + f[11]) // 4) * 4
        yield name, f[1], f[2], f[3], f[5], f[0], data[body:body + f[6]]
        at = -(-(body + f[6]) // 4) * 4


def unpack(data, tree):
    """The files below a directory of the host; returns [(path, mode, uid, gid)] of all, for what the host cannot hold."""
    facts, first = [], {}
    for path, mode, uid, gid, mtime, ino, content in records(data):
        there = os.path.join(tree, path)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        if os.path.lexists(there) and not stat.S_ISDIR(mode):
            os.unlink(there)  # a later one replaces
        if stat.S_ISDIR(mode):
            os.makedirs(there, exist_ok=True)
        elif stat.S_ISLNK(mode):
            os.symlink(content, there)
        elif stat.S_ISREG(mode) and not content and first.get(ino, (0,))[0] == mtime and ino in first:
            os.link(first[ino][1], there)
            continue
        elif stat.S_ISREG(mode):
            with open(there, "wb") as f:
                f.write(content)
            os.utime(there, (mtime, mtime))
            first[ino] = (mtime, there)
        else:
            continue  # devices: /dev is the kernel's
        facts.append((path, mode, uid, gid))
    return facts


def run(command, **kw):
    environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin", MKE2FS_CONFIG="/dev/null")
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, **kw)
    except FileNotFoundError as e:
        raise Fail(f"{command[0]} is not installed: apt-get install e2fsprogs") from e
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()
        raise Fail(f"{command[0]}: {last[-1] if last else 'failed'}")


def make(path, archive, directory, say):
    """Make the file `path` a disk with the archive's files; directory: for what lies between, emptied again."""
    tree, script = os.path.join(directory, "tree"), os.path.join(directory, "debugfs")
    try:
        with open(archive, "rb") as f:
            facts = unpack(f.read(), tree)
        size = sum(os.lstat(os.path.join(tree, p)).st_size + 4096 for p, *_ in facts)
        with open(path, "xb") as f:
            f.truncate(-(-(size * 21 // 20 + ROOM_BYTES) // (1 << 20)) << 20)
        run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-m", "0", "-O", "^resize_inode,^dir_index,^ext_attr",
             "-d", tree, path])
        with open(script, "w", encoding="utf-8") as f:  # modes and owners as the archive has them, whoever we are
            for p, mode, uid, gid in facts:
                f.write(f'sif "/{p}" mode 0{mode:o}\nsif "/{p}" uid {uid}\nsif "/{p}" gid {gid}\n')
        run(["debugfs", "-w", "-f", script, path])
        say(f"made {path}: {os.path.getsize(path) >> 20} MiB, {len(facts)} files")
    except BaseException:
        if os.path.exists(path):
            os.unlink(path)
        raise
    finally:
        shutil.rmtree(tree, ignore_errors=True)
