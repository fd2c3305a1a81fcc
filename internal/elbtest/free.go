package elbtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
)

// FreeAddress returns an unused port of ip. It is below the ports of outgoing connections
// (32768 to 60999 on Linux), one of which could use it a moment later.
func FreeAddress(t testing.TB, ip string) string {
	t.Helper()
	address, err := freeAddress(ip)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func freeAddress(ip string) (address string, err error) {
	const first, last, tries = 20000, 32767, 100
	for range tries {
		var l net.Listener
		address = net.JoinHostPort(ip, strconv.Itoa(first+rand.IntN(last-first+1)))
		if l, err = net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", err
}

var vswitches struct {
	sync.Mutex
	used int
}

// freeVSwitch returns a range of the loopback network that no other node of this process
// uses, and with high probability none of another process.
func freeVSwitch() string {
	vswitches.Lock()
	defer vswitches.Unlock()
	n := vswitches.used
	vswitches.used++
	return fmt.Sprintf("127.%d.%d.0/20", 64+(os.Getpid()+n/16)%128, n%16*16)
}
