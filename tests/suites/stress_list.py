#!/usr/bin/env python3
"""Records which stressors of stress-ng pass `--verify -t 3` on Debian's Linux i386: tests/suites/stress_list.txt.

Called by `make stress-record`; test_suites.py then wants the same ones to pass on a node.

    stress_list.py [NAME...]    only these, printed and not recorded
"""

import datetime
import pathlib
import re
import sys
import tempfile

import linux

HERE = pathlib.Path(__file__).parent
LIST = HERE / "stress_list.txt"
SCRIPT = HERE / "stress.sh"
CLASSES = ("cpu", "cpu-cache", "memory", "pipe", "interrupt", "scheduler", "filesystem", "vm")
SECONDS = 3
MEMORY = 256

ALL = "for c in %s; do stress-ng --class $c? 2>&1 | sed 's/.*stressors: //' | tr ' ' '\\n'; done | sort -u" % " ".join(CLASSES)


def results(lines):
    """{name: verdict} of the script's report."""
    found = (re.match(r"@@ (\S+) (passed|idle|skipped|failed|hung) ", line) for line in lines)
    return {m.group(1): m.group(2) for m in found if m}


def recorded():
    """Names of the stressors that pass on Linux; one that did no whole round on a busy machine is among them."""
    return [row.split()[0] for row in LIST.read_text().splitlines() if row and row[0] != "#" and row.split()[1] in ("passed", "idle")]


def main(names):
    with tempfile.TemporaryDirectory() as scratch:
        job = f"sh /root/stress.sh {SECONDS} {' '.join(names) or '$(' + ALL + ')'}\n"
        lines = linux.run(scratch, "stress-ng --version\n" + job, 3600 * 2, MEMORY, ["stress-ng"], [(SCRIPT, "/root/stress.sh")])
    if lines is None:
        sys.exit("stress_list: Linux did not come to the end")
    print("\n".join(lines))
    if names:
        return
    tool = next((line for line in lines if line.startswith("stress-ng, version")), "stress-ng ?")
    head = (f"# Stressors of {tool.split(' (')[0]} on {linux.version()}, {MEMORY} MiB, --verify -t {SECONDS}; recorded {datetime.date.today()}.\n"
            f"# Classes {', '.join(CLASSES)}.  Made by `make stress-record`: what passed here must pass on a node.\n")
    LIST.write_text(head + "".join(f"{name} {verdict}\n" for name, verdict in sorted(results(lines).items())))


if __name__ == "__main__":
    main(sys.argv[1:])
