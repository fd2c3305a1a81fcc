// Package stress holds the tests with the highest load on the whole program: three times
// its capacity, clients that are slow on purpose, and minutes of everything at once. `make
// overload`, `make slow` and `make soak` run them for as long as it takes to measure; the
// normal suite runs a short soak. Start reading at TestSoak.
package stress
