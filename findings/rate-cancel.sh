#!/usr/bin/env bash
# golang.org/x/time/rate: nine of ten that wait give up, and the next one waits for all ten all the same.
#
# Versions: golang.org/x/time v0.16.0.
#
# Expected: Reservation.Cancel "reverses the effects of this Reservation on the rate Limit as much as possible", and Limiter.Wait cancels for
# callers whose context ends. With one event a second and ten reservations, nine of which are cancelled, the next should have to wait for
# about a second. The guess before looking was that a cancelled reservation gives its token back, whatever the order.
#
# What happens: a cancelled reservation gives back its token less those that were reserved after it, so that nothing comes back but from the
# last one. Cancelled newest first, the next waits 1 s; cancelled oldest first, as callers with equal timeouts do, it waits 9 s;
# if the last one stays, 10 s.
#
# Why it matters: a server that has clients wait for their turn by this package, and whose clients give up, builds a queue of nobody:
# a flood of connections that close again at once makes those who stay wait for turns which nobody will take.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// next makes ten reservations at one a second, cancels those of the given
// numbers in that order, and returns how long an eleventh has to wait.
func next(cancelled ...int) time.Duration {
	now := time.Now()
	l := rate.NewLimiter(1, 1)
	made := make([]*rate.Reservation, 10)
	for i := range made {
		made[i] = l.ReserveN(now, 1)
	}
	for _, i := range cancelled {
		made[i].CancelAt(now)
	}
	return l.ReserveN(now, 1).DelayFrom(now)
}

func main() {
	oldest := []int{1, 2, 3, 4, 5, 6, 7, 8, 9}
	newest := slices.Clone(oldest)
	slices.Reverse(newest)
	changed := false
	for _, c := range []struct {
		what string
		got  time.Duration
		want time.Duration
	}{
		{"none cancelled", next(), 10 * time.Second},
		{"nine cancelled, newest first", next(newest...), time.Second},
		{"nine cancelled, oldest first", next(oldest...), 9 * time.Second},
		{"nine cancelled, the last one stays", next(0, 1, 2, 3, 4, 5, 6, 7, 8), 10 * time.Second},
	} {
		fmt.Printf("%-36s the next one waits %v\n", c.what, c.got)
		changed = changed || c.got != c.want
	}
	if changed {
		fmt.Println("this has changed")
		os.Exit(1)
	}
}
GO
cat >go.mod <<'GO'
module finding

go 1.25

require golang.org/x/time v0.16.0
GO
export GOFLAGS=-mod=mod CGO_ENABLED=0
go version
go run .
