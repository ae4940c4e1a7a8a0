"""Shell and tools of the unmodified busybox: every snippet of busybox_cases.txt does on a node what it does on the host."""

import concurrent.futures
import os
import pathlib
import re
import subprocess

import pytest
from conftest import BUSYBOX, Cluster, needs_i386_host, seconds

HERE = pathlib.Path(__file__).parent
CASES = HERE / "busybox_cases.txt"
DRIVER = HERE / "busybox_cases.sh"


def results(text):
    """{line number: (status, output)} of the driver's report."""
    found, at = {}, 0
    while True:
        head = re.compile(rb"@@ (\d+) (\d+) (\d+)\n").match(text, at)
        if not head:
            assert at == len(text), f"the report breaks off: {text[at:at + 300]!r}"
            return found
        line, status, size = (int(g) for g in head.groups())
        found[line] = (status, text[head.end():head.end() + size])
        at = head.end() + size + 1


def on_this_host(scratch):
    """Run the cases here, as root (of a user namespace if need be) and with nothing but busybox in the path."""
    tools, work = scratch / "bin", scratch / "work"
    tools.mkdir()
    work.mkdir()
    (tools / "busybox").symlink_to(BUSYBOX)
    for name in subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if name != "busybox":
            (tools / name).symlink_to(BUSYBOX)
    command = [str(BUSYBOX), "sh", str(DRIVER), str(CASES), str(work)]
    if os.geteuid() != 0:
        command = ["unshare", "-r", *command]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=seconds(80),
                          env={"PATH": str(tools), "HOME": "/root"}, umask=0o022)
    assert done.returncode == 0, done.stderr
    return results(done.stdout)


def on_a_node(keep):
    cluster = Cluster(keep, 1, add=[f"{CASES}:/root/cases", f"{DRIVER}:/root/driver"])
    try:
        done = cluster.exec(1, "sh", "-c", "mkdir /tmp/work; umask 022; exec sh /root/driver /root/cases /tmp/work", timeout=80)
        assert done.status == 0, f"{done}\n{cluster.story()}"
        cluster.alive()
        return results(done.out)
    finally:
        cluster.down()


def story(line, here, there):
    text = CASES.read_text().splitlines()[line - 1]
    rows = [f"line {line}: {text}", f"  status: host {here[0]}, node {there[0]}"]
    a, b = here[1].decode(errors="replace").splitlines(), there[1].decode(errors="replace").splitlines()
    for n in range(max(len(a), len(b))):
        left, right = (x[n] if n < len(x) else None for x in (a, b))
        if left != right:
            rows += [f"  output line {n + 1}: host {left!r}", f"                 node {right!r}"]
            if len(rows) > 8:
                break
    return "\n".join(rows)


@needs_i386_host
@pytest.mark.limit(180)
def test_as_on_the_host(tmp_path):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        host = pool.submit(on_this_host, tmp_path)
        there = on_a_node(tmp_path / "keep")
        here = host.result()
    assert len(here) > 80
    assert sorted(here) == sorted(there)
    wrong = [story(n, here[n], there[n]) for n in here if here[n] != there[n]]
    assert not wrong, f"{len(wrong)} of {len(here)} snippets differ\n" + "\n".join(wrong)
