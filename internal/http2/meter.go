package http2

// A Kind is a kind of event that is harmless now and then and an attack if it is
// frequent.
type Kind uint8

const (
	// Resets: streams that ended with RST_STREAM before their answer, sent by the
	// client or provoked by it ("rapid reset", CVE-2023-44487, and "made you
	// reset", CVE-2025-8671).
	Resets Kind = iota
	// Pings that need an answer (CVE-2019-9512). A PING after DATA or HEADERS of
	// ours does not count: gRPC sends one for each round trip on which something
	// arrives, to estimate the bandwidth, thousands a second where the round trip
	// is short.
	Pings
	// Changes: SETTINGS that need an acknowledgement (CVE-2019-9515).
	Changes
	// Idlers: frames without effect, such as DATA and CONTINUATION without
	// payload (CVE-2019-9518), PRIORITY (CVE-2019-9513) and unknown types.
	Idlers
	// Dribbles: small DATA frames because the peer keeps the window small
	// (CVE-2019-9511).
	Dribbles
	meters
)

// Meters are the leaky buckets of a connection, one for each Kind. The zero value
// has counted nothing.
type Meters [meters]int64 // when, in ns, the bucket will be empty

// Over counts one event of a kind at the time now, in ns from any origin after
// 0, and reports whether there have been too many.
func (m *Meters) Over(k Kind, now int64) bool {
	l := &meterLimits[k]
	m[k] = max(m[k], now) + int64(l.every)
	return m[k]-now > l.burst*int64(l.every)
}

// Small reports whether a DATA frame of n bytes counts as a dribble, when want
// bytes were ready to be sent.
func Small(n, want int) bool { return n < want && n < smallData }
