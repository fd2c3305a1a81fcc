package http2

import "encoding/binary"

// A setting is what an endpoint can say of itself (RFC 9113, 6.5.2).
type setting uint16

const (
	headerTableSize       setting = 1
	enablePush            setting = 2
	maxConcurrentStreams  setting = 3
	initialWindowSize     setting = 4
	maxFrameSize          setting = 5
	maxHeaderListSize     setting = 6
	enableConnectProtocol setting = 8 // RFC 8441, 3
	noPriorities          setting = 9 // RFC 9218, 2.1
)

// AppendGreeting appends what a server begins with: its SETTINGS, and an update
// that makes the connection's window ConnWindow.
func AppendGreeting(dst []byte) []byte {
	settings := [...]struct {
		id    setting
		value uint32
	}{
		{maxConcurrentStreams, MaxStreams},
		{initialWindowSize, StreamWindow},
		{maxHeaderListSize, MaxListBytes},
		{enableConnectProtocol, 1},
		{noPriorities, 1},
	}
	dst = AppendHeader(dst, 6*len(settings), Settings, 0, 0)
	for _, s := range settings {
		dst = binary.BigEndian.AppendUint16(dst, uint16(s.id))
		dst = binary.BigEndian.AppendUint32(dst, s.value)
	}
	return AppendWindowUpdate(dst, 0, ConnWindow-initialWindow)
}

// PeerWindow reads the client's SETTINGS and returns the initial window for its
// streams, was if they do not say. The rest of them is checked and left: the
// encoder keeps no table, no frame is longer than everybody takes, and nothing
// is pushed.
func PeerWindow(payload []byte, was int64) (int64, error) {
	for ; len(payload) >= 6; payload = payload[6:] {
		value := binary.BigEndian.Uint32(payload[2:])
		switch setting(binary.BigEndian.Uint16(payload)) {
		case enablePush, enableConnectProtocol, noPriorities:
			if value > 1 {
				return was, ErrSetting
			}
		case initialWindowSize:
			if value > maxWindow {
				return was, ErrWindowSetting
			}
			was = int64(value)
		case maxFrameSize:
			if value < MaxFrame || value >= 1<<24 {
				return was, ErrSetting
			}
		}
	}
	return was, nil
}
