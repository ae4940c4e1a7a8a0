#!/usr/bin/env python3
"""Packs Debian packages into a part of a node's root archive: the files of a set, as after an install.

Called by the host tool for --with (tools/cluster/image.py); a set is packed once and kept in the apt root.
Never runs a package's own scripts: of what they do, alternatives are read off them and done here.
"""

import importlib.util
import io
import json
import marshal
import os
import re
import stat
import struct
import subprocess
import sys
import tarfile

import aptroot
import mkinitrd

DOCS = re.compile(r"usr/share/(doc|man|info|locale|lintian|doc-base|menu|bug|gtk-doc|help|linda|omf|calendar)/"
                  r"|usr/share/(vim/vim\d+|perl/[0-9.]+)/(doc|tutor)/|.*/pod/perl\w+\.pod$")
FORMAT = 3  # part of a packed set's file name: raise it when packing changes

# In every set: a sh (busybox's own prefers its applets to the packages' programs); what is known of terminals.
ALWAYS = ["dash", "ncurses-base"]

# What a package's documentation calls optional, and without which it does nothing for its user.
COMPANIONS = {"gcc": ["libc6-dev"], "g++": ["libc6-dev"], "tcc": ["libc6-dev"], "tmux": ["libc-bin"]}


def tar_of(deb, what):
    """The control or the file-system archive of a package, opened."""
    done = subprocess.run(["dpkg-deb", f"--{what}-tarfile", deb], check=False, capture_output=True)
    if done.returncode != 0:
        raise aptroot.AptRootError(f"{deb} is damaged: remove it and run again with a network")
    return tarfile.open(fileobj=io.BytesIO(done.stdout), mode="r|")


def alternatives(script):
    """(priority, [(link, name, target)...]) of each `update-alternatives --install` in a maintainer script."""
    found = []
    for command in re.findall(r"update-alternatives\s[^\n;|&]*", re.sub(r"\\\n", " ", script)):
        words = command.split("#")[0].split()
        if "$" in command or "--install" not in words:
            continue
        at = words.index("--install")
        if len(words) < at + 5 or not words[at + 4].isdigit():
            continue
        links = [tuple(words[at + 1:at + 4])]
        links += [tuple(words[k + 1:k + 4]) for k, word in enumerate(words) if word == "--slave" and k + 3 < len(words)]
        found.append((int(words[at + 4]), links))
    return found


def postinst(deb):
    with tar_of(deb, "ctrl") as tar:
        for member in tar:
            if member.name.lstrip("./") == "postinst":
                return tar.extractfile(member).read().decode("utf-8", "replace")
    return ""


def add_member(root, tar, member, docs):
    """One file of a package becomes an entry of the root."""
    path = mkinitrd.canonical(member.name)
    if path == "" or not docs and DOCS.match(path + ("/" if member.isdir() else "")):
        return
    common = {"mtime": int(member.mtime), "uid": member.uid, "gid": member.gid}
    if member.isdir():
        if path not in root.entries:
            root.put(mkinitrd.Entry(path, stat.S_IFDIR | member.mode, **common))
    elif member.issym():
        root.put(mkinitrd.Entry(path, stat.S_IFLNK | 0o777, member.linkname.encode(), **common))
    elif member.islnk():
        target = root.entries.get(mkinitrd.canonical(member.linkname))
        if target:
            root.entries[path] = target
    elif member.isreg():
        root.put(mkinitrd.Entry(path, stat.S_IFREG | member.mode, tar.extractfile(member).read(), **common))


def add_alternatives(root, scripts):
    """The links that update-alternatives would have made, where their targets are there."""
    best = {}
    for script in scripts:
        for priority, links in alternatives(script):
            name = links[0][1]
            if name not in best or priority > best[name][0]:
                best[name] = (priority, links)
    for _, links in best.values():
        for link, name, target in links:
            path = mkinitrd.canonical(link)
            if mkinitrd.canonical(target) in root.entries and path not in root.entries:
                root.link(path, f"/etc/alternatives/{name}")
                root.link(f"etc/alternatives/{name}", target)


def collect(debs, docs):
    """All files of the packages as a Root of its own."""
    root = mkinitrd.Root()
    scripts = []
    for _, _, path in debs:
        with tar_of(path, "fsys") as tar:
            for member in tar:
                add_member(root, tar, member, docs)
        scripts.append(postinst(path))
    add_alternatives(root, scripts)
    add_bytecode(root)
    return root


def add_bytecode(root):
    """Python's modules as its packages' scripts compile them, so that a node need not; if this Python is of that version."""
    here = f"usr/lib/python{sys.version_info[0]}.{sys.version_info[1]}/"
    skip = ("test/", "lib2to3/", "idlelib/", "ensurepip/", "pydoc_data/")
    for path, entry in list(root.entries.items()):
        if not path.startswith(here) or not path.endswith(".py") or path[len(here):].startswith(skip):
            continue
        try:
            code = compile(entry.data, "/" + path, "exec", dont_inherit=True, optimize=0)
        except (SyntaxError, ValueError):
            continue
        data = importlib.util.MAGIC_NUMBER + struct.pack("<III", 0, entry.mtime & 0xffffffff, len(entry.data)) + marshal.dumps(code)
        cached = f"{os.path.dirname(path)}/__pycache__/{os.path.basename(path)[:-3]}.{sys.implementation.cache_tag}.pyc"
        root.put(mkinitrd.Entry(cached, stat.S_IFREG | 0o644, data, mtime=entry.mtime))


class Packed:
    """A set of packages as a part of an archive: its file, the paths in it, the memory it takes once unpacked."""

    def __init__(self, path, index):
        self.path = path
        self.names = set(index["names"])
        self.memory = index["memory"]
        self.versions = index["versions"]


def packed(apt_root, packages, docs, say=print):
    """Fetch and pack a set, or find it packed already; nothing is fetched when all is there."""
    wanted = sorted(set(packages).union(ALWAYS, *(COMPANIONS.get(p, []) for p in packages)))
    for name in wanted:
        if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name):
            raise aptroot.AptRootError(f"{name} is no name of a Debian package")
    with aptroot.locked(apt_root):
        debs = aptroot.fetch_set(apt_root, wanted, say)
        stem = f"{apt_root}/sets/{aptroot.set_key(wanted)}-{FORMAT}{'-docs' if docs else ''}"
        versions = {name: version for name, version, _ in debs}
        if os.path.exists(f"{stem}.index"):
            with open(f"{stem}.index", encoding="utf-8") as f:
                index = json.load(f)
            if index["versions"] == versions and os.path.exists(f"{stem}.cpio"):
                return Packed(f"{stem}.cpio", index)
        say(f"packing {len(debs)} packages")
        root = collect(debs, docs)
        with open(f"{stem}.cpio.new", "wb") as f:
            f.write(root.archive(trailer=False))
        index = {"versions": versions, "memory": root.memory(),
                 "names": [p for p, e in root.entries.items() if not stat.S_ISDIR(e.mode)]}
        with open(f"{stem}.index.new", "w", encoding="utf-8") as f:
            json.dump(index, f)
        os.replace(f"{stem}.cpio.new", f"{stem}.cpio")
        os.replace(f"{stem}.index.new", f"{stem}.index")
    return Packed(f"{stem}.cpio", index)


def main(argv):
    if len(argv) < 3:
        print("usage: debset.py APTROOT PACKAGE...", file=sys.stderr)
        return 2
    try:
        done = packed(os.path.abspath(argv[1]), argv[2:], False)
    except (aptroot.AptRootError, mkinitrd.RootError) as e:
        print(f"debset: {e}", file=sys.stderr)
        return 1
    print(f"{done.path}: {len(done.names)} files, {done.memory >> 20} MiB of memory")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
