package handover

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	// maxMessage bounds one message, in bytes. A million nonces, the most that
	// are remembered, take 120 MB.
	maxMessage = 256 << 20

	// maxFiles bounds the files of one message: four for each of 50,000 listeners.
	maxFiles = 200_000

	// takenPause is how long to wait when more files are in flight than the
	// process may have open: Linux refuses more to unprivileged processes
	// (unix(7)).
	takenPause = 5 * time.Millisecond

	// filesAtOnce is the number of files sent with one byte. Linux allows 253.
	filesAtOnce = 250
)

// A channel carries messages, JSON texts with files attached, over a unix socket.
//
// A message is the length of its text and the number of its files, in 4 bytes
// each, then a byte for every filesAtOnce files, which carries them, then the
// text.
type channel struct {
	conn *net.UnixConn
}

// A Source opens a file to be sent; the file is closed after that.
type Source func() (*os.File, error)

// send sends v and files, of which no more than filesAtOnce are open at a time.
func (c *channel) send(v any, files []Source) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var head [8]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(text)))
	binary.BigEndian.PutUint32(head[4:], uint32(len(files)))
	if _, err := c.conn.Write(head[:]); err != nil {
		return err
	}
	for len(files) > 0 {
		n := min(len(files), filesAtOnce)
		if err := c.sendFiles(files[:n]); err != nil {
			return err
		}
		files = files[n:]
	}
	_, err = c.conn.Write(text)
	return err
}

// sendFiles sends a byte with files. It gets their descriptors in a way that
// leaves them non-blocking, which Fd does not: the sockets are in use.
func (c *channel) sendFiles(sources []Source) error {
	files := make([]*os.File, 0, len(sources))
	defer func() { closeAll(files) }()
	fds := make([]int, 0, len(sources))
	for _, open := range sources {
		f, err := open()
		if err != nil {
			return err
		}
		files = append(files, f)
		raw, err := f.SyscallConn()
		if err != nil {
			return err
		}
		if err := raw.Control(func(fd uintptr) { fds = append(fds, int(fd)) }); err != nil {
			return err
		}
	}
	for began := time.Now(); ; time.Sleep(takenPause) {
		_, _, err := c.conn.WriteMsgUnix([]byte{0}, syscall.UnixRights(fds...), nil)
		if !errors.Is(err, syscall.ETOOMANYREFS) || time.Since(began) > builtWithin {
			return err
		}
	}
}

var errMessage = errors.New("not a message of a takeover")

// receive reads a message into v. The caller must close the files.
func (c *channel) receive(v any) (files []*os.File, err error) {
	defer func() {
		if err != nil {
			closeAll(files)
			files = nil
		}
	}()
	var head [8]byte
	if _, err := io.ReadFull(c.conn, head[:]); err != nil {
		return nil, err
	}
	length, count := binary.BigEndian.Uint32(head[:]), int(binary.BigEndian.Uint32(head[4:]))
	if length > maxMessage || count > maxFiles {
		return nil, errMessage
	}
	for len(files) < count {
		some, err := c.receiveFiles()
		files = append(files, some...)
		if err != nil {
			return files, err
		}
		if len(some) != min(count-len(files)+len(some), filesAtOnce) {
			return files, fmt.Errorf("%w: files are missing; are too many open (ulimit -n)?", errMessage)
		}
	}
	text, err := io.ReadAll(io.LimitReader(c.conn, int64(length)))
	if err == nil && len(text) < int(length) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return files, err
	}
	return files, json.Unmarshal(text, v)
}

// receiveFiles reads a byte and the files with it.
func (c *channel) receiveFiles() ([]*os.File, error) {
	var b [1]byte
	oob := make([]byte, syscall.CmsgSpace(filesAtOnce*4))
	n, oobn, _, _, err := c.conn.ReadMsgUnix(b[:], oob)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return nil, err
	}
	var files []*os.File
	for i := range messages {
		fds, err := syscall.ParseUnixRights(&messages[i])
		if err != nil {
			return files, err
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "socket"))
		}
	}
	return files, nil
}

// expect reads the next step, which must be want.
func (c *channel) expect(want step) error {
	var got step
	files, err := c.receive(&got)
	closeAll(files)
	if err == nil && got != want {
		err = fmt.Errorf("%w: %q, not %q", errMessage, got, want)
	}
	return err
}

// say sends a step.
func (c *channel) say(s step) error { return c.send(s, nil) }

// within sets the deadline of the operations that follow.
func (c *channel) within(d time.Duration) { _ = c.conn.SetDeadline(time.Now().Add(d)) } // fails only if closed

func (c *channel) close() { _ = c.conn.Close() } // nothing is buffered

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // it was opened in vain
	}
}
