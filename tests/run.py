#!/usr/bin/env python3
"""Runs every group of tests and counts: `make test` and `make nightly`.

The last line is exactly "N passed, N failed, N skipped"; the exit status is 0 only when nothing failed.
With CI=true a skipped test is a failure.  Never stops at the first failure.

PART=a,b runs only the parts of these names (PART=list prints them).  The nightly run keeps each part that passed, by the state of
the sources (tests/keep.py): started again it goes on with what is left; FRESH=1 begins anew.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree
from pathlib import Path

import keep

TOP = Path(__file__).resolve().parent.parent
LOGS = TOP / "build" / "test-logs"
NIGHTLY = os.environ.get("NIGHTLY", "") not in ("", "0")
CI = os.environ.get("CI", "") == "true"
MAKE = ["make", "--no-print-directory"]
MINUTE = 60


class Totals:
    """What was counted so far."""

    def __init__(self, chosen):
        self.groups = chosen
        self.state = keep.state_of(TOP) if NIGHTLY else None
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.unsteady = []
        self.running = set()
        self.over = False
        self.lock = threading.Lock()

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


class Group:
    """One part: lanes "host" and "qemu" run side by side after "first"; then comes "alone", with what measures time.  kind says how
    the output is counted."""

    def __init__(self, lane, part, title, command, minutes, kind):
        self.lane, self.part, self.title, self.command, self.kind = lane, part, title, command, kind
        self.limit = minutes * MINUTE


def cluster_groups(long):
    """The system tests: one part, or at night one for each file, so that a run can be taken up where it stopped."""
    quiet = ["--ignore=tests/qemu/drivers", "-m", "not alone"]
    if not NIGHTLY:
        yield Group("qemu", "clusters", "clusters", pytest("tests/qemu", "clusters", *quiet), 20, "pytest")
        return
    for path in sorted((TOP / "tests" / "qemu").glob("test_*.py")):
        part = path.stem.replace("test_", "qemu-")
        yield Group("qemu", part, f"clusters: {path.stem}", pytest(str(path.relative_to(TOP)), part, *quiet), 20 * long, "pytest")


def groups():
    """Every part, in the order in which its lane runs it."""
    seeds = "1..10000" if NIGHTLY else "1..500"
    frames = "10000000" if NIGHTLY else "1000000"
    moves = "1000000" if NIGHTLY else "10000"
    long = 20 if NIGHTLY else 1
    yield Group("first", "build", "build", MAKE + ["-j2", "kernel", "root", "hub", "programs", "abi-programs", "build/nettest.elf",
                                                      "build/selftest.elf"], 8, "one")
    yield Group("host", "layers", "layers", MAKE + ["layers"], 1, "one")
    yield Group("host", "pure", "host: pure code", MAKE + ["pure"], 4, "one")
    yield Group("host", "units", "host: units", MAKE + ["test-unit"], 5 * long, "cmocka")
    for target in host_fragments():
        yield Group("host", target[5:], f"host: {target[10:]}", MAKE + [target, f"MOVE_SEEDS={moves}", f"FUZZ_FRAMES={frames}"], 5 * long, "cmocka")
    yield Group("host", "sim", "simulator", MAKE + ["test-sim", f"SEEDS={seeds}"], 10 * long, "one")
    yield Group("host", "fuzz", "frame fuzzer", MAKE + ["test-fuzz", f"FUZZ_FRAMES={frames}"], 5 * long, "one")
    yield Group("host", "coverage", "fuzzers' coverage", MAKE + ["fuzz-coverage", "msg-coverage"], 5, "one")
    yield Group("qemu", "tools", "host tool", pytest("tests/tools", "tools"), 8, "pytest")
    yield Group("qemu", "drivers", "driver in QEMU", pytest("tests/qemu/drivers", "drivers"), 8, "pytest")
    yield from cluster_groups(long)
    yield Group("alone", "selftest", "kernel self-test", MAKE + ["test-kernel-base"], 4, "one")
    yield Group("alone", "timed", "clusters, timed", pytest("tests/qemu", "timed", "--ignore=tests/qemu/drivers", "-m", "alone"),
                15 * long, "pytest")
    if NIGHTLY:
        yield Group("alone", "mutants", "mutants", MAKE + ["mutants"], 60, "one")


def wanted():
    """The groups to run: those that PART names, or all.  `build` always runs: the others need it."""
    every = list(groups())
    names = [name for name in re.split(r"[,\s]+", os.environ.get("PART", "")) if name]
    known = [group.part for group in every]
    if names == ["list"]:
        print("\n".join(known))
        raise SystemExit(0)
    wrong = [name for name in names if name not in known]
    if wrong:
        raise SystemExit(f"PART: there is no part {', '.join(wrong)}; PART=list prints the names")
    return [group for group in every if not names or group.part in names or group.part == "build"]


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


def report_path(command):
    """Where a pytest run writes its report."""
    return Path(next(a for a in command if a.startswith("--junit-xml="))[len("--junit-xml="):])


def count_pytest(command, status):
    """Counts of a pytest run, by its own report."""
    try:
        suite = xml.etree.ElementTree.parse(report_path(command)).getroot().find("testsuite").attrib
    except (OSError, AttributeError, xml.etree.ElementTree.ParseError):
        return 0, 1, 0
    bad = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    if status not in (0, 1, 5) and not bad:
        bad = 1
    return int(suite["tests"]) - bad - skipped, bad, skipped


def kill_group(process):
    """The group's own processes only: they share a session that was made for them.  pytest takes its clusters down first."""
    for number, patience in ((signal.SIGTERM, 30), (signal.SIGKILL, 0)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def failed_tests(command):
    """Node names of what failed in a pytest run, by its own report."""
    root = xml.etree.ElementTree.parse(report_path(command)).getroot()
    return [f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}" for case in root.iter("testcase")
            if case.find("failure") is not None or case.find("error") is not None]


def second_try(group, counts, totals):
    """On a busy host a machine can be put aside in the wrong moment: up to three failed tests are run once more, alone, and what
    passes then is counted and named as unsteady.  The nightly run gives no second chance."""
    if NIGHTLY or not 1 <= counts[1] <= 3:
        return counts
    again = failed_tests(group.command)
    log = LOGS / (re.sub(r"\W+", "-", group.title) + "-again.log")
    with open(log, "wb") as out:
        status = subprocess.run(pytest(again[0], "again", *again[1:]), cwd=TOP, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT, timeout=group.limit, check=False).returncode
    if status:
        return counts
    totals.unsteady += again
    return counts[0] + counts[1], 0, counts[2]


def count(group, text, status, totals):
    """(passed, failed, skipped) of a group that ended, after its second try."""
    if group.kind == "cmocka":
        return count_cmocka(text, status)
    if group.kind == "one":
        return (1, 0, 0) if status == 0 else (0, 1, 0)
    counts = count_pytest(group.command, status)
    return second_try(group, counts, totals) if status == 1 and counts[1] else counts


def run_group(group, totals):
    """One group; its output goes to a file, and to the screen when it fails."""
    log = LOGS / (re.sub(r"\W+", "-", group.title) + ".log")
    start = time.monotonic()
    if group.kind == "pytest":
        report_path(group.command).unlink(missing_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen(group.command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        totals.running.add(process)
        try:
            status = process.wait(group.limit)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.wait()
            status = 124
        totals.running.discard(process)
    text = log.read_text(errors="replace")
    counts = count(group, text, status, totals)
    if status == 1 and group.kind == "pytest" and not counts[1]:
        status = 0
    report = (f"[{time.strftime('%H:%M:%S')}] {group.title}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped "
              f"({time.monotonic() - start:.0f} s)")
    if counts[1] or status not in (0, 5):
        why = f"no end within {group.limit} s" if status == 124 else f"status {status}"
        report += "\n" + "\n".join("    | " + line for line in text.splitlines()[-60:])
        totals.failures.append(f"{group.title} ({why}): {log.relative_to(TOP)}")
    elif NIGHTLY and group.part != "build" and not totals.over:
        keep.store(totals.state, group.part, counts)
    with totals.lock:
        totals.add(*counts)
        print(report, flush=True)


def run_lane(lane, totals):
    for group in totals.groups:
        if group.lane != lane or totals.over:
            continue
        before = keep.load(totals.state, group.part) if NIGHTLY else None
        if before is None:
            run_group(group, totals)
            continue
        with totals.lock:
            totals.add(*before["counts"])
            print(f"{group.title}: {before['counts'][0]} passed, on {before['when']}", flush=True)


def run_all(totals):
    """Two lanes side by side, then what must be alone."""
    run_lane("first", totals)
    if totals.failed:
        return
    lanes = [threading.Thread(target=run_lane, args=(lane, totals), daemon=True) for lane in ("host", "qemu")]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    run_lane("alone", totals)


def main():
    os.chdir(TOP)
    LOGS.mkdir(parents=True, exist_ok=True)
    totals = Totals(wanted())
    if NIGHTLY:
        print(f"sources: {totals.state}", flush=True)
        if os.environ.get("FRESH", "") not in ("", "0"):
            keep.forget(totals.state)
    start = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        run_all(totals)
    finally:
        totals.over = True
        for process in list(totals.running):
            kill_group(process)
    if CI and totals.skipped:
        totals.failures.append(f"{totals.skipped} skipped: in CI everything must run")
        totals.failed += totals.skipped
        totals.skipped = 0
    print(f"\n{time.monotonic() - start:.0f} s")
    for test in totals.unsteady:
        print(f"unsteady (passed when run again): {test}")
    for failure in totals.failures:
        print(f"failed: {failure}")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped", flush=True)
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
