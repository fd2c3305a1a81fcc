package elbow

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxMethods bounds the methods of a type that is no test's. A type with more of them has
// more than one concern, or is listed in largeTypes.
const maxMethods = 25

// A largeType is a type that may have more than maxMethods methods.
type largeType struct {
	methods int    // exactly
	why     string // why it may
}

// largeTypes are the types with more than maxMethods methods, by package and name.
var largeTypes = map[string]largeType{}

func TestTypesHaveFewMethods(t *testing.T) {
	methods := make(map[string]int)
	parseAll(t, func(file string, _ *token.FileSet, f *ast.File) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil {
				methods[path.Dir(filepath.ToSlash(file))+"."+receiver(fn)]++
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		n := methods[name]
		large, listed := largeTypes[name]
		switch {
		case !listed && n > maxMethods:
			t.Errorf("%s has %d methods, over %d: divide it into types with one concern each", name, n, maxMethods)
		case listed && n > maxMethods && n != large.methods:
			t.Errorf("%s has %d methods, and largeTypes allows exactly %d", name, n, large.methods)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(largeTypes)) {
		if n := methods[name]; n <= maxMethods {
			t.Errorf("largeTypes lists %s, which has %d methods: remove it", name, n)
		}
	}
}

// receiver returns the name of the type that fn is a method of.
func receiver(fn *ast.FuncDecl) string {
	of := fn.Recv.List[0].Type
	for {
		switch e := of.(type) {
		case *ast.StarExpr:
			of = e.X
		case *ast.IndexExpr:
			of = e.X
		case *ast.IndexListExpr:
			of = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
