//go:build race

package elbtest

const raceEnabled = true
