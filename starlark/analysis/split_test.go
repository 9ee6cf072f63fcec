package analysis

import (
	"strings"
	"testing"

	"go.starlark.net/syntax"
)

func TestSplit(t *testing.T) {
	for _, tc := range []struct{ source, want string }{
		{"", ""},
		{"# a\n\nx = 1", "x = 1"},
		{"x = 1\ny = 2\n", "x = 1\n|y = 2\n"},
		{"x = 1\n\n# y\ny = 2\n", "x = 1\n\n# y\n|y = 2\n"},
		{"x = [\na,\n\nb]\ny\n", "x = [\na,\n\nb]\n|y\n"},
		{"x = '[' # (\ny\n", "x = '[' # (\n|y\n"},
		{"x = '''\ny\n'''\ny\n", "x = '''\ny\n'''\n|y\n"},
		{"x = r'\\'\n'\ny\n", "x = r'\\'\n|'\n|y\n"},
		{"x = 'a\\\ny'\ny\n", "x = 'a\\\ny'\n|y\n"},
		{"x = 'a\\\r\ny'\r\ny\r\n", "x = 'a\\\r\ny'\r\n|y\r\n"},
		{"x = '' + \\\ny\nz\n", "x = '' + \\\ny\n|z\n"},
		{"x = 1 + \\\r\ny\r\nz\r\n", "x = 1 + \\\r\ny\r\n|z\r\n"},
		{"if x:\n  y\nelif z:\n  y\nelse:\n  y\nelsewhere = 1\n", "if x:\n  y\nelif z:\n  y\nelse:\n  y\n|elsewhere = 1\n"},
		{"x = (\ny = 1\n", "x = (\ny = 1\n"},
		{"x = \"\"\"\ny = 1\n", "x = \"\"\"\ny = 1\n"},
		{"x = 'a\ny\n", "x = 'a\n|y\n"},
		{"x = 1\ry = 2\nz = 3\n", ""},
		{"# a\rx = '''\ny = 2\n'''\n", ""},
		{"x = '", "x = '"},
		{"x = ''''", "x = ''''"},
		{"x = \\", "x = \\"},
	} {
		if got := strings.Join(parts(tc.source), "|"); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.source, got, tc.want)
		}
	}
}

// parts returns what Split splits a source into, without what is before that.
func parts(source string) []string {
	var parts []string
	starts := Split(source)
	for i, start := range starts {
		end := len(source)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		parts = append(parts, source[start:end])
	}
	return parts
}

// FuzzSplit: what parses is split into parts that parse.
func FuzzSplit(f *testing.F) {
	f.Add("x = '''\na\n'''\nif x:\n  y\nelse:\n  f(\n1)\n")
	f.Add("x = 1 + \\\n2\ry = r'\\'' # '\n")
	options := &syntax.FileOptions{While: true}
	f.Fuzz(func(t *testing.T, source string) {
		whole, err := options.Parse("f", source, 0)
		if err != nil || strings.Contains(source, "\x00") { // which the parser takes for the end
			return
		}
		statements := 0
		if Split(source) == nil && strings.Contains(source, "\r") {
			return
		}
		for _, part := range parts(source) {
			tree, err := options.Parse("f", part, 0)
			if err != nil {
				t.Fatalf("%q: %v", part, err)
			}
			statements += len(tree.Stmts)
		}
		if statements != len(whole.Stmts) {
			t.Fatalf("%d statements in parts of %q, %d in all", statements, source, len(whole.Stmts))
		}
	})
}
