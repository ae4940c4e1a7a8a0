#!/usr/bin/env python3
"""The busybox source package's test suite, run by Debian's busybox-static: on a node and on Linux.

The suite is fetched as a source package, never committed.  What passes on Debian's Linux i386 in a virtual machine is recorded in
busybox_list.txt (`make busybox-record`); `make busybox-suite` runs it on a node and compares, case by case.  Differences that are
allowed stand with their reasons in docs/suites.md.

    busybox_suite.py godwit|linux|record [APPLET|ash-DIR...]
"""

import datetime
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import linux

TOP = linux.TOP
HERE = pathlib.Path(__file__).parent
SCRIPT = HERE / "busybox.sh"
LIST = HERE / "busybox_list.txt"
EXCUSES = TOP / "docs" / "suites.md"
SUITE = TOP / "build" / "suites" / "busybox.tar"
BUSYBOX = TOP / "build" / "apt" / "tree" / "bin" / "busybox"
MUSLCC = TOP / "build" / "bin" / "musl-gcc-i386"
HELPERS = ("printenv", "recho", "zecho")  # that ash's tests are built with


def pack():
    """The suite as one archive: the program, its configuration, the tests, their helpers; made once."""
    if SUITE.exists() and SUITE.stat().st_mtime > BUSYBOX.stat().st_mtime:
        return SUITE
    subprocess.run([sys.executable, TOP / "tools" / "aptroot.py", "--source", TOP / "build" / "apt", "busybox"], check=True)
    source = TOP / "build" / "apt" / "source" / "busybox"
    SUITE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(f"{scratch}/tar", "w") as tar:
            tar.add(BUSYBOX, "busybox")
            tar.add(source / "debian/config/pkg/static", ".config")
            tar.add(source / "debian/config/pkg/static", "shell/ash_test/.config")
            tar.add(source / "testsuite", "testsuite")
            tar.add(source / "shell/ash_test", "shell/ash_test")
            for name in HELPERS:
                subprocess.run([MUSLCC, "-O2", "-static", "-s", "-w", "-o", f"{scratch}/{name}", source / f"shell/ash_test/{name}.c"],
                               check=True)
                tar.add(f"{scratch}/{name}", f"shell/ash_test/{name}")
        shutil.move(f"{scratch}/tar", SUITE)
    return SUITE


def command(names):
    """The script that unpacks and runs the suite.  To be run from a file: what a shell has from -c ignores SIGQUIT, which a case sees."""
    return f"mkdir /tmp/suite && tar -x -f /root/busybox.tar -C /tmp/suite && sh /root/busybox.sh /tmp/suite {' '.join(names)}\n"


def results(text):
    """{case: verdict} of the script's report."""
    return {case: verdict for verdict, case in re.findall(r"^@@ (PASS|FAIL|SKIPPED|UNTESTED) (.*?)\s*$", text, re.M)}


def on_linux(names=()):
    with tempfile.TemporaryDirectory() as scratch:
        lines = linux.run(scratch, command(names), 7200, 256, (), [(pack(), "/root/busybox.tar"), (SCRIPT, "/root/busybox.sh")])
    if lines is None:
        sys.exit("busybox_suite: Linux did not come to the end")
    return "\n".join(lines)


def on_godwit(names=()):
    with tempfile.NamedTemporaryFile("w") as job:
        job.write(command(names))
        job.flush()
        add = [f"{pack()}:/root/busybox.tar", f"{SCRIPT}:/root/busybox.sh", f"{job.name}:/root/job"]
        done = subprocess.run([TOP / "godwit", "run", "-n", "1", "-m", "256", *(word for spec in add for word in ("--add", spec)),
                               "--", "sh", "/root/job"], stdout=subprocess.PIPE, check=True, stdin=subprocess.DEVNULL, text=True, errors="replace")
    return done.stdout


def recorded():
    """{case: verdict} on Linux."""
    rows = (row.split(" ", 1) for row in LIST.read_text().splitlines() if row and row[0] != "#")
    return {case: verdict for verdict, case in rows}


def excused():
    """Cases that may differ: the first column of the table in docs/suites.md."""
    return re.findall(r"^\| `([^`]+)` \|", EXCUSES.read_text(), re.M)


def differences(there, names=()):
    """Rows on which a node's verdicts and Linux's are not the same, but for the excused."""
    here = recorded()
    if names:
        here = {case: verdict for case, verdict in here.items() if case in there}
    wrong = [case for case in {**here, **there} if here.get(case) != there.get(case)]
    return [f"{case}: Linux {here.get(case, 'none')}, node {there.get(case, 'none')}" for case in wrong if case not in excused()]


def record(text, some):
    """Writes the list; after a run of some cases only, these rows are replaced."""
    found = {**(recorded() if some and LIST.exists() else {}), **results(text)}
    head = (f"# Busybox's test suite with busybox-static on {linux.version()}; recorded {datetime.date.today()}.\n"
            "# Made by `make busybox-record`: a node's verdicts must be these (docs/suites.md has the exceptions).\n")
    LIST.write_text(head + "".join(f"{verdict} {case}\n" for case, verdict in found.items()))


def main(argv):
    where, names = argv[1], argv[2:]
    text = {"godwit": on_godwit, "linux": on_linux, "record": on_linux}[where](names)
    if names:
        print(text)
    found = results(text)
    if where == "record":
        record(text, bool(names))
        return 0
    rows = differences(found, names) if LIST.exists() else []
    print("\n".join(rows))
    passes = sum(v == "PASS" for v in found.values())
    print(f"{len(found)} cases, {passes} passed; {len(rows)} differ from Linux")
    return bool(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
