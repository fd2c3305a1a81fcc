#!/bin/sh
# Installs those of the servers that make conformance asks and that are missing,
# from Debian's packages. Their services are not started.
set -eu
PATH=$PATH:/usr/sbin
missing=
command -v nginx >/dev/null || missing="$missing nginx"
command -v haproxy >/dev/null || missing="$missing haproxy"
command -v node >/dev/null || missing="$missing nodejs"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "missing:$missing; install them, or run this as root on Debian" >&2
	exit 1
fi
echo "installing$missing with apt-get; their services are not started"
apt-get update -q
# RUNLEVEL=1 makes invoke-rc.d leave new services alone.
DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends $missing
