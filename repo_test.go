package elbow

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// maxLines bounds a file that is no test. A longer one holds more than one
// concern, or is a table and listed in longFiles.
const maxLines = 500

// longFiles may be longer than maxLines, each for the reason given.
var longFiles = map[string]string{}

func TestFilesAreShort(t *testing.T) {
	walk(t, ".go", func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		text := read(t, file)
		lines := bytes.Count(text, []byte("\n"))
		if _, listed := longFiles[filepath.ToSlash(file)]; lines > maxLines && !listed {
			t.Errorf("%s has %d lines, over %d", file, lines, maxLines)
		}
	})
	for file := range longFiles {
		if n := bytes.Count(read(t, file), []byte("\n")); n <= maxLines {
			t.Errorf("longFiles lists %s, which has %d lines", file, n)
		}
	}
}

// maxFunctionLines bounds a function that is no test: a screen.
const maxFunctionLines = 60

func TestFunctionsFitAScreen(t *testing.T) {
	parseAll(t, func(file string, fset *token.FileSet, f *ast.File) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
			// A function that is one return of one literal is a table.
			table := len(fn.Body.List) == 1
			if lines > maxFunctionLines && !table {
				t.Errorf("%s: %s has %d lines, over %d", file, fn.Name.Name, lines, maxFunctionLines)
			}
		}
	})
}

// Every package says what it is, once.
func TestPackageComments(t *testing.T) {
	comments := make(map[string][]string)
	parseAll(t, func(file string, _ *token.FileSet, f *ast.File) {
		dir := filepath.Dir(file)
		if dir != "." && strings.HasSuffix(file, "_test.go") {
			return
		}
		if _, seen := comments[dir]; !seen {
			comments[dir] = nil
		}
		if f.Doc != nil {
			comments[dir] = append(comments[dir], file)
		}
	})
	for dir, files := range comments {
		if len(files) != 1 {
			t.Errorf("%s has %d package comments: %v", dir, len(files), files)
		}
	}
}

// Exported names of the product have a comment.
func TestExportedNamesHaveComments(t *testing.T) {
	parseAll(t, func(file string, fset *token.FileSet, f *ast.File) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !selfEvident[d.Name.Name] {
					t.Errorf("%s: %s has no comment", fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: %s has no comment", fset.Position(ts.Pos()), ts.Name.Name)
					}
				}
			}
		}
	})
}

// selfEvident are methods that an interface of the standard library or of api
// names; what they do is said there.
var selfEvident = map[string]bool{
	"Error": true, "String": true, "Unwrap": true, "Is": true, "LogValue": true, "Set": true,
	"Value": true, "Read": true, "Write": true, "Close": true, "MarshalJSON": true, "UnmarshalJSON": true,
	"Type": true, "Params": true, "Describe": true, "Collect": true, "ServeHTTP": true,
	"LocalAddr": true, "RemoteAddr": true, "SetDeadline": true, "SetReadDeadline": true, "SetWriteDeadline": true,
}

func exportedReceiver(d *ast.FuncDecl) bool {
	return d.Recv == nil || ast.IsExported(receiver(d))
}

// unwanted are words that say nothing of the thing they name.
var unwanted = []string{"manager", "helper", "util", "utils", "processor", "impl", "wrapper"}

func TestNamesSayWhatTheyAre(t *testing.T) {
	parseAll(t, func(file string, fset *token.FileSet, f *ast.File) {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				reject(t, fset.Position(d.Pos()), d.Name.Name)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok {
						reject(t, fset.Position(ts.Pos()), ts.Name.Name)
					}
				}
			}
		}
	})
}

func reject(t *testing.T, at token.Position, name string) {
	t.Helper()
	for _, word := range words(name) {
		for _, bad := range unwanted {
			if word == bad {
				t.Errorf("%s: %q in the name %s", at, word, name)
			}
		}
	}
}

// words splits a Go name at its capitals.
func words(name string) []string {
	var spaced strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(spaced.String())
}

// What is left to do is an issue, and its number stands beside the word.
func TestLeftoversHaveAnIssue(t *testing.T) {
	leftover := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	numbered := regexp.MustCompile(`\bTO` + `DO\(#\d+\)`)
	walk(t, "", func(file string) {
		for n, line := range strings.Split(string(read(t, file)), "\n") {
			if leftover.MatchString(line) && !numbered.MatchString(line) {
				t.Errorf("%s:%d: %s", file, n+1, strings.TrimSpace(line))
			}
		}
	})
}

// A clone works anywhere: nothing in it names a place of the machine that it
// was written on.
func TestNothingNamesAMachine(t *testing.T) {
	places := regexp.MustCompile(`(^|[\s"'` + "`" + `=(])/(work|root|home|Users)/`)
	walk(t, "", func(file string) {
		for n, line := range strings.Split(string(read(t, file)), "\n") {
			if places.MatchString(line) {
				t.Errorf("%s:%d: %s", file, n+1, strings.TrimSpace(line))
			}
		}
	})
}

// Tests that open sockets or start goroutines, and run one after the other, show
// that each of them gives back what it took. In packages whose tests run in
// parallel TestMain shows it for all of them.
func TestTestsGiveBackWhatTheyTake(t *testing.T) {
	each := []string{"proxy", "upstream", "socket", "health", "reconcile", "handover", "gateway"}
	all := []string{"control", "elbtest", "store", "store/embedded"}
	parseAll(t, func(file string, fset *token.FileSet, f *ast.File) {
		dir, internal := strings.CutPrefix(filepath.ToSlash(filepath.Dir(file)), "internal/")
		if !internal || !strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") {
				continue
			}
			switch first := source(t, file, fset, fn.Body.List[0]); {
			case fn.Name.Name == "TestMain":
				if slices.Contains(all, dir) && !strings.Contains(source(t, file, fset, fn.Body), "leak.Main(") {
					t.Errorf("%s: TestMain does not call leak.Main", file)
				}
			case slices.Contains(each, dir) && first != "leak.Check(t)" && !strings.HasPrefix(first, "each(t, "):
				t.Errorf("%s: %s does not begin with leak.Check(t)", file, fn.Name.Name)
			}
		}
	})
}

// source is the text of n.
func source(t *testing.T, file string, fset *token.FileSet, n ast.Node) string {
	t.Helper()
	return string(read(t, file)[fset.Position(n.Pos()).Offset:fset.Position(n.End()).Offset])
}

func parseAll(t *testing.T, visit func(file string, fset *token.FileSet, f *ast.File)) {
	t.Helper()
	walk(t, ".go", func(file string) {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		visit(file, fset, f)
	})
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
