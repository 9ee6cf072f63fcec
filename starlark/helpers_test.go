package starlark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	sl "go.starlark.net/starlark"
	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/diag"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// files makes a file system of alternating names and contents.
func files(namesAndTexts ...string) fs.FS {
	out := fstest.MapFS{}
	for i := 0; i < len(namesAndTexts); i += 2 {
		out[namesAndTexts[i]] = &fstest.MapFile{Data: []byte(namesAndTexts[i+1])}
	}
	return out
}

// runText runs one file named f.star.
func runText(t *testing.T, e Engine, text string, plugins ...Plugin) error {
	t.Helper()
	e.Files = files("f.star", text)
	return e.Run(t.Context(), "f.star", plugins...)
}

func rendered(t *testing.T, err error) string {
	t.Helper()
	var b strings.Builder
	if werr := Render(&b, err); werr != nil {
		t.Fatal(werr)
	}
	return b.String()
}

// scriptErrorOf fails the test unless err is a single failure in a script.
func scriptErrorOf(t *testing.T, err error) *ScriptError {
	t.Helper()
	var e *ScriptError
	if !errors.As(err, &e) {
		t.Fatalf("got %T %v, want a *ScriptError", err, err)
	}
	return e
}

type builtinFunc = func(thread *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error)

// fakePlugin provides builtins, and records how the engine treats it.
type fakePlugin struct {
	funcs    map[string]builtinFunc
	values   sl.StringDict
	beginErr error
	endErr   error

	ctx    context.Context
	files  fs.FS
	begun  int
	ended  int
	endGot error
	onEnd  func()
}

func (p *fakePlugin) Begin(ctx context.Context, files fs.FS) (sl.StringDict, error) {
	p.begun++
	p.ctx, p.files = ctx, files
	names := sl.StringDict{}
	for name, v := range p.values {
		names[name] = v
	}
	for name, f := range p.funcs {
		names[name] = sl.NewBuiltin(name, f)
	}
	return names, p.beginErr
}

func (p *fakePlugin) End(err error) error {
	p.ended++
	p.endGot = err
	if p.onEnd != nil {
		p.onEnd()
	}
	return p.endErr
}

// provide makes a plugin of one builtin.
func provide(name string, f builtinFunc) *fakePlugin {
	return &fakePlugin{funcs: map[string]builtinFunc{name: f}}
}

// cluster is a builtin with one keyword parameter, as in the examples.
func clusterPlugin() *fakePlugin {
	return provide("k8s_cluster", func(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
		var context string
		if err := sl.UnpackArgs(b.Name(), args, kwargs, "context?", &context); err != nil {
			return nil, err
		}
		return sl.String(context), nil
	})
}

// recorder collects what scripts print.
type recorder struct{ lines []string }

func (r *recorder) print(at diag.Position, message string) {
	r.lines = append(r.lines, fmt.Sprintf("%s %s", at, message))
}
