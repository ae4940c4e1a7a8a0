"""The command trace: lines and tables like strace's, of commands, of processes that run, and of processes that are away."""

import re

import pytest
from conftest import Cluster, program

LINE = re.compile(r"^(\w+\(.*\) += (\?|-?\d+|0x[0-9a-f]+)( E\w+ \(.*\)| ERESTART\w+ \(.*\))?|--- SIG\w+ \{.*\} ---|\+\+\+ .* \+\+\+)$")
ROW = re.compile(r"^ *(\d+\.\d\d) +(\d+\.\d{6}) +(\d+) +(\d+) +(\d+ )? *(\w+)$")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    c = Cluster(tmp_path_factory.mktemp("trace") / "c", 2, add=[f"{program('musl', 'ticks')}:/root/ticks"])
    try:
        yield c
        c.alive()
    finally:
        c.down()


def traced(cluster, *words):
    """stderr's lines of `trace WORDS`, and the whole result."""
    done = cluster.exec(1, "trace", *words)
    return done.err.decode().splitlines(), done


def test_lines(pair):
    lines, done = traced(pair, "cat", "/proc/sys/kernel/ostype", "/none")
    assert (done.status, done.out) == (1, b"Linux\n")
    own = [line for line in lines if not line.startswith("cat: ")]  # its word comes when it likes: it is heard, not held
    assert own[0].startswith('execve("/bin/cat", ["cat", "/proc/sys/kernel/ostype", "/none"], 0x') and own[0].endswith(" = 0")
    assert [line for line in own if not LINE.match(line)] == []
    opened = next(n for n, line in enumerate(own) if line.startswith('open'))
    assert re.match(r'open(at)?\((AT_FDCWD, )?"/proc/sys/kernel/ostype", O_RDONLY(\|O_LARGEFILE)?\) = 3', own[opened])
    assert any(re.match(r'(read|sendfile64)\((3|1, 3), ', line) for line in own)
    assert any("/none" in line and " = -1 ENOENT (No such file or directory)" in line for line in own)
    assert own[-2:] == ["exit_group(1) = ?", "+++ exited with 1 +++"]


def test_children_signals_and_status(pair):
    lines, done = traced(pair, "-f", "sh", "-c", "(exit 3); cat /dev/null; kill -TERM $$")
    assert done.status == 128 + 15
    pids = {m[1] for m in (re.match(r"\[pid +(\d+)\] ", line) for line in lines) if m}
    assert len(pids) == 3
    assert sum("+++ exited with 3 +++" in line for line in lines) == 1
    assert any("--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=" in line and "si_status=3" in line for line in lines)
    assert any("--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=" in line for line in lines)
    assert lines[-1].endswith("+++ killed by SIGTERM +++")


def test_without_f_children_are_not_shown(pair):
    lines, _ = traced(pair, "sh", "-c", "cat /dev/null; :")
    assert sum("execve(" in line for line in lines) == 1 and not any(line.startswith("[pid") for line in lines)


def test_a_file_takes_the_lines(pair):
    done = pair.exec(1, "sh", "-c", "trace -f -T -o /tmp/lines sh -c 'true & wait'; cat /tmp/lines")
    assert done.err == b"" and done.status == 0
    for line in done.out.decode().splitlines():
        assert re.match(r"\d+ +\S", line)
    assert re.search(r"^\d+ +execve\(.*\) = 0 <\d+\.\d{6}>$", done.out.decode(), re.M)


def table(lines):
    """{call: (calls, errors)}, and the row called total; the columns are strace's."""
    assert lines[0] == "% time     seconds  usecs/call     calls    errors syscall"
    assert lines[1] == lines[-2] == "------ ----------- ----------- --------- --------- ----------------"
    found = [ROW.match(line) for line in lines[2:-2] + lines[-1:]]
    assert all(found), lines
    return {m[6]: (int(m[4]), int(m[5] or 0)) for m in found}


def test_table(pair):
    lines, done = traced(pair, "-c", "sh", "-c", "umask; umask; cd /none; exit 4")
    assert done.status == 4
    rows = table([line for line in lines if not line.startswith("sh: ")])
    assert rows["umask"][0] >= 2 and rows["execve"] == (1, 0)
    assert rows["chdir"] == (1, 1)
    assert rows["total"] == tuple(sum(r[i] for name, r in rows.items() if name != "total") for i in (0, 1))


def test_a_running_process_is_left_again(pair):
    """-p from outside: lines come, an interrupt ends them, the process goes on unharmed."""
    out = pair.sh(1, """sh -c 'while :; do umask 077; sleep 0.05; done' & p=$!
trace -o /tmp/p -p $p & t=$!
while ! grep -q umask /tmp/p 2>/dev/null; do grep -q "^TracerPid:	$t$" /proc/$p/status && echo watched; sleep 0.1; done | uniq
kill -INT $t; wait $t; echo $?
grep TracerPid /proc/$p/status; kill $p && echo alive""")
    lines = out.splitlines()
    assert lines[0] == "watched" and lines[-3:] == ["0", "TracerPid:\t0", "alive"], out


def test_who_may(pair):
    """Not another user's process, not one's own, not one that has a tracer already; a word about what is wrong."""
    out = pair.sh(1, """sleep 100 & p=$!
su -s /bin/sh -c "trace -p $p" nobody 2>&1; trace -p 99999 2>&1; trace -p x 2>&1 | head -1
trace -o /dev/null -p $p & t=$!; until grep -q "^TracerPid:	$t$" /proc/$p/status; do sleep 0.05; done; trace -p $p 2>&1
kill $p; wait $t; echo $?
sh -c 'echo attach $$ > /dev/trace' 2>&1; trace none 2>&1; echo nonsense 2>&1 > /dev/trace; true""")
    assert out.splitlines()[0].endswith("Operation not permitted") and "No such process" in out and "usage: trace" in out
    assert "busy" in out and "\n0\n" in out and "trace: none: No such file or directory" in out, out


def test_a_process_that_is_away(pair):
    """Calls that home serves and calls that are made where the body is, in their order; a table through moves."""
    out = pair.sh(1, """sh -c 'while :; do umask 077; trap : USR1; trap - USR1; done' & p=$!
migrate $p 2; cat /proc/$p/where
trace -o /tmp/away -p $p & t=$!
until [ $(wc -l < /tmp/away) -gt 30 ] 2>/dev/null; do sleep 0.1; done
kill -USR2 $p; wait $t; cat /tmp/away""", timeout=90)
    where, *lines = out.splitlines()
    assert where == "2" and [line for line in lines if not LINE.match(line)] == []
    calls = "".join({"umask": "u", "rt_sigaction": "s"}.get(line.split("(")[0], "") for line in lines)
    assert re.search("(uuuss){4}", calls), calls
    assert re.match(r"--- SIGUSR2 \{si_signo=SIGUSR2, si_code=SI_USER, si_pid=\d+, si_uid=0\} ---", lines[-2])
    assert lines[-1] == "+++ killed by SIGUSR2 +++"
    out = pair.sh(1, """sh -c 'while :; do umask 077; trap : USR1; trap - USR1; done' & p=$!
trace -c -o /tmp/table -p $p & t=$!
for n in 2 1 2 1; do migrate $p $n; cat /proc/$p/where; sleep 0.3; done
kill -INT $t; wait $t; kill $p; cat /tmp/table""", timeout=90)
    lines = out.splitlines()
    assert lines[:4] == ["2", "0", "2", "0"]
    rows = table(lines[4:])
    assert abs(rows["umask"][0] * 2 - rows["rt_sigaction"][0] * 3) < 30 and rows["umask"][0] > 100, rows


def test_many_calls_and_a_slow_reader(pair):
    """The command waits for its reader: nothing is lost."""
    out = pair.sh(1, "trace -o /tmp/dd dd if=/dev/zero of=/dev/null bs=1 count=3000 2>/dev/null; grep -c '^read(0' /tmp/dd; grep -c lost /tmp/dd; true")
    assert out.split() == ["3000", "0"], out
