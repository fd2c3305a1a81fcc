package api

import "sync"

// A Family is a group of operations under one heading.
type Family struct {
	Name       string
	Operations []*Operation
}

// Families lists every operation, in the order of the documents.
var Families = []Family{
	{"Load balancers", loadBalancerOperations},
	{"Listeners", listenerOperations},
	{"Backend servers", backendOperations},
	{"Instances", instanceOperations},
	{"Monitoring", monitorOperations},
	{"Regions and networks", networkOperations},
	{"EIPs", eipOperations},
	{"Tags", tagOperations},
	{"Certificates", certificateOperations},
	{"Users, keys and policies", ramOperations},
	{"Identity", stsOperations},
}

// Operations lists every operation, in the order of Families.
func Operations() []*Operation { return all() }

// Lookup returns the operation action of the given version.
func Lookup(version, action string) (*Operation, bool) {
	op, ok := byName()[operationName{version, action}]
	return op, ok
}

type operationName struct{ version, action string }

var all = sync.OnceValue(func() []*Operation {
	var ops []*Operation
	for _, f := range Families {
		ops = append(ops, f.Operations...)
	}
	return ops
})

var byName = sync.OnceValue(func() map[operationName]*Operation {
	m := make(map[operationName]*Operation)
	for _, op := range all() {
		m[operationName{op.Version, op.Name}] = op
	}
	return m
})

// input returns a new input of an operation.
func input[T any, P interface {
	*T
	Input
}]() Input {
	return P(new(T))
}

// output returns a zero answer of an operation.
func output[T any]() any {
	var out T
	return out
}

// The PEM texts in examples, shortened for the reader.
const (
	exampleCert = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"
	exampleKey  = "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n"
)
