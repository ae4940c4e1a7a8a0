#!/usr/bin/env python3
"""Runs every group of tests, one after the other, and counts: `make test` and `make nightly`.

The last line is exactly "N passed, N failed, N skipped"; the exit status is 0 only when nothing failed.
With CI=true a skipped test is a failure.  Never stops at the first failure.
"""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
LOGS = TOP / "build" / "test-logs"
NIGHTLY = os.environ.get("NIGHTLY", "") not in ("", "0")
CI = os.environ.get("CI", "") == "true"
MAKE = ["make", "--no-print-directory", "-j2"]
MINUTE = 60


class Totals:
    """What was counted so far."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def host_fragments():
    """Targets test-host-* of the makefiles under tests/host: each names one of its own."""
    found = set()
    for path in sorted((TOP / "tests" / "host").glob("*.mk")):
        found.update(re.findall(r"^(test-host-[\w-]+):", path.read_text(), re.M))
    return sorted(found)


def groups():
    """(name, command, seconds at most, kind): kind says how its output is counted."""
    seeds = "1..10000" if NIGHTLY else "1..500"
    frames = "1000000" if NIGHTLY else "100000"
    moves = "1000000" if NIGHTLY else "10000"
    long = 10 if NIGHTLY else 1
    yield "build", MAKE + ["kernel", "root", "hub", "programs"], 8 * MINUTE, "one"
    yield "layers", MAKE + ["layers"], MINUTE, "one"
    yield "host: pure code", MAKE + ["pure"], 3 * MINUTE, "one"
    yield "host: units", MAKE + ["test-unit"], 4 * MINUTE * long, "cmocka"
    for target in host_fragments():
        yield f"host: {target[10:]}", MAKE + [target, f"MOVE_SEEDS={moves}"], 4 * MINUTE * long, "cmocka"
    yield "simulator", MAKE + ["test-sim", f"SEEDS={seeds}"], 5 * MINUTE * long, "one"
    yield "frame fuzzer", MAKE + ["test-fuzz", f"FUZZ_FRAMES={frames}"], 4 * MINUTE * long, "one"
    if NIGHTLY:
        yield "fuzzer's coverage", MAKE + ["fuzz-coverage", f"FUZZ_FRAMES={frames}"], 60 * MINUTE, "one"
    yield "kernel self-test", MAKE + ["test-kernel-base"], 4 * MINUTE, "one"
    yield "host tool", pytest("tests/tools", "tools"), 4 * MINUTE, "pytest"
    yield "driver in QEMU", MAKE + ["build/nettest.elf"], 2 * MINUTE, "one"
    yield "driver in QEMU: wire", pytest("tests/qemu/drivers", "drivers"), 4 * MINUTE, "pytest"
    yield "clusters", pytest("tests/qemu", "clusters", "--ignore=tests/qemu/drivers"), 8 * MINUTE * (60 if NIGHTLY else 1), "pytest"
    if NIGHTLY:
        yield "mutants", MAKE + ["-j1", "mutants"], 60 * MINUTE, "one"


def pytest(path, name, *more):
    return ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
            f"--junit-xml={LOGS}/{name}.xml", path, *more]


def count_cmocka(text, status):
    """Counts of cmocka's reports; a group that broke without one counts as one failure."""
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", text))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test", text))
    skipped = len(re.findall(r"\[  SKIPPED \] [a-z]", text))
    if status and not failed:
        failed = 1
    if not status and not passed:
        passed = 1
    return passed, failed, skipped


def count_pytest(command, status):
    """Counts of a pytest run, by its own report."""
    path = next(a for a in command if a.startswith("--junit-xml="))[len("--junit-xml="):]
    try:
        suite = xml.etree.ElementTree.parse(path).getroot().find("testsuite").attrib
    except (OSError, AttributeError, xml.etree.ElementTree.ParseError):
        return 0, 1, 0
    bad = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    if status not in (0, 1, 5) and not bad:
        bad = 1
    return int(suite["tests"]) - bad - skipped, bad, skipped


def kill_group(process):
    """The group's own processes only: they share a session that was made for them."""
    for number in (15, 9):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        time.sleep(2 if number == 15 else 0)


def run_group(name, command, limit, kind, totals):
    """One group; its output goes to a file, and to the screen when it fails."""
    print(f"[{time.strftime('%H:%M:%S')}] {name} ... ", end="", flush=True)
    log = LOGS / (re.sub(r"\W+", "-", name) + ".log")
    start = time.monotonic()
    if kind == "pytest":
        Path(next(a for a in command if a.startswith("--junit-xml="))[12:]).unlink(missing_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.wait()
            status = 124
        except BaseException:
            kill_group(process)
            raise
    text = log.read_text(errors="replace")
    if kind == "cmocka":
        counts = count_cmocka(text, status)
    elif kind == "pytest":
        counts = count_pytest(command, status)
    else:
        counts = (1, 0, 0) if status == 0 else (0, 1, 0)
    totals.add(*counts)
    took = time.monotonic() - start
    print(f"{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped ({took:.0f} s)", flush=True)
    if counts[1] or status not in (0, 5):
        why = f"no end within {limit} s" if status == 124 else f"status {status}"
        totals.failures.append(f"{name} ({why}): {log.relative_to(TOP)}")
        print("\n".join("    | " + line for line in text.splitlines()[-40:]), flush=True)


def main():
    os.chdir(TOP)
    LOGS.mkdir(parents=True, exist_ok=True)
    totals = Totals()
    start = time.monotonic()
    for name, command, limit, kind in groups():
        run_group(name, command, limit, kind, totals)
        if name == "build" and totals.failed:
            break
    if CI and totals.skipped:
        totals.failures.append(f"{totals.skipped} skipped: in CI everything must run")
        totals.failed += totals.skipped
        totals.skipped = 0
    print(f"\n{time.monotonic() - start:.0f} s")
    for failure in totals.failures:
        print(f"failed: {failure}")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped", flush=True)
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
