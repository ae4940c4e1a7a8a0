#!/usr/bin/env python3
"""Measures what system calls, processes and Debian's programs cost on Godwit and on Debian's Linux i386.

Called by `make bench-abi`.  Boots both kernels in the same QEMU with the same root and the same programs: at a fixed
speed (-icount, the guest's clock) and in plain TCG (runs interleaved; the medians count); Linux with its defaults and with
mitigations=off.  Writes raw logs to bench/out/raw; abi_report.py makes table and plot of them.

    abi.py [--runs N] [MODE...]      modes: fixed tcg
"""

import argparse
import os
import pathlib
import sys

import abi_report
from machine import Machine

TOP = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path("build/bench")  # below TOP: the logs name no place outside
RAW = abi_report.RAW
PACKAGES = ["coreutils", "make", "python3", "tar", "tcc"]
FIXED = "shift=5,align=off,sleep=on"  # 31.25 million instructions per second
BOOTS = 3  # tries
MEMORY = {"calls": 64, "whole": 320}

LINUX = BUILD / "linux" / "vmlinuz"
SIDES = {
    "godwit": ("build/godwit.elf", "init=/bin/abi_{part}"),
    "linux": (LINUX, "console=ttyS0 quiet panic=-1 rdinit=/bin/abi_{part}"),
    "linux-off": (LINUX, "console=ttyS0 quiet panic=-1 mitigations=off rdinit=/bin/abi_{part}"),
}

sys.path.insert(0, str(TOP / "tools"))
import debset  # noqa: E402
import mkinitrd  # noqa: E402


def say(text):
    print(text, flush=True)


def make_root(path, packages):
    """The base root, the programs and the packages, as one archive for both kernels."""
    root = mkinitrd.base_root("build/apt/tree/bin/busybox", "build/user")
    for part in MEMORY:
        mkinitrd.add_spec(root, f"{BUILD}/bin/abi_{part}:/bin/abi_{part}")
    first = b""
    if packages:
        packed = debset.packed("build/apt", packages, False, say)
        root.entries = {name: e for name, e in root.entries.items() if name not in packed.names}
        first = pathlib.Path(packed.path).read_bytes()
    path.write_bytes(first + root.archive(start=len(first)))


def lateness(machine, shift):
    """Seconds by which the host's clock got ahead of the guest's between the two marks; None in plain TCG."""
    marks = [machine.find(f"BENCH {what}") for what in ("begin", "end")]
    if shift is None or None in marks:
        return None
    (from_host, from_guest), (to_host, to_guest) = ((at, int(text)) for at, text in marks)
    return to_host - from_host - (to_guest - from_guest) / 1e9


def boot(side, part, mode):
    """The machine when its program has said all. Under load a Linux in plain TCG may panic before there is one: again."""
    image, append = SIDES[side]
    root = BUILD / f"root-{part}.cpio"
    for _ in range(BOOTS):
        machine = Machine(str(image), str(root), append.format(part=part), MEMORY[part], icount=FIXED if mode == "fixed" else None)
        machine.run(("BENCH end", "FAIL"), 1500)
        if machine.find("BENCH begin"):
            break
        say(f"  {side} did not come up")
    return machine


def run(side, part, mode, i):
    """One boot of one kernel: the log is kept whatever came of it."""
    machine = boot(side, part, mode)
    whole = machine.find("BENCH end") is not None
    late = lateness(machine, mode == "fixed" or None)
    note = [] if late is None else [f"lateness {late:.3f} s"]
    machine.log(RAW / f"{mode}-{part}-{side}-{i}.log", [f"load {os.getloadavg()[0]:.1f}", *note])
    say(f"  {mode} {part} {side} {i}: {'done' if whole else 'NOT DONE'}; {' '.join(note)}")
    if not whole:
        sys.exit(f"bench-abi: {side} did not do all of abi_{part}: see bench/out/raw")


def main(argv):
    parser = argparse.ArgumentParser(prog="abi.py")
    parser.add_argument("--runs", type=int, default=3, help="boots of each kernel in plain TCG")
    parser.add_argument("--kernel", help="another build of Godwit")
    parser.add_argument("--part", choices=MEMORY, action="append")
    parser.add_argument("--side", choices=SIDES, action="append")
    parser.add_argument("mode", nargs="*", default=["fixed", "tcg"])
    args = parser.parse_args(argv[1:])
    os.chdir(TOP)
    if args.kernel:
        SIDES["godwit"] = (args.kernel, SIDES["godwit"][1])
    RAW.mkdir(parents=True, exist_ok=True)
    parts = args.part or list(MEMORY)
    for part in parts:
        make_root(BUILD / f"root-{part}.cpio", PACKAGES if part == "whole" else [])
    for mode in args.mode:
        for i in range(1 if mode == "fixed" else args.runs):
            for part in parts:
                for side in args.side or SIDES:
                    run(side, part, mode, i)
    return abi_report.main([])


if __name__ == "__main__":
    sys.exit(main(sys.argv))
