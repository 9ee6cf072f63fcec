package archtest

import (
	"strings"
	"testing"
)

// TestPackageComments: the comment of a package is in its doc.go, or
// in its only file.
func TestPackageComments(t *testing.T) {
	type pkg struct {
		files   int
		comment []string
	}
	packages := map[string]*pkg{}
	for _, f := range files(t) {
		if f.isTest() {
			continue
		}
		p := packages[f.dir]
		if p == nil {
			p = &pkg{}
			packages[f.dir] = p
		}
		p.files++
		if f.ast.Doc != nil && strings.TrimSpace(f.ast.Doc.Text()) != "" {
			p.comment = append(p.comment, strings.TrimPrefix(f.path, f.dir+"/"))
		}
	}
	for dir, p := range packages {
		switch {
		case len(p.comment) == 1 && (p.comment[0] == "doc.go" || p.files == 1):
		case len(p.comment) == 0:
			t.Errorf("package %s has no comment: write one in doc.go", dir)
		default:
			t.Errorf("the comment of package %s is in %v, want doc.go", dir, p.comment)
		}
	}
}
