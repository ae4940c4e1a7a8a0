"""Logins: login and su with passwords, setuid programs, who may do what; typed on a terminal as a person would."""

import sys

import pytest
from conftest import GODWIT, TOP, Cluster, seconds

sys.path.insert(0, str(TOP / "tests"))
from screen import Terminal  # noqa: E402  (shared with the tool's tests)

ACCOUNTS = """
echo 'user:x:1000:1000:U:/tmp:/bin/sh' >> /etc/passwd; echo 'user:x:1000:' >> /etc/group; echo 'wheel:x:10:user' >> /etc/group
h=$(mkpasswd -m sha512 secret abcdefgh); for n in root user; do echo "$n:$h:19000:0:99999:7:::"; done > /etc/shadow
chmod 640 /etc/shadow; mkdir /usr/set; cp /usr/bin/busybox /usr/set/su; chmod 4755 /usr/set/su
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    c = Cluster(tmp_path_factory.mktemp("login") / "c", 1)
    try:
        c.sh(1, ACCOUNTS)
        yield c
        c.alive()
    finally:
        c.down()


def test_login_and_su(node):
    t = Terminal([GODWIT, "exec", "--name", node.name, "1", "--", "login"], patience=seconds(1))
    try:
        t.see("login:")
        t.type("user\r")
        t.see("Password:")
        t.type("wrong\r")
        t.see("Login incorrect")
        t.see(r"login:\s*\Z")
        t.type("user\r")
        t.see(r"Password:\s*\Z")
        t.type("secret\r")
        t.see(r"\$$")
        t.run("clear; id; echo $HOME $USER $SHELL\r",
              r"^uid=1000\(user\) gid=1000\(user\) groups=10\(wheel\),1000\(user\)\n/tmp user /bin/sh$")
        assert "secret" not in t.screen.text()
        t.run("clear; /usr/set/su -c id\r", r"Password:\s*\Z")
        t.run("secret\r", r"^uid=0\(root\) gid=0\(root\)")
        t.run("clear; /usr/set/su\r", r"Password:\s*\Z")
        t.run("wrong\r", r"su: incorrect password")
        t.run("clear; /usr/set/su\r", r"Password:\s*\Z")
        t.run("secret\r", r"#$")
        t.run("clear; whoami; tty; exit\r", r"^root\n/dev/pts/\d+$")
        t.run("clear; whoami\r", r"^user$")
        t.type("exit\r")
        assert t.left() == (0, True)
    finally:
        t.close()


def test_what_a_user_may_not(node):
    out = node.sh(1, """su user -c '{ cat /etc/shadow; touch /etc/x; cd /root; mkdir /mnt/x; kill -0 1; hostname x
mount -t tmpfs x /mnt; chroot / true; touch /tmp/mine; chown root /tmp/mine; chmod 4755 /tmp/mine; stat -c "%a %U" /tmp/mine
/usr/set/su -c id < /dev/null; cat /proc/1/environ; mknod /tmp/n c 1 3; } 2>&1; id -u; umask'; rm /tmp/mine""")
    for said in ("'/etc/shadow': Permission denied", "/etc/x: Permission denied", "can't cd to /root: Permission denied",
                 "'/mnt/x': Permission denied", "can't kill pid 1: Operation not permitted", "sethostname: Operation not permitted",
                 "mount: permission denied", "root directory to '/': Operation not permitted", "chown: /tmp/mine: Operation not permitted",
                 "4755 user", "'/proc/1/environ': Permission denied", "/tmp/n: Operation not permitted"):
        assert said in out, (said, out)
    assert out.endswith("1000\n0022\n")


def test_setuid_on_a_mount_without_it(node):
    """nosuid: the program runs with its caller's rights; on another mount of the same file with its owner's."""
    out = node.sh(1, """mkdir -p /mnt/n; mount --bind /usr/set /mnt/n; mount -o remount,bind,nosuid /mnt/n
su user -c '/mnt/n/su -c id < /dev/null 2>&1'; umount /mnt/n; su user -c '/usr/set/su -c id < /dev/null 2>&1' || true""")
    assert "must be suid" in out.splitlines()[0] and "must be suid" not in out.splitlines()[1], out
