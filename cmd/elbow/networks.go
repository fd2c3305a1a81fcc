package main

import (
	"net/netip"

	"elbow/internal/elb"
)

// A networks is the value of a flag: address ranges separated by commas.
type networks []netip.Prefix

func (n *networks) String() string {
	text := ""
	for i, p := range *n {
		if i > 0 {
			text += ","
		}
		text += p.String()
	}
	return text
}

// Set replaces the ranges.
func (n *networks) Set(text string) (err error) {
	*n, err = elb.ParseNetworks(text)
	return err
}
