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
# switch, the tests that notice it
MUTANTS = {
    "MUTANT_GO": "tests/qemu/test_power.py::test_power_cut_in_the_middle_of_a_move tests/qemu/test_mutants.py",
    "MUTANT_COMMIT": "tests/qemu/test_mutants.py",
    "MUTANT_ASK": "tests/qemu/test_mutants.py",
    "MUTANT_CALL_TWICE": "tests/qemu/test_mutants.py",
}


def build(switch):
    out = TOP / "build" / "mutants" / switch
    flags = f"B={out.relative_to(TOP)} KFLAGS_EXTRA=-D{switch}\\ -Wno-unused-parameter\\ -Wno-unused-variable\\ -Wno-unused-but-set-variable"
    done = subprocess.run(f"make --no-print-directory -j2 {flags} {out.relative_to(TOP)}/godwit.elf", shell=True, cwd=TOP,
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
    good, words = tests_pass("tests/qemu/test_mutants.py", None)
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
