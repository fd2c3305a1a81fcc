package http3

// The settings that we send or check (RFC 9114, 7.2.4.1; RFC 9220, 3; RFC 9297,
// 2.1.1).
const (
	maxFieldSectionSize   = 0x6
	enableConnectProtocol = 0x8
	enableDatagrams       = 0x33
)

// AppendGreeting appends the start of a server's control stream: its type and
// SETTINGS. A client assumes that there is no dynamic table unless told otherwise
// (RFC 9204, 5).
func AppendGreeting(dst []byte) []byte {
	var settings []byte
	settings = appendVarint(settings, maxFieldSectionSize)
	settings = appendVarint(settings, MaxListBytes)
	settings = appendVarint(settings, enableConnectProtocol)
	settings = appendVarint(settings, 1)
	dst = appendVarint(dst, uint64(ControlStream))
	dst = AppendFrameHeader(dst, Settings, len(settings))
	return append(dst, settings...)
}

// checkSettings validates the SETTINGS of a client. None of them changes what a
// server that pushes nothing and has no dynamic table sends.
func checkSettings(payload []byte) error {
	var seen [maxSettings]uint64
	for count := 0; len(payload) > 0; count++ {
		id, n := readVarint(payload)
		if n == 0 {
			return ErrFrame
		}
		value, m := readVarint(payload[n:])
		if m == 0 {
			return ErrFrame
		}
		payload = payload[n+m:]
		switch {
		case count == maxSettings:
			return ErrControlLength
		case id == 0 || id >= 2 && id <= 5: // of HTTP/2 (RFC 9114, 7.2.4.1)
			return ErrSetting
		case (id == enableConnectProtocol || id == enableDatagrams) && value > 1:
			return ErrSetting
		}
		for _, other := range seen[:count] {
			if id == other {
				return ErrSetting
			}
		}
		seen[count] = id
	}
	return nil
}
