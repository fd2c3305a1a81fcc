#!/usr/bin/env bash
# The JDK's cookie store sends a cookie that was set with Max-Age back in quotes, and the same cookie without Max-Age as it was.
#
# Versions: OpenJDK 17 (Debian 12, openjdk-17-jdk-headless; seen with 17.0.15), java.net.CookieManager as java.net.http.HttpClient uses it.
#
# Expected: RFC 6265, 5.4: a client sends name=value as it got them; Max-Age says how long, and changes nothing of what is sent. The guess
# before looking was that the store sends back the value it was given, with any attributes.
#
# What happens: with Max-Age the store takes the cookie for one of RFC 2965, which nobody else has sent for fifteen years: the header becomes
# $Version="1"; name="value";$Path="/";$Domain="host". With Expires instead of Max-Age, or with neither, it is name=value.
#
# Why it matters: a proxy that finds a client's backend in a cookie compares the value. Where the cookie has a lifetime by Max-Age, Java
# clients lose their backend unless the quotes are taken off, and an application gets "value" with quotes if they are left on. So the
# inserted cookie of a balancer should have no Max-Age, and a rewritten one has to be found inside the quotes.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

if ! command -v javac >/dev/null; then
	apt-get update -qq && apt-get install -y -qq openjdk-17-jdk-headless >/dev/null
fi
version=$(java -version 2>&1 | head -n 1)
case $version in
*'"17.'*) ;;
*)
	echo "this is about OpenJDK 17, and here is $version"
	exit 2
	;;
esac

cat >Cookies.java <<'JAVA'
import java.net.*;
import java.util.*;

public class Cookies {
	public static void main(String[] args) throws Exception {
		var uri = URI.create("https://shop.test/");
		for (var attributes : List.of("Path=/; Secure", "Path=/; Secure; Expires=Tue, 01 Jan 2030 00:00:00 GMT", "Path=/; Secure; Max-Age=3600")) {
			var store = new CookieManager();
			store.put(uri, Map.of("Set-Cookie", List.of("app=1234~abc; " + attributes)));
			System.out.println(String.join("; ", store.get(uri, Map.of()).get("Cookie")) + "   was set with " + attributes);
		}
	}
}
JAVA
echo "$version"
javac Cookies.java
java Cookies | tee seen
grep -q '^app=1234~abc   was set with Path=/; Secure$' seen &&
	grep -q '^app=1234~abc   was set with .*Expires' seen &&
	grep -qF '$Version="1"; app="1234~abc";$Path="/";$Domain="shop.test"   was set with Path=/; Secure; Max-Age=3600' seen || {
	echo "this has changed"
	exit 1
}
