#!/usr/bin/env python3
"""Families of system-call cases: what Linux says (recorded), what Godwit says, and which calls have no case.

Called by `make abi`, `make abi-record` and tests/qemu/test_abi.py.  Linux runs in QEMU with the same programs in its initramfs.
Never writes outside tests/abi/expected and build/abi.

    abi.py record [FAMILY...]   asks Debian's Linux, writes expected/FAMILY.txt
    abi.py cover                prints the number of cases and the implemented calls that have none
"""

import os
import pathlib
import re
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / "tests" / "abi"
OUT = TOP / "build" / "abi"
LINUX = TOP / "build" / "bench" / "linux"
EXCUSED_MAX = 25
sys.path.insert(0, str(TOP / "bench"))
sys.path.insert(0, str(TOP / "tools"))

# The same for both kernels: one family, its lines to stdout, its remarks to stderr.  /tmp is a tmpfs of its own.
RUN = """\
#!/bin/sh
# run FAMILY: everything but the kernel is the same at every run
cd /
exec env -i PATH=/bin:/sbin HOME=/root ${ABI_NODES:+ABI_NODES=$ABI_NODES} /abi/$1 </dev/null >/tmp/$1.out 2>/tmp/$1.err
"""

INIT = """\
#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
chmod 1777 /tmp /dev/shm
mkdir -m 1777 /tmp/abi
dmesg -n 1
exec 0<>/dev/ttyS0 1>&0 2>&0
echo "ABI kernel $(uname -sr) $(uname -m)"
for f in FAMILIES; do
    echo "ABI begin $f"
    setsid sh /abi/run $f
    echo "ABI status $f $?"
    cat /tmp/$f.out
    echo "ABI end $f"
done
echo "ABI all"
sleep 1000
"""


class AbiError(Exception):
    """One line that says what is wrong."""


def families():
    return sorted(p.stem for p in HERE.glob("*.c") if p.stem != "abi")


def parse(lines, family):
    """{(call, condition): result} in order; every line has three parts and every pair stands once."""
    found = {}
    for text in lines:
        parts = text.split(" | ", 2)
        if len(parts) != 3:
            raise AbiError(f"{family}: not a case's line: {text!r}")
        pair = (parts[0], parts[1])
        if pair in found:
            raise AbiError(f"{family}: twice: {parts[0]} | {parts[1]}")
        found[pair] = parts[2].rstrip()  # a serial line has lost such blanks
    return found


def expected(family):
    """What Linux said."""
    path = HERE / "expected" / f"{family}.txt"
    if not path.exists():
        raise AbiError(f"{path} is missing: run `make abi-record F={family}`")
    return parse([t for t in path.read_text(encoding="utf-8").splitlines() if t and not t.startswith("#")], family)


def excused():
    """{(family, call, condition): reason} of docs/abi.md's table."""
    text = (TOP / "docs" / "abi.md").read_text(encoding="utf-8")
    _, _, section = text.partition("## Excused differences")
    rows = re.findall(r"^\| (\w+) \| (\w+) \| (.+?) \| (.+?) \|$", section, re.M)
    return {(f, c, what): why for f, c, what, why in rows if f != "family"}


def differences(family, output):
    """Lines that say where Godwit's output is not Linux's; excused ones are left out."""
    linux, ours, free = expected(family), parse(output.splitlines(), family), excused()
    out = []
    for pair in [*linux, *(p for p in ours if p not in linux)]:
        there, here = linux.get(pair, "(no such case)"), ours.get(pair, "(no line)")
        if there != here and (family, *pair) not in free:
            out.append(f"{pair[0]} | {pair[1]}\n    Linux:  {there}\n    Godwit: {here}")
    return out


# ---- Linux's side

def make_root(names):
    import mkinitrd
    root = mkinitrd.base_root(str(TOP / "build/apt/tree/bin/busybox"), str(TOP / "build/user"))
    root.text("abi/run", RUN, 0o755)
    root.text("abi/init", INIT.replace("FAMILIES", " ".join(names)), 0o755)
    for name in names:
        root.host_file(f"abi/{name}", str(OUT / name), 0o755)
    path = OUT / "linux.cpio"
    path.write_bytes(root.archive())
    return path


def record(names):
    from machine import Machine
    machine = Machine(str(LINUX / "vmlinuz"), str(make_root(names)),
                      "console=ttyS0 quiet loglevel=1 panic=-1 rdinit=/abi/init", memory=192)
    whole = machine.run("ABI all", 120 + 60 * len(names))
    machine.log(OUT / "linux.log")
    lines = [text for _, text in machine.lines]
    kernel = next((t[11:] for t in lines if t.startswith("ABI kernel ")), "unknown")
    package = (LINUX / "version").read_text(encoding="utf-8").strip()
    for name in names:
        try:
            start, end = lines.index(f"ABI begin {name}"), lines.index(f"ABI end {name}")
        except ValueError:
            raise AbiError(f"Linux did not finish {name}: see build/abi/linux.log") from None
        if lines[start + 1] != f"ABI status {name} 0":
            raise AbiError(f"{name} on Linux: {lines[start + 1]}")
        cases = lines[start + 2:end]
        parse(cases, name)
        head = f"# {kernel}, {package}, recorded {time.strftime('%Y-%m-%d', time.gmtime())}\n"
        (HERE / "expected").mkdir(exist_ok=True)
        (HERE / "expected" / f"{name}.txt").write_text(head + "\n".join(cases) + "\n", encoding="utf-8")
        print(f"{name}: {len(cases)} cases")
    if not whole:
        raise AbiError("Linux did not come to the end: see build/abi/linux.log")


# ---- what is there

def implemented():
    """Names of the calls that have a number in the table."""
    text = (TOP / "kernel/syscall/table.def").read_text(encoding="utf-8")
    return re.findall(r"^(?:HOME|BODYN|BODY|BOTH|MUX)\s*\(\s*\d+,\s*(\w+)", text, re.M)


def all_cases():
    """{(call, condition): family} over all families; a pair in two families is an error."""
    found, twice = {}, []
    for family in families():
        for pair in expected(family):
            if pair in found:
                twice.append(f"{pair[0]} | {pair[1]}: in {found[pair]} and in {family}")
            found[pair] = family
    if twice:
        raise AbiError("\n".join(twice))
    return found


def cover():
    cases = all_cases()
    calls = {call for call, _ in cases}
    print(f"{len(cases)} cases of {len(calls)} calls in {len(families())} families, {len(excused())} differences excused")
    missing = [name for name in implemented() if name not in calls]
    print(f"{len(missing)} implemented calls without a case" + (": " + ", ".join(missing) if missing else ""))


def main(argv):
    os.chdir(TOP)
    if len(argv) >= 2 and argv[1] == "record":
        record(argv[2:] or families())
    elif argv[1:] == ["cover"]:
        cover()
    else:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except AbiError as e:
        sys.exit(f"abi: {e}")
