package api

import (
	"slices"
	"sync"
)

// Operations lists every operation, product by product, in the order of the
// documents.
func Operations() []*Operation { return all() }

// Lookup finds the operation action of the given version.
func Lookup(version, action string) (*Operation, bool) {
	op, ok := byName()[operationName{version, action}]
	return op, ok
}

type operationName struct{ version, action string }

var all = sync.OnceValue(func() []*Operation {
	return slices.Concat(loadBalancerOperations, listenerOperations, backendOperations, networkOperations,
		certificateOperations, ramOperations, stsOperations)
})

var byName = sync.OnceValue(func() map[operationName]*Operation {
	m := make(map[operationName]*Operation)
	for _, op := range all() {
		m[operationName{op.Version, op.Name}] = op
	}
	return m
})

// input makes a fresh input of an operation.
func input[T any, P interface {
	*T
	Input
}]() Input {
	return P(new(T))
}

// output makes a zero answer of an operation.
func output[T any]() any {
	var out T
	return out
}

// The PEM texts of examples, cut short for the reader.
const (
	exampleCert = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"
	exampleKey  = "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n"
)
