package main

import (
	"errors"
	"flag"
	"fmt"
	"net"

	"elbow/internal/node"
)

// apiFlags sets the part of c that is about the API, the console and what operators
// ask.
func (c *config) apiFlags(f *flag.FlagSet) {
	f.StringVar(&c.API, "api", c.API,
		"`HOST:PORT` that the API listens on; port 0 takes a free one")
	f.StringVar(&c.APICert, "api-cert", c.APICert,
		"`FILE` with the API's certificate chain in PEM; without it the API speaks plain\n"+
			"HTTP, where only the signature protects a call. SIGHUP reads it again")
	f.StringVar(&c.APIKey, "api-key", c.APIKey,
		"`FILE` with the private key of -api-cert in PEM")
	f.BoolVar(&c.APIPlain, "api-plain", c.APIPlain,
		"beside TLS the API's port serves plain HTTP too, for clients that cannot do\n"+
			"otherwise. Only signed calls: the console is sent on to https. Without it a\n"+
			"call by plain HTTP is answered with an error that says so. Needs -api-cert")
	f.IntVar(&c.MaxAPIConns, "max-api-connections", c.MaxAPIConns,
		"connections of the API and the console open at once, at least 8. Beyond it one\n"+
			"is closed for each new one: the oldest from the address that has most, of\n"+
			"clients that have not proved who they are first")
	f.StringVar(&c.Admin, "admin", c.Admin,
		"`HOST:PORT` for /metrics, /healthz, /readyz and /debug/pprof/, or off. It has no\n"+
			"access control: keep it on an address that only operators reach")
	f.StringVar(&c.Console, "console", c.Console,
		"on, off or auto: whether the web console is served beside the API, under\n"+
			"/console/. auto is on if -api is a loopback address. On another one give\n"+
			"-api-cert too: passwords and secrets are typed into it")
}

func (c *config) validateAPI() error {
	switch {
	case (c.APICert == "") != (c.APIKey == ""):
		return errors.New("-api-cert and -api-key: give both or neither")
	case c.APIPlain && c.APICert == "":
		return errors.New("-api-plain: needs -api-cert; without it the API speaks plain HTTP anyway")
	case c.Console != node.ConsoleOn && c.Console != node.ConsoleOff && c.Console != node.ConsoleAuto:
		return fmt.Errorf("-console: must be on, off or auto, not %s", c.Console)
	}
	_, port, err := net.SplitHostPort(c.API)
	if err != nil {
		return fmt.Errorf("-api: %w", err)
	}
	if _, _, err := net.SplitHostPort(c.Admin); err != nil && c.Admin != node.Off {
		return fmt.Errorf("-admin: %w", err)
	}
	if c.API == c.Admin && port != "" && port != "0" {
		return fmt.Errorf("-api and -admin: both are %s: give another -admin", c.API)
	}
	return within("-max-api-connections", c.MaxAPIConns, 8, maxCount)
}
