#!/usr/bin/env bash
# etcd skips election ticks at the start of a cluster of one member although it is told not to.
#
# Version: go.etcd.io/etcd/server/v3 v3.7.3.
#
# Expected: --initial-election-tick-advance "Whether to fast-forward initial election ticks on boot for faster election". With false all
# of --election-timeout passes before a member stands for election. The guess before looking was that with a tick of 0.5 s and an
# election timeout of 5 s (10 ticks) a start takes 5 to 10 s.
#
# What happens: the option is looked at for several members only. One alone always skips all ticks but one, says so in a log line, and
# leads after half a second to 5.5 s.
#
# Why it matters: whoever embeds etcd for one node and computes the length of a start, or the earliest moment of an election, from its
# options is wrong by almost the whole election timeout. The earliest moment is one tick after the start, so with short ticks an
# election can come while the log is still being applied.
set -eu
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func main() {
	core, seen := observer.New(zapcore.InfoLevel)
	cfg := embed.NewConfig()
	cfg.Dir = os.Args[1]
	cfg.TickMs, cfg.ElectionMs = 500, 5000
	cfg.InitialElectionTickAdvance = false
	socket := func(name string) []url.URL { return []url.URL{{Scheme: "unix", Host: name, Path: ""}} }
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = socket("client:1"), socket("client:1")
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = socket("peer:1"), socket("peer:1")
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.New(core))
	began := time.Now()
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		panic(err)
	}
	<-e.Server.ReadyNotify()
	took := time.Since(began)
	e.Close()
	for _, l := range seen.FilterMessageSnippet("fast-forwarding election ticks").All() {
		fmt.Printf("%s: %v of %d ticks\n", l.Message, l.ContextMap()["forward-ticks"], cfg.ElectionMs/cfg.TickMs)
	}
	fmt.Fprintf(os.Stderr, "ready after %.1f s\n", took.Seconds())
}
GO
cat >go.mod <<'MOD'
module seen

go 1.26

require (
	go.etcd.io/etcd/server/v3 v3.7.3
	go.uber.org/zap v1.27.1
)
MOD
go mod tidy >/dev/null 2>&1
go build -o seen .
got=$(./seen "$dir/data")
echo "$got"
[ "$got" = "started as single-node; fast-forwarding election ticks: 9 of 10 ticks" ]
