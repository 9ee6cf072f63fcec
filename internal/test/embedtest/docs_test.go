package embedtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestDocs holds that each piece of Go in docs/embedding.md is, line by line,
// in an example, which is compiled and run.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/embedding.md"))
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	for _, pattern := range []string{"*/example*_test.go", "*/*/example*_test.go", "examples/embed/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no file is %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources[file] = lines(string(text))
		}
	}
	blocks := goBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 5 {
		t.Errorf("found %d pieces of Go on the page, want more", len(blocks))
	}
	for _, block := range blocks {
		if !contained(sources, lines(block[1])) {
			t.Errorf("no example holds these lines of docs/embedding.md:\n%s", block[1])
		}
	}
}

func contained(sources map[string]string, want string) bool {
	for _, text := range sources {
		if strings.Contains(text, want) {
			return true
		}
	}
	return false
}

// lines drops indentation and empty lines.
func lines(text string) string {
	var kept strings.Builder
	kept.WriteByte('\n')
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			kept.WriteString(line + "\n")
		}
	}
	return kept.String()
}
