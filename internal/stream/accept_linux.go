package stream

import (
	"errors"

	"elbow/internal/overload"

	"golang.org/x/sys/unix"
)

// listen starts accepting connections of l. The kernel wakes only one of several
// waiting loops.
func (o *loop) listen(l *Listener) {
	if l.socket.IsShut() {
		return
	}
	fd := l.socket.FD
	if err := o.Watch(fd, unix.EPOLLIN|unix.EPOLLEXCLUSIVE); err != nil {
		o.streams.log.Error("connections are not accepted", "listener", l.address, "err", err)
		return
	}
	o.accepts[int32(fd)] = l
}

func (o *loop) unlisten(l *Listener) {
	fd := l.socket.FD
	if o.accepts[int32(fd)] == l {
		delete(o.accepts, int32(fd))
		o.Unwatch(fd)
	}
}

// acceptTurn is the number of connections that are accepted before the loop serves others.
const acceptTurn = 32

var errAccept = errors.New("connections cannot be accepted for now")

// take accepts connections of l.
func (o *loop) take(l *Listener) {
	for range acceptTurn {
		fd, client, e := accept(l.socket.FD)
		switch e {
		case 0:
		case unix.EAGAIN:
			return
		default: // out of descriptors or memory: lasts until connections end
			o.streams.scarce.Refuse(o.streams.log, errAccept, "cause", e)
			o.pause(l)
			return
		}
		switch {
		case o.streams.files.Refuses(uintptr(fd)):
			o.streams.scarce.Refuse(o.streams.log, overload.ErrDescriptors)
			l.counts.Accepted()
			l.counts.Refused()
		case l.enter():
			o.begin(l, fd, client)
			continue
		}
		reset(fd)
		_ = unix.Close(fd) // no bytes were exchanged
	}
}

// pause stops accepting until the next tick: the socket stays ready, and the loop
// would spin.
func (o *loop) pause(l *Listener) {
	o.unlisten(l)
	o.paused = append(o.paused, l)
}

// goOn ends all pauses.
func (o *loop) goOn() {
	paused := o.paused
	o.paused = nil
	for _, l := range paused {
		o.listen(l)
	}
}
