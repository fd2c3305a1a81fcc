// Package stress holds the tests that ask more of the whole program than others
// do: three times what it can do, clients that are slow on purpose, and minutes
// of everything at once. `make overload`, `make slow` and `make soak` run them for
// as long as it takes to measure; the normal suite runs a short soak. Start
// reading at TestSoak.
package stress
