package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"elbow/internal/regular"
)

const (
	// auditBlock is how much of the audit log is read at a time, from its end backwards.
	auditBlock = 64 << 10

	// maxAuditRead bounds how much one page reads in search of lines that match its
	// filters. The next page continues from there.
	maxAuditRead = 8 << 20

	// auditRows is the number of lines on a page.
	auditRows = 50
)

// An auditLine is a line of the audit log.
type auditLine struct {
	Time      time.Time         `json:"time"`
	RequestID string            `json:"request_id"`
	User      string            `json:"user"`
	AccessKey string            `json:"access_key"`
	Source    string            `json:"source"`
	Via       string            `json:"via"`
	Action    string            `json:"action"`
	Params    map[string]string `json:"params"`
	Status    int               `json:"status"`
	Code      string            `json:"code"`
	Took      float64           `json:"took"` // seconds
}

// openAudit opens a log together with path.1, the previous log that rotation has renamed.
// If a rotation happens between two pages, the second page repeats some lines.
func openAudit(path string) (log io.ReaderAt, size int64, closeAll func(), err error) {
	var all joined
	closeAll = func() {
		for _, f := range all {
			_ = f.File.Close() // it was opened for reading only
		}
	}
	for _, name := range []string{path + ".1", path} {
		f, err := regular.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			closeAll()
			return nil, 0, nil, err
		}
		end, err := f.Seek(0, io.SeekEnd)
		all = append(all, piece{f, size, size + end})
		if err != nil {
			closeAll()
			return nil, 0, nil, err
		}
		size += end
	}
	return all, size, closeAll, nil
}

// joined is the concatenation of files.
type joined []piece

// A piece is a file that holds the bytes between two offsets.
type piece struct {
	*os.File
	from, to int64
}

// ReadAt reads within the size that openAudit returned.
func (j joined) ReadAt(p []byte, at int64) (n int, err error) {
	for _, f := range j {
		if n == len(p) || at >= f.to {
			continue
		}
		m, err := f.File.ReadAt(p[n:min(int64(len(p)), int64(n)+f.to-at)], at-f.from)
		n, at = n+m, at+int64(m)
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readAudit reads the lines of a file that pass the filter, newest first, up to auditRows,
// of those that begin before the offset; an offset below 0 means the end of the file. next
// is the offset to continue from, 0 if the beginning was reached. A file that does not
// exist has no lines.
func readAudit(path string, before int64, passes func(*auditLine) bool) (lines []auditLine, next int64, err error) {
	file, size, closeAll, err := openAudit(path)
	if err != nil {
		return nil, 0, err
	}
	defer closeAll()
	if before < 0 || before > size {
		before = size
	}
	r := backwards{file: file, at: before}
	for len(lines) < auditRows && before-r.start() < maxAuditRead {
		text, ok, err := r.line()
		if err != nil || !ok {
			return lines, 0, err
		}
		var one auditLine
		if json.Unmarshal(text, &one) == nil && passes(&one) { // a truncated line is skipped
			lines = append(lines, one)
		}
	}
	return lines, r.start(), nil
}

// backwards reads the lines of a file from an offset to its beginning.
type backwards struct {
	file io.ReaderAt
	at   int64  // offset of what is in rest
	rest []byte // read and not returned yet
}

// start returns the offset of the end of rest.
func (b *backwards) start() int64 { return b.at + int64(len(b.rest)) }

// line returns the line before those already returned; false at the beginning of the file.
func (b *backwards) line() (text []byte, ok bool, err error) {
	for {
		body := bytes.TrimSuffix(b.rest, []byte("\n"))
		if i := bytes.LastIndexByte(body, '\n'); i >= 0 {
			text, b.rest = body[i+1:], b.rest[:i+1]
			return text, true, nil
		}
		if b.at == 0 {
			b.rest = nil
			return body, len(body) > 0, nil
		}
		if len(b.rest) > 1<<20 { // no line of an audit log is that long
			return nil, false, errors.New("audit log: a line of over 1 MiB")
		}
		n := min(b.at, auditBlock)
		block := make([]byte, n, n+int64(len(b.rest)))
		if _, err := b.file.ReadAt(block, b.at-n); err != nil {
			return nil, false, err
		}
		b.at -= n
		b.rest = append(block, b.rest...)
	}
}
