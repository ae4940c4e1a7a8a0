#!/usr/bin/env python3
"""The tables of a bench run, from build/bench/results.json.

Called by bench.py, and by `make bench-record`, which puts them between the marks of docs/performance.md.
Never measures.
"""

import json
import os
import pathlib
import platform
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
DOC = TOP / "docs" / "performance.md"
BEGIN, END = "<!-- tables: make bench-record -->", "<!-- end of tables -->"

MICRO = (("getppid", "null call (getppid)"), ("clock_gettime", "clock_gettime, by call"), ("pipe_turn", "pipe: one byte there and back, two processes"),
         ("pipe_32k", "pipe: 32 KiB in and out"), ("page_fault", "first write to a page"), ("fork_exit", "fork, exit, wait"),
         ("vfork_exec_exit", "vfork, exec (static program), exit, wait"))
CALLS = (("getuid", "getuid"), ("getppid", "getppid"), ("umask", "umask"), ("write_1", "write of 1 byte to /dev/null"),
         ("read_4k", "read of 4 KiB from /dev/zero"), ("stat", "stat"), ("open_close", "open and close"))
MOVES = (("64k", "64 KiB"), ("1m", "1 MiB"), ("8m", "8 MiB"))


def first_match(path, pattern):
    try:
        match = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8", errors="replace"), re.M)
    except OSError:
        return ""
    return match.group(1).strip() if match else ""


def machine(linux_version):
    """What the figures were taken on, in words."""
    qemu = subprocess.run(["qemu-system-i386", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"version (\S+)", qemu)
    return {"cpu": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$") or platform.machine(), "cores": os.cpu_count(),
            "qemu": version.group(1) if version else "?", "os": first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
            "load": os.getloadavg()[0], "linux": pathlib.Path(linux_version).read_text(encoding="utf-8").strip()}


def table(head, rows):
    out = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    out += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    return "\n".join(out) + "\n"


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if ours >= theirs / 20 else f"{ours / theirs:.4f}"


def micros(ns):
    return f"{ns / 1000:.1f}" if ns < 1e6 else f"{ns / 1000:.0f}"


def boot_rows(r):
    g, li = r["boot_godwit"], r["boot_linux"]
    yield (f"first program, plain TCG, s (median of {g['runs']})", f"{g['median']:.2f}", f"{li['median']:.2f}", ratio(g["median"], li["median"]))
    yield "fastest of these, s", f"{g['min']:.2f}", f"{li['min']:.2f}", ratio(g["min"], li["min"])
    for shift, speed in ((2, 250), (3, 125)):
        a, b = r[f"boot_godwit_shift{shift}"], r[f"boot_linux_shift{shift}"]
        yield f"the same by the guest's clock at {speed} MIPS, s", f"{a:.3f}", f"{b:.3f}", ratio(a, b)


def memory_rows(r):
    g, li = r["memory_godwit"], r["memory_linux"]
    for text, of in (("used: 64 MiB less MemFree, KiB", lambda m: m["given"] - m["free"]),
                     ("MemTotal less MemFree, KiB", lambda m: m["total"] - m["free"]),
                     ("in both: the root's own bytes, KiB", lambda m: m["root"]),
                     ("64 MiB less MemFree and root, KiB", lambda m: m["given"] - m["free"] - m["root"])):
        yield text, of(g), of(li), ratio(of(g), of(li))
    if "smallest_godwit" in r:
        yield "smallest -m that runs the first program, MiB", r["smallest_godwit"], r["smallest_linux"], ratio(r["smallest_godwit"], r["smallest_linux"])


def micro_rows(r):
    for key, text in MICRO:
        cells = []
        for mode in ("tcg", "shift2"):
            g, li = r[f"micro_godwit_{mode}"][key], r[f"micro_linux_{mode}"][key]
            cells += [micros(g), micros(li), ratio(g, li)]
        yield (text, *cells)


def tables(r):
    """All tables of which there are figures."""
    out = []
    m = r["machine"]
    out.append(f"Measured {r['date']} on {m['cores']} cores of {m['cpu']}, {m['os']}, QEMU {m['qemu']} (`-cpu pentium3`, TCG, `-m 64`); "
               f"load of the host {m['load']:.1f}; Linux: {m['linux']}.\n")
    if "boot_godwit" in r:
        out += ["### Boot\n", table(("", "Godwit", "Linux", "ratio"), boot_rows(r))]
    if "memory_godwit" in r:
        out += ["### Memory\n", table(("", "Godwit", "Linux", "ratio"), memory_rows(r))]
        n = r["memory_node"]
        out.append(f"A whole node as `./godwit` boots it (network card, agent, two shells, a command): {n['given'] - n['free']} KiB used, "
                   f"{n['given'] - n['free'] - n['root']} KiB without the root.\n")
    if "micro_godwit_tcg" in r:
        out += ["### One machine, microseconds\n", table(("", "Godwit, TCG", "Linux, TCG", "ratio", "Godwit, 250 MIPS", "Linux, 250 MIPS", "ratio"), micro_rows(r))]
    if "away_tcg" in r:
        t, s = r["away_tcg"], r["away_speed250"]
        out += ["### Calls served from home, microseconds\n",
                table(("", "here, TCG", "away, TCG", "here, 250 MIPS", "away, 250 MIPS"),
                      [(text, micros(t[f"here_{k}"]), micros(t[f"away_{k}"]), micros(s[f"here_{k}"]), micros(s[f"away_{k}"])) for k, text in CALLS]
                      + [("pipe: one byte there and back, home and away", "", micros(t["away_pipe_turn"]), "", micros(s["away_pipe_turn"]))]),
                "### Moves, milliseconds from the order to its success\n",
                table(("dirty memory", "out, TCG", "home, TCG", "out, 250 MIPS", "home, 250 MIPS"),
                      [(text, *(f"{f[f'move_{way}_{k}'] / 1e6:.1f}" for f in (t, s) for way in ("out", "home"))) for k, text in MOVES])]
    return "\n".join(out)


def missed(r):
    """What was expected of these figures and is not so."""
    out = []
    if "memory_godwit" in r:
        m = r["memory_godwit"]
        if m["given"] - m["free"] - m["root"] > 4096:
            out.append("Godwit uses more than 4 MiB after boot, the root not counted")
    if "boot_godwit" in r:
        for key, text in (("boot_{}", "plain TCG"), ("boot_{}_shift2", "250 MIPS"), ("boot_{}_shift3", "125 MIPS")):
            g, li = (r[key.format(k)] for k in ("godwit", "linux"))
            g, li = (v["median"] if isinstance(v, dict) else v for v in (g, li))
            if g > li / 4:
                out.append(f"Godwit boots in more than a quarter of Linux's time ({text})")
    return out


def record():
    results = json.loads((TOP / "build" / "bench" / "results.json").read_text(encoding="utf-8"))
    text = DOC.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    DOC.write_text(before + BEGIN + "\n\n" + tables(results) + "\n" + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    sys.exit(record())
