#!/usr/bin/env bash
# A file lock by flock outlasts the close of its descriptor for as long as the file is mapped into memory.
#
# Versions: go.etcd.io/bbolt v1.5.0 (the database of etcd 3.7), golang.org/x/sys v0.50.0, Linux 6.18.44.
#
# Expected: flock(2): the lock is released by LOCK_UN on a descriptor, or when all descriptors of the open file are closed. The guess before
# looking was that a program can take a database away from a library that has hung, by putting another file in the place of its
# descriptor with dup3, and that the lock is gone with the descriptor.
#
# What happens: the mapping refers to the open file as a descriptor does. As long as bbolt has the file mapped, opening it anew times out,
# although no descriptor of the process refers to it any more; an explicit LOCK_UN before releases it.
#
# Why it matters: a process that opens its database again after a fault, or hands it to the next process, waits for a lock which no
# descriptor holds. /proc/locks shows it and /proc/PID/fd does not, so that an operator who looks for the holder finds nobody.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >main.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

// reopen opens a database, puts /dev/null in the place of its descriptor, and
// tells whether it can be opened anew. unlock releases the lock before that.
func reopen(name string, unlock bool) string {
	db, err := bbolt.Open(name, 0o600, nil)
	if err != nil {
		panic(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucketIfNotExists([]byte("b")); return err }); err != nil {
		panic(err)
	}
	fd := descriptor(name)
	if unlock {
		if err := unix.Flock(fd, unix.LOCK_UN); err != nil {
			panic(err)
		}
	}
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	if err := unix.Dup3(null, fd, unix.O_CLOEXEC); err != nil {
		panic(err)
	}
	if descriptor(name) != -1 {
		panic("a descriptor is left")
	}
	again, err := bbolt.Open(name, 0o600, &bbolt.Options{Timeout: time.Second})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return "locked"
	case err != nil:
		return err.Error()
	}
	again.Close()
	return "opened"
}

// descriptor finds the descriptor of a file in this process, -1 if there is none.
func descriptor(name string) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		if target, _ := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); target == name {
			fd, _ := strconv.Atoi(e.Name())
			return fd
		}
	}
	return -1
}

func main() {
	dir, err := filepath.EvalSymlinks(".")
	if err != nil {
		panic(err)
	}
	dir, _ = filepath.Abs(dir)
	kept, released := reopen(filepath.Join(dir, "one"), false), reopen(filepath.Join(dir, "two"), true)
	fmt.Println("descriptor replaced, file still mapped:", kept)
	fmt.Println("the same with LOCK_UN before:          ", released)
	if kept != "locked" || released != "opened" {
		fmt.Println("this has changed")
		os.Exit(1)
	}
}
GO
cat >go.mod <<'GO'
module finding

go 1.25

require (
	go.etcd.io/bbolt v1.5.0
	golang.org/x/sys v0.50.0
)
GO
export GOFLAGS=-mod=mod CGO_ENABLED=0
uname -sr
go run .
