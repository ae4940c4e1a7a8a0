#!/bin/sh
# selftest.sh ELF - runs the self-test kernel: all tests on two CPUs models, then each case that must panic or power off.
# Exit status 0: all as expected.
elf=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
bad=0

run() { # MODEL OPTIONS...
	model=$1
	shift
	timeout 60 qemu-system-i386 -accel tcg,tb-size=32 -cpu "$model" -m 16 -display none -serial stdio -no-reboot \
		-device isa-debug-exit,iobase=0xf4,iosize=0x04 -kernel "$elf" -append "panic=exit $*" </dev/null >"$out" 2>&1
}

expect() { # STATUS PATTERN MODEL OPTIONS...
	status=$1 pattern=$2
	shift 2
	run "$@"
	got=$?
	if [ "$got" = "$status" ] && grep -q "$pattern" "$out"; then
		echo "ok - kernel base: $*"
	else
		echo "not ok - kernel base: $*: status $got instead of $status, or no '$pattern'"
		grep -v '\] ok' "$out"
		bad=1
	fi
}

expect 1 '(0 failed)' pentium3
expect 1 '(0 failed)' pentium2
expect 85 'PANIC: double fault' pentium3 selftest=overflow
expect 85 'must_panic+' pentium3 selftest=wild
expect 85 'PANIC: kernel fault: page fault, error 3' pentium3 selftest=text
expect 85 'PANIC: kernel fault: page fault, error 2, address 00000008' pentium3 selftest=null
expect 85 'eip c[0-9a-f]* (must_panic+0x[0-9a-f]*) cs 0008 eflags [0-9a-f]* cr2 00000008' pentium3 selftest=null
expect 85 'eax [0-9a-f]* ebx [0-9a-f]* ecx [0-9a-f]* edx [0-9a-f]*' pentium3 selftest=null
expect 0 'self-test' pentium3 selftest=poweroff
exit $bad
