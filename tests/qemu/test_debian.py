"""Debian's own dynamically linked programs, by name: the stages' acceptance programs and their expected output.

Expected output was measured on Linux with the same packages.  The small set boots for `make test`; the large set,
and all that need it, belong to the nightly run."""

import hashlib
import re

import pytest
from conftest import booted

SMALL = "bash,lua5.4,perl-base"
LARGE = SMALL + (",coreutils,diffutils,findutils,gawk,gcc,git,grep,gzip,john,less,make,perl,procps,python3,sed,sqlite3,"
                 "stress-ng,tar,tcc,vim,xz-utils")
nightly = pytest.mark.nightly


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    yield from booted(tmp_path_factory, "debian", 2, ["--with", SMALL])


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    yield from booted(tmp_path_factory, "debian", 2, ["--with", LARGE])


def check(cluster, argv, expected, timeout=60):
    """The command's standard output, its status 0 and no word on stderr."""
    done = cluster.exec(1, *argv, timeout=timeout)
    assert (done.status, done.out.decode(), done.err.decode()) == (0, expected, ""), done


FIB = "local function f(n) if n<2 then return n end return f(n-1)+f(n-2) end "

WITH_SMALL = {
    "bash": (["bash", "-c", 'cat < <(echo ps); read a b <<<"1 2"; echo $b; coproc cat; kill %1; wait; trap "echo ex" EXIT'],
             "ps\n2\nex\n"),
    "lua": (["lua5.4", "-e", FIB + "print(f(27))"], "196418\n"),
    "lua popen": (["lua5.4", "-e", 'local p=io.popen("echo a; exit 3") print(p:read("a"), p:close())'], "a\n\tnil\texit\t3\n"),
    "perl": (["perl", "-e", '$s=($s*31+$_)%1000003 for 1..1000000;print "$s\\n"'], "960218\n"),
    "perl fork": (["perl", "-e", '$|=1; pipe R,W; if(!fork){close R; print W "x" x 9; exit 7} close W; print <R>; wait; '
                   'print " ",$?>>8,"\\n"'], "xxxxxxxxx 7\n"),
    "sh is dash": (["sh", "-c", "readlink /bin/sh; readlink /proc/$$/exe; type busybox"],
                   "dash\n/usr/bin/dash\nbusybox is /bin/busybox\n"),
    "merged usr": (["bash", "-c", "for l in /bin /sbin /lib; do readlink $l; done; cd /lib && pwd -P; ls /lib/ld-linux.so.2"],
                   "usr/bin\nusr/sbin\nusr/lib\n/usr/lib\n/lib/ld-linux.so.2\n"),
    "maps": (["bash", "-c", r"grep -c ' r-xp .*/usr/lib/i386-linux-gnu/libc.so.6$' /proc/self/maps /proc/$$/maps | cut -d: -f2"],
             "0\n1\n"),
}


@pytest.mark.parametrize("name", WITH_SMALL)
def test_small_set(small, name):
    check(small, *WITH_SMALL[name])


def test_file_pages_are_shared(small):
    """Ten more shells take less memory than ten copies of what they map: only their own pages count."""
    out = small.sh(1, """free() { sed -n 's/^MemFree: *//p' /proc/meminfo | { read a b; echo $a; }; }
mkfifo /tmp/f; a=$(free); for i in 1 2 3 4 5 6 7 8 9 10; do bash -c 'read x < /tmp/f' & done; sleep 2; b=$(free)
for i in 1 2 3 4 5 6 7 8 9 10; do echo x; done > /tmp/f; wait; rm /tmp/f; echo $((a - b))""")
    assert 0 < int(out) < 10 * 700, out


def test_no_second_copy(small):
    """The archive's pages changed hands: what is used beside the page cache is little."""
    lines = dict(re.findall(r"(\w+):\s+(\d+) kB", small.sh(1, "cat /proc/meminfo")))
    used = int(lines["MemTotal"]) - int(lines["MemFree"])
    assert used - int(lines["Cached"]) < 8192, lines


def test_memory_gone(small):
    """ENOMEM first; then the largest process ends, with a line in the log; the node lives on."""
    done = small.exec(1, "perl", "-e", '$x = "a" x 1000000000')
    assert done.status != 0 and done.err.startswith(b"Out of memory"), done
    done = small.exec(1, "bash", "-c", 'bash -c "read x" < <(sleep 60) & perl -e \'push @a, "x" x 100000 while 1\'; echo $?; kill %1')
    assert done.out == b"137\n", done
    assert re.search(r"out of memory: killed process \d+ \(perl\), the largest here", small.console(1))


def moved(cluster, argv, moves=6):
    """Run a command on node 1 and walk it to and fro; its output."""
    mover = cluster.mover()
    job = cluster.start(1, *argv)
    try:
        for k in range(moves):
            if not job.running():
                break
            mover.move(job.pid, 1 + (k + 1) % 2)
        done = job.wait(120)
    finally:
        mover.close()
    assert mover.moved >= 2, f"{mover.moved} moves, refused {mover.refused}"
    assert (done.status, done.err) == (0, b""), done
    return done.out


def test_lua_moves(small):
    """Code and library pages of a guest come from home's page cache when it touches them."""
    script = FIB + 'for i=20,28 do print(i,f(i)) end print(string.format("%.3f",math.sin(1)),io.open("/etc/hostname"):read("l"))'
    def fib(n):
        a, b = 0, 1
        for _ in range(n):
            a, b = b, a + b
        return a
    expected = "".join(f"{i}\t{fib(i)}\n" for i in range(20, 29)) + "0.841\tgodwit\n"
    assert moved(small, ["lua5.4", "-e", script]).decode() == expected


def test_perl_moves(small):
    assert moved(small, ["perl", "-e", '$s=($s*31+$_)%1000003 for 1..4000000;print "$s\\n"']) == PERL_4M


def perl_chain(n):
    s = 0
    for k in range(1, n + 1):
        s = (s * 31 + k) % 1000003
    return s


PERL_4M = f"{perl_chain(4000000)}\n".encode()


def hash_chain(n):
    h = b""
    for _ in range(n):
        h = hashlib.sha256(h).digest()
    return h.hex()


# ---- the large set

PY_CHAIN = "import hashlib\nh=b''\nfor i in range(%d): h=hashlib.sha256(h).digest()\nprint(h.hex())"
PY_PROCESSES = """
import os, signal, subprocess
print("hello", flush=True)
print(subprocess.check_output(["echo", "sub"]))
print(subprocess.check_output("echo shell", shell=True))
pid = os.fork()
if pid == 0:
    os._exit(3)
print(os.waitpid(pid, 0)[1] >> 8)
signal.signal(signal.SIGALRM, lambda *a: print("alrm"))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
"""
PY_COPY = """
import os, errno
f = os.open("/tmp/src", os.O_RDWR | os.O_CREAT | os.O_TRUNC); g = os.open("/tmp/dst", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
os.write(f, b"0123456789" * 1000)
print(os.copy_file_range(f, g, 9000, 5), os.copy_file_range(f, g, 9000, 9001), os.fstat(g).st_size, os.pread(g, 6, 0), os.lseek(g, 0, 1))
print(os.copy_file_range(f, g, 5, 10000), os.copy_file_range(f, f, 10, 0, 20), os.pread(f, 10, 20))
def refused(*a):
    try:
        os.copy_file_range(*a)
    except OSError as e:
        return errno.errorcode[e.errno]
d = os.open("/tmp", os.O_RDONLY); r, w = os.pipe(); p = os.open("/proc/version", os.O_RDONLY)
print(refused(f, f, 10, 0, 5), refused(d, g, 1), refused(r, g, 1), refused(99, g, 1), refused(f, d, 1), refused(p, g, 1))
"""
HELLO = '#include <stdio.h>\nint main(int c,char**v){(void)v;printf("hello %d\\n",c);return 0;}\n'
MAKEFILE = "all: a b\n\tcat a b > c\na:\n\techo A > a\nb:\n\techo B > b\n"

WITH_LARGE = {
    "python": (["python3", "-c", PY_CHAIN % 20000], "21effe9e230be1ee3891f8ffa0ffb81eb5bbbd456f9b9857d52709b1d2a96492\n"),
    "python processes": (["python3", "-c", PY_PROCESSES], "hello\nb'sub\\n'\nb'shell\\n'\n3\nalrm\n"),
    "copy_file_range": (["python3", "-c", PY_COPY],
                        "9000 999 9999 b'567890' 9999\n0 10 b'0123456789'\nEINVAL EISDIR EINVAL EBADF EISDIR EXDEV\n"),
    "tcc": (["bash", "-c", "mkdir -p /tmp/c; cd /tmp/c; cat > h.c <<'X'\n" + HELLO + "X\ntcc -run h.c; tcc -o h h.c && ./h"],
            "hello 1\nhello 1\n"),
    "gcc": (["bash", "-c", "mkdir -p /tmp/g; cd /tmp/g; cat > h.c <<'X'\n" + HELLO + "X\ngcc -O2 -Wall -o h h.c && ./h; "
             "cc -static -o s h.c && ./s 1"], "hello 1\nhello 2\n"),
    "make": (["bash", "-c", f"mkdir -p /tmp/m; cd /tmp/m; printf '%s' '{MAKEFILE}' > Makefile; make; make; make -B -j2 | sort; cat c"],
             "echo A > a\necho B > b\ncat a b > c\ncat a b > c\ncat a b > c\necho A > a\necho B > b\nA\nB\n"),
    "sqlite": (["bash", "-c", "cd /tmp; sqlite3 t.db 'create table t(a,b);insert into t values(1,2),(3,4);"
                "select sum(a*b) from t;pragma integrity_check;'; sqlite3 t.db 'pragma journal_mode=wal; insert into t "
                "values(5,6); select count(*) from t;'"], "14\nok\nwal\n3\n"),
    "xz": (["sh", "-c", "seq 1 200000 | xz -1 | xz -dc | md5sum"], "0e10426a1d5bddffcef02f1345787128  -\n"),
    "git": (["bash", "-c", "mkdir -p /tmp/r; cd /tmp/r; export HOME=/tmp; git config --global user.email a@b; git config "
             "--global user.name n; git init -q -b main .; echo x>f; git add f; git commit -qm first; echo y>>f; git commit "
             "-qam second; git log --format=%s; git diff --stat HEAD~1; git status --short; git fsck --no-progress"],
            "second\nfirst\n f | 1 +\n 1 file changed, 1 insertion(+)\n"),
    "text tools": (["bash", "-c", "seq 10 | gawk '{s+=$1} END {print s}'; echo abc | sed s/b/X/; printf 'b\\na\\n' | sort; "
                    "tar cf - /etc/hostname 2>/dev/null | tar xOf -; find /etc -name hostn\\*; seq 50000 | gzip | gunzip | md5sum; "
                    "timeout 0.2 sleep 5; echo $?; cp -a /etc/alternatives /tmp/etc2 && diff -r --no-dereference /etc/alternatives /tmp/etc2 && rm -r /tmp/etc2; "
                    "mktemp -u | cut -c1-9"],
                   "55\naXc\na\nb\ngodwit\n/etc/hostname\nc1d4ba52c72ac7bcc71ff2d6c083e684  -\n124\n/tmp/tmp.\n"),
    "alternatives": (["sh", "-c", "readlink -f /usr/bin/awk /usr/bin/cc /usr/bin/vi"],
                     "/usr/bin/gawk\n/usr/bin/i686-linux-gnu-gcc-12\n/usr/bin/vim.basic\n"),
    "vim": (["bash", "-c", "cd /tmp; TERM=xterm vim -u NONE -es -c 'normal ihello' -c wq v.txt; cat v.txt"], "hello\n"),
    "procps": (["bash", "-c", "ps -p $$ -o comm=; pgrep -x init; ps -e -o pid= | head -1 | tr -d ' '; top -b -n1 | grep -c bash"],
               None),
}


@nightly
@pytest.mark.limit(300)
@pytest.mark.parametrize("name", WITH_LARGE)
def test_large_set(large, name):
    argv, expected = WITH_LARGE[name]
    if expected is None:
        done = large.exec(1, *argv, timeout=120)
        assert done.status == 0 and done.out.split()[:3] == [b"bash", b"1", b"1"], done
    else:
        check(large, argv, expected, timeout=120)


@nightly
@pytest.mark.limit(300)
def test_python_moves(large):
    assert moved(large, ["python3", "-c", PY_CHAIN % 100000]).decode() == hash_chain(100000) + "\n"


@nightly
@pytest.mark.limit(300)
def test_load_programs(large):
    assert b"DONE" in large.exec(1, "john", "--test=1", "--format=descrypt", timeout=200).out
    done = large.exec(1, "stress-ng", "--cpu", "1", "--pipe", "1", "--fork", "1", "--verify", "-t", "3", timeout=200)
    assert done.status == 0 and b"successful run completed" in done.out + done.err, done
