#!/bin/sh
# Prints the config file of the package, made by the program given: all settings with
# their meaning. Defaults are comments, so that later defaults take effect too.
set -eu
cat <<'HEAD'
# Settings of elbow, name = value. Settings that are commented out have their defaults.
# `systemctl reload elbow` applies changes without refusing a connection.

HEAD
# The data directory is the one that the unit may write to. -takeover is a flag for the
# command line only.
"$1" serve -data /var/lib/elbow -print-config |
	sed -e '/^# take the place/,/^takeover = /d' -e 's/^\([a-z]\)/#\1/' -e 's/^#\(data = \)/\1/' | cat -s
