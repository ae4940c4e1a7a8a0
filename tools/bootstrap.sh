#!/bin/sh
# Installs the Debian packages that tools/packages.txt names and that are missing.
# Called by make (targets packages and packages-test) and .ci/run:  tools/bootstrap.sh [run|test]
# Never asks a question, never installs recommended packages, never leaves half a job:
# without rights, or on another distribution, it prints what is needed and exits 2.
# GODWIT_PACKAGES=ok skips the check, for hosts that have these programs by other means.
set -u
want=${1:-run}
list=$(dirname "$0")/packages.txt
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

[ "${GODWIT_PACKAGES:-}" = ok ] && exit 0

# Prints "package<TAB>reason" for each package of the wanted groups.
wanted() {
	sed -e '/^#/d' -e '/^ *$/d' "$list" | while IFS='|' read -r name group reason; do
		name=$(echo $name) group=$(echo $group) reason=$(echo $reason)
		if [ "$group" = run ] || [ "$want" = test ]; then
			printf '%s\t%s\n' "$name" "$reason"
		fi
	done
}

installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

names() {
	echo "$1" | cut -f1 | tr '\n' ' ' | sed 's/ $//'
}

# Says what an administrator must do, and ends.
give_up() {
	echo "godwit: $1" >&2
	echo "godwit: these packages are needed:" >&2
	echo "  $2" >&2
	echo "godwit: one command for an administrator (Debian 12):" >&2
	echo "  apt-get update && apt-get install --no-install-recommends -y $2" >&2
	exit 2
}

all=$(wanted)
id=$(sed -n "s/^ID=//p" "${GODWIT_OS_RELEASE:-/etc/os-release}" 2>/dev/null | tr -d '"')
if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
	give_up "this system (${id:-unknown}) has no apt; GODWIT_PACKAGES=ok skips this check" "$(names "$all")"
fi

missing=$(echo "$all" | while IFS='	' read -r name reason; do
	installed "$name" || printf '%s\t%s\n' "$name" "$reason"
done)
[ -z "$missing" ] && exit 0

packages=$(names "$missing")
if [ "$id" != debian ]; then
	give_up "packages are missing and this is not Debian (${id:-unknown}); GODWIT_PACKAGES=ok skips this check" "$packages"
fi

if [ "$(id -u)" = 0 ]; then
	as_root=
elif ! command -v sudo >/dev/null 2>&1; then
	give_up "packages are missing, and installing them needs root or sudo" "$packages"
elif sudo -n true 2>/dev/null; then
	as_root="sudo -n"
elif [ -t 0 ] && sudo -v; then
	as_root=sudo
else
	give_up "packages are missing, and sudo gives no rights here" "$packages"
fi

echo "godwit: installing the Debian packages that are missing:"
echo "$missing" | while IFS='	' read -r name reason; do
	printf '  %-22s %s\n' "$name" "$reason"
done

apt="$as_root apt-get -q -o DPkg::Lock::Timeout=300"
if ! $apt update >/dev/null; then
	echo "godwit: warning: apt-get update failed; going on with the package lists that are there" >&2
fi
# A dry run first: either all of it can be installed, or nothing is touched.
if ! plan=$(apt-get -q -s install --no-install-recommends $packages 2>&1); then
	echo "$plan" | grep '^[EW]:\|Unable\|no installation' >&2
	give_up "apt cannot install these packages from its sources" "$packages"
fi
if ! $as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y -o DPkg::Lock::Timeout=300 \
	-o Dpkg::Options::=--force-confold install --no-install-recommends $packages </dev/null; then
	give_up "apt-get install failed" "$packages"
fi
echo "godwit: packages are there"
