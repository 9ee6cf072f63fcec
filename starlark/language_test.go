package starlark

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	sl "go.starlark.net/starlark"
)

const languageDir = "../testdata/language"

// expectation is a line of a chunk that must fail.
type expectation struct {
	line    int
	message *regexp.Regexp
}

// TestLanguage runs the chunks of testdata/language; the README there explains
// their form.
func TestLanguage(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(languageDir, "*.star"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		line := 0
		for _, chunk := range strings.SplitAfter(string(text), "\n---\n") {
			// Blank lines keep the numbers those of the file.
			source := strings.Repeat("\n", line) + strings.TrimSuffix(chunk, "---\n")
			t.Run(fmt.Sprintf("%s:%d", name, line+1), func(t *testing.T) { runChunk(t, name, source) })
			line += strings.Count(chunk, "\n")
		}
	}
}

func runChunk(t *testing.T, name, source string) {
	want := expectations(t, source)
	e := Engine{Files: overlay{os.DirFS(languageDir), fstest.MapFS{name: {Data: []byte(source)}}}}
	got := flatten(e.Run(t.Context(), name, languagePlugin()))
	for i, err := range got {
		at := err.At()
		if i >= len(want) {
			t.Errorf("unexpected: %v", err)
			continue
		}
		if at.File != name || at.Line != want[i].line {
			t.Errorf("got a failure at %v, want one at line %d: %v", at, want[i].line, err)
		}
		if !want[i].message.MatchString(err.Message) {
			t.Errorf("line %d: got %q, want a match of %q", at.Line, err.Message, want[i].message)
		}
	}
	for _, missing := range want[min(len(got), len(want)):] {
		t.Errorf("line %d: no failure, want %q", missing.line, missing.message)
	}
}

func flatten(err error) []*ScriptError {
	var all ScriptErrors
	var one *ScriptError
	switch {
	case errors.As(err, &all):
		return all
	case errors.As(err, &one):
		return []*ScriptError{one}
	}
	return nil
}

func expectations(t *testing.T, source string) []expectation {
	var out []expectation
	for i, line := range strings.Split(source, "\n") {
		_, comment, ok := strings.Cut(line, "### ")
		if !ok {
			continue
		}
		pattern, quoted := strings.CutPrefix(strings.TrimSuffix(comment, `"`), `"`)
		re, err := regexp.Compile(pattern)
		if err != nil || !quoted {
			t.Fatalf("line %d: want a regular expression in quotes, got %s (%v)", i+1, comment, err)
		}
		out = append(out, expectation{line: i + 1, message: re})
	}
	return out
}

func languagePlugin() *fakePlugin {
	var marks []sl.Value
	return &fakePlugin{funcs: map[string]builtinFunc{
		"eq": func(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
			var got, want sl.Value
			if err := sl.UnpackPositionalArgs(b.Name(), args, kwargs, 2, &got, &want); err != nil {
				return nil, err
			}
			same, err := sl.Equal(got, want)
			if err == nil && !same {
				err = fmt.Errorf("got %v, want %v", got, want)
			}
			return sl.None, err
		},
		"mark": func(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
			var name string
			err := sl.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &name)
			marks = append(marks, sl.String(name))
			return sl.None, err
		},
		"loaded": func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
			return sl.NewList(marks), nil
		},
	}}
}

// overlay is a file system with another on top of it.
type overlay struct{ below, above fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if f, err := o.above.Open(name); err == nil && name != "." {
		return f, nil
	}
	return o.below.Open(name)
}
