//go:build !race

package control

// passwordCost is bcrypt's: 2^10 rounds, the least that OWASP advises, take some
// 50 ms of one core, which is slow for who guesses and bearable for who signs in
// once a day.
const passwordCost = 10
