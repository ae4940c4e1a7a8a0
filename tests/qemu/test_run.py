"""`./godwit run`: streams, status, stdin, time-out, own failures; the same figures as on the host."""

import hashlib
import time

from conftest import BUSYBOX, tool


def run(*args, options=(), **more):
    return tool("run", *options, "--", *args, **more)


def test_sum_of_busybox():
    done = run("sha256sum", "/bin/busybox", options=("-n", "2"))
    assert done.out.decode() == f"{hashlib.sha256(BUSYBOX.read_bytes()).hexdigest()}  /bin/busybox\n"
    assert (done.status, done.err) == (0, b"")


def test_streams_apart_and_status():
    done = run("sh", "-c", "echo e >&2; exit 7")
    assert (done.status, done.out, done.err) == (7, b"", b"e\n")
    done = run("sh", "-c", "echo o; echo e >&2; kill -9 $$", options=("-n", "1"))
    assert (done.status, done.out, done.err) == (137, b"o\n", b"e\n")


def test_stdin_passes_both_ways():
    data = bytes(range(256)) * 1200
    done = run("cat", options=("-n", "1"), stdin=data)
    assert done.out == data and done.status == 0


def test_time_out_is_124():
    start = time.monotonic()
    done = run("sleep", "1000", options=("-n", "1", "--timeout", "4"))
    assert done.status == 124 and 3.5 < time.monotonic() - start < 20


def test_own_failures_are_125(tmp_path):
    for args in (["run", "-n", "0", "--", "true"], ["run", "--no-such-option", "--", "true"], ["run"],
                 ["run", "--add", str(tmp_path / "absent"), "--", "true"], ["exec", "--name", "nobody", "1", "--", "true"]):
        done = tool(*args)
        assert done.status == 125, (args, done)
        assert done.out == b"" and len(done.err.splitlines()) == 1, (args, done)


def test_command_not_found_is_the_commands_status():
    done = run("no-such-command", options=("-n", "1"))
    assert done.status in (126, 127), done


def test_added_file_keeps_mode_and_path(tmp_path):
    script = tmp_path / "hello there.sh"
    script.write_text("#!/bin/sh\necho from $0 \"$@\"\nexit 5\n")
    script.chmod(0o755)
    done = run("/opt/x/run", "a b", options=("-n", "1", "--add", f"{script}:/opt/x/run"))
    assert (done.status, done.out) == (5, b"from /opt/x/run a b\n"), done


def test_two_clusters_side_by_side(cluster):
    a, b = cluster(2), cluster(2)
    a.sh(1, "echo a > /tmp/mark")
    assert b.exec(1, "cat", "/tmp/mark").status != 0
    assert a.sh(1, "cat /tmp/mark") == "a\n"
