# Runs each named stressor of stress-ng alone: prints "@@ name verdict seconds status", and what one that does not pass has to say.
# Used by stress_list.py and test_suites.py, on a node and on Linux alike; arguments: seconds for each, then names.
# Verdicts: passed (status 0, and it worked), idle (status 0 and no round of work), skipped, failed, hung. Never stops at one that fails.
seconds=$1 patience=${PATIENCE:-90}
shift
mkdir -p /tmp/stress && chmod 1777 /tmp/stress && cd /tmp/stress || exit 1
for name do
	read up rest < /proc/uptime
	timeout -s KILL $patience stress-ng --$name 1 --verify -t "$seconds" --metrics --temp-path /tmp/stress --no-rand-seed > /tmp/stress.out 2>&1 < /dev/null
	status=$?
	read down rest < /proc/uptime
	rounds=$(sed -n "s/^stress-ng: metrc: [^ ]* $name  *\([0-9][0-9]*\) .*/\1/p" /tmp/stress.out)
	if [ $status = 137 ]; then verdict=hung
	elif grep -q 'will be skipped\|skipping stress\|not supported\|not implemented\|No stress workers' /tmp/stress.out && [ "${rounds:-0}" = 0 ]; then verdict=skipped
	elif [ $status != 0 ] || grep -q ': fail: ' /tmp/stress.out; then verdict=failed
	elif [ "${rounds:-0}" = 0 ]; then verdict=idle
	else verdict=passed
	fi
	echo "@@ $name $verdict $((${down%.*} - ${up%.*})) $status"
	[ $verdict = passed ] || grep -v 'metrc:\|info:.*\(dispatching\|setting to\|run completed\)' /tmp/stress.out | tail -n 8
	chmod -R u+rwx /tmp/stress/* 2> /dev/null
	rm -rf /tmp/stress/*
done
