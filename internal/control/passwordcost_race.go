//go:build race

package control

// passwordCost is bcrypt's minimum: the race detector makes a round some twenty
// times as long, and only tests are built with it.
const passwordCost = 4
