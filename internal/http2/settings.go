package http2

import "encoding/binary"

// A setting is the id of a SETTINGS parameter (RFC 9113, 6.5.2).
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

// AppendGreeting appends the first frames of a server: its SETTINGS, and a
// WINDOW_UPDATE that makes the connection's window ConnWindow.
func AppendGreeting(dst []byte) []byte {
	dst = appendSettings(dst,
		said{maxConcurrentStreams, MaxStreams},
		said{initialWindowSize, StreamWindow},
		said{maxHeaderListSize, MaxListBytes},
		said{enableConnectProtocol, 1},
		said{noPriorities, 1})
	return AppendWindowUpdate(dst, 0, ConnWindow-initialWindow)
}

// AppendClientGreeting appends the first bytes of a client to a backend: the
// Preface, its SETTINGS, and a WINDOW_UPDATE that makes the connection's window
// BackendConnWindow. Without a dynamic table header blocks do not depend on each
// other; nginx asks the same of backends.
func AppendClientGreeting(dst []byte) []byte {
	dst = appendSettings(append(dst, Preface...),
		said{headerTableSize, 0},
		said{enablePush, 0},
		said{initialWindowSize, BackendStreamWindow},
		said{maxHeaderListSize, MaxListBytes})
	return AppendWindowUpdate(dst, 0, BackendConnWindow-initialWindow)
}

// said is a setting with its value.
type said struct {
	id    setting
	value uint32
}

func appendSettings(dst []byte, settings ...said) []byte {
	dst = AppendHeader(dst, 6*len(settings), Settings, 0, 0)
	for _, s := range settings {
		dst = binary.BigEndian.AppendUint16(dst, uint16(s.id))
		dst = binary.BigEndian.AppendUint32(dst, s.value)
	}
	return dst
}

// PeerStreams parses the SETTINGS of a backend and returns how many streams it
// allows, and whether it sets a limit.
func PeerStreams(payload []byte) (streams uint32, said bool) {
	streams = 1<<32 - 1
	for ; len(payload) >= 6; payload = payload[6:] {
		if setting(binary.BigEndian.Uint16(payload)) == maxConcurrentStreams {
			streams, said = binary.BigEndian.Uint32(payload[2:]), true
		}
	}
	return streams, said
}

// PeerWindow parses the peer's SETTINGS and returns the initial window for its
// streams, was if they do not set it. The other settings are validated and
// ignored: the encoder keeps no table, no frame exceeds the size that every peer
// accepts, and nothing is pushed.
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
