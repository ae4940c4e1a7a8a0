#!/usr/bin/env python3
"""ksyms.py - the kernel's symbol table for backtraces, as NASM source.

    ksyms.py              an empty table, for the first link
    ksyms.py NM KERNEL    the functions of the first link, for the second
"""
import subprocess
import sys


def functions(nm, kernel):
    """(address, name) of every function, ascending; the last entry only ends the one before it."""
    out = subprocess.run([nm, "-n", kernel], check=True, capture_output=True, text=True).stdout
    table, end = {}, 0
    for line in out.splitlines():
        parts = line.split()
        if len(parts) != 3:
            continue
        address, kind, name = int(parts[0], 16), parts[1], parts[2]
        if name == "kernel_text_end":
            end = address
        elif kind in "tT" and "." not in name and address >= 0xC0000000:
            table.setdefault(address, name)
    return sorted((a, n) for a, n in table.items() if a < end) + [(end, "")]


def main():
    symbols = functions(*sys.argv[1:3]) if len(sys.argv) > 1 else []
    print("section .ksyms progbits alloc noexec nowrite align=4")
    print("global ksym_count, ksym_table, ksym_names")
    print(f"ksym_count: dd {len(symbols)}")
    print("ksym_table:")
    offset = 0
    for address, name in symbols:
        print(f"\tdd 0x{address:08x}, {offset}")
        offset += len(name) + 1
    print("ksym_names:")
    for _, name in symbols:
        print(f'\tdb "{name}", 0' if name else "\tdb 0")
    if not symbols:
        print("\tdb 0")


main()
