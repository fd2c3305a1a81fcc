package elbow

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const architecture = "ARCHITECTURE.md"

// Every term in the table of words is a name in the code.
func TestWordsAreNames(t *testing.T) {
	names := make(map[string]bool)
	parseAll(t, func(file string, _ *token.FileSet, f *ast.File) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok {
				names[" "+spaced(ident.Name)+" "] = true
			}
			return true
		})
	})
	terms := tableRows(t, "| word | meaning |")
	if len(terms) < 10 {
		t.Fatalf("%d rows in the table of words", len(terms))
	}
	for _, row := range terms {
		for term := range strings.SplitSeq(row[0], ", ") {
			found := false
			for name := range names {
				found = found || strings.Contains(name, " "+term+" ")
			}
			if !found {
				t.Errorf("%s explains %q, which no name in the code contains", architecture, term)
			}
		}
	}
}

// No comment uses a word that the second table of words replaces.
func TestWordsThatAreReplaced(t *testing.T) {
	replaced := make(map[string]string)
	var words []string
	for _, row := range tableRows(t, "| not | but |") {
		for word := range strings.SplitSeq(row[0], ", ") {
			replaced[word] = row[1]
			words = append(words, regexp.QuoteMeta(word))
		}
	}
	if len(words) < 5 {
		t.Fatalf("%d words in the table of replaced words", len(words))
	}
	banned := regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
	parseAll(t, func(_ string, fset *token.FileSet, f *ast.File) {
		for _, group := range f.Comments {
			text := strings.Join(strings.Fields(group.Text()), " ")
			word := strings.ToLower(banned.FindString(text))
			if word != "" {
				t.Errorf("%s: not %q, but %s", fset.Position(group.Pos()), word, replaced[word])
			}
		}
	})
}

// tableRows are the first two columns of the table in ARCHITECTURE.md with this
// head.
func tableRows(t *testing.T, head string) (rows [][2]string) {
	t.Helper()
	_, table, found := strings.Cut(string(read(t, architecture)), head+"\n|---|---|\n")
	if !found {
		t.Fatalf("%s has no table %s", architecture, head)
	}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			break
		}
		rows = append(rows, [2]string{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])})
	}
	return rows
}

// spaced is an identifier as words in lower case: load balancer for LoadBalancer.
func spaced(name string) string {
	var b strings.Builder
	last := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && !unicode.IsUpper(last) || r == '_' {
			b.WriteByte(' ')
		}
		if r != '_' {
			b.WriteRune(unicode.ToLower(r))
		}
		last = r
	}
	return strings.TrimSpace(b.String())
}
