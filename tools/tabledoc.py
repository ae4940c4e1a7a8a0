#!/usr/bin/env python3
"""tabledoc.py - kernel/syscall/table.def and abi/linux_syscalls.def to docs/abi.md.

Run by `make docs` or by hand: tools/tabledoc.py [OUTPUT]; without OUTPUT it prints. --check FILE: exit 1 if FILE is not current.
Remarks that no column can tell stand in REMARKS below. Never reads the C code.
The file's section "Excused differences" is written by hand and kept (tests/abi/abi.py reads it).
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEPT = "## Excused differences"
ROW = re.compile(r"^(HOME|BODYN|BODY|BOTH|MUX|SUB|INNER)\s*\((.*)\)\s*$")
SECTION = re.compile(r"^/\* ---- (.*?)(?::.*)? \*/")

REMARKS = {
    "acct": "no accounting",
    "capset": "effective, permitted, inheritable and bounding sets; no ambient set, no file capabilities",
    "chroot": "as Linux",
    "clone": "no namespaces: -EINVAL",
    "clone3": "no namespaces, no chosen ids: -EINVAL",
    "fadvise64": "accepted, no effect",
    "fallocate": "makes pages now; holes are punched where no disk is below",
    "futex": "WAIT, WAKE, REQUEUE, bit sets; no priority inheritance, no WAKE_OP",
    "getrandom": "ChaCha20; never blocks",
    "io_setup": "not planned",
    "mount": "tmpfs, proc, sysfs, devtmpfs, devpts, ext2; bind, rbind, move, remount; no propagation",
    "personality": "kept and told; nothing foreign is done",
    "preadv2": "RWF_NOWAIT: -EOPNOTSUPP",
    "pwritev2": "RWF_NOWAIT: -EOPNOTSUPP",
    "prctl": "what a process sets for itself; no seccomp, no ambient capabilities, TSC stays readable",
    "ptrace": "-ENOSYS; calls are shown by the command trace (/dev/trace, kernel/proc/tracer.h)",
    "restart_syscall": "nanosleep, clock_nanosleep, poll, futex",
    "rseq": "-ENOSYS on purpose",
    "sched_setscheduler": "kept and told; the scheduler knows one class",
    "setitimer": "REAL at home; VIRTUAL and PROF counted where the process runs",
    "splice": "copies through a page of the kernel",
    "socketcall": "sockets come with a later issue",
    "ipc": "System V IPC comes with a later issue",
    "setxattr": "security. and trusted. of files in memory; no access lists, values up to 32,000 bytes",
    "sync": "disks are written, and flushed",
    "times": "as Linux, in 1/100 s",
    "timer_create": "wall, monotonic, boot time and the caller's CPU clocks", "adjtimex": "kept and told; steps are made, slewing is not",
    "waitid": "P_ALL, P_PID, P_PGID",
}


def split_args(text):
    """Commas at depth 0."""
    out, depth, cur = [], 0, ""
    for ch in text:
        if ch == "," and depth == 0:
            out.append(cur.strip())
            cur = ""
            continue
        depth += (ch == "(") - (ch == ")")
        cur += ch
    return out + [cur.strip()]


def read_table(path):
    """[(section, kind, number or None, name, flags)] in file order."""
    rows, section = [], ""
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = SECTION.match(line)
            if m:
                section = m.group(1)
            m = ROW.match(line)
            if not m:
                continue
            kind, a = m.group(1), split_args(m.group(2))
            if kind == "INNER":
                continue
            if kind == "SUB":
                rows.append((section, kind, None, a[1].strip('"'), a[4], a[2] != "NULL", a[3] != "NULL"))
            else:
                flags = {"HOME": lambda: a[3], "BOTH": lambda: a[5]}.get(kind, lambda: "0")()
                rows.append((section, kind, int(a[0]), a[1], flags, kind in ("HOME", "BOTH"), kind in ("BODY", "BODYN", "BOTH")))
    return rows


def read_names(path):
    with open(path, encoding="utf-8") as f:
        return {int(n): name for n, name in re.findall(r"^SYSNAME\((\d+), (\w+)\)", f.read(), re.M)}


def place(kind, flags, home, body):
    """What the call costs a process that is away."""
    if kind == "MUX":
        return "by command"
    if "HOMEFIRST" in flags:
        return "brought home first"
    if home and body:
        return "home, then body"
    return "served by home" if home else "where it runs"


def document(rows, names):
    done = {nr for _, _, nr, *_ in rows if nr is not None}
    out = [
        "# The Linux calls: done, different, absent",
        "",
        "Made by `tools/tabledoc.py` from `kernel/syscall/table.def`; do not edit but the last section.",
        "",
        "*Where*: what happens when the process is away from home. *where it runs*: no frame is sent. *served by home*: its deputy",
        "does the call, usually in one round trip. *brought home first*: the process comes home for the call and goes back after.",
        "*by command*: one of several rows, by the call's command or flags.",
        "",
        f"{len(done)} of {len(names)} numbers are there. An unknown number returns -ENOSYS and is logged once by name.",
    ]
    section = None
    for sec, kind, nr, name, flags, home, body in rows:
        if sec != section:
            out += ["", f"## {sec[:1].upper()}{sec[1:]}", "", "| nr | call | where | remark |", "|---:|---|---|---|"]
            section = sec
        if kind == "SUB":
            continue
        out.append(f"| {nr} | {name} | {place(kind, flags, home, body)} | {REMARKS.get(name, '')} |")
    out += ["", "## Absent (-ENOSYS)", ""]
    absent = [f"{names[n]} ({n})" + (f": {REMARKS[names[n]]}" if names[n] in REMARKS else "") for n in sorted(names) if n not in done]
    remarked = [a for a in absent if ":" in a]
    out += [f"- {a}" for a in remarked]
    out += ["", ", ".join(a for a in absent if ":" not in a) + "."]
    return "\n".join(out) + "\n"


def kept(path):
    """The part of the file that is written by hand."""
    with open(path, encoding="utf-8") as f:
        _, mark, rest = f.read().partition("\n" + KEPT)
    return mark + rest


def main(argv):
    text = document(read_table(os.path.join(ROOT, "kernel/syscall/table.def")), read_names(os.path.join(ROOT, "abi/linux_syscalls.def")))
    if len(argv) == 3 and argv[1] == "--check":
        with open(argv[2], encoding="utf-8") as f:
            if f.read() == text + kept(argv[2]):
                return 0
        print(f"{argv[2]} is not current: run tools/tabledoc.py {argv[2]}")
        return 1
    if len(argv) == 2:
        text += kept(argv[1])
        with open(argv[1], "w", encoding="utf-8") as f:
            f.write(text)
        return 0
    if len(argv) == 1:
        sys.stdout.write(text)
        return 0
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
