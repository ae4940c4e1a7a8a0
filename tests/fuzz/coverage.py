#!/usr/bin/python3
"""Share of lines that a run covered, per file: coverage.py OBJDIR MIN_PERCENT FILE...

Called by make fuzz-coverage after the instrumented fuzzer ran; needs gcov.
Never counts a file that is not named."""
import json
import subprocess
import sys


def lines_of(objdir, source):
    name = source.replace("/", "-")[: -len(".c")]
    out = subprocess.run(["gcov", "--json-format", "--stdout", "-o", objdir, f"{objdir}/{name}.gcda"],
                         check=True, capture_output=True, text=True).stdout
    for text in out.splitlines():
        for entry in json.loads(text)["files"]:
            if entry["file"].endswith(source):
                return {line["line_number"]: line["count"] for line in entry["lines"]}
    return {}


def main():
    objdir, least, sources = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    hit = total = 0
    for source in sources:
        lines = lines_of(objdir, source)
        covered = sum(1 for count in lines.values() if count)
        missed = sorted(number for number, count in lines.items() if not count)
        print(f"# {source}: {covered} of {len(lines)} lines; missed: {missed}")
        hit += covered
        total += len(lines)
    percent = 100.0 * hit / max(total, 1)
    good = percent >= least
    print(f"{'ok' if good else 'not ok'} - decoders: {percent:.1f} % of {total} lines covered (at least {least:.0f} %)")
    return 0 if good else 1


sys.exit(main())
