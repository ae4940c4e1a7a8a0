#!/usr/bin/env python3
"""Builds kernels with known mistakes and shows that a system test goes red with each: `make mutants-kernel`.

A mutant is a switch in the sources; the test named beside it must fail, and must pass with the kernel as it is.
Never touches the project's own build: each kernel has a directory of its own under build/mutants.
"""

import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
# switch, the tests that notice it; those of the commit rule are for the simulator of moves (make mutants-move)
MUTANTS = {
    "MUTANT_CALL_TWICE": "tests/qemu/test_mutants.py::test_lines_that_come_during_moves tests/qemu/test_mutants.py::test_each_call_is_made_once",
}


def build(switch):
    out = TOP / "build" / "mutants" / switch
    target = str(out.relative_to(TOP))
    compiler = f"{os.environ.get('CROSS', 'i686-linux-gnu-')}gcc -D{switch} -Wno-error"
    done = subprocess.run(["make", "--no-print-directory", "-j2", f"B={target}", f"CC_K={compiler}", f"{target}/godwit.elf"], cwd=TOP,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:])
        raise SystemExit(f"the mutant {switch} cannot be built")
    return out / "godwit.elf"


def tests_pass(tests, kernel):
    env = dict(os.environ, **({"GODWIT_KERNEL": str(kernel)} if kernel else {}))
    done = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests.split()], cwd=TOP, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the tests did not run:\n{done.stdout[-2000:]}")
    return done.returncode == 0, done.stdout.strip().splitlines()[-1]


def main():
    survivors = []
    good, words = tests_pass(" ".join(MUTANTS.values()), None)
    print(f"the kernel as it is: {words}", flush=True)
    if not good:
        return 1
    for switch, tests in MUTANTS.items():
        alive, words = tests_pass(tests, build(switch))
        print(f"{switch}: {'SURVIVES' if alive else 'caught'} ({words})", flush=True)
        if alive:
            survivors.append(switch)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
