"""A bootable image for real PCs: GRUB for BIOS, the kernel, the root, a menu of nodes.

Used by the verb iso.  Never writes anything but the image and a temporary directory.
"""

import os
import shutil
import subprocess
import tempfile

from . import paths
from .fail import Fail

GRUB_MODULES = "/usr/lib/grub/i386-pc"
PACKAGES = "grub-common grub-pc-bin xorriso mtools"
MENU_NODES = 16


def menu(template, append):
    """boot/grub.cfg with one entry for each node number."""
    entries = "".join(
        f'menuentry "Godwit, node {n}" {{\n\tgodwit_boot node={n}\n}}\n' for n in range(1, MENU_NODES + 1))
    return template.replace("@OPTIONS@", append).replace("@NODES@\n", entries)


def make(target, append):
    """Write the image; fails with one line when a part, a tool or the place for it is missing."""
    paths.need_built(paths.KERNEL, "kernel")
    paths.need_built(paths.ROOT, "root")
    if not shutil.which("grub-mkrescue") or not shutil.which("xorriso") or not os.path.isdir(GRUB_MODULES):
        raise Fail(f"iso needs GRUB and xorriso: apt-get install --no-install-recommends -y {PACKAGES}")
    place = os.path.dirname(os.path.abspath(target))
    if os.path.isdir(target) or not os.access(place, os.W_OK):
        raise Fail(f"cannot write {target}: {'it is a directory' if os.path.isdir(target) else f'no directory {place} to write to'}")
    if any(c in append for c in "\"'{}$\\\n"):
        raise Fail("--append: kernel options are words of the form k=v, without quotes")
    with open(os.path.join(paths.TOP, "boot", "grub.cfg"), encoding="utf-8") as f:
        text = menu(f.read(), append)
    with tempfile.TemporaryDirectory(prefix="godwit-iso-") as work:
        os.makedirs(f"{work}/boot/grub")
        shutil.copy(paths.KERNEL, f"{work}/boot/godwit.elf")
        shutil.copy(paths.ROOT, f"{work}/boot/root.cpio")
        with open(f"{work}/boot/grub/grub.cfg", "w", encoding="utf-8") as f:
            f.write(text)
        done = subprocess.run(["grub-mkrescue", "-d", GRUB_MODULES, "-o", target, work], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "FAILURE" in line or "error" in line.lower()]
        raise Fail(f"grub-mkrescue failed: {lines[0].strip() if lines else 'no reason given'}; is there room in {place} and in {tempfile.gettempdir()}?")
