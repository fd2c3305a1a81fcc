package elbow

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const decisions = "docs/decisions.md"

// Numbers within a section of docs/decisions.md begin at 1 and leave none out,
// so that a number means one decision.
func TestDecisionsAreNumbered(t *testing.T) {
	for section, numbers := range decisionNumbers(t) {
		for i, n := range numbers {
			if n != i+1 {
				t.Errorf("%s: section %s has %d where %d was expected", decisions, section, n, i+1)
				break
			}
		}
	}
}

// A comment that cites a decision cites one that exists.
func TestCitedDecisionsExist(t *testing.T) {
	sections := decisionNumbers(t)
	cited := regexp.MustCompile(`\bdecisions, ([A-Z][A-Za-z ]*?) (\d+)\b`)
	count := 0
	parseAll(t, func(file string, fset *token.FileSet, f *ast.File) {
		for _, group := range f.Comments {
			text := strings.Join(strings.Fields(group.Text()), " ")
			matches := cited.FindAllStringSubmatch(text, -1)
			if n := strings.Count(text, "(decisions,"); n > len(matches) {
				t.Errorf("%s: %q does not cite as (decisions, SECTION NUMBER)", fset.Position(group.Pos()), text)
			}
			for _, m := range matches {
				count++
				n, _ := strconv.Atoi(m[2]) // digits
				if n < 1 || n > len(sections[m[1]]) {
					t.Errorf("%s: %s has no %s %s", fset.Position(group.Pos()), decisions, m[1], m[2])
				}
			}
		}
	})
	if count == 0 {
		t.Error("no comment cites a decision")
	}
}

// decisionNumbers reads the numbers of each section.
func decisionNumbers(t *testing.T) map[string][]int {
	t.Helper()
	item := regexp.MustCompile(`^(\d+)\. `)
	sections, section := make(map[string][]int), ""
	for line := range strings.Lines(string(read(t, decisions))) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
		} else if m := item.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1]) // digits
			sections[section] = append(sections[section], n)
		}
	}
	return sections
}
