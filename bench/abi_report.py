#!/usr/bin/env python3
"""Table and plot of bench-abi, from its raw logs.

Called by abi.py, and by hand after any change of a log: reads bench/out/raw, writes bench/out/abi.md and abi.svg.
With --record it puts the table into docs/performance.md.  Never measures.
"""

import math
import pathlib
import re
import statistics
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
OUT = TOP / "bench" / "out"
RAW = OUT / "raw"
DOC = TOP / "docs" / "performance.md"
BEGIN, END = "<!-- abi tables: make bench-abi-record -->", "<!-- end of abi tables -->"
MODES = {"fixed": "31 MIPS", "tcg": "plain TCG"}
SIDES = ("godwit", "linux", "linux-off")

ROWS = {
    "getppid": "null call (getppid)", "read_zero": "read 1 byte of /dev/zero", "write_null": "write 1 byte to /dev/null",
    "read_file": "read 1 byte of a file", "open_close": "open and close", "stat": "stat",
    "pipe_turn": "pipe: a byte there and back", "pipe_64k": "pipe: 64 KiB from another process",
    "switch_2": "switch, 2 processes (with a byte)", "switch_16": "switch, 16 processes", "fork": "fork, exit, wait",
    "fork_10m": "the same, 10 MiB written", "fork_exec": "fork, exec, exit, wait", "fault_anon": "page fault, anonymous",
    "fault_file": "page fault, file, in order", "fault_file_far": "page fault, file, 64 pages apart",
    "mmap": "mmap and munmap, 64 KiB", "signal": "signal to oneself, handled", "sigaction": "sigaction",
    "select_100": "select, 100 descriptors", "poll_100": "poll, 100 descriptors", "epoll_100": "epoll_wait, 100 descriptors",
    "file_life": "create, write, read, unlink 4 KiB", "futex": "lock kept across a yield, 4 threads",
    "python3": "python3 -c", "tcc": "tcc, 9 files", "make": "make, 9 files", "tar": "tar, 800 files", "sort": "sort, 20,000 lines",
    "shell": "shell, 1,000 commands",
}


def figures():
    """{(mode, side): {row: microseconds}}: of each run the fastest round, as the host is shared; of these the median."""
    found = {}
    for path in sorted(RAW.glob("*.log")):
        match = re.fullmatch(r"(fixed|tcg)-(?:calls|whole)-(godwit|linux|linux-off)-\d+", path.stem)
        if not match:
            continue
        mode, side = match.groups()
        fastest = {}
        for row, times, ns, ticks in re.findall(r" ROW (\w+) \d+ (\d+) (\d+) (\d+)$", path.read_text(encoding="utf-8"), re.M):
            took = int(ticks if mode == "fixed" else ns)  # at fixed speed the counter is the guest's clock
            us = took / int(times) / 1000
            fastest[row] = min(us, fastest.get(row, us))
        for row, us in fastest.items():
            found.setdefault((mode, side), {}).setdefault(row, []).append(us)
    return {key: {row: statistics.median(all_) for row, all_ in rows.items()} for key, rows in found.items()}


def gain(found, mode, row):
    """How many times as fast Godwit is as the faster Linux; None: not measured."""
    if any(row not in found.get((mode, side), {}) for side in SIDES):
        return None
    us = [found[mode, side][row] for side in SIDES]
    return min(us[1:]) / us[0]


def hardest(found, row):
    gains = [g for g in (gain(found, mode, row) for mode in MODES) if g is not None]
    return min(gains) if gains else None


def micros(us):
    return f"{us:.2f}" if us < 10 else f"{us:.1f}" if us < 1000 else f"{us:,.0f}"


def table(found):
    modes = [m for m in MODES if (m, "godwit") in found]
    head = ["microseconds"]
    for mode in modes:
        head += [f"Godwit, {MODES[mode]}", "Linux", "mitigations=off", "times as fast"]
    out = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for row, text in ROWS.items():
        cells = [text]
        for mode in modes:
            cells += [micros(found[mode, s][row]) if row in found.get((mode, s), {}) else "" for s in SIDES]
            g = gain(found, mode, row)
            cells.append("" if g is None else f"{g:.2f}")
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def verdict(found):
    """The claim, on each row's hardest column."""
    gains = {row: g for row in ROWS if (g := hardest(found, row)) is not None}
    behind = [ROWS[row] for row, g in gains.items() if g < 1]
    double = sum(g >= 2 for g in gains.values())
    text = ""
    for mode in MODES:
        of = [g for row in ROWS if (g := gain(found, mode, row)) is not None]
        text += f"{MODES[mode]}: of {len(of)} rows {sum(g >= 1 for g in of)} ahead, {sum(g >= 2 for g in of)} at least twice as fast. "
    text += f"By the hardest column of each row: {len(gains) - len(behind)} ahead, {double} at least twice as fast."
    return text + (f" Behind: {'; '.join(behind)}." if behind else ""), not behind and 3 * double >= 2 * len(gains)


def bar(x, y, width, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="7" fill="{colour}"/>'


def plot(found):
    """A bar for each row and mode: how many times as fast, on a doubling scale from a quarter to sixteen."""
    left, unit, step = 270, 75, 22
    rows = [row for row in ROWS if hardest(found, row) is not None]
    height = 50 + step * len(rows)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + 6 * unit + 40}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<rect width="100%" height="{height}" fill="white"/>',
           f'<text x="10" y="16">times as fast as Linux (the faster of both): dark {MODES["fixed"]}, light {MODES["tcg"]}</text>']
    for k in range(-2, 5):
        x = left + (k + 2) * unit
        out += [f'<line x1="{x}" y1="26" x2="{x}" y2="{height - 20}" stroke="{"black" if k == 0 else "#ccc"}"/>',
                f'<text x="{x}" y="{height - 6}" text-anchor="middle">{2.0 ** k:g}</text>']
    for i, row in enumerate(rows):
        y = 30 + i * step
        out.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{ROWS[row]}</text>')
        for mode, at, colour in (("fixed", y, "#205080"), ("tcg", y + 8, "#90b0d0")):
            g = gain(found, mode, row)
            if g is None:
                continue
            k = max(-2.0, min(4.0, math.log2(g)))
            out.append(bar(left + (2 + min(k, 0)) * unit, at, abs(k) * unit, colour))
    return "\n".join(out + ["</svg>"]) + "\n"


def main(argv):
    found = figures()
    claim, met = verdict(found)
    text = table(found) + "\n" + claim + "\n"
    (OUT / "abi.md").write_text(text, encoding="utf-8")
    (OUT / "abi.svg").write_text(plot(found), encoding="utf-8")
    print(text)
    if "--record" in argv:
        doc = DOC.read_text(encoding="utf-8")
        before, rest = doc.split(BEGIN)
        DOC.write_text(before + BEGIN + "\n\n" + text + "\n" + END + rest.split(END)[1], encoding="utf-8")
        return 0
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
