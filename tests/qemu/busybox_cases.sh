# Runs each line of the file $1 as a snippet in a directory of its own below $2 and prints "@@ line status bytes", the output, a newline.
# Used by test_busybox.py: fed to the same busybox on a node and on the host. Never stops at a snippet that fails.
cases=$1 work=$2 n=0 nl='
'
exec 3< "$cases"
while IFS= read -r line <&3; do
	n=$((n + 1))
	case $line in ''|'#'*) continue;; esac
	mkdir -p "$work/d" && cd "$work/d" || exit 1
	env -i PATH="$PATH" HOME="$HOME" LC_ALL=C TZ=UTC0 timeout 20 sh -c "${line//¶/$nl}" < /dev/null > "$work/out" 2> /dev/null 3<&-
	status=$?
	cd "$work" && echo "@@ $n $status $(wc -c < out)" && cat out && echo
	chmod -R u+rwx d && rm -rf d
done
