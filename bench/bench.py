#!/usr/bin/env python3
"""Measures Godwit beside Debian's Linux i386: boot, memory, small calls; and what the cluster costs.

Called by `make bench`.  Raw logs and results.json go to build/bench, tables by report.py.  Exit status 1 when an
expectation of docs/performance.md is not met.  Never writes outside build/bench.

    bench.py [PART...]      parts: boot memory smallest micro away
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

from machine import Machine
import report

TOP = pathlib.Path(__file__).resolve().parents[1]
OUT = TOP / "build" / "bench"
RAW = OUT / "raw"
ROOT = OUT / "root.cpio"
BOOTS = int(os.environ.get("BENCH_BOOTS", "5"))
SHIFTS = (2, 3)  # fixed speeds: 250 and 125 million instructions per second of the guest's clock

KERNELS = {
    "godwit": (TOP / "build" / "godwit.elf", "init={init}"),
    "linux": (OUT / "linux" / "vmlinuz", "console=ttyS0 quiet panic=-1 rdinit={init}"),
}


def say(text):
    print(text, flush=True)


def boot(kernel, init="/bin/first", memory=64, shift=None, timeout=60, name=None, root=ROOT):
    """Boots until the program has said all; returns the machine, or None."""
    image, append = KERNELS[kernel]
    machine = Machine(str(image), str(root), append.format(init=init), memory, shift)
    whole = machine.run("BENCH end", timeout)
    if name:
        machine.log(RAW / f"{name}-{kernel}.log")
    return machine if whole else None


def need(machine, what):
    if machine is None:
        sys.exit(f"bench: {what} did not come up: see build/bench/raw")
    return machine


def meminfo(machine):
    """/proc/meminfo's rows in KiB."""
    rows = (re.match(r"(\w+):\s+(\d+) kB", text) for _, text in machine.lines)
    return {m.group(1): int(m.group(2)) for m in rows if m}


def measure_boot(results):
    """Seconds to the first program's line: host's clock in plain TCG, guest's clock at fixed speed."""
    for kernel in KERNELS:
        times = []
        for i in range(BOOTS):
            m = need(boot(kernel, name=f"boot{i}"), kernel)
            times.append(m.find("BENCH first")[0])
        results[f"boot_{kernel}"] = {"median": statistics.median(times), "min": min(times), "max": max(times),
                                     "runs": len(times)}
        say(f"  {kernel}: first program after {statistics.median(times):.2f} s (plain TCG, median of {len(times)})")
        for shift in SHIFTS:
            m = need(boot(kernel, shift=shift, timeout=180, name=f"boot-shift{shift}"), kernel)
            guest = int(m.find("BENCH first")[1]) / 1e9
            results[f"boot_{kernel}_shift{shift}"] = guest
            say(f"  {kernel}: {guest:.3f} s of the guest's clock at -icount shift={shift}")


def measure_memory(results):
    """What is gone of the machine's memory when the first program runs."""
    given = 64 * 1024
    root_kib = -(-ROOT.stat().st_size // 1024)
    for kernel in KERNELS:
        info = meminfo(need(boot(kernel, name="memory"), kernel))
        results[f"memory_{kernel}"] = {"given": given, "free": info["MemFree"], "total": info["MemTotal"], "root": root_kib}
        say(f"  {kernel}: {given - info['MemFree']} KiB of {given} used, {root_kib} of them the root")
    out = godwit("run", "-n", "1", "-m", "64", "--", "sh", "-c", "sleep 1; cat /proc/meminfo; ps")
    (RAW / "memory-node.log").write_text(out)
    free = int(re.search(r"MemFree:\s+(\d+)", out).group(1))
    root_kib = -(-(TOP / "build" / "root.cpio").stat().st_size // 1024)
    results["memory_node"] = {"given": given, "free": free, "root": root_kib}
    say(f"  godwit, whole node with agent and shells: {given - free} KiB used, {root_kib} of them the root")


def measure_smallest(results):
    """The least -m, in MiB, with which the first program runs."""
    for kernel, low, high in (("godwit", 2, 16), ("linux", 8, 64)):
        while high - low > 1:
            middle = (low + high) // 2
            if boot(kernel, memory=middle, timeout=30, name=f"smallest-{middle}m"):
                high = middle
            else:
                low = middle
        results[f"smallest_{kernel}"] = high
        say(f"  {kernel}: boots with -m {high}, not with -m {low}")


def figures(lines):
    found = (re.match(r"(\w+) ([\d.]+)$", text) for text in lines)
    return {m.group(1): float(m.group(2)) for m in found if m}


def measure_micro(results):
    """Small calls, on both kernels, in plain TCG and at the first fixed speed."""
    for kernel in KERNELS:
        for mode, shift in (("tcg", None), ("shift2", 2)):
            m = need(boot(kernel, init="/bin/micro", shift=shift, timeout=300, name=f"micro-{mode}"), kernel)
            results[f"micro_{kernel}_{mode}"] = figures(text for _, text in m.lines)
            say(f"  {kernel}, {mode}: {results[f'micro_{kernel}_{mode}']}")


def godwit(*args, timeout=300):
    done = subprocess.run([TOP / "godwit", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=timeout)
    if done.returncode != 0:
        sys.exit(f"bench: ./godwit {' '.join(map(str, args))}: status {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return done.stdout


def measure_away(results):
    """Moves and calls from away, between two nodes."""
    for mode, options in (("tcg", ()), ("speed250", ("--speed", "250"))):
        out = godwit("run", "-n", "2", *options, "--add", OUT / "bin" / "away", "--timeout", "240", "--", "/root/away")
        (RAW / f"away-{mode}.log").write_text(out)
        results[f"away_{mode}"] = figures(out.splitlines())
        say(f"  {mode}: {results[f'away_{mode}']}")


PARTS = {"boot": measure_boot, "memory": measure_memory, "smallest": measure_smallest, "micro": measure_micro,
         "away": measure_away}


def make_root():
    subprocess.run([sys.executable, TOP / "tools" / "mkinitrd.py", "-o", ROOT, "--busybox",
                    TOP / "build" / "apt" / "tree" / "bin" / "busybox", "--user", TOP / "build" / "user",
                    "--add", f"{OUT}/bin/first:/bin/first", "--add", f"{OUT}/bin/micro:/bin/micro"], check=True)


def main(argv):
    parts = argv[1:] or list(PARTS)
    RAW.mkdir(parents=True, exist_ok=True)
    make_root()
    path = OUT / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for part in parts:
        say(f"{part}: {PARTS[part].__doc__.splitlines()[0]}")
        PARTS[part](results)
        results["machine"] = report.machine(KERNELS["linux"][0].with_name("version"))
        results["date"] = time.strftime("%Y-%m-%d", time.gmtime())
        path.write_text(json.dumps(results, indent=1))
    say("\n" + report.tables(results))
    missed = report.missed(results)
    for text in missed:
        say(f"NOT MET: {text}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
