package main

import (
	"errors"
	"flag"
	"fmt"
	"net"

	"elbow/internal/node"
)

// apiFlags adds the flags of the API, the console and the admin port.
func (c *config) apiFlags(f *flag.FlagSet) {
	f.StringVar(&c.API, "api", c.API,
		"`HOST:PORT` that the API listens on; port 0 chooses a free one")
	f.StringVar(&c.APICert, "api-cert", c.APICert,
		"`FILE` with the API's certificate chain in PEM; without it the API uses plain\n"+
			"HTTP, where only the signature protects a call. SIGHUP reloads it")
	f.StringVar(&c.APIKey, "api-key", c.APIKey,
		"`FILE` with the private key of -api-cert in PEM")
	f.BoolVar(&c.APIPlain, "api-plain", c.APIPlain,
		"serve plain HTTP beside TLS on the API's port, for clients that need it. Only for\n"+
			"signed calls: the console redirects to https. Without it a call over plain HTTP\n"+
			"gets an error with the reason. Needs -api-cert")
	f.IntVar(&c.MaxAPIConns, "max-api-connections", c.MaxAPIConns,
		"connections of the API and the console open at once, at least 8. Beyond it each\n"+
			"new one closes the oldest of the address with most connections, of\n"+
			"unauthenticated clients first")
	f.StringVar(&c.Admin, "admin", c.Admin,
		"`HOST:PORT` for /metrics, /healthz, /readyz and /debug/pprof/, or off. It has no\n"+
			"access control: use an address that only operators can reach")
	f.StringVar(&c.Console, "console", c.Console,
		"on, off or auto: whether the web console is served on the API's port, under\n"+
			"/console/. auto is on if -api is a loopback address. On another address set\n"+
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
