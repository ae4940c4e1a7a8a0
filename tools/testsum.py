#!/usr/bin/env python3
"""Runs test commands one after the other and prints one plain closing line over all of them.

Called by make test:  testsum.py NAME=COMMAND ...   (each COMMAND goes to sh)
Understands pytest, cmocka, TAP and lines of its own form.  Never hides a command's output.

A command that fails without a failed test of its own counts as one failed test, and one that counts
nothing counts as one passed test.
"""

import re
import subprocess
import sys
import time

OWN = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
PYTEST = re.compile(r"^(=+ )?(no tests ran|.*\d+ (passed|failed|skipped|errors?|xfailed|deselected)).* in [\d.]+s")
CMOCKA = re.compile(r"^\[\s*(PASSED|FAILED|SKIPPED)\s*\] (\d+) test\(s\)")
TAP = re.compile(r"^(not )?ok \d+(.*)$")


class Count:
    """Passed, failed and skipped tests."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.seen = False

    def add(self, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        self.seen = True

    def take(self, line):
        """Count what one line of output says."""
        if match := OWN.match(line):
            self.add(*map(int, match.groups()))
        elif PYTEST.match(line):
            def number(word):
                found = re.search(rf"(\d+) {word}", line)
                return int(found.group(1)) if found else 0
            self.add(number("passed"), number("failed") + number("error"), number("skipped"))
        elif match := CMOCKA.match(line):
            self.add(**{match.group(1).lower(): int(match.group(2))})
        elif match := TAP.match(line):
            if "# SKIP" in match.group(2).upper():
                self.add(skipped=1)
            else:
                self.add(failed=1) if match.group(1) else self.add(passed=1)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(command):
    """Run one command, show its output, count its tests."""
    count = Count()
    process = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL)
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace").rstrip("\n")
        print(line, flush=True)
        count.take(line)
    status = process.wait()
    if status and not count.failed:
        print(f"  exit status {status}")
        count.add(failed=1)
    elif not count.seen:
        count.add(passed=1)
    return count


def main(argv):
    total, table = Count(), []
    for word in argv[1:]:
        name, _, command = word.partition("=")
        print(f"== {name}", flush=True)
        start = time.monotonic()
        count = run(command)
        table.append((name, count, time.monotonic() - start))
        total.add(count.passed, count.failed, count.skipped)
    print()
    for name, count, seconds in table:
        print(f"  {name:20} {count}  ({seconds:.0f} s)")
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
