#!/bin/sh
# Prints the config file of the package, by the program given: all settings with
# their meaning, defaults as comments, so that later defaults take effect too.
set -eu
cat <<'HEAD'
# Settings of elbow, name = value. A # before a setting: the default holds.
# `systemctl reload elbow` puts changes into effect without a refused connection.

HEAD
# The state is where the unit may write. -takeover is for the command line.
"$1" serve -data /var/lib/elbow -print-config |
	sed -e '/^# take the place/,/^takeover = /d' -e 's/^\([a-z]\)/#\1/' -e 's/^#\(data = \)/\1/' | cat -s
