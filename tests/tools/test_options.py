"""./godwit's own failures: status 125, one line that names cause and remedy, nothing left behind."""

import os
import pytest

from cluster import options
from cluster.fail import Usage

BAD = [
    ["frob"], ["run"], ["run", "-n", "0", "--", "x"], ["run", "-n", "65", "--", "x"], ["run", "-n", "x", "--", "x"],
    ["run", "-m", "1", "--", "x"], ["run", "-m", "64,64,64", "--", "x"], ["run", "--speed", "100", "--", "x"],
    ["run", "--loss", "2", "--", "x"], ["run", "--frob", "--", "x"], ["run", "--on", "some", "--", "x"],
    ["run", "--nic", "ne3k", "--", "x"], ["run", "--name", "a/b", "--", "x"], ["run", "--timeout", "0", "--", "x"],
    ["run", "--add", "/no/such/file", "--", "x"], ["exec", "1"], ["exec", "x", "--", "ls"], ["exec", "1", "--", "ls"],
    ["kill", "1"], ["kill"], ["restart", "99"], ["shell"], ["status", "--name", "none"], ["down"], ["partition"],
    ["heal"], ["faults", "--loss", "0.1"], ["faults", "--loss", "-1"], ["up", "extra"],
]


@pytest.mark.parametrize("args", BAD, ids=" ".join)
def test_own_failures_are_125_and_one_line(godwit, idle_kernel, args):
    done = godwit(*args, kernel=idle_kernel)
    assert done.returncode == 125
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("godwit: ")
    left = [n for n in os.listdir(godwit.run_dir / "godwit")] if (godwit.run_dir / "godwit").exists() else []
    assert not [n for n in left if not n.endswith(".lock")]


def test_missing_kernel_says_make(godwit):
    done = godwit("run", "--", "true", kernel="/nonexistent/godwit.elf")
    assert done.returncode == 125 and "run `make" in done.stderr


def test_help(godwit):
    done = godwit("--help")
    assert done.returncode == 0 and "./godwit run" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_command_may_have_options_of_its_own():
    o = options.parse(["run", "-n", "4", "--loss", "0.1", "sh", "-c", "-n"])
    assert (o.nodes, o.faults["loss"], o.argv) == (4, "0.1", ["sh", "-c", "-n"])
    o = options.parse(["run", "-n", "4", "--", "--strange", "--", "x"])
    assert o.argv == ["--strange", "--", "x"]
    o = options.parse(["exec", "--name", "a", "3", "ls", "-l"])
    assert (o.name, o.node, o.argv) == ("a", 3, ["ls", "-l"])


def test_lists_per_node():
    o = options.parse(["up", "-n", "3", "-m", "128,32", "--speed", "62.5,3.90625"])
    assert o.memory == [128, 32, 32] and o.shifts == [4, 8, 8]
    with pytest.raises(Usage):
        options.parse(["up", "-n", "1", "--speed", "125,125"])


def test_a_seed_is_always_there():
    assert int(options.parse(["up"]).faults["seed"]) > 0
    assert options.parse(["up", "--seed", "7"]).faults["seed"] == "7"
