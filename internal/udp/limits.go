package udp

import "time"

const (
	defaultMaxSessions  = 200_000
	defaultDrainTimeout = 30 * time.Second

	// defaultIdle is the API's default of EstablishedTimeout.
	defaultIdle = 900 * time.Second

	// maxDatagram is more than the longest payload: 65,535 bytes less the UDP header and,
	// over IPv4, the IP header.
	maxDatagram = 64 << 10

	// receiveBuffer is the requested size of a listener's receive buffer. The default
	// holds some 90 datagrams of 1,200 bytes, which can arrive while the loop serves other
	// listeners.
	receiveBuffer = 4 << 20

	// unprovedShare limits the sessions of clients that have not sent anything after they
	// were answered to one part in 16 of all, when there are too many sessions. A client
	// that forges addresses never gets an answer, so it evicts only its own sessions.
	unprovedShare = 16
)
