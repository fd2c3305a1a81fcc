package elbow

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const locks = "docs/locks.md"

// Every mutex of the product has its row in docs/locks.md, and every row its
// mutex.
func TestLocksAreDocumented(t *testing.T) {
	documented := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllSubmatch(read(t, locks), -1) {
		documented[string(m[1])] = true
	}
	mutexes(t, func(name string, at token.Position) {
		if !documented[name] {
			t.Errorf("%s: %s has no row in %s", at, name, locks)
		}
		delete(documented, name)
	})
	for name := range documented {
		t.Errorf("%s has a row for %s, which is not there", locks, name)
	}
}

// mutexes visits the mutexes of the product: fields as package.Type.field,
// variables as package.name. A type that differs by platform is visited once.
func mutexes(t *testing.T, visit func(name string, at token.Position)) {
	t.Helper()
	seen := make(map[string]bool)
	parseAll(t, func(file string, fset *token.FileSet, f *ast.File) {
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "internal/")
		if strings.HasSuffix(file, "_test.go") || dir == "elbtest" || dir == "bench" {
			return
		}
		found := func(name string, at token.Pos) {
			if !seen[name] {
				seen[name] = true
				visit(name, fset.Position(at))
			}
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					ast.Inspect(s.Type, func(n ast.Node) bool {
						if field, ok := n.(*ast.Field); ok && isMutex(field.Type) {
							for _, name := range field.Names {
								found(dir+"."+s.Name.Name+"."+name.Name, field.Pos())
							}
							if field.Names == nil {
								found(dir+"."+s.Name.Name+".Mutex", field.Pos())
							}
						}
						return true
					})
				case *ast.ValueSpec:
					if s.Type != nil && isMutex(s.Type) {
						for _, name := range s.Names {
							found(dir+"."+name.Name, s.Pos())
						}
					}
				}
			}
		}
	})
}

// isMutex tells whether e is sync.Mutex or sync.RWMutex.
func isMutex(e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "sync" && (sel.Sel.Name == "Mutex" || sel.Sel.Name == "RWMutex")
}
