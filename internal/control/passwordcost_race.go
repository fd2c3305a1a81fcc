//go:build race

package control

// passwordCost is the least that bcrypt takes: the race detector makes a round
// some twenty times as long, and only tests are built with it.
const passwordCost = 4
