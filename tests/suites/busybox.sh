# Runs busybox's own test suite with the busybox that is unpacked beside it, and prints "@@ verdict case" for each case.
# Used by busybox_suite.py, on a node and on Linux alike.  Arguments: the suite's directory; then applets and directories of ash's
# tests (all without any).  Cases of one name are told apart by a number.  Never stops at one that fails.
suite=$1
shift
cd "$suite" || exit 1
bin=$suite/bin
mkdir -p "$bin"
./busybox --install -s "$bin" 2> /dev/null
umask 022
run() { env -i PATH="$bin" HOME=/root USER=root TERM=linux SKIP_INTERNET_TESTS=1 ${VERBOSE:+VERBOSE=1} timeout -s KILL 7200 "$@" < /dev/null 2>&1; }

applets= shells=
for name do
	case $name in ash-*) shells="$shells $name";; *) applets="$applets $name";; esac
done
if [ $# = 0 ] || [ "$applets" ]; then
	(cd testsuite && run "$bin/sh" ./runtest ${VERBOSE:+-v} $applets) > report.applets
fi
if [ $# = 0 ] || [ "$shells" ]; then
	(cd shell/ash_test && run "$bin/sh" ./run-all $shells) > report.ash
fi
cat report.* 2> /dev/null | sed -n -e 's/^\(PASS\|FAIL\|SKIPPED\|UNTESTED\): /@@ \1 /p' \
	-e 's/^.*\(ash-[^/]*\/[^:]*\): *ok$/@@ PASS \1/p' -e 's/^.*\(ash-[^/]*\/[^:]*\): *fail.*$/@@ FAIL \1/p' |
	awk '{ n = ++seen[$0]; v = $2; $1 = $2 = ""; name = substr($0, 3); k = ++count[name]; print "@@ " v " " name (k > 1 ? " #" k : "") }'
if [ "$VERBOSE" ]; then
	cat report.*
	tail -n 20 shell/ash_test/*.fail 2> /dev/null
fi
exit 0
