#!/usr/bin/env python3
"""layers.py - who may include whom: checks every #include of the tree against the table below, and finds cycles.

Run by `make layers`; exit status 1 when anything breaks the plan (docs/map.md).
The longest matching row counts, for the file that includes; '*' as a row's value allows everything.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

BASE = ["arch/arch.h", "arch/i386/regs.h", "kernel/base/", "lib/", "abi/"]
MM_FOR_FS = [f"kernel/mm/{n}.h" for n in ("uio", "umem", "backing", "frame", "kheap")]
MM = BASE + ["kernel/mm/"]
FS = BASE + MM_FOR_FS + ["fs/"]
PROC = MM + ["fs/", "kernel/proc/", "kernel/syscall/ucall.h"]  # ucall.h: the one argument of a home or body half
SYSCALL = PROC + ["kernel/syscall/", "net/socket.h"]

TABLE = {
    "abi/": ["abi/"],
    "lib/": ["lib/", "abi/"],
    "cluster/": ["cluster/", "lib/", "abi/"],
    "arch/arch.h": ["arch/i386/regs.h", "lib/", "abi/"],
    "arch/i386/": BASE + ["arch/i386/", "kernel/mm/frame.h"],  # table pages and stacks come from frames
    "kernel/base/": BASE,
    "kernel/base/main.c": "*",  # the front door
    "kernel/mm/": MM,
    "fs/": FS,
    "net/": BASE + MM_FOR_FS + ["net/", "fs/file.h", "fs/synth.h", "fs/caller.h", "lwip/", "netif/"],
    "drivers/": BASE + ["drivers/", "arch/i386/pio.h", "kernel/mm/frame.h", "kernel/mm/kheap.h", "net/netdev.h",
                        "fs/block.h", "fs/synth.h", "fs/tty.h"],
    "kernel/proc/": PROC,
    "kernel/syscall/": SYSCALL,
    "kernel/migrate/": SYSCALL + ["kernel/migrate/", "cluster/", "net/"],
}
FREESTANDING = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdnoreturn.h", "limits.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def sources():
    for top in sorted({row.split("/")[0] for row in TABLE}):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".def")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def includes(path):
    """(line number, in quotes?, target) of each include line."""
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        for number, line in enumerate(f, 1):
            m = INCLUDE.match(line)
            if m:
                yield number, m.group(1) == '"', m.group(2)


def allowed(path, target):
    row = max((r for r in TABLE if path.startswith(r)), key=len)
    rule = TABLE[row]
    return rule == "*" or any(target == r or (r.endswith("/") and target.startswith(r)) for r in rule)


def check(path):
    """Complaints about the include lines of one file, and the headers it includes."""
    complaints, graph, first = [], [], True
    for number, quoted, target in includes(path):
        where = f"{path}:{number}"
        if not quoted and target not in FREESTANDING:
            if not allowed(path, target):
                complaints.append(f"{where}: <{target}> is not freestanding")
        elif quoted:
            graph.append(target)
            if "/" not in target:
                complaints.append(f'{where}: "{target}": include by path from the root')
            elif not allowed(path, target):
                complaints.append(f'{where}: may not include "{target}"')
            elif not os.path.exists(os.path.join(ROOT, target)) and not target.startswith(("lwip/", "netif/")):
                complaints.append(f'{where}: "{target}" does not exist')
        own = path[:-2] + ".h"
        if first and path.endswith(".c") and os.path.exists(os.path.join(ROOT, own)) and target != own:
            complaints.append(f'{where}: the first include must be "{own}"')
        first = False
    return complaints, graph


def cycle(graph):
    """One include cycle among headers as a list of paths, or None."""
    state = {}
    for start in sorted(graph):
        stack = [(start, iter(graph.get(start, ())))]
        trail = [start]
        if state.get(start):
            continue
        state[start] = 1
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if state.get(target) == 1:
                    return trail[trail.index(target):] + [target]
                if target in graph and not state.get(target):
                    state[target] = 1
                    stack.append((target, iter(graph[target])))
                    trail.append(target)
                    break
            else:
                state[node] = 2
                stack.pop()
                trail.pop()
    return None


def main():
    complaints, graph = [], {}
    for path in sources():
        found, targets = check(path)
        complaints += found
        if path.endswith((".h", ".def")):
            graph[path] = targets
    loop = cycle(graph)
    if loop:
        complaints.append("include cycle: " + " -> ".join(loop))
    for line in complaints:
        print(line)
    print(f"layers: {len(complaints)} complaints" if complaints else f"layers: ok, {len(graph)} headers")
    return 1 if complaints else 0


sys.exit(main())
