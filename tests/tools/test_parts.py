"""The parts of `make test` and `make nightly`: their names, and what the nightly run keeps."""

import os
import subprocess
import sys
from pathlib import Path

import conftest

TOP = Path(conftest.TOP)
sys.path.insert(0, str(TOP / "tests"))
import keep  # noqa: E402


def run(**env):
    return subprocess.run(["/usr/bin/python3", "tests/run.py"], cwd=TOP, env=dict(os.environ, **env), text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_list_names_every_part():
    small, night = (run(PART="list", NIGHTLY=n).stdout.split() for n in ("", "1"))
    assert {"build", "sim", "fuzz", "clusters", "timed"} <= set(small)
    assert {"build", "sim", "fuzz", "coverage", "qemu-move", "mutants"} <= set(night)
    assert len(set(night)) == len(night)
    files = {path.stem.replace("test_", "qemu-") for path in (TOP / "tests" / "qemu").glob("test_*.py")}
    assert files <= set(night)


def test_an_unknown_part_is_refused_by_name():
    done = run(PART="sim,nonesuch")
    assert done.returncode != 0 and "nonesuch" in done.stderr and done.stdout == ""


def test_the_state_names_the_commit_and_what_differs(tmp_path):
    def git(*words):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], cwd=tmp_path, check=True,
                       stdout=subprocess.DEVNULL)
    git("init", "-q")
    (tmp_path / "a").write_text("1\n")
    git("add", "a")
    git("commit", "-q", "-m", "one")
    clean = keep.state_of(tmp_path)
    assert len(clean) == 12
    (tmp_path / "a").write_text("2\n")
    changed = keep.state_of(tmp_path)
    (tmp_path / "b").write_text("3\n")
    added = keep.state_of(tmp_path)
    assert changed.startswith(clean + "+") and added.startswith(clean + "+") and changed != added


def test_what_passed_is_kept_until_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "KEPT", tmp_path)
    assert keep.load("abc", "sim") is None
    keep.store("abc", "sim", (3, 0, 0))
    assert keep.load("abc", "sim")["counts"] == [3, 0, 0]
    assert keep.load("abd", "sim") is None
    keep.forget("abc")
    assert keep.load("abc", "sim") is None


