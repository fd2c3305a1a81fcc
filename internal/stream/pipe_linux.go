package stream

import "golang.org/x/sys/unix"

// A pipe moves bytes from one socket to another without copying them. A side
// holds one only while there are bytes in it.
type pipe struct {
	r, w int
	n    int // bytes in it
}

const (
	// pipeSize is the capacity requested for a pipe, in bytes.
	pipeSize = 256 << 10

	// usablePipe is the least capacity at which a pipe is faster than copying. A
	// process without CAP_SYS_RESOURCE gets pipes of 8 KiB once those of its user
	// hold 16,384 pages.
	usablePipe = 64 << 10

	// keptPipes is the number of unused pipes that a loop keeps.
	keptPipes = 16
)

// takePipe returns an empty pipe, or nil if none of a usable size can be had.
func (o *loop) takePipe() *pipe {
	if n := len(o.pipes); n > 0 {
		p := o.pipes[n-1]
		o.pipes = o.pipes[:n-1]
		return p
	}
	var fds [2]int
	if unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC) != nil {
		return nil
	}
	p := &pipe{r: fds[0], w: fds[1]}
	size, err := unix.FcntlInt(uintptr(p.w), unix.F_SETPIPE_SZ, pipeSize)
	if err != nil {
		size, err = unix.FcntlInt(uintptr(p.w), unix.F_GETPIPE_SZ, 0)
	}
	if err != nil || size < usablePipe || o.streams.files.Refuses(uintptr(p.w)) {
		p.close()
		return nil
	}
	return p
}

// givePipe takes back an empty pipe.
func (o *loop) givePipe(p *pipe) {
	if p.n == 0 && len(o.pipes) < keptPipes {
		o.pipes = append(o.pipes, p)
		return
	}
	p.close()
}

func (p *pipe) close() { _, _ = unix.Close(p.r), unix.Close(p.w) }
