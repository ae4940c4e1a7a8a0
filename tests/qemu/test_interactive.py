"""Interactive sessions as people know them: keys typed, the screen looked at.  busybox's own programs, bash, less and script for
`make test`; vim, procps' top and tmux belong to the nightly run."""

import sys

import pytest
from conftest import GODWIT, TOP, booted, seconds

sys.path.insert(0, str(TOP / "tests"))
from screen import Terminal  # noqa: E402  (shared with the tool's tests)

SMALL = "bash,less,bsdutils"
LARGE = SMALL + ",procps,tmux,vim"
nightly = [pytest.mark.nightly, pytest.mark.limit(600)]
PROMPT = r"^ready>$"            # the screen's lines end without blanks
AT_LAST = r"^ready>\s*\Z"       # nothing below it
# It has the terminal once it has said so: before, keys that signal are the shell's.
SLEEPER = "sh -c 'echo asleep $1; exec sleep 100' sh "
ESC, UP, DOWN, HOME_KEY = "\x1b", "\x1b[A", "\x1b[B", "\x1b[H"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    yield from booted(tmp_path_factory, "interactive", 1, ["--with", SMALL, "-m", "64"])


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    yield from booted(tmp_path_factory, "interactive", 1, ["--with", LARGE, "-m", "192"])


@pytest.fixture()
def terminal():
    """terminal(cluster, command...): a program of the node on a terminal."""
    made = []

    def start(cluster, *argv, rows=24, columns=80):
        made.append(Terminal([GODWIT, "exec", "--name", cluster.name, "1", "--", *argv], rows, columns, patience=seconds(1)))
        return made[-1]

    yield start
    for t in made:
        t.close()


def shell(terminal, cluster, program, **size):
    """A shell without anybody's settings, whose prompt is known."""
    words = ["bash", "--norc", "--noprofile"] if program == "bash" else [program]
    t = terminal(cluster, "env", "PS1=ready> ", "HOME=/tmp", "ENV=", *words, **size)
    t.see(PROMPT)
    return t


def leave(t):
    t.run("\r", AT_LAST)
    t.type("exit\r")
    assert t.left() == (0, True)


# ---- busybox

def test_ash(small, terminal):
    t = shell(terminal, small, "ash")
    t.run(SLEEPER + "one\r", r"^asleep one$")
    t.run("\x1a", r"Stopped +sh -c")
    t.run("bg\r", r"^\[1\] sh -c")
    t.run("jobs\r", r"Running +sh -c")
    t.run("fg\r", r"^sh -c")
    t.run("\x03", r"\^C\n" + PROMPT[1:])
    t.run("cat | cat\r", r"cat \| cat$")
    t.run("through\r", r"^through\nthrough$")
    t.run("\x04", r"^through\nthrough\n" + PROMPT[1:])
    t.run("ech\t tab; stty -a | head -1\r", r"^tab\nspeed 38400 baud;( rows 24; columns 80;)?")
    leave(t)


def test_busybox_vi_and_top(small, terminal):
    t = shell(terminal, small, "ash")
    t.run("busybox vi /tmp/f\r", r"^~$")
    t.run("ifirst\rsecond" + ESC, r"^first\nsecond$")
    t.run("kx:wq\r", PROMPT)
    t.run("clear; cat /tmp/f\r", r"^firs\nsecond$")
    t.run("busybox top\r", r"Mem: .* used.*\n(?s:.*)PID +PPID +USER")
    t.see(r"^ +1 +0 root .*init")
    t.type("q")
    t.run("\r", AT_LAST)
    leave(t)


# ---- bash

def test_bash_editing_and_completion(small, terminal):
    t = shell(terminal, small, "bash")
    t.run("echo one tow\x1bbtwo \x0b\r", r"^one two$")  # Meta-b, Ctrl-k
    t.run(UP + " again\r", r"^one two again$")
    t.run("mkdir -p /tmp/dir/only-this; echo made\r", r"^made$")
    t.run("echo /tmp/dir/on\t\r", r"^/tmp/dir/only-this/$")
    t.run("touch /tmp/dir/alpha1 /tmp/dir/alpha2; echo touched\r", r"^touched$")
    t.run("ls /tmp/dir/al\t\t\t", r"^alpha1 +alpha2$")
    t.run("1\r", r"^/tmp/dir/alpha1$")
    t.run("typese\t -i n=6; echo $((n*7))\r", r"^42$")
    t.run("\x12only\x05; echo found\r", r"^found$")  # Ctrl-r, Ctrl-e
    t.run("\x0c", r"\A" + PROMPT[1:])               # Ctrl-l
    leave(t)


def test_bash_job_control(small, terminal):
    t = shell(terminal, small, "bash")
    t.run("sleep 101 & " + SLEEPER + "two\r", r"^asleep two$")
    t.run("\x1a", r"\[2\]\+ +Stopped +sh -c")
    t.run("jobs\r", r"\[1\]- +Running +sleep 101 &\n\[2\]\+ +Stopped +sh -c")
    t.run("bg; clear; jobs\r", r"^\[1\]. +Running +sleep 101 &\n\[2\]. +Running +sh -c")
    t.run("fg %1\r", r"^sleep 101$")
    t.run("\x03", r"\^C\n" + PROMPT[1:])
    t.run("echo $?; kill %2; wait %2; echo got $?\r", r"^130\n(?s:.*)^got 143$")
    t.run("(trap '' TTOU; stty -echo; stty echo; echo quiet) & wait\r", r"^quiet$")
    t.run("cat & until jobs | grep -q Stopped; do :; done; echo stopped\r", r"^stopped$")
    t.run("kill -9 %cat; wait 2> /dev/null; clear\r", r"\A.*" + PROMPT[1:])
    leave(t)


def test_bash_follows_the_window(small, terminal):
    t = shell(terminal, small, "bash")
    t.run("shopt -s checkwinsize; stty size\r", r"^24 80$")
    t.resize(40, 100)
    t.run("stty size; (:); echo $LINES $COLUMNS\r", r"^40 100\n40 100$")
    leave(t)


def test_less(small, terminal):
    t = shell(terminal, small, "bash", rows=12)
    t.run("seq 1 500 > /tmp/n; less /tmp/n\r", r"\A1\n2\n(?s:.*)\n11\n/tmp/n")
    t.run(" ", r"\A12\n")
    t.run("G", r"^500\n\(END\)")
    t.run("g/^25\r", r"\A25\n")
    t.run("n", r"\A250\n")
    t.run("?^3.$\r", r"\A39\n")
    t.run("-N\r", r"^ +39 39$")
    t.run("q", AT_LAST)
    t.run("seq 1 300 | less\r", r"\A1\n2\n")
    t.run("F\x03Gq", AT_LAST)
    leave(t)


def test_script(small, terminal):
    """A recorder with a terminal of its own in between; it hands on the window, the keys and the end."""
    t = shell(terminal, small, "bash")
    t.run("PS1='inner> ' script -q -c 'bash --norc --noprofile' /tmp/typescript\r", r"^inner>$")
    t.run("tty; stty size\r", r"^/dev/pts/[1-9]\d*\n24 80$")
    t.run(SLEEPER + "inside\r", r"^asleep inside$")
    t.run("\x03", r"\^C\ninner>$")
    t.run("exit 3\r", AT_LAST)
    t.run("clear; grep -c 'stty size' /tmp/typescript; script -q -e -c 'exit 5' /dev/null; echo $?\r", r"^1\n5$")
    leave(t)


# ---- the large ones

class TestLarge:
    pytestmark = nightly

    def test_vim(self, large, terminal):
        t = shell(terminal, large, "bash")
        t.run("vim -u NONE -N /tmp/v\r", r'^~\n(?s:.*)"~/v" \[New')
        t.run("ihello" + ESC, r"^hello$")
        t.run("yy5p:%s/l/L/g\r", r"^heLLo\nheLLo\nheLLo\nheLLo\nheLLo\nheLLo\n~")
        t.run("gg:split\rdd", r"^heLLo\n(?s:.*)~/v \[\+\](?s:.*)~/v \[\+\]")
        t.run(":only\r:set number\r", r"^ +1 heLLo\n +2 heLLo")
        t.run(":!echo from the shell\r", r"^from the shell$")
        t.run("\r:syntax on\r:wq\r", AT_LAST)
        t.run("clear; cat /tmp/v | sort | uniq -c\r", r"^ +5 heLLo$")
        t.run("vim -u NONE /tmp/v\r", r"\AheLLo")
        t.run("\x1a", r"Stopped +vim")
        t.run("fg\r", r"\AheLLo")
        t.run(":q\r", AT_LAST)
        leave(t)

    def test_top(self, large, terminal):
        t = shell(terminal, large, "bash", columns=100)
        t.run("top -d 1\r", r"^top - \d\d:\d\d:\d\d up .* load average: ")
        t.see(r"^Tasks: +\d+ total, +\d+ running")
        t.see(r"^ +PID USER +PR +NI +VIRT +RES +SHR S +%CPU +%MEM +TIME\+ COMMAND")
        t.see(r"^ +1 root .* init$")
        t.run("1", r"^%Cpu0 ")
        t.type("q")
        t.run("\r", AT_LAST)
        t.run("clear; ps -o pid,tty,stat,comm --forest | grep -c pts/; w -h | wc -l; free -m | head -1\r", r"total +used +free")
        leave(t)

    def test_tmux(self, large, terminal):
        t = shell(terminal, large, "bash")
        t.run("export LC_ALL=C.UTF-8; clear\r", r"\A" + PROMPT[1:])
        t.run("tmux -f /dev/null new -s work 'PS1=first\\>\\  bash --norc --noprofile'\r", r"^first>$")
        t.see(r"^\[work\] 0:bash\*")
        t.run("tty\r", r"^/dev/pts/\d+$")
        t.type("\x02\"")
        t.see(r"^─{20}")
        t.run("PS1='second> '; clear\r", r"^second>$")
        t.run("stty size; echo below\r", r"^\d+ 80\nbelow$")
        t.type("\x02o")
        t.run("echo above\r", r"^above$")
        assert t.screen.text().index("above") < t.screen.text().index("below")
        t.type("\x02d")
        t.see(r"^\[detached \(from session work\)\]$")
        t.run("clear; tmux ls\r", r"^work: 1 windows")
        t.run("tmux attach\r", r"^above\n(?s:.*)^below$")
        t.resize(30, 100)
        t.see(r"^─{100}$")
        t.run("clear; stty size\r", r"^\d+ 100$")
        t.type("\x02%")
        t.see(r"│")
        t.run("tmux kill-session\r", r"^\[exited\]$")
        t.run("\r", AT_LAST)
        leave(t)
