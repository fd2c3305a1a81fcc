//go:build !race

package control

// passwordCost is bcrypt's cost: 2^10 rounds, the minimum that OWASP advises,
// take some 50 ms of one core, which is slow for guessing and acceptable for a
// sign-in once a day.
const passwordCost = 10
