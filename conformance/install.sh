#!/bin/sh
# Installs from Debian's packages what is missing of the commands given, each as
# command:package, and of files, each as /path:package. Services among them are not started.
set -eu
PATH=$PATH:/usr/sbin
missing=
for pair; do
	[ -e "${pair%:*}" ] || command -v "${pair%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "missing:$missing; install them, or run this as root on Debian" >&2
	exit 1
fi
echo "installing$missing with apt-get; their services are not started"
# RUNLEVEL=1 makes invoke-rc.d leave new services alone.
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
# A fresh machine has no lists of packages, an old one has none of today.
apt-get install -y --no-install-recommends $missing || {
	apt-get update
	apt-get install -y --no-install-recommends $missing
}
