#!/bin/sh
# Prints the version of the Debian package for the output of `git describe --tags
# --always --dirty` and the number of commits:
#
#	v1.2.3               1.2.3
#	v1.2.3-rc1           1.2.3~rc1            ~ sorts before the end: older than 1.2.3
#	v1.2.3-4-gabcdef0    1.2.3+4.gabcdef0     four commits after it
#	v1.2.3-rc1-4-g…      1.2.3~rc1+4.g…
#	abcdef0              0~1542.gabcdef0      no tag: sorts before every release, by commits
#	…-dirty              ….dirty              with uncommitted changes
#
# dpkg compares digits as numbers, so that +10 is newer than +9 and ~rc10 than ~rc9.
set -eu
version=$1 commits=$2

dirty=
case $version in
*-dirty) version=${version%-dirty} dirty=.dirty ;;
esac

after= # commits since the tag
if printf %s "$version" | grep -Eq -- '-[0-9]+-g[0-9a-f]{4,40}$'; then
	hash=${version##*-} rest=${version%-*}
	after=${rest##*-}.$hash version=${rest%-*}
fi

# A tag is a version with or without v before it; a hash has no dot.
case $version in
v[0-9]*) version=${version#v} ;;
[0-9]*.*) ;;
*)
	echo "0~$commits.g$version$dirty"
	exit
	;;
esac

# The first hyphen begins a suffix such as a release candidate. A further one would be
# taken for the beginning of the Debian revision.
case $version in
*-*) version=${version%%-*}~$(printf %s "${version#*-}" | tr - .) ;;
esac
if [ -n "$dirty" ] && [ -z "$after" ]; then
	after=0 # newer than the tag, older than the commit after it
fi
echo "$version${after:++$after}$dirty"
