#!/bin/sh
# Installs the packages of mk/packages.txt whose mark is among the arguments.
# Asks for sudo only when it is not run by root. A broker that the packages
# would start on port 1883 is kept from starting: ours runs on a port of its own.
set -eu

cd "$(dirname "$0")"
if ! command -v apt-get >/dev/null; then
	echo "deps: apt-get is not here; install by hand what mk/packages.txt lists" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: neither root nor sudo; run 'make deps' as root" >&2
		exit 1
	fi
	sudo=sudo
fi

wanted=
for mark in "$@"; do
	wanted="$wanted $(awk -v m="$mark" '$1 == m { print $2 }' packages.txt)"
done
missing=
for p in $wanted; do
	dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
	    grep -q '^install ok installed' || missing="$missing $p"
done
if [ -z "$missing" ]; then
	echo "deps: everything is installed"
	exit 0
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$sudo rm -f $policy' EXIT
	trap 'exit 1' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
fi
$sudo apt-get update -q
# shellcheck disable=SC2086 # a list of names
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
    --no-install-recommends $missing
