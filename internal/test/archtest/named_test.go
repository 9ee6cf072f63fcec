package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testNamed    = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	testDeclared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
)

// TestNamedTestsExist: a promise of SECURITY.md or of a page names the test that
// keeps it, and that test is there.
func TestNamedTestsExist(t *testing.T) {
	declared := map[string]bool{}
	pages := []string{filepath.Join(root, "SECURITY.md")}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".md") && filepath.Base(filepath.Dir(path)) == "docs" {
			pages = append(pages, path)
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, match := range testDeclared.FindAllSubmatch(source, -1) {
			declared[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range testNamed.FindAllSubmatch(text, -1) {
			named++
			if name := string(match[1]); !declared[name] {
				t.Errorf("%s names %s, and there is no such test", strings.TrimPrefix(page, root+"/"), name)
			}
		}
	}
	security, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, walls, _ := strings.Cut(string(security), "| wall |")
	walls, _, _ = strings.Cut(walls, "\n\n")
	for i, row := range strings.Split(walls, "\n") {
		if i > 1 && !testNamed.MatchString(row) { // below the heading
			t.Errorf("SECURITY.md names no test of the wall %s", row)
		}
	}
	if named < 50 {
		t.Errorf("the pages name only %d tests", named)
	}
}
