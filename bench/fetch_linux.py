#!/usr/bin/env python3
"""Fetches Debian's i386 Linux kernel, the one Godwit is measured beside.

Called by tools/make/bench.mk.  Works in its own apt root below build/bench and keeps only the kernel image.

    fetch_linux.py DIR      makes DIR/vmlinuz and DIR/version
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "tools"))
import aptroot  # noqa: E402

META = "linux-image-686"


def real_package(root):
    """The kernel package that the meta package stands for today."""
    env = dict(os.environ, APT_CONFIG=f"{root}/apt.conf", LC_ALL="C")
    out = subprocess.run(["apt-cache", "depends", f"{META}:{aptroot.ARCH}"], env=env, check=True, capture_output=True,
                         text=True).stdout
    match = re.search(r"Depends: (linux-image-[0-9][^\s:]*)", out)
    if not match:
        raise aptroot.AptRootError(f"{META} names no kernel package: {out!r}")
    return match.group(1)


def main(target):
    root = os.path.abspath(f"{target}/apt")
    os.makedirs(root, exist_ok=True)
    aptroot.write_config(root)
    print(f"  LINUX   fetching {META} ({aptroot.ARCH})", flush=True)
    if aptroot.apt(root, ["update"]) != 0:
        print(f"  warning: apt-get update failed in {root} (see apt.log); going on with what is there", file=sys.stderr)
    name = real_package(root)
    deb = aptroot.download(root, name)
    version = aptroot.deb_version(deb)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as unpack:
        subprocess.run(["tar", "-x", "-C", root, "--wildcards", "./boot/vmlinuz-*"], stdin=unpack.stdout, check=True)
    image = next(f for f in sorted(os.listdir(f"{root}/boot")) if f.startswith("vmlinuz-"))
    os.replace(f"{root}/boot/{image}", f"{target}/vmlinuz")
    os.unlink(deb)
    with open(f"{target}/version", "w", encoding="utf-8") as f:
        f.write(f"{name} {version}\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except aptroot.AptRootError as e:
        sys.exit(f"fetch_linux: {e}")
