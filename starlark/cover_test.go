package starlark

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/diag"
)

// coverOf runs main.star and returns a line for each block: count, span.
func coverOf(t *testing.T, namesAndTexts ...string) ([]string, error) {
	t.Helper()
	var lines []string
	e := Engine{Files: files(namesAndTexts...), Cover: func(file string, blocks []CoverBlock) {
		for _, b := range blocks {
			if b.Start.File != file || b.End.File != file {
				t.Errorf("a block of %s and %s among those of %s", b.Start.File, b.End.File, file)
			}
			lines = append(lines, fmt.Sprintf("%d %s-%d:%d", b.Count, b.Start, b.End.Line, b.End.Column))
		}
	}}
	err := e.Run(t.Context(), "main.star")
	return lines, err
}

func TestCover(t *testing.T) {
	got, err := coverOf(t,
		"main.star", `"""Says what the file is for."""
load("lib.star", "twice")
n = 0
for i in range(3):
    if i == 0: n += 1
    elif i == 1:
        pass
    else:
        n = twice(n,
            times=2)
while n > 100:
    n = 0
`,
		"lib.star", `def twice(x, times=1):
    """Doc."""
    return x * 2
def never():
    return 1
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 main.star:2:1-2:26",
		"1 main.star:3:1-3:6",
		"1 main.star:4:1-4:18",
		"3 main.star:5:5-5:14",
		"1 main.star:5:16-5:22",
		"2 main.star:6:5-6:16",
		"1 main.star:7:9-7:13",
		"1 main.star:9:9-10:21",
		"1 main.star:11:1-11:14",
		"0 main.star:12:5-12:10",
		"1 lib.star:1:1-1:22",
		"1 lib.star:3:5-3:17",
		"1 lib.star:4:1-4:12",
		"0 lib.star:5:5-5:13",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestCoverChangesNothing holds what a counted run says to what a plain one
// does: prints, names, documentation and errors.
func TestCoverChangesNothing(t *testing.T) {
	texts := []string{
		"def f(x):\n    'doc'\n    return g(x)\ndef g(x): return x + ''\nf(1)\n",
		"x = 1\nprint(x, [y for y in range(3) if y])\nundefined_name\n",
		"x = (\n",
		"def f(n): return n if n == 0 else f(n - 1)\nprint(f(300))\n",
		"for i in range(3):\n  if i == 1: continue\n  print(i)\nelse_ = 1\nfail('x')\n",
		"load('main.star', 'x')\n",
		"'only documentation'\n",
		"",
	}
	paths, err := filepath.Glob(filepath.Join(languageDir, "*.star"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.Split(string(text), "\n---\n")...)
	}
	for _, text := range texts {
		said := func(cover func(string, []CoverBlock)) string {
			var b strings.Builder
			e := Engine{
				Files: overlay{os.DirFS(languageDir), files("main.star", text)},
				Cover: cover,
				Print: func(at diag.Position, message string) { fmt.Fprintln(&b, at, message) },
			}
			err := e.Run(t.Context(), "main.star", languagePlugin())
			var limit *diag.LimitError
			if errors.As(err, &limit) {
				b.WriteString(limit.Error()) // the place may differ
			} else if err != nil {
				b.WriteString(rendered(t, err))
			}
			return b.String()
		}
		if d := cmp.Diff(said(nil), said(func(string, []CoverBlock) {})); d != "" {
			t.Errorf("%q: -plain +counted\n%s", text, d)
		}
	}
}

func TestCoverOfAFailedRun(t *testing.T) {
	got, err := coverOf(t, "main.star", "x = 1\nx + ''\nx = 2\n")
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{"1 main.star:1:1-1:6", "1 main.star:2:1-2:7", "0 main.star:3:1-3:6"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
