package elbow

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"elbow/internal/api"
)

// nameTables are the files outside internal/api that may say something of operations
// by their names, each with the test that compares it with the table.
var nameTables = map[string]string{
	"internal/control/handlers.go": "TestEveryOperationHasAHandler",
}

// A fact of an operation stands in its table entry. What a switch or a map by the
// names of operations says, nobody would think of who adds one.
func TestFactsStandInTheTable(t *testing.T) {
	names := make(map[string]bool)
	for _, op := range api.Operations() {
		names[op.Name], names[op.Action()] = true, true
	}
	tables := make(map[string]bool)
	parseAll(t, func(file string, fset *token.FileSet, f *ast.File) {
		file = filepath.ToSlash(file)
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "internal/api/") || strings.HasPrefix(file, "internal/elbtest/") || strings.HasPrefix(file, "bench/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			for _, e := range toldApart(n) {
				lit, ok := e.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil || !names[text] {
					continue
				}
				if tables[file] = true; nameTables[file] == "" {
					t.Errorf("%s: %s is told apart by its name; what it is belongs in its table entry", fset.Position(lit.Pos()), text)
				}
			}
			return true
		})
	})
	for file := range nameTables {
		if !tables[file] {
			t.Errorf("nameTables lists %s, which has no table", file)
		}
	}
}

// toldApart are the expressions that a node compares something with: the cases of a
// switch, the keys of a map, and the sides of == and !=.
func toldApart(n ast.Node) (all []ast.Expr) {
	switch n := n.(type) {
	case *ast.CaseClause:
		return n.List
	case *ast.CompositeLit:
		for _, e := range n.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok {
				all = append(all, pair.Key)
			}
		}
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			return []ast.Expr{n.X, n.Y}
		}
	}
	return all
}
