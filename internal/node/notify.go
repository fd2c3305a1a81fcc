package node

import (
	"log/slog"
	"net"
	"os"
	"strings"
)

// notify reports the state of this process to systemd if it was started with Type=notify.
// It implements sd_notify(3).
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
