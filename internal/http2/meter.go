package http2

// A Kind is something that is harmless now and then and an attack if it goes on.
type Kind uint8

const (
	// Resets: streams that ended with RST_STREAM before their answer, by the
	// client's will or by its fault ("rapid reset", CVE-2023-44487, and "made
	// you reset", CVE-2025-8671).
	Resets Kind = iota
	// Pings that want an answer (CVE-2019-9512). One that follows DATA or HEADERS
	// of ours does not count: gRPC sends one for each round trip on which something
	// comes, to estimate the bandwidth, thousands a second where that is short.
	Pings
	// Changes: SETTINGS that want an answer (CVE-2019-9515).
	Changes
	// Idlers: frames that carry nothing, such as DATA and CONTINUATION without
	// payload (CVE-2019-9518), PRIORITY (CVE-2019-9513) and unknown types.
	Idlers
	// Dribbles: DATA cut small by a window that is kept small (CVE-2019-9511).
	Dribbles
	meters
)

// Meters count what a connection has done of each Kind. The zero value has
// counted nothing.
type Meters [meters]int64 // when, in ns, all that happened would be paid for

// Over counts one event of a kind at the time now, in ns from any origin after
// 0, and reports whether there have been too many.
func (m *Meters) Over(k Kind, now int64) bool {
	l := &meterLimits[k]
	m[k] = max(m[k], now) + int64(l.every)
	return m[k]-now > l.burst*int64(l.every)
}

// Small reports whether a DATA frame of n bytes counts as a dribble, when want
// bytes were there to be sent.
func Small(n, want int) bool { return n < want && n < smallData }
