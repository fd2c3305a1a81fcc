package udp

import "time"

const (
	defaultMaxSessions  = 200_000
	defaultDrainTimeout = 30 * time.Second

	// defaultIdle is the EstablishedTimeout of the API by default.
	defaultIdle = 900 * time.Second

	// maxDatagram is the longest datagram: 65,535 bytes less the headers of IPv4 and UDP,
	// and a little more over IPv6.
	maxDatagram = 64 << 10

	// receiveBuffer is what the socket of a listener may hold. That by default holds some
	// 90 datagrams of 1,200 bytes, which come in less time than other listeners may take.
	receiveBuffer = 4 << 20

	// unprovedShare: of the sessions of clients that have not sent anything since they were
	// answered, one part in that many of all is kept when there are too many. Whoever forges
	// addresses never gets an answer and ends his own sessions.
	unprovedShare = 16
)
