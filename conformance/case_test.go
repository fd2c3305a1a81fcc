package conformance

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A block is one case, as it is written in its file.
type block struct {
	title string
	where string   // file:line of the title
	lines []string // all of them, unparsed
	sent  []byte   // lines with ">"
	reply []byte   // lines with "<"
	rules []rule
}

// A rule is any other line: a word and the rest of the line.
type rule struct{ word, rest string }

// readBlocks reads the cases of all files in a directory of testdata, by the name of the
// file (the class).
func readBlocks(t *testing.T, dir string) map[string][]*block {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	classes := make(map[string][]*block)
	for _, file := range files {
		class := strings.TrimSuffix(filepath.Base(file), ".txt")
		if classes[class], err = readFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return classes
}

func readFile(file string) ([]*block, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var blocks []*block
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line, where := lines.Text(), fmt.Sprintf("%s:%d", file, n)
		if title, ok := strings.CutPrefix(line, "== "); ok {
			blocks = append(blocks, &block{title: title, where: where})
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		if len(blocks) == 0 {
			return nil, fmt.Errorf("%s: not in a case: %q", where, line)
		}
		if err := blocks[len(blocks)-1].add(line); err != nil {
			return nil, fmt.Errorf("%s: %w: %q", where, err, line)
		}
	}
	return blocks, lines.Err()
}

func (b *block) add(line string) error {
	b.lines = append(b.lines, line)
	var err error
	switch line[0] {
	case '>':
		b.sent, err = appendLine(b.sent, line[1:])
	case '<':
		b.reply, err = appendLine(b.reply, line[1:])
	default:
		word, rest, _ := strings.Cut(line, " ")
		rest, err = expand(rest)
		b.rules = append(b.rules, rule{word, rest})
	}
	return err
}

// appendLine appends a raw line, with CRLF unless its last character is a backslash.
func appendLine(dst []byte, line string) ([]byte, error) {
	line = strings.TrimPrefix(line, " ")
	line, open := strings.CutSuffix(line, `\`)
	text, err := expand(line)
	if err != nil {
		return nil, err
	}
	dst = append(dst, text...)
	if !open {
		dst = append(dst, "\r\n"...)
	}
	return dst, nil
}

var repeated = regexp.MustCompile(`\\\((\d+)\*([^)]*)\)`)

// expand resolves repetitions, then escapes.
func expand(s string) (string, error) {
	s = repeated.ReplaceAllStringFunc(s, func(m string) string {
		parts := repeated.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[1]) // digits
		return strings.Repeat(parts[2], n)
	})
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	return strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
}
