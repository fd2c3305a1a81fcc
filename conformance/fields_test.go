package conformance

import (
	"strings"
	"testing"
)

// fieldSenders are the senders of HTTP/2 and HTTP/3, by version and manner of sending.
var fieldSenders = map[string]sender{
	"h2/whole": func(t *testing.T, r *rig, c *requestCase) []string {
		return sendMessage(dialH2(t, r, false), c)
	},
	"h2/pieces": func(t *testing.T, r *rig, c *requestCase) []string {
		return sendMessage(dialH2(t, r, true), c)
	},
	"h3/whole": func(t *testing.T, r *rig, c *requestCase) []string {
		return sendMessage(dialH3(t, r, false), c)
	},
	"h3/pieces": func(t *testing.T, r *rig, c *requestCase) []string {
		return sendMessage(dialH3(t, r, true), c)
	},
}

// Whatever fields and data a client sends over HTTP/2 or HTTP/3, a backend gets the
// expected requests and no others, and every reader parses them alike.
func TestFields(t *testing.T) {
	readers := startReaders(t)
	cases := 0
	for class, blocks := range readBlocks(t, "fields") {
		t.Run(class, func(t *testing.T) {
			for _, b := range blocks {
				c, err := newFieldCase(b)
				if err != nil {
					t.Fatal(err)
				}
				cases++
				for how, send := range fieldSenders {
					if c.together && strings.HasSuffix(how, "/pieces") {
						continue
					}
					t.Run(c.title+"/"+how, func(t *testing.T) { c.run(t, send, readers) })
				}
			}
		})
	}
	t.Logf("%d cases", cases)
}
