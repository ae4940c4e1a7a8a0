"""One node alone is a full system: small memory, no card, shell with job control, the tools of its busybox."""

import re
import socket
import subprocess
import time

import pytest
from conftest import BUSYBOX, LIBCS, TOP, needs_i386_host, on_host, program, seconds, tool

STAGE_1 = {
    'for i in 1 2 3; do echo $i; done; (exit 3); echo $?; trap "echo t" USR1; kill -USR1 $$; echo a | cat':
        b"1\n2\n3\n3\nt\na\n",
    "busybox seq 1 100000 | busybox sha256sum":
        b"b2bc7d3f8b652d2ec96865b68ad8f80e22cca174abe1aed7889e242a747d590f  -\n",
    "busybox seq 1 50000 | busybox gzip | busybox gunzip | busybox md5sum":
        b"c1d4ba52c72ac7bcc71ff2d6c083e684  -\n",
    "busybox awk 'BEGIN{for(i=0;i<1000000;i++)s+=i;print s}'": b"499999500000\n",
}

# Compared with the same binary on the host, in an empty directory; deterministic there.
SCRIPTS = [
    "echo hello > a; cat a a | tr a-z A-Z | sed 's/L/1/g'; wc a; ls -1; cp a b; mv b c; ls; rm c; ls",
    "seq 1 2000 | sort -rn | head -n 3; seq 1 2000 | sort | md5sum; seq 1 30 | uniq | tail -n 2",
    "mkdir -p d/e/f; touch d/x d/e/y d/e/f/z; find d | sort; find d -name 'y' -exec echo found {} ';'; rm -r d; ls",
    "seq 1 500 > n; grep -c 7 n; grep -n '^49.$' n | tail -n 1; grep -q zzz n; echo $?; awk '{s+=$1} END {print s}' n",
    "seq 1 9999 > n; gzip -c n > n.gz; gunzip -c n.gz | cmp - n && echo same; tar cf t.tar n n.gz; tar tf t.tar; "
    "mkdir out; tar xf t.tar -C out; cmp n out/n && sha256sum out/n",
    "dd if=/dev/zero bs=1000 count=50 2>/dev/null | sha256sum; printf 'abc\\0def' | hexdump -C; echo '2^10 + 7*3' | bc",
    "printf 'a b\\nc d\\n' | xargs -n 1 echo item; env -i A=1 sh -c 'echo $A'; env -i B=2 env",
    "sleep 0.1; echo $?; true && false || echo or; x=5; echo $((x*x)) ${x:-none} ${y:-none}; case $x in 5) echo five;; esac",
    "(sleep 0.2; echo late) & echo early; wait; echo done; sh -c 'exit 9'; echo $?; sh -c 'kill -TERM $$'; echo $?",
    "cat <<END | while read a b; do echo \"$b $a\"; done\none two\nthree four\nEND\nset -- x y z; shift; echo $# $1",
    "f() { echo in f $1; return 4; }; f arg; echo $?; trap 'echo bye' EXIT; set -e; echo last; false; echo never",
    "ln -s target link; readlink link; ls -l link | cut -c1-10; chmod 640 /dev/null 2>/dev/null; umask 027; touch m; stat -c %a m; "
    "mkdir p; chmod 700 p; stat -c '%a %F' p",
    "date -u -d @86400 '+%Y-%m-%d %H:%M:%S'; expr 6 '*' 7; basename /a/b.c .c; dirname /a/b; test -d / && echo dir; printf '%05d|%s\\n' 42 x",
    "echo abc | od -c; echo text | rev; echo a:b | cut -d: -f2",
    "echo one > f; exec 3<f; read x <&3; echo $x; exec 3<&-; echo two >> f; exec 4>&1; echo four >&4; tee g < f; cmp f g; diff f g; "
    "echo $?; ls absent 2>&1; cat < absent; echo $?",
    "yes | head -n 3; yes | head -c 100000 | md5sum; mkfifo p; (echo through > p) & cat p; wait; timeout 1 sleep 5; echo $?",
]


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    from conftest import Cluster
    adds = [f"{program(libc, name)}:/root/{libc}-{name}" for libc in LIBCS for name in ("hello", "forks", "calls", "faults", "ticks", "wild")]
    one = Cluster(tmp_path_factory.mktemp("single"), 1, add=adds)
    yield one
    try:
        one.alive()
    finally:
        one.down()


@pytest.mark.parametrize("script", STAGE_1)
def test_stage_1(node, script):
    done = node.exec(1, "busybox", "sh", "-c", script)
    assert (done.status, done.out, done.err) == (0, STAGE_1[script], b"")


@needs_i386_host
@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_scripts_as_on_the_host(node, tmp_path, number):
    script = SCRIPTS[number]
    expected = on_host([BUSYBOX, "sh", "-c", script], cwd=tmp_path)
    done = node.exec(1, "sh", "-c", f"mkdir -p /tmp/s{number} && cd /tmp/s{number} && exec env -i PATH=/bin:/usr/bin HOME=/root "
                     'LC_ALL=C busybox sh -c "$1"', "sh", script)
    assert done == expected


@pytest.mark.parametrize("libc", LIBCS)
def test_hello(node, libc):
    done = node.exec(1, f"/root/{libc}-hello")
    assert (done.status, done.out, done.err) == (0, b"hello 1\n", b"")


@needs_i386_host
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("name,args", [("forks", ["3", "20000"]), ("faults", ["all"]), ("ticks", ["20000", "4", "out"])])
def test_program_at_home_as_on_the_host(node, tmp_path, libc, name, args):
    expected = on_host([program(libc, name), *args], cwd=tmp_path)
    done = node.exec(1, "sh", "-c", f'mkdir -p /tmp/{libc}{name} && cd /tmp/{libc}{name} && exec "$@"', "sh", f"/root/{libc}-{name}", *args)
    assert done == expected
    for path in tmp_path.iterdir():
        assert node.exec(1, "cat", f"/tmp/{libc}{name}/{path.name}").out == path.read_bytes()


@needs_i386_host
@pytest.mark.parametrize("libc", LIBCS)
def test_calls_at_home_as_on_the_host(node, tmp_path, libc):
    expected = on_host([program(libc, "calls"), "."], cwd=tmp_path, stdin=b"\n")
    done = node.exec(1, "sh", "-c", f"mkdir -p /tmp/c{libc} && cd /tmp/c{libc} && exec /root/{libc}-calls .", stdin=b"\n")
    assert done.out.decode().splitlines() == expected.out.decode().splitlines()
    assert done == expected


def test_unknown_call_is_enosys_and_logged_once(node):
    """By name where it has one: io_setup is 245."""
    for _ in range(3):
        done = node.exec(1, "/root/glibc-wild", "unknown")
        assert done.out == b"-1 errno 38\n-1 errno 38\n"
    log = node.sh(1, "dmesg")
    assert len(re.findall(r"unimplemented syscall 245 \(io_setup\) from pid \d+ \(glibc-wild\)", log)) == 1, log
    assert len(re.findall(r"unimplemented syscall 469 ", log)) == 1, log


def test_trace_of_one_process(node):
    """/proc/PID/trace: its calls are in the log, with names, arguments and results, until it is switched off; nobody else's are."""
    pid = node.sh(1, "echo $$; echo 1 > /proc/$$/trace; cd /absent 2>/dev/null; cd /tmp; echo 0 > /proc/$$/trace; cd /dev").strip()
    node.sh(1, "cd /run; cat /proc/1/trace")
    log = node.sh(1, "dmesg")
    for line in ('chdir("/absent") = -1 ENOENT (No such file or directory)', 'chdir("/tmp") = 0', r'openat(AT_FDCWD, "/proc/%s/trace", O_WRONLY|O_CREAT|O_TRUNC|O_LARGEFILE, 0666) = ' % pid):
        assert f"[{pid}] {line}" in log, (line, log)
    assert 'chdir("/dev")' not in log and 'chdir("/run")' not in log
    for value in ("x", "7", ""):
        assert node.exec(1, "sh", "-c", f"echo {value} > /proc/$$/trace").err.endswith(b"Invalid argument\n")


def test_trace_of_all(cluster):
    log = cluster(1, append="trace").sh(1, "cd /absent 2>/dev/null; true; cat /proc/self/stat > /dev/null; dmesg")
    assert re.search(r'\[\d+\] chdir\("/absent"\) = -1 ENOENT', log), log
    assert re.search(r'\[\d+\] execve\("/proc/self/exe", \["cat", "/proc/self/stat"\], 0x\w+ /\* \d+ vars \*/\) = 0', log) and re.search(r"\[\d+\] exit_group\(0\)", log), log


def test_proc_files_have_linux_formats(node):
    text = node.sh(1, "cat /proc/meminfo; echo ---; cat /proc/uptime; echo ---; cat /proc/loadavg; echo ---; cat /proc/mounts; echo ---; "
                      "cat /proc/self/stat; echo ---; cat /proc/self/status; echo ---; cat /proc/stat; echo ---; cat /proc/version")
    meminfo, uptime, loadavg, mounts, stat, status, stats, version = [part.strip() for part in text.split("---")]
    assert re.search(r"^MemTotal: +\d+ kB$", meminfo, re.M) and re.search(r"^MemFree: +\d+ kB$", meminfo, re.M)
    assert re.fullmatch(r"\d+\.\d\d \d+\.\d\d", uptime)
    assert re.fullmatch(r"\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+/\d+ \d+", loadavg)
    assert any(line.split()[1] == "/" for line in mounts.splitlines()) and any(line.split()[1] == "/proc" for line in mounts.splitlines())
    fields = stat.rpartition(")")[2].split()
    assert len(fields) == 50 and fields[0] in "RS" and stat.split()[1] == "(cat)"
    assert re.search(r"^Uid:\t0\t0\t0\t0$", status, re.M) and re.search(r"^Name:\tcat$", status, re.M)
    assert stats.startswith("cpu ") and re.search(r"^btime \d{10}$", stats, re.M)
    assert version.startswith("Linux version ") and "odwit" in version


def test_tools_that_read_proc(node):
    out = node.sh(1, "ps; free; mount; df; uptime; top -b -n 1 | head -n 4; date +%Y; stty -a < /dev/console | head -n 1; kill -l | head -n 1; "
                     "time true; dmesg | head -n 1; hostname; who; tty; id")
    assert "/sbin/init" in out and "Mem:" in out and "load average" in out and "speed" in out and "uid=0" in out
    assert re.search(r"^20\d\d$", out, re.M)


def test_a_user_fault_never_panics(node):
    done = node.exec(1, "/root/musl-faults", "all")
    assert done.status == 0 and b"kernel_write: signal 11" in done.out
    assert node.sh(1, "echo alive") == "alive\n"


def test_memory_comes_back(node):
    """Programs leave nothing behind: free memory after many of them is what it was."""
    def free():
        return int(re.search(r"MemFree: +(\d+)", node.sh(1, "cat /proc/meminfo"))[1])

    loop = "i=0; while [ $i -lt 30 ]; do ls -l / | sort | gzip | gunzip > /tmp/x; /root/musl-forks 1 1000 > /dev/null; i=$((i+1)); done; rm /tmp/x; true"
    node.sh(1, loop, timeout=120)
    before = free()
    node.sh(1, loop, timeout=120)
    assert free() > before - 300, node.sh(1, "cat /proc/meminfo; ps")


def test_boots_in_16_mib():
    done = tool("run", "-n", "1", "-m", "16", "--", "sh", "-c", "free | head -n 2; seq 1 1000 | sort | md5sum")
    assert done.status == 0 and b"ffa48930760943ed6ef1c69c5ee835f8" in done.out, done


def direct_qemu(tmp_path, *more, append="panic=exit"):
    """A machine without the tool's wire; its console comes on stdout.  append=None: it boots from what `more` names."""
    command = ["qemu-system-i386", "-nodefaults", "-accel", "tcg,tb-size=32", "-cpu", "pentium3", "-m", "16", "-display", "none",
               "-serial", "stdio", "-no-reboot", *more]
    if append is not None:
        command += ["-kernel", str(TOP / "build" / "godwit.elf"), "-initrd", str(TOP / "build" / "root.cpio"), "-append", append]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path)


def talk(process, script, expect, timeout=60):
    """Waits for the prompt, types, and waits for an answer; returns all that was printed."""
    import os
    text, end, typed = b"", time.monotonic() + seconds(timeout), False
    os.set_blocking(process.stdout.fileno(), False)
    while time.monotonic() < end and process.poll() is None:
        part = process.stdout.read() or b""
        text += part
        if not typed and b"# " in text:
            process.stdin.write(script)
            process.stdin.flush()
            typed = True
        if typed and expect in text:
            return text
        time.sleep(0.05)
    raise AssertionError(f"no {expect!r} in {text[-1500:]!r}")


@pytest.mark.parametrize("card", ["none", "nowire", "isa", "vga"])
def test_without_card_or_wire(tmp_path, card):
    nic = {"none": ["-nic", "none"], "nowire": ["-device", "ne2k_pci,romfile="], "isa": ["-device", "ne2k_isa"],
           "vga": ["-vga", "std", "-nic", "none"]}[card]
    process = direct_qemu(tmp_path, *nic)
    try:
        talk(process, b"echo $((6*7))-ok; ls /proc/hpc; cat /proc/hpc/stats | head -n 2\n", b"42-ok")
    finally:
        process.kill()
        process.wait()


class Terminal:
    """The console of a node, as a person has it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(0.2)
        self.text = b""

    def type(self, keys):
        self.socket.sendall(keys)

    def read(self):
        try:
            self.text += self.socket.recv(65536)
        except socket.timeout:
            pass

    def expect(self, pattern, timeout=20):
        """Waits for a regular expression in what was not yet looked at; consumes through it."""
        end = time.monotonic() + seconds(timeout)
        while time.monotonic() < end:
            found = re.search(pattern, self.text, re.S)
            if found:
                self.text = self.text[found.end():]
                return found
            self.read()
        raise AssertionError(f"no {pattern!r} in {self.text[-800:]!r}")


@pytest.fixture()
def terminal(cluster):
    one = cluster(1)
    t = Terminal(one.status()[1]["socket"])
    t.type(b"\n")
    t.expect(rb"# ")
    return t


PROMPT = rb"node1:[^\n]*# "


def test_line_editing_and_history(terminal):
    t = terminal
    t.type(b"echo abd\x7fc de\x1b[D\x1b[D\x1b[DX\n")
    t.expect(rb"\nabcX de")
    t.expect(PROMPT)
    t.type(b"echo second\n")
    t.expect(rb"\nsecond")
    t.expect(PROMPT)
    t.type(b"\x1b[A\x1b[A\n")
    t.expect(rb"\nabcX de")
    t.expect(PROMPT)
    t.type(b"echo nothing\x15echo kill\x01\x05ed\n")
    t.expect(rb"\nkilled")


def test_job_control(terminal):
    t = terminal
    t.type(b"sleep 100\n")
    time.sleep(0.5)
    t.type(b"\x1a")
    t.expect(rb"Stopped")
    t.expect(PROMPT)
    t.type(b"jobs\n")
    t.expect(rb"\[1\]\+?\s+Stopped\s+sleep 100")
    t.type(b"bg\n")
    t.expect(rb"sleep 100")
    t.type(b"jobs\n")
    t.expect(rb"\[1\]\+?\s+Running\s+sleep 100")
    t.type(b"fg\n")
    t.expect(rb"sleep 100")
    time.sleep(0.5)
    t.type(b"\x03")
    t.expect(PROMPT)
    t.type(b"echo status $?\n")
    t.expect(rb"\nstatus 130")


def test_eof_pipes_and_interrupts(terminal):
    t = terminal
    t.type(b"cat|cat\n")
    time.sleep(0.3)
    t.type(b"through\n")
    t.expect(rb"\nthrough")
    t.type(b"\x04")
    t.expect(PROMPT)
    t.type(b"while true; do :; done\n")
    time.sleep(0.5)
    t.type(b"\x03")
    t.expect(PROMPT)
    t.type(b"sleep 50 | cat\n")
    time.sleep(0.3)
    t.type(b"\x03")
    t.expect(PROMPT)
    t.type(b"stty -a; tty; echo $TERM\n")
    t.expect(rb"speed \d+ baud")
    t.expect(rb"intr = \^C")
    t.expect(PROMPT)


def test_vi_edits_a_file(terminal):
    t = terminal
    t.type(b"vi /tmp/f\n")
    time.sleep(1)
    t.type(b"ihello vi\x1b")
    time.sleep(0.3)
    t.type(b":wq\n")
    t.expect(PROMPT)
    t.type(b"cat /tmp/f\n")
    t.expect(rb"\nhello vi\r?\n")


def test_top_runs_and_quits(terminal):
    t = terminal
    t.type(b"top\n")
    t.expect(rb"Mem:")
    t.expect(rb"PID")
    t.type(b"q")
    t.expect(PROMPT)


def test_logout_and_a_new_shell(terminal):
    t = terminal
    t.type(b"exit\n")
    time.sleep(0.5)
    t.expect(PROMPT)
    t.type(b"echo back\n")
    t.expect(rb"\nback")
