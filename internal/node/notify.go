package node

import (
	"log/slog"
	"net"
	"os"
	"strings"
)

// notify tells systemd, if it started this process with Type=notify, how it
// stands: sd_notify(3) in a few lines.
func notify(log *slog.Logger, lines ...string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	c, err := net.Dial("unixgram", name)
	if err == nil {
		defer c.Close()
		_, err = c.Write([]byte(strings.Join(lines, "\n")))
	}
	if err != nil {
		log.Warn("systemd not told", "err", err)
	}
}
