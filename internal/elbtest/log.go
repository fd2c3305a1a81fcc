package elbtest

import (
	"bufio"
	"bytes"
	"strings"
	"sync"
)

// A log collects the output of a node.
type log struct {
	ready chan struct{} // closed when readyLine was printed

	mu    sync.Mutex
	text  bytes.Buffer // guarded by mu
	since int          // where the current line begins; guarded by mu
	seen  bool         // ready is closed; guarded by mu
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	lines := l.text.Bytes()[l.since:]
	end := bytes.LastIndexByte(lines, '\n') + 1
	scan := bufio.NewScanner(bytes.NewReader(lines[:end]))
	for scan.Scan() {
		if !l.seen && readyLine(scan.Text()) {
			l.seen = true
			close(l.ready)
		}
	}
	l.since += end
	return len(p), nil
}

// readyLine reports whether a line says that the API serves.
func readyLine(line string) bool {
	return strings.HasPrefix(line, "ready ") || strings.Contains(line, "msg=ready ") || strings.Contains(line, `"msg":"ready"`)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// mark returns the current position in the log. It has to be called before the action
// whose line is then awaited: the line may be printed before the wait begins.
func (l *log) mark() int { return len(l.String()) }

// from returns the output since the mark.
func (l *log) from(mark int) string { return l.String()[mark:] }

func (l *log) contains(s string) bool { return strings.Contains(l.String(), s) }
