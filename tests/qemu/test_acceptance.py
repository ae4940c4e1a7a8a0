"""Acceptance programs that need threads, much memory or much time: Debian's own, with the output that Linux gives.

The rows of stages 0 to 2, and what is small of stage 3, are in test_single.py, test_threads.py, test_busybox.py and
test_debian.py.  All here belongs to the nightly run."""

import pytest
from conftest import booted

PACKAGES = "bash,coreutils,git,john,povray,python3,stockfish,stress-ng,xz-utils"
pytestmark = [pytest.mark.nightly, pytest.mark.limit(900)]

THREADS = r"""
import os, signal, subprocess, threading
print("hello", flush=True)
print(subprocess.check_output(["echo", "sub"]))
print(subprocess.check_output("echo shell", shell=True))
done = []
threads = [threading.Thread(target=done.append, args=(i,)) for i in range(3)]
for t in threads: t.start()
for t in threads: t.join()
print(len(done))
pid = os.fork()
if pid == 0:
    os._exit(3)
print(os.waitpid(pid, 0)[1] >> 8)
rang = threading.Event()
signal.signal(signal.SIGALRM, lambda *a: (print("alrm"), rang.set()))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
print(threading.Event().wait(0.05))
"""

SCENE = """\
camera { location <0, 2, -6> look_at <0, 1, 0> }
light_source { <10, 20, -20> color rgb <1, 1, 1> }
plane { y, 0 pigment { checker color rgb <1, 0, 0> color rgb <0, 0, 1> } finish { reflection 0.3 } }
sphere { <0, 1, 0>, 1 pigment { color rgb <0.9, 0.8, 0.1> } finish { phong 0.9 reflection 0.2 } }
box { <-3, 0, 1>, <-2, 2, 2> pigment { color rgb <0.1, 0.9, 0.3> } }
"""
PIXELS = "1d38df57502c0c66f0df33dcd500e75c"  # of the same package on Linux; the header before them holds a comment that varies

GIT = """\
export HOME=/tmp; git config --global user.email a@b; git config --global user.name n; git config --global init.defaultBranch main
rm -rf /tmp/one /tmp/two; mkdir /tmp/one; cd /tmp/one; git init -q; for i in 1 2 3; do seq $i > f$i; git add .; git commit -qm c$i; done
git clone -q /tmp/one /tmp/two; cd /tmp/two; git log --format=%s; git checkout -qb side; echo x >> f1; git commit -qam c4
git push -q origin side; cd /tmp/one; git merge -q side; git log --oneline | wc -l; git fsck --no-progress; git gc -q; git status --short
"""


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    memory = "768"  # 270 MiB are the packages, 256 stress-ng maps
    yield from booted(tmp_path_factory, "acceptance", 1, ["--with", PACKAGES, "-m", memory])


def said(cluster, *argv, timeout=600):
    done = cluster.exec(1, *argv, timeout=timeout)
    assert (done.status, done.err) == (0, b""), done
    return done.out.decode()


def test_python_threads(big):
    assert said(big, "python3", "-c", THREADS) == "hello\nb'sub\\n'\nb'shell\\n'\n3\n3\nalrm\nFalse\n"


def test_xz_with_two_threads(big):
    assert said(big, "sh", "-c", "seq 1 200000 | xz -1 -T2 | xz -dc | md5sum") == "0e10426a1d5bddffcef02f1345787128  -\n"


def test_git_locally(big):
    assert said(big, "bash", "-c", GIT) == "c3\nc2\nc1\n4\n"


@pytest.mark.parametrize("threads", [1, 2])
def test_povray(big, threads):
    script = f"""cd /tmp; cat > s.pov; povray +Is.pov +Oo.ppm +FP +W160 +H120 -D -GA -A +WT{threads} > log 2>&1 || cat log
tail -c 57600 o.ppm | md5sum"""
    done = big.exec(1, "sh", "-c", script, stdin=SCENE.encode(), timeout=600)
    assert done.out.decode() == f"{PIXELS}  -\n", done


def test_stockfish(big):
    assert "Nodes searched  : 9982\n" in said(big, "sh", "-c", "stockfish bench 16 1 4 2>&1")


@pytest.mark.parametrize("load", ["--cpu 2 --pipe 1 --fork 1 --verify", "--futex 1 --switch 1 --timer 1 --mmap 1 --sigsegv 1"])
def test_stress(big, load):
    out = said(big, "sh", "-c", f"stress-ng {load} -t 5 2>&1")
    assert "successful run completed" in out and "error" not in out and "fail:" not in out, out


def test_john(big):
    assert "DONE" in said(big, "sh", "-c", "john --test=1 --format=descrypt 2>&1")
