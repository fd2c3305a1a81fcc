//go:build !race

package elbtest

const raceEnabled = false
